# The same names are typed by people and by CI. `make help` lists them.
SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BINARY := bin/drone-packages
LINT := bin/golangci-lint
DEMO_DISTROS ?= debian-12,debian-13

.PHONY: help build build-arm64 arm64 image setup services standins demo demo-rpm test lint golden generate act bench vm clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1	/' | expand -t 12

build: ## build bin/drone-packages, static
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BINARY) .

build-arm64: ## build bin/drone-packages-arm64, which goes into machines of that platform
	CGO_ENABLED=0 GOARCH=arm64 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BINARY)-arm64 .

image: setup ## build the plugin's image, dronepackages/drone-packages
	lab/pluginimage.sh

setup: ## install what demo and test need beside Go and Docker (Debian, root)
	lab/setup.sh

services: ## make the images of rabbitmq, postgres, redis and others from Debian's packages, where there is no registry
	lab/images.sh 13
	lab/services.sh all

standins: ## make stand-ins for rpm distros and Arch of Debian's rpm, dnf, zypper and pacman, where there is no registry
	lab/images.sh 13
	lab/rpm.sh dnf zypper
	lab/pacman.sh

demo: setup build ## build examples/greeter for two distros, test it on booted machines next to its services
	lab/images.sh 13
	lab/services.sh rabbitmq postgres redis
	PLUGIN_FILE=examples/greeter/packages.yml PLUGIN_SOURCE=examples/greeter PLUGIN_DISTROS=$(DEMO_DISTROS) \
		PLUGIN_IMAGES='{"fedora-43": "lab/standin-dnf:13"}' $(BINARY)
	cd dist && sha256sum --quiet -c SHA256SUMS && echo "SHA256SUMS verified"

demo-rpm: ## demo for debian-13 and, by the spec file, in a stand-in for fedora-43, side by side
	lab/images.sh 13
	lab/rpm.sh dnf
	$(MAKE) demo DEMO_DISTROS=debian-13,fedora-43

test: setup ## run every test: pure, engine contract, scripts, acceptance
	lab/images.sh 12 13 sid
	lab/rpm.sh dnf zypper
	lab/pacman.sh
	lab/services.sh rabbitmq postgres redis
	lab/act.sh
	go test -timeout 20m -count=1 -p 1 ./plugin/... ./distros ./lab/...
	go test -timeout 75m -count=1 -parallel 3 -v .

lint: ## golangci-lint, built from tools/go.mod
	cd tools && go build -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	$(LINT) run --allow-parallel-runners

golden: ## write the goldens anew
	go test ./plugin/plan ./plugin/report -update

generate: ## write the generated documents anew
	go test -p 1 ./plugin/settings ./plugin/result ./plugin/check ./distros -short -update
	go test ./plugin/plan -run TestDocument -update

act: setup ## run this repository's own GitHub action by act, which is built for that
	lab/images.sh 12 13
	lab/services.sh rabbitmq postgres redis
	lab/act.sh
	go test -timeout 10m -count=1 -run TestTheAction -v .

bench: setup build ## product against the same docker commands by hand
	lab/images.sh 13
	lab/rpm.sh dnf
	lab/bench.sh
	lab/bench.sh 3 rpm

arm64: setup build build-arm64 ## build examples/greeter for arm64, under an emulator that is registered meanwhile
	lab/arm64.sh

vm: build ## the init ladder on cgroup v2 hosts under emulation
	lab/setup.sh vm
	lab/images.sh 13
	lab/ladder.sh

clean: ## remove what was built here
	rm -rf bin dist
