/*
 * logger - the daemon's handle on the "hupd: log" process: the streams, the
 * orders to the process and its reports.
 */
#include "output/logger.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/devlog.h"
#include "base/log.h"
#include "base/text.h"
#include "config/places.h"
#include "output/fifo.h"
#include "output/logfile.h"

/* The longest wait for the last lines of a program, ms. */
#define TAIL_MS 3000
/* The delay before a retry when memory or descriptors are short. */
#define AGAIN_MS 1000
/* The number of changes of a trouble that are logged in this time, in s. */
#define SAY_MAX 2
#define SAY_SECONDS 60
/* The length of the name of a FIFO. */
#define FILE_MAX (MESSAGE_NAME + 12)
/* Reports read in a turn. */
#define REPORTS 64
/* The log process is not trusted: a higher errno is none. */
#define ERRNO_MAX 4096
/* The text of why output cannot be written. */
#define TROUBLE_MAX (PATH_MAX + 128)

/* Orders of a stream still to be sent to the process, in this order; bits. */
enum unsent {
	UNSENT_OPEN = 1,
	UNSENT_SET = 2,
	UNSENT_ENDED = 4,
	UNSENT_CLOSE = 8,
};

/*
 * A caller waits for the last lines: of standard error if it has a stream of
 * its own and lines, else of the stream.
 */
struct tail {
	struct deadline late;
	void (*done)(void *arg, const char *bytes, size_t len);
	void *arg;
	struct message_id id;	  /* of the FIFO that they are in */
	struct message_id errors; /* the same of standard error; gen 0: none */
	/* Lines of the stream, kept until those of standard error are known. */
	char *kept;
	size_t len;
	bool came;
};

struct logger {
	struct loop *loop;
	struct logger_calls calls;
	struct logchild child;
	int outdir;
	bool orphan_stuck; /* a batch without a stream, which was logged */
	int lost;	   /* errno: nobody reads standard output; or 0 */
	time_t lost_since; /* Unix time */

	struct stream **streams; /* by index */
	uint32_t size;		 /* of streams and of spare */
	uint32_t *spare;	 /* the indexes not in use */
	uint32_t nspare;
	uint32_t gen;
	TAILQ_HEAD(, stream) dirty;
	LIST_HEAD(, stream) going;
	bool renew;	   /* the process must be ordered to reopen its files */
	bool renewing;	   /* and has not done so yet */
	bool ordered;	   /* an order to reopen has no reply yet */
	bool zone_changed; /* and to read the time zone again */
	bool blocked;	   /* its socket takes no more for now */

	struct deadline again; /* retries what failed for lack of memory */
	struct deadline found; /* then unclaimed FIFOs are emptied */
	struct deadline say;   /* then changes that were not logged are */
};

static void
stream_mark(struct stream *s, uint8_t unsent)
{
	if (s->unsent == 0 && unsent != 0)
		TAILQ_INSERT_TAIL(&s->logger->dirty, s, dirty);
	s->unsent |= unsent;
}

static void
stream_unmark(struct stream *s, uint8_t unsent)
{
	if ((s->unsent & unsent) == 0)
		return;
	if ((s->unsent &= (uint8_t)~unsent) == 0)
		TAILQ_REMOVE(&s->logger->dirty, s, dirty);
}

/* The name of its FIFO: of a retired one "web:1". */
static const char *
stream_file(const struct stream *s, char buf[static FILE_MAX])
{
	if (s->retired == 0)
		return s->name;
	snprintf(buf, FILE_MAX, "%s:%u", s->name, (unsigned)s->retired);
	return buf;
}

static void
remove_fifo(struct stream *s)
{
	char buf[FILE_MAX];

	fifo_remove(s->logger->outdir, stream_file(s, buf));
}

/* The stream of the program: not a retired one, nor that of standard error. */
static struct stream *
owner_of(struct stream *s)
{
	while (s->origin != NULL)
		s = s->origin;
	return s;
}

static void
tail_free(struct tail *t)
{
	free(t->kept);
	free(t);
}

/* Pass the last lines to the caller that waits for them; NULL: unknown. */
static void
stream_tail(struct stream *s, const char *bytes, size_t len)
{
	struct tail *t = s->tail;

	if (t == NULL)
		return;
	s->tail = NULL;
	loop_cancel(s->logger->loop, &t->late);
	t->done(t->arg, bytes, len);
	tail_free(t);
}

static void
tail_late(struct deadline *d)
{
	struct stream *s = d->arg;

	stream_tail(s, s->tail->kept, s->tail->len);
}

