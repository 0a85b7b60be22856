/* What both daemons need of the system: words for the log, a word for
 * systemd, signals, a clock. */
#ifndef GREETER_DAEMON_H
#define GREETER_DAEMON_H

/* How long we wait for anything that another machine does, in milliseconds. */
#define PATIENCE 2000

/* Takes over the signals that end the program, before threads are made.
 * Returns a descriptor: it can be read when one has come. */
int daemon_start(const char *name, const char *log);

/* One line for standard output, and for the log file. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* sd_notify(3). It does nothing under other inits. */
void notify(const char *state);

/* Milliseconds of a clock that nobody sets. */
long long now(void);

#endif
