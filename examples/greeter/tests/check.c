/* Asks the parts, and the programs as an init would run them. No service is
 * needed: those that are asked for are absent, mute, or faked here. With
 * $SERVICES, a configuration whose services are there, a greeting goes through
 * all of them. */
#include "../src/cache.h"
#include "../src/config.h"
#include "../src/daemon.h"
#include "../src/http.h"
#include "../src/queue.h"
#include "../src/store.h"
#include "../src/text.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;
static char port[8];

static void want(int ok, const char *what)
{
	printf("%s %s\n", ok ? "ok  " : "FAIL", what);
	fflush(stdout);
	failures += !ok;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static int says(const char *command, const char *output)
{
	char got[512] = "";
	FILE *p = popen(command, "r");
	size_t n = fread(got, 1, sizeof got - 1, p);

	got[n] = 0;
	pclose(p);
	if (strcmp(got, output))
		printf("     %s says: %s\n", command, got);
	return !strcmp(got, output);
}

static void texts(void)
{
	char a[64], b[64], id[ID_SIZE], other[ID_SIZE], long_name[NAME_SIZE + 1];

	want(!percent_encode("Zoë & co", a, sizeof a) && !strcmp(a, "Zo%C3%AB%20%26%20co"), "encode");
	want(!percent_decode(a, strlen(a), b, sizeof b) && !strcmp(b, "Zoë & co"), "decode what was encoded");
	want(percent_decode("%4", 2, b, sizeof b) < 0, "refuse half an escape");
	want(percent_decode("%41", 2, b, sizeof b) < 0, "do not look beyond the end");
	want(percent_decode("%0A", 3, b, sizeof b) < 0 && percent_decode("%00", 3, b, sizeof b) < 0, "refuse control characters");
	want(percent_encode("much too long", b, 4) < 0 && percent_decode("too long", 8, b, 8) < 0, "refuse to overflow");
	want(name_ok("Zoë") && name_ok("你好") && name_ok("🦊") && name_ok("a'b\"c;--"), "names are any UTF-8");
	want(!name_ok("") && !name_ok("a\nb") && !name_ok("\377") && !name_ok("\303") && !name_ok("\300\257") && !name_ok("\355\240\200"),
	     "and nothing that is none");
	memset(long_name, 'x', NAME_SIZE);
	long_name[NAME_SIZE] = 0;
	want(!name_ok(long_name) && name_ok(long_name + 1), "names are short enough");
	id_make(id);
	id_make(other);
	want(id_ok(id) && id_ok(other) && strcmp(id, other), "ids are ids, and not the same");
	want(!id_ok("") && !id_ok("../../etc/passwd"), "nothing else is");
}

static int url_is(const char *text, const char *parts)
{
	struct url u = { .user = "u", .password = "p", .host = "h", .port = "1", .path = "/" };
	char got[512];

	if (url_parse(text, "amqp", &u))
		return !parts;
	snprintf(got, sizeof got, "%s|%s|%s|%s|%s", u.user, u.password, u.host, u.port, u.path);
	return parts && !strcmp(got, parts);
}

static void urls(void)
{
	want(url_is("amqp://me:secret@there:5672/v", "me|secret|there|5672|v"), "a URL has parts");
	want(url_is("amqp://there", "u|p|there|1|/") && url_is("amqp://there:2/", "u|p|there|2|/"), "which may be left out");
	want(url_is("amqp://a%40b:%2F%3a@there/%2f", "a@b|/:|there|1|/"), "are decoded");
	want(url_is("amqp://:x@[::1]:2?a=b", "|x|::1|2|/"), "and may be an IPv6 address");
	want(url_is("http://there", NULL) && url_is("amqp://", NULL) && url_is("amqp://a:b@/", NULL) && url_is("amqp://there:", NULL) &&
	     url_is("amqp://there:x", NULL) && url_is("amqp://[::1", NULL) && url_is("amqp://[::1]x", NULL), "malformed ones are refused");
}

static void configs(void)
{
	struct config c;

	write_file("some", "# a comment\n\n port=1 \nredis = redis://there/3\n");
	want(!config_read("some", &c) && !strcmp(c.port, "1") && !strcmp(c.redis, "redis://there/3") && !strcmp(c.address, "127.0.0.1"),
	     "a configuration says what differs");
	want(says("echo prot = 1 >bad; ../../greeterd --config bad 2>&1", "bad:1: prot: no such key\n"), "a bad key is named");
	want(says("echo port = x >bad; ../../greeterd --config bad 2>&1 || echo $?", "bad:1: port: want a port\n2\n"), "so is a bad value");
	want(says("echo >bad; echo amqp = redis://there >>bad; ../../greeter-worker --config bad 2>&1",
		  "bad:2: amqp: want amqp://user:password@host:port/vhost\n"), "and a wrong URL");
	want(says("../../greeter --config missing status 2>&1 || echo $?", "missing: No such file or directory\n2\n"), "and a missing file");
	want(says("../../greeter dance 2>&1 >/dev/null | head -n 1", "usage: greeter [--config FILE] hello NAME   have NAME greeted\n"), "usage");
	want(says("../../greeter --version; ../../greeterd --version; ../../greeter-worker --version",
		  "greeter " VERSION "\ngreeterd " VERSION "\ngreeter-worker " VERSION "\n"), "versions");
}

static void backs_off(void)
{
	struct link l = LINK("amqp");
	long long delays[8];

	for (int i = 0; i < 8; i++) {
		link_down(&l, "gone\nfor a reason");
		delays[i] = l.delay;
	}
	want(delays[1] == 2 * delays[0] && delays[6] == delays[7] && delays[7] >= 8 * delays[0], "it is tried less and less often");
	want(!link_may_try(&l) && !strcmp(l.why, "gone"), "and not before its time");
	link_up(&l);
	link_down(&l, "gone");
	want(l.delay == delays[0], "after it worked, it starts anew");
	want(says("grep -c 'amqp: gone; trying again' log; grep -c 'amqp: connected' log", "2\n1\n"), "each change is said once");
}

/* A server on a port of its own, made for each connection by answer. */
static pid_t fake(void (*answer)(int), char *url, const char *scheme)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;
	int l = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	if (bind(l, (struct sockaddr *)&at, size) || listen(l, 8) || getsockname(l, (struct sockaddr *)&at, &size))
		abort();
	sprintf(url, "%s://127.0.0.1:%d", scheme, ntohs(at.sin_port));
	pid = fork();
	for (int fd; !pid && (fd = accept(l, NULL, NULL)) >= 0; close(fd))
		answer(fd);
	close(l);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void mute(int fd)
{
	(void)fd;
	pause();
}

/* As much of Redis as is asked of it. It hangs up after four answers, and
 * takes no value that is forbidden. */
static void redis(int fd)
{
	static char value[128];
	char text[512], out[160];
	ssize_t n;

	for (int i = 0; i < 4 && (n = recv(fd, text, sizeof text - 1, 0)) > 0; i++) {
		char *at = NULL;

		text[n] = 0;
		snprintf(out, sizeof out, "+OK\r\n");
		if (strstr(text, "forbidden"))
			snprintf(out, sizeof out, "-OOM command not allowed\r\n");
		else if (strstr(text, "\r\nSET\r\n") && (!strstr(text, "\r\nNX\r\n") || !*value) && (at = strstr(text, "v=")))
			sscanf(at, "%127[^\r]", value);
		else if (strstr(text, "\r\nGET\r\n"))
			snprintf(out, sizeof out, *value ? "$%zu\r\n%s\r\n" : "$-1\r\n", strlen(value), value);
		if (send(fd, out, strlen(out), 0) < 0)
			return;
	}
}

static void caches(void)
{
	struct cache c = { .link = LINK("redis") };
	char url[64], got[64] = "";
	pid_t pid = fake(redis, url, "redis");

	c.url = url;
	want(cache_get(&c, "told", "Zoë", got, sizeof got) == 1, "no value");
	want(!cache_set(&c, "told", "Zoë", "v=one") && !cache_get(&c, "told", "Zoë", got, sizeof got) && !strcmp(got, "v=one"), "a value");
	want(!cache_add(&c, "told", "Zoë", "v=two") && !cache_get(&c, "told", "Zoë", got, sizeof got) && !strcmp(got, "v=one"), "is kept by adding");
	for (int i = 0; i < 9; i++)
		failures += !!cache_ping(&c);
	want(c.link.up, "a connection that was cut is made anew unnoticed");
	want(cache_set(&c, "told", "Zoë", "forbidden") && !strcmp(c.link.why, "OOM command not allowed"), "a refusal is told");
	end(pid);
	c.link.next = 0;
	want(cache_ping(&c) && strstr(c.link.why, "Connection refused"), "so is absence");
	cache_close(&c);
}

static int ask_queue(const char *url)
{
	struct queue q = { .link = LINK("amqp"), .url = url };

	return queue_put(&q, "id", "name");
}

static int ask_store(const char *url)
{
	struct store s = { .link = LINK("postgres"), .url = url };

	return store_add(&s, "id", "name");
}

static int ask_cache(const char *url)
{
	struct cache c = { .link = LINK("redis"), .url = url };

	return cache_ping(&c);
}

/* Side by side, as each takes its time. */
static void patience_ends(void)
{
	static const struct { const char *scheme; int (*ask)(const char *); } all[] = {
		{ "amqp", ask_queue }, { "postgresql", ask_store }, { "redis", ask_cache },
	};
	long long began = now();
	pid_t servers[3], clients[3];
	char url[64];
	int status, bad = 0;

	for (int i = 0; i < 3; i++) {
		servers[i] = fake(mute, url, all[i].scheme);
		clients[i] = fork();
		if (!clients[i])
			_exit(all[i].ask(url) ? 0 : 1);
	}
	for (int i = 0; i < 3; i++) {
		waitpid(clients[i], &status, 0);
		end(servers[i]);
		bad += status != 0;
	}
	want(!bad && now() - began < 5 * PATIENCE, "who is asked and is silent is given up");
}

static int notify_socket(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof at))
		perror(path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static int told(int fd, const char *state)
{
	char got[64];
	ssize_t n = recv(fd, got, sizeof got, 0);

	return n == (ssize_t)strlen(state) && !memcmp(got, state, n);
}

static pid_t start(const char *program, const char *config)
{
	pid_t pid = fork();
	sigset_t none;

	if (pid)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!freopen("out", "a", stdout))
		_exit(127);
	execl(program, program, "--config", config, NULL);
	_exit(127);
}

