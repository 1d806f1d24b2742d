/*
 * adopt - records of an earlier daemon to running programs.
 */
#include <sys/types.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "adopt.h"
#include "log.h"
#include "text.h"

/* A name as it should be: complete, allowed, and not there already. */
static bool
name_is_sound(const struct hupd *h, const struct record_slot *s)
{
	return memchr(s->name, '\0', sizeof(s->name)) != NULL &&
	    text_is_name(s->name) && progs_find(&h->progs, s->name) == NULL;
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

static int
adopt_slot(struct hupd *h, const struct confset *running, int slot,
    bool inherited)
{
	const struct record_slot *s = records_slot(h->records, slot);
	struct conf *c, *made = NULL;
	struct prog *p;

	if (s->name[0] == '\0')
		return 0;
	if (!name_is_sound(h, s)) {
		log_warnx("record %d is damaged, nothing is taken over by it",
		    slot);
		return 0;
	}
	c = confset_find(running, s->name);
	if (c == NULL && (c = made = nameless(s->name)) == NULL)
		return -1;
	p = prog_new(&h->progs, c);
	conf_unref(made);
	if (p == NULL)
		return -1;
	if (!prog_adopt(p, slot, inherited)) {
		if (made != NULL)
			progs_drop(p);
		return 0;
	}
	if (made != NULL)
		prog_request(p, EVENT_REMOVE);
	return 0;
}

int
adopt_all(struct hupd *h, const struct confset *running, bool inherited)
{
	struct prog *p;
	size_t i;
	int slot, n = records_count(h->records);

	for (slot = 0; slot < n; slot++)
		if (adopt_slot(h, running, slot, inherited) == -1)
			return -1;
	for (i = 0; i < running->nprograms; i++) {
		if (progs_find(&h->progs, running->programs[i]->name) != NULL)
			continue;
		p = prog_new(&h->progs, running->programs[i]);
		if (p == NULL)
			return -1;
		prog_take_record(p);
		if (p->conf->autostart)
			prog_request(p, EVENT_START);
	}
	return progs_link(&h->progs);
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
