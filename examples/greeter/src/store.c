#include "store.h"
#include "daemon.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* Both daemons make what they need, and may do so at the same time. */
static const char schema[] =
	"DO $$ BEGIN"
	" SET LOCAL client_min_messages = warning;"
	" PERFORM pg_advisory_xact_lock(9101);"
	" CREATE TABLE IF NOT EXISTS greetings (id uuid PRIMARY KEY, name text NOT NULL, said timestamptz NOT NULL DEFAULT now());"
	" CREATE INDEX IF NOT EXISTS greetings_of ON greetings (name, said);"
	" END $$";

static void drop(struct store *s)
{
	PQfinish(s->connection);
	s->connection = NULL;
}

/* Waits for the next result until a deadline; 0 when it did not come. */
static int next(PGconn *c, long long deadline, PGresult **result)
{
	struct pollfd p = { .fd = PQsocket(c), .events = POLLIN };

	while (PQisBusy(c)) {
		long long left = deadline - now();

		if (left <= 0 || poll(&p, 1, left) <= 0 || !PQconsumeInput(c))
			return 0;
	}
	*result = PQgetResult(c);
	return 1;
}

/* Sends one statement and waits for its answer; NULL when the connection is
 * of no use any more. */
static PGresult *send_and_wait(PGconn *c, const char *sql, const char *const *values)
{
	PGresult *result = NULL, *more;
	long long deadline = now() + PATIENCE;
	int n = 0;

	while (values && values[n])
		n++;
	if (!PQsendQueryParams(c, sql, n, NULL, values, NULL, NULL, 0))
		return NULL;
	do {
		if (!next(c, deadline, &more)) {
			PQclear(result);
			return NULL;
		}
		if (more) {
			PQclear(result);
			result = more;
		}
	} while (more);
	return result;
}

static int useful(const PGresult *r)
{
	return r && (PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK);
}

/* In the server's words, or libpq's, or ours. */
static void failed(struct store *s, const PGresult *r)
{
	const char *why = r ? PQresultErrorMessage(r) : PQerrorMessage(s->connection);

	if (*why)
		link_down(&s->link, "%s", why);
	else
		link_down(&s->link, "no answer in time");
	drop(s);
}

static int store_open(struct store *s)
{
	/* The URL may say otherwise than what is before it. */
	static const char *const keys[] = { "connect_timeout", "application_name", "dbname", NULL };
	const char *values[] = { "2", "greeter", s->url, NULL };
	PGresult *r;
	int ok;

	if (s->connection)
		return 0;
	if (!link_may_try(&s->link))
		return -1;
	s->connection = PQconnectdbParams(keys, values, 1);
	r = PQstatus(s->connection) == CONNECTION_OK ? send_and_wait(s->connection, schema, NULL) : NULL;
	ok = useful(r);
	if (!ok)
		failed(s, r);
	PQclear(r);
	return ok ? 0 : -1;
}

/* A connection that is not new may have been cut long ago: then it is worth
 * a second one. */
static PGresult *ask(struct store *s, const char *sql, const char *const *values)
{
	PGresult *r = NULL;
	int new = 0;

	while (!useful(r) && !new) {
		PQclear(r);
		r = NULL;
		new = !s->connection;
		if (store_open(s))
			break;
		r = send_and_wait(s->connection, sql, values);
		if (useful(r))
			link_up(&s->link);
		else if (new)
			failed(s, r);
		else
			drop(s);
	}
	if (useful(r))
		return r;
	PQclear(r);
	return NULL;
}

static int done(struct store *s, const char *sql, const char *const *values)
{
	PGresult *r;

	pthread_mutex_lock(&s->link.lock);
	r = ask(s, sql, values);
	pthread_mutex_unlock(&s->link.lock);
	PQclear(r);
	return r ? 0 : -1;
}

int store_add(struct store *s, const char *id, const char *name)
{
	return done(s, "INSERT INTO greetings (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		    (const char *const[]){ id, name, NULL });
}

int store_ping(struct store *s)
{
	return done(s, "SELECT 1", NULL);
}

int store_tell(struct store *s, const char *name, char *dst, int size)
{
	static const char sql[] = "SELECT count(*), to_char(max(said) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
				  " FROM greetings WHERE name = $1 HAVING count(*) > 0";
	PGresult *r;
	int rows;

	pthread_mutex_lock(&s->link.lock);
	r = ask(s, sql, (const char *const[]){ name, NULL });
	pthread_mutex_unlock(&s->link.lock);
	if (!r)
		return -1;
	rows = PQntuples(r);
	if (rows)
		snprintf(dst, size, "greetings for %s: %s, the last at %s", name, PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1));
	PQclear(r);
	return rows ? 0 : 1;
}

void store_close(struct store *s)
{
	pthread_mutex_lock(&s->link.lock);
	drop(s);
	pthread_mutex_unlock(&s->link.lock);
}
