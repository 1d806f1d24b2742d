/*
 * logproc - the "hupd: log" process: obeys the daemon and reports to it.
 *
 * It outlives a daemon that was killed, so that what programs print is not
 * lost, and then ends by itself when no program is left; the next daemon
 * ends it sooner.
 */
#include "output/logproc.h"

#include <sys/epoll.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/logproc.h"

/* So many messages are read in a turn, so that output has its turn too. */
#define ORDERS 64
/* Files kept open at most. */
#define FILES_MAX 256

static struct entry *
entry_find(const struct proc *p, struct message_id id)
{
	struct entry *e;

	if (id.index >= p->nentries || (e = p->entries[id.index]) == NULL)
		return NULL;
	return e->id.gen == id.gen ? e : NULL;
}

void
logproc_end_if_done(struct proc *p)
{
	if ((p->quit || p->alone) && p->open == 0 && !pump_busy(&p->pump))
		loop_end(p->loop);
}

void
entry_free(struct entry *e)
{
	struct proc *p = e->proc;

	if (e->owed != 0)
		TAILQ_REMOVE(&p->owing, e, owing);
	pump_remove(&e->pumped);
	p->entries[e->id.index] = NULL;
	p->open--;
	free(e);
	logproc_end_if_done(p);
}

static void
on_ended(struct pumped *m)
{
	struct entry *e = (struct entry *)m;

	logtell_owe(e, e->closing ? OWE_CLOSED : OWE_ENDED);
	logtell_all(e->proc);
}

static void
on_silent(struct pumped *m)
{
	struct entry *e = (struct entry *)m;

	/* A program of the next daemon's finds its FIFO anew. */
	if (e->proc->alone)
		entry_free(e);
}

static void
on_mended(struct pumped *m)
{
	struct entry *e = (struct entry *)m;

	logtell_owe(e, OWE_MENDED);
	logtell_all(e->proc);
}

static void
on_stuck(void *arg, struct pumped *m, const char *name, int err, bool again)
{
	const struct message_id none = {.index = LOGPROC_NO_STREAM};
	struct proc *p = arg;
	struct entry *e = (struct entry *)m;

	if ((err == ENOENT || err == ENOTDIR) &&
	    (m == NULL || m->out.to == LOG_TO_FILE))
		logtell_once(p, MESSAGE_NO_FOLDER, none, name, err);
	if (again || (m != NULL && m->told))
		return;
	if (m == NULL) {
		logtell_once(p, MESSAGE_STUCK, none, name, err);
		return;
	}
	m->told = true;
	e->err = err;
	logtell_owe(e, OWE_STUCK);
	logtell_all(p);
}

static void
on_lost(void *arg, int err)
{
	const struct message_id none = {.index = LOGPROC_NO_STREAM};

	logtell_once(arg, MESSAGE_LOST, none, "", err);
}

