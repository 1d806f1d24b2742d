/*
 * takeover - continue to supervise the programs that an earlier daemon
 * recorded, without any effect on them.
 *
 * First every record becomes a program that holds its process, then the
 * programs are linked, then each is supervised again, and last the work that
 * the earlier daemon had not finished is done.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "config/definition.h"
#include "config/config.h"
#include "program/health.h"
#include "program/hook.h"
#include "program/onfailure.h"
#include "program/program.h"
#include "program/programs.h"
#include "program/record.h"
#include "program/runtime.h"
#include "program/said.h"
#include "program/start.h"
#include "program/successor.h"
#include "program/takeover.h"

/* The numbers of an end must be possible results of waitid(2). */
static bool
is_end_sound(const struct record_slot *s)
{
	return s->end_kind <= END_ENV && s->end_late <= LATE_UNHEALTHY &&
	    s->end_stage >= 0 && s->end_stage < SPAWN_STAGES &&
	    s->end_code >= 0 &&
	    s->end_code <= (s->end_signal ? SIGRTMAX : UINT8_MAX) &&
	    (s->end_code > 0 || !s->end_signal);
}

/* Records are checked like input: the file may be damaged. */
static bool
is_sound(const struct record_slot *s)
{
	return s->state < PROGRAM_STATES && s->want < PROGRAM_WANTS &&
	    is_end_sound(s) && s->pid >= 0 && s->delay >= BACKOFF_GIVE_UP;
}

/* Was it written by a release that knows the fields after the status? */
static bool
is_extended(const struct record_slot *s)
{
	return s->extended == RECORD_EXTENDED;
}

static void
read_end(struct program_end *end, const struct record_slot *s)
{
	end->kind = (enum program_end_kind)s->end_kind;
	end->late = (enum program_late)s->end_late;
	if (is_extended(s) && s->end_late_exact < PROGRAM_LATES)
		end->late = (enum program_late)s->end_late_exact;
	end->is_hook = end->late == LATE_HOOK;
	end->process.known = s->end_known != 0;
	end->process.signal = s->end_signal != 0;
	end->process.core = s->end_core != 0;
	end->process.oom = is_extended(s) && (s->past & RECORD_OOM);
	end->process.code = s->end_code;
	end->error.stage = (enum spawn_stage)s->end_stage;
	end->error.which = end->error.stage == SPAWN_SANDBOX ? s->end_which : 0;
	end->error.err = s->end_err;
	end->at = s->end_at;
}

/* Read what the program said of itself. */
static void
read_said(struct program *p, const struct record_slot *s)
{
	said_clear(p);
	if (s->status[0] != '\0')
		p->status = strndup(s->status, sizeof(s->status) - 1);
	if (!is_extended(s))
		return;
	if (s->access <= SDNOTIFY_NONE)
		p->access = (enum sdnotify_access)s->access;
	p->is_reloading = s->reloading != 0;
	p->said_err = s->said_err;
	p->said_exit = s->said_exit;
	if (s->watchdog > 0)
		p->watchdog = s->watchdog - 1;
}

/* Read everything except the process and the state that depends on it. */
static void
read_slot(struct program *p, const struct record_slot *s)
{
	p->child.is_leader = s->leader != 0;
	if (s->run != 0) /* else it was never started, and keeps its own */
		p->child.run = s->run;
	read_end(&p->end, s);
	p->since.ns = s->since;
	p->settling.ns = is_extended(s) ? s->settling : s->since;
	p->was_up = is_extended(s) && (s->past & RECORD_WAS_UP);
	p->had_outcome = is_extended(s) && (s->past & RECORD_HAD_OUTCOME);
	p->command = is_extended(s) ? s->command : 0;
	p->started.ns = s->started;
	p->started_at = s->started_at;
	p->delay = s->delay;
	p->restarts = s->restarts;
	p->backoff.quick = s->quick;
	health_restore(p, s->failed_checks);
	/*
	 * The digest is of the files as they were: a later change is still
	 * detected.  0: no files, or converted from another release's records.
	 */
	if (s->env_digest != 0)
		p->conf->env_digest = s->env_digest;
	p->late = LATE_READY;
	if (is_extended(s) && s->late < PROGRAM_LATES)
		p->late = (enum program_late)s->late;
	if (is_extended(s))
		loop_at(p->programs->loop, &p->deadline,
		    (struct mono){s->until});
	read_said(p, s);
}

/*
 * Version 0.1 started it: it keeps the meaning of the defaults until its next
 * start.
 */
