/*
 * settle - wait until the state is that of the model, and check that untouched
 * processes are the same.
 */
#include <sys/types.h>

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaos.h"

/* The state is that of the model within this time, ms. */
#define SETTLE_MS 20000
/* After this time without a daemon there will be none, ms. */
#define ABSENCE_MS 1000

static void
start_by_hand(struct chaos *c)
{
	bool unheard;
	int status;

	look(c);
	if (c->daemon != 0 || c->guard != 0 || !ends_came(c))
		return;
	if (!c->may_vanish)
		violation(c, "neither daemon nor guard is left");
	/* A new log process may not have its streams yet. */
	unheard = c->logger == 0 || c->logger != c->former.logger;
	status = world_start(c);
	did(c, "start by hand: %d", status);
	if (status != 0)
		violation(c, "a start by hand ends with %d", status);
	c->hand_starts++;
	lines_refresh(c, unheard);
}

void
settle_up(struct chaos *c)
{
	const int64_t until = now_ms() + SETTLE_MS;
	int64_t absent = 0;

	while (now_ms() < until) {
		look(c);
		if (c->daemon == 0 && c->guard == 0) {
			if (absent == 0)
				absent = now_ms();
			if (c->may_vanish || now_ms() - absent > ABSENCE_MS)
				start_by_hand(c);
		} else {
			absent = 0;
			if (ask_status(c))
				return;
		}
		moment(c);
	}
	violation(c, "no daemon answers");
}

/* Whoever was left alone has the pid that it had. */
static void
check_untouched(struct chaos *c)
{
	struct program *p;

	for (p = c->programs; p < c->programs + c->nprograms; p++) {
		if (!p->touched && p->kind != KIND_CRASH && p->pid != p->main)
			violation(c, "%s: pid %d, was %d", p->name,
			    (int)p->main, (int)p->pid);
		if (!p->touched && p->kind != KIND_CRASH && p->defined &&
		    p->restarts != p->said_restarts)
			violation(c, "%s: %lld restarts, had %lld", p->name,
			    (long long)p->said_restarts,
			    (long long)p->restarts);
		p->touched = false;
		p->dying = 0;
		p->pid = p->main;
		p->restarts = p->said_restarts;
	}
	c->may_vanish = false;
	lines_drain(c);
}

/*
 * Is it a finding?  One that is killed while it looks for leaks leaves but a
 * complaint of that.
 */
static bool
is_finding(FILE *f)
{
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (!found && getline(&line, &cap, f) != -1)
		found = strstr(line, "ERROR: ") != NULL ||
		    strstr(line, "runtime error: ") != NULL;
	free(line);
	return found;
}

static void
check_report(struct chaos *c, const char *path)
{
	int ch, last = '\n';
	FILE *f;

	f = fopen(path, "re");
	if (f == NULL)
		err(1, "%s", path);
	if (is_finding(f)) {
		rewind(f);
		for (; (ch = getc(f)) != EOF; last = ch)
			printf(last == '\n' ? "# %c" : "%c", ch);
		violation(c, "a sanitizer has found something: %s", path);
	}
	fclose(f);
}

static void
check_sanitizer(struct chaos *c)
{
	char folder[80], path[400];
	struct dirent *d;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/sanitizer", c->top);
	dir = opendir(folder);
	if (dir == NULL)
		err(1, "%s", folder);
	while ((d = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		if (d->d_name[0] != '.')
			check_report(c, path);
	}
	closedir(dir);
}

/* Whether it was heard nobody knows: make it so that all was. */
static void
converge(struct chaos *c)
{
	struct program *p;
	int status;

	world_write_all(c);
	status = ask_reload(c);
	if (status != 0 && status != 1)
		violation(c, "a reload of good files: %d", status);
	c->unsure = false;
	settle_up(c);
	for (p = c->programs; p < c->programs + c->nprograms; p++) {
		if (p->unsure && p->defined)
			p->wanted = strcmp(p->want, "rest") != 0;
		if (p->unsure)
			p->dying = 0;
		p->unsure = false;
	}
}

static bool
is_unsure(const struct chaos *c)
{
	unsigned i;

	for (i = 0; i < c->nprograms; i++)
		if (c->programs[i].unsure)
			return true;
	return c->unsure;
}

void
settle(struct chaos *c)
{
	const int64_t until = now_ms() + SETTLE_MS;
	const struct program *who = NULL;
	const char *what;

	settle_up(c);
	if (is_unsure(c))
		converge(c);
	while ((what = trouble(c, &who)) != NULL) {
		if (now_ms() > until && who == NULL)
			violation(c, "%s", what);
		/* Blame a program that always crashes last. */
		if (now_ms() > until &&
		    (who->kind != KIND_CRASH || now_ms() > until + 2000))
			violation(c, "%s %s (%s, %s)", who->name, what,
			    who->state, who->want);
		if (c->daemon == 0 && c->guard == 0)
			settle_up(c);
		moment(c);
	}
	check_untouched(c);
	ends_check(c);
	check_sanitizer(c);
}

void
settle_gone(struct chaos *c)
{
	const int64_t until = now_ms() + SETTLE_MS;
	unsigned i;

	for (look(c); c->nseen > 0; look(c)) {
		if (now_ms() > until) {
			for (i = 0; i < c->nseen; i++)
				did(c, "left: %d %c %s", (int)c->seen[i].pid,
				    c->seen[i].what,
				    c->seen[i].program != NULL
					? c->seen[i].program->name
					: "");
			violation(c, "%u processes are left", c->nseen);
		}
		moment(c);
	}
}
