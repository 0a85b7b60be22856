/* greeterd takes wishes for greetings over HTTP, puts them into the queue for
 * greeter-worker, and tells what became of them. */
#include "cache.h"
#include "config.h"
#include "daemon.h"
#include "http.h"
#include "queue.h"
#include "store.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS 8
#define TEND 5000	/* how often we look at the services, in milliseconds */

static struct config config;
static struct queue queue = { .link = LINK("amqp") };
static struct store store = { .link = LINK("postgres") };
static struct cache cache = { .link = LINK("redis") };

/* Replaces a file as a whole, so that nobody ever reads half of it. */
static int replace(const char *path, long n)
{
	char new[310];
	FILE *f;

	snprintf(new, sizeof new, "%s.new", path);
	f = fopen(new, "we");
	if (!f)
		return -1;
	fprintf(f, "%ld\n", n);
	return fclose(f) || rename(new, path) ? -1 : 0;
}

/* How many wishes were taken, ever. */
static long taken(int more)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	char path[300];
	long n = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/count", config.state);
	pthread_mutex_lock(&lock);
	f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "%ld", &n) != 1)
			n = 0;
		fclose(f);
	}
	n += more;
	if (more && replace(path, n))
		say("%s: %s", path, strerror(errno));
	pthread_mutex_unlock(&lock);
	return n;
}

/* The handlers write a body and return a status. What is behind the route's
 * path comes decoded. */
#define BODY 1024

static const char *health(const char *nothing, char *body)
{
	int bad = queue_ping(&queue) | store_ping(&store) | cache_ping(&cache);
	char amqp[256], postgres[256], redis[256];

	(void)nothing;
	link_state(&queue.link, amqp, sizeof amqp);
	link_state(&store.link, postgres, sizeof postgres);
	link_state(&cache.link, redis, sizeof redis);
	snprintf(body, BODY, "%s\namqp: %s\npostgres: %s\nredis: %s\ntaken: %ld", bad ? "degraded" : "ok", amqp, postgres, redis, taken(0));
	return bad ? "503 Service Unavailable" : "200 OK";
}

static const char *greet(const char *name, char *body)
{
	char id[ID_SIZE];

	if (!name_ok(name)) {
		strcpy(body, "who?");
		return "400 Bad Request";
	}
	id_make(id);
	if (queue_put(&queue, id, name)) {
		strcpy(body, "the queue is out of reach");
		return "503 Service Unavailable";
	}
	taken(1);
	strcpy(body, id);
	return "202 Accepted";
}

static const char *answer(const char *id, char *body)
{
	int missing = id_ok(id) ? cache_get(&cache, "answer", id, body, BODY) : 1;

	if (missing)
		strcpy(body, missing < 0 ? "answers are out of reach" : "no answer, or none yet");
	return missing < 0 ? "503 Service Unavailable" : missing ? "404 Not Found" : "200 OK";
}

/* The cache is a help, not a need. */
static const char *tell(const char *name, char *body)
{
	int missing;

	if (!name_ok(name)) {
		strcpy(body, "who?");
		return "400 Bad Request";
	}
	if (!cache_get(&cache, "told", name, body, BODY))
		return "200 OK";
	missing = store_tell(&store, name, body, BODY);
	if (!missing)
		cache_add(&cache, "told", name, body);
	else
		strcpy(body, missing < 0 ? "greetings are out of reach" : "never greeted");
	return missing < 0 ? "503 Service Unavailable" : missing ? "404 Not Found" : "200 OK";
}

static const struct route {
	const char *method, *path;
	int more;	/* the path goes on */
	const char *(*handle)(const char *, char *);
} routes[] = {
	{ "GET", "/health", 0, health },
	{ "POST", "/greet/", 1, greet },
	{ "GET", "/answers/", 1, answer },
	{ "GET", "/greetings/", 1, tell },
};

static const char *handle(const struct request *q, char *body)
{
	char argument[NAME_SIZE] = "";

	for (const struct route *r = routes; r < routes + sizeof routes / sizeof *routes; r++) {
		size_t n = strlen(r->path);

		if (strncmp(q->path, r->path, n) || (!r->more && q->path[n]))
			continue;
		if (strcmp(q->method, r->method))
			return "405 Method Not Allowed";
		if (percent_decode(q->path + n, strlen(q->path + n), argument, sizeof argument))
			return "400 Bad Request";
		return r->handle(argument, body);
	}
	return "404 Not Found";
}

/* Each thread takes the next connection, until the listener is shut down. */
static void *serve(void *listener)
{
	int fd;

	while ((fd = accept4(*(int *)listener, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno != EINVAL) {
		struct request request;
		char body[BODY] = "";
		const char *status;

		if (fd < 0) {
			poll(NULL, 0, 100);	/* out of descriptors: others are about to close */
			continue;
		}
		status = http_read(fd, &request);
		if (!status)
			status = handle(&request, body);
		http_answer(fd, status, *body ? body : status);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const char *file = options(&argc, &argv, "greeterd", "usage: greeterd [--config FILE] | --version\n");
	pthread_t threads[THREADS];
	struct pollfd ends = { .events = POLLIN };
	char body[BODY];
	int listener;

	if (argc > 1 || config_read(file, &config))
		return 2;
	ends.fd = daemon_start("greeterd", config.log);
	queue.url = config.amqp;
	store.url = config.postgres;
	cache.url = config.redis;
	listener = http_listen(config.address, config.port);
	if (listener < 0)
		return 1;
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, serve, &listener))
			return 1;
	say("greeterd " VERSION " listens on %s:%s", config.address, config.port);
	notify("READY=1");
	do
		health(NULL, body);
	while (!poll(&ends, 1, TEND));
	notify("STOPPING=1");
	shutdown(listener, SHUT_RDWR);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	queue_close(&queue);
	store_close(&store);
	cache_close(&cache);
	say("greeterd ends");
	return 0;
}
