#!/bin/bash
# pacman.sh: makes the stand-in for Arch Linux, where there is no registry to pull it from: lab/standin-pacman:13 is lab/debian:13 with Debian's
# pacman and makepkg, whose userland stays Debian's and is known to pacman by packages that provide what is there (pacman/packages,
# pacman/provides); with the hooks that Arch's systemd brings. An image that is there already, and was made by the same scripts of the same base,
# is kept.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) made=; trap 'rm -rf "$work"; [ -z "$made" ] || docker rm -fv "$made" >/dev/null' EXIT
image=lab/standin-pacman:13
packages='pacman-package-manager makepkg libarchive-tools fakeroot zstd file systemd systemd-sysv dbus gcc libc6-dev make patch pkgconf logrotate procps xz-utils libhiredis-dev libpq-dev librabbitmq-dev'

# from: what the image is made from.
from=$({ docker images -q --no-trunc lab/debian:13; cat "$0" "$here"/pacman/*; } | sha256sum | cut -c1-16)
[ "$(docker inspect -f '{{index .Config.Labels "io.drone-packages.made-from"}}' "$image" 2>/dev/null)" != "$from" ] || { echo "$image is there"; exit 0; }

install='
  echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null
  echo "packages are there after $SECONDS s"
  bash /standin/base.sh
  ln -sf /dev/null /etc/systemd/system/systemd-firstboot.service
  rm -rf /standin /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /var/log/*.log /var/log/apt'

began=$SECONDS
# shellcheck disable=SC2086 # a list of words
made=$(docker create lab/debian:13 bash -euc "$install" pacman $packages)
tar -C "$here" -c --transform 's,^pacman,standin,' pacman | docker cp - "$made:/" >"$work/log"
docker start -a "$made" >"$work/log" 2>&1 || { cat "$work/log"; echo "pacman.sh: the stand-in could not be made" >&2; exit 1; }
docker commit -c 'CMD ["bash"]' -c 'LABEL io.drone-packages.lab=true' -c "LABEL io.drone-packages.stands-in-for=pacman io.drone-packages.made-from=$from" "$made" "$image" >/dev/null
docker rm -v "$made" >/dev/null; made=
echo "made $image in $((SECONDS - began)) s"
