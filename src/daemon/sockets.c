/*
 * sockets - the sockets that the daemon holds for programs.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strings.h"
#include "config/address.h"
#include "config/definition.h"
#include "config/folder.h"
#include "daemon/sockets.h"
#include "process/heldsocket.h"
#include "process/inherit.h"
#include "program/outcome.h"
#include "program/program.h"

/* The pause between two attempts to open a socket; ms. */
#define AGAIN 10000

/* One socket of the set; also while it is opened, or could not be. */
struct held {
	RB_ENTRY(held) by_key;
	TAILQ_ENTRY(held) leaving;
	struct heldsocket socket;
	struct sockets *set;
	char *text;	       /* its address */
	struct program *owner; /* has it, or waits for it; NULL: nobody */
	int listed;	       /* its index in the list; -1: none */
	bool has_failed;       /* to open; it is not tried now */
	bool is_pinned;	       /* until the verdict of the reload */
	bool is_leaving;       /* its path is being removed */
};

RB_HEAD(sockets_held, held);

/* An entry of the daemon before this one, whose descriptors are gone. */
struct lost {
	struct lost *next;
	int index;
	struct inherit_entry entry;
};

struct sockets {
	struct listening base; /* first: the one is the other */
	struct daemon *daemon;
	struct heldsocket_means means;
	struct sockets_held keys;
	TAILQ_HEAD(, held) leaving;
	struct lost *lost;
	struct deadline again;
	void (*ready)(void *); /* a reload waits until all are open */
	void *arg;
};

static int
compare_keys(const struct held *a, const struct held *b)
{
	return strcmp(address_key(a->text), address_key(b->text));
}

RB_PROTOTYPE(sockets_held, held, by_key, compare_keys)
RB_GENERATE(sockets_held, held, by_key, compare_keys)

static struct held *
find(struct sockets *s, char *text)
{
	struct held key = {.text = text};

	return RB_FIND(sockets_held, &s->keys, &key);
}

static struct heldsocket_owner
owner_of(const struct definition *conf)
{
	return (struct heldsocket_owner){
	    .uid = conf->socket_uid,
	    .gid = conf->socket_gid,
	    .mode = (mode_t)conf->socket_mode,
	};
}

static void
destroy(struct held *h)
{
	free(h->text);
	free(h);
}

/*
 * The list for the next daemon.
 */

static struct inherit_entry
entry_of(const struct held *h)
{
	struct inherit_entry e = {
	    .kind = INHERIT_SOCKET,
	    .fd = h->socket.fd,
	    .inode = heldsocket_inode(&h->socket),
	    .path_dev = h->socket.dev,
	    .path_ino = h->socket.ino,
	};

	if (h->owner != NULL)
		strlcpy(e.owner, h->owner->conf->name, sizeof(e.owner));
	strlcpy(e.name, h->text, sizeof(e.name));
	return e;
}

static void
list(struct held *h)
{
	const struct inherit_entry e = entry_of(h);

	h->listed = inherit_add(h->set->daemon->inherit, &e);
	if (h->listed == -1)
		log_warn("%s: this socket cannot be recorded; a later daemon "
			 "will not have it",
		    h->text);
}

static void
unlist(struct held *h)
{
	inherit_remove(h->set->daemon->inherit, h->listed);
	h->listed = -1;
}

/* Is a reload waiting for a socket that is being opened? */
static bool
is_preparing(struct sockets *s)
{
	struct held *h;

	RB_FOREACH (h, sockets_held, &s->keys)
		if (h->is_pinned && heldsocket_is_busy(&h->socket))
			return true;
	return false;
}

/* An attempt to open or change it, or to remove its path, is over. */
static void
done(struct heldsocket *socket)
{
	struct held *h =
	    (struct held *)((char *)socket - offsetof(struct held, socket));
	struct sockets *s = h->set;
	void (*ready)(void *) = s->ready;

	if (h->is_leaving) {
		TAILQ_REMOVE(&s->leaving, h, leaving);
		destroy(h);
		s->daemon->programs.drain_later(&s->daemon->programs);
		return;
	}
	h->has_failed = socket->fd == -1;
	if (socket->fd != -1 && h->listed == -1)
		list(h);
	if (h->owner != NULL)
		program_queue(h->owner);
	if (ready == NULL || is_preparing(s))
		return;
	s->ready = NULL;
	ready(s->arg);
}

