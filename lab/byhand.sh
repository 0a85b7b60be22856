#!/bin/bash
# byhand.sh SOURCE-DIR OUT-DIR: what one would do by hand with docker for the Debian source in SOURCE-DIR on $BYHAND_IMAGE (lab/debian:13):
# build it, install it on a machine with systemd, and take it through restart, reinstall, remove, install and purge. The build environment
# and the machine image are kept as by-hand/build and by-hand/machine; remove those two for a cold run. It is what `make bench` compares with.
set -euo pipefail
src=${1:?source directory} out=${2:?output directory} image=${BYHAND_IMAGE:-lab/debian:13}
name=by-hand-$$ jobs=${BYHAND_JOBS:-2}
mkdir -p "$out"
trap 'docker rm -f $name-build $name-machine >/dev/null 2>&1 || :; docker network rm $name >/dev/null 2>&1 || :' EXIT
has() { [ -n "$(docker images -q "$1")" ]; }
within() { local c=$1; shift; docker exec -i -e DEBIAN_FRONTEND=noninteractive "$c" sh -euc "$*"; }
docker network create "$name" >/dev/null

# The same two conveniences that the product uses: no fsync, no recommended packages.
# Build containers have an init (--init): memcached's own tests wait for a daemon to be gone, and a zombie never is.
fresh='echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/fast; apt-get -qq update'
install='apt-get -y -qq --no-install-recommends install'

if ! has by-hand/build; then
  docker run -d --init --name "$name-build" --network "$name" "$image" sleep infinity >/dev/null
  within "$name-build" "$fresh; $install build-essential dpkg-dev fakeroot >/dev/null; useradd -m build; mkdir -p /build/source/debian"
  docker exec -i "$name-build" sh -c 'cat >/build/source/debian/control' <"$src/debian/control"
  within "$name-build" "apt-get -y -qq --no-install-recommends build-dep /build/source >/dev/null; rm -r /build/source"
  docker commit -p=false "$name-build" by-hand/build >/dev/null
  docker rm -f "$name-build" >/dev/null
fi
docker run -d --init --name "$name-build" --network "$name" by-hand/build sleep infinity >/dev/null
within "$name-build" 'mkdir -p /build/source'
tar -C "$src" -c . | docker exec -i "$name-build" tar -C /build/source -x
within "$name-build" "chown -R build: /build; cd /build/source; su build -c 'DEB_BUILD_OPTIONS=${BYHAND_OPTIONS-} dpkg-buildpackage -b -us -uc -j$jobs'" >"$out/build.log" 2>&1
within "$name-build" 'mkdir /build/out; mv /build/*.* /build/out'
docker cp -q "$name-build:/build/out/." "$out" 2>/dev/null || docker cp "$name-build:/build/out/." "$out" >/dev/null
docker rm -f "$name-build" >/dev/null

if ! has by-hand/machine; then
  docker run -d --name "$name-machine" --network "$name" "$image" sleep infinity >/dev/null
  within "$name-machine" "$fresh; $install systemd-sysv dbus >/dev/null; systemctl mask systemd-udevd.service console-getty.service" >/dev/null 2>&1
  docker commit -p=false "$name-machine" by-hand/machine >/dev/null
  docker rm -f "$name-machine" >/dev/null
fi
# Docker takes IPv6 away from containers, the loopback's too; memcached listens on ::1, as it may on any machine.
docker run -d --name "$name-machine" --network "$name" --sysctl net.ipv6.conf.lo.disable_ipv6=0 --cgroupns private --cap-add SYS_ADMIN --security-opt seccomp=unconfined \
  --tmpfs /run --tmpfs /run/lock --tmpfs /tmp -e container=docker --stop-signal SIGRTMIN+3 by-hand/machine \
  sh -c 'umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /sbin/init' >/dev/null
until state=$(docker exec "$name-machine" systemctl is-system-running 2>&1) || [ "$state" = degraded ]; do sleep 0.1; done

docker cp "$out/." "$name-machine:/repo" >/dev/null
debs=$(cd "$out" && ls ./*.deb | grep -v dbgsym)
packages=$(for deb in $debs; do dpkg-deb -f "$out/$deb" Package; done | tr '\n' ' ')
units=$(for deb in $debs; do dpkg-deb -c "$out/$deb"; done | sed -n 's,.*/systemd/system/\([^/@ ]*\.service\)$,\1,p' | tr '\n' ' ')
machine() { within "$name-machine" "$@" >>"$out/machine.log" 2>&1 || { tail -n 20 "$out/machine.log" >&2; exit 1; }; }
active='i=0; until systemctl is-active '$units'; do i=$((i+1)); [ $i -lt 50 ]; sleep 0.1; done'

# The repository is made by hand: the fields of dpkg-deb, and where the file is.
machine 'cd /repo; for d in *.deb; do dpkg-deb -f $d; echo "Filename: ./$d"; echo "Size: $(stat -c %s $d)"; echo "SHA256: $(sha256sum $d | cut -d" " -f1)"; echo; done >Packages
  echo "deb [trusted=yes] file:/repo ./" >/etc/apt/sources.list.d/repo.list
  apt-get -qq update -o Dir::Etc::sourcelist=sources.list.d/repo.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0'
machine "find / -xdev -path /proc -prune -o -print | sort >/repo/before"
machine "apt-get -y -qq --no-install-recommends install $packages; $active"
machine "systemctl restart $units; $active"
machine "apt-get -y -qq --reinstall install $packages; $active"
machine "apt-get -y -qq remove $packages"
machine "apt-get -y -qq --no-install-recommends install $packages; $active"
machine "apt-get -y -qq purge $packages"
machine "find / -xdev -path /proc -prune -o -print | sort | diff /repo/before - || :"
