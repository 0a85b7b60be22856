/* The queue of greetings to be made, in RabbitMQ. What was put is kept until
 * somebody took it and was done with it, and may come twice. */
#ifndef GREETER_QUEUE_H
#define GREETER_QUEUE_H

#include "link.h"
#include "text.h"

#include <stdint.h>

struct queue {
	struct link link;
	const char *url;
	int takes;		/* it is opened to take from, not to put into */
	struct amqp_connection_state_t_ *connection;
};

struct message {
	uint64_t tag;
	char id[ID_SIZE], name[NAME_SIZE];	/* empty when it is no greeting */
};

/* All return -1 when the link is down. */
int queue_put(struct queue *q, const char *id, const char *name);
int queue_ping(struct queue *q);

/* 1 when there was a message, 0 when there is none yet. */
int queue_take(struct queue *q, struct message *m);
int queue_done(struct queue *q, const struct message *m);

/* What was taken and is not done goes back into the queue. */
void queue_close(struct queue *q);

/* To poll for messages; -1 when it is not open. */
int queue_socket(const struct queue *q);

#endif
