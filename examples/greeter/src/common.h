/* What greeter, greeterd and the tests share. */
#ifndef GREETER_COMMON_H
#define GREETER_COMMON_H

#include <stddef.h>

#ifndef VERSION
#define VERSION "dev"
#endif
#define CONFIG_FILE "/etc/greeter/greeter.conf"

struct config {
	char address[64];	/* IPv4 to listen on and to talk to */
	int port;
	char log[256];		/* a file; empty: standard output only */
};

/* Reads "key = value" lines. Returns 0, or -1 after it said on stderr why. */
int config_read(const char *path, struct config *c);

/* Percent-encodes src as UTF-8 bytes; -1 when dst is too small. */
int url_encode(const char *src, char *dst, size_t size);

/* Decodes up to the end, a space or an ampersand; -1 when src is malformed,
 * holds a control character, or dst is too small. */
int url_decode(const char *src, char *dst, size_t size);

#endif
