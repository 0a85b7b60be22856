#!/bin/bash
# ladder.sh [SUITE...]: the product on hosts with cgroup v2 and AppArmor: boots a machine of each SUITE (trixie: Docker 26.1, sid: Docker 28.5;
# both when none is named), builds and tests examples/greeter in it for debian-13, and wants the rights that host needs to be the least.
# Needs bin/drone-packages, the image lab/debian:13, and what vm.sh needs. The machines have no network, and are slow: the images that the
# product made here (drone-packages/*, found by their labels there) are carried in; they are made first when they are missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) top=$(dirname "$here")
image=ladder/debian:13 distro=debian-13
[ $# -gt 0 ] || set -- trixie sid
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# A base image of our own: what the product makes from it is greeter's and nobody else's. The same as long as lab/debian:13 is.
from=$(docker images -q --no-trunc lab/debian:13)
if [ "$(docker inspect -f '{{.Config.Labels.from}}' "$image" 2>/dev/null)" != "$from" ]; then
  id=$(docker create "$from" true); docker commit -c "LABEL from=$from" "$id" "$image" >/dev/null; docker rm "$id" >/dev/null
fi

# product DIR PROGRAM: one run of the product, in DIR, on what is carried in.
cat >"$work/product" <<P
#!/bin/bash
cd "\$1" && PLUGIN_DISTROS=$distro PLUGIN_IMAGES='{"$distro":"$image"}' PLUGIN_PULL=never PLUGIN_IMAGE_SOURCE=registry \\
  PLUGIN_TEST='{"lifecycle": ["service", "check", "restart", "purge"]}' PLUGIN_TIMEOUT=10m PLUGIN_BOOT_TIMEOUT=4m PLUGIN_SETTLE_TIMEOUT=2m exec "\$2"
P
chmod +x "$work/product"

# Without its packages.yml: there is no service in there, and no time for the whole lifecycle.
git -C "$top" ls-files examples/greeter ':!:examples/greeter/packages.yml' | tar -C "$top" -cf "$work/greeter.tar" --owner 0 --group 0 -T -
mkdir "$work/warm"; tar -C "$work/warm" -xf "$work/greeter.tar"
"$work/product" "$work/warm/examples/greeter" "$top/bin/drone-packages" >"$work/warm.log" 2>&1 ||
  { cat "$work/warm.log"; echo "ladder.sh: the product fails on this host already" >&2; exit 1; }

# newest KIND: what the run above made or found.
newest() {
  local id base; base=$(docker images -q --no-trunc "$image")
  for id in $(docker images -q --no-trunc --filter "label=io.drone-packages.image=$1"); do
    [ "$(docker inspect -f '{{.Parent}}' "$id")" != "$base" ] || { docker inspect -f '{{index .RepoTags 0}}' "$id"; return; }
  done
}
docker save "$image" $(newest environment) $(newest machine) -o "$work/images.tar"

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
tar -xf greeter.tar
./product examples/greeter "\$PWD/drone-packages" | tee out
say "done"
grep -q 'machines boot systemd with .*$(rung "$suite")' out || { echo "ladder.sh: $suite must boot with $(rung "$suite")"; exit 1; }
S
  VM_TIMEOUT=${VM_TIMEOUT:-900} "$here/vm.sh" "$suite" "$work/$suite" "$work/product" "$top/bin/drone-packages" "$work/greeter.tar" "$work/images.tar" 2>&1 |
    sed -u "s/^/$suite | /"
}

for suite; do "$here/vm.sh" --prepare "$suite"; done
pids=()
for suite; do host "$suite" & pids+=($!); done
bad=0; for pid in "${pids[@]}"; do wait "$pid" || bad=1; done
exit $bad
