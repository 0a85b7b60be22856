#!/bin/bash
# services.sh NAME...: makes stand-ins for the images of services that users pull, where there is no registry to pull them from: lab/debian:13
# with Debian's own package, an entrypoint from lab/services that keeps the public image's interface (environment, ports, volume, stop signal,
# first start) as far as our catalogue needs it, under the name that users write. Images that are there already are kept, whoever made them.
# Debian has no MongoDB: lab/standin-mongo speaks as much of its protocol as a readiness probe asks, and is not called mongo.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) top=$(dirname "$here")
all=(postgres rabbitmq redis memcached nats mariadb etcd mongo)
[ $# -gt 0 ] || { echo "usage: lab/services.sh NAME... (all, or of: ${all[*]})" >&2; exit 2; }
[ "$1" != all ] || set -- "${all[@]}"
work=$(mktemp -d) made=; trap 'rm -rf "$work"; [ -z "$made" ] || docker rm -fv "$made" >/dev/null' EXIT

# describe NAME: its image, the package in it, and what the public image declares.
describe() {
  local path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  stop=SIGTERM volume= about=()
  case $1 in
  postgres) image=postgres:17 package=postgresql-17 command=postgres ports=5432 volume=/var/lib/postgresql/data stop=SIGINT
    about=("ENV PATH=/usr/lib/postgresql/17/bin:$path" "ENV PGDATA=$volume" 'ENV LANG=C.UTF-8') ;;
  rabbitmq) image=rabbitmq:4 package=rabbitmq-server command=rabbitmq-server ports='4369 5671 5672 25672' volume=/var/lib/rabbitmq
    about=('ENV LANG=C.UTF-8') ;;
  redis) image=redis:8 package=redis-server command=redis-server ports=6379 volume=/data about=('WORKDIR /data') ;;
  memcached) image=memcached:1 package=memcached command=memcached ports=11211 ;;
  nats) image=nats:2 package=nats-server command=nats-server ports='4222 6222 8222' ;;
  mariadb) image=mariadb:11 package=mariadb-server command=mariadbd ports=3306 volume=/var/lib/mysql about=('ENV LANG=C.UTF-8') ;;
  etcd) image=lab/etcd:3 package='etcd-server etcd-client' command=etcd ports='2379 2380' ;;
  mongo) image=lab/standin-mongo:8 package= command=mongod ports=27017 ;;
  *) echo "services.sh: no service $1; there are ${all[*]}" >&2; exit 2 ;;
  esac
}

# Debian starts services and makes databases when it installs; here the entrypoint does, on the first start.
install='
  package=$1 volume=$2
  printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d
  mkdir -p /etc/postgresql-common/createcluster.d; echo create_main_cluster = false >/etc/postgresql-common/createcluster.d/lab.conf
  echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $package >/dev/null
  [ -z "$volume" ] || { rm -rf "$volume"; mkdir -p "$volume"; }
  rm -rf /usr/sbin/policy-rc.d /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb'
# What is Go's needs no package.
carry='chmod +x /usr/local/bin/standin-mongo; for name in mongod mongosh; do ln -s standin-mongo /usr/local/bin/$name; done'

# fill NAME: what goes into the container besides packages, at /usr/local/bin.
fill() {
  mkdir -p "$work/$1"
  [ ! -e "$here/services/$1.sh" ] || install -m 755 "$here/services/$1.sh" "$work/$1/docker-entrypoint.sh"
  [ "$1" != mongo ] || (cd "$top" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/$1/standin-mongo" ./lab/standin-mongo)
  docker cp "$work/$1/." "$made:/usr/local/bin" >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
}

for name; do
  describe "$name"
  [ -z "$(docker images -q "$image")" ] || { echo "$image is there"; continue; }
  began=$SECONDS script=$install
  [ -n "$package" ] || script=$carry
  made=$(docker create --stop-signal "$stop" lab/debian:13 sh -euc "$script" sh "$package" "$volume")
  fill "$name"
  docker start -a "$made" >"$work/log" 2>&1 || { cat "$work/log"; echo "services.sh: $name could not be made" >&2; exit 1; }
  about+=("CMD [\"$command\"]" 'LABEL io.drone-packages.lab=true' "LABEL io.drone-packages.stands-in-for=$name")
  [ ! -e "$here/services/$name.sh" ] || about+=('ENTRYPOINT ["docker-entrypoint.sh"]')
  [ -z "$volume" ] || about+=("VOLUME $volume")
  for port in $ports; do about+=("EXPOSE $port"); done
  changes=(); for line in "${about[@]}"; do changes+=(-c "$line"); done
  docker commit "${changes[@]}" "$made" "$image" >/dev/null
  docker rm -v "$made" >/dev/null; made=
  echo "made $image in $((SECONDS - began)) s"
done
