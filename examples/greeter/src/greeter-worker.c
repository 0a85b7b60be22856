/* greeter-worker makes the greetings that greeterd has put into the queue: it
 * stores them, and answers. A greeting leaves the queue when both are done. */
#include "cache.h"
#include "config.h"
#include "daemon.h"
#include "queue.h"
#include "store.h"
#include "text.h"

#include <poll.h>
#include <stdio.h>

#define TEND 5000	/* how often we look at the services, in milliseconds; */
#define AGAIN 250	/* when one is missing: its back-off decides */

static struct queue queue = { .link = LINK("amqp"), .takes = 1 };
static struct store store = { .link = LINK("postgres") };
static struct cache cache = { .link = LINK("redis") };

/* -1 when it has to be tried again. To do it twice does no harm: the store
 * knows the id. */
static int greet(const struct message *m)
{
	char hello[NAME_SIZE + 8], told[NAME_SIZE + 100];

	if (!id_ok(m->id) || !name_ok(m->name)) {
		say("dropped a message that is no greeting");
		return 0;
	}
	snprintf(hello, sizeof hello, "hello %s", m->name);
	if (store_add(&store, m->id, m->name) || store_tell(&store, m->name, told, sizeof told) ||
	    cache_set(&cache, "told", m->name, told) || cache_set(&cache, "answer", m->id, hello))
		return -1;
	say("greeted %s", m->name);
	return 0;
}

/* Looks at the services, and gives back what was taken when one is missing:
 * another worker may be better off. */
static int able(void)
{
	int bad = store_ping(&store) | cache_ping(&cache);

	if (bad)
		queue_close(&queue);
	return !bad;
}

/* Works until the queue is empty; 0 when something is out of reach. */
static int work(int ends)
{
	struct pollfd p = { .fd = ends, .events = POLLIN };
	struct message m;
	int got;

	while ((got = queue_take(&queue, &m)) > 0 && !poll(&p, 1, 0)) {
		if (greet(&m)) {
			queue_close(&queue);	/* else it would stay with us */
			return 0;
		}
		if (queue_done(&queue, &m))
			return 0;
	}
	return got == 0;
}

int main(int argc, char **argv)
{
	const char *file = options(&argc, &argv, "greeter-worker", "usage: greeter-worker [--config FILE] | --version\n");
	struct pollfd p[] = { { .events = POLLIN }, { .events = POLLIN } };
	struct config config;
	long long next = 0;

	if (argc > 1 || config_read(file, &config))
		return 2;
	p[0].fd = daemon_start("greeter-worker", config.log);
	queue.url = config.amqp;
	store.url = config.postgres;
	cache.url = config.redis;
	say("greeter-worker " VERSION " starts");
	notify("READY=1");
	do {
		if (now() >= next)
			next = now() + (able() ? TEND : AGAIN);
		if (store.link.up && cache.link.up && !work(p[0].fd))
			next = 0;
		p[1].fd = queue_socket(&queue);
		poll(p, 2, p[1].fd < 0 ? AGAIN : TEND);
	} while (!p[0].revents);
	notify("STOPPING=1");
	queue_close(&queue);
	store_close(&store);
	cache_close(&cache);
	say("greeter-worker ends");
	return 0;
}
