# The plugin's image: the static binary, and what a bootstrap of base images
# from a distro's mirror needs. It runs as root and keeps /bin/sh (GitLab).
ARG BUILD_IMAGE=golang:1.26-trixie
ARG BASE_IMAGE=debian:trixie-slim

FROM ${BUILD_IMAGE} AS build
# Where a site has a module proxy of its own; unset, they are Go's defaults.
ARG GOPROXY
ARG GOSUMDB
ARG GONOSUMDB
ARG GOPRIVATE
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
# The program for the image's own platform, and those that go into test
# machines of others.
ARG ARCHES="amd64 arm64"
RUN own=$(go env GOARCH) && for arch in $ARCHES; do \
      CGO_ENABLED=0 GOARCH=$arch go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/drone-packages-$arch . || exit 1; \
    done && mv /out/drone-packages-$own /out/drone-packages

FROM ${BASE_IMAGE}
RUN apt-get -q update \
 && apt-get -q install -y --no-install-recommends \
    ca-certificates debian-archive-keyring git mmdebstrap openssh-client ubuntu-keyring \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/ /bin/
# By this name it removes what a run left: GitHub's post-entrypoint.
RUN ln -s drone-packages /bin/plugin-cleanup
LABEL org.opencontainers.image.title="drone-packages" org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/bin/drone-packages"]
