/* The greetings that were made, in PostgreSQL. */
#ifndef GREETER_STORE_H
#define GREETER_STORE_H

#include "link.h"

struct store {
	struct link link;
	const char *url;
	struct pg_conn *connection;
};

/* All return -1 when the link is down. Adding the same greeting again does
 * nothing. */
int store_add(struct store *s, const char *id, const char *name);
int store_ping(struct store *s);

/* How often somebody was greeted, and when last, in a sentence; 0 when there
 * was a greeting, 1 when there was none. */
int store_tell(struct store *s, const char *name, char *dst, int size);

void store_close(struct store *s);

#endif
