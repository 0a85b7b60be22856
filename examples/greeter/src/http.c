#include "http.h"
#include "daemon.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* greeterd may have to ask each service, twice. */
#define ANSWERS_WITHIN (8 * PATIENCE)

/* Makes a socket with the first address that does for what is wanted. */
static int open_socket(const char *address, const char *port, int flags, int (*what)(int, const struct addrinfo *), const char **why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags }, *all, *a;
	int fd = -1, status = getaddrinfo(address, port, &hints, &all);

	if (status) {
		*why = gai_strerror(status);
		return -1;
	}
	*why = "no address";
	for (a = all; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, 0);
		if (fd >= 0 && !what(fd, a))
			break;
		*why = strerror(errno);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(all);
	return fd;
}

static void be_patient(int fd, int milliseconds)
{
	struct timeval t = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

static int serve_at(int fd, const struct addrinfo *a)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	return bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, 64);
}

static int connect_to(int fd, const struct addrinfo *a)
{
	be_patient(fd, PATIENCE);
	return connect(fd, a->ai_addr, a->ai_addrlen);
}

int http_listen(const char *address, const char *port)
{
	const char *why;
	int fd = open_socket(address, port, AI_PASSIVE, serve_at, &why);

	if (fd < 0)
		fprintf(stderr, "cannot listen on %s:%s: %s\n", address, port, why);
	return fd;
}

/* Reads until there is an empty line, until the deadline, and not more than
 * size. NULL, or the status to answer with. */
static const char *read_head(int fd, char *text, int size)
{
	long long deadline = now() + PATIENCE;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int have = 0;

	while (have < size - 1) {
		long long left = deadline - now();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, left) <= 0 || (n = recv(fd, text + have, size - 1 - have, 0)) <= 0)
			return "408 Request Timeout";
		have += n;
		text[have] = 0;
		if (strstr(text, "\r\n\r\n"))
			return NULL;
	}
	return "431 Request Header Fields Too Large";
}

const char *http_read(int fd, struct request *r)
{
	char text[8192] = "";
	const char *wrong = read_head(fd, text, sizeof text);
	int end = 0;

	if (wrong)
		return wrong;
	sscanf(text, "%7[A-Z] %1023[^ \r\n] HTTP/1.%*1[01]%n", r->method, r->path, &end);
	return end && text[end] == '\r' ? NULL : "400 Bad Request";
}

void http_answer(int fd, const char *status, const char *body)
{
	char text[1536];
	int n = snprintf(text, sizeof text,
			 "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
			 "Content-Length: %zu\r\nConnection: close\r\n\r\n%s\n",
			 status, strlen(body) + 1, body);

	be_patient(fd, PATIENCE);
	if (send(fd, text, n, MSG_NOSIGNAL) == n && !shutdown(fd, SHUT_WR)) {
		/* To close while something is unread would take the answer back. */
		be_patient(fd, 100);
		for (int i = 0; i < 16 && recv(fd, text, sizeof text, 0) > 0; i++)
			;
	}
	close(fd);
}

int http_ask(const char *address, const char *port, const char *method, const char *path, char *body, int size)
{
	char text[2048], *begin;
	const char *why;
	int have = 0, status = 0, fd = open_socket(address, port, 0, connect_to, &why);
	ssize_t n;

	*body = 0;
	if (fd < 0)
		return -1;
	n = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method, path, address);
	if (send(fd, text, n, MSG_NOSIGNAL) != n) {
		close(fd);
		return -2;
	}
	be_patient(fd, ANSWERS_WITHIN);
	while (have < (int)sizeof text - 1 && (n = recv(fd, text + have, sizeof text - 1 - have, 0)) > 0)
		have += n;
	close(fd);
	text[have] = 0;
	begin = strstr(text, "\r\n\r\n");
	if (!begin || sscanf(text, "HTTP/1.%*1[01] %d ", &status) != 1)
		return -2;
	snprintf(body, size, "%s", begin + 4);
	return status;
}
