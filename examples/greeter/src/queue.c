#include "queue.h"
#include "config.h"
#include "daemon.h"

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else /* before 0.12 */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define QUEUE "greetings"
#define CHANNEL 1
#define HEARTBEAT 10	/* seconds; none for who puts, as it does not listen in between */
#define PREFETCH 16

static const struct timeval patience = { .tv_sec = PATIENCE / 1000, .tv_usec = PATIENCE % 1000 * 1000 };

/* What went wrong, in the broker's words or the library's. */
static const char *reason(amqp_rpc_reply_t r, char *dst, size_t size)
{
	amqp_bytes_t text = amqp_empty_bytes;

	if (r.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
		return amqp_error_string2(r.library_error);
	if (r.reply.id == AMQP_CONNECTION_CLOSE_METHOD)
		text = ((amqp_connection_close_t *)r.reply.decoded)->reply_text;
	if (r.reply.id == AMQP_CHANNEL_CLOSE_METHOD)
		text = ((amqp_channel_close_t *)r.reply.decoded)->reply_text;
	snprintf(dst, size, "%.*s", (int)text.len, (char *)text.bytes);
	return *dst ? dst : "closed";
}

static void drop(struct queue *q)
{
	if (q->connection)
		amqp_destroy_connection(q->connection);
	q->connection = NULL;
}

static int failed(struct queue *q, amqp_rpc_reply_t r)
{
	char text[150];

	if (r.reply_type == AMQP_RESPONSE_NORMAL)
		return 0;
	link_down(&q->link, "%s", reason(r, text, sizeof text));
	drop(q);
	return -1;
}

static int dial(struct queue *q, const struct url *u)
{
	amqp_socket_t *socket;
	int status;

	q->connection = amqp_new_connection();
	socket = q->connection ? amqp_tcp_socket_new(q->connection) : NULL;
	if (!socket)
		abort();
	amqp_set_handshake_timeout(q->connection, &patience);
	amqp_set_rpc_timeout(q->connection, &patience);
	status = amqp_socket_open_noblock(socket, u->host, atoi(u->port), &patience);
	if (!status)
		return 0;
	link_down(&q->link, "%s:%s: %s", u->host, u->port, amqp_error_string2(status));
	drop(q);
	return -1;
}

/* Whoever comes first makes the queue. */
static int declare(struct queue *q)
{
	amqp_connection_state_t c = q->connection;
	amqp_bytes_t name = amqp_cstring_bytes(QUEUE);

	amqp_channel_open(c, CHANNEL);
	if (failed(q, amqp_get_rpc_reply(c)))
		return -1;
	amqp_queue_declare(c, CHANNEL, name, 0, 1, 0, 0, amqp_empty_table);
	if (failed(q, amqp_get_rpc_reply(c)))
		return -1;
	if (!q->takes) {
		amqp_confirm_select(c, CHANNEL);
		return failed(q, amqp_get_rpc_reply(c));
	}
	amqp_basic_qos(c, CHANNEL, 0, PREFETCH, 0);
	if (failed(q, amqp_get_rpc_reply(c)))
		return -1;
	amqp_basic_consume(c, CHANNEL, name, amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
	return failed(q, amqp_get_rpc_reply(c));
}

static int queue_open(struct queue *q)
{
	struct url u = { .user = "guest", .password = "guest", .port = "5672", .path = "/" };

	if (q->connection)
		return 0;
	if (!link_may_try(&q->link) || url_parse(q->url, "amqp", &u) || dial(q, &u))
		return -1;
	if (failed(q, amqp_login(q->connection, u.path, 0, AMQP_DEFAULT_FRAME_SIZE, q->takes ? HEARTBEAT : 0,
				 AMQP_SASL_METHOD_PLAIN, u.user, u.password)) ||
	    declare(q))
		return -1;
	link_up(&q->link);
	return 0;
}

int queue_socket(const struct queue *q)
{
	return q->connection ? amqp_get_sockfd(q->connection) : -1;
}

/* Waits until the broker has it: what was written may never arrive. */
static int confirmed(amqp_connection_state_t c)
{
	amqp_frame_t frame;

	do {
		if (amqp_simple_wait_frame_noblock(c, &frame, &patience))
			return 0;
	} while (frame.frame_type != AMQP_FRAME_METHOD);
	amqp_maybe_release_buffers(c);
	return frame.payload.method.id == AMQP_BASIC_ACK_METHOD;
}

static int publish(amqp_connection_state_t c, const char *id, const char *name)
{
	amqp_basic_properties_t about = {
		._flags = AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
		.message_id = amqp_cstring_bytes(id),
		.delivery_mode = AMQP_DELIVERY_PERSISTENT,
		.content_type = amqp_cstring_bytes("text/plain; charset=utf-8"),
	};

	return !amqp_basic_publish(c, CHANNEL, amqp_empty_bytes, amqp_cstring_bytes(QUEUE), 0, 0, &about, amqp_cstring_bytes(name)) &&
	       confirmed(c);
}

static int answers(amqp_connection_state_t c, const char *id, const char *name)
{
	(void)id, (void)name;
	amqp_queue_declare(c, CHANNEL, amqp_cstring_bytes(QUEUE), 1, 1, 0, 0, amqp_empty_table);
	return amqp_get_rpc_reply(c).reply_type == AMQP_RESPONSE_NORMAL;
}

/* A connection that is not new may have been cut long ago: then it is worth
 * a second one. */
static int attempt(struct queue *q, int (*what)(amqp_connection_state_t, const char *, const char *), const char *id, const char *name)
{
	int done = 0, new = 0;

	pthread_mutex_lock(&q->link.lock);
	while (!done && !new) {
		new = !q->connection;
		if (queue_open(q))
			break;
		done = what(q->connection, id, name);
		if (!done)
			drop(q);
		if (!done && new)
			link_down(&q->link, "no answer in time");
	}
	pthread_mutex_unlock(&q->link.lock);
	return done ? 0 : -1;
}

int queue_put(struct queue *q, const char *id, const char *name)
{
	return attempt(q, publish, id, name);
}

int queue_ping(struct queue *q)
{
	return attempt(q, answers, NULL, NULL);
}

/* Copies what fits and has no byte 0 in it, or nothing. */
static void copy(amqp_bytes_t from, char *dst, size_t size)
{
	*dst = 0;
	if (from.len >= size || memchr(from.bytes, 0, from.len))
		return;
	memcpy(dst, from.bytes, from.len);
	dst[from.len] = 0;
}

static int take(struct queue *q, struct message *m)
{
	static const struct timeval none;
	amqp_envelope_t e;
	amqp_rpc_reply_t r;

	amqp_maybe_release_buffers(q->connection);
	r = amqp_consume_message(q->connection, &e, &none, 0);
	if (r.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION && r.library_error == AMQP_STATUS_TIMEOUT)
		return 0;
	if (failed(q, r))
		return -1;
	m->tag = e.delivery_tag;
	*m->id = 0;
	if (e.message.properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG)
		copy(e.message.properties.message_id, m->id, sizeof m->id);
	copy(e.message.body, m->name, sizeof m->name);
	amqp_destroy_envelope(&e);
	return 1;
}

int queue_take(struct queue *q, struct message *m)
{
	int got;

	pthread_mutex_lock(&q->link.lock);
	got = queue_open(q) ? -1 : take(q, m);
	pthread_mutex_unlock(&q->link.lock);
	return got;
}

int queue_done(struct queue *q, const struct message *m)
{
	int status;

	pthread_mutex_lock(&q->link.lock);
	status = amqp_basic_ack(q->connection, CHANNEL, m->tag, 0);
	if (status) {
		link_down(&q->link, "%s", amqp_error_string2(status));
		drop(q);
	}
	pthread_mutex_unlock(&q->link.lock);
	return status ? -1 : 0;
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->link.lock);
	if (q->connection)
		amqp_connection_close(q->connection, AMQP_REPLY_SUCCESS);
	drop(q);
	pthread_mutex_unlock(&q->link.lock);
}
