#!/bin/bash
# The public image's interface: options, or a configuration file, are passed on; it answers everybody who reaches it.
set -euo pipefail
case ${1-} in -* | *.conf) set -- redis-server "$@" ;; esac
[ "$1" = redis-server ] || exec "$@"
shift
file=(); case ${1-} in *.conf) file=("$1"); shift ;; esac
chown redis: /data
exec setpriv --reuid=redis --regid=redis --init-groups redis-server "${file[@]}" --protected-mode no "$@"
