/*
 * request - the requests of the control socket: what they mean, and what they
 * are answered.  First the status, then the requests that are done at once,
 * then those that wait for an outcome.
 */
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/action.h"
#include "base/log.h"
#include "config/advice.h"
#include "config/environ.h"
#include "config/places.h"
#include "daemon/events.h"
#include "daemon/reload.h"
#include "wire/report.h"
#include "daemon/request.h"
#include "base/text.h"
#include "base/words.h"
#include "program/neighbours.h"
#include "program/outcome.h"
#include "program/describe.h"
#include "program/health.h"
#include "program/program.h"

/* The files that a "plan" may propose. */
#define CANDIDATES_MAX 1024
/* The reason why a program is unknown. */
#define WHY_MAX 1024
/* The log process may take this long to reopen its files; ms. */
#define REOPEN_TIMEOUT 3000
/* Why output cannot be written: the path of a file and a few words. */
#define LOG_ERROR_MAX (PATH_MAX + 128)

/* The last end: in words, and as the fields of request.h. */
static void
put_end(struct line_text *t, const struct program *p)
{
	const struct process_end *end = &p->end.process;
	char text[ENDING_MAX];

	if (p->end.kind == END_NONE)
		return;
	describe_end(p, text, sizeof(text));
	line_put(t, "exit", text);
	if (p->end.kind == END_SPAWN)
		line_put(t, "stage", ending_stage(&p->end.error));
	else if (p->end.kind == END_ENV)
		line_put(t, "stage", "env-file");
	else if (end->known)
		line_put_number(t, end->signal ? "signal" : "code", end->code);
	line_put_number(t, "ended", p->end.at);
}

/* Why nobody wants the program to run; describe_why does not say. */
static const char *
why_at_rest(const struct program *p)
{
	return describe_was_started(p) ? "stopped on request"
				       : "not started: autostart = no";
}

/* Why output cannot be written, and since when; 0: it can. */
static void
put_log_error(struct line_text *t, time_t since, const char *why)
{
	if (since == 0)
		return;
	line_put(t, "log-error", why);
	line_put_number(t, "log-since", since);
}

void
request_put_program(struct line_text *t, const struct program *p,
    const char *log_dir, bool cpu)
{
	struct mono now = loop_now(p->programs->loop);
	const int left = program_left(p);
	char text[ENDING_MAX], why[LOG_ERROR_MAX], *log = NULL;
	char *warning = advice_limit(p->conf);

	line_begin(t, "program");
	line_put(t, "name", p->conf->name);
	line_put(t, "state", names_state(p->state));
	if (p->step != STEP_NONE)
		line_put(t, "step", names_step(p->step));
	line_put(t, "want", names_want(p->want));
	line_put(t, "ready", fsm_is_ready(p->state) ? "yes" : "no");
	line_put(t, "was-up", p->was_up ? "yes" : "no");
	line_put_number(t, "since", clock_diff_ms(now, p->since));
	line_put_number(t, "restarts", p->restarts);
	if (fsm_is_alive(p->state)) {
		if (p->child.pid != 0)
			line_put_number(t, "pid", p->child.pid);
		line_put_number(t, "uptime", clock_diff_ms(now, p->started));
		line_put_number(t, "started", p->started_at);
		line_put_number(t, "memory", describe_memory(p));
		if (cpu)
			line_put_number(t, "cpu", describe_cpu(p));
	}
	line_put_number(t, "left", left);
	put_end(t, p);
	if (p->state == STATE_DOWN && p->want == WANT_REST)
		strlcpy(text, why_at_rest(p), sizeof(text));
	else
		describe_why(p, text, sizeof(text));
	if (left > 0 && p->step != STEP_LEFT)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s%d process%s left by earlier starts",
		    *text != '\0' ? ", " : "", left, left == 1 ? "" : "es");
	if (*text != '\0')
		line_put(t, "reason", text);
	if (outcome_waits(p))
		line_put(t, "waiting-for", outcome_waiting_for(p));
	else if (p->state == STATE_DOWN && outcome_is_good(p))
		line_put(t, "waiting-for", text);
	if (p->state == STATE_WAIT)
		line_put_number(t, "again",
		    p->delay - clock_diff_ms(now, p->since));
	describe_lacks(p, text, sizeof(text));
	if (*text != '\0' && fsm_is_alive(p->state))
		line_put(t, "sandbox-without", text);
	if (health_verdict(p) != NULL) {
		line_put(t, "health", health_verdict(p));
		line_put_number(t, "failed-checks", p->failed_checks);
	}
	line_put(t, "status", p->status);
	line_put(t, "reloading", p->is_reloading ? "yes" : "no");
	if (p->said_err != 0)
		line_put_number(t, "errno", p->said_err);
	if (p->said_exit != 0)
		line_put_number(t, "exit-status", p->said_exit - 1);
	line_put(t, "autostart", p->conf->autostart ? "yes" : "no");
	line_put(t, "conf", p->conf->file);
	if (p->conf->log == LOG_TO_FILE)
		log = places_log(log_dir, p->conf->name);
	line_put(t, "log", log);
	free(log);
	put_log_error(t, describe_log_error(p, why, sizeof(why)), why);
	line_put(t, "warning", warning);
	free(warning);
	line_end(t);
}