static void
tail_drop(struct stream *s)
{
	if (s->tail == NULL)
		return;
	loop_cancel(s->logger->loop, &s->tail->late);
	tail_free(s->tail);
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

static void
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
	free(s->conf.tag);
	free(s->name);
	free(s);
}

/* A stream with an index, but no FIFO. */
static struct stream *
stream_alloc(struct logger *l, const char *name)
{
	struct stream *s;

	if (l->nspare == 0 && grow(l) == -1)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	if ((s->name = strdup(name)) == NULL) {
		free(s);
		return NULL;
	}
	s->logger = l;
	s->left = UINT32_MAX;
	s->id.index = l->spare[--l->nspare];
	l->streams[s->id.index] = s;
	s->fd = -1;
	return s;
}

/* An existing FIFO is used, with its bytes and its owner. */
static struct stream *
stream_new(struct logger *l, const char *name, uid_t owner)
{
	struct stream *s;
	int saved;

	if ((s = stream_alloc(l, name)) == NULL)
		return NULL;
	s->fd = fifo_open(l->outdir, name);
	if (s->fd == -1 && errno == ENOENT) {
		s->fd = fifo_make(l->outdir, name, owner);
		s->unused = true;
	}
	if (s->fd != -1)
		return s;
	saved = errno;
	stream_free(s);
	errno = saved;
	return NULL;
}

static bool
is_same_id(struct message_id a, struct message_id b)
{
	return a.index == b.index && a.gen == b.gen;
}

/* The tail that a caller waits for in this FIFO, or NULL. */
static struct tail *
tail_of(struct stream *s)
{
	struct tail *t = owner_of(s)->tail;

	return t != NULL &&
		(is_same_id(t->id, s->id) || is_same_id(t->errors, s->id))
	    ? t
	    : NULL;
}

/* The padding is zero too, so that no other memory leaks to the process. */
static void
order(struct message_order *o, struct stream *s)
{
	memset(o, 0, sizeof(*o));
	o->id = s->id;
	o->end = s->end;
	o->left = s->left;
	o->want_tail = tail_of(s) != NULL;
	o->stuck = s->stuck != 0;
	o->conf.to = s->conf.to;
	o->conf.timestamps = s->conf.timestamps;
	o->conf.size = s->conf.size;
	o->conf.keep = s->conf.keep;
	o->conf.prefix = s->conf.prefix;
	strlcpy(o->name, s->name, sizeof(o->name));
	if (s->conf.tag != NULL)
		strlcpy(o->tag, s->conf.tag, sizeof(o->tag));
}

static int
send_order(struct stream *s, enum unsent what)
{
	struct logger *l = s->logger;
	struct message_order o;
	int fd = -1, rc;

	order(&o, s);
	switch (what) {
	case UNSENT_OPEN:
		o.type = MESSAGE_OPEN;
		if (s->retired != 0)
			fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
		else
			fd = fifo_reader(l->outdir, s->name, s->fd);
		if (fd == -1)
			return -1;
		break;
	case UNSENT_SET:
		o.type = MESSAGE_SET;
		break;
	case UNSENT_ENDED:
		o.type = MESSAGE_ENDED;
		break;
	case UNSENT_CLOSE:
		o.type = s->draining ? MESSAGE_DRAIN : MESSAGE_CLOSE;
		break;
	}
	rc = message_send(l->child.fd, &o, sizeof(o), fd);
	if (fd != -1) {
		const int saved = errno;

		close(fd);
		errno = saved;
	}
	return rc;
}

static int
send_renew(struct logger *l)
{
	const struct message_order o = {
	    .type = MESSAGE_RENEW,
	    .zone = l->zone_changed,
	};
	int fd = logchild_open_folder(&l->child), rc, saved;

	rc = message_send(l->child.fd, &o, sizeof(o), fd);
	saved = errno;
	if (fd != -1)
		close(fd);
	errno = saved;
	return rc;
}

/* The socket did not take the order: wait for room, or for a delay. */
static void
hold_back(struct logger *l)
{
	if (errno == EAGAIN) {
		l->blocked = true;
		logchild_await_room(&l->child);
	} else if (errno != EPIPE && errno != ECONNRESET) {
		l->blocked = true;
		loop_at(l->loop, &l->again,
		    clock_add_ms(clock_now(), AGAIN_MS));
	}
}

