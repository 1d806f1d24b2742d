/*
 * steps - what may befall hupd, and what the model makes of it.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos.h"

/* Requests at the same time. */
#define AT_ONCE 5
/* A daemon is there again in this time after a single kill, ms. */
#define ABSENCE_MS 5000

enum verb { START, STOP, RESTART };

static const char *const verb_names[] = {
    [START] = "start",
    [STOP] = "stop",
    [RESTART] = "restart",
};

static struct program *
pick_any(struct chaos *c)
{
	return &c->programs[below(c, c->nprograms)];
}

static struct program *
pick(struct chaos *c)
{
	struct program *p;

	do {
		p = pick_any(c);
	} while (!p->defined);
	return p;
}

/* The model of one that is wanted from now on. */
static void
want(struct chaos *c, struct program *p, bool again)
{
	if (p->wanted && !again)
		return;
	if (p->needs != NULL)
		want(c, world_program(c, p->needs), false);
	if (!p->touched)
		p->broken = false;
	p->wanted = p->touched = true;
}

static void
unwant(struct chaos *c, struct program *p)
{
	struct program *by;

	p->wanted = false;
	p->touched = true;
	for (by = c->programs; by < c->programs + c->nprograms; by++)
		if (by->needs != NULL && strcmp(by->needs, p->name) == 0 &&
		    by->wanted)
			unwant(c, by);
}

static void
model_request(struct chaos *c, struct program *p, enum verb verb)
{
	switch (verb) {
	case START:
		want(c, p, p->kind == KIND_ONCE);
		break;
	case STOP:
		unwant(c, p);
		break;
	case RESTART:
		want(c, p, true);
		break;
	}
}

/* It may have been heard: whatever it would have changed is unsure. */
static void
make_unsure(struct chaos *c, struct program *p)
{
	struct program *q;

	for (q = c->programs; q < c->programs + c->nprograms; q++)
		if (q == p || q->needs != NULL || strcmp(q->name, "base") == 0)
			q->unsure = q->touched = q->broken = true;
}

/* Is it one whose outcome depends on the moment? */
static bool
is_shaky(const struct program *p)
{
	return p->kind == KIND_CRASH || p->touched || p->unsure;
}

static int
begin_request(struct chaos *c, const struct program *p, enum verb verb)
{
	char line[128];

	snprintf(line, sizeof(line), "%s %s", verb_names[verb], p->name);
	did(c, "%s", line);
	return ask_begin(c, line);
}

static void
check_request(struct chaos *c, struct program *p, enum verb verb, int status,
    bool shaky)
{
	if (status == ASK_LOST || status == ASK_NONE) {
		make_unsure(c, p);
		return;
	}
	if (status != 0 && !(shaky && status == 1))
		violation(c, "%s %s: %d", verb_names[verb], p->name, status);
}

static void
step_request(struct chaos *c)
{
	struct program *p = pick(c);
	enum verb verb = below(c, 3);
	bool shaky = is_shaky(p);
	int fd;

	fd = begin_request(c, p, verb);
	model_request(c, p, verb);
	check_request(c, p, verb, ask_end(c, fd, NULL), shaky);
}

/* Those of one chain would depend on each other's order. */
static bool
is_taken(struct program *const *taken, unsigned n, const struct program *p)
{
	bool chained = p->needs != NULL || strcmp(p->name, "base") == 0;
	unsigned i;

	for (i = 0; i < n; i++)
		if (taken[i] == p ||
		    (chained &&
			(taken[i]->needs != NULL ||
			    strcmp(taken[i]->name, "base") == 0)))
			return true;
	return false;
}