/* Another program that comes before this one, and how it is. */
static void
put_neighbour(struct line_text *t, const char *tag, const struct program *p,
    const struct program *other)
{
	line_begin(t, tag);
	line_put(t, "of", p->conf->name);
	line_put(t, "name", other->conf->name);
	line_put(t, "state", names_state(other->state));
	line_put(t, "ready", fsm_is_ready(other->state) ? "yes" : "no");
	line_end(t);
}

/* Its sockets. */
static void
put_listens(struct line_text *t, const struct program *p)
{
	struct listening *l = p->programs->listening;
	char **text = p->conf->listen_stream;

	for (; l != NULL && text != NULL && *text != NULL; text++) {
		line_begin(t, "listen");
		line_put(t, "of", p->conf->name);
		line_put(t, "address", *text);
		line_put(t, "open", l->holds(l, *text) ? "yes" : "no");
		line_end(t);
	}
}

static void
put_details(struct line_text *t, const struct program *p, const char *log_dir)
{
	char *command = words_join(p->conf->command);
	char *events = places_log(log_dir, "hupd");
	size_t i;

	line_begin(t, "details");
	line_put(t, "name", p->conf->name);
	line_put(t, "command", command);
	line_put(t, "events", events);
	line_put(t, "reload", action_is_possible(p) ? "yes" : "no");
	line_end(t);
	for (i = 0; i < p->nneeds; i++)
		put_neighbour(t, "need", p, p->needs[i]);
	for (i = 0; i < p->nfollows; i++)
		put_neighbour(t,
		    neighbours_restart_with(p, p->follows[i]) ? "restart-with"
							      : "after",
		    p, p->follows[i]);
	put_listens(t, p);
	free(command);
	free(events);
}

/*
 * Put the named programs, each of them once, so that no reply is longer than
 * that about all programs.
 */
static int
put_named(struct daemon *d, struct answer *a, const struct line *pl, char *text,
    size_t size)
{
	struct line_text *t = &a->text;
	bool cpu = line_get(pl, "cpu") != NULL;
	bool details = line_get(pl, "details") != NULL;
	const char *name;
	struct program *p;
	int status = STATUS_OK;
	size_t i;

	for (i = 0; (name = line_get_word(pl, i)) != NULL; i++) {
		p = programs_find(&d->programs, name);
		/* One of them is enough: it reads the files. */
		if (p == NULL && *text == '\0')
			reload_explain(d->reload, name, text, size);
		else if (p != NULL && !p->is_told) {
			request_put_program(t, p, d->effective.log_dir, cpu);
			if (details)
				put_details(t, p, d->effective.log_dir);
		}
		if (p == NULL ||
		    (!fsm_is_ready(p->state) && !outcome_is_good(p)))
			status = STATUS_NOT_UP;
		if (p != NULL)
			p->is_told = true;
	}
	while (i-- > 0)
		if ((p = programs_find(&d->programs, line_get_word(pl, i))) !=
		    NULL)
			p->is_told = false;
	return status;
}

static bool
is_named(const struct line *pl, const char *name)
{
	const char *word;

	for (size_t i = 0; (word = line_get_word(pl, i)) != NULL; i++)
		if (strcmp(word, name) == 0)
			return true;
	return false;
}

static void
do_status(struct daemon *d, struct answer *a, const struct line *pl)
{
	struct line_text *t = &a->text;
	bool cpu = line_get(pl, "cpu") != NULL;
	bool details = line_get(pl, "details") != NULL;
	const char *log_dir = d->effective.log_dir;
	struct program *p = NULL;
	char text[WHY_MAX] = "";
	int status;

	if (line_get_word(pl, 0) == NULL || line_get(pl, "others") != NULL)
		p = programs_first(&d->programs);
	for (; p != NULL; p = programs_next(p)) {
		if (is_named(pl, p->conf->name))
			continue;
		request_put_program(t, p, log_dir, cpu);
		if (details)
			put_details(t, p, log_dir);
	}
	status = put_named(d, a, pl, text, sizeof(text));
	reload_status(d->reload, t);
	answer_end(a, status, *text != '\0' ? "%s" : NULL, text);
}

static void
no_program(struct daemon *d, struct answer *a, const char *name)
{
	char why[WHY_MAX];

	reload_explain(d->reload, name, why, sizeof(why));
	answer_end(a, STATUS_FAILED, "%s", why);
}

static void
do_names(struct daemon *d, struct answer *a, const struct line *pl)
{
	struct line_text *t = &a->text;

	(void)pl;
	for (struct program *p = programs_first(&d->programs); p != NULL;
	     p = programs_next(p)) {
		line_begin(t, "known");
		line_put_word(t, p->conf->name);
		line_end(t);
	}
	answer_end(a, STATUS_OK, NULL);
}

