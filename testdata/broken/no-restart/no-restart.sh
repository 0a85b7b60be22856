#!/bin/sh
# Whoever dies must not take the lock along: this one does.
lock=/var/lib/no-restart/lock
if [ -e "$lock" ]; then
	echo "no-restart: $lock exists, is another one running?" >&2
	exit 1
fi
touch "$lock"
exec sleep infinity
