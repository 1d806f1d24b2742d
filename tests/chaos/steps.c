/*
 * steps - the events: the choice of the next one, and the end of hupd.
 */
#include <sys/types.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "steps.h"

struct program *
step_pick_any(struct chaos *c)
{
	return &c->programs[below(c, c->nprograms)];
}

struct program *
step_pick(struct chaos *c)
{
	struct program *p;

	do {
		p = step_pick_any(c);
	} while (!p->defined);
	return p;
}

static void
step_stopped_logger(struct chaos *c)
{
	static void (*const others[])(struct chaos *) = {
	    step_request,
	    step_requests,
	    step_kill_programs,
	    step_reload,
	    step_kill_daemon,
	    step_reexec,
	    step_kill_several,
	};
	pid_t logger;

	look(c);
	logger = c->logger;
	did(c, "SIGSTOP of the log process");
	look_kill(c, logger, SIGSTOP);
	others[below(c, sizeof(others) / sizeof(others[0]))](c);
	look(c);
	did(c, "SIGCONT");
	look_kill(c, logger, SIGCONT);
}

static void
step_reopen(struct chaos *c)
{
	if (below(c, 2) == 0) {
		did(c, "reopen");
		if (ask(c, "reopen") != 0)
			violation(c, "reopen failed");
		return;
	}
	did(c, "SIGUSR1");
	look(c);
	look_kill(c, c->daemon, SIGUSR1);
}

static void
step_second_start(struct chaos *c)
{
	int status = world_start(c);

	did(c, "a second start: %d", status);
	if (status != 1)
		violation(c, "a second start ends with %d", status);
}

static void
check_left(struct chaos *c, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", c->top, name);
	if (access(path, F_OK) == 0)
		violation(c, "%s is left", path);
}

/* A daemon that was killed before it handled the signal has a successor. */
static void
end_successor(struct chaos *c)
{
	if (!ask_status(c))
		return;
	look(c);
	did(c, "SIGTERM");
	look_kill(c, c->daemon, SIGTERM);
}

void
step_stop_all(struct chaos *c, bool again)
{
	bool killed = below(c, 3) == 0;
	struct program *p;

	*c->what = '\0';
	look(c);
	ends_forgive(c);
	did(c, "SIGTERM");
	look_kill(c, c->daemon, SIGTERM);
	if (killed) {
		jitter(c, 20000);
		step_end_daemon(c);
		end_successor(c);
	}
	settle_gone(c);
	ends_forget(c);
	/* Its very last moment has no successor. */
	if (!killed) {
		check_left(c, "hupd.pid");
		check_left(c, "run/hupd.sock");
		check_left(c, "run/records");
	}
	lines_check(c);
	if (!again)
		return;
	did(c, "start");
	if (world_start(c) != 0)
		violation(c, "the start fails");
	for (p = c->programs; p < c->programs + c->nprograms; p++) {
		p->wanted = p->defined && p->autostart;
		p->touched = true;
		p->broken = false;
	}
	settle(c);
}

static const struct {
	unsigned weight;
	void (*step)(struct chaos *);
} steps[] = {
    {20, step_request},
    {8, step_requests},
    {12, step_kill_programs},
    {2, step_signal},
    {12, step_reload},
    {5, step_hup},
    {5, step_bad_reload},
    {2, step_rollback},
    {6, step_kill_daemon},
    {4, step_kill_guard},
    {6, step_kill_logger},
    {6, step_kill_several},
    {4, step_kill_twice},
    {7, step_kill_during},
    {4, step_kill_both},
    {6, step_reexec},
    {2, step_bad_reexec},
    {3, step_kill_reexec},
    {5, step_stopped_logger},
    {4, step_stopped_program},
    {3, step_reopen},
    {1, step_second_start},
    {1, step_bad_start},
    {2, step_strangers},
};

void
step_random(struct chaos *c)
{
	unsigned i, sum = 0, n;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		sum += steps[i].weight;
	n = below(c, sum);
	for (i = 0; n >= steps[i].weight; i++)
		n -= steps[i].weight;
	steps[i].step(c);
}
