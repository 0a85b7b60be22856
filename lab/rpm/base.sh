#!/bin/bash
# base.sh: run in a container of lab/debian:13 by rpm.sh. Makes the image's userland, which stays Debian's, one that rpm knows: an empty rpm
# database, and packages that provide what is there, in a repository at /srv/standin, the base installed.
set -Eeuo pipefail
trap 'echo "base.sh: line $LINENO: $BASH_COMMAND: failed" >&2' ERR
here=/standin repo=/srv/standin
mkdir -p "$repo"

# sonames FILE...: what rpm's own generator says that these provide.
sonames() { sed -nE '/\.so(\.|$)/p' | sort -u | /usr/lib/rpm/rpmdeps --provides | sed 's/^/Provides: /'; }
pkgconfigs() { sed -n 's,.*/pkgconfig/\(.*\)\.pc$,Provides: pkgconfig(\1) = 999,p'; }
programs() { sed -nE '/^\/(usr\/)?s?bin\/[^ ]+$/p' | sed 's/^/Provides: /'; }
listed() { for p in ${1//,/ }; do dpkg -L "$p"; done; }

# spec NAME VERSION: the head of one, with the Provides of stdin.
spec() {
  printf 'Name: %s\nVersion: %s\nRelease: 1\nSummary: Stands in for %s on Debian\nLicense: Apache-2.0\nBuildArch: noarch\nAutoReqProv: no\n' "$1" "$2" "$1"
  cat
  printf '%%description\nDebian has it: this says so to rpm.\n'
}
build() { rpmbuild --quiet -bb --define "_rpmdir $repo" --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' --buildroot /tmp/root "$1"; }

: >/tmp/theirs
while read -r name debs more; do
  case $name in '' | '#'*) continue ;; esac
  { [ "$debs" = - ] || listed "$debs"; } >/tmp/files
  cat /tmp/files >>/tmp/theirs
  {
    if [ "$name" != "${name%-devel}" ]; then echo "Requires: ${name%-devel}"; fi
    for p in ${more//,/ }; do echo "Provides: $p = 999"; done
    sonames </tmp/files
    pkgconfigs </tmp/files
  } | spec "$name" 999 >"/tmp/$name.spec"
  printf '%%files\n' >>"/tmp/$name.spec"
  build "/tmp/$name.spec"
done <"$here/packages"

# The base is everything else. Directories that distributions' filesystem package owns are its own here too.
find /usr/lib /usr/lib64 -xdev -name '*.so*' | grep -vxFf /tmp/theirs >/tmp/base.libraries
{
  sonames </tmp/base.libraries
  find /usr/bin /usr/sbin -xdev ! -type d | sed -e p -e 's,^/usr,,' | programs
  for name in $(cat "$here/provides"); do echo "Provides: $name = 999"; done
  echo 'Provides: rtld(GNU_HASH)'
  echo "Provides: system-release = 13"
  echo "Provides: user(root)"; echo "Provides: group(root)"
} | spec standin-base 13 >/tmp/base.spec
{
  printf '%%install\n'
  while read -r dir; do printf 'mkdir -p %%{buildroot}%s\n' "$dir"; done <"$here/directories"
  cat "$here/triggers"
  printf '%%files\n'
  sed 's/^/%dir /' "$here/directories"
} >>/tmp/base.spec
build /tmp/base.spec
createrepo_c --quiet "$repo"
rpm --initdb
rpm -i "$repo"/standin-base-*.rpm
rm -rf /tmp/* /root/rpmbuild