/* Send orders, as many as the socket takes. */
static void
send_orders(struct logger *l)
{
	struct stream *s;
	enum unsent what;

	if (l->child.fd == -1 || l->blocked)
		return;
	while ((s = TAILQ_FIRST(&l->dirty)) != NULL) {
		what = s->unsent & -s->unsent;
		if (send_order(s, what) == -1) {
			hold_back(l);
			return;
		}
		if ((s->unsent &= (uint8_t)~what) == 0)
			TAILQ_REMOVE(&l->dirty, s, dirty);
	}
	/*
	 * The last: its reply is about every stream.  One at a time: two orders
	 * may have one reply.
	 */
	if (l->renew && !l->ordered) {
		if (send_renew(l) == -1) {
			hold_back(l);
			return;
		}
		l->ordered = true;
		l->renew = l->zone_changed = false;
	}
}

/* Mark all orders, for a process that does not know the stream. */
static void
stream_mark_anew(struct stream *s)
{
	s->unopened = false;
	stream_unmark(s, UNSENT_SET);
	stream_mark(s, UNSENT_OPEN);
	if (s->ended)
		stream_mark(s, UNSENT_ENDED);
	if (s->closing)
		stream_mark(s, UNSENT_CLOSE);
}

/* Reuse a stream that is being closed or was found, with its bytes. */
static struct stream *
stream_revive(struct logger *l, const char *name)
{
	struct stream *s;

	LIST_FOREACH (s, &l->going, going)
		if (s->retired == 0 && strcmp(s->name, name) == 0)
			break;
	if (s == NULL)
		return NULL;
	LIST_REMOVE(s, going);
	s->closing = false;
	stream_unmark(s, UNSENT_CLOSE);
	return s;
}

/*
 * Copy the settings.  Without memory for the tag, the lines have the name, and
 * the next start tries again, because the settings differ.
 */
static void
stream_set(struct stream *s, const struct stream_conf *conf)
{
	free(s->conf.tag);
	s->conf = *conf;
	if (conf->tag != NULL)
		s->conf.tag = strdup(conf->tag);
}

/* Begin to read a stream that is new or revived. */
static void
stream_begin(struct stream *s, const struct stream_conf *conf)
{
	stream_set(s, conf);
	s->id.gen = ++s->logger->gen;
	stream_mark_anew(s);
	send_orders(s->logger);
}

static void
errors_name(const struct stream *s, char name[static FILE_MAX])
{
	snprintf(name, FILE_MAX, "%s" MESSAGE_ERRORS, s->name);
}

/* A running program may still print to the one that it was started with. */
static void
revive_errors(struct stream *s, const struct stream_conf *conf)
{
	char name[FILE_MAX];

	errors_name(s, name);
	if ((s->errors = stream_revive(s->logger, name)) == NULL)
		return;
	s->errors->origin = s;
	stream_begin(s->errors, conf);
}

struct stream *
logger_stream_open(struct logger *l, const char *name, uid_t owner,
    const struct stream_conf *conf)
{
	struct stream *s;

	if (strlen(name) + strlen(MESSAGE_ERRORS) >= MESSAGE_NAME) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if ((s = stream_revive(l, name)) == NULL &&
	    (s = stream_new(l, name, owner)) == NULL)
		return NULL;
	stream_begin(s, conf);
	revive_errors(s, conf);
	return s;
}

