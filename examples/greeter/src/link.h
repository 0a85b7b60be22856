/* A link is the connection to a service, which may come and go. It is opened
 * when it is wanted, but not oftener than its back-off allows; that it went
 * and that it came back is said once. */
#ifndef GREETER_LINK_H
#define GREETER_LINK_H

#include <pthread.h>

struct link {
	const char *name;		/* the key in greeter.conf */
	pthread_mutex_t lock;		/* whoever uses the link holds it */
	int up;				/* the last thing asked of it worked */
	char why[200];			/* not up: why not */
	long long delay, next;		/* how long to wait, and until when */
};

#define LINK(key) { .name = (key), .lock = PTHREAD_MUTEX_INITIALIZER, .why = "not tried yet" }

/* 1 when the back-off is over. */
int link_may_try(const struct link *l);

/* It works, or it does not: the caller has closed it. Only the first line of
 * the reason is kept. */
void link_up(struct link *l);
void link_down(struct link *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copies "ok", or why not. Takes the lock. */
void link_state(struct link *l, char *dst, int size);

#endif
