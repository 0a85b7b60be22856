#!/bin/bash
# base.sh: run in a container of lab/debian:13 by pacman.sh. Makes the image's userland, which stays Debian's, one that pacman knows: packages that
# provide what is there, in a repository at /srv/standin, the base installed; and pacman's and makepkg's own configuration, with what Arch's has
# otherwise than Debian's.
set -Eeuo pipefail
trap 'echo "base.sh: line $LINENO: $BASH_COMMAND: failed" >&2' ERR
here=/standin repo=/srv/standin
mkdir -p "$repo" /etc/pacman.d

# package NAME VERSION DIR: makes one of the directory, with more lines of its .PKGINFO from stdin.
package() {
  {
    printf 'pkgname = %s\npkgbase = %s\npkgver = %s\npkgdesc = Stands in for %s on Debian\nbuilddate = 1\nsize = 0\narch = any\nlicense = Apache-2.0\n' "$1" "$1" "$2" "$1"
    cat
  } >"$3/.PKGINFO"
  (cd "$3" && { echo .PKGINFO; cat .files; } | bsdtar -cnf - -T - | zstd -q -c) >"$repo/$1-$2-any.pkg.tar.zst"
}

# The base owns every directory there is, as a distribution's packages do between them.
root=$(mktemp -d)
find /etc /home /mnt /opt /root /srv /usr /var -xdev -type d ! -path "$repo*" | sed 's,^/,,' >"$root/.files"
(cd / && bsdtar -cnf - -T "$root/.files") | bsdtar -xpf - -C "$root"
while read -r name; do printf 'provides = %s=999\n' "$name"; done <"$here/provides" | package standin-base 13-1 "$root"

while read -r name more; do
  case $name in '' | '#'*) continue ;; esac
  dir=$(mktemp -d)
  : >"$dir/.files"
  for p in ${more//,/ }; do printf 'provides = %s=999\n' "$p"; done | package "$name" 999-1 "$dir"
done <"$here/packages"
repo-add -q "$repo/standin.db.tar.zst" "$repo"/*.pkg.tar.zst

cat >>/etc/pacman.conf <<R

[standin]
SigLevel = Optional TrustAll
Server = file://$repo
R
sed -i -e "s/^PKGEXT=.*/PKGEXT='.pkg.tar.zst'/" -e 's/^\(OPTIONS=.*\)!debug/\1debug/' /etc/makepkg.conf

# What Arch's systemd has pacman do.
install -d /usr/share/libalpm/hooks /usr/share/libalpm/scripts
install -m 644 "$here"/*.hook /usr/share/libalpm/hooks
install -m 755 "$here/systemd-hook" /usr/share/libalpm/scripts

pacman -Sy --noconfirm --disable-sandbox
pacman -U --noconfirm "$repo"/standin-base-*.pkg.tar.zst
rm -rf /tmp/*
