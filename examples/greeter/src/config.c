#include "config.h"
#include "text.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY(name, standard) { #name, standard, offsetof(struct config, name), sizeof ((struct config *)0)->name }

static const struct key {
	const char *name, *standard;
	size_t offset, size;
} keys[] = {
	KEY(address, "127.0.0.1"),
	KEY(port, "9101"),
	KEY(amqp, "amqp://guest:guest@localhost:5672/"),
	KEY(postgres, "postgresql://greeter:greeter@localhost:5432/greeter"),
	KEY(redis, "redis://localhost:6379/0"),
	KEY(state, "/var/lib/greeter"),
	KEY(log, ""),
};
#define KEYS (sizeof keys / sizeof *keys)

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	for (char *end = s + strlen(s); end > s && isspace((unsigned char)end[-1]);)
		*--end = 0;
	return s;
}

/* Says what is wrong with a value, or nothing. */
static const char *wrong(const char *key, const char *value)
{
	struct url u;

	if (!strcmp(key, "port") && (strspn(value, "0123456789") != strlen(value) || atoi(value) < 1 || atoi(value) > 65535))
		return "want a port";
	if (!strcmp(key, "amqp") && url_parse(value, "amqp", &u))
		return "want amqp://user:password@host:port/vhost";
	if (!strcmp(key, "redis") && url_parse(value, "redis", &u))
		return "want redis://host:port/database";
	if (!strcmp(key, "postgres") && url_parse(value, "postgresql", &u) && url_parse(value, "postgres", &u))
		return "want postgresql://user:password@host:port/database";
	return NULL;
}

static const char *config_set(struct config *c, const char *name, const char *value)
{
	const char *why;

	for (const struct key *k = keys; k < keys + KEYS; k++) {
		if (strcmp(k->name, name))
			continue;
		if (strlen(value) >= k->size)
			return "too long";
		why = wrong(name, value);
		strcpy((char *)c + k->offset, value);
		return why;
	}
	return "no such key";
}

int config_read(const char *path, struct config *c)
{
	char line[512];
	const char *why = NULL;
	FILE *f = fopen(path, "re");
	int n = 0;

	if (!f) {
		perror(path);
		return -1;
	}
	for (size_t i = 0; i < KEYS; i++)
		config_set(c, keys[i].name, keys[i].standard);
	while (!why && fgets(line, sizeof line, f)) {
		char *key = trim(line), *value = strchr(key, '=');

		n++;
		if (!*key || *key == '#')
			continue;
		if (value)
			*value++ = 0;
		key = trim(key);
		why = value ? config_set(c, key, trim(value)) : "want key = value";
		if (why)
			fprintf(stderr, "%s:%d: %s: %s\n", path, n, key, why);
	}
	fclose(f);
	return why ? -1 : 0;
}

/* Decodes from..to into a part of a URL that must not be empty. */
static int part(const char *from, const char *to, char *dst, size_t size)
{
	return from == to || percent_decode(from, to - from, dst, size) ? -1 : 0;
}

/* host, host:port, [IPv6] or [IPv6]:port */
static int url_host(const char *from, const char *to, struct url *u)
{
	const char *colon, *end;

	if (*from == '[') {
		from++;
		end = memchr(from, ']', to - from);
		if (!end)
			return -1;
		colon = end + 1;
	} else {
		end = memchr(from, ':', to - from);
		colon = end = end ? end : to;
	}
	if (part(from, end, u->host, sizeof u->host))
		return -1;
	if (colon == to)
		return 0;
	return *colon != ':' || part(colon + 1, to, u->port, sizeof u->port) || strspn(u->port, "0123456789") != strlen(u->port) ? -1 : 0;
}

int url_parse(const char *text, const char *scheme, struct url *u)
{
	size_t n = strlen(scheme);
	const char *from = text + n + 3, *to, *at, *colon;

	if (strncmp(text, scheme, n) || strncmp(text + n, "://", 3))
		return -1;
	to = from + strcspn(from, "/?#");
	at = memrchr(from, '@', to - from);
	if (at) {
		colon = memchr(from, ':', at - from);
		if (percent_decode(from, (colon ? colon : at) - from, u->user, sizeof u->user) ||
		    (colon && percent_decode(colon + 1, at - colon - 1, u->password, sizeof u->password)))
			return -1;
		from = at + 1;
	}
	if (url_host(from, to, u))
		return -1;
	if (*to != '/' || !to[1])
		return 0;
	to++;
	return part(to, to + strcspn(to, "?#"), u->path, sizeof u->path);
}

const char *options(int *argc, char ***argv, const char *name, const char *usage)
{
	const char *file = CONFIG_FILE;

	for (; *argc > 1 && !strncmp((*argv)[1], "--", 2); (*argc)--, (*argv)++) {
		const char *option = (*argv)[1];

		if (!strcmp(option, "--version")) {
			printf("%s %s\n", name, VERSION);
			exit(0);
		}
		if (!strcmp(option, "--help")) {
			fputs(usage, stdout);
			exit(0);
		}
		if (strcmp(option, "--config") || *argc < 3) {
			fputs(usage, stderr);
			exit(2);
		}
		file = (*argv)[2];
		(*argc)--;
		(*argv)++;
	}
	return file;
}