static void
step_requests(struct chaos *c)
{
	struct program *v[AT_ONCE], *p;
	unsigned i, n = 0, wanted = 2 + below(c, AT_ONCE - 1);
	enum verb verbs[AT_ONCE];
	bool shaky[AT_ONCE];
	int fds[AT_ONCE];

	while (n < wanted) {
		p = pick(c);
		if (is_taken(v, n, p))
			continue;
		v[n] = p;
		verbs[n] = below(c, 3);
		shaky[n] = is_shaky(p);
		fds[n] = begin_request(c, p, verbs[n]);
		model_request(c, p, verbs[n]);
		n++;
	}
	for (i = 0; i < n; i++) {
		if (fds[i] >= 0 && below(c, 4) == 0) {
			/* What was asked for goes on. */
			close(fds[i]);
			if (verbs[i] == RESTART)
				v[i]->dying = v[i]->pid;
			continue;
		}
		check_request(c, v[i], verbs[i], ask_end(c, fds[i], NULL),
		    shaky[i]);
	}
}

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

static void
step_kill_programs(struct chaos *c)
{
	unsigned n = 1 + below(c, 4);

	look(c);
	while (n-- > 0)
		kill_program(c, pick(c));
}

static void
step_signal(struct chaos *c)
{
	struct program *p = pick(c);
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

/* Good changes to some files; true if they include one that may fail. */
static bool
change_files(struct chaos *c)
{
	unsigned n = 1 + below(c, 4);
	struct program *p, *last = NULL;
	bool shaky = false;

	/* Each once: going through them in their order. */
	for (; n > 0; n--, last = p) {
		p = pick_any(c);
		if (last != NULL && p <= last)
			break;
		shaky = shaky || p->kind == KIND_CRASH;
		if (!p->defined) {
			did(c, "add %s", p->name);
			p->defined = p->touched = true;
			p->wanted = p->autostart;
			p->broken = false;
		} else if (p->optional && below(c, 2) == 0) {
			did(c, "remove %s", p->name);
			p->defined = p->wanted = false;
			p->touched = true;
		} else if (below(c, 2) == 0) {
			did(c, "change %s", p->name);
			p->version++;
			if (p->wanted)
				want(c, p, true);
		} else {
			did(c, "adjust %s", p->name);
			p->live++;
		}
		world_write(c, p);
	}
	return shaky;
}

static void
step_reload(struct chaos *c)
{
	bool shaky = change_files(c);
	int status;

	did(c, "reload");
	c->reloads++;
	status = ask_reload(c);
	if (status == ASK_LOST || status == ASK_NONE) {
		c->unsure = true;
		return;
	}
	if (status != 0 && !(shaky && status == 1))
		violation(c, "reload: %d", status);
}

/* No verdict is waited for: that all is as it should be tells. */
static void
step_hup(struct chaos *c)
{
	unsigned n = 1 + below(c, 6);

	if (below(c, 2) == 0)
		change_files(c);
	did(c, "%u SIGHUP", n);
	look(c);
	c->reloads += n;
	while (n-- > 0) {
		look_kill(c, c->daemon, SIGHUP);
		jitter(c, 2000);
	}
	/* One that came too early was no file's fault. */
}

/* Make a file bad, or several; none of it is in the model. */
static void
spoil_files(struct chaos *c)
{
	struct program *p = pick(c);
	char path[128];

	snprintf(path, sizeof(path), "%s/hupd.d/base.conf", c->top);
	switch (below(c, 4)) {
	case 0:
		did(c, "a bad key in %s", p->name);
		world_write_as(c, p, "plain", "no-such-key = 1");
		break;
	case 1:
		did(c, "a cycle");
		world_write_as(c, world_program(c, "base"), "plain",
		    "depends-on = leaf");
		break;
	case 2:
		did(c, "remove base");
		if (unlink(path) == -1)
			err(1, "%s", path);
		break;
	default:
		did(c, "others may write base");
		if (chmod(path, 0666) == -1)
			err(1, "%s", path);
		break;
	}
	/* Good ones beside it are not taken either. */
	if (p->kind != KIND_FD)
		world_write_as(c, world_program(c, "fd0"), "fail", "");
}

static void
step_bad_reload(struct chaos *c)
{
	int status;

	spoil_files(c);
	did(c, "reload");
	c->reloads++;
	status = ask_reload(c);
	if (status != 6 && status != ASK_LOST && status != ASK_NONE)
		violation(c, "a reload of bad files: %d", status);
	world_write_all(c);
	/* What was lost may be heard by one that reads the good files. */
	if (status != 6)
		c->unsure = true;
}

/* A change that does not become ready is taken back. */
static void
step_rollback(struct chaos *c)
{
	struct program *p = world_program(c, "fd0");
	int status, expected = p->wanted ? 1 : 0;

	did(c, "fd0 fails; reload");
	world_write_as(c, p, "fail", "");
	c->reloads++;
	status = ask_reload(c);
	if (status != expected)
		violation(c, "a reload that fails: %d", status);
	world_write_all(c);
	p->touched = true;
	did(c, "reload");
	status = ask_reload(c);
	if (status != 0)
		violation(c, "a reload after it: %d", status);
}

/* Is the guard of a mind to follow a daemon that dies now? */
static bool
guard_follows(struct chaos *c)
{
	if (!look_guard_gives_up(c))
		return true;
	if (below(c, 8) != 0) {
		look_forgive(c);
		return true;
	}
	did(c, "the guard gives up");
	c->may_vanish = true;
	return false;
}

static void
kill_daemon(struct chaos *c)
{
	did(c, "kill -9 the daemon");
	c->daemon_kills++;
	look_kill(c, c->daemon, SIGKILL);
}

static void
step_kill_daemon(struct chaos *c)
{
	int64_t began, absence;
	bool follows;

	look(c);
	follows = guard_follows(c);
	began = now_ms();
	kill_daemon(c);
	if (!follows)
		return;
	/* The socket outlives it: who asks is answered by the next. */
	while (ask(c, "ping") != 0)
		if (now_ms() - began > ABSENCE_MS)
			violation(c, "no daemon follows");
	absence = now_ms() - began;
	if (absence > c->longest_absence)
		c->longest_absence = absence;
}

static void
step_kill_guard(struct chaos *c)
{
	look(c);
	did(c, "kill -9 the guard");
	look_kill(c, c->guard, SIGKILL);
}

static void
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
static void
step_kill_several(struct chaos *c)
{
	unsigned first = below(c, 3), n = 2 + below(c, 2), i;

	look(c);
	c->may_vanish = true;
	for (i = 0; i < n; i++) {
		switch ((first + i) % 3) {
		case 0:
			kill_daemon(c);
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
static void
step_kill_twice(struct chaos *c)
{
	unsigned n = 1 + below(c, 3);

	look(c);
	c->may_vanish = true;
	kill_daemon(c);
	while (n-- > 0) {
		jitter(c, 15000);
		look(c);
		kill_daemon(c);
	}
}

/* A request, or a reload, whose hearing the daemon may not live to see. */
static void
step_kill_during(struct chaos *c)
{
	struct program *p;
	int fd = ASK_NONE;

	look(c);
	guard_follows(c);
	if (below(c, 2) == 0) {
		change_files(c);
		c->unsure = true;
		did(c, "SIGHUP");
		look_kill(c, c->daemon, SIGHUP);
	} else {
		p = pick(c);
		fd = begin_request(c, p, below(c, 3));
		make_unsure(c, p);
	}
	if (below(c, 4) != 0)
		jitter(c, 10000);
	kill_daemon(c);
	if (fd >= 0)
		ask_end(c, fd, NULL);
}

static void
step_kill_both(struct chaos *c)
{
	look(c);
	guard_follows(c);
	if (below(c, 2) == 0) {
		kill_program(c, pick(c));
		jitter(c, 3000);
		kill_daemon(c);
	} else {
		kill_daemon(c);
		jitter(c, 3000);
		kill_program(c, pick(c));
	}
}

/* Wait for a daemon that has been executed anew. */
static void
await_exec(struct chaos *c, int64_t execs)
{
	const int64_t until = now_ms() + 10000;

	while (!ask_status(c) || c->execs == execs) {
		if (now_ms() > until)
			violation(c, "it was not re-executed");
		moment(c);
	}
}

static void
step_reexec(struct chaos *c)
{
	int64_t execs = c->execs;
	int status;

	if (below(c, 2) == 0)
		world_install(c, NULL);
	if (below(c, 2) == 0) {
		did(c, "SIGUSR2");
		look(c);
		look_kill(c, c->daemon, SIGUSR2);
	} else {
		did(c, "reexec");
		status = ask(c, "reexec");
		if (status != ASK_LOST)
			violation(c, "reexec: %d", status);
	}
	/* The same process: what is asked meanwhile is only late. */
	if (below(c, 2) == 0)
		step_kill_programs(c);
	await_exec(c, execs);
}

static void
step_bad_reexec(struct chaos *c)
{
	static const char *const bad[] = {"/bin/false", "/bin/true",
	    "/etc/passwd"};
	const char *from = bad[below(c, 3)];
	int status;

	/* One that always succeeds would be believed. */
	if (strcmp(from, "/bin/true") == 0)
		from = "/etc/group";
	did(c, "reexec %s", from);
	world_install(c, from);
	status = ask(c, "reexec");
	if (status != 1)
		violation(c, "reexec of %s: %d", from, status);
	world_install(c, NULL);
}

/* A re-execution that the daemon may not live to see. */
static void
step_kill_reexec(struct chaos *c)
{
	look(c);
	guard_follows(c);
	did(c, "SIGUSR2");
	look_kill(c, c->daemon, SIGUSR2);
	jitter(c, 40000);
	kill_daemon(c);
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
step_stopped_program(struct chaos *c)
{
	struct program *p = pick(c);
	enum verb verb = below(c, 3);
	pid_t pid;
	int fd;

	look(c);
	pid = p->main;
	did(c, "SIGSTOP of %s", p->name);
	look_kill(c, pid, SIGSTOP);
	if (p->kind == KIND_ONCE || p->kind == KIND_CRASH)
		verb = STOP;
	fd = begin_request(c, p, verb);
	model_request(c, p, verb);
	check_request(c, p, verb, ask_end(c, fd, NULL), is_shaky(p));
	look(c);
	look_kill(c, pid, SIGCONT);
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

/* Both gone, and files that nobody would accept. */
static void
step_bad_start(struct chaos *c)
{
	spoil_files(c);
	look(c);
	c->may_vanish = true;
	did(c, "kill -9 the guard");
	look_kill(c, c->guard, SIGKILL);
	kill_daemon(c);
	look_up(c);
	world_write_all(c);
	c->unsure = true;
}

static void
step_strangers(struct chaos *c)
{
	char noise[4096];
	unsigned i, n = 1 + below(c, 20);
	int fds[20], status;

	did(c, "%u clients that talk nonsense", n);
	for (i = 0; i < n; i++) {
		arc4random_buf(noise, sizeof(noise) - 1);
		noise[below(c, sizeof(noise))] = '\0';
		noise[sizeof(noise) - 1] = '\0';
		fds[i] = ask_begin(c, noise);
	}
	status = ask(c, "start no-such-program");
	if (status != 1)
		violation(c, "start of nothing: %d", status);
	status = ask(c, "no-such-request");
	if (status != 2)
		violation(c, "a request that is none: %d", status);
	for (i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void
check_left(struct chaos *c, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", c->top, name);
	if (access(path, F_OK) == 0)
		violation(c, "%s is left", path);
}

/* One that was killed before it had heard the signal has a successor. */
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
	look_forgive(c);
	did(c, "SIGTERM");
	look_kill(c, c->daemon, SIGTERM);
	if (killed) {
		jitter(c, 20000);
		kill_daemon(c);
		end_successor(c);
	}
	look_gone(c);
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
	look_settle(c);
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
