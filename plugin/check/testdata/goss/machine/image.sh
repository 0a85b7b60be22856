# Makes the image of a machine for goss to test; runs in a container of Debian 13.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -qy install --no-install-recommends goss systemd systemd-sysv dbus \
	nginx-light openssh-server cron openssl dnsmasq-base iproute2 nano
systemctl mask systemd-udevd.service systemd-modules-load.service console-getty.service
