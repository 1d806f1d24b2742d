/*
 * fdstore - the descriptors that programs have stored with FDSTORE=1.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/fdstore.h"
#include "process/closer.h"
#include "process/heldsocket.h"
#include "process/inherit.h"
#include "program/outcome.h"
#include "program/said.h"

/* The name of a descriptor without FDNAME, as in systemd. */
#define DEFAULT_NAME "stored"
#define KCMP_FILE 0

struct stored {
	TAILQ_ENTRY(stored) entry;
	struct fdstore *store;
	struct program *owner; /* NULL: the programs are not adopted yet */
	struct inherit_entry e;
	int listed;	      /* its index in the list; -1: none */
	struct source source; /* to see that the other end is gone */
};

TAILQ_HEAD(storeds, stored);

struct fdstore {
	struct storing base; /* first: the one is the other */
	struct daemon *daemon;
	struct closer *closer;
	struct storeds all; /* oldest first */
	size_t n;
};

static struct fdstore *
store_of(struct storing *base)
{
	return (struct fdstore *)base;
}

/* Close it, and forget it. */
static void
drop(struct stored *f)
{
	struct fdstore *s = f->store;
	const int fd = f->e.fd;

	loop_unwatch(s->daemon->loop, &f->source);
	inherit_remove(s->daemon->inherit, f->listed);
	TAILQ_REMOVE(&s->all, f, entry);
	s->n--;
	if (f->owner != NULL)
		f->owner->nstored--;
	closer_close(s->closer, &fd, 1, NULL, NULL);
	free(f);
}

static void
hung_up(struct source *source, uint32_t events)
{
	struct stored *f = source->arg;

	if ((events & (EPOLLHUP | EPOLLERR)) == 0)
		return;
	log_info("%s: the stored descriptor %s is closed: its other end is "
		 "gone",
	    f->e.owner, f->e.name);
	drop(f);
}

/*
 * The inode of a socket, 0 of anything else, without a question to a file
 * system that might not answer.
 */
static uint64_t
inode_of_socket(int fd)
{
	int type;
	socklen_t size = sizeof(type);
	struct stat st;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == -1 ||
	    fstat(fd, &st) == -1)
		return 0;
	return st.st_ino;
}

/* Sockets and pipes answer poll(2) at once; other files are not watched. */
static void
watch(struct stored *f)
{
	if (f->e.no_poll != 0 ||
	    (f->e.inode == 0 && fcntl(f->e.fd, F_GETPIPE_SZ) == -1))
		return;
	if (loop_watch(f->store->daemon->loop, &f->source, f->e.fd, 0) == -1)
		log_warn("%s: the stored descriptor %s cannot be watched",
		    f->e.owner, f->e.name);
}

static struct stored *
add(struct fdstore *s, const struct inherit_entry *e, int listed)
{
	struct stored *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->store = s;
	f->e = *e;
	f->listed = listed;
	f->source = (struct source){.fd = -1, .ready = hung_up, .arg = f};
	TAILQ_INSERT_TAIL(&s->all, f, entry);
	s->n++;
	return f;
}

/* Has the program stored the same open file already? */
static bool
has_it(const struct fdstore *s, const struct program *p, int fd)
{
	const pid_t self = getpid();
	struct stored *f;

	TAILQ_FOREACH (f, &s->all, entry)
		if (f->owner == p &&
		    syscall(SYS_kcmp, self, self, KCMP_FILE,
			(unsigned long)f->e.fd, (unsigned long)fd) == 0)
			return true;
	return false;
}

/* The daemon needs most of its descriptors itself. */
static bool
is_full(const struct fdstore *s, const struct program *p)
{
	struct rlimit limit;

	return p->nstored >= DEFINITION_STORE_MAX ||
	    getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    s->n >= limit.rlim_cur / 4;
}

/* True: it is kept. */
static bool
keep(struct fdstore *s, struct program *p, const struct sdnotify *m, int fd)
{
	struct inherit_entry e = {.kind = INHERIT_STORED,
	    .fd = fd,
	    .no_poll = m->no_poll};
	struct stored *f;

	if (has_it(s, p, fd))
		return false;
	if (is_full(s, p)) {
		if (said_may_be_logged(p))
			log_warnx("%s: a descriptor is not stored: there are "
				  "%u of it already, at most %d are kept",
			    p->conf->name, p->nstored, DEFINITION_STORE_MAX);
		return false;
	}
	e.inode = inode_of_socket(fd);
	strlcpy(e.owner, p->conf->name, sizeof(e.owner));
	strlcpy(e.name, *m->fdname != '\0' ? m->fdname : DEFAULT_NAME,
	    sizeof(e.name));
	if ((f = add(s, &e, -1)) == NULL)
		return false;
	f->owner = p;
	p->nstored++;
	f->listed = inherit_add(s->daemon->inherit, &e);
	if (f->listed == -1)
		log_warn("%s: the stored descriptor %s cannot be recorded; a "
			 "later daemon will not have it",
		    p->conf->name, e.name);
	watch(f);
	return true;
}

