/*
 * adopt - records of an earlier daemon to running programs.
 */
#include <sys/types.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "program/takeover.h"
#include "base/log.h"
#include "process/orphan.h"
#include "base/text.h"

/* A name as it should be: complete, allowed, and not there already. */
static bool
name_is_sound(const struct programs *ps, const struct record_slot *s)
{
	return memchr(s->name, '\0', sizeof(s->name)) != NULL &&
	    text_is_name(s->name) && programs_find(ps, s->name) == NULL;
}

/* The definition of one that was removed while it still ran. */
static struct definition *
nameless(const char *name)
{
	struct definition *c;

	c = definition_new();
	if (c == NULL)
		return NULL;
	c->name = strdup(name);
	if (c->name == NULL) {
		definition_unref(c);
		return NULL;
	}
	return c;
}

/* Nothing is known of what it named; never signal by what it says. */
static void
drop_slot(struct programs *ps, int slot)
{
	log_warnx("record %d is damaged, nothing is taken over by it", slot);
	record_give(ps->records, slot);
}

static int
adopt_slot(struct programs *ps, const struct config *running, int slot,
    bool inherited)
{
	const struct record_slot *s = record_slot(ps->records, slot);
	struct definition *c;
	struct program *p;

	if (s->name[0] == '\0')
		return 0;
	if (!name_is_sound(ps, s)) {
		drop_slot(ps, slot);
		return 0;
	}
	c = config_find(running, s->name);
	c = c != NULL ? definition_ref(c) : nameless(s->name);
	p = c != NULL ? program_new(ps, c) : NULL;
	definition_unref(c);
	if (p == NULL)
		return -1;
	if (takeover_one(p, slot, inherited))
		return 0;
	/* Its cgroup is surely its own: there will be no second copy. */
	if (ps->cgroup != NULL)
		cgroup_kill(ps->cgroup, p->conf->name);
	programs_drop(p);
	drop_slot(ps, slot);
	return 0;
}

/* Those that no record names. */
static int
add_others(struct programs *ps, const struct config *running)
{
	size_t i;

	for (i = 0; i < running->nprograms; i++)
		if (programs_find(ps, running->programs[i]->name) == NULL &&
		    program_new(ps, running->programs[i]) == NULL)
			return -1;
	return 0;
}

/* What the daemon before did not come to. */
static void
catch_up(struct program *p, const struct config *running)
{
	if (p->slot != -1) {
		if (config_find(running, p->conf->name) == NULL)
			program_request(p, EVENT_REMOVE);
		else if (record_is_due(p)) {
			program_request(p, EVENT_RESTART);
			record_set_due(p, false);
		}
		return;
	}
	if (record_assign(p) == -1)
		log_warn("%s: it cannot be recorded", p->conf->name);
	if (p->conf->autostart)
		program_request(p, EVENT_START);
}

/* Each program counts its runs in the lower half of the mark. */
static bool
is_over(uint64_t run, void *arg)
{
	struct programs *ps = arg;
	struct program *p;

	for (p = programs_first(ps); p != NULL; p = programs_next(p))
		if (p->run >> 32 == run >> 32)
			return p->run != run || p->child.pid == 0;
	return false;
}

/*
 * The daemon before us may have recorded the end of a program and not have
 * come to what that had left, which is no child of ours.
 */
static void
kill_left(struct programs *ps)
{
	int n;

	if (ps->cgroup != NULL)
		return;
	n = orphan_kill_runs(is_over, ps);
	if (n > 0)
		log_info("left by programs that have ended: %d process%s, "
			 "killed",
		    n, n == 1 ? "" : "es");
}

int
takeover_all(struct programs *ps, const struct config *running, bool inherited)
{
	struct program *p, *next;
	int slot, n = record_count(ps->records);

	for (slot = 0; slot < n; slot++)
		if (adopt_slot(ps, running, slot, inherited) == -1)
			return -1;
	if (add_others(ps, running) == -1 || programs_link(ps) == -1)
		return -1;
	for (p = programs_first(ps); p != NULL; p = next) {
		next = programs_next(p);
		if (p->slot != -1)
			takeover_resume(p);
	}
	kill_left(ps);
	for (p = programs_first(ps); p != NULL; p = next) {
		next = programs_next(p);
		catch_up(p, running);
	}
	return 0;
}

static void
bequeath_one(int fd, bool on)
{
	if (fd != -1)
		fcntl(fd, F_SETFD, on ? 0 : FD_CLOEXEC);
}

void
record_pass_on(struct record *r, bool on)
{
	const struct record_header *h = record_header(r);
	const struct record_slot *s;
	int i, n = record_count(r);

	bequeath_one(record_fd(r), on);
	bequeath_one(h->control_fd, on);
	bequeath_one(h->notify_fd, on);
	bequeath_one(h->pidfile_fd, on);
	for (i = 0; i < n; i++) {
		s = record_slot(r, i);
		if (s->name[0] == '\0')
			continue;
		if (s->pid != 0)
			bequeath_one(s->pidfd, on);
		bequeath_one(s->ready_fd, on);
	}
}
