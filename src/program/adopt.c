/*
 * adopt - records of an earlier daemon to running programs.
 */
#include <sys/types.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "program/adopt.h"
#include "base/log.h"
#include "process/orphan.h"
#include "base/text.h"

/* A name as it should be: complete, allowed, and not there already. */
static bool
name_is_sound(const struct progs *ps, const struct record_slot *s)
{
	return memchr(s->name, '\0', sizeof(s->name)) != NULL &&
	    text_is_name(s->name) && progs_find(ps, s->name) == NULL;
}

/* The definition of one that was removed while it still ran. */
static struct conf *
nameless(const char *name)
{
	struct conf *c;

	c = conf_new();
	if (c == NULL)
		return NULL;
	c->name = strdup(name);
	if (c->name == NULL) {
		conf_unref(c);
		return NULL;
	}
	return c;
}

/* Nothing is known of what it named; never signal by what it says. */
static void
drop_slot(struct progs *ps, int slot)
{
	log_warnx("record %d is damaged, nothing is taken over by it", slot);
	records_give(ps->records, slot);
}

static int
adopt_slot(struct progs *ps, const struct confset *running, int slot,
    bool inherited)
{
	const struct record_slot *s = records_slot(ps->records, slot);
	struct conf *c;
	struct prog *p;

	if (s->name[0] == '\0')
		return 0;
	if (!name_is_sound(ps, s)) {
		drop_slot(ps, slot);
		return 0;
	}
	c = confset_find(running, s->name);
	c = c != NULL ? conf_ref(c) : nameless(s->name);
	p = c != NULL ? prog_new(ps, c) : NULL;
	conf_unref(c);
	if (p == NULL)
		return -1;
	if (prog_adopt(p, slot, inherited))
		return 0;
	/* Its cgroup is surely its own: there will be no second copy. */
	if (ps->cgroup != NULL)
		cgroup_kill(ps->cgroup, p->conf->name);
	progs_drop(p);
	drop_slot(ps, slot);
	return 0;
}

/* Those that no record names. */
static int
add_others(struct progs *ps, const struct confset *running)
{
	size_t i;

	for (i = 0; i < running->nprograms; i++)
		if (progs_find(ps, running->programs[i]->name) == NULL &&
		    prog_new(ps, running->programs[i]) == NULL)
			return -1;
	return 0;
}

/* What the daemon before did not come to. */
static void
catch_up(struct prog *p, const struct confset *running)
{
	if (p->slot != -1) {
		if (confset_find(running, p->conf->name) == NULL)
			prog_request(p, EVENT_REMOVE);
		else if (prog_is_due(p)) {
			prog_request(p, EVENT_RESTART);
			prog_record_due(p, false);
		}
		return;
	}
	if (prog_take_record(p) == -1)
		log_warn("%s: it cannot be recorded", p->conf->name);
	if (p->conf->autostart)
		prog_request(p, EVENT_START);
}

/* Each program counts its runs in the lower half of the mark. */
static bool
is_over(uint64_t run, void *arg)
{
	struct progs *ps = arg;
	struct prog *p;

	for (p = progs_first(ps); p != NULL; p = progs_next(p))
		if (p->run >> 32 == run >> 32)
			return p->run != run || p->child.pid == 0;
	return false;
}

/*
 * The daemon before us may have recorded the end of a program and not have
 * come to what that had left, which is no child of ours.
 */
static void
kill_left(struct progs *ps)
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
adopt_all(struct progs *ps, const struct confset *running, bool inherited)
{
	struct prog *p, *next;
	int slot, n = records_count(ps->records);

	for (slot = 0; slot < n; slot++)
		if (adopt_slot(ps, running, slot, inherited) == -1)
			return -1;
	if (add_others(ps, running) == -1 || progs_link(ps) == -1)
		return -1;
	for (p = progs_first(ps); p != NULL; p = next) {
		next = progs_next(p);
		if (p->slot != -1)
			prog_resume(p);
	}
	kill_left(ps);
	for (p = progs_first(ps); p != NULL; p = next) {
		next = progs_next(p);
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
adopt_bequeath(struct records *r, bool on)
{
	const struct record_header *h = records_header(r);
	const struct record_slot *s;
	int i, n = records_count(r);

	bequeath_one(records_fd(r), on);
	bequeath_one(h->control_fd, on);
	bequeath_one(h->notify_fd, on);
	bequeath_one(h->pidfile_fd, on);
	for (i = 0; i < n; i++) {
		s = records_slot(r, i);
		if (s->name[0] == '\0')
			continue;
		if (s->pid != 0)
			bequeath_one(s->pidfd, on);
		bequeath_one(s->ready_fd, on);
	}
}
