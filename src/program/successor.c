/*
 * successor - another process of a program becomes its main one.
 *
 * The process that was started may end before its child has written the pid
 * file, so a search looks again and again, until start-timeout ends it.
 * Without a pid file it waits a moment only: a daemon that forks twice has two
 * candidates for some microseconds.  A program that is up has to have its next
 * main process when the former one ends, as nginx does when its binary is
 * upgraded: one look decides.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "program/record.h"
#include "program/successor.h"

/* Between two looks: the first wait and the longest, ms. */
#define LOOK_FIRST 10
#define LOOK_MOST 250
/* So long several candidates may become one, ms. */
#define SEVERAL_TIME 1000

struct search {
	struct program *program;
	struct deadline look;
	struct mainpid *reading; /* of the pid file; NULL: none under way */
	struct mono since;
	int64_t wait; /* before the next look, ms */
};

int
successor_take(struct program *p, pid_t pid)
{
	struct system *sys = p->programs->system;
	int rv = sys->replace(sys, &p->child, pid, p->conf->name);

	if (rv != 1)
		return rv;
	record_main(p);
	record_note(p);
	return 1;
}

bool
successor_exists(const struct program *p)
{
	const struct process_end *end = &p->end.process;
	struct system *sys = p->programs->system;
	pid_t root;

	if (p->conf->ready != READY_FORKS || p->want != WANT_RUN ||
	    (p->state != STATE_STARTING && p->state != STATE_UP))
		return false;
	/* How it ended is not known if no daemon saw it. */
	if (end->known && (end->signal || end->code != 0) &&
	    (p->state == STATE_STARTING || p->conf->pid_file == NULL))
		return false;
	return sys->members(sys, &p->child, p->conf->name, &root) > 0;
}

static void
explain(struct program *p, const char *what, const char *why)
{
	free(p->why);
	if (asprintf(&p->why, "%s%s%s", what, *what != '\0' ? " " : "", why) ==
	    -1)
		p->why = NULL;
}

static void
found(struct program *p)
{
	successor_forget(p);
	free(p->why);
	p->why = NULL;
	log_info("%s: its main process is %d now", p->conf->name,
	    (int)p->child.pid);
	p->programs->feed(p, EVENT_MAIN_FOUND);
}

static void
give_up(struct program *p)
{
	successor_forget(p);
	p->programs->feed(p, EVENT_EXITED);
}

/* Not found yet: p->why says why. */
static void
look_later(struct search *s)
{
	struct loop *loop = s->program->programs->loop;

	loop_at(loop, &s->look, clock_add_ms(loop_now(loop), s->wait));
	if ((s->wait *= 2) > LOOK_MOST)
		s->wait = LOOK_MOST;
}

static void
pid_read(void *arg, pid_t pid, const char *why)
{
	struct search *s = arg;
	struct program *p = s->program;
	struct system *sys = p->programs->system;
	const char *file = p->conf->pid_file != NULL ? p->conf->pid_file : "";
	char text[64];

	sys->forget_pid(sys, s->reading);
	s->reading = NULL;
	if (pid != 0 && successor_take(p, pid) == 1) {
		found(p);
		return;
	}
	if (pid != 0) {
		snprintf(text, sizeof(text),
		    "names %d, which is none of its processes", (int)pid);
		why = text;
	}
	explain(p, file, why);
	if (p->state == STATE_UP)
		give_up(p);
	else
		look_later(s);
}

/* The time of the start, by the clock of the files. */
static struct timespec
start_of(const struct program *p)
{
	const int64_t ms =
	    clock_diff_ms(loop_now(p->programs->loop), p->started);
	struct timespec t = clock_wall();

	t.tv_sec -= (time_t)(ms / 1000);
	t.tv_nsec -= (long)(ms % 1000) * 1000000;
	if (t.tv_nsec < 0) {
		t.tv_nsec += 1000000000;
		t.tv_sec--;
	}
	return t;
}

static void
look_at_file(struct search *s)
{
	struct program *p = s->program;
	struct system *sys = p->programs->system;

	s->reading =
	    sys->read_pid(sys, p->conf->pid_file, start_of(p), pid_read, s);
	if (s->reading != NULL)
		return;
	explain(p, p->conf->pid_file, strerror(errno));
	look_later(s);
}

static void
look_at_processes(struct search *s)
{
	struct program *p = s->program;
	struct system *sys = p->programs->system;
	char text[96];
	pid_t root;
	int n = sys->members(sys, &p->child, p->conf->name, &root);

	if (root != 0 && successor_take(p, root) == 1) {
		found(p);
		return;
	}
	snprintf(text, sizeof(text),
	    "which of its %d processes is the main one is not clear; set "
	    "pid-file",
	    n);
	/* If none is left, the event GONE is on its way. */
	explain(p, "", n == 0 ? "it left no process" : text);
	if (n > 0 &&
	    clock_diff_ms(loop_now(p->programs->loop), s->since) >=
		SEVERAL_TIME)
		give_up(p);
	else
		look_later(s);
}

static void
look_due(struct deadline *d)
{
	struct search *s = d->arg;

	/* A reload may have changed the definition since. */
	if (s->program->conf->pid_file != NULL)
		look_at_file(s);
	else
		look_at_processes(s);
}

void
successor_search(struct program *p)
{
	struct loop *loop = p->programs->loop;
	struct search *s = calloc(1, sizeof(*s));

	successor_forget(p);
	if (s == NULL) {
		/* start-timeout, or the end of its processes, follows. */
		explain(p, "", strerror(ENOMEM));
		return;
	}
	s->program = p;
	s->look.due = look_due;
	s->look.arg = s;
	s->since = loop_now(loop);
	s->wait = LOOK_FIRST;
	p->search = s;
	loop_at(loop, &s->look, loop_now(loop));
}

void
successor_forget(struct program *p)
{
	struct search *s = p->search;
	struct system *sys = p->programs->system;

	if (s == NULL)
		return;
	p->search = NULL;
	loop_cancel(p->programs->loop, &s->look);
	sys->forget_pid(sys, s->reading);
	free(s);
}