static void
read_former(struct program *p, const struct record_slot *s)
{
	p->is_former = !is_extended(s) || (s->past & RECORD_FORMER);
	p->former_told = is_extended(s) && (s->past & RECORD_FORMER_TOLD);
	if (p->is_former)
		definition_use_former(p->conf);
}

/*
 * The daemon was killed while it created the process, or just after: only the
 * pid is recorded.
 */
static bool
is_young(const struct record_slot *s)
{
	return s->start_time == 0;
}

static void
begin_young(struct program *p)
{
	said_clear(p);
	p->child.is_leader = true;
	p->since = p->settling = p->started = loop_now(p->programs->loop);
	p->started_at = clock_wall().tv_sec;
}

/* Can the program still report that it is ready? */
static bool
hears_ready(struct program *p, const struct record_slot *s, bool inherited)
{
	if (p->conf->ready == READY_EXITED || p->conf->ready == READY_FORKS)
		return true; /* its end is never missed */
	if (!inherited)
		return false;
	if (p->conf->ready == READY_NOTIFY)
		return true; /* its socket kept listening */
	if (p->conf->ready != READY_FD || s->ready_fd == -1 ||
	    fcntl(s->ready_fd, F_SETFD, FD_CLOEXEC) == -1)
		return false;
	if (loop_watch(p->programs->loop, &p->ready, s->ready_fd, EPOLLIN) == 0)
		return true;
	close(s->ready_fd);
	return false;
}

/*
 * The step of a recorded state.  In a record of version 0.1 it is the first
 * one.
 */
static enum program_step
step_of(const struct record_slot *s, enum program_state state)
{
	if (is_extended(s) && s->step < PROGRAM_STEPS &&
	    fsm_has_step(state, (enum program_step)s->step))
		return (enum program_step)s->step;
	return fsm_first_step(state);
}

/*
 * The step of a start that an earlier daemon began.  STEP_NONE: the start is
 * over.
 */
static enum program_step
step_of_start(struct program *p, const struct record_slot *s, bool inherited)
{
	const enum program_step step = step_of(s, STATE_STARTING);
	const enum program_step after =
	    p->conf->start_post != NULL ? STEP_POST : STEP_NONE;
	/* At FORKED no process is recorded until that is the main one. */
	const bool has_forked = p->conf->ready == READY_FORKS &&
	    (step == STEP_FORKED || step == STEP_SETTLE);

	if (step == STEP_POST)
		return STEP_POST;
	if (p->child.is_pending) {
		/* All that it will say comes later. */
		hears_ready(p, s, inherited);
		return STEP_EXEC;
	}
	if (p->conf->ready != READY_STARTED && !has_forked) {
		if (hears_ready(p, s, inherited))
			return STEP_READY;
		log_info("%s: its readiness was not heard; taking it for ready",
		    p->conf->name);
		return after;
	}
	if (!definition_settles(p->conf))
		return after;
	if (step == STEP_FORKED)
		p->settling = loop_now(p->programs->loop);
	else if (step != STEP_SETTLE)
		p->settling = p->since;
	if (clock_diff_ms(p->settling, loop_now(p->programs->loop)) > 0)
		p->settling = loop_now(p->programs->loop);
	return STEP_SETTLE;
}

/*
 * Continue with its notify socket, or create it again at the path that the
 * program knows.  A program of version 0.1 has no socket of its own: see
 * system_share_notify.
 */
static void
adopt_notify(struct program *p, const struct record_slot *s, bool inherited)
{
	int fd = inherited ? s->ready_fd : -1;

	if (p->conf->ready != READY_NOTIFY ||
	    (fd == -1 && (inherited || p->child.pid == 0)))
		return;
	if (start_open_notify(p, true, fd) == -1)
		log_warn("%s: its notify socket cannot be opened; its messages "
			 "are lost until it is restarted",
		    p->conf->name);
}

