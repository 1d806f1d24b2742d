/*
 * step_request - what is asked for by the control socket, and what the model
 * makes of it.
 */
#include <sys/types.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "steps.h"

/* Requests at the same time. */
#define AT_ONCE 5

static const char *const verb_names[] = {
    [START] = "start",
    [STOP] = "stop",
    [RESTART] = "restart",
};

/* Its dependents stay wanted, and are down until it is started again. */
static void
touch_dependents(struct chaos *c, const struct program *p)
{
	struct program *by;

	for (by = c->programs; by < c->programs + c->nprograms; by++)
		if (by->needs != NULL && strcmp(by->needs, p->name) == 0) {
			by->touched = true;
			touch_dependents(c, by);
		}
}

void
step_want(struct chaos *c, struct program *p, bool again)
{
	if (p->wanted && !again && !world_is_blocked(c, p))
		return;
	if (p->needs != NULL)
		step_want(c, world_program(c, p->needs), false);
	if (!p->touched)
		p->broken = false;
	p->wanted = p->touched = true;
	touch_dependents(c, p);
}

static void
unwant(struct chaos *c, struct program *p)
{
	p->wanted = false;
	p->touched = true;
	touch_dependents(c, p);
}

static void
model_request(struct chaos *c, struct program *p, enum verb verb)
{
	switch (verb) {
	case START:
		step_want(c, p, p->kind == KIND_ONCE);
		break;
	case STOP:
		unwant(c, p);
		break;
	case RESTART:
		step_want(c, p, true);
		break;
	}
}

void
step_make_unsure(struct chaos *c, struct program *p)
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

int
step_begin(struct chaos *c, const struct program *p, enum verb verb)
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
		step_make_unsure(c, p);
		return;
	}
	if (status != 0 && !(shaky && status == 1))
		violation(c, "%s %s: %d", verb_names[verb], p->name, status);
}

void
step_request(struct chaos *c)
{
	struct program *p = step_pick(c);
	enum verb verb = below(c, 3);
	bool shaky = is_shaky(p);
	int fd;

	fd = step_begin(c, p, verb);
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

void
step_requests(struct chaos *c)
{
	struct program *v[AT_ONCE], *p;
	unsigned i, n = 0, wanted = 2 + below(c, AT_ONCE - 1);
	enum verb verbs[AT_ONCE];
	bool shaky[AT_ONCE];
	int fds[AT_ONCE];

	while (n < wanted) {
		p = step_pick(c);
		if (is_taken(v, n, p))
			continue;
		v[n] = p;
		verbs[n] = below(c, 3);
		shaky[n] = is_shaky(p);
		fds[n] = step_begin(c, p, verbs[n]);
		model_request(c, p, verbs[n]);
		n++;
	}
	for (i = 0; i < n; i++) {
		if (fds[i] >= 0 && below(c, 4) == 0) {
			/* The request is still carried out. */
			close(fds[i]);
			if (verbs[i] == RESTART)
				v[i]->dying = v[i]->pid;
			continue;
		}
		check_request(c, v[i], verbs[i], ask_end(c, fds[i], NULL),
		    shaky[i]);
	}
}

void
step_stopped_program(struct chaos *c)
{
	struct program *p = step_pick(c);
	enum verb verb = below(c, 3);
	pid_t pid;
	int fd;

	look(c);
	pid = p->main;
	did(c, "SIGSTOP of %s", p->name);
	look_kill(c, pid, SIGSTOP);
	if (p->kind == KIND_ONCE || p->kind == KIND_CRASH)
		verb = STOP;
	fd = step_begin(c, p, verb);
	model_request(c, p, verb);
	check_request(c, p, verb, ask_end(c, fd, NULL), is_shaky(p));
	look(c);
	look_kill(c, pid, SIGCONT);
}

void
step_strangers(struct chaos *c)
{
	char noise[4096];
	unsigned i, k, n = 1 + below(c, 20);
	int fds[20], status;

	did(c, "%u clients that talk nonsense", n);
	for (i = 0; i < n; i++) {
		for (k = 0; k < sizeof(noise) - 1; k++)
			noise[k] = (char)below(c, 256);
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
