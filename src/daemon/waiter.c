/*
 * waiter - the requests that wait for an outcome.
 */
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/action.h"
#include "base/log.h"
#include "daemon/reload.h"
#include "wire/report.h"
#include "daemon/waiter.h"

/* One program that is waited for. */
struct target {
	struct waiter *waiter;
	struct watch watch;
	char *name;
	bool pending;
};

struct waiter {
	struct client *client;
	enum waiter_kind kind;
	struct verdict verdict; /* WAIT_RELOAD */
	struct target *v;
	size_t n;
	bool failed;
	struct deadline look; /* at the end of the turn */
};

struct program **
waiter_named(struct client *c, const struct line *pl, size_t first, size_t *n)
{
	struct programs *ps = &client_daemon(c)->programs;
	struct program **v, *p;
	const char *all = line_get(pl, "all"), *name;
	char text[256];
	size_t i;

	*n = 0;
	v = calloc(ps->n + pl->n + 1, sizeof(struct program *));
	if (v == NULL) {
		client_end(c, STATUS_FAILED, strerror(errno));
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
			snprintf(text, sizeof(text), "no program %.64s", name);
			client_end(c, STATUS_FAILED, text);
			free(v);
			return NULL;
		}
		v[(*n)++] = p;
	}
	if (*n == 0) {
		client_end(c, STATUS_USAGE, "no program was named");
		free(v);
		return NULL;
	}
	return v;
}

static void
put_result(struct waiter *w, const char *name, const struct program *p, bool ok,
    const char *how)
{
	struct line_text *t = client_text(w->client);

	line_begin(t, "result");
	line_put(t, "name", name);
	line_put(t, "ok", ok ? "yes" : "no");
	if (p != NULL)
		line_put(t, "state", names_state(p->state));
	line_put(t, "how", how);
	line_end(t);
	if (p != NULL && !ok)
		report_tail(t, name, p->tail);
	if (!ok)
		w->failed = true;
	client_more(w->client);
}

/* Has it come to an end, and to which?  True: the result has been put. */
static bool
target_settled(struct target *tg)
{
	struct program *p = tg->watch.program;
	bool good;
	char why[256];

	if (p == NULL) {
		put_result(tg->waiter, tg->name, NULL,
		    tg->waiter->kind == WAIT_STOP, "removed");
		return true;
	}
	if (tg->waiter->kind == WAIT_ACTION)
		return false; /* action_done is told */
	if (tg->waiter->kind == WAIT_STOP) {
		if (!outcome_is_stopped(p) && !outcome_is_settled(p))
			return false;
		good = outcome_is_stopped(p);
	} else {
		if (!outcome_is_settled(p))
			return false;
		good = outcome_is_good(p);
	}
	describe_why(p, why, sizeof(why));
	put_result(tg->waiter, tg->name, p, good, why);
	return true;
}

static void
finish_if_done(struct waiter *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->v[i].pending)
			return;
	client_end(w->client, w->failed ? STATUS_FAILED : STATUS_OK, NULL);
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
	struct loop *loop = client_daemon(w->client)->loop;

	loop_at(loop, &w->look, loop_now(loop));
}

static void
target_changed(struct watch *w)
{
	struct target *tg = w->arg;

	look_later(tg->waiter);
}

static struct waiter *
waiter_new(struct client *c, enum waiter_kind kind, size_t n)
{
	struct waiter *w;

	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->client = c;
	w->kind = kind;
	w->look.due = look;
	w->look.arg = w;
	w->v = calloc(n > 0 ? n : 1, sizeof(*w->v));
	if (w->v == NULL) {
		free(w);
		return NULL;
	}
	return w;
}

void
waiter_free(struct waiter *w)
{
	struct target *tg;

	if (w == NULL)
		return;
	loop_cancel(client_daemon(w->client)->loop, &w->look);
	if (w->kind == WAIT_RELOAD)
		reload_forget(client_daemon(w->client)->reload, &w->verdict);
	if (w->kind == WAIT_REEXEC)
		client_daemon(w->client)
		    ->reexec_forget(client_daemon(w->client), &w->verdict);
	for (tg = w->v; tg < w->v + w->n; tg++) {
		if (w->kind == WAIT_ACTION && tg->watch.program != NULL)
			action_forget(tg->watch.program, tg);
		program_unwatch(&tg->watch);
		free(tg->name);
	}
	free(w->v);
	free(w);
}

