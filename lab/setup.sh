#!/bin/bash
# setup.sh: installs what the demo and the tests need beside Go and a Docker
# engine, on Debian as root. It does nothing for what is there already.
set -euo pipefail
want=()
need() { # need PROGRAM PACKAGE
  command -v "$1" >/dev/null || want+=("$2")
}
need git git
need mmdebstrap mmdebstrap
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || want+=(debian-archive-keyring)
need sshd openssh-server
need ssh openssh-client
need docker-registry docker-registry
need htpasswd apache2-utils
# rpm itself judges what plugin/rpm writes.
need rpmbuild rpm
# It judges junit.xml by its schema.
need xmllint libxml2-utils
# report.html is opened in it.
need chromium chromium
if [ "${1:-}" = vm ]; then
  need qemu-system-x86_64 qemu-system-x86
  need mke2fs e2fsprogs
fi
[ ${#want[@]} -gt 0 ] || exit 0
echo "installing ${want[*]}"
apt-get -qq update
# Nothing of these is to be started here: the tests start their own.
RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${want[@]}" >/dev/null