/* NULL: no memory. */
static struct held *
add(struct sockets *s, const char *text, const struct definition *conf)
{
	const struct heldsocket_owner owner = owner_of(conf);
	struct held *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	if ((h->text = strdup(text)) == NULL) {
		free(h);
		return NULL;
	}
	heldsocket_init(&h->socket, text, &owner, &s->means, done);
	h->set = s;
	h->listed = -1;
	RB_INSERT(sockets_held, &s->keys, h);
	return h;
}

static void
drop(struct held *h)
{
	struct sockets *s = h->set;

	RB_REMOVE(sockets_held, &s->keys, h);
	unlist(h);
	h->owner = NULL;
	h->is_leaving = heldsocket_close(&h->socket);
	if (h->is_leaving)
		TAILQ_INSERT_TAIL(&s->leaving, h, leaving);
	else
		destroy(h);
}

static void
try_again_later(struct sockets *s)
{
	struct loop *loop = s->daemon->loop;

	if (!clock_is_set(s->again.at))
		loop_at(loop, &s->again, clock_add_ms(loop_now(loop), AGAIN));
}

/* Forget what could not be opened, so that it is tried again. */
static void
forget_failures(struct sockets *s)
{
	struct held *h;

	RB_FOREACH (h, sockets_held, &s->keys) {
		if (!h->has_failed)
			continue;
		h->has_failed = false;
		if (h->owner != NULL)
			program_queue(h->owner);
	}
}

static void
again_due(struct deadline *d)
{
	forget_failures(d->arg);
}

/*
 * The functions of struct listening.
 */

/* It waits for this one; NULL: for none any more. */
static void
set_waiting(struct program *p, const struct held *h)
{
	char *former = p->waiting_for;

	p->waiting_for = NULL;
	if (h != NULL &&
	    asprintf(&p->waiting_for, "socket %s (%s)", h->text,
		h->socket.why) == -1)
		p->waiting_for = NULL;
	if (p->waiting_for != NULL &&
	    (former == NULL || strcmp(former, p->waiting_for) != 0))
		log_warnx("%s: waits for %s; trying again every %d s",
		    p->conf->name, p->waiting_for, AGAIN / 1000);
	free(former);
}

/* All that it has are closed but those that a reload still needs. */
static void
give_back(struct sockets *s, const struct program *p, bool with_failed)
{
	struct held *h, *next;

	for (h = RB_MIN(sockets_held, &s->keys); h != NULL; h = next) {
		next = RB_NEXT(sockets_held, &s->keys, h);
		if (h->owner != p || (h->has_failed && !with_failed))
			continue;
		if (h->is_pinned)
			h->owner = NULL;
		else
			drop(h);
	}
}

static void
release(struct listening *l, struct program *p)
{
	if (p->conf->listen_stream == NULL && p->waiting_for == NULL)
		return;
	give_back((struct sockets *)l, p, true);
	set_waiting(p, NULL);
}

static bool
has_owner(const struct held *h, const struct heldsocket_owner *o)
{
	const struct heldsocket_owner *now = &h->socket.owner;

	return !address_is_path(h->text) ||
	    (now->uid == o->uid && now->gid == o->gid && now->mode == o->mode);
}

/* Give it to the program, opened or not. */
static struct held *
claim(struct sockets *s, struct program *p, char *text)
{
	struct held *h = find(s, text);
	struct inherit_entry e;

	if (h == NULL && (h = add(s, text, p->conf)) == NULL)
		return NULL;
	if (h->owner == p)
		return h;
	h->owner = p;
	if (h->listed != -1) {
		e = entry_of(h);
		inherit_change(s->daemon->inherit, h->listed, &e);
	}
	return h;
}

static bool
ready(struct listening *l, struct program *p)
{
	struct sockets *s = (struct sockets *)l;
	const struct heldsocket_owner owner = owner_of(p->conf);
	char **text = p->conf->listen_stream;
	struct held *h, *failed = NULL;
	bool is_busy = false;

	for (; text != NULL && *text != NULL; text++) {
		if ((h = claim(s, p, *text)) == NULL) {
			try_again_later(s);
			return false;
		}
		if (h->has_failed)
			failed = h;
		else if (!heldsocket_is_busy(&h->socket) && h->socket.fd == -1)
			heldsocket_open(&h->socket);
		else if (!heldsocket_is_busy(&h->socket) &&
		    !has_owner(h, &owner))
			heldsocket_change(&h->socket, &owner);
		is_busy |= heldsocket_is_busy(&h->socket);
	}
	if (is_busy)
		return false;
	set_waiting(p, failed);
	if (failed == NULL)
		return true;
	/* Nobody shall connect to the others meanwhile. */
	give_back(s, p, false);
	try_again_later(s);
	return false;
}