/* False: the record is damaged. */
static bool
adopt(struct program *p, int slot, bool inherited)
{
	const struct record_slot *s = record_slot(p->programs->records, slot);
	struct system *sys = p->programs->system;
	enum program_state state = (enum program_state)s->state;
	enum program_step step;
	enum program_want want = (enum program_want)s->want;
	struct system_former former = {
	    .pid = s->pid,
	    .start_time = s->start_time,
	    .pidfd = inherited ? s->pidfd : -1,
	};

	if (sys->holds(sys, s->pid) || !is_sound(s)) {
		log_warnx("%s: its record is damaged", p->conf->name);
		return false;
	}
	step = step_of(s, state);
	former.is_spawned = step == STEP_EXEC || is_young(s);
	p->slot = slot;
	read_slot(p, s);
	if (hook_is_step(step))
		hook_clear(p);
	if (step == STEP_PRE && state == STATE_STARTING) {
		/* Repeat the start: see program_look_again. */
		state = STATE_DOWN;
		step = STEP_NONE;
	} else if (s->pid != 0 && sys->hold(sys, &p->child, &former)) {
		read_former(p, s);
		if (is_young(s)) {
			begin_young(p);
			want = WANT_RUN;
			state = STATE_STARTING;
		}
		if (state == STATE_STARTING) {
			step = step_of_start(p, s, inherited);
			if (step == STEP_NONE)
				state = STATE_UP;
		} else if (step == STEP_FORKED)
			step = STEP_NONE;
	} else if (s->pid != 0 && step == STEP_POST)
		/* Its end is not that of a command. */
		step = STEP_READY;
	adopt_notify(p, s, inherited);
	runtime_take(p);
	program_restore(p, state, step, want);
	return true;
}

/* Its processes may print something even if the main one is gone. */
static void
read_on(struct program *p)
{
	if (start_open_stream(p) == -1)
		log_warn("%s: its output cannot be logged", p->conf->name);
}

static void
count_kept(struct program *p)
{
	struct system *sys = p->programs->system;

	if (p->conf->kill_mode == KILL_PROCESS)
		p->nleft = sys->kept(sys, &p->child, p->conf->name);
}

/* Continue to supervise it. */
static void
go_on(struct program *p)
{
	read_on(p);
	if (p->step == STEP_COMMAND && p->child.pid == 0)
		program_linger(p);
	count_kept(p);
	if (p->child.pid != 0)
		log_info("%s: taken over, pid %d, %s", p->conf->name,
		    (int)p->child.pid, names_state(p->state));
	else
		log_info("%s: taken over, %s", p->conf->name,
		    names_step(p->step));
}

/*
 * The earlier daemon ran a command around the program, which has been killed.
 * Repeat the step, or end it if the command was to end.
 */
static void
resume_hook(struct program *p)
{
	if (!hook_is_step(p->step) || p->hook != NULL)
		return;
	if (p->step == STEP_PRE || p->state == STATE_KILLING)
		program_feed(p, EVENT_HOOK_FAIL);
	else
		hook_begin(p);
}

/* It ended while no daemon ran: the reason is not known. */
static void
ended_unseen(struct program *p)
{
	log_info("%s: its process has ended meanwhile", p->conf->name);
	if (p->conf->ready == READY_FORKS)
		read_on(p);
	memset(&p->end, 0, sizeof(p->end));
	p->end.kind = END_PROCESS;
	p->end.at = clock_wall().tv_sec;
	program_main_ended(p);
}

/* Its main process had ended, and the next one was not found yet. */
static void
search(struct program *p)
{
	go_on(p);
	program_linger(p);
	/* If these processes cannot be watched, the search is over. */
	if (p->step == STEP_FORKED)
		successor_search(p);
}

/* A deadline that was moved stays moved: see read_slot. */
static void
arm(struct program *p)
{
	const struct mono until = p->deadline.at;
	struct loop *loop = p->programs->loop;

	/* WATCHDOG=1 messages sent while no daemon ran are not known. */
	program_arm(p, p->state == STATE_UP ? loop_now(loop) : p->since);
	if ((p->state == STATE_STARTING || p->state == STATE_STOPPING) &&
	    clock_is_set(p->deadline.at) && clock_before(p->deadline.at, until))
		loop_at(loop, &p->deadline, until);
}

static void
resume(struct program *p)
{
	arm(p);
	health_resume(p);
	onfailure_clear(p);
	/* Its readiness was not heard, but it is taken for ready. */
	if (p->state == STATE_UP &&
	    record_slot(p->programs->records, p->slot)->state == STATE_STARTING)
		program_lead(p);
	if (p->child.pid != 0)
		record_main(p);
	else
		record_no_main(p);
	record_note(p);
	runtime_follow(p);
	/* Do this first, because the events below may free the program. */
	program_queue(p);
	if (p->step == STEP_LEFT) {
		go_on(p);
		program_linger(p);
	} else if (p->step == STEP_FORKED)
		search(p);
	else if (fsm_is_alive(p->state) && p->child.pid == 0 &&
	    !hook_is_step(p->step))
		ended_unseen(p);
	else if (fsm_is_alive(p->state))
		go_on(p);
	else if (p->child.pid != 0)
		/*
		 * Its end is recorded, but some of its processes may be left.
		 */
		program_finish(p);
	else if (p->conf->kill_mode == KILL_PROCESS) {
		p->programs->system->expect_strays(p->programs->system);
		count_kept(p);
		if (p->nleft > 0)
			read_on(p);
	}
}

