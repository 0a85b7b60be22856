/* greeter wishes for a greeting, waits until it was made, and prints it. */
#include "config.h"
#include "daemon.h"
#include "http.h"
#include "text.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT 15000	/* for a greeting to be made, in milliseconds */
#define SIZE 1024

static const char usage[] =
	"usage: greeter [--config FILE] hello NAME   have NAME greeted\n"
	"       greeter [--config FILE] tell NAME    how often, and when last\n"
	"       greeter [--config FILE] status       what greeterd can reach\n"
	"       greeter --version | --help\n";

static struct config config;

/* One request; says what keeps it from being answered. */
static int ask(const char *method, const char *path, const char *argument, char *body)
{
	char full[SIZE];
	int n = snprintf(full, sizeof full, "%s", path), status;

	if (percent_encode(argument, full + n, sizeof full - n)) {
		fputs("greeter: that is too long\n", stderr);
		return -2;
	}
	status = http_ask(config.address, config.port, method, full, body, SIZE);
	if (status == -1)
		fprintf(stderr, "greeter: nobody listens on %s:%s; does greeterd run?\n", config.address, config.port);
	if (status == -2)
		fputs("greeter: greeterd does not answer\n", stderr);
	return status;
}

/* The same until it has another status than these. */
static int ask_again(const char *method, const char *path, const char *argument, char *body, int again, int or, long long deadline)
{
	int status, pause = 20;

	while ((status = ask(method, path, argument, body)) == again || status == or) {
		if (now() >= deadline)
			break;
		poll(NULL, 0, pause);
		if (pause < 500)
			pause *= 2;
	}
	return status;
}

/* To stdout what was asked for, to stderr why there is none. */
static int print(int status, const char *body)
{
	fputs(body, status == 200 ? stdout : stderr);
	return status != 200;
}

static int hello(const char *name)
{
	long long deadline = now() + WAIT;
	char body[SIZE], id[ID_SIZE];
	int status = ask_again("POST", "/greet/", name, body, 503, 503, deadline);

	if (status != 202)
		return print(status, body);
	snprintf(id, sizeof id, "%.*s", ID_SIZE - 1, body);
	status = ask_again("GET", "/answers/", id, body, 404, 503, deadline);
	if (status == 404)
		fprintf(stderr, "greeter: no answer within %d s; does greeter-worker run?\n", WAIT / 1000);
	return print(status, body);
}

int main(int argc, char **argv)
{
	const char *file = options(&argc, &argv, "greeter", usage);
	char body[SIZE];

	if (argc == 2 && !strcmp(argv[1], "status")) {
		if (config_read(file, &config))
			return 2;
		/* Degraded is an answer as well. */
		int status = ask("GET", "/health", "", body);
		fputs(body, stdout);
		return status != 200;
	}
	if (argc != 3 || (strcmp(argv[1], "hello") && strcmp(argv[1], "tell"))) {
		fputs(usage, stderr);
		return 2;
	}
	if (config_read(file, &config))
		return 2;
	if (!strcmp(argv[1], "hello"))
		return hello(argv[2]);
	return print(ask("GET", "/greetings/", argv[2], body), body);
}
