/*
 * progrecord - one program to its record, and back: what an earlier daemon
 * left is taken over without the program noticing.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/orphan.h"
#include "program/program_int.h"

/* So often, and so many ms each time, is a new process looked at. */
#define YOUNG_TRIES 100
#define YOUNG_WAIT 10

static struct record_slot *
slot_of(const struct program *p)
{
	return p->slot == -1 ? NULL
			     : record_slot(p->programs->records, p->slot);
}

/* In this order, for whoever finds the slot when SIGKILL has come between. */
#define STORE(field, value) __atomic_store_n(&(field), value, __ATOMIC_RELEASE)

/* What is known of a former process must not be taken for that of the next. */
static void
forget_process(struct record_slot *s)
{
	STORE(s->pidfd, -1);
	STORE(s->pid, 0);
	STORE(s->start_time, 0);
}

volatile int32_t *
record_pid(struct program *p)
{
	struct record_slot *s = slot_of(p);

	if (s == NULL)
		return NULL;
	forget_process(s);
	STORE(s->run, p->run);
	return &s->pid;
}

void
record_main(struct program *p, pid_t pid)
{
	struct record_slot *s = slot_of(p);

	if (s == NULL)
		return;
	if (s->pid != pid)
		forget_process(s);
	if (pid == 0)
		return;
	STORE(s->pid, pid);
	STORE(s->start_time, process_start_time(pid));
	STORE(s->pidfd, p->child.pidfd);
}

void
record_set_due(struct program *p, bool due)
{
	struct record_slot *s = slot_of(p);

	if (s != NULL)
		STORE(s->due, due);
}

bool
record_is_due(const struct program *p)
{
	const struct record_slot *s = slot_of(p);

	return s != NULL && s->due != 0;
}

void
record_note(struct program *p)
{
	struct record_slot *s = slot_of(p);
	const struct program_end *e = &p->end;

	if (s == NULL)
		return;
	s->state = (uint8_t)p->state;
	s->want = (uint8_t)p->want;
	s->leader = p->leader;
	s->end_kind = (uint8_t)e->kind;
	s->end_late = (uint8_t)e->late;
	s->end_known = e->process.known;
	s->end_signal = e->process.signal;
	s->end_core = e->process.core;
	s->end_code = e->process.code;
	s->end_stage = (int32_t)e->error.stage;
	s->end_which = e->error.which;
	s->end_err = e->error.err;
	s->end_at = e->at;
	s->since = p->since.ns;
	s->started = p->started.ns;
	s->started_at = p->started_at;
	s->delay = p->delay;
	s->restarts = p->restarts;
	s->quick = p->backoff.quick;
	s->ready_fd = p->ready.fd;
	s->env_digest = p->conf->env_digest;
	s->failed_checks = health_failures(p);
	strlcpy(s->status, p->status != NULL ? p->status : "",
	    sizeof(s->status));
}

/* As waitid(2) tells it. */
static bool
is_end_sound(const struct record_slot *s)
{
	return s->end_kind <= END_ENV && s->end_late <= LATE_UNHEALTHY &&
	    s->end_stage >= 0 && s->end_stage <= SPAWN_EXEC &&
	    s->end_code >= 0 &&
	    s->end_code <= (s->end_signal ? SIGRTMAX : UINT8_MAX) &&
	    (s->end_code > 0 || !s->end_signal);
}

/* What is stored is checked like input: the file may be damaged. */
static bool
read_slot(struct program *p, const struct record_slot *s)
{
	if (s->state >= PROGRAM_STATES || s->want >= PROGRAM_WANTS ||
	    !is_end_sound(s) || s->pid < 0 || s->delay < 0)
		return false;
	p->state = (enum program_state)s->state;
	p->want = (enum program_want)s->want;
	p->leader = s->leader != 0;
	p->was_ready = p->state == STATE_UP;
	if (s->run != 0) /* else it was never started, and keeps its own */
		p->run = s->run;
	p->end.kind = (enum program_end_kind)s->end_kind;
	p->end.late = (enum program_late)s->end_late;
	p->end.process.known = s->end_known != 0;
	p->end.process.signal = s->end_signal != 0;
	p->end.process.core = s->end_core != 0;
	p->end.process.code = s->end_code;
	p->end.error.stage = (enum spawn_stage)s->end_stage;
	p->end.error.which = 0;
	p->end.error.err = s->end_err;
	p->end.at = s->end_at;
	p->since.ns = s->since;
	p->started.ns = s->started;
	p->started_at = s->started_at;
	p->delay = s->delay;
	p->restarts = s->restarts;
	p->backoff.quick = s->quick;
	health_restore(p, s->failed_checks);
	/* Of the files as they were: a change since then is still to come. */
	p->conf->env_digest = s->env_digest;
	if (s->status[0] != '\0')
		p->status = strndup(s->status, sizeof(s->status) - 1);
	return true;
}

/* The daemon was killed while, or just after, it made the process. */
static bool
is_young(const struct record_slot *s)
{
	return s->start_time == 0;
}

