#!/bin/bash
# The public image's interface: POSTGRES_PASSWORD, _USER, _DB, _HOST_AUTH_METHOD, _INITDB_ARGS, /docker-entrypoint-initdb.d. The first start
# makes the database on a server that listens on its local socket only, stops that and starts the real one: "ready to accept
# connections" is logged twice, and pg_isready inside says yes too early.
set -euo pipefail
[ "${1:0:1}" != - ] || set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres: "$PGDATA" /var/run/postgresql; chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
user=${POSTGRES_USER:-postgres} db=${POSTGRES_DB:-${POSTGRES_USER:-postgres}} method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$user" -d "$@"; }

initialise() {
  if [ -z "${POSTGRES_PASSWORD-}" ] && [ "$method" != trust ]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.' >&2
    exit 1
  fi
  eval "initdb --username=\"\$user\" --pwfile=<(printf '%s\n' \"\${POSTGRES_PASSWORD-}\") ${POSTGRES_INITDB_ARGS-}"
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
  pg_ctl -o "-c listen_addresses='' -p 5432" -w start
  [ "$db" = postgres ] || echo 'CREATE DATABASE :"db";' | sql postgres -v db="$db"
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
    *.sh) . "$file" ;;
    *.sql) sql "$db" -f "$file" ;;
    esac
  done
  pg_ctl -m fast -w stop
  echo 'PostgreSQL init process complete; ready for start up.'
}
[ -s "$PGDATA/PG_VERSION" ] || initialise
shift
exec postgres -c listen_addresses='*' "$@"
