#!/bin/bash
# bench.sh [ROUNDS [deb|rpm]]: memcached built and tested on debian-13, or by its spec file in the stand-in for fedora-43: bin/drone-packages
# against byhand.sh, or byhand-rpm.sh, in turns, in one run. Prints the wall
# clock of every run, the medians and their ratios, cold (no image of either's own there) and warm. Fails when a ratio is over its target
# (BENCH_COLD, BENCH_WARM). Needs the image lab/debian:13 or lab/standin-dnf:13; the source comes by source.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) top=$(dirname "$here") rounds=${1:-3} format=${2:-deb}
image=lab/debian:13 package=${BENCH_PACKAGE:-memcached} distro=debian-13 hand=byhand.sh
[ "$format" = deb ] || image=lab/standin-dnf:13 distro=fedora-43 hand=byhand-rpm.sh
limit_cold=${BENCH_COLD:-1.15} limit_warm=${BENCH_WARM:-1.10}
work=$(mktemp -d); trap 'rm -rf "$work"; drop_base; drop_byhand' EXIT

# Cold for the product is a base image it has never seen: its keys differ, and nobody else's cache is touched.
fresh_base() {
  local id
  drop_base
  id=$(docker create "$image" true)
  docker commit -c "LABEL bench=$(date +%s.%N)" "$id" bench/base:13 >/dev/null
  docker rm "$id" >/dev/null
}

# drop_base: the bench's own base image and what the product made from it.
drop_base() {
  local base made
  base=$(docker images -q --no-trunc bench/base:13)
  [ -n "$base" ] || return 0
  for made in $(docker images -q --no-trunc --filter label=io.drone-packages.image); do
    [ "$(docker inspect -f '{{.Parent}}' "$made")" != "$base" ] || docker rmi -f "$made" >/dev/null
  done
  docker rmi -f bench/base:13 >/dev/null
}
drop_byhand() { docker rmi -f by-hand/build by-hand/machine >/dev/null 2>&1 || :; }

# memcached's own tests take seven minutes and are the same work for both: they would hide what is measured.
# It goes through the phases that byhand.sh has, and its checks.
product() {
  (cd "$work/tree" && PLUGIN_DISTROS=$distro PLUGIN_IMAGES="{\"$distro\":\"bench/base:13\"}" PLUGIN_BUILD_OPTIONS=nocheck \
    PLUGIN_TEST='{"lifecycle": "service,check,restart,reinstall,remove,return,purge"}' "$top/bin/drone-packages")
  rm -rf "$work/tree/dist"
}
byhand() { BYHAND_OPTIONS=nocheck BYHAND_IMAGE=$image "$here/$hand" "$work/tree" "$work/out"; rm -rf "$work/out"; }

# timed SIDE KIND: runs it and notes its seconds.
timed() {
  local start end log=$work/$1-$2.log status=0
  start=$(date +%s.%N); "$1" >"$log" 2>&1 || status=$?; end=$(date +%s.%N)
  # What the package itself is found guilty of (1) is the same work; anything else is no measurement.
  [ $status = 0 ] || { [ "$1" = product ] && [ $status = 1 ]; } || { tail -n 40 "$log"; echo "bench.sh: $1 ended with $status" >&2; exit 1; }
  echo "$end $start" | awk '{printf "%.1f\n", $1 - $2}' | tee -a "$work/$1.$2" | sed "s/^/$2 $1 /"
}
median() { sort -n "$1" | awk '{v[NR]=$1} END {print NR % 2 ? v[(NR+1)/2] : (v[NR/2] + v[NR/2+1]) / 2}'; }

# verdict KIND LIMIT: the line that counts.
verdict() {
  awk -v k="$1" -v l="$2" -v p="$(median "$work/product.$1")" -v h="$(median "$work/byhand.$1")" 'BEGIN {
    printf "%s: product %.1f s, by hand %.1f s, ratio %.2f (target %.2f)\n", k, p, h, p / h, l; exit p / h > l }'
}

tar -C "$work" -xf "$("$here/source.sh" "$package" 13)"
if [ "$format" = rpm ]; then
  # Upstream's own tarball, and the spec file beside it.
  version=$(sed -n 's/^Version: *//p' "$top/testdata/$package/$package.spec")
  (cd "$work/tree"; for patch in $(ls -rd .pc/0* 2>/dev/null); do (cd "$patch"; tar -c .) | tar -x; done; rm -rf .pc debian)
  mv "$work/tree" "$work/$package-$version"; mkdir "$work/tree"
  tar -C "$work" -czf "$work/tree/$package-$version.tar.gz" "$package-$version"
  cp "$top/testdata/$package/$package.spec" "$work/tree"
fi
for ((i = 0; i < rounds; i++)); do
  fresh_base; timed product cold; drop_byhand; timed byhand cold
  timed product warm; timed byhand warm
done
over=0; verdict cold "$limit_cold" || over=1; verdict warm "$limit_warm" || over=1
exit $over
