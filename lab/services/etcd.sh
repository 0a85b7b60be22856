#!/bin/bash
# Options are passed on, and ETCD_* variables are etcd's own; without any, it listens for clients everywhere.
set -euo pipefail
[ "${1:0:1}" != - ] || set -- etcd "$@"
if [ "$*" = etcd ]; then
  export ETCD_DATA_DIR=${ETCD_DATA_DIR-/var/lib/etcd} ETCD_LISTEN_CLIENT_URLS=${ETCD_LISTEN_CLIENT_URLS-http://0.0.0.0:2379}
  export ETCD_ADVERTISE_CLIENT_URLS=${ETCD_ADVERTISE_CLIENT_URLS-http://0.0.0.0:2379}
fi
exec "$@"