/* Is the name complete, valid and not in use? */
static bool
name_is_sound(const struct programs *ps, const struct record_slot *s)
{
	return memchr(s->name, '\0', sizeof(s->name)) != NULL &&
	    text_is_name(s->name) && programs_find(ps, s->name) == NULL;
}

/* A definition for a program that was removed while it still ran. */
static struct definition *
nameless(const char *name)
{
	struct definition *c;

	c = definition_new();
	if (c == NULL)
		return NULL;
	c->name = strdup(name);
	if (c->name == NULL) {
		definition_unref(c);
		return NULL;
	}
	return c;
}

/* Never signal a process that a damaged record names. */
static void
drop_slot(struct programs *ps, int slot)
{
	log_warnx("record %d is damaged; ignoring it", slot);
	record_give(ps->records, slot);
}

static int
adopt_slot(struct programs *ps, const struct config *running, int slot,
    bool inherited)
{
	const struct record_slot *s = record_slot(ps->records, slot);
	struct definition *c;
	struct program *p;

	if (s->name[0] == '\0')
		return 0;
	if (!name_is_sound(ps, s)) {
		drop_slot(ps, slot);
		return 0;
	}
	c = config_find(running, s->name);
	c = c != NULL ? definition_ref(c) : nameless(s->name);
	p = c != NULL ? program_new(ps, c) : NULL;
	definition_unref(c);
	if (p == NULL)
		return -1;
	if (adopt(p, slot, inherited))
		return 0;
	/* Its cgroup is certainly its own: kill it, to avoid a second copy. */
	ps->system->clear_folder(ps->system, p->conf->name);
	programs_drop(p);
	drop_slot(ps, slot);
	return 0;
}

/* Programs without a record. */
static int
add_others(struct programs *ps, const struct config *running)
{
	size_t i;

	for (i = 0; i < running->nprograms; i++)
		if (programs_find(ps, running->programs[i]->name) == NULL &&
		    program_new(ps, running->programs[i]) == NULL)
			return -1;
	return 0;
}

/* Finish the work of the earlier daemon. */
static void
catch_up(struct program *p, const struct config *running)
{
	if (p->slot != -1) {
		if (config_find(running, p->conf->name) == NULL)
			program_request(p, EVENT_REMOVE);
		else if (record_is_due(p)) {
			program_request(p, EVENT_RESTART);
			record_set_due(p, false);
		}
		resume_hook(p);
		onfailure_resume(p);
		return;
	}
	if (record_assign(p) == -1)
		log_warn("%s: cannot record it; a later daemon will not know "
			 "it",
		    p->conf->name);
	if (p->conf->autostart)
		program_request(p, EVENT_START);
}

/* Each program counts its runs in the lower half of the mark. */
static bool
is_over(uint64_t run, void *arg)
{
	struct programs *ps = arg;
	struct program *p;

	for (p = programs_first(ps); p != NULL; p = programs_next(p))
		if (p->child.run >> 32 == run >> 32 &&
		    (run & PROGRAM_RUN_HELPERS) != 0)
			return p->hook == NULL ||
			    run != (p->child.run | PROGRAM_RUN_HOOK);
		else if (p->child.run >> 32 == run >> 32)
			return p->conf->kill_mode != KILL_PROCESS &&
			    (p->child.run != run ||
				(p->child.pid == 0 && p->step != STEP_LEFT &&
				    p->step != STEP_FORKED));
	return false;
}

/*
 * The earlier daemon may have recorded the end of a program without killing
 * the processes that it left, which are not our children.
 */
static void
kill_left(struct programs *ps)
{
	int n = ps->system->kill_runs(ps->system, is_over, ps);

	if (n > 0)
		log_info("killed %d process%s that former programs left behind",
		    n, n == 1 ? "" : "es");
}

int
takeover_all(struct programs *ps, const struct config *running, bool inherited)
{
	struct program *p, *next, **sorted;
	int slot, n = record_count(ps->records);

	for (slot = 0; slot < n; slot++)
		if (adopt_slot(ps, running, slot, inherited) == -1)
			return -1;
	if (add_others(ps, running) == -1 || programs_link(ps) == -1)
		return -1;
	for (p = programs_first(ps); p != NULL; p = next) {
		next = programs_next(p);
		if (p->slot != -1)
			resume(p);
	}
	kill_left(ps);
	if ((sorted = programs_sorted(ps)) == NULL)
		return -1;
	for (size_t i = 0; sorted[i] != NULL; i++)
		catch_up(sorted[i], running);
	free(sorted);
	return 0;
}