static void
remove_named(struct fdstore *s, const struct program *p, const char *name)
{
	struct stored *f, *next;

	for (f = TAILQ_FIRST(&s->all); f != NULL; f = next) {
		next = TAILQ_NEXT(f, entry);
		if (f->owner == p && strcmp(f->e.name, name) == 0)
			drop(f);
	}
}

static void
store(struct storing *base, struct program *p, const struct sdnotify *m)
{
	struct fdstore *s = store_of(base);

	if (m->store_remove && *m->fdname != '\0')
		remove_named(s, p, m->fdname);
	for (size_t i = 0; m->store && i < m->nfds; i++)
		if (m->fds[i] != -1 && keep(s, p, m, m->fds[i]))
			m->fds[i] = -1;
}

static size_t
give(struct storing *base, struct program *p, struct storing_fd v[])
{
	struct fdstore *s = store_of(base);
	struct stored *f;
	size_t n = 0;

	TAILQ_FOREACH (f, &s->all, entry)
		if (f->owner == p && n < DEFINITION_STORE_MAX)
			v[n++] = (struct storing_fd){f->e.fd, f->e.name};
	return n;
}

static void
release(struct storing *base, struct program *p)
{
	struct fdstore *s = store_of(base);
	struct stored *f, *next;

	for (f = TAILQ_FIRST(&s->all); f != NULL; f = next) {
		next = TAILQ_NEXT(f, entry);
		if (f->owner == p)
			drop(f);
	}
}

/*
 * The store of an earlier daemon.
 */

static void
load(void *arg, int index, const struct inherit_entry *e)
{
	struct fdstore *s = arg;

	if (add(s, e, index) == NULL)
		log_warnx("%s: no memory for its stored descriptor %s",
		    e->owner, e->name);
}

/* Does the descriptor exist here, or at least in its program? */
static bool
is_there(struct stored *f, const struct program *p)
{
	if (f->store->daemon->inherited)
		return fcntl(f->e.fd, F_SETFD, FD_CLOEXEC) != -1;
	f->e.fd = f->e.inode != 0
	    ? heldsocket_fetch(p->child.pid, p->child.pidfd, (ino_t)f->e.inode)
	    : -1;
	if (f->e.fd == -1)
		return false;
	inherit_change(f->store->daemon->inherit, f->listed, &f->e);
	return true;
}

/* No program has it: forget it.  Its number may be another file's by now. */
static void
forget(struct stored *f)
{
	inherit_remove(f->store->daemon->inherit, f->listed);
	TAILQ_REMOVE(&f->store->all, f, entry);
	f->store->n--;
	free(f);
}

void
fdstore_adopt(struct fdstore *s)
{
	struct stored *f, *next;
	struct program *p;

	for (f = TAILQ_FIRST(&s->all); f != NULL; f = next) {
		next = TAILQ_NEXT(f, entry);
		if (f->owner != NULL)
			continue;
		p = programs_find(&s->daemon->programs, f->e.owner);
		if (p == NULL || !is_there(f, p)) {
			forget(f);
			continue;
		}
		f->owner = p;
		p->nstored++;
		if (outcome_is_at_rest(p))
			drop(f);
		else
			watch(f);
	}
}

struct fdstore *
fdstore_new(struct daemon *d)
{
	struct fdstore *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->base =
	    (struct storing){.store = store, .give = give, .release = release};
	s->daemon = d;
	TAILQ_INIT(&s->all);
	if ((s->closer = closer_new(d->loop)) == NULL) {
		free(s);
		return NULL;
	}
	d->programs.storing = &s->base;
	if (d->adopting)
		inherit_load(d->inherit, INHERIT_STORED, load, s);
	return s;
}

void
fdstore_free(struct fdstore *s)
{
	struct stored *f;

	if (s == NULL)
		return;
	s->daemon->programs.storing = NULL;
	while ((f = TAILQ_FIRST(&s->all)) != NULL)
		drop(f);
	closer_free(s->closer);
	free(s);
}
