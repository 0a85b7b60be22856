#!/bin/bash
# rpm.sh VARIANT...: makes stand-ins for rpm distributions, where there is no registry to pull them from: lab/standin-VARIANT:13 is lab/debian:13
# with Debian's rpm, rpmbuild and package manager (dnf or zypper), whose userland stays Debian's and is known to rpm by packages that provide what is there
# (rpm/packages, rpm/provides, rpm/directories); with systemd's macros and their helper. Images that are there already, and were made by the same
# scripts of the same base, are kept.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || { echo "usage: lab/rpm.sh VARIANT... (dnf zypper)" >&2; exit 2; }
work=$(mktemp -d) made=; trap 'rm -rf "$work"; [ -z "$made" ] || docker rm -fv "$made" >/dev/null' EXIT
common='rpm file systemd systemd-sysv dbus gcc libc6-dev make patch pkgconf debugedit elfutils logrotate procps xz-utils libhiredis-dev libpq-dev librabbitmq-dev libevent-dev rpmlint'

# from: what an image is made from.
from=$({ docker images -q --no-trunc lab/debian:13; cat "$0" "$here"/rpm/*; } | sha256sum | cut -c1-16)

install='
  echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends createrepo-c "$@" >/dev/null
  install -D -m 644 /standin/macros.standin /etc/rpm/macros.standin
  install -m 755 /standin/systemd-update-helper /usr/lib/systemd/systemd-update-helper
  install -d /usr/lib/systemd/system-preset /usr/lib64
  echo "disable *" >/usr/lib/systemd/system-preset/99-default-disable.preset
  bash /standin/base.sh
  [ ! -e "/standin/$0.sh" ] || bash "/standin/$0.sh"
  DEBIAN_FRONTEND=noninteractive apt-get -qq purge -y createrepo-c >/dev/null
  ln -sf /dev/null /etc/systemd/system/systemd-firstboot.service
  rm -rf /standin /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /var/log/*.log /var/log/apt'

for variant; do
  image=lab/standin-$variant:13
  case $variant in
  dnf) packages='dnf dnf-plugins-core python3-systemd' ;;
  zypper) packages='zypper g++' ;;
  *) echo "rpm.sh: no variant $variant; there are: dnf zypper" >&2; exit 2 ;;
  esac
  [ "$(docker inspect -f '{{index .Config.Labels "io.drone-packages.made-from"}}' "$image" 2>/dev/null)" != "$from" ] || { echo "$image is there"; continue; }
  began=$SECONDS
  # shellcheck disable=SC2086 # lists of words
  made=$(docker create lab/debian:13 sh -euc "$install" "$variant" $common $packages)
  tar -C "$here" -c --transform 's,^rpm,standin,' rpm | docker cp - "$made:/" >"$work/log"
  docker start -a "$made" >"$work/log" 2>&1 || { cat "$work/log"; echo "rpm.sh: $variant could not be made" >&2; exit 1; }
  docker commit -c 'CMD ["bash"]' -c 'LABEL io.drone-packages.lab=true' -c "LABEL io.drone-packages.stands-in-for=$variant io.drone-packages.made-from=$from" "$made" "$image" >/dev/null
  docker rm -v "$made" >/dev/null; made=
  echo "made $image in $((SECONDS - began)) s"
done