static size_t
give(struct listening *l, struct program *p, int fds[])
{
	struct sockets *s = (struct sockets *)l;
	char **text = p->conf->listen_stream;
	struct held *h;
	size_t n = 0;

	for (; text != NULL && *text != NULL; text++) {
		h = find(s, *text);
		if (h == NULL || h->socket.fd == -1)
			break;
		/* The former process may have changed it. */
		fcntl(h->socket.fd, F_SETFL, 0);
		fds[n++] = h->socket.fd;
	}
	return n;
}

static bool
holds(struct listening *l, const char *text)
{
	struct held *h = find((struct sockets *)l, (char *)(uintptr_t)text);

	return h != NULL && h->socket.fd != -1;
}

static bool
uses(struct listening *l, const char *folder)
{
	struct sockets *s = (struct sockets *)l;
	struct held *h;

	RB_FOREACH (h, sockets_held, &s->keys)
		if (h->socket.fd != -1 && folder_has(folder, h->text))
			return true;
	return false;
}

/*
 * A reload.
 */

void
sockets_begin(struct sockets *s)
{
	if (s != NULL)
		forget_failures(s);
}

static void
pin(struct sockets *s, const struct definition *conf)
{
	struct held *h;

	for (size_t i = 0; i < strings_count(conf->listen_stream); i++)
		if ((h = find(s, conf->listen_stream[i])) != NULL)
			h->is_pinned = true;
}

static int
refuse(const struct definition *conf, size_t nth, const char *why,
    struct diags *errors)
{
	diag_add(errors, conf->file != NULL ? conf->file : conf->name,
	    definition_line(conf, "listen-stream", nth), "listen-stream",
	    "%s: %s", conf->listen_stream[nth], why);
	return -1;
}

/* Open what the definition needs.  As sockets_prepare. */
static int
prepare(struct sockets *s, const struct definition *conf, struct diags *errors)
{
	struct held *h;
	int r = 0;

	for (size_t i = 0; i < strings_count(conf->listen_stream); i++) {
		h = find(s, conf->listen_stream[i]);
		if (h == NULL)
			h = add(s, conf->listen_stream[i], conf);
		if (h == NULL)
			return refuse(conf, i, "out of memory", errors);
		h->is_pinned = true;
		if (h->socket.fd == -1 && !h->has_failed &&
		    !heldsocket_is_busy(&h->socket))
			heldsocket_open(&h->socket);
		if (heldsocket_is_busy(&h->socket))
			r = 1;
		else if (h->has_failed && !heldsocket_is_missing(h->socket.err))
			return refuse(conf, i, h->socket.why, errors);
	}
	return r;
}

int
sockets_prepare(struct sockets *s, const struct plan *plan,
    void (*when_ready)(void *), void *arg, struct diags *errors)
{
	const struct plan_change *c;
	int r = 0, one;

	for (c = plan->v; s != NULL && c < plan->v + plan->n; c++) {
		if (!plan_starts(c))
			continue;
		if (c->from != NULL)
			pin(s, c->from);
		one = prepare(s, c->to, errors);
		if (one == -1 || r == -1)
			r = -1;
		else if (one == 1)
			r = 1;
	}
	if (r != 1)
		return r;
	s->ready = when_ready;
	s->arg = arg;
	return 1;
}

static bool
is_claimed(const struct held *h)
{
	char **text;

	if (h->owner == NULL)
		return false;
	for (text = h->owner->conf->listen_stream;
	     text != NULL && *text != NULL; text++)
		if (strcmp(address_key(*text), address_key(h->text)) == 0)
			return true;
	return false;
}

void
sockets_settle(struct sockets *s)
{
	struct held *h, *next;

	if (s == NULL)
		return;
	s->ready = NULL;
	for (h = RB_MIN(sockets_held, &s->keys); h != NULL; h = next) {
		next = RB_NEXT(sockets_held, &s->keys, h);
		h->is_pinned = false;
		if (!is_claimed(h))
			drop(h);
	}
}

/*
 * The sockets of an earlier daemon.
 */

static bool
is_address(const char *text)
{
	char canonical[ADDRESS_MAX];
	struct address a;
	const char *why;

	if (address_parse(&a, text, &why) == -1)
		return false;
	address_print(&a, canonical);
	return strcmp(text, canonical) == 0;
}

