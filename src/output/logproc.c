/*
 * logproc - the "hupd: log" process.
 *
 * A daemon that does not read must not stop this process: reports that the
 * socket does not take are kept as bits in the stream.
 */
#include "output/logproc.h"

#include <sys/epoll.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "output/confine.h"

/* Messages read in a turn, so that output has its turn too. */
#define ORDERS 64
/* Files kept open at most. */
#define FILES_MAX 256
/* A tail is cut out of this many bytes: its lines and their stamps. */
#define TAIL_READ (2 * MESSAGE_TAIL)
/* The index in a report on a batch whose stream is not open. */
#define NO_STREAM UINT32_MAX

/* Reports still to be sent to the daemon, in this order; bits. */
enum unsent {
	UNSENT_STUCK = 1,
	UNSENT_RECOVERED = 2,
	UNSENT_ENDED = 4,
	UNSENT_CLOSED = 8,
};

struct proc {
	struct loop *loop;
	struct source sock;
	struct source reports; /* while it is full */
	struct journal journal;
	struct pump pump;
	struct writer writer;
	struct entry **entries; /* by index */
	uint32_t nentries;
	uint32_t open;
	TAILQ_HEAD(, entry) owing; /* entries with unsent reports */
	bool blocked;		   /* the socket takes no more for now */
	bool alone;		   /* the daemon is gone */
	bool quit;
	bool renewed;  /* to be reported */
	bool confined; /* to the folder that it began with */
	int status;    /* its exit status */
};

static struct entry *
entry_find(const struct proc *p, struct message_id id)
{
	struct entry *e;

	if (id.index >= p->nentries || (e = p->entries[id.index]) == NULL)
		return NULL;
	return e->id.gen == id.gen ? e : NULL;
}

/* End the loop if nothing is left to do. */
static void
end_if_done(struct proc *p)
{
	if ((p->quit || p->alone) && p->open == 0 && !pump_is_busy(&p->pump))
		loop_end(p->loop);
}

/* Forget the stream. */
static void
entry_free(struct entry *e)
{
	struct proc *p = e->proc;

	if (e->unsent != 0)
		TAILQ_REMOVE(&p->owing, e, owing);
	pump_remove(&e->pumped);
	free(e->pumped.out.tag);
	p->entries[e->id.index] = NULL;
	p->open--;
	free(e);
	end_if_done(p);
}

static int
reply(struct proc *p, const struct message_reply *r)
{
	const size_t len = offsetof(struct message_reply, tail) + r->len;

	if (p->alone || p->quit || write(MESSAGE_REPORTS, r, len) != -1)
		return 0;
	if (errno != EAGAIN)
		return 0;
	if (p->reports.fd == -1 && p->loop != NULL)
		loop_watch(p->loop, &p->reports, MESSAGE_REPORTS, EPOLLOUT);
	p->blocked = true;
	return -1;
}

/* The last lines that this instance of the program has printed. */
static void
put_tail(struct entry *e, struct message_reply *r)
{
	struct pumped *m = &e->pumped;
	char buf[TAIL_READ];
	ssize_t n;

	if (!e->want_tail || m->out.to != LOG_TO_FILE)
		return;
	n = 0;
	if (m->instance > 0)
		n = logfile_read_end(&e->proc->writer.dir, &m->file,
		    m->out.name, buf, MIN((size_t)m->instance, sizeof(buf)));
	if (n == -1)
		return;
	r->has_tail = true;
	r->len = (uint32_t)loglines_tail(buf, (size_t)n, MESSAGE_TAIL_LINES,
	    MESSAGE_TAIL, m->out.timestamps);
	memcpy(r->tail, buf, r->len);
}

/* Send the first unsent report. */
static int
send_first(struct entry *e)
{
	struct message_reply r = {.id = e->id};
	enum unsent what = e->unsent & -e->unsent;

	memcpy(r.name, e->pumped.out.name, sizeof(r.name));
	switch (what) {
	case UNSENT_STUCK:
		r.type = MESSAGE_STUCK;
		r.err = e->err;
		break;
	case UNSENT_RECOVERED:
		r.type = MESSAGE_RECOVERED;
		break;
	case UNSENT_ENDED:
		r.type = MESSAGE_ENDED;
		r.end = e->end;
		put_tail(e, &r);
		break;
	case UNSENT_CLOSED:
		r.type = MESSAGE_CLOSE;
		break;
	}
	if (reply(e->proc, &r) == -1)
		return -1;
	if (what == UNSENT_ENDED)
		e->pumped.instance = 0;
	e->unsent &= (uint8_t)~what;
	return 0;
}

