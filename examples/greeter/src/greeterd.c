/* greeterd greets over HTTP. It tells systemd when it is ready, counts its
 * greetings in $STATE_DIRECTORY and ends on SIGTERM. */
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended;
static struct config config;

static void on_signal(int number)
{
	ended = number;
}

/* The journal stamps what we print; the file is opened for every line, so
 * that logrotate needs no signal. */
static void say(const char *format, ...)
{
	char text[1024], stamp[32];
	time_t now = time(NULL);
	va_list args;
	FILE *f;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	puts(text);
	fflush(stdout);
	if (!*config.log || !(f = fopen(config.log, "a")))
		return;
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	fprintf(f, "%s %s\n", stamp, text);
	fclose(f);
}

/* sd_notify(3) in a few lines: a datagram to a socket, whose name may be
 * abstract. */
static void notify(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (!name || strlen(name) >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, name, strlen(name));
	if (*name == '@')
		to.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), 0, (struct sockaddr *)&to,
		   offsetof(struct sockaddr_un, sun_path) + strlen(name)) < 0)
		perror("notify");
	close(fd);
}

static void count(void)
{
	const char *dir = getenv("STATE_DIRECTORY");
	char path[300];
	long n = 0;
	FILE *f;

	if (!dir || snprintf(path, sizeof path, "%s/count", dir) >= (int)sizeof path)
		return;
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%ld", &n) != 1)
			n = 0;
		fclose(f);
	}
	f = fopen(path, "w");
	if (!f)
		return;
	fprintf(f, "%ld\n", n + 1);
	fclose(f);
}

static void answer(int fd, const char *status, const char *body)
{
	char text[1024];
	int n = snprintf(text, sizeof text,
			 "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
			 "Content-Length: %zu\r\nConnection: close\r\n\r\n%s\n",
			 status, strlen(body) + 1, body);

	if (send(fd, text, n, MSG_NOSIGNAL) != n)
		perror("send");
}

static void hello(int fd, const char *query)
{
	char name[256], body[300];

	if (url_decode(query, name, sizeof name) || !*name) {
		answer(fd, "400 Bad Request", "who?");
		return;
	}
	snprintf(body, sizeof body, "hello %s", name);
	answer(fd, "200 OK", body);
	say("greeted %s", name);
	count();
}

static void serve(int fd)
{
	static const char ask[] = "GET /hello?name=", health[] = "GET /health ";
	struct timeval patience = { .tv_sec = 5 };
	char request[2048];
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	n = recv(fd, request, sizeof request - 1, 0);
	if (n <= 0)
		return;
	request[n] = 0;
	if (!strncmp(request, ask, sizeof ask - 1))
		hello(fd, request + sizeof ask - 1);
	else if (!strncmp(request, health, sizeof health - 1))
		answer(fd, "200 OK", "ok");
	else
		answer(fd, "404 Not Found", "no such page");
}

static int listen_on(const struct config *c)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(c->port) };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, c->address, &at.sin_addr) != 1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 64))
		return -1;
	return fd;
}

/* Signals are let in only while we wait, so none is missed. */
static void loop(int listener, const sigset_t *open)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	while (!ended) {
		int fd;

		if (ppoll(&p, 1, NULL, open) < 0)
			continue;
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		serve(fd);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : CONFIG_FILE;
	struct sigaction act = { .sa_handler = on_signal };
	sigset_t block, open;
	int listener;

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("greeterd " VERSION);
		return 0;
	}
	if (config_read(path, &config))
		return 2;
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, &open);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);

	listener = listen_on(&config);
	if (listener < 0) {
		fprintf(stderr, "greeterd: %s:%d: %s\n", config.address, config.port, strerror(errno));
		return 1;
	}
	say("greeterd %s listens on %s:%d", VERSION, config.address, config.port);
	notify("READY=1");
	loop(listener, &open);
	notify("STOPPING=1");
	say("greeterd ends on signal %d", (int)ended);
	return 0;
}
