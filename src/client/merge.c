/*
 * merge - print the lines of several logs in the order of their times.
 *
 * A cursor stands at a line of a log that is to be printed.  A heap holds the
 * cursors that have such a line, by its time.  Where lines are selected, a
 * cursor looks for the next in its whole buffer, so that only lines that are
 * printed cost more than to be read.
 */
#include <sys/inotify.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/stamp.h"
#include "client/merge.h"
#include "client/present.h"
#include "client/walk.h"

/* The buffers of all logs together, and of one, in bytes. */
#define BUFFERS ((size_t)64 * 1024 * 1024)
#define BUFFER_MAX ((size_t)256 * 1024)
#define BUFFER_MIN ((size_t)4096)
/* Milliseconds between two looks where the kernel does not notify. */
#define POLL_MS 1000

struct cursor {
	const struct merge_log *log;
	struct walk walk;
	char *buf;
	size_t at; /* what is in the buffer and not looked at yet */
	size_t end;
	/* The line, or the part of it, at which the cursor stands. */
	const char *part;
	size_t len;
	int64_t time;	 /* of the line; INT64_MIN: not known yet */
	size_t stamp;	 /* the length of its stamp */
	bool begins;	 /* the part is the first of its line */
	bool inside;	 /* the next part is of the same line */
	bool is_dropped; /* there are enough lines after it */
	bool over;	 /* nothing more of it is to be printed */
	bool queued;	 /* in the heap */
	bool changed;	 /* there may be more than was read */
	int watch;	 /* of the file that is read; -1: none */
};

struct merge {
	const struct merge_conf *conf;
	struct emit *emit;
	struct cursor *v;
	size_t n;
	size_t size;  /* of a buffer */
	bool whole;   /* print all of one log: lines do not matter */
	int64_t skip; /* lines to drop before the first that is printed */
	const struct ctl *ctl;
	int *status;
	const struct cursor *last; /* of which a part was printed */
	struct cursor **heap;
	size_t heaped;
	int notify; /* what wakes us */
	int folder; /* its watch of the folder; -1: none */
};

static bool
is_before(const struct cursor *a, const struct cursor *b)
{
	return a->time != b->time ? a->time < b->time : a < b;
}