/* Send unsent reports, as many as the socket takes. */
static void
send_reports(struct proc *p)
{
	static const struct message_reply renewed = {.type = MESSAGE_RENEW};
	struct entry *e;
	bool closed;

	while (!p->blocked && (e = TAILQ_FIRST(&p->owing)) != NULL) {
		closed = (e->unsent & UNSENT_CLOSED) != 0;
		while (e->unsent != 0)
			if (send_first(e) == -1)
				return;
		TAILQ_REMOVE(&p->owing, e, owing);
		if (closed)
			entry_free(e);
	}
	if (!p->blocked && p->renewed)
		p->renewed = reply(p, &renewed) == -1;
}

/* Report as soon as the socket takes it; a closed stream is forgotten then. */
static void
report(struct entry *e, uint8_t what)
{
	if (e->unsent == 0 && what != 0)
		TAILQ_INSERT_TAIL(&e->proc->owing, e, owing);
	e->unsent |= what;
	send_reports(e->proc);
}

/* The stream is in use again: do not report its close. */
static void
withdraw_close(struct entry *e)
{
	if (e->unsent == UNSENT_CLOSED)
		TAILQ_REMOVE(&e->proc->owing, e, owing);
	e->unsent &= (uint8_t)~UNSENT_CLOSED;
}

/* Send a report now, or never if the socket is full. */
static void
report_once(struct proc *p, enum message_type type, struct message_id id,
    const char *name, int err)
{
	struct message_reply r = {.type = type, .id = id, .err = err};

	strlcpy(r.name, name, sizeof(r.name));
	reply(p, &r);
}

static void
on_ended(struct pumped *m)
{
	struct entry *e = (struct entry *)m;

	uint8_t what = 0;

	if (e->end_due)
		what |= UNSENT_ENDED;
	if (e->closing && (!e->draining || m->state == PUMP_SILENT))
		what |= UNSENT_CLOSED;
	e->end_due = false;
	report(e, what);
}

static void
on_silent(struct pumped *m)
{
	struct entry *e = (struct entry *)m;

	/* The next daemon opens the FIFO again for its program. */
	if (e->proc->alone)
		entry_free(e);
	else if (e->draining)
		pump_end(m, UINT32_MAX);
}

static void
on_recovered(struct pumped *m)
{
	struct entry *e = (struct entry *)m;

	report(e, UNSENT_RECOVERED);
}

static void
on_stuck(void *arg, struct pumped *m, const char *name, int err, bool again)
{
	const struct message_id none = {.index = NO_STREAM};
	struct proc *p = arg;
	struct entry *e = (struct entry *)m;

	if ((err == ENOENT || err == ENOTDIR) &&
	    (m == NULL || m->out.to == LOG_TO_FILE))
		report_once(p, MESSAGE_NO_FOLDER, none, name, err);
	if (again)
		return;
	if (m == NULL) {
		report_once(p, MESSAGE_STUCK, none, name, err);
		return;
	}
	m->reported = true;
	e->err = err;
	report(e, UNSENT_STUCK);
}

static void
on_lost(void *arg, int err)
{
	const struct message_id none = {.index = NO_STREAM};

	report_once(arg, MESSAGE_LOST, none, "", err);
}

/* Each stream, or those that are reported as stuck. */
static void
check_streams(struct proc *p, bool all)
{
	struct entry *e;

	for (uint32_t i = 0; i < p->nentries; i++)
		if ((e = p->entries[i]) != NULL && (all || e->pumped.reported))
			pump_check(&e->pumped);
}

static void
on_retried(void *arg)
{
	check_streams(arg, false);
	end_if_done(arg);
}

static bool
make_room(struct proc *p, uint32_t index)
{
	struct entry **grown;
	uint32_t n = p->nentries;

	if (index < n)
		return true;
	while (n <= index)
		n = n == 0 ? 64 : 2 * n;
	grown = recallocarray(p->entries, p->nentries, n, sizeof(*grown));
	if (grown == NULL)
		return false;
	p->entries = grown;
	p->nentries = n;
	return true;
}

