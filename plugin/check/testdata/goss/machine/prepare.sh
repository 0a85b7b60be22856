# Puts what the files beside this directory ask about into a booted machine.
set -eu

# Packages: one removed with its configuration left, one on hold.
dpkg -r nano >/dev/null
echo iproute2 hold | dpkg --set-selections

# Files.
cd /srv
printf 'hello\nwörld\n[brackets]\n' >hello.txt
: >empty
printf 'one\r\ntwo\r\n' >crlf.txt
printf '!bang\n/usr/bin\nsbin/nothere\n' >escapes.txt
ln -s hello.txt link
ln -s nowhere dangling
mkfifo pipe
printf '#!/bin/sh\n' >setuid && chmod 4755 setuid
touch nobodys && chown 4711:4712 nobodys
touch /root/.profile-of-tests

# Users.
groupadd -g 2000 tester
useradd -m -u 2000 -g 2000 -G adm,games -s /bin/sh tester

# Mounts.
mkdir mnt "with space" no-mount twice
mount -t tmpfs -o ro,size=1m test-mount mnt
mount -t tmpfs spaced "with space"
mount -t tmpfs below twice
mount -t tmpfs above twice

# Sockets: listeners in all families, a connected UDP socket, one that never answers.
cat >/usr/local/bin/sockets <<'EOF'
#!/usr/bin/perl
use strict; use Socket qw(:all); use IO::Socket::UNIX;
my @kept;
sub open_one {
	my ($family, $type, $ip, $port, $both) = @_;
	socket(my $s, $family, $type, 0) or die "socket: $!";
	setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
	setsockopt($s, IPPROTO_IPV6, IPV6_V6ONLY, $both ? 0 : 1) if $family == AF_INET6;
	my $to = $family == AF_INET6 ? pack_sockaddr_in6($port, inet_pton($family, $ip)) : pack_sockaddr_in($port, inet_pton($family, $ip));
	bind($s, $to) or die "bind $ip $port: $!";
	if ($type == SOCK_STREAM) { listen($s, 5) or die "listen: $!" }
	push @kept, $s;
	return $s;
}
open_one(AF_INET, SOCK_STREAM, "127.0.0.1", 7001);
open_one(AF_INET6, SOCK_STREAM, "::", 7002, 1);
open_one(AF_INET6, SOCK_STREAM, "::1", 7003);
open_one(AF_INET, SOCK_DGRAM, "127.0.0.1", 7004);
my $c = open_one(AF_INET, SOCK_DGRAM, "127.0.0.1", 7005);
connect($c, pack_sockaddr_in(7004, inet_aton("127.0.0.1"))) or die;
open_one(AF_INET6, SOCK_DGRAM, "::1", 7006);
open_one(AF_INET, SOCK_STREAM, "127.0.0.1", 7007);
push @kept, IO::Socket::UNIX->new(Local => "/srv/socket", Listen => 1) or die;
sleep 1000000;
EOF
chmod 755 /usr/local/bin/sockets
printf '[Service]\nExecStart=/usr/local/bin/sockets\n' >/etc/systemd/system/test-sockets.service

# Services in every state, by units and by init scripts.
cd /etc/systemd/system
printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >test-disabled.service
printf '[Service]\nExecStart=/bin/true\n' >test-static.service
printf '[Service]\nExecStart=/bin/false\n[Install]\nWantedBy=multi-user.target\n' >test-failing.service
ln -s /dev/null test-masked.service
printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' >test-template@.service
mkdir /opt/units && printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' >/opt/units/test-linked.service
for name in test-sysv-on test-sysv-off; do
	printf '#!/bin/sh\n### BEGIN INIT INFO\n# Provides: %s\n# Required-Start:\n# Required-Stop:\n# Default-Start: 3 5\n# Default-Stop: 0 1 6\n### END INIT INFO\nexit 0\n' $name >/etc/init.d/$name
	chmod 755 /etc/init.d/$name
done
ln -s ../init.d/test-sysv-on /etc/rc3.d/S01test-sysv-on
ln -s ../init.d/test-sysv-on /etc/rc5.d/S01test-sysv-on
ln -s ../init.d/test-sysv-off /etc/rc3.d/K01test-sysv-off
cp /bin/sleep /usr/local/bin/a-very-long-name-of-a-process
printf '[Service]\nExecStart=/usr/local/bin/a-very-long-name-of-a-process infinity\n' >test-long.service

# A web server with and without TLS, and a name server.
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout /etc/ssl/test.key -out /etc/ssl/test.pem 2>/dev/null
printf 'hello\n' >/var/www/html/hello
mkdir /var/www/html/private && printf 'hidden\n' >/var/www/html/private/index.html
printf 'tester:%s\n' "$(openssl passwd -apr1 secret)" >/etc/nginx/users
cat >/etc/nginx/sites-enabled/default <<'EOF'
server {
	listen 80 default_server;
	listen [::]:80 default_server;
	listen 443 ssl default_server;
	ssl_certificate /etc/ssl/test.pem;
	ssl_certificate_key /etc/ssl/test.key;
	root /var/www/html;
	index index.html index.nginx-debian.html;
	location = /redirect { return 301 http://localhost/; }
	location = /private { auth_basic x; auth_basic_user_file /etc/nginx/users; try_files /private/index.html =404; }
	location = /echo { default_type text/plain; return 200 "x-test=$http_x_test\nhost=$http_host\nmethod=$request_method\nlength=$content_length\n"; }
}
EOF
printf '10.1.2.3 two-addresses\n10.1.2.4 two-addresses\n10.1.2.5 in.hosts.test\n' >>/etc/hosts
cat >/etc/systemd/system/test-names.service <<'EOF'
[Service]
ExecStart=/usr/sbin/dnsmasq --keep-in-foreground --port=5353 --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts --conf-file=/dev/null \
	--host-record=a.example.test,10.5.0.1,fd00::1 --host-record=a.example.test,10.5.0.2 --cname=c.example.test,a.example.test --cname=c2.example.test,c.example.test \
	--mx-host=example.test,mail.example.test,10 --txt-record=txt.example.test,"hello dns" --srv-host=_x._tcp.example.test,a.example.test,443,1,2 \
	--local=/test/ --local=/10.in-addr.arpa/ --dns-rr=example.test,257,0005697373756563612e6578616d706c652e74657374 --ptr-record=1.0.5.10.in-addr.arpa,a.example.test
EOF

systemctl daemon-reload
systemctl enable -q --now nginx ssh cron 2>/dev/null
systemctl restart nginx
systemctl start test-sockets test-names test-long
systemctl link -q /opt/units/test-linked.service
systemctl enable -q --now test-template@one 2>/dev/null
systemctl start test-failing || true
systemctl --no-block start systemd-tmpfiles-clean.timer

# Nothing of this may be missing, else both would fail alike and seem to agree.
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ -S /srv/socket ] && ss -lntu | grep -q :5353 && ss -lnt | grep -q :443 && break
	sleep 0.3
done
systemctl is-active -q nginx ssh cron test-sockets test-names test-long test-template@one
[ -S /srv/socket ]
