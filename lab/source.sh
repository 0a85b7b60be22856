#!/bin/bash
# source.sh PACKAGE RELEASE: prints the name of a tar that holds the source tree of a Debian package, as tree/. It is fetched by apt-get source
# in lab/debian:RELEASE, which verifies it; kept in $LAB_CACHE/source, and verified against the sum of then whenever it is used.
set -euo pipefail
package=${1:?package} release=${2:?release of lab/debian} file=$1-$2
cache=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/drone-packages-lab}/source
mkdir -p "$cache"; cd "$cache"
exec 9>"$file.lock"; flock 9
if [ ! -s "$file.sha256" ]; then
  docker run --rm "lab/debian:$release" sh -euc "
    sed 's/^deb /deb-src /' /etc/apt/sources.list >/etc/apt/sources.list.d/src.list
    { apt-get -qq update; apt-get -y -qq --no-install-recommends install dpkg-dev; } >/dev/null 2>&1
    mkdir /source; cd /source; apt-get -qq -o APT::Sandbox::User=root source --download-only $package >/dev/null
    dpkg-source -x ./*.dsc tree >/dev/null; rm -f ./*.dsc ./*.tar.*; tar -c tree" >"$file.tar"
  sha256sum "$file.tar" >"$file.sha256"
fi
sha256sum --quiet -c "$file.sha256" >&2
echo "$cache/$file.tar"
