/* Answers that somebody waits for, and sentences that need not be asked for
 * again, in Redis. They are forgotten after a minute. */
#ifndef GREETER_CACHE_H
#define GREETER_CACHE_H

#include "link.h"

struct cache {
	struct link link;
	const char *url;
	struct redisContext *connection;
};

/* All return -1 when the link is down. The kind and the key together are one
 * key of Redis. cache_add does nothing when there is a value. */
int cache_set(struct cache *c, const char *kind, const char *key, const char *value);
int cache_add(struct cache *c, const char *kind, const char *key, const char *value);
int cache_ping(struct cache *c);

/* 0 when there was a value, 1 when there is none. */
int cache_get(struct cache *c, const char *kind, const char *key, char *dst, int size);

void cache_close(struct cache *c);

#endif