static int ended(pid_t pid)
{
	int status;

	kill(pid, SIGTERM);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* What is sent as it is, and what the answer begins with. */
static int answers(const char *text, const char *begin)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char got[2048] = "";
	int fd = socket(AF_INET, SOCK_STREAM, 0), have = 0;
	ssize_t n;

	if (connect(fd, (struct sockaddr *)&to, sizeof to) || send(fd, text, strlen(text), 0) < 0)
		return 0;
	while ((n = recv(fd, got + have, sizeof got - 1 - have, 0)) > 0)
		have += n;
	close(fd);
	if (strncmp(got, begin, strlen(begin)))
		printf("     got: %s\n", got);
	return !strncmp(got, begin, strlen(begin));
}

static void speaks_http(void)
{
	static char flood[20000];

	want(answers("GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "), "no such page");
	want(answers("GET /healthy HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "), "nor this one");
	want(answers("DELETE /health HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "), "not that method");
	want(answers("hello\r\n\r\n", "HTTP/1.1 400 ") && answers("GET /health\r\n\r\n", "HTTP/1.1 400 "), "not HTTP");
	want(answers("POST /greet/%ff HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ") && answers("POST /greet/ HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ") &&
	     answers("POST /greet/%0a HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "), "not a name");
	want(answers("POST /greet/Zo%C3%AB HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde", "HTTP/1.1 503 "), "no queue; the body is ignored");
	want(answers("GET /answers/..%2f HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "), "no such answer");
	want(answers("GET /greetings/Zo%C3%AB HTTP/1.0\r\n\r\n", "HTTP/1.1 503 "), "no store");
	want(answers("GET /health HTTP/1.1\r\n", "HTTP/1.1 408 "), "half a request is not waited for");
	memset(flood, 'x', sizeof flood - 1);
	memcpy(flood, "GET /", 5);
	want(answers(flood, "HTTP/1.1 431 "), "too much is refused");
}