static bool
is_same_tag(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
is_same(const struct stream_conf *a, const struct stream_conf *b)
{
	return a->to == b->to && a->timestamps == b->timestamps &&
	    a->size == b->size && a->keep == b->keep &&
	    a->errors == b->errors && a->prefix == b->prefix &&
	    is_same_tag(a->tag, b->tag);
}

void
logger_stream_adjust(struct stream *s, const struct stream_conf *conf)
{
	if (s->errors != NULL)
		logger_stream_adjust(s->errors, conf);
	/* The usual case at the start of a program. */
	if (is_same(&s->conf, conf))
		return;
	stream_set(s, conf);
	/* The order to open a stream contains the settings. */
	if ((s->unsent & UNSENT_OPEN) == 0)
		stream_mark(s, UNSENT_SET);
	send_orders(s->logger);
}

/*
 * The number of bytes in its FIFO.  Bytes written later, perhaps by a process
 * of a former user, do not belong to this end.
 */
static uint32_t
bytes_in(const struct stream *s)
{
	int n;

	return ioctl(s->fd, FIONREAD, &n) == -1 ? UINT32_MAX : (uint32_t)n;
}

static bool
has_draining(const struct stream *s)
{
	struct stream *r;

	LIST_FOREACH (r, &s->logger->going, going)
		if (r->origin == s && r->draining)
			return true;
	return false;
}

/*
 * The FIFO becomes a separate, retired stream and keeps the id that the
 * process knows; s gets another id.
 */
static void
hand_down(struct stream *s, struct stream *retired)
{
	struct logger *l = s->logger;
	const struct message_id id = retired->id;
	const uint8_t unsent = s->unsent;

	retired->id = s->id;
	retired->origin = s;
	stream_set(retired, &s->conf);
	retired->end = s->end;
	retired->ended = s->ended;
	retired->stuck = s->stuck;
	retired->since = s->since;
	retired->unopened = s->unopened;
	retired->closing = true;
	LIST_INSERT_HEAD(&l->going, retired, going);
	stream_unmark(s, UINT8_MAX);
	s->id = id;
	s->id.gen = ++l->gen;
	s->ended = false;
	s->stuck = 0;
	l->streams[retired->id.index] = retired;
	l->streams[s->id.index] = s;
	/* Keep this order: the older output is written first. */
	stream_mark(retired, unsent | UNSENT_CLOSE);
	stream_mark_anew(s);
	send_orders(l);
}

/* Replace the FIFO by a new one; the old one is renamed to file. */
static int
replace_fifo(struct stream *s, uid_t owner, struct stream *retired)
{
	const int dir = s->logger->outdir;
	char fresh[FILE_MAX], file[FILE_MAX];
	int fd;

	/* A retired FIFO never has the number 0. */
	snprintf(fresh, sizeof(fresh), "%s:0", s->name);
	fifo_remove(dir, fresh);
	if ((fd = fifo_make(dir, fresh, owner)) == -1)
		return -1;
	do {
		retired->retired++;
		stream_file(retired, file);
	} while (faccessat(dir, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	retired->fd = fifo_retire(dir, s->name, file, s->fd);
	if (retired->fd == -1 || renameat(dir, fresh, dir, s->name) == -1) {
		const int saved = errno;

		close(fd);
		fifo_remove(dir, fresh);
		errno = saved;
		return -1;
	}
	s->fd = fd;
	return 0;
}

static int
stream_renew(struct stream *s, uid_t owner)
{
	const bool is_same_owner = fifo_belongs_to(s->fd, owner);
	const bool unused = s->unused;
	struct stream *retired;

	s->unused = false;
	if (is_same_owner && (unused || has_draining(s)))
		return 0;
	if ((retired = stream_alloc(s->logger, s->name)) == NULL)
		return is_same_owner ? 0 : -1;
	if (replace_fifo(s, owner, retired) == -1) {
		const int saved = errno;

		stream_free(retired);
		errno = saved;
		return is_same_owner ? 0 : -1;
	}
	retired->draining = is_same_owner;
	if (!is_same_owner)
		retired->left = bytes_in(retired);
	hand_down(s, retired);
	return 0;
}

/* Index and FIFO stay in use until the process has read everything. */
static void
start_closing(struct stream *s)
{
	s->closing = true;
	s->left = UINT32_MAX;
	LIST_INSERT_HEAD(&s->logger->going, s, going);
	stream_mark(s, UNSENT_CLOSE);
}

/* Close it and the streams that are read before it. */
static void
stream_close(struct stream *s)
{
	struct stream *r;

	LIST_FOREACH (r, &s->logger->going, going)
		if (r->origin == s)
			r->origin = NULL;
	start_closing(s);
}

static void
close_errors(struct stream *s)
{
	if (s->errors == NULL)
		return;
	s->errors->origin = NULL;
	stream_close(s->errors);
	s->errors = NULL;
}

/* The process that starts now opens what there is after this. */
static int
renew_errors(struct stream *s, uid_t owner)
{
	char name[FILE_MAX];

	if (!s->conf.errors) {
		close_errors(s);
		send_orders(s->logger);
		return 0;
	}
	if (s->errors != NULL)
		return stream_renew(s->errors, owner);
	errors_name(s, name);
	if ((s->errors = stream_revive(s->logger, name)) == NULL &&
	    (s->errors = stream_new(s->logger, name, owner)) == NULL)
		return -1;
	s->errors->origin = s;
	stream_begin(s->errors, &s->conf);
	return stream_renew(s->errors, owner);
}

int
logger_stream_renew(struct stream *s, uid_t owner)
{
	return stream_renew(s, owner) == -1 || renew_errors(s, owner) == -1 ? -1
									    : 0;
}

static void
stream_ended(struct stream *s)
{
	s->ended = true;
	s->end++;
	s->left = bytes_in(s);
	stream_mark(s, UNSENT_ENDED);
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
		t->id = s->id;
		if (s->errors != NULL)
			t->errors = s->errors->id;
		s->tail = t;
		loop_at(s->logger->loop, &t->late,
		    clock_add_ms(clock_now(), TAIL_MS));
	}
	stream_ended(s);
	if (s->errors != NULL)
		stream_ended(s->errors);
	send_orders(s->logger);
}

void
logger_stream_close(struct stream *s)
{
	tail_drop(s);
	close_errors(s);
	stream_close(s);
	send_orders(s->logger);
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

const char *
logger_stream_errors(const struct stream *s)
{
	return s->errors != NULL ? s->errors->name : NULL;
}

int
logger_stream_fd(const struct stream *s)
{
	return s->fd;
}

void
logger_reopen(struct logger *l)
{
	l->renew = l->renewing = true;
	l->zone_changed = clock_reread_zone() || l->zone_changed;
	send_orders(l);
}

void
logger_call(struct logger *l, const struct logger_calls *calls)
{
	l->calls = calls != NULL ? *calls : (struct logger_calls){0};
}

static void
reopened(struct logger *l)
{
	l->renewing = false;
	if (l->calls.reopened != NULL)
		l->calls.reopened(l->calls.arg);
}

/* A new process has started, which knows no stream. */
static void
child_started(void *arg)
{
	struct logger *l = arg;

	l->blocked = false;
	l->renew = l->renewing;
	l->ordered = false;
	l->zone_changed = false;
	l->orphan_stuck = false;
	/* The settings of found streams are not known yet. */
	for (uint32_t i = 0; i < l->size; i++)
		if (l->streams[i] != NULL && l->streams[i]->id.gen != 0)
			stream_mark_anew(l->streams[i]);
	send_orders(l);
}

static void
again_due(struct deadline *d)
{
	struct logger *l = d->arg;

	l->blocked = false;
	for (uint32_t i = 0; i < l->size; i++)
		if (l->streams[i] != NULL && l->streams[i]->unopened)
			stream_mark_anew(l->streams[i]);
	send_orders(l);
}

/* The trouble of a place in words; err comes from the log process. */
static const char *
words_of(enum key_log to, int err)
{
	if (to == LOG_TO_FILE && err == ELOOP)
		return "is a symbolic link";
	if (to == LOG_TO_FILE && err == EINVAL)
		return "is not a regular file";
	if (to == LOG_TO_FILE && err == EACCES)
		return "the log user has no permission";
	if (to != LOG_TO_FILE && err == EAGAIN)
		return "full, its reader does not read";
	return strerror(err > 0 && err < ERRNO_MAX ? err : EIO);
}

static void
explain(const struct stream *s, int err, char *why, size_t size)
{
	const char *words = words_of(s->conf.to, err);
	char file[NAME_MAX + 1];

	switch (s->conf.to) {
	case LOG_TO_FILE:
		snprintf(why, size, "%s/%s: %s", s->logger->child.log_dir,
		    logfile_name(file, s->name, 0), words);
		break;
	case LOG_TO_SYSLOG:
		snprintf(why, size, DEVLOG_PATH ": %s", words);
		break;
	case LOG_TO_STDOUT:
		snprintf(why, size, "standard output: %s", words);
		break;
	case LOG_TO_NONE:
		*why = '\0';
		break;
	}
}

/* The stream itself, or a retired one of the program, that is stuck. */
static const struct stream *
stuck_of(const struct stream *s)
{
	const struct stream *r, *first = s->stuck != 0 ? s : NULL;

	LIST_FOREACH (r, &s->logger->going, going)
		if (r->stuck != 0 && strcmp(r->name, s->name) == 0 &&
		    (first == NULL || r->since < first->since))
			first = r;
	return first;
}

time_t
logger_stream_trouble(const struct stream *s, char *why, size_t size)
{
	const struct logger *l = s->logger;
	const struct stream *stuck = stuck_of(s);

	if (stuck == NULL && s->errors != NULL)
		stuck = stuck_of(s->errors);

	if (stuck != NULL) {
		explain(stuck, stuck->stuck, why, size);
		return stuck->since;
	}
	if (s->conf.to == LOG_TO_STDOUT && l->lost != 0) {
		explain(s, l->lost, why, size);
		return l->lost_since;
	}
	return 0;
}

static void
changed(const struct stream *s)
{
	const struct logger_calls *calls = &s->logger->calls;

	if (calls->changed != NULL)
		calls->changed(calls->arg, s);
}

/* The stream that the program has now; its own, if it is gone. */
static struct stream *
current_of(struct stream *s)
{
	const struct logger *l = s->logger;
	struct stream *other;

	for (uint32_t i = 0; s->closing && i < l->size; i++) {
		other = l->streams[i];
		if (other != NULL && !other->closing &&
		    strcmp(other->name, s->name) == 0)
			return other;
	}
	return s;
}

static uint32_t
now_in_seconds(void)
{
	return (uint32_t)(clock_diff_ms(clock_now(), (struct mono){0}) / 1000);
}

/* Log whether the output of a program is written. */
static void
say(struct stream *s)
{
	const int program = (int)strcspn(s->name, ":");
	char why[TROUBLE_MAX], times[64] = "";

	if (s->unsaid > 1)
		snprintf(times, sizeof(times), " (%u changes in %d s)",
		    (unsigned)s->unsaid, SAY_SECONDS);
	if (logger_stream_trouble(s, why, sizeof(why)) != 0)
		log_warnx("%.*s: cannot write its output: %s; retrying%s",
		    program, s->name, why, times);
	else
		log_info("%.*s: its output is written again%s", program,
		    s->name, times);
	s->unsaid = 0;
	s->said++;
}

/* If it was not logged too often, log what has changed; else do so later. */
static void
say_if_due(struct stream *s)
{
	struct logger *l = s->logger;
	const uint32_t now = now_in_seconds(), age = now - s->saying;
	struct mono at;

	if (age >= SAY_SECONDS) {
		s->saying = now;
		s->said = 0;
	}
	if (s->said < SAY_MAX) {
		say(s);
		return;
	}
	at = clock_add_ms(clock_now(), INT64_C(1000) * (SAY_SECONDS - age));
	if (!clock_is_set(l->say.at) || clock_before(at, l->say.at))
		loop_at(l->loop, &l->say, at);
}

static void
say_due(struct deadline *d)
{
	struct logger *l = d->arg;

	for (uint32_t i = 0; i < l->size; i++)
		if (l->streams[i] != NULL && l->streams[i]->unsaid > 0)
			say_if_due(l->streams[i]);
}

/* The trouble of a program has come or gone. */
static void
trouble_changed(struct stream *s)
{
	changed(s);
	if (s->unsaid < UINT16_MAX)
		s->unsaid++;
	say_if_due(s);
}

/* The mark is one for a program, whichever of its FIFOs it is. */
static void
on_stuck(struct stream *s, int err)
{
	const bool known = stuck_of(current_of(s)) != NULL;

	if (s->stuck != 0)
		return;
	s->stuck = err != 0 ? err : EIO;
	s->since = clock_wall().tv_sec;
	if (!known)
		trouble_changed(current_of(s));
}

static void
on_recovered(struct stream *s)
{
	if (s->stuck == 0)
		return;
	s->stuck = 0;
	if (stuck_of(current_of(s)) == NULL)
		trouble_changed(current_of(s));
}

/* Output of a former process, of a program that may be gone. */
static void
on_orphan_stuck(struct logger *l, const struct message_reply *r)
{
	if (!l->orphan_stuck)
		log_warnx("%s: cannot write its output: %s; retrying",
		    text_is_name(r->name) ? r->name : "a program",
		    words_of(LOG_TO_FILE, r->err));
	l->orphan_stuck = true;
}

static void
on_unopened(struct stream *s, const struct message_reply *r)
{
	on_stuck(s, r->err);
	s->unopened = true;
	if (!clock_is_set(s->logger->again.at))
		loop_at(s->logger->loop, &s->logger->again,
		    clock_add_ms(clock_now(), AGAIN_MS));
}

/* If the folder cannot be made, the process requests it again. */
static void
on_no_folder(struct logger *l)
{
	int fd = logchild_open_folder(&l->child);

	if (fd == -1)
		return;
	close(fd);
	logger_reopen(l);
}

/* Logged once, although each successor reports it. */
static void
on_lost(struct logger *l, const struct message_reply *r)
{
	if (l->lost == 0)
		log_warnx("standard output: %s; what programs print there is "
			  "lost",
		    words_of(LOG_TO_STDOUT, r->err));
	l->lost = r->err != 0 ? r->err : EIO;
	l->lost_since = clock_wall().tv_sec;
}

/* Keep the lines of the stream.  Without memory they are unknown. */
static void
keep_tail(struct tail *t, const char *bytes, size_t len)
{
	t->came = true;
	if (bytes != NULL && (t->kept = strndup(bytes, len)) != NULL)
		t->len = len;
}

static void
tail_came(struct stream *owner, struct message_id id, const char *bytes,
    size_t len)
{
	struct tail *t = owner->tail;

	if (is_same_id(t->errors, id)) {
		t->errors = (struct message_id){0, 0};
		if (len > 0)
			stream_tail(owner, bytes, len);
		else if (t->came)
			stream_tail(owner, t->kept, t->len);
	} else if (t->errors.gen != 0)
		keep_tail(t, bytes, len);
	else
		stream_tail(owner, bytes, len);
}

static void
on_ended(struct stream *s, const struct message_reply *r)
{
	s->ended = false;
	if (tail_of(s) != NULL)
		tail_came(owner_of(s), s->id, r->has_tail ? r->tail : NULL,
		    r->has_tail ? r->len : 0);
}

static void
on_closed(struct stream *s)
{
	remove_fifo(s);
	stream_free(s);
}

static void
on_reply(struct logger *l, const struct message_reply *r)
{
	struct stream *s = NULL;

	if (r->id.index < l->size)
		s = l->streams[r->id.index];
	if (s != NULL && s->id.gen != r->id.gen)
		s = NULL;
	switch (r->type) {
	case MESSAGE_STUCK:
		if (s != NULL)
			on_stuck(s, r->err);
		else
			on_orphan_stuck(l, r);
		return;
	case MESSAGE_NO_FOLDER:
		on_no_folder(l);
		return;
	case MESSAGE_FAILED:
		errno = r->err;
		log_warn("log process: cannot initialize");
		return;
	case MESSAGE_LOST:
		on_lost(l, r);
		return;
	case MESSAGE_RECOVERED:
		if (s != NULL)
			on_recovered(s);
		return;
	case MESSAGE_UNOPENED:
		if (s != NULL)
			on_unopened(s, r);
		return;
	case MESSAGE_ENDED:
		if (s != NULL && s->end == r->end)
			on_ended(s, r);
		return;
	case MESSAGE_CLOSE:
		if (s != NULL && s->closing)
			on_closed(s);
		return;
	case MESSAGE_RENEW:
		l->ordered = false;
		if (l->renew)
			send_orders(l);
		else
			reopened(l);
		return;
	case MESSAGE_OPEN:
	case MESSAGE_SET:
	case MESSAGE_DRAIN:
	case MESSAGE_QUIT:
		return;
	}
}

/* Terminate its strings.  False: no whole message has come. */
static bool
receive(struct logger *l, struct message_reply *r)
{
	const size_t head = offsetof(struct message_reply, tail);
	ssize_t n = read(l->child.reports, r, sizeof(*r) - 1);

	if (n < (ssize_t)head || r->len != (size_t)n - head)
		return false;
	r->tail[r->len] = '\0';
	r->name[sizeof(r->name) - 1] = '\0';
	return true;
}

/* Act on the reports that have come. */
static void
child_readable(void *arg)
{
	struct logger *l = arg;
	struct message_reply r;

	for (int i = 0; i < REPORTS && receive(l, &r); i++)
		on_reply(l, &r);
}

static void
child_writable(void *arg)
{
	struct logger *l = arg;

	l->blocked = false;
	send_orders(l);
}

/* A retired FIFO of a former daemon: read it as the former daemon would. */
static struct stream *
keep_retired(struct logger *l, const char *name, const char *file)
{
	const char *number = file + strlen(name) + 1;
	struct stat now, old;
	struct stream *s;
	int fd;

	if ((s = stream_alloc(l, name)) == NULL)
		return NULL;
	s->retired = (uint32_t)strtonum(number, 1, UINT32_MAX, NULL);
	if (s->retired != 0 && (fd = fifo_open(l->outdir, file)) != -1 &&
	    (s->fd = fifo_retire(l->outdir, file, file, fd)) == -1)
		close(fd);
	if (s->fd == -1) {
		stream_free(s);
		return NULL;
	}
	s->draining = fstatat(l->outdir, name, &now, 0) == 0 &&
	    fstat(s->fd, &old) == 0 && now.st_uid == old.st_uid;
	return s;
}

/*
 * Open a FIFO of a former daemon before the log process of that daemon is
 * ended: otherwise its bytes would be lost.
 */
static void
keep_found(struct logger *l, const char *file)
{
	const size_t errors = strlen(MESSAGE_ERRORS);
	char name[MESSAGE_NAME];
	struct stream *s;
	struct stat st;
	size_t len;

	strlcpy(name, file, sizeof(name));
	len = strcspn(name, ":");
	name[len] = '\0';
	if (!text_is_name(name) ||
	    fstatat(l->outdir, file, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISFIFO(st.st_mode))
		return;
	/* Put the colon back of the stream of standard error. */
	if (strncmp(file + len, MESSAGE_ERRORS, errors) == 0 &&
	    (file[len + errors] == '\0' || file[len + errors] == ':'))
		strlcat(name, MESSAGE_ERRORS, sizeof(name));
	if (strcmp(name, file) == 0)
		s = stream_new(l, name, st.st_uid);
	else
		s = keep_retired(l, name, file);
	if (s == NULL) {
		log_warn("%s: cannot keep the output left by a former hupd",
		    file);
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

/* A found FIFO that no program claimed: its program is gone. */
static void
found_due(struct deadline *d)
{
	struct logger *l = d->arg;
	struct stream *s, *next;
	int n;

	LIST_FOREACH_SAFE (s, &l->going, going, next) {
		if (s->id.gen != 0)
			continue;
		if (!s->draining && ioctl(s->fd, FIONREAD, &n) == 0 && n == 0) {
			remove_fifo(s);
			stream_free(s);
			continue;
		}
		s->id.gen = ++l->gen;
		stream_mark_anew(s);
	}
	send_orders(l);
}

static struct logger *
logger_alloc(struct loop *loop, const struct logger_conf *conf)
{
	struct logchild_calls calls = {child_started, child_readable,
	    child_writable, NULL};
	struct logger *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	calls.arg = l;
	l->loop = loop;
	l->outdir = -1;
	TAILQ_INIT(&l->dirty);
	LIST_INIT(&l->going);
	l->again = (struct deadline){.due = again_due, .arg = l};
	l->found = (struct deadline){.due = found_due, .arg = l};
	l->say = (struct deadline){.due = say_due, .arg = l};
	if (logchild_init(&l->child, loop, conf, &calls) == -1) {
		logger_free(l, 0);
		return NULL;
	}
	return l;
}

static int
prepare(struct logger *l, const char *run_dir, char *why, size_t whysize)
{
	const char *what = "folder";

	if ((l->outdir = fifo_dir(run_dir)) == -1)
		goto fail;
	what = "journal";
	if (logchild_open_journal(&l->child, l->outdir) == -1)
		goto fail;
	what = "FIFOs";
	if (find(l) == -1)
		goto fail;
	what = "former log process";
	if (logchild_end_former(&l->child) == -1)
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
		snprintf(why, whysize, "log process: %s", strerror(errno));
		return NULL;
	}
	if (prepare(l, conf->run_dir, why, whysize) == -1 ||
	    logchild_start(&l->child, why, whysize) == -1) {
		logger_free(l, 0);
		return NULL;
	}
	loop_at(loop, &l->found, loop_now(loop));
	return l;
}

static bool
send_quit(struct logger *l)
{
	const struct message_order o = {.type = MESSAGE_QUIT};

	l->blocked = false;
	send_orders(l);
	return TAILQ_EMPTY(&l->dirty) && l->child.fd != -1 &&
	    message_send(l->child.fd, &o, sizeof(o), -1) == 0;
}

/*
 * Let the process write everything and end; kill it at the deadline.  True if
 * everything is written.
 */
static bool
finish(struct logger *l, struct mono until)
{
	struct process_end end = {.known = false};
	bool ended = false, sent = false;

	while (!ended && clock_before(clock_now(), until)) {
		if (!sent)
			sent = send_quit(l);
		ended = logchild_wait(&l->child, !sent, &end);
	}
	if (!ended) {
		log_warnx("log process, pid %d: output not written in time; "
			  "killing it",
		    (int)l->child.process.pid);
		logchild_kill(&l->child);
	}
	logchild_forget(&l->child);
	return ended && end.known && !end.signal && end.code == 0;
}

void
logger_free(struct logger *l, int64_t ms)
{
	struct stream *s;
	bool started;

	if (l == NULL)
		return;
	started = l->child.process.pid != 0;
	for (uint32_t i = 0; i < l->size; i++)
		if (l->streams[i] != NULL)
			tail_drop(l->streams[i]);
	if (started && finish(l, clock_add_ms(clock_now(), ms)))
		logchild_remove_journal(&l->child);
	for (uint32_t i = 0; i < l->size; i++) {
		if ((s = l->streams[i]) == NULL)
			continue;
		/* Leave a found FIFO that is not empty to the next daemon. */
		if (started && s->id.gen != 0)
			remove_fifo(s);
		stream_free(s);
	}
	loop_cancel(l->loop, &l->again);
	loop_cancel(l->loop, &l->found);
	loop_cancel(l->loop, &l->say);
	logchild_free(&l->child);
	if (l->outdir != -1)
		close(l->outdir);
	free(l->streams);
	free(l->spare);
	free(l);
}

pid_t
logger_pid(const struct logger *l)
{
	return l->child.process.pid;
}

void
logger_died(struct logger *l)
{
	logchild_died(&l->child);
}