/* Where the output of a program is, or of hupd itself: p is NULL. */
static void
put_log(struct daemon *d, struct line_text *t, const char *name,
    const struct program *p)
{
	char *path = NULL, why[LOG_ERROR_MAX];

	if (p == NULL || p->conf->log == LOG_TO_FILE)
		path = places_log(d->effective.log_dir, name);
	line_begin(t, "log");
	line_put(t, "name", name);
	line_put(t, "path", path);
	if (path != NULL && p != NULL && p->conf->log_stderr)
		line_put(t, "stderr", "yes");
	if (p != NULL)
		put_log_error(t, describe_log_error(p, why, sizeof(why)), why);
	line_end(t);
	free(path);
}

static void
put_named_log(struct daemon *d, struct line_text *t, const char *name)
{
	const struct program *p = programs_find(&d->programs, name);
	char why[WHY_MAX];

	if (p != NULL || strcmp(name, "hupd") == 0) {
		put_log(d, t, name, p);
		return;
	}
	reload_explain(d->reload, name, why, sizeof(why));
	line_begin(t, "log");
	line_put(t, "name", name);
	line_put(t, "unknown", why);
	line_end(t);
}

static void
do_events(struct daemon *d, struct answer *a, const struct line *pl)
{
	events_answer(d->changes, a, pl);
}

static void
do_where(struct daemon *d, struct answer *a, const struct line *pl)
{
	struct line_text *t = &a->text;
	const char *all = line_get(pl, "all"), *name;

	line_begin(t, "paths");
	line_put(t, "log-dir", d->effective.log_dir);
	line_put(t, "program-dir", d->effective.program_dir);
	line_put(t, "config", d->config);
	line_end(t);
	if (all != NULL && strcmp(all, "yes") == 0)
		for (struct program *p = programs_first(&d->programs);
		     p != NULL; p = programs_next(p))
			put_log(d, t, p->conf->name, p);
	for (size_t i = 0; (name = line_get_word(pl, i)) != NULL; i++)
		put_named_log(d, t, name);
	answer_end(a, STATUS_OK, NULL);
}

/*
 * The programs that are named, from word first on, or all, in order; freed by
 * the caller.  NULL if a name is unknown: the request has been answered.
 */
static struct program **
find_named(struct daemon *d, struct answer *a, const struct line *pl,
    size_t first, size_t *n)
{
	struct programs *ps = &d->programs;
	struct program **v, *p;
	const char *all = line_get(pl, "all"), *name;
	size_t i;

	*n = 0;
	v = calloc(ps->n + pl->n + 1, sizeof(struct program *));
	if (v == NULL) {
		answer_end(a, STATUS_FAILED, "%s", strerror(errno));
		return NULL;
	}
	if (all != NULL && strcmp(all, "yes") == 0) {
		for (p = programs_first(ps); p != NULL; p = programs_next(p))
			v[(*n)++] = p;
		return v;
	}
	for (i = first; (name = line_get_word(pl, i)) != NULL; i++) {
		p = programs_find(ps, name);
		if (p == NULL) {
			no_program(d, a, name);
			free(v);
			return NULL;
		}
		v[(*n)++] = p;
	}
	if (*n == 0) {
		answer_end(a, STATUS_USAGE, "no program was named");
		free(v);
		return NULL;
	}
	return v;
}

static void
send_signal(struct answer *a, struct program **v, size_t n, int sig)
{
	for (size_t i = 0; i < n; i++)
		if (program_signal(v[i], sig) == -1) {
			answer_end(a, STATUS_FAILED, "%s: %s", v[i]->conf->name,
			    strerror(errno));
			return;
		}
	answer_end(a, STATUS_OK, NULL);
}

static void
do_signal(struct daemon *d, struct answer *a, const struct line *pl)
{
	const char *word = line_get_word(pl, 0), *why;
	struct program **v;
	size_t n, i;
	int sig;

	if (word == NULL || text_signal(word, &sig, &why) == -1) {
		answer_end(a, STATUS_USAGE, "not a signal");
		return;
	}
	v = find_named(d, a, pl, 1, &n);
	if (v == NULL)
		return;
	/* No program gets it if one of them is not running. */
	for (i = 0; i < n && fsm_is_alive(v[i]->state); i++)
		;
	if (i < n)
		answer_end(a, STATUS_FAILED,
		    "%s is not running: no signal was sent", v[i]->conf->name);
	else
		send_signal(a, v, n, sig);
	free(v);
}

/* Each "as=NAME file=PATH text=TEXT" is a candidate.  Returns the mistake. */
static const char *
find_candidates(const struct line *pl, struct candidate *v, size_t *n)
{
	const struct line_field *f;
	struct candidate *c = NULL;

	*n = 0;
	for (f = pl->v; f < pl->v + pl->n; f++) {
		if (f->key == NULL)
			return "plan takes no words";
		if (strcmp(f->key, "as") == 0) {
			for (size_t i = 0; i < *n; i++)
				if (strcmp(v[i].name, f->value) == 0)
					return "a name is given twice";
			if (*n == CANDIDATES_MAX)
				return "too many files";
			c = &v[(*n)++];
			c->name = c->file = f->value;
		} else if (c != NULL && strcmp(f->key, "file") == 0)
			c->file = f->value;
		else if (c != NULL && strcmp(f->key, "text") == 0) {
			c->text = f->value;
			c->len = strlen(f->value);
		}
	}
	return NULL;
}