/* Nobody listens on port 1. */
static void lives_alone(void)
{
	int fd = notify_socket("notify");
	pid_t pid = start("../../greeterd", "alone.conf"), worker;

	want(told(fd, "READY=1"), "greeterd is ready without any service");
	want(says("../../greeter --config alone.conf status | sed 's/:.*:1: .*/: gone/; s/: connection .* failed: /: /'",
		  "degraded\namqp: gone\npostgres: Connection refused\nredis: gone\ntaken: 0\n"), "and says what it misses");
	want(says("../../greeter --config alone.conf status >/dev/null || echo $?", "1\n"), "by its exit status, too");
	want(says("../../greeter --config alone.conf hello '' 2>&1 || echo $?", "who?\n1\n"), "hello nobody");
	want(says("../../greeter --config alone.conf tell Zoë 2>&1 || echo $?", "greetings are out of reach\n1\n"), "tell");
	speaks_http();
	worker = start("../../greeter-worker", "alone.conf");
	want(told(fd, "READY=1"), "so is greeter-worker");
	want(says("for i in $(seq 100); do [ $(grep -c 'greeter-worker.*trying again' log) -lt 2 ] || break; sleep 0.1; done; sleep 1;"
		  " grep -c 'greeterd.*trying again' log; grep -c 'greeter-worker.*trying again' log", "3\n2\n"),
	     "each says once what it misses");
	want(ended(worker) && told(fd, "STOPPING=1"), "greeter-worker ends cleanly");
	want(ended(pid) && told(fd, "STOPPING=1"), "greeterd ends cleanly");
	want(says("../../greeter --config alone.conf status 2>&1 | sed 's/:[0-9]*;/;/'", "greeter: nobody listens on 127.0.0.1; does greeterd run?\n"),
	     "nobody listens");
}