/* Without memory for its tag, the lines have the name. */
static void
set(struct entry *e, const struct message_order *o)
{
	const struct stream_conf *conf = &o->conf;
	struct pumped *m = &e->pumped;

	free(m->out.tag);
	m->out.tag = o->tag[0] != '\0' ? strdup(o->tag) : NULL;
	m->out.timestamps = conf->timestamps;
	m->out.limit = conf->size;
	m->out.keep = conf->keep;
	m->out.prefix = conf->prefix;
	if (m->pump != NULL)
		pump_adjust(m, conf->to);
	m->out.to = conf->to;
}

static struct entry *
entry_new(struct proc *p, const struct message_order *o)
{
	struct entry *e;

	if (!make_room(p, o->id.index) || (e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	e->proc = p;
	memcpy(e->pumped.out.name, o->name, sizeof(e->pumped.out.name));
	e->pumped.reported = o->stuck;
	p->entries[o->id.index] = e;
	p->open++;
	return e;
}

/* The stream is new, or it was being closed and is opened again. */
static void
order_open(struct proc *p, const struct message_order *o, int fd)
{
	struct entry *e = NULL;

	if (o->id.index < p->nentries)
		e = p->entries[o->id.index];
	/* The daemon retries. */
	if (fd == -1 || (e == NULL && (e = entry_new(p, o)) == NULL)) {
		report_once(p, MESSAGE_UNOPENED, o->id, o->name,
		    fd == -1 ? EMFILE : ENOMEM);
		if (fd != -1)
			close(fd);
		return;
	}
	withdraw_close(e);
	e->id = o->id;
	e->closing = e->draining = false;
	set(e, o);
	pump_add(&p->pump, &e->pumped, fd);
}

static void
order_end(struct entry *e, bool want_tail, uint32_t end, uint32_t left)
{
	e->want_tail = want_tail;
	e->end = end;
	e->end_due = true;
	pump_end(&e->pumped, left);
}

static void
order_close(struct entry *e, uint32_t left)
{
	e->closing = true;
	e->draining = false;
	pump_end(&e->pumped, left);
}

static void
order_drain(struct entry *e)
{
	e->closing = e->draining = true;
	if (e->pumped.state == PUMP_SILENT)
		pump_end(&e->pumped, UINT32_MAX);
}

static void
order_quit(struct proc *p)
{
	p->quit = true;
	p->blocked = false;
	for (uint32_t i = 0; i < p->nentries; i++)
		if (p->entries[i] != NULL)
			order_close(p->entries[i], UINT32_MAX);
	pump_hurry(&p->pump);
	end_if_done(p);
}

static bool
is_same_file(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	    sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/*
 * A confined process can neither use another folder nor read the time zone.  A
 * successor can; the journal has the output that is not written yet.
 */
static int
renew_status(const struct proc *p, bool zone, int fd)
{
	if (!p->confined)
		return 0;
	if (fd != -1 && !is_same_file(fd, p->writer.dir.fd))
		return LOGPROC_OTHER_FOLDER;
	return zone ? LOGPROC_OTHER_ZONE : 0;
}

static void
order_renew(struct proc *p, bool zone, int fd)
{
	p->status = renew_status(p, zone, fd);
	if (p->status != 0) {
		if (fd != -1)
			close(fd);
		loop_end(p->loop);
		return;
	}
	if (zone)
		clock_reread_zone();
	logfile_dir_renew(&p->writer.dir, fd);
	pump_retry(&p->pump);
	check_streams(p, true);
	p->renewed = true;
	send_reports(p);
}

static void
obey(struct proc *p, const struct message_order *o, int fd)
{
	struct entry *e = entry_find(p, o->id);

	switch (o->type) {
	case MESSAGE_OPEN:
		order_open(p, o, fd);
		return;
	case MESSAGE_SET:
		if (e != NULL)
			set(e, o);
		break;
	case MESSAGE_ENDED:
		if (e != NULL)
			order_end(e, o->want_tail, o->end, o->left);
		break;
	case MESSAGE_CLOSE:
		if (e != NULL)
			order_close(e, o->left);
		break;
	case MESSAGE_DRAIN:
		if (e != NULL)
			order_drain(e);
		break;
	case MESSAGE_RENEW:
		order_renew(p, o->zone, fd);
		return;
	case MESSAGE_QUIT:
		order_quit(p);
		break;
	case MESSAGE_STUCK:
	case MESSAGE_RECOVERED:
	case MESSAGE_UNOPENED:
	case MESSAGE_NO_FOLDER:
	case MESSAGE_FAILED:
	case MESSAGE_LOST:
		break;
	}
	if (fd != -1)
		close(fd);
}

/* Continue alone until no program can write any more. */
static void
daemon_gone(struct proc *p)
{
	struct entry *e;

	p->alone = true;
	p->blocked = false;
	loop_unwatch(p->loop, &p->sock);
	loop_unwatch(p->loop, &p->reports);
	close(MESSAGE_SOCKET);
	close(MESSAGE_REPORTS);
	for (uint32_t i = 0; i < p->nentries; i++)
		if ((e = p->entries[i]) != NULL &&
		    e->pumped.state == PUMP_SILENT)
			entry_free(e);
	send_reports(p);
	end_if_done(p);
}

static void
reports_ready(struct source *s, uint32_t events)
{
	struct proc *p = s->arg;

	(void)events;
	loop_unwatch(p->loop, s);
	p->blocked = false;
	send_reports(p);
}

static void
sock_ready(struct source *s, uint32_t events)
{
	struct proc *p = s->arg;
	struct message_order o;
	ssize_t n;
	int fd;

	(void)events;
	for (int i = 0; i < ORDERS; i++) {
		n = message_recv(MESSAGE_SOCKET, &o, sizeof(o), &fd);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == 0 || (n == -1 && errno == ECONNRESET)) {
			daemon_gone(p);
			return;
		}
		if (n == -1) {
			/* The daemon starts a successor, with a new socket. */
			loop_end(p->loop);
			return;
		}
		if (n == sizeof(o))
			obey(p, &o, fd);
		else if (fd != -1)
			close(fd);
	}
}

static void
ignore_signals(void)
{
	static const int sigs[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1,
	    SIGUSR2, SIGPIPE, SIGXFSZ, SIGTTOU, SIGTSTP};

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		signal(sigs[i], SIG_IGN);
}

/* Each FIFO needs a descriptor: take as many as are allowed. */
static unsigned
raise_limit(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return 16;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	return (unsigned)MAX(16, MIN(FILES_MAX, rl.rlim_max / 4));
}

static int
proc_init(struct proc *p)
{
	const struct pump_calls calls = {
	    .ended = on_ended,
	    .silent = on_silent,
	    .stuck = on_stuck,
	    .recovered = on_recovered,
	    .lost = on_lost,
	    .retried = on_retried,
	    .arg = p,
	};
	const unsigned files = raise_limit();
	sigset_t none;

	/* Read the time zone, which is not in the log folder. */
	tzset();
	p->confined = confine_process(MESSAGE_FOLDER);
	sigemptyset(&none);
	TAILQ_INIT(&p->owing);
	p->sock = (struct source){-1, sock_ready, p};
	p->reports = (struct source){-1, reports_ready, p};
	writer_init(&p->writer, &p->journal, MESSAGE_FOLDER, files,
	    MESSAGE_CONSOLE, DEVLOG_PATH);
	if (journal_open(&p->journal, MESSAGE_JOURNAL) == -1 ||
	    (p->loop = loop_new(&none, NULL, NULL)) == NULL ||
	    loop_watch(p->loop, &p->sock, MESSAGE_SOCKET, EPOLLIN) == -1)
		return -1;
	/* Read an order before the output that is printed after it. */
	loop_prefer(p->loop, &p->sock);
	return pump_init(&p->pump, p->loop, &p->writer, &calls);
}

int
logproc_main(int argc, char **argv)
{
	static struct proc proc; /* large; one in a process */
	struct proc *p = &proc;

	(void)argc;
	(void)argv;
	closefrom(MESSAGE_REPORTS + 1);
	ignore_signals();
	prctl(PR_SET_NAME, LOGPROC_ARGV0);
	if (proc_init(p) == -1) {
		report_once(p, MESSAGE_FAILED, (struct message_id){0}, "",
		    errno);
		return 1;
	}
	if (loop_run(p->loop) == -1)
		return 1;
	return p->status;
}
