#!/bin/bash
# ladder.sh [SUITE...]: the product on hosts with cgroup v2 and AppArmor: boots a machine of each SUITE (trixie: Docker 26.1, sid: Docker 28.5;
# both when none is named), tests examples/greeter in it for debian-13, and wants the rights that host needs to be the least.
# Needs bin/drone-packages, the image lab/debian:13, and what vm.sh needs. The machines have no network and are slow, so all is carried in:
# greeter, built here; a base image that has what it depends on; and the machine image that the product makes of that.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) top=$(dirname "$here")
image=ladder/debian:13 distro=debian-13
[ $# -gt 0 ] || set -- trixie sid
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# quietly COMMAND: shows what it says only when it fails.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; echo "ladder.sh: $1 failed here already" >&2; exit 1; }; }

# built: greeter's package, built by the product.
built() {
  git -C "$top" ls-files examples/greeter ':!:examples/greeter/packages.yml' | tar -C "$top" -cf - --owner 0 --group 0 -T - | tar -C "$work" -x
  quietly env -C "$work/examples/greeter" PLUGIN_DISTROS=$distro PLUGIN_IMAGES="{\"$distro\": \"lab/debian:13\"}" PLUGIN_ONLY=build \
    PLUGIN_BUILD_OPTIONS=nocheck "$top/bin/drone-packages"
  rm -f "$work"/examples/greeter/dist/$distro/*-dbgsym_*
  mkdir "$work/debs"; mv "$work"/examples/greeter/dist/$distro/*.deb "$work/debs/greeter.deb"
}

# base: an image with what greeter depends on; made anew when that, or lab/debian:13, has changed.
base() {
  local needs from id
  needs=$(dpkg-deb -f "$work/debs/greeter.deb" Depends)
  from="$(docker images -q --no-trunc lab/debian:13) $needs"
  [ "$(docker inspect -f '{{.Config.Labels.from}}' "$image" 2>/dev/null)" != "$from" ] || return 0
  id=$(docker create lab/debian:13 sh -euc 'apt-get -q update; apt-get -q satisfy -y --no-install-recommends "$1"; apt-get clean' sh "$needs")
  quietly docker start -a "$id"
  docker commit -c "LABEL from=\"$from\"" -c 'CMD []' "$id" "$image" >/dev/null; docker rm "$id" >/dev/null
}

# product DIR PROGRAM: one run of the product, in DIR, on what is carried in.
cat >"$work/product" <<P
#!/bin/bash
cd "\$1" && PLUGIN_PACKAGES=greeter.deb PLUGIN_DISTROS=$distro PLUGIN_IMAGES='{"$distro": "$image"}' PLUGIN_PULL=never PLUGIN_IMAGE_SOURCE=registry \\
  PLUGIN_TEST='{"lifecycle": ["service", "check", "restart", "reboot", "purge"]}' \\
  PLUGIN_TIMEOUT=10m PLUGIN_BOOT_TIMEOUT=4m PLUGIN_SETTLE_TIMEOUT=2m exec "\$2"
P
chmod +x "$work/product"

# newest KIND: the image of that kind that the product made of ours.
newest() {
  local id base; base=$(docker images -q --no-trunc "$image")
  for id in $(docker images -q --no-trunc --filter "label=io.drone-packages.image=$1"); do
    [ "$(docker inspect -f '{{.Parent}}' "$id")" != "$base" ] || { docker inspect -f '{{index .RepoTags 0}}' "$id"; return; }
  done
}

# The name of the rung that each host must pick: the least it can do with.
rung() {
  case $1 in
  sid) echo 'no added rights' ;;
  *) echo 'SYS_ADMIN' ;;
  esac
}

# host SUITE: the product on a machine of that suite. Two of them at a time use what one alone leaves idle.
host() {
  local suite=$1
  cat >"$work/$suite" <<S
#!/bin/bash
set -euo pipefail
say() { echo "\$(cut -d' ' -f1 /proc/uptime)s \$*"; }
say "booted: \$(docker version -f 'docker {{.Server.Version}}'), \$(docker info -f 'cgroup v{{.CgroupVersion}} {{.SecurityOptions}}')"
docker load -qi images.tar; rm images.tar
say "images loaded"
mkdir greeter; mv greeter.deb greeter
./product greeter "\$PWD/drone-packages" | tee out
say "done"
grep -q 'machines boot systemd with .*$(rung "$suite")' out || { echo "ladder.sh: $suite must boot with $(rung "$suite")"; exit 1; }
S
  VM_TIMEOUT=${VM_TIMEOUT:-900} "$here/vm.sh" "$suite" "$work/$suite" "$work/product" "$top/bin/drone-packages" "$work/debs/greeter.deb" "$work/images.tar" 2>&1 |
    sed -u "s/^/$suite | /"
}

built
base
quietly "$work/product" "$work/debs" "$top/bin/drone-packages"
docker save "$image" "$(newest machine)" -o "$work/images.tar"
for suite; do "$here/vm.sh" --prepare "$suite"; done
pids=()
for suite; do host "$suite" & pids+=($!); done
bad=0; for pid in "${pids[@]}"; do wait "$pid" || bad=1; done
exit $bad