static void goes_through_all(const char *services)
{
	int fd = notify_socket("notify");
	char command[400];
	pid_t pid, worker;

	snprintf(command, sizeof command, "{ cat %s; cat own; } >all.conf", services);
	if (system(command))
		abort();
	pid = start("../../greeterd", "all.conf");
	worker = start("../../greeter-worker", "all.conf");
	want(told(fd, "READY=1") && told(fd, "READY=1"), "both are ready");
	want(says("../../greeter --config all.conf hello Zoë", "hello Zoë\n"), "a greeting goes through all services");
	want(says("../../greeter --config all.conf tell Zoë | grep -c '^greetings for Zoë: [1-9]'", "1\n"), "and is kept");
	want(says("../../greeter --config all.conf status | head -n 1", "ok\n"), "and all is well");
	want(says("cat count", "1\n"), "a wish was taken");
	want(ended(worker) && ended(pid), "both end cleanly");
}

int main(void)
{
	const char *services = getenv("SERVICES");
	char own[200], alone[400];

	if (chdir("build/run"))
		return 2;
	snprintf(port, sizeof port, "%d", 20000 + (int)getpid() % 10000);
	snprintf(own, sizeof own, "port = %s\nstate = .\nlog = log\n", port);
	snprintf(alone, sizeof alone, "%samqp = amqp://127.0.0.1:1\npostgres = postgresql://127.0.0.1:1/\nredis = redis://127.0.0.1:1\n", own);
	write_file("own", own);
	write_file("alone.conf", alone);
	daemon_start("check", "log");
	texts();
	urls();
	configs();
	backs_off();
	unlink("log");
	caches();
	patience_ends();
	unlink("log");
	lives_alone();
	if (services && *services)
		goes_through_all(services);
	printf("%d failed\n", failures);
	return failures != 0;
}
