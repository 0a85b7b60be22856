#!/bin/bash
# dnf.sh: run in the container by rpm.sh, after base.sh: dnf's own configuration.
set -euo pipefail
mkdir -p /etc/yum.repos.d /etc/dnf/vars
echo 13 >/etc/dnf/vars/releasever
cat >/etc/yum.repos.d/standin.repo <<R
[standin]
name=What Debian has
baseurl=file:///srv/standin
enabled=1
gpgcheck=0
R
# The plugin copies what is downloaded to a repository of its own, which then disturbs upgrades.
[ ! -e /etc/dnf/plugins/local.conf ] || sed -i 's/^enabled *=.*/enabled = 0/' /etc/dnf/plugins/local.conf
dnf -q makecache