static void
sift_down(struct merge *m, size_t i)
{
	struct cursor *c = m->heap[i];
	size_t child;

	while ((child = 2 * i + 1) < m->heaped) {
		if (child + 1 < m->heaped &&
		    is_before(m->heap[child + 1], m->heap[child]))
			child++;
		if (!is_before(m->heap[child], c))
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = c;
}

static void
push(struct merge *m, struct cursor *c)
{
	size_t i = m->heaped++;

	c->queued = true;
	for (; i > 0 && is_before(c, m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		m->heap[i] = m->heap[(i - 1) / 2];
	m->heap[i] = c;
}

static void
pop(struct merge *m)
{
	m->heap[0]->queued = false;
	m->heap[0] = m->heap[--m->heaped];
	if (m->heaped > 0)
		sift_down(m, 0);
}

static void
stop(struct cursor *c)
{
	walk_close(&c->walk);
	free(c->buf);
	c->buf = NULL;
	c->at = c->end = 0;
	c->over = true;
}

/* Name a log that cannot be read; the others are printed. */
static void
give_up(struct merge *m, struct cursor *c)
{
	*m->status = present_fail_errno(m->ctl, c->log->path);
	stop(c);
}

/* Go to where the first line to look at may be. */
static int
find_start(const struct merge *m, struct cursor *c)
{
	const struct merge_conf *conf = m->conf;

	if (c->log->untimed)
		return walk_to_last(&c->walk, 0);
	if (conf->search == NULL && conf->since == INT64_MIN &&
	    conf->until == INT64_MAX && conf->lines < INT64_MAX)
		return walk_to_last(&c->walk, conf->lines);
	return walk_to_time(&c->walk, conf->since);
}

static void
start(struct merge *m, struct cursor *c)
{
	const struct merge_log *log = c->log;

	*c = (struct cursor){.log = log,
	    .time = INT64_MIN,
	    .changed = true,
	    .watch = -1};
	walk_init(&c->walk, log->path);
	/* The regexec(3) of sanitizers does not know REG_STARTEND: end it. */
	if ((c->buf = malloc(m->size + 1)) != NULL)
		c->buf[m->size] = '\0';
	if (c->buf == NULL || find_start(m, c) == -1)
		give_up(m, c);
}

/* Does the line begin at a place where its time decides? */
static bool
is_in_time(const struct merge *m, const struct cursor *c)
{
	return c->log->untimed ||
	    (c->time >= m->conf->since && c->time <= m->conf->until);
}

/*
 * Go over what cannot match.  False: all that is complete, or all if the buffer
 * is full.
 */
static bool
skip(const struct merge *m, struct cursor *c)
{
	const char *from = c->buf + c->at, *to, *hit, *line;
	size_t n = c->end - c->at;

	if (m->conf->search == NULL)
		return true;
	hit = search_skip(m->conf->search, from, n);
	to = hit != NULL ? hit : from + n;
	line = memrchr(from, '\n', (size_t)(to - from));
	if (line != NULL) {
		c->inside = false;
		c->at = (size_t)(line + 1 - c->buf);
	}
	return hit != NULL;
}

/* Note the part at which the cursor stands, n bytes, and its time. */
static void
stand(struct cursor *c, size_t n)
{
	c->part = c->buf + c->at;
	c->len = n;
	c->begins = !c->inside;
	c->stamp = 0;
	if (c->begins)
		c->stamp = stamp_parse(c->part, n, &c->time);
	c->inside = c->part[n - 1] != '\n';
	c->at += n;
}

static bool
is_wanted(const struct merge *m, const struct cursor *c)
{
	size_t n = c->len - c->stamp;

	if (!is_in_time(m, c))
		return false;
	if (m->conf->search == NULL)
		return true;
	if (c->part[c->len - 1] == '\n')
		n--;
	return search_matches(m->conf->search, c->part + c->stamp, n);
}

static bool
is_full(const struct merge *m, const struct cursor *c)
{
	return c->end - c->at == m->size;
}

/*
 * Stand at the next part in the buffer that is to be printed.  all: an
 * unfinished line counts, as it does if it fills the buffer.  False: no such
 * part.
 */
static bool
take(const struct merge *m, struct cursor *c, bool all)
{
	const char *newline;

	while (c->at < c->end && skip(m, c)) {
		newline = NULL;
		if (!m->whole)
			newline = memchr(c->buf + c->at, '\n', c->end - c->at);
		if (newline == NULL && !all && !m->whole && !is_full(m, c))
			return false;
		stand(c,
		    newline != NULL ? (size_t)(newline + 1 - c->buf) - c->at
				    : c->end - c->at);
		if (c->time > m->conf->until && !c->log->untimed)
			c->over = true;
		else if (m->whole || is_wanted(m, c))
			return true;
	}
	return false;
}

/* Read more behind what is left.  0: that is all for now; -1 with errno. */
static ssize_t
fill(const struct merge *m, struct cursor *c)
{
	ssize_t n;

	memmove(c->buf, c->buf + c->at, c->end - c->at);
	c->end -= c->at;
	c->at = 0;
	n = walk_read(&c->walk, c->buf + c->end, m->size - c->end);
	if (n > 0)
		c->end += (size_t)n;
	return n;
}

/* Stand at the next part that is to be printed.  False: none is known now. */
static bool
advance(struct merge *m, struct cursor *c)
{
	bool all = false;
	ssize_t n;

	while (!c->over) {
		if (take(m, c, all))
			return true;
		if (all || c->over)
			break;
		/* Nothing in a full buffer is worth to be kept. */
		if (is_full(m, c)) {
			c->inside = true;
			c->at = c->end;
		}
		if ((n = fill(m, c)) == -1) {
			give_up(m, c);
			return false;
		}
		if (n == 0 && m->conf->follow)
			break;
		all = n == 0;
	}
	c->changed = false;
	if (!m->conf->follow || c->over)
		stop(c);
	return false;
}

static void
print(struct merge *m, struct cursor *c)
{
	struct emit *emit = m->emit;
	size_t stamp = emit->form == EMIT_JSON ? c->stamp : 0;

	if (c->begins) {
		c->is_dropped = m->skip > 0;
		m->skip -= c->is_dropped;
	}
	if (c->is_dropped)
		return;
	/* The rest of its line has not been written yet. */
	if (m->last != c)
		emit_end(emit);
	m->last = c;
	emit->head = c->log->head;
	if (c->stamp > 0) {
		emit->head.time = c->part;
		emit->head.timelen = c->stamp - 1;
	}
	emit_bytes(emit, c->part + stamp, c->len - stamp);
}

/*
 * Print until no cursor has a line.  A line without a time of its own follows
 * the one before it.
 */
static int
print_heaped(struct merge *m)
{
	struct cursor *c;
	bool more;

	while (m->heaped > 0) {
		c = m->heap[0];
		do {
			print(m, c);
			if (ferror(m->emit->f))
				return -1;
			more = advance(m, c);
		} while (more && c->stamp == 0);
		if (more)
			sift_down(m, 0);
		else
			pop(m);
	}
	return 0;
}

/* Print all lines that are complete now. */
static int
print_changed(struct merge *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].changed && advance(m, &m->v[i]))
			push(m, &m->v[i]);
	return print_heaped(m);
}

/* How many lines would be printed without a limit? */
static int64_t
count(struct merge *m)
{
	int64_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct cursor *c = &m->v[i];

		if (c->log->untimed)
			continue;
		start(m, c);
		while (advance(m, c))
			n += c->begins;
		stop(c);
	}
	return n;
}

