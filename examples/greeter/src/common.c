#include "common.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	for (char *end = s + strlen(s); end > s && isspace((unsigned char)end[-1]);)
		*--end = 0;
	return s;
}

static int config_set(struct config *c, const char *key, const char *value)
{
	if (!strcmp(key, "address"))
		return snprintf(c->address, sizeof c->address, "%s", value) < (int)sizeof c->address ? 0 : -1;
	if (!strcmp(key, "log"))
		return snprintf(c->log, sizeof c->log, "%s", value) < (int)sizeof c->log ? 0 : -1;
	if (strcmp(key, "port"))
		return -1;
	c->port = atoi(value);
	return c->port > 0 && c->port < 65536 ? 0 : -1;
}

int config_read(const char *path, struct config *c)
{
	char line[512];
	int n = 0, bad = 0;
	FILE *f = fopen(path, "r");

	*c = (struct config){ .address = "127.0.0.1", .port = 9101 };
	if (!f) {
		perror(path);
		return -1;
	}
	while (!bad && fgets(line, sizeof line, f)) {
		char *key = trim(line), *value = strchr(key, '=');

		n++;
		if (!*key || *key == '#')
			continue;
		if (value)
			*value++ = 0;
		bad = !value || config_set(c, trim(key), trim(value));
	}
	fclose(f);
	if (bad)
		fprintf(stderr, "%s:%d: want address, port or log = value\n", path, n);
	return bad ? -1 : 0;
}

int url_encode(const char *src, char *dst, size_t size)
{
	for (; *src; src++) {
		unsigned char b = *src;
		int plain = b < 128 && (isalnum(b) || strchr("-_.~", b));
		size_t need = plain ? 1 : 3;

		if (size <= need)
			return -1;
		snprintf(dst, size, plain ? "%c" : "%%%02X", b);
		dst += need;
		size -= need;
	}
	*dst = 0;
	return 0;
}

int url_decode(const char *src, char *dst, size_t size)
{
	for (; *src && *src != ' ' && *src != '&'; src++) {
		char hex[3] = "";
		unsigned char b = *src == '+' ? ' ' : *src;

		if (*src == '%') {
			if (!isxdigit((unsigned char)src[1]) || !isxdigit((unsigned char)src[2]))
				return -1;
			memcpy(hex, src + 1, 2);
			b = strtol(hex, NULL, 16);
			src += 2;
		}
		if (b < ' ' || b == 127 || size < 2)
			return -1;
		*dst++ = b;
		size--;
	}
	*dst = 0;
	return 0;
}
