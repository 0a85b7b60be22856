#!/bin/bash
# zypper.sh: run in the container by rpm.sh, after base.sh: zypper's own configuration.
set -euo pipefail
mkdir -p /etc/zypp/repos.d
cat >/etc/zypp/repos.d/standin.repo <<R
[standin]
name=What Debian has
baseurl=dir:///srv/standin
enabled=1
autorefresh=1
type=rpm-md
gpgcheck=0
R
zypper --non-interactive refresh
echo "zypper knows $(zypper --non-interactive search --type package | grep -c package) packages"