static void
action_done(void *arg, bool ok, const char *how)
{
	struct target *tg = arg;

	tg->pending = false;
	put_result(tg->waiter, tg->name, tg->watch.program, ok, how);
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
		program_request(p, EVENT_RESTART);
		break;
	case WAIT_ACTION:
		action_begin(p, action_done, tg);
		break;
	case WAIT_RELOAD:
	case WAIT_REEXEC:
		break;
	}
}

/* Those that are restarted together stop in order. */
static int
leaves_before(const void *a, const void *b)
{
	return program_leaves_before(*(struct program *const *)a,
	    *(struct program *const *)b);
}

struct waiter *
waiter_programs(struct client *c, const struct line *pl, enum waiter_kind kind)
{
	const char *wait = line_get(pl, "wait");
	struct waiter *w;
	struct program **v;
	size_t i, n;

	v = waiter_named(c, pl, 0, &n);
	if (v == NULL)
		return NULL;
	w = waiter_new(c, kind, n);
	if (w == NULL) {
		client_end(c, STATUS_FAILED, strerror(errno));
		free(v);
		return NULL;
	}
	if (kind == WAIT_RESTART)
		qsort(v, n, sizeof(*v), leaves_before);
	for (i = 0; i < n; i++) {
		w->v[i].waiter = w;
		w->v[i].name = strdup(v[i]->conf->name);
		w->v[i].pending = true;
		w->v[i].watch.changed = target_changed;
		w->v[i].watch.arg = &w->v[i];
		program_watch(v[i], &w->v[i].watch);
	}
	w->n = n;
	free(v);
	for (i = 0; i < n; i++)
		target_begin(&w->v[i]);
	if (wait != NULL && strcmp(wait, "no") == 0) {
		client_end(c, STATUS_OK, NULL);
		waiter_free(w);
		return NULL;
	}
	look_later(w);
	return w;
}

static void
verdict_given(struct verdict *v, const char *lines, int status)
{
	struct waiter *w = v->arg;
	struct line_text *t = client_text(w->client);

	line_put_raw(t, lines);
	if (status == -1)
		client_more(w->client);
	else
		client_end(w->client, status, NULL);
}

struct waiter *
waiter_reload(struct client *c)
{
	struct daemon *d = client_daemon(c);
	struct line_text *t = client_text(c);
	struct waiter *w;

	w = waiter_new(c, WAIT_RELOAD, 0);
	if (w == NULL) {
		client_end(c, STATUS_FAILED, strerror(errno));
		return NULL;
	}
	w->verdict.given = verdict_given;
	w->verdict.arg = w;
	reload_wait(d->reload, &w->verdict);
	line_begin(t, "waiting");
	line_put_number(t, "pid", getpid());
	line_end(t);
	client_more(c);
	return w;
}

struct waiter *
waiter_reexec(struct client *c)
{
	struct daemon *d = client_daemon(c);
	struct waiter *w;

	w = waiter_new(c, WAIT_REEXEC, 0);
	if (w == NULL) {
		client_end(c, STATUS_FAILED, strerror(errno));
		return NULL;
	}
	w->verdict.given = verdict_given;
	w->verdict.arg = w;
	d->reexec_begin(d, &w->verdict);
	return w;
}

bool
waiter_is_reexec(const struct waiter *w)
{
	return w != NULL && w->kind == WAIT_REEXEC;
}

void
waiter_more(struct waiter *w, const struct line *pl)
{
	/* It may use the socket, but not send us a signal: we do it. */
	if (w->kind != WAIT_RELOAD || strcmp(pl->tag, "hup") != 0)
		return;
	log_info("SIGHUP asked for by uid %d over the control socket",
	    (int)client_uid(w->client));
	kill(getpid(), SIGHUP);
}
