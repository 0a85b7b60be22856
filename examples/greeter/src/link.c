#include "link.h"
#include "daemon.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHORTEST 250
#define LONGEST 4000

int link_may_try(const struct link *l)
{
	return now() >= l->next;
}

void link_up(struct link *l)
{
	if (!l->up)
		say("%s: connected", l->name);
	l->up = 1;
	*l->why = 0;
	l->delay = 0;
}

void link_down(struct link *l, const char *format, ...)
{
	char why[sizeof l->why];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	why[strcspn(why, "\r\n")] = 0;
	if (l->up || strcmp(why, l->why))
		say("%s: %s; trying again", l->name, why);
	l->up = 0;
	strcpy(l->why, why);
	l->delay = l->delay ? 2 * l->delay : SHORTEST;
	if (l->delay > LONGEST)
		l->delay = LONGEST;
	l->next = now() + l->delay;
}

void link_state(struct link *l, char *dst, int size)
{
	pthread_mutex_lock(&l->lock);
	snprintf(dst, size, "%s", l->up ? "ok" : l->why);
	pthread_mutex_unlock(&l->lock);
}