/* PATH, where no key sets it. */
static void
put_path(const struct daemon *d, struct line_text *t)
{
	const char *path =
	    environ_find(d->programs.system->environment, "PATH");

	line_begin(t, "environment");
	line_put(t, "path", path != NULL ? path + strlen("PATH=") : NULL);
	line_end(t);
}

/* Log the sender of a request.  Its name is known as long as it lives. */
static void
log_sender(const struct answer *a, const char *what)
{
	char comm[PROCESS_COMM_MAX];

	if (a->pid == 0) {
		log_info("%s requested from outside of this PID namespace, uid "
			 "%d",
		    what, (int)a->uid);
		return;
	}
	process_comm(a->pid, comm);
	log_info("%s requested by pid %d, uid %d (%s)", what, (int)a->pid,
	    (int)a->uid, comm);
}

static void
put_version(struct daemon *d, struct answer *a, const char *tag)
{
	struct line_text *t = &a->text;

	line_begin(t, tag);
	line_put_number(t, "pid", getpid());
	line_put(t, "version", HUPD_VERSION);
	line_put_number(t, "proto", LINE_VERSION);
	line_put_number(t, "execs", record_header(d->records)->execs);
	line_put(t, "stopping", d->stopping ? "yes" : NULL);
	line_end(t);
	answer_end(a, STATUS_OK, NULL);
}

static void
do_ping(struct daemon *d, struct answer *a, const struct line *pl)
{
	(void)pl;
	put_version(d, a, "pong");
}

static void
do_version(struct daemon *d, struct answer *a, const struct line *pl)
{
	(void)pl;
	put_version(d, a, "version");
}

/* The effect of a request on a program that it does not name. */
enum along {
	ALONG_NOT, /* it is named */
	ALONG_STOPS,
	ALONG_STARTS, /* a dependency */
	ALONG_RESTARTS,
	ALONG_RETURNS, /* it was blocked; no result if it still is */
	ALONG_FOLLOWS, /* by restart-with; no result if it was not restarted */
};

/* A program whose outcome a request waits for. */
struct target {
	struct waiter *waiter;
	struct watch watch;
	char *name;
	const char *with; /* the named program that it goes along with */
	enum along along;
	struct mono started; /* when it was started before the request */
	bool pending;
};

enum wait_kind {
	WAIT_START,
	WAIT_STOP,
	WAIT_RESTART,
	WAIT_ACTION, /* reload-program */
	WAIT_GOAL,
	WAIT_PLAN,
	WAIT_RELOAD,
	WAIT_REEXEC,
	WAIT_REOPEN,
};

/* A request that waits for its outcome. */
struct waiter {
	struct daemon *daemon;
	struct answer *answer;
	enum wait_kind kind;
	enum goal goal;		/* WAIT_GOAL */
	struct verdict verdict; /* WAIT_RELOAD, WAIT_REEXEC, WAIT_REOPEN */
	struct preview preview; /* WAIT_PLAN */
	struct candidate *candidates;
	char *texts; /* that they point to */
	struct target *v;
	struct target **sorted; /* the named ones; room for all */
	size_t n;
	bool failed;
	struct deadline look; /* at the end of the turn */
	struct deadline late; /* WAIT_GOAL, WAIT_REOPEN: wait no longer */
};

static void
put_result(struct target *tg, bool ok, const char *how)
{
	const struct program *p = tg->watch.program;
	struct waiter *w = tg->waiter;
	struct line_text *t = &w->answer->text;

	line_begin(t, "result");
	line_put(t, "name", tg->name);
	line_put(t, "ok", ok ? "yes" : "no");
	if (p != NULL)
		line_put(t, "state", names_state(p->state));
	line_put(t, "how", how);
	line_put(t, "with", tg->with);
	line_end(t);
	if (p != NULL && !ok)
		report_tail(t, tg->name, p->tail);
	if (!ok)
		w->failed = true;
	answer_more(w->answer);
}

/* "pid 17, started for web" */
static void
add_along(const struct target *tg, char *how, size_t size)
{
	static const char *const text[] = {
	    [ALONG_NOT] = "",
	    [ALONG_STOPS] = "",
	    [ALONG_STARTS] = "started for",
	    [ALONG_RESTARTS] = "restarted with",
	    [ALONG_RETURNS] = "started again with",
	    [ALONG_FOLLOWS] = "restarted with",
	};

	if (*text[tg->along] == '\0' || tg->with == NULL)
		return;
	strlcat(how, *how != '\0' ? ", " : "", size);
	strlcat(how, text[tg->along], size);
	strlcat(how, " ", size);
	strlcat(how, tg->with, size);
}

/* A program that is removed has been stopped. */
static bool
is_to_stop(const struct target *tg)
{
	const struct waiter *w = tg->waiter;

	return w->kind == WAIT_STOP ||
	    (w->kind == WAIT_GOAL && w->goal == GOAL_STOPPED);
}

