#!/bin/bash
# pluginimage.sh [NAME]: builds the plugin's image NAME from the Dockerfile. Its base images are those that are here, or a registry's; where
# there is none of either, stand-ins of the same names are made of lab/debian:13 and the Go toolchain of this machine.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd) name=${1:-dronepackages/drone-packages}

# there IMAGE: it is here, or can be pulled.
there() { [ -n "$(docker images -q "$1")" ] || docker pull --quiet "$1" >/dev/null 2>&1; }

# The certificates are this machine's: its module proxy may be known by one of its own.
standin_go() {
  local id certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
  id=$(docker create "$base" true)
  docker cp -L "$(go env GOROOT)" "$id:/usr/local/go"
  tar -cPh --transform 's,.*,etc/ssl/certs/ca-certificates.crt,' "$certificates" | docker cp - "$id:/"
  docker commit -c 'LABEL io.drone-packages.lab=true' -c 'ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    -c 'ENV GOTOOLCHAIN=local' -c 'CMD ["bash"]' "$id" "$1" >/dev/null
  docker rm "$id" >/dev/null
}

base=debian:trixie-slim build=golang:1.26-trixie
there $base || { "$top/lab/images.sh" 13; docker tag lab/debian:13 $base; echo "$base is lab/debian:13"; }
there $build || { standin_go $build; echo "$build is lab/debian:13 with $(go version)"; }

args=(--build-arg "ARCHES=$(go env GOARCH)" --build-arg "VERSION=$(git -C "$top" describe --tags --always --dirty 2>/dev/null || echo dev)")
for setting in GOPROXY GOSUMDB GONOSUMDB GOPRIVATE; do args+=(--build-arg "$setting=$(go env "$setting")"); done
docker build --quiet "${args[@]}" --tag "$name" "$top"
