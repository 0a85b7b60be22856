/* Runs ./greeterd as systemd would, and ./greeter against it. */
#include "../src/common.h"

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

static void want(int ok, const char *what)
{
	printf("%s %s\n", ok ? "ok  " : "FAIL", what);
	failures += !ok;
}

static void urls(void)
{
	char a[64], b[64];

	want(!url_encode("Zoë & co", a, sizeof a) && !strcmp(a, "Zo%C3%AB%20%26%20co"), "encode");
	want(!url_decode(a, b, sizeof b) && !strcmp(b, "Zoë & co"), "decode what was encoded");
	want(!url_decode("a+b HTTP/1.1", b, sizeof b) && !strcmp(b, "a b"), "decode up to a space");
	want(url_decode("%4", b, sizeof b) < 0, "refuse half an escape");
	want(url_decode("%0A", b, sizeof b) < 0, "refuse a control character");
	want(url_encode("much too long", b, 4) < 0, "refuse to overflow");
}

static int says(const char *command, const char *output)
{
	char got[256] = "";
	FILE *p = popen(command, "r");
	size_t n = fread(got, 1, sizeof got - 1, p);

	got[n] = 0;
	pclose(p);
	return !strcmp(got, output);
}

static int notify_socket(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
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

static void daemon_lives(const char *config)
{
	int status, fd = notify_socket("notify");
	pid_t pid = fork();

	if (!pid) {
		execl("../greeterd", "greeterd", config, NULL);
		_exit(127);
	}
	want(told(fd, "READY=1"), "greeterd says that it is ready");
	want(says("../greeter --config greeter.conf health", "ok\n"), "health");
	want(says("../greeter --config greeter.conf hello Zoë", "hello Zoë\n"), "hello in UTF-8");
	want(says("../greeter --config greeter.conf hello '' || echo bad", "who?\nbad\n"), "hello nobody");
	want(says("cat count", "1\n"), "the greeting is counted");
	want(says("grep -c 'greeted Zoë' log", "1\n"), "and logged");
	kill(pid, SIGTERM);
	want(told(fd, "STOPPING=1"), "greeterd says that it ends");
	want(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status), "and ends cleanly");
	want(says("../greeter --config greeter.conf health 2>&1 || echo bad",
		  "greeter: nobody listens on 127.0.0.1:19101; does greeterd.service run?\nbad\n"), "nobody listens");
}

static void configs(void)
{
	want(says("echo prot = 1 >bad; ../greeterd bad 2>&1", "bad:1: want address, port or log = value\n"),
	     "a bad line is named");
	want(says("../greeterd missing 2>&1", "missing: No such file or directory\n"), "so is a missing file");
}

int main(void)
{
	if (chdir(getenv("CHECK_DIR")))
		return 2;
	setenv("STATE_DIRECTORY", ".", 1);
	urls();
	configs();
	daemon_lives("greeter.conf");
	printf("%d failed\n", failures);
	return failures != 0;
}
