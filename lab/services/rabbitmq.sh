#!/bin/bash
# The public image's interface: RABBITMQ_DEFAULT_USER, _PASS, _VHOST; guest may come from anywhere; the log goes to the console.
set -euo pipefail
[ "$1" = rabbitmq-server ] || exec "$@"
mkdir -p /etc/rabbitmq/conf.d
{
  echo 'loopback_users.guest = false'
  echo 'log.console = true'
} >/etc/rabbitmq/conf.d/10-defaults.conf
chown -R rabbitmq: /var/lib/rabbitmq
export HOME=/var/lib/rabbitmq
shift
# Not Debian's wrapper: it hides the log and does not pass on the signal to stop.
exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups /usr/lib/rabbitmq/bin/rabbitmq-server "$@"
