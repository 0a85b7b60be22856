#include "daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *program, *log_file;

int daemon_start(const char *name, const char *log)
{
	sigset_t ends;

	program = name;
	log_file = log;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	return signalfd(-1, &ends, SFD_CLOEXEC);
}

/* The journal stamps what we print. The file is opened for every line, so that
 * logrotate needs no signal, and written at once, as others write to it. */
void say(const char *format, ...)
{
	char text[1024], stamp[32];
	time_t at = time(NULL);
	struct tm utc;
	va_list args;
	int fd;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	puts(text);
	fflush(stdout);
	if (!*log_file || (fd = open(log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640)) < 0)
		return;
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &utc));
	dprintf(fd, "%s %s[%d]: %s\n", stamp, program, (int)getpid(), text);
	close(fd);
}

/* A datagram to a socket, whose name may be abstract. */
void notify(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (!name || strlen(name) >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, name, strlen(name));
	if (*name == '@')
		to.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), 0, (struct sockaddr *)&to, offsetof(struct sockaddr_un, sun_path) + strlen(name)) < 0)
		perror("notify");
	close(fd);
}

long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}
