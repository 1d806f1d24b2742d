/*
 * step_kill - SIGKILL to programs and to each process of hupd, one at a time
 * and several.
 */
#include <sys/types.h>

#include <signal.h>
#include <stdio.h>

#include "steps.h"

/*
 * A daemon is there again in this time after a single kill, ms: how long it
 * takes is among the figures, this is for a machine that is very busy.
 */
#define ABSENCE_MS 20000

static void
kill_program(struct chaos *c, struct program *p)
{
	did(c, "kill -9 %s", p->name);
	p->touched = true;
	if (p->kind == KIND_ONCE)
		p->broken = true;
	p->dying = p->main;
	look_kill(c, p->main, SIGKILL);
}

void
step_kill_programs(struct chaos *c)
{
	unsigned n = 1 + below(c, 4);

	look(c);
	while (n-- > 0)
		kill_program(c, step_pick(c));
}

void
step_signal(struct chaos *c)
{
	struct program *p = step_pick(c);
	char line[128];
	int status;

	snprintf(line, sizeof(line), "signal KILL %s", p->name);
	did(c, "%s", line);
	p->touched = p->broken = true;
	look(c);
	p->dying = p->main;
	status = ask(c, line);
	if (status != 0 && status != 1 && status != ASK_LOST)
		violation(c, "%s: %d", line, status);
	if (status != 0)
		p->dying = 0;
}

void
step_end_daemon(struct chaos *c)
{
	did(c, "kill -9 the daemon");
	c->daemon_kills++;
	look_kill(c, c->daemon, SIGKILL);
}

void
step_kill_daemon(struct chaos *c)
{
	int64_t began, absence;

	look(c);
	ends_forgive(c);
	began = now_ms();
	step_end_daemon(c);
	/* The socket stays open: the next daemon answers. */
	while (ask(c, "ping") != 0)
		if (now_ms() - began > ABSENCE_MS)
			violation(c, "no daemon follows");
	absence = now_ms() - began;
	if (absence > c->longest_absence)
		c->longest_absence = absence;
}

void
step_kill_guard(struct chaos *c)
{
	look(c);
	did(c, "kill -9 the guard");
	look_kill(c, c->guard, SIGKILL);
}

void
step_kill_logger(struct chaos *c)
{
	unsigned n = 1 + below(c, 3);

	while (n-- > 0) {
		look(c);
		did(c, "kill -9 the log process");
		look_kill(c, c->logger, SIGKILL);
		jitter(c, 5000);
	}
}

/* Two of them, or all three, in any order. */
void
step_kill_several(struct chaos *c)
{
	unsigned first = below(c, 3), n = 2 + below(c, 2), i;

	look(c);
	c->may_vanish = true;
	for (i = 0; i < n; i++) {
		switch ((first + i) % 3) {
		case 0:
			step_end_daemon(c);
			break;
		case 1:
			did(c, "kill -9 the guard");
			look_kill(c, c->guard, SIGKILL);
			break;
		default:
			did(c, "kill -9 the log process");
			look_kill(c, c->logger, SIGKILL);
			break;
		}
		if (below(c, 2) == 0)
			jitter(c, 10000);
	}
}

/* And the one that follows as well, wherever in its start it may be. */
void
step_kill_twice(struct chaos *c)
{
	unsigned n = 1 + below(c, 3);

	look(c);
	c->may_vanish = true;
	step_end_daemon(c);
	while (n-- > 0) {
		jitter(c, 15000);
		look(c);
		step_end_daemon(c);
	}
}

/* A request, or a reload, whose hearing the daemon may not live to see. */
void
step_kill_during(struct chaos *c)
{
	struct program *p;
	int fd = ASK_NONE;

	look(c);
	ends_forgive(c);
	if (below(c, 2) == 0) {
		step_change_files(c);
		c->unsure = true;
		did(c, "SIGHUP");
		look_kill(c, c->daemon, SIGHUP);
	} else {
		p = step_pick(c);
		fd = step_begin(c, p, below(c, 3));
		step_make_unsure(c, p);
	}
	if (below(c, 4) != 0)
		jitter(c, 10000);
	step_end_daemon(c);
	if (fd >= 0)
		ask_end(c, fd, NULL);
}

void
step_kill_both(struct chaos *c)
{
	look(c);
	ends_forgive(c);
	if (below(c, 2) == 0) {
		kill_program(c, step_pick(c));
		jitter(c, 3000);
		step_end_daemon(c);
	} else {
		step_end_daemon(c);
		jitter(c, 3000);
		kill_program(c, step_pick(c));
	}
}

/* Both gone, and files that nobody would accept. */
void
step_bad_start(struct chaos *c)
{
	step_spoil_files(c);
	look(c);
	c->may_vanish = true;
	did(c, "kill -9 the guard");
	look_kill(c, c->guard, SIGKILL);
	step_end_daemon(c);
	settle_up(c);
	world_write_all(c);
	c->unsure = true;
}
