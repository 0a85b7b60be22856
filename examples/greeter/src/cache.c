#include "cache.h"
#include "config.h"
#include "daemon.h"
#include "text.h"

#include <errno.h>
#include <hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS "60"

typedef const char *const words[];

static void drop(struct cache *c)
{
	redisFree(c->connection);
	c->connection = NULL;
}

/* Sends a command, an array that NULL ends; NULL when it was not carried out. */
static redisReply *command(struct cache *c, const char *const *argv, char *why, int size)
{
	redisReply *r;
	int n = 0;

	while (argv[n])
		n++;
	errno = 0;
	r = redisCommandArgv(c->connection, n, (const char **)argv, NULL);
	if (r && r->type != REDIS_REPLY_ERROR)
		return r;
	snprintf(why, size, "%s", r ? r->str : errno == EAGAIN ? "no answer in time" : c->connection->errstr);
	freeReplyObject(r);
	return NULL;
}

static int done(redisReply *r)
{
	int ok = r != NULL;

	freeReplyObject(r);
	return ok ? 0 : -1;
}

static int failed(struct cache *c, const char *why)
{
	link_down(&c->link, "%s", why);
	drop(c);
	return -1;
}

static int dial(struct cache *c, const struct url *u)
{
	struct timeval patience = { .tv_sec = PATIENCE / 1000, .tv_usec = PATIENCE % 1000 * 1000 };

	c->connection = redisConnectWithTimeout(u->host, atoi(u->port), patience);
	if (!c->connection)
		abort();
	if (!c->connection->err && !redisSetTimeout(c->connection, patience))
		return 0;
	link_down(&c->link, "%s:%s: %s", u->host, u->port, c->connection->errstr);
	drop(c);
	return -1;
}

static int cache_open(struct cache *c)
{
	struct url u = { .user = "default", .port = "6379", .path = "0" };
	char why[128];
	redisReply *r = NULL;

	if (c->connection)
		return 0;
	if (!link_may_try(&c->link) || url_parse(c->url, "redis", &u) || dial(c, &u))
		return -1;
	if (*u.password) {
		r = command(c, (words){ "AUTH", *u.user ? u.user : "default", u.password, NULL }, why, sizeof why);
		if (done(r))
			return failed(c, why);
	}
	r = command(c, (words){ "SELECT", u.path, NULL }, why, sizeof why);
	return done(r) ? failed(c, why) : 0;
}

/* A connection that is not new may have been cut long ago: then it is worth
 * a second one. */
static redisReply *ask(struct cache *c, const char *const *argv)
{
	redisReply *r = NULL;
	char why[128];
	int new = 0;

	pthread_mutex_lock(&c->link.lock);
	while (!r && !new) {
		new = !c->connection;
		if (cache_open(c))
			break;
		r = command(c, argv, why, sizeof why);
		if (r)
			link_up(&c->link);
		else
			drop(c);
		if (!r && new)
			link_down(&c->link, "%s", why);
	}
	pthread_mutex_unlock(&c->link.lock);
	return r;
}

/* The key of Redis. */
#define FULL_SIZE (NAME_SIZE + 32)
static const char *full(char *dst, const char *kind, const char *key)
{
	snprintf(dst, FULL_SIZE, "greeter:%s:%s", kind, key);
	return dst;
}

int cache_set(struct cache *c, const char *kind, const char *key, const char *value)
{
	char buf[FULL_SIZE];

	return done(ask(c, (words){ "SET", full(buf, kind, key), value, "EX", SECONDS, NULL }));
}

int cache_add(struct cache *c, const char *kind, const char *key, const char *value)
{
	char buf[FULL_SIZE];

	return done(ask(c, (words){ "SET", full(buf, kind, key), value, "EX", SECONDS, "NX", NULL }));
}

int cache_ping(struct cache *c)
{
	return done(ask(c, (words){ "PING", NULL }));
}

int cache_get(struct cache *c, const char *kind, const char *key, char *dst, int size)
{
	char buf[FULL_SIZE];
	redisReply *r = ask(c, (words){ "GET", full(buf, kind, key), NULL });
	int found = r && r->type == REDIS_REPLY_STRING;

	if (found)
		snprintf(dst, size, "%s", r->str);
	return done(r) ? -1 : !found;
}

void cache_close(struct cache *c)
{
	pthread_mutex_lock(&c->link.lock);
	drop(c);
	pthread_mutex_unlock(&c->link.lock);
}