/* Is it as the client waits for? */
static bool
is_at_goal(const struct program *p, enum goal goal)
{
	switch (goal) {
	case GOAL_READY:
		return outcome_is_good(p);
	case GOAL_STOPPED:
		return p->state == STATE_DOWN || p->state == STATE_DONE ||
		    p->state == STATE_FAILED;
	case GOAL_UP:
		return p->state == STATE_UP;
	case GOAL_DOWN:
		return p->state == STATE_DOWN;
	case GOAL_DONE:
		return p->state == STATE_DONE;
	case GOAL_FAILED:
		return p->state == STATE_FAILED;
	}
	__builtin_unreachable();
}

/* Is the wait over?  A program that has failed stays so by itself. */
static bool
goal_settled(struct target *tg)
{
	const struct program *p = tg->watch.program;
	bool good = is_at_goal(p, tg->waiter->goal);
	char why[ENDING_MAX];

	if (!good && p->state != STATE_FAILED)
		return false;
	describe_why(p, why, sizeof(why));
	put_result(tg, good, why);
	return true;
}

/* Has the program an outcome?  True: the result has been put, if any. */
static bool
target_settled(struct target *tg)
{
	struct program *p = tg->watch.program;
	bool good, settled;
	char why[ENDING_MAX];

	if (p == NULL) {
		put_result(tg, is_to_stop(tg), "removed");
		return true;
	}
	if (tg->waiter->kind == WAIT_ACTION)
		return false; /* action_done puts the result */
	if (tg->waiter->kind == WAIT_GOAL)
		return goal_settled(tg);
	if (tg->along == ALONG_FOLLOWS && outcome_is_untouched(p, tg->started))
		return !neighbours_may_lead(p);
	settled = outcome_is_settled(p);
	if (is_to_stop(tg) && outcome_is_stopped(p))
		settled = true;
	if (!settled)
		return false;
	if (tg->along == ALONG_RETURNS && p->state == STATE_DOWN)
		return true; /* something else blocks it */
	good = is_to_stop(tg) ? outcome_is_stopped(p) : outcome_is_good(p);
	describe_why(p, why, sizeof(why));
	if (good)
		add_along(tg, why, sizeof(why));
	put_result(tg, good, why);
	return true;
}

static void
finish_if_done(struct waiter *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->v[i].pending)
			return;
	answer_end(w->answer, w->failed ? STATUS_FAILED : STATUS_OK, NULL);
}

static void
look(struct deadline *d)
{
	struct waiter *w = d->arg;
	struct target *tg;
	size_t i;

	for (i = 0; i < w->n; i++) {
		tg = &w->v[i];
		if (tg->pending && target_settled(tg)) {
			tg->pending = false;
			program_unwatch(&tg->watch);
		}
	}
	finish_if_done(w);
}

static void
look_later(struct waiter *w)
{
	struct loop *loop = w->daemon->loop;

	loop_at(loop, &w->look, loop_now(loop));
}

static void
target_changed(struct watch *w)
{
	struct target *tg = w->arg;

	look_later(tg->waiter);
}

/* The waiter goes; its programs, or the reload, continue. */
static void
waiter_forget(struct answer *a)
{
	struct waiter *w = a->waiter;
	struct target *tg;

	loop_cancel(w->daemon->loop, &w->look);
	loop_cancel(w->daemon->loop, &w->late);
	if (w->kind == WAIT_PLAN)
		reload_plan_forget(&w->preview);
	free(w->candidates);
	free(w->texts);
	if (w->kind == WAIT_RELOAD)
		reload_forget(w->daemon->reload, &w->verdict);
	if (w->kind == WAIT_REEXEC)
		w->daemon->reexec_forget(w->daemon, &w->verdict);
	if (w->kind == WAIT_REOPEN)
		w->daemon->reopen_forget(w->daemon, &w->verdict);
	for (size_t i = 0; i < w->n; i++) {
		tg = &w->v[i];
		if (w->kind == WAIT_ACTION && tg->watch.program != NULL)
			action_forget(tg->watch.program, tg);
		program_unwatch(&tg->watch);
		free(tg->name);
	}
	free(w->v);
	free(w->sorted);
	free(w);
}

/* For n programs.  NULL: the request has been answered. */
static struct waiter *
waiter_new(struct daemon *d, struct answer *a, enum wait_kind kind, size_t n)
{
	struct waiter *w;

	w = calloc(1, sizeof(*w));
	if (w == NULL || (w->v = calloc(n + 1, sizeof(*w->v))) == NULL ||
	    (w->sorted = calloc(n + 1, sizeof(*w->sorted))) == NULL) {
		answer_end(a, STATUS_FAILED, "%s", strerror(errno));
		if (w != NULL)
			free(w->v);
		free(w);
		return NULL;
	}
	w->daemon = d;
	w->answer = a;
	w->kind = kind;
	w->look.due = look;
	w->look.arg = w;
	a->waiter = w;
	a->forget = waiter_forget;
	return w;
}

