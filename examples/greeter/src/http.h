/* As much of HTTP as a service behind a proxy needs: one request and one
 * answer per connection, in plain text. */
#ifndef GREETER_HTTP_H
#define GREETER_HTTP_H

struct request {
	char method[8], path[1024];	/* as sent: not decoded */
};

/* A socket that listens; -1 after it said on stderr why there is none. */
int http_listen(const char *address, const char *port);

/* NULL, or the status to answer with. */
const char *http_read(int fd, struct request *r);

/* Answers and closes. */
void http_answer(int fd, const char *status, const char *body);

/* The other side: writes the body of the answer, and returns its status, -1
 * when nobody listens, -2 when there was no answer in time. */
int http_ask(const char *address, const char *port, const char *method, const char *path, char *body, int size);

#endif