/* A socket with its descriptor, or of a running process. */
static bool
take(struct sockets *s, int index, const struct inherit_entry *e,
    const struct program *p)
{
	struct definition blank = {.socket_uid = (uid_t)-1};
	char text[INHERIT_NAME];
	struct held *h;

	strlcpy(text, e->name, sizeof(text));
	if (!is_address(text) || find(s, text) != NULL ||
	    (h = add(s, text, p != NULL ? p->conf : &blank)) == NULL)
		return false;
	h->socket.dev = (dev_t)e->path_dev;
	h->socket.ino = (ino_t)e->path_ino;
	if (p == NULL ? heldsocket_take(&h->socket, e->fd, (ino_t)e->inode)
		      : heldsocket_take_from(&h->socket, p->child.pid,
			    p->child.pidfd, (ino_t)e->inode)) {
		h->listed = index;
		return true;
	}
	drop(h);
	return false;
}

static void
load(void *arg, int index, const struct inherit_entry *e)
{
	struct sockets *s = arg;
	struct lost *lost;

	if (s->daemon->inherited && take(s, index, e, NULL))
		return;
	/* The list is not changed while it is read. */
	if ((lost = malloc(sizeof(*lost))) == NULL)
		return;
	*lost = (struct lost){s->lost, index, *e};
	s->lost = lost;
}

/* Take what is lost from the running program that has it. */
static void
take_back(struct sockets *s, const struct lost *lost)
{
	struct program *p =
	    programs_find(&s->daemon->programs, lost->entry.owner);

	if (!s->daemon->inherited && p != NULL && p->child.pid != 0 &&
	    take(s, lost->index, &lost->entry, p)) {
		log_info("%s: took its socket %s back", p->conf->name,
		    lost->entry.name);
		return;
	}
	inherit_remove(s->daemon->inherit, lost->index);
}

/* A program that is not at rest has its sockets. */
static void
adopt(struct sockets *s, struct program *p)
{
	const struct heldsocket_owner owner = owner_of(p->conf);
	char **text = p->conf->listen_stream;
	struct held *h;

	for (; text != NULL && *text != NULL; text++) {
		if ((h = find(s, *text)) == NULL || h->socket.fd == -1) {
			if (p->child.pid != 0)
				log_warnx("%s: its socket %s is not held until "
					  "its next start",
				    p->conf->name, *text);
			continue;
		}
		h->owner = NULL;
		claim(s, p, *text);
		h->socket.owner = owner;
	}
}

void
sockets_adopt(struct sockets *s)
{
	struct program *p;
	struct lost *lost;

	while ((lost = s->lost) != NULL) {
		s->lost = lost->next;
		take_back(s, lost);
		free(lost);
	}
	p = programs_first(&s->daemon->programs);
	for (; p != NULL; p = programs_next(p))
		if (!outcome_is_at_rest(p))
			adopt(s, p);
	sockets_settle(s);
}

struct sockets *
sockets_new(struct daemon *d)
{
	struct sockets *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->base = (struct listening){.ready = ready,
	    .give = give,
	    .release = release,
	    .holds = holds,
	    .uses = uses};
	s->daemon = d;
	s->again.due = again_due;
	s->again.arg = s;
	RB_INIT(&s->keys);
	TAILQ_INIT(&s->leaving);
	s->means.helpers = d->helpers;
	s->means.closer = closer_new(d->loop);
	if (s->means.closer == NULL) {
		free(s);
		return NULL;
	}
	d->programs.listening = &s->base;
	if (d->adopting)
		inherit_load(d->inherit, INHERIT_SOCKET, load, s);
	return s;
}

bool
sockets_are_gone(const struct sockets *s)
{
	return TAILQ_EMPTY(&s->leaving);
}

void
sockets_free(struct sockets *s)
{
	struct held *h;

	if (s == NULL)
		return;
	s->daemon->programs.listening = NULL;
	while ((h = RB_MIN(sockets_held, &s->keys)) != NULL)
		drop(h);
	while ((h = TAILQ_FIRST(&s->leaving)) != NULL) {
		TAILQ_REMOVE(&s->leaving, h, leaving);
		helper_cancel(&h->socket.job);
		destroy(h);
	}
	loop_cancel(s->daemon->loop, &s->again);
	closer_free(s->means.closer);
	free(s);
}