static void
action_done(void *arg, bool ok, const char *how)
{
	struct target *tg = arg;

	tg->pending = false;
	put_result(tg, ok, how);
	program_unwatch(&tg->watch);
	look_later(tg->waiter);
}

static void
target_begin(struct target *tg)
{
	struct program *p = tg->watch.program;

	switch (tg->waiter->kind) {
	case WAIT_START:
		program_request(p, EVENT_START);
		break;
	case WAIT_STOP:
		program_request(p, EVENT_STOP);
		break;
	case WAIT_RESTART:
		program_restart(p);
		break;
	case WAIT_ACTION:
		action_begin(p, action_done, tg);
		break;
	case WAIT_GOAL:
	case WAIT_PLAN:
	case WAIT_RELOAD:
	case WAIT_REEXEC:
	case WAIT_REOPEN:
		break;
	}
}

/* Programs that are stopped or restarted together stop in order. */
static int
leaves_before(const void *a, const void *b)
{
	return program_leaves_before((*(struct target *const *)a)
					 ->watch.program,
	    (*(struct target *const *)b)->watch.program);
}

/* Wait for its outcome, unless this waiter does already. */
static struct target *
wait_for(struct waiter *w, struct program *p)
{
	struct target *tg = &w->v[w->n];

	if (p->is_told)
		return NULL;
	p->is_told = true;
	w->n++;
	tg->waiter = w;
	tg->name = strdup(p->conf->name);
	tg->pending = true;
	tg->started = p->started;
	tg->watch.changed = target_changed;
	tg->watch.arg = tg;
	program_watch(p, &tg->watch);
	return tg;
}

/* A named program, while the others that go along with it are found. */
struct naming {
	struct waiter *waiter;
	const char *name;
};

static void
wait_along(const struct naming *naming, struct program *p, enum along along)
{
	struct target *tg = wait_for(naming->waiter, p);

	if (tg == NULL)
		return;
	tg->along = along;
	tg->with = naming->name;
}

static void
find_need(struct program *need, void *arg)
{
	if (program_awaits_start(need))
		wait_along(arg, need, ALONG_STARTS);
}

static void
find_dependent(struct program *by, void *arg)
{
	const struct naming *naming = arg;
	bool blocked = by->state == STATE_DOWN;

	if (by->want == WANT_REST || by->want == WANT_REMOVE)
		return;
	switch (naming->waiter->kind) {
	case WAIT_STOP:
		if (!blocked)
			wait_along(naming, by, ALONG_STOPS);
		break;
	case WAIT_RESTART:
		wait_along(naming, by,
		    blocked ? ALONG_RETURNS : ALONG_RESTARTS);
		break;
	case WAIT_START:
		if (blocked)
			wait_along(naming, by, ALONG_RETURNS);
		break;
	case WAIT_ACTION:
	case WAIT_GOAL:
	case WAIT_PLAN:
	case WAIT_RELOAD:
	case WAIT_REEXEC:
	case WAIT_REOPEN:
		break;
	}
}

/* Name the programs that the request affects besides the named ones. */
static void
find_others(struct waiter *w, const struct target *named)
{
	struct program *p = named->watch.program;
	struct naming naming = {w, named->name};

	if (w->kind == WAIT_ACTION || w->kind == WAIT_GOAL)
		return;
	if (w->kind != WAIT_STOP)
		neighbours_each_need(p, find_need, &naming);
	neighbours_each_dependent(p, find_dependent, &naming);
}

static void
find_followers(struct waiter *w, const struct target *tg)
{
	struct program *p = tg->watch.program, *by;
	struct naming naming = {w, tg->with != NULL ? tg->with : tg->name};

	if (w->kind != WAIT_START && w->kind != WAIT_RESTART)
		return;
	for (size_t i = 0; i < p->nfollowed_by; i++) {
		by = p->followed_by[i];
		if (by->want == WANT_RUN && by->state != STATE_DOWN &&
		    neighbours_restart_with(by, p))
			wait_along(&naming, by, ALONG_FOLLOWS);
	}
}

static void
wait_for_all(struct waiter *w, struct program **v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		wait_for(w, v[i]);
	n = w->n;
	for (i = 0; i < n; i++)
		find_others(w, &w->v[i]);
	/* A follower may have followers itself. */
	for (i = 0; i < w->n; i++)
		find_followers(w, &w->v[i]);
	for (i = 0; i < w->n; i++)
		w->v[i].watch.program->is_told = false;
}

static void
begin_all(struct waiter *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->n; i++)
		if (w->v[i].along == ALONG_NOT)
			w->sorted[n++] = &w->v[i];
	qsort(w->sorted, n, sizeof(*w->sorted), leaves_before);
	for (i = 0; i < n; i++)
		target_begin(w->sorted[i]);
}

static void
do_programs(struct daemon *d, struct answer *a, const struct line *pl,
    enum wait_kind kind)
{
	const char *wait = line_get(pl, "wait");
	struct waiter *w = NULL;
	struct program **v;
	size_t n;

