/*
 * logtell - what the log process owes the daemon.
 *
 * A daemon that does not listen must not stop the process: what does not fit
 * the socket is kept as bits in the stream.
 */
#include <sys/epoll.h>
#include <sys/param.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "output/logproc.h"

/* A tail is cut out of so much: its lines and their stamps. */
#define TAIL_READ (2 * MESSAGE_TAIL)

static int
reply(struct proc *p, const struct message_reply *r)
{
	const size_t len = offsetof(struct message_reply, tail) + r->len;

	if (p->alone || p->quit || message_send(p->sock.fd, r, len, -1) == 0)
		return 0;
	if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS &&
	    errno != ENOMEM)
		return 0;
	if (!p->blocked)
		loop_rewatch(p->loop, &p->sock, EPOLLIN | EPOLLOUT);
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
		n = logfile_read_end(&e->proc->sink.dir, &m->file, m->out.name,
		    buf, MIN((size_t)m->instance, sizeof(buf)));
	if (n == -1)
		return;
	r->has_tail = true;
	r->len = (uint32_t)loglines_tail(buf, (size_t)n, MESSAGE_TAIL_LINES,
	    MESSAGE_TAIL, m->out.timestamps);
	memcpy(r->tail, buf, r->len);
}

/* The first thing owed; cleared once it is told. */
static int
tell(struct entry *e)
{
	struct message_reply r = {.id = e->id};
	enum owed what = e->owed & -e->owed;

	memcpy(r.name, e->pumped.out.name, sizeof(r.name));
	switch (what) {
	case OWE_STUCK:
		r.type = MESSAGE_STUCK;
		r.err = e->err;
		break;
	case OWE_MENDED:
		r.type = MESSAGE_RECOVERED;
		break;
	case OWE_ENDED:
		r.type = MESSAGE_ENDED;
		r.end = e->end;
		put_tail(e, &r);
		break;
	case OWE_CLOSED:
		r.type = MESSAGE_CLOSE;
		break;
	}
	if (reply(e->proc, &r) == -1)
		return -1;
	if (what == OWE_ENDED)
		e->pumped.instance = 0;
	e->owed &= (uint8_t)~what;
	return 0;
}

void
logtell_all(struct proc *p)
{
	struct entry *e;

	while (!p->blocked && (e = TAILQ_FIRST(&p->owing)) != NULL) {
		while (e->owed != 0)
			if (tell(e) == -1)
				return;
		TAILQ_REMOVE(&p->owing, e, owing);
		if (e->closing && !e->pumped.ending)
			entry_free(e);
	}
}

void
logtell_owe(struct entry *e, enum owed what)
{
	if (e->owed == 0)
		TAILQ_INSERT_TAIL(&e->proc->owing, e, owing);
	e->owed |= (uint8_t)what;
}

void
logtell_revive(struct entry *e)
{
	if (e->owed == OWE_CLOSED)
		TAILQ_REMOVE(&e->proc->owing, e, owing);
	e->owed &= (uint8_t)~OWE_CLOSED;
}

void
logtell_once(struct proc *p, enum message_type type, struct message_id id,
    const char *name, int err)
{
	struct message_reply r = {.type = type, .id = id, .err = err};

	strlcpy(r.name, name, sizeof(r.name));
	reply(p, &r);
}
