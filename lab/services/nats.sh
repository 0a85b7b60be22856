#!/bin/bash
# The public image's interface: options are passed on; without any, clients at 4222 and monitoring at 8222.
set -euo pipefail
[ "${1:0:1}" != - ] || set -- nats-server "$@"
[ "$*" != nats-server ] || set -- nats-server --port 4222 --http_port 8222
exec "$@"