	v = find_named(d, a, pl, 0, &n);
	if (v == NULL || (w = waiter_new(d, a, kind, d->programs.n)) == NULL) {
		free(v);
		return;
	}
	if (kind == WAIT_START || kind == WAIT_RESTART)
		reload_put_pending(d->reload, v, n, &a->text);
	wait_for_all(w, v, n);
	free(v);
	begin_all(w);
	if (wait != NULL && strcmp(wait, "no") == 0) {
		answer_forget(a);
		answer_end(a, STATUS_OK, NULL);
	} else
		look_later(w);
}

static void
do_start(struct daemon *d, struct answer *a, const struct line *pl)
{
	do_programs(d, a, pl, WAIT_START);
}

static void
do_stop(struct daemon *d, struct answer *a, const struct line *pl)
{
	do_programs(d, a, pl, WAIT_STOP);
}

static void
do_restart(struct daemon *d, struct answer *a, const struct line *pl)
{
	do_programs(d, a, pl, WAIT_RESTART);
}

static void
do_reload_program(struct daemon *d, struct answer *a, const struct line *pl)
{
	do_programs(d, a, pl, WAIT_ACTION);
}

/* Name the programs that are not there yet, and end the answer. */
static void
goal_late(struct deadline *d)
{
	struct waiter *w = d->arg;
	struct target *tg;
	char why[ENDING_MAX];

	look(&w->look);
	if (w->answer->ended)
		return;
	for (size_t i = 0; i < w->n; i++) {
		tg = &w->v[i];
		if (!tg->pending)
			continue;
		describe_why(tg->watch.program, why, sizeof(why));
		put_result(tg, false, why);
	}
	answer_end(w->answer, STATUS_FAILED, "not %s in time",
	    names_goal(w->goal));
}

/* Unlike the other requests that wait, it changes nothing. */
static void
do_wait(struct daemon *d, struct answer *a, const struct line *pl)
{
	const int64_t timeout = line_get_number(pl, "timeout", -1);
	const char *word = line_get(pl, "for");
	enum goal goal = GOAL_READY;
	struct waiter *w = NULL;
	struct program **v;
	size_t n;

	if (word != NULL && !names_is_goal(word, &goal)) {
		answer_end(a, STATUS_USAGE, "not a state to wait for");
		return;
	}
	v = find_named(d, a, pl, 0, &n);
	if (v == NULL || (w = waiter_new(d, a, WAIT_GOAL, n)) == NULL) {
		free(v);
		return;
	}
	w->goal = goal;
	wait_for_all(w, v, n);
	free(v);
	w->late.due = goal_late;
	w->late.arg = w;
	if (timeout >= 0)
		loop_at(d->loop, &w->late,
		    clock_add_ms(loop_now(d->loop), timeout));
	look_later(w);
}

static void
verdict_given(struct verdict *v, const char *lines, int status)
{
	struct waiter *w = v->arg;
	struct line_text *t = &w->answer->text;

	line_put_raw(t, lines);
	if (status == -1)
		answer_more(w->answer);
	else
		answer_end(w->answer, status, NULL);
}

static void
preview_done(struct preview *p, int status)
{
	struct waiter *w = p->arg;

	if (status == STATUS_OK)
		put_path(w->daemon, p->text);
	answer_end(w->answer, status,
	    status == STATUS_FAILED ? "out of memory" : NULL);
}

/* A copy of the string at *at, which moves; NULL of NULL. */
static const char *
copy_text(char **at, const char *text)
{
	const char *copy = *at;

	if (text == NULL)
		return NULL;
	*at = stpcpy(*at, text) + 1;
	return copy;
}

/* The candidates point to the request, which ends before its answer. */
static int
copy_texts(struct waiter *w, size_t n)
{
	struct candidate *v = w->candidates;
	size_t size = 1;
	char *at;

	for (size_t i = 0; i < n; i++)
		size += strlen(v[i].name) + strlen(v[i].file) + v[i].len + 3;
	if ((at = w->texts = malloc(size)) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		v[i].name = copy_text(&at, v[i].name);
		v[i].file = copy_text(&at, v[i].file);
		v[i].text = copy_text(&at, v[i].text);
	}
	return 0;
}

static void
do_plan(struct daemon *d, struct answer *a, const struct line *pl)
{
	struct waiter *w = waiter_new(d, a, WAIT_PLAN, 0);
	const char *why;
	size_t n;

	if (w == NULL)
		return;
	w->candidates = calloc(CANDIDATES_MAX, sizeof(*w->candidates));
	if (w->candidates == NULL) {
		answer_end(a, STATUS_FAILED, "%s", strerror(errno));
		return;
	}
	if ((why = find_candidates(pl, w->candidates, &n)) != NULL) {
		answer_end(a, STATUS_USAGE, "%s", why);
		return;
	}
	if (copy_texts(w, n) == -1) {
		answer_end(a, STATUS_FAILED, "%s", strerror(errno));
		return;
	}
	w->preview = (struct preview){
	    .candidates = w->candidates,
	    .ncandidates = n,
	    .trusted = a->uid == 0 || a->uid == geteuid(),
	    .text = &a->text,
	    .done = preview_done,
	    .arg = w,
	};
	reload_plan(d->reload, &w->preview);
}

