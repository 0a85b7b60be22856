#!/bin/bash
# byhand-rpm.sh SOURCE-DIR OUT-DIR: what one would do by hand with docker for the spec file and the tarball in SOURCE-DIR on $BYHAND_IMAGE
# (lab/standin-dnf:13): build it, install it on a machine with systemd, and take it through enable, restart, reinstall, remove, install and
# remove. Environment and machine are kept as by-hand/build and by-hand/machine; remove those two for a cold run. As byhand.sh, for dnf.
set -euo pipefail
src=${1:?source directory} out=${2:?output directory} image=${BYHAND_IMAGE:-lab/standin-dnf:13}
name=by-hand-$$ jobs=${BYHAND_JOBS:-2}
mkdir -p "$out"
trap 'docker rm -f $name-build $name-machine >/dev/null 2>&1 || :; docker network rm $name >/dev/null 2>&1 || :' EXIT
has() { [ -n "$(docker images -q "$1")" ]; }
within() { local c=$1; shift; docker exec -i "$c" sh -euc "$*"; }
docker network create "$name" >/dev/null
fresh='dnf -y -q makecache'

if ! has by-hand/build; then
  docker run -d --init --name "$name-build" --network "$name" "$image" sleep infinity >/dev/null
  within "$name-build" "$fresh; useradd -m build; mkdir -p /build/SPECS"
  docker exec -i "$name-build" sh -c 'cat >/build/SPECS/package.spec' <"$(ls "$src"/*.spec)"
  within "$name-build" "dnf -y -q builddep /build/SPECS/package.spec >/dev/null; rm -r /build"
  docker commit -p=false "$name-build" by-hand/build >/dev/null
  docker rm -f "$name-build" >/dev/null
fi
docker run -d --init --name "$name-build" --network "$name" by-hand/build sleep infinity >/dev/null
within "$name-build" 'mkdir -p /build/SOURCES /build/SPECS /build/out'
tar -C "$src" -c . | docker exec -i "$name-build" tar -C /build/SOURCES -x
within "$name-build" "mv /build/SOURCES/*.spec /build/SPECS; chown -R build: /build
  su build -c 'rpmbuild -ba --define \"_topdir /build\" --define \"_smp_mflags -j$jobs\" /build/SPECS/*.spec'" >"$out/build.log" 2>&1
within "$name-build" 'find /build/RPMS /build/SRPMS -name "*.rpm" -exec mv {} /build/out ";"'
docker cp -q "$name-build:/build/out/." "$out" 2>/dev/null || docker cp "$name-build:/build/out/." "$out" >/dev/null
docker rm -f "$name-build" >/dev/null

if ! has by-hand/machine; then
  docker run -d --name "$name-machine" --network "$name" "$image" sleep infinity >/dev/null
  within "$name-machine" "$fresh; systemctl mask systemd-udevd.service console-getty.service" >/dev/null 2>&1
  docker commit -p=false "$name-machine" by-hand/machine >/dev/null
  docker rm -f "$name-machine" >/dev/null
fi
docker run -d --name "$name-machine" --network "$name" --sysctl net.ipv6.conf.lo.disable_ipv6=0 --cgroupns private --cap-add SYS_ADMIN --security-opt seccomp=unconfined \
  --tmpfs /run --tmpfs /run/lock --tmpfs /tmp -e container=docker --stop-signal SIGRTMIN+3 by-hand/machine \
  sh -c 'umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /sbin/init' >/dev/null
until state=$(docker exec "$name-machine" systemctl is-system-running 2>&1) || [ "$state" = degraded ]; do sleep 0.1; done

docker cp "$out/." "$name-machine:/repo" >/dev/null
machine() { within "$name-machine" "$@" >>"$out/machine.log" 2>&1 || { tail -n 20 "$out/machine.log" >&2; exit 1; }; }
machine 'rm /repo/*.src.rpm /repo/*-debug*.rpm'
files='/repo/*.rpm'
packages=$(within "$name-machine" "rpm -qp --qf '%{NAME} ' $files")
units=$(within "$name-machine" "rpm -qpl $files" | sed -n 's,.*/systemd/system/\([^/@ ]*\.service\)$,\1,p' | tr '\n' ' ')
active="systemctl enable --now $units; i=0; until systemctl is-active $units; do i=\$((i+1)); [ \$i -lt 50 ]; sleep 0.1; done"
machine "find / -xdev -path /proc -prune -o -print | sort >/repo/before"
machine "dnf -y -q install $files; $active"
machine "systemctl restart $units; $active"
machine "dnf -y -q reinstall $files; $active"
machine "dnf -y -q remove $packages"
machine "dnf -y -q install $files; $active"
machine "dnf -y -q remove $packages"
machine "find / -xdev -path /proc -prune -o -print | sort | diff /repo/before - || :"