/*
 * Watch the folder for new files, and each file for new bytes.  The folder of
 * that name may be another one by now; for the same one this does nothing.
 * True: a file is watched that may have changed before.
 */
static bool
watch(struct merge *m)
{
	char dir[PATH_MAX], self[64];
	bool any = false;
	int wd = -1;

	if (m->notify != -1 &&
	    strlcpy(dir, m->v[0].log->path, sizeof(dir)) < sizeof(dir))
		wd = inotify_add_watch(m->notify, dirname(dir),
		    IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF);
	if (m->folder != -1 && m->folder != wd)
		inotify_rm_watch(m->notify, m->folder);
	m->folder = wd;
	for (size_t i = 0; i < m->n; i++) {
		struct cursor *c = &m->v[i];

		if (!c->walk.entered)
			continue;
		c->walk.entered = false;
		if (c->watch != -1)
			inotify_rm_watch(m->notify, c->watch);
		c->watch = -1;
		if (c->walk.fd == -1)
			continue;
		snprintf(self, sizeof(self), "/proc/self/fd/%d", c->walk.fd);
		c->watch =
		    inotify_add_watch(m->notify, self, IN_MODIFY | IN_ATTRIB);
		c->changed = any = true;
	}
	return any;
}

/*
 * The kernel does not notify of more bytes: no watch could be made, or
 * the file was removed, maybe with its folder.  The kernel reports the end of
 * a folder only once no file of it is open.
 */
static bool
is_blind(const struct merge *m, const struct cursor *c)
{
	struct stat st;

	if (c->over)
		return false;
	if (m->notify == -1 || m->folder == -1)
		return true;
	return c->walk.fd != -1 &&
	    (c->watch == -1 || fstat(c->walk.fd, &st) == -1 ||
		st.st_nlink == 0);
}

