/*
 * logger - the daemon's handle on the "hupd: log" process: the streams.
 */
#include "output/logger.h"

#include <sys/ioctl.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/console.h"
#include "base/log.h"
#include "output/logger_int.h"
#include "output/fifo.h"
#include "base/text.h"

/* So long is waited for the last lines of a program. */
#define TAIL_MS 3000
/* The journal, seen from the folder of the FIFOs. */
#define JOURNAL "../log.journal"

void
stream_tail(struct stream *s, const char *bytes, size_t len)
{
	struct tail *t = s->tail;

	if (t == NULL)
		return;
	s->tail = NULL;
	loop_cancel(s->logger->loop, &t->late);
	t->done(t->arg, bytes, len);
	free(t);
}

static void
tail_late(struct deadline *d)
{
	stream_tail(d->arg, NULL, 0);
}

static void
tail_drop(struct stream *s)
{
	if (s->tail == NULL)
		return;
	loop_cancel(s->logger->loop, &s->tail->late);
	free(s->tail);
	s->tail = NULL;
}

static int
grow(struct logger *l)
{
	const uint32_t size = l->size == 0 ? 64 : 2 * l->size;
	struct stream **streams;
	uint32_t *spare;

	streams = recallocarray(l->streams, l->size, size, sizeof(*streams));
	if (streams == NULL)
		return -1;
	l->streams = streams;
	spare = recallocarray(l->spare, l->size, size, sizeof(*spare));
	if (spare == NULL)
		return -1;
	l->spare = spare;
	for (uint32_t i = size; i-- > l->size;)
		l->spare[l->nspare++] = i;
	l->size = size;
	return 0;
}

void
stream_free(struct stream *s)
{
	struct logger *l = s->logger;

	tail_drop(s);
	stream_unmark(s, UINT8_MAX);
	if (s->closing)
		LIST_REMOVE(s, going);
	if (l->streams[s->id.index] == s) {
		l->streams[s->id.index] = NULL;
		l->spare[l->nspare++] = s->id.index;
	}
	if (s->fd != -1)
		close(s->fd);
	free(s->name);
	free(s);
}

static struct stream *
stream_new(struct logger *l, const char *name, uid_t owner)
{
	struct stream *s;
	int saved;

	if (l->nspare == 0 && grow(l) == -1)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->logger = l;
	s->id.index = l->spare[--l->nspare];
	l->streams[s->id.index] = s;
	s->fd = -1;
	if ((s->name = strdup(name)) != NULL &&
	    (s->fd = fifo_open(l->outdir, name, owner)) != -1)
		return s;
	saved = errno;
	stream_free(s);
	errno = saved;
	return NULL;
}

/* One that is being closed, or was found, is used again, with its bytes. */
static struct stream *
stream_revive(struct logger *l, const char *name, uid_t owner)
{
	struct stream *s;

	LIST_FOREACH (s, &l->going, going)
		if (strcmp(s->name, name) == 0)
			break;
	if (s == NULL)
		return NULL;
	if (fifo_chown(s->fd, owner) == -1)
		log_warn("%s: output belongs to its former user", name);
	LIST_REMOVE(s, going);
	s->closing = false;
	stream_unmark(s, UNTOLD_CLOSE);
	return s;
}

struct stream *
logger_stream_open(struct logger *l, const char *name, uid_t owner,
    const struct stream_conf *conf)
{
	struct stream *s;

	if (strlen(name) >= MESSAGE_NAME) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if ((s = stream_revive(l, name, owner)) == NULL &&
	    (s = stream_new(l, name, owner)) == NULL)
		return NULL;
	s->conf = *conf;
	s->id.gen = ++l->gen;
	stream_mark_anew(s);
	logger_tell(l);
	return s;
}

static bool
is_same(const struct stream_conf *a, const struct stream_conf *b)
{
	return a->to == b->to && a->timestamps == b->timestamps &&
	    a->size == b->size && a->keep == b->keep;
}

void
logger_stream_adjust(struct stream *s, const struct stream_conf *conf)
{
	/* As at most starts of a program. */
	if (is_same(&s->conf, conf))
		return;
	s->conf = *conf;
	/* A stream that is still to be opened is told this with it. */
	if ((s->untold & UNTOLD_OPEN) == 0)
		stream_mark(s, UNTOLD_SET);
	logger_tell(s->logger);
}

int
logger_stream_chown(struct stream *s, uid_t owner)
{
	return fifo_chown(s->fd, owner);
}

void
logger_stream_ended(struct stream *s,
    void (*tail)(void *arg, const char *bytes, size_t len), void *arg)
{
	struct tail *t;

	stream_tail(s, NULL, 0);
	if (tail != NULL) {
		if ((t = calloc(1, sizeof(*t))) == NULL) {
			tail(arg, NULL, 0);
			return;
		}
		t->late = (struct deadline){.due = tail_late, .arg = s};
		t->done = tail;
		t->arg = arg;
		s->tail = t;
		loop_at(s->logger->loop, &t->late,
		    clock_add_ms(clock_now(), TAIL_MS));
	}
	s->ended = true;
	s->end++;
	stream_mark(s, UNTOLD_ENDED);
	logger_tell(s->logger);
}

/* Its index and FIFO are in use until the process has read all. */
static void
stream_go(struct stream *s)
{
	s->closing = true;
	LIST_INSERT_HEAD(&s->logger->going, s, going);
	stream_mark(s, UNTOLD_CLOSE);
}

void
logger_stream_close(struct stream *s)
{
	tail_drop(s);
	stream_go(s);
	logger_tell(s->logger);
}

int
logger_outdir(const struct logger *l)
{
	return l->outdir;
}

const char *
logger_stream_name(const struct stream *s)
{
	return s->name;
}