static void
on_retried(void *arg)
{
	logproc_end_if_done(arg);
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

static void
set(struct entry *e, const struct stream_conf *conf)
{
	struct pumped *m = &e->pumped;

	m->out.timestamps = conf->timestamps;
	m->out.limit = conf->size;
	m->out.keep = conf->keep;
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
	e->pumped.told = o->stuck;
	p->entries[o->id.index] = e;
	p->open++;
	return e;
}

/* The entry is new, or its stream was being closed and is opened again. */
static void
order_open(struct proc *p, const struct message_order *o, int fd)
{
	struct entry *e = NULL;

	if (o->id.index < p->nentries)
		e = p->entries[o->id.index];
	/* The daemon tries again. */
	if (fd == -1 || (e == NULL && (e = entry_new(p, o)) == NULL)) {
		logtell_once(p, MESSAGE_UNOPENED, o->id, o->name,
		    fd == -1 ? EMFILE : ENOMEM);
		if (fd != -1)
			close(fd);
		return;
	}
	logtell_revive(e);
	e->id = o->id;
	e->closing = false;
	set(e, &o->conf);
	pump_add(&p->pump, &e->pumped, fd);
}

static void
order_end(struct entry *e, bool close, bool want_tail, uint32_t end)
{
	e->closing = e->closing || close;
	e->want_tail = want_tail;
	e->end = end;
	pump_end(&e->pumped);
}

static void
order_quit(struct proc *p)
{
	p->quit = true;
	p->blocked = false;
	for (uint32_t i = 0; i < p->nentries; i++)
		if (p->entries[i] != NULL)
			order_end(p->entries[i], true, false, 0);
	logproc_end_if_done(p);
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
			set(e, &o->conf);
		break;
	case MESSAGE_ENDED:
	case MESSAGE_CLOSE:
		if (e != NULL)
			order_end(e, o->type == MESSAGE_CLOSE, o->want_tail,
			    o->end);
		break;
	case MESSAGE_RENEW:
		logfile_dir_renew(&p->sink.dir, fd);
		pump_retry(&p->pump);
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

/* Go on alone until no program can write any more. */
static void
daemon_gone(struct proc *p)
{
	struct entry *e;

	p->alone = true;
	p->blocked = false;
	loop_unwatch(p->loop, &p->sock);
	close(MESSAGE_SOCKET);
	for (uint32_t i = 0; i < p->nentries; i++)
		if ((e = p->entries[i]) != NULL &&
		    e->pumped.state == PUMP_SILENT)
			entry_free(e);
	logtell_all(p);
	logproc_end_if_done(p);
}

static void
sock_ready(struct source *s, uint32_t events)
{
	struct proc *p = s->arg;
	struct message_order o;
	ssize_t n;
	int fd;

	if (events & EPOLLOUT) {
		p->blocked = false;
		loop_rewatch(p->loop, s, EPOLLIN);
		logtell_all(p);
	}
	for (int i = 0; i < ORDERS; i++) {
		n = message_recv(MESSAGE_SOCKET, &o, sizeof(o), &fd);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == 0 || (n == -1 && errno == ECONNRESET)) {
			daemon_gone(p);
			return;
		}
		if (n == -1) {
			/* The daemon waits for us: the next has a new link. */
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

/* A descriptor for each FIFO: all that we may have. */
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
	    .mended = on_mended,
	    .lost = on_lost,
	    .retried = on_retried,
	    .arg = p,
	};
	sigset_t none;

	sigemptyset(&none);
	TAILQ_INIT(&p->owing);
	p->sock = (struct source){-1, sock_ready, p};
	logfile_dir_init(&p->sink.dir, MESSAGE_FOLDER, raise_limit());
	devlog_init(&p->sink.devlog, "/dev/log");
	p->sink.console = MESSAGE_CONSOLE;
	p->sink.journal = &p->journal;
	if (journal_open(&p->journal, MESSAGE_JOURNAL) == -1 ||
	    (p->loop = loop_new(&none, NULL, NULL)) == NULL ||
	    loop_watch(p->loop, &p->sock, MESSAGE_SOCKET, EPOLLIN) == -1)
		return -1;
	/* What is printed after an order must not be read before it. */
	loop_prefer(p->loop, &p->sock);
	return pump_init(&p->pump, p->loop, &p->sink, &calls);
}

int
logproc_main(int argc, char **argv)
{
	static struct proc proc; /* there is one in a process */
	struct proc *p = &proc;

	(void)argc;
	(void)argv;
	closefrom(MESSAGE_CONSOLE + 1);
	ignore_signals();
	prctl(PR_SET_NAME, LOGPROC_ARGV0);
	if (proc_init(p) == -1) {
		p->sock.fd = MESSAGE_SOCKET;
		logtell_once(p, MESSAGE_FAILED, (struct message_id){0}, "",
		    errno);
		return 1;
	}
	return loop_run(p->loop) == -1;
}
