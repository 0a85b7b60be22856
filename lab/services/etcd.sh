#!/bin/bash
# Options are passed on; without any, it listens for clients everywhere.
set -euo pipefail
[ "${1:0:1}" != - ] || set -- etcd "$@"
[ "$*" != etcd ] || set -- etcd --data-dir /var/lib/etcd --listen-client-urls http://0.0.0.0:2379 --advertise-client-urls http://0.0.0.0:2379
exec "$@"