/*
 * "hup": the client may use the socket, but may not signal the daemon.
 * "enough": it waits no longer.
 */
static void
reload_more(struct answer *a, const struct line *pl)
{
	struct waiter *w = a->waiter;
	bool begun;

	if (line_is(pl, "hup")) {
		log_sender(a, "SIGHUP");
		kill(getpid(), SIGHUP);
	} else if (line_is(pl, "enough")) {
		begun = reload_so_far(w->daemon->reload, &w->verdict, &a->text);
		answer_forget(a);
		if (begun)
			answer_end(a, STATUS_OK, NULL);
		else
			answer_end(a, STATUS_FAILED,
			    "the reload has not begun: another one is under "
			    "way");
	}
}

static void
do_reload(struct daemon *d, struct answer *a, const struct line *pl)
{
	struct waiter *w = waiter_new(d, a, WAIT_RELOAD, 0);

	(void)pl;
	if (w == NULL)
		return;
	a->more = reload_more;
	w->verdict.given = verdict_given;
	w->verdict.arg = w;
	reload_wait(d->reload, &w->verdict);
	line_begin(&a->text, "waiting");
	line_put_number(&a->text, "pid", getpid());
	line_end(&a->text);
	answer_more(a);
}

static void
do_reexec(struct daemon *d, struct answer *a, const struct line *pl)
{
	struct waiter *w = waiter_new(d, a, WAIT_REEXEC, 0);

	(void)pl;
	if (w == NULL)
		return;
	a->next_daemon = true;
	w->verdict.given = verdict_given;
	w->verdict.arg = w;
	d->reexec_begin(d, &w->verdict);
}

static void
reopened(struct verdict *v, const char *lines, int status)
{
	struct waiter *w = v->arg;

	line_put_raw(&w->answer->text, lines);
	answer_end(w->answer, status,
	    status != STATUS_OK ? "not every log can be written" : NULL);
}

static void
reopen_late(struct deadline *d)
{
	struct waiter *w = d->arg;

	answer_end(w->answer, STATUS_FAILED,
	    "the log process has not reopened its files within %d s; it will "
	    "as soon as it can",
	    REOPEN_TIMEOUT / 1000);
}

static void
do_reopen(struct daemon *d, struct answer *a, const struct line *pl)
{
	struct waiter *w = waiter_new(d, a, WAIT_REOPEN, 0);

	(void)pl;
	if (w == NULL)
		return;
	w->verdict.given = reopened;
	w->verdict.arg = w;
	w->late.due = reopen_late;
	w->late.arg = w;
	loop_at(d->loop, &w->late,
	    clock_add_ms(loop_now(d->loop), REOPEN_TIMEOUT));
	d->reopen_begin(d, &w->verdict);
}

/* The client sees the end of the daemon for itself. */
static void
do_shutdown(struct daemon *d, struct answer *a, const struct line *pl)
{
	int64_t limit = config_stop_time(reload_running(d->reload));

	(void)pl;
	d->stop(d);
	line_begin(&a->text, "stopping");
	line_put_number(&a->text, "pid", getpid());
	if (limit != -1)
		line_put_number(&a->text, "limit", limit);
	line_end(&a->text);
	answer_end(a, STATUS_OK, NULL);
}

void
request_handle(void *arg, struct answer *a, const struct line *pl)
{
	static const struct {
		const char *tag;
		void (*act)(struct daemon *, struct answer *,
		    const struct line *);
		bool changes; /* refused once the daemon is ending */
		bool member;  /* members of access-group may, too */
		bool logged;  /* with its sender */
	} requests[] = {
	    {"ping", do_ping, false, true, false},
	    {"version", do_version, false, true, false},
	    {"status", do_status, false, true, false},
	    {"where", do_where, false, true, false},
	    {"names", do_names, false, true, false},
	    {"events", do_events, false, true, false},
	    {"wait", do_wait, false, true, false},
	    {"plan", do_plan, false, true, false},
	    {"signal", do_signal, false, false, true},
	    {"reopen", do_reopen, false, false, true},
	    {"start", do_start, true, true, true},
	    {"stop", do_stop, true, true, true},
	    {"restart", do_restart, true, true, true},
	    {"reload-program", do_reload_program, true, true, true},
	    {"reload", do_reload, true, true, false},
	    {"reexec", do_reexec, true, false, true},
	    {"shutdown", do_shutdown, false, false, true},
	};
	struct daemon *d = arg;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (!line_is(pl, requests[i].tag))
			continue;
		if (!requests[i].member && a->uid != 0 && a->uid != geteuid())
			answer_end(a, STATUS_DENIED,
			    "%s: only root and hupd's own user may do this",
			    requests[i].tag);
		else if (requests[i].changes && d->stopping)
			answer_end(a, STATUS_NO_DAEMON, "the daemon is ending");
		else {
			if (requests[i].logged)
				log_sender(a, requests[i].tag);
			requests[i].act(d, a, pl);
		}
		return;
	}
	answer_end(a, STATUS_USAGE, "unknown request");
}
