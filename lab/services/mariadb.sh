#!/bin/bash
# The public image's interface: MARIADB_ROOT_PASSWORD or MARIADB_ALLOW_EMPTY_ROOT_PASSWORD, _DATABASE, _USER, _PASSWORD (or MYSQL_*),
# /docker-entrypoint-initdb.d, healthcheck.sh. The first start makes the database on a server without network, and starts again.
set -euo pipefail
[ "${1:0:1}" != - ] || set -- mariadbd "$@"
[ "$1" = mariadbd ] || exec "$@"
data=/var/lib/mysql
if [ "$(id -u)" = 0 ]; then
  mkdir -p $data /run/mysqld; chown -R mysql: $data /run/mysqld
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi
for key in ROOT_PASSWORD ALLOW_EMPTY_ROOT_PASSWORD DATABASE USER PASSWORD; do
  new=MARIADB_$key old=MYSQL_$key; printf -v "$key" %s "${!new-${!old-}}"
done
quoted() { printf "'%s'" "$(sed "s/[\\\\']/\\\\&/g" <<<"$1")"; }

initialise() {
  if [ -z "$ROOT_PASSWORD$ALLOW_EMPTY_ROOT_PASSWORD" ]; then
    echo '[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified' >&2
    exit 1
  fi
  mariadb-install-db --datadir=$data --auth-root-authentication-method=normal --skip-test-db >/dev/null
  mariadbd --skip-networking & server=$!
  until mariadb-admin --silent ping 2>/dev/null; do kill -0 $server; sleep 0.1; done
  {
    [ -z "$DATABASE" ] || echo "CREATE DATABASE \`$DATABASE\`;"
    if [ -n "$USER" ]; then
      echo "CREATE USER $(quoted "$USER")@'%' IDENTIFIED BY $(quoted "$PASSWORD");"
      [ -z "$DATABASE" ] || echo "GRANT ALL ON \`$DATABASE\`.* TO $(quoted "$USER")@'%';"
    fi
    for file in /docker-entrypoint-initdb.d/*.sql; do [ ! -e "$file" ] || { [ -z "$DATABASE" ] || echo "USE \`$DATABASE\`;"; cat "$file"; }; done
    echo "CREATE USER root@'%' IDENTIFIED BY $(quoted "$ROOT_PASSWORD"); GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
    echo "ALTER USER root@localhost IDENTIFIED BY $(quoted "$ROOT_PASSWORD"); SHUTDOWN;"
  } | mariadb -u root
  wait $server
  echo 'MariaDB init process done. Ready for start up.'
}
[ -d $data/mysql ] || initialise
shift
exec mariadbd --bind-address='*' "$@"
