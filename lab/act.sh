#!/bin/bash
# act.sh: builds bin/act, by which act_test.go runs this repository's own GitHub action here.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v0.2.89
[ "$(bin/act --version 2>/dev/null)" = "act version ${version#v}" ] && exit
GOFLAGS=-mod=mod GOBIN=$PWD/bin go install -ldflags "-X main.version=${version#v}" github.com/nektos/act@$version
