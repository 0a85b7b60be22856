#!/bin/bash
# The public image's interface: options are passed on.
set -euo pipefail
[ "${1:0:1}" != - ] || set -- memcached "$@"
[ "$1" = memcached ] || exec "$@"
exec setpriv --reuid=memcache --regid=memcache --init-groups "$@"
