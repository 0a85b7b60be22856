/* greeter asks greeterd for a greeting. */
#include "common.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int usage(void)
{
	fputs("usage: greeter [--config FILE] hello NAME | health\n       greeter --version\n", stderr);
	return 2;
}

static int dial(const struct config *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(c->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, c->address, &to.sin_addr) != 1)
		return -1;
	if (to.sin_addr.s_addr == htonl(INADDR_ANY))
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&to, sizeof to)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Prints the answer's body; its status decides the exit code. */
static int ask(const struct config *c, const char *path)
{
	char text[4096], *body;
	size_t have = 0;
	ssize_t n;
	int fd = dial(c);

	if (fd < 0) {
		fprintf(stderr, "greeter: nobody listens on %s:%d; does greeterd.service run?\n", c->address, c->port);
		return 1;
	}
	dprintf(fd, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, c->address);
	while (have < sizeof text - 1 && (n = read(fd, text + have, sizeof text - 1 - have)) > 0)
		have += n;
	close(fd);
	text[have] = 0;
	body = strstr(text, "\r\n\r\n");
	if (!body) {
		fputs("greeter: that is not an answer\n", stderr);
		return 1;
	}
	fputs(body + 4, stdout);
	return strncmp(text, "HTTP/1.1 200 ", 13) != 0;
}

int main(int argc, char **argv)
{
	const char *file = CONFIG_FILE;
	char name[800], path[900] = "/health";
	struct config c;

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("greeter " VERSION);
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "--config")) {
		file = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc == 3 && !strcmp(argv[1], "hello")) {
		if (url_encode(argv[2], name, sizeof name))
			return usage();
		snprintf(path, sizeof path, "/hello?name=%s", name);
	} else if (argc != 2 || strcmp(argv[1], "health")) {
		return usage();
	}
	return config_read(file, &c) ? 2 : ask(&c, path);
}