/* Look at the cursors that nothing would wake.  Returns whether some exist. */
static bool
look_blindly(struct merge *m)
{
	bool any = false;

	for (size_t i = 0; i < m->n; i++)
		if (is_blind(m, &m->v[i]))
			m->v[i].changed = any = true;
	return any;
}

/* wd -1: all files, because some may have been moved, or events lost. */
static void
mark(struct merge *m, int wd)
{
	for (size_t i = 0; i < m->n; i++)
		if (wd == -1 || m->v[i].watch == wd)
			m->v[i].changed = !m->v[i].over;
}

static void
read_events(struct merge *m)
{
	char buf[16384] __attribute__((aligned(8)));
	const struct inotify_event *event;
	ssize_t n, at;

	while ((n = read(m->notify, buf, sizeof(buf))) > 0)
		for (at = 0; at < n;
		     at += (ssize_t)(sizeof(*event) + event->len)) {
			event = (const void *)(buf + at);
			mark(m, event->wd == m->folder ? -1 : event->wd);
		}
}

/* Wait until there may be more.  -1: nobody reads what we print. */
static int
wait_for_more(struct merge *m)
{
	struct pollfd fds[2] = {{.fd = STDOUT_FILENO},
	    {.fd = m->notify, .events = POLLIN}};

	if (poll(fds, 2, look_blindly(m) ? POLL_MS : -1) == -1)
		return errno == EINTR ? 0 : -1;
	if ((fds[0].revents & (POLLERR | POLLHUP)) != 0) {
		raise(SIGPIPE);
		errno = EPIPE;
		return -1;
	}
	if ((fds[1].revents & POLLIN) != 0)
		read_events(m);
	return 0;
}

/* Bytes from before the watch are read after it; later bytes wake us. */
static int
follow(struct merge *m)
{
	m->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	for (;;) {
		watch(m);
		if (print_changed(m) == -1 || fflush(m->emit->f) == EOF)
			return -1;
		if (!watch(m) && wait_for_more(m) == -1)
			return -1;
	}
}

/* Each log needs up to three descriptors. */
static void
raise_limit(size_t n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = MIN(limit.rlim_max, MAX(limit.rlim_cur, 3 * n + 64));
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* With several logs: how many lines are before the last ones? */
static int64_t
count_surplus(struct merge *m)
{
	const int64_t lines = m->conf->lines;
	int64_t all;

	if (lines == INT64_MAX ||
	    (m->n == 1 && m->conf->search == NULL &&
		m->conf->since == INT64_MIN && m->conf->until == INT64_MAX))
		return 0;
	all = count(m);
	return all > lines ? all - lines : 0;
}

static int
print_all(struct merge *m)
{
	m->skip = count_surplus(m);
	for (size_t i = 0; i < m->n; i++)
		start(m, &m->v[i]);
	return m->conf->follow ? follow(m) : print_changed(m);
}

int
merge_print(const struct ctl *ctl, const struct merge_conf *conf,
    const struct merge_log *logs, size_t n, struct emit *emit, int *status)
{
	struct merge m = {.conf = conf,
	    .emit = emit,
	    .n = n,
	    .size = MAX(BUFFER_MIN, MIN(BUFFER_MAX, BUFFERS / n)),
	    .ctl = ctl,
	    .status = status,
	    .notify = -1,
	    .folder = -1};
	int error = -1;

	m.whole = n == 1 && emit->form != EMIT_JSON && conf->search == NULL &&
	    conf->since == INT64_MIN && conf->until == INT64_MAX;
	raise_limit(n);
	m.v = calloc(n, sizeof(*m.v));
	m.heap = calloc(n, sizeof(struct cursor *));
	if (m.v != NULL && m.heap != NULL) {
		for (size_t i = 0; i < n; i++)
			m.v[i].log = &logs[i];
		error = print_all(&m);
		for (size_t i = 0; i < n; i++)
			stop(&m.v[i]);
	}
	emit_end(emit);
	if (m.notify != -1)
		close(m.notify);
	free(m.v);
	free(m.heap);
	return error;
}