/*
 * By the mark in its environment, which so young a program has not
 * overwritten.  It has none until it is executed, which it will be soon.
 */
static bool
gets_mark(const struct record_slot *s, int pidfd)
{
	struct pollfd pfd = {.fd = pidfd, .events = POLLIN};
	uint64_t run;
	int tries;

	for (tries = 0; tries < YOUNG_TRIES; tries++) {
		if (orphan_mark(s->pid, &run) && run == s->run)
			return true;
		if (poll(&pfd, 1, YOUNG_WAIT) == 1)
			return false;
	}
	return false;
}

/* Is the pid still the process that was recorded? */
static bool
is_the_same(const struct record_slot *s, int pidfd)
{
	if (is_young(s))
		return gets_mark(s, pidfd);
	return process_start_time(s->pid) == s->start_time;
}

/*
 * A pidfd of the process: the one that was inherited is beyond doubt, and
 * knows how the process ended even after it was reaped.  Otherwise look at
 * the process through a new one, so that it cannot change meanwhile.
 */
static int
hold(const struct record_slot *s, bool inherited)
{
	int fd;

	if (inherited && s->pidfd != -1 &&
	    fcntl(s->pidfd, F_SETFD, FD_CLOEXEC) == 0)
		return s->pidfd;
	fd = process_open(s->pid);
	if (fd == -1)
		return -1;
	if (is_the_same(s, fd))
		return fd;
	close(fd);
	return -1;
}

static void
resume_ready(struct program *p, const struct record_slot *s, bool inherited)
{
	if (p->state != STATE_STARTING)
		return;
	if (inherited && p->conf->ready == READY_NOTIFY)
		return; /* the socket went on listening */
	if (inherited && p->conf->ready == READY_FD && s->ready_fd != -1 &&
	    fcntl(s->ready_fd, F_SETFD, FD_CLOEXEC) == 0) {
		if (loop_watch(p->programs->loop, &p->ready, s->ready_fd,
			EPOLLIN) == 0)
			return;
		close(s->ready_fd);
	}
	/* With READY_STARTED it was about to be executed, and has been. */
	if (p->conf->ready != READY_STARTED)
		log_info("%s: its readiness went unheard, it is taken for "
			 "ready",
		    p->conf->name);
	p->state = STATE_UP;
}

/* It was made, and that is all that is recorded of it. */
static void
begin_young(struct program *p)
{
	p->state = p->conf->ready == READY_STARTED ? STATE_UP : STATE_STARTING;
	p->want = WANT_RUN;
	p->leader = true;
	p->since = p->started = loop_now(p->programs->loop);
	p->started_at = clock_wall().tv_sec;
}

/* The process is there, or was until now: hold it. */
static void
attach(struct program *p, const struct record_slot *s, int pidfd,
    bool inherited)
{
	p->child.pid = s->pid;
	p->child.pidfd = pidfd;
	programs_add_pid(p);
	if (is_young(s))
		begin_young(p);
	resume_ready(p, s, inherited);
}

bool
takeover_one(struct program *p, int slot, bool inherited)
{
	const struct record_slot *s = record_slot(p->programs->records, slot);
	int pidfd;

	if (programs_has_pid(p->programs, s->pid) || !read_slot(p, s)) {
		log_warnx("%s: its record is damaged", p->conf->name);
		return false;
	}
	p->slot = slot;
	if (s->pid != 0 && (pidfd = hold(s, inherited)) != -1)
		attach(p, s, pidfd, inherited);
	if (fsm_is_alive(p->state))
		p->programs->nalive++;
	return true;
}

/* Supervise it as if nothing had happened. */
static void
go_on(struct program *p)
{
	if (loop_watch(p->programs->loop, &p->exit, p->child.pidfd, EPOLLIN) ==
	    -1)
		log_warn("%s: process %d cannot be watched", p->conf->name,
		    (int)p->child.pid);
	if (start_open_stream(p) == -1)
		log_warn("%s: its output cannot be logged", p->conf->name);
	log_info("%s: taken over, pid %d, %s", p->conf->name, (int)p->child.pid,
	    names_state(p->state));
}

/* It ended, and nobody can say how. */
static void
ended_unseen(struct program *p)
{
	log_info("%s: its process has ended meanwhile", p->conf->name);
	memset(&p->end, 0, sizeof(p->end));
	p->end.kind = END_PROCESS;
	p->end.at = clock_wall().tv_sec;
	program_feed(p, EVENT_EXITED);
}

void
takeover_resume(struct program *p)
{
	/* Signs of life that came while there was no daemon are not known. */
	program_arm(p,
	    p->state == STATE_UP ? loop_now(p->programs->loop) : p->since);
	health_resume(p);
	record_main(p, p->child.pid);
	record_note(p);
	/* First, for its end may be that of the program. */
	programs_queue(p);
	if (fsm_is_alive(p->state) && p->child.pid == 0)
		ended_unseen(p);
	else if (fsm_is_alive(p->state))
		go_on(p);
	else if (p->child.pid != 0)
		/* Its end is recorded, but not that all of it is gone. */
		program_sweep(p);
}