int
logger_stream_fd(const struct stream *s)
{
	return s->fd;
}

void
logger_reopen(struct logger *l)
{
	l->renew = true;
	logger_tell(l);
}

/*
 * A FIFO of an earlier daemon is held before that one's log process is ended,
 * so that what it holds is not lost.
 */
static void
keep_found(struct logger *l, const char *name)
{
	struct stream *s;
	struct stat st;

	if (!text_is_name(name) || strlen(name) >= MESSAGE_NAME ||
	    fstatat(l->outdir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISFIFO(st.st_mode))
		return;
	if ((s = stream_new(l, name, st.st_uid)) == NULL) {
		log_warn("%s: output of an earlier hupd", name);
		return;
	}
	s->conf = (struct stream_conf){.timestamps = true,
	    .size = INT64_C(10) * 1024 * 1024,
	    .keep = 10};
	s->closing = true;
	LIST_INSERT_HEAD(&l->going, s, going);
}

static int
find(struct logger *l)
{
	struct dirent *d;
	DIR *dir;
	int fd;

	if ((fd = openat(l->outdir, ".", O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	while ((d = readdir(dir)) != NULL)
		keep_found(l, d->d_name);
	closedir(dir);
	fifo_drop_inherited(l->outdir);
	return 0;
}

/* What was found and not opened: its program is gone, or from the start. */
static void
found_due(struct deadline *d)
{
	struct logger *l = d->arg;
	struct stream *s, *next;
	int n;

	LIST_FOREACH_SAFE (s, &l->going, going, next) {
		if (s->id.gen != 0)
			continue;
		if (ioctl(s->fd, FIONREAD, &n) == 0 && n == 0) {
			fifo_remove(l->outdir, s->name);
			stream_free(s);
			continue;
		}
		s->id.gen = ++l->gen;
		stream_mark_anew(s);
	}
	logger_tell(l);
}

/* The process has one of each stream, and so needs as many as we may have. */
static int
give_descriptors(struct definition *as)
{
	struct value_rlimit most = {.which = RLIMIT_NOFILE};
	struct rlimit own;

	if (getrlimit(RLIMIT_NOFILE, &own) == -1)
		return 0;
	most.soft = most.hard = own.rlim_max;
	return value_set_rlimit(&as->rlimits, &most);
}

static struct logger *
logger_alloc(struct loop *loop, const struct logger_conf *conf)
{
	struct logger *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->loop = loop;
	l->log_gid = conf->log_gid;
	l->self = conf->self;
	l->outdir = l->journal = l->console = -1;
	l->child = (struct process){-1, -1};
	l->fd = l->sock.fd = l->pidfd.fd = -1;
	TAILQ_INIT(&l->dirty);
	LIST_INIT(&l->going);
	l->again = (struct deadline){.due = logger_again, .arg = l};
	l->found = (struct deadline){.due = found_due, .arg = l};
	if ((l->as = definition_new()) == NULL ||
	    give_descriptors(l->as) == -1 ||
	    (l->log_dir = strdup(conf->log_dir)) == NULL) {
		logger_free(l, 0);
		return NULL;
	}
	l->as->umask = 027;
	l->as->uid = conf->uid;
	l->as->gid = conf->uid == (uid_t)-1 ? (gid_t)-1 : conf->gid;
	return l;
}

static int
prepare(struct logger *l, const char *run_dir, char *why, size_t whysize)
{
	const char *what = "folder";

	if ((l->outdir = fifo_dir(run_dir)) == -1)
		goto fail;
	what = "journal";
	l->journal = openat(l->outdir, JOURNAL,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (l->journal == -1)
		goto fail;
	what = "standard output";
	if ((l->console = console_open(STDOUT_FILENO)) == -1)
		goto fail;
	what = "FIFOs";
	if (find(l) == -1)
		goto fail;
	what = "former log process";
	if (logger_end_former(l) == -1)
		goto fail;
	return 0;
fail:
	snprintf(why, whysize, "%s: %s: %s", run_dir, what, strerror(errno));
	return -1;
}

struct logger *
logger_new(struct loop *loop, const struct logger_conf *conf, char *why,
    size_t whysize)
{
	struct logger *l;

	if ((l = logger_alloc(loop, conf)) == NULL) {
		snprintf(why, whysize, "%s", strerror(errno));
		return NULL;
	}
	if (prepare(l, conf->run_dir, why, whysize) == -1 ||
	    logger_start(l, why, whysize) == -1) {
		logger_free(l, 0);
		return NULL;
	}
	loop_at(loop, &l->found, loop_now(loop));
	return l;
}

void
logger_free(struct logger *l, int64_t ms)
{
	struct stream *s;
	bool started;

	if (l == NULL)
		return;
	started = l->child.pid != -1;
	for (uint32_t i = 0; i < l->size; i++)
		if (l->streams[i] != NULL)
			tail_drop(l->streams[i]);
	if (started && logger_finish(l, clock_add_ms(clock_now(), ms)))
		unlinkat(l->outdir, JOURNAL, 0);
	for (uint32_t i = 0; i < l->size; i++) {
		if ((s = l->streams[i]) == NULL)
			continue;
		/* What was found and not looked at is for the next daemon. */
		if (started && s->id.gen != 0)
			fifo_remove(l->outdir, s->name);
		stream_free(s);
	}
	loop_cancel(l->loop, &l->again);
	loop_cancel(l->loop, &l->found);
	loop_cancel(l->loop, &l->start);
	if (l->journal != -1)
		close(l->journal);
	if (l->console != -1)
		close(l->console);
	if (l->outdir != -1)
		close(l->outdir);
	definition_unref(l->as);
	free(l->streams);
	free(l->spare);
	free(l->log_dir);
	free(l);
}
