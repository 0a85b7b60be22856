/* /etc/greeter/greeter.conf, and the URLs in it. */
#ifndef GREETER_CONFIG_H
#define GREETER_CONFIG_H

#ifndef VERSION
#define VERSION "dev"
#endif
#define CONFIG_FILE "/etc/greeter/greeter.conf"

struct config {
	char address[64], port[8];	/* where greeterd listens, and greeter asks */
	char amqp[256], postgres[256], redis[256];
	char state[256];		/* a directory */
	char log[256];			/* a file; empty: standard output only */
};

/* Reads "key = value" lines. Returns 0, or -1 after it said on stderr what is
 * wrong in which line. */
int config_read(const char *path, struct config *c);

/* The parts of scheme://user:password@host:port/path, percent-decoded. */
struct url {
	char user[64], password[128], host[128], port[8], path[64];
};

/* Replaces the parts of u that text has: the others keep what the caller has
 * put there. -1 when text is no URL of that scheme. */
int url_parse(const char *text, const char *scheme, struct url *u);

/* Takes --config FILE, --version and --help, which all programs know, off the
 * arguments. It ends the program for the last two and for what is wrong. */
const char *options(int *argc, char ***argv, const char *name, const char *usage);

#endif
