#!/bin/bash
# arm64.sh: registers an emulator for arm64 on this machine, if there is none, builds examples/greeter for debian-13 on linux/arm64 with
# bin/drone-packages, and takes the emulator away again. Needs root, Debian, and what make build and make build-arm64 make.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd) binfmt=/proc/sys/fs/binfmt_misc mounted= work=$(mktemp -d)
cleanup() {
  [ -z "$mounted" ] || { echo -1 >$binfmt/drone-packages-arm64; } 2>/dev/null || :
  [ "$mounted" != yes ] || umount $binfmt
  rm -rf "$work"
}
trap cleanup EXIT
command -v qemu-aarch64-static >/dev/null || {
  apt-get -qq update
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends qemu-user-static arch-test >/dev/null
}
[ -e $binfmt/register ] || { mount -t binfmt_misc binfmt_misc $binfmt; mounted=yes; }
if ! grep -lqs aarch64 $binfmt/*; then
  # F: the emulator is opened now, so that containers need none of their own.
  printf '%s' ':drone-packages-arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$(command -v qemu-aarch64-static)"':F' >$binfmt/register
  mounted=${mounted:-no}
fi
cp -a "$top/examples/greeter" "$work/greeter"
cd "$work/greeter"
# Its own tests are left out: emulated they take minutes, and say nothing of platforms.
PLUGIN_PLATFORMS=linux/arm64 PLUGIN_DISTROS=debian-13 PLUGIN_ONLY=build PLUGIN_BUILD_OPTIONS=nocheck PLUGIN_IMAGE_SOURCE=bootstrap "$top/bin/drone-packages"
file=$(ls dist/debian-13-arm64/greeter_*_arm64.deb)
echo "built $(basename "$file")"
dpkg-deb -x "$file" "$work/there"
machine=$(od -An -tx1 -j18 -N2 "$work/there/usr/bin/greeter" | tr -d ' ')
[ "$machine" = b700 ] || { echo "arm64.sh: its program is for the machine 0x$machine of ELF, not for aarch64's" >&2; exit 1; }
echo "its program is aarch64's"
