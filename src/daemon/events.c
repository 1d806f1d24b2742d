/*
 * events - the last changes of programs, and the clients that follow them.
 */
#include <sys/param.h>
#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/strings.h"
#include "daemon/events.h"
#include "wire/names.h"

/* So many changes are kept, each less than a KiB. */
#define KEPT 256
/* The bytes that may wait for one client. */
#define WAITING_MAX ((size_t)64 * 1024)

struct kept {
	char *name;
	char *text; /* a line */
};

/* A client.  Without names it follows all programs. */
struct follower {
	TAILQ_ENTRY(follower) entry;
	struct events *events;
	struct answer *answer;
	char **names; /* a list */
	int64_t lost; /* changes that did not fit */
};

struct events {
	struct kept ring[KEPT];
	size_t next; /* the oldest one, or a free place */
	TAILQ_HEAD(, follower) followers;
};

struct events *
events_new(void)
{
	struct events *e;

	if ((e = calloc(1, sizeof(*e))) != NULL)
		TAILQ_INIT(&e->followers);
	return e;
}

/* The followers have gone with their connections. */
void
events_free(struct events *e)
{
	if (e == NULL)
		return;
	for (size_t i = 0; i < KEPT; i++) {
		free(e->ring[i].name);
		free(e->ring[i].text);
	}
	free(e);
}

static bool
is_followed(const struct follower *f, const char *name)
{
	return f->names == NULL || strings_has(f->names, name);
}

/* Send the line, unless too much is waiting. */
static void
send_line(struct follower *f, const char *text)
{
	struct line_text *t = &f->answer->text;

	if (t->len > WAITING_MAX) {
		f->lost++;
		return;
	}
	if (f->lost > 0) {
		line_begin(t, "gap");
		line_put_number(t, "lost", f->lost);
		line_end(t);
		f->lost = 0;
	}
	line_put_raw(t, text);
	answer_more(f->answer);
}

static void
put_change(struct line_text *t, const struct program *p,
    const struct program_change *change)
{
	struct timespec now = clock_wall();

	line_begin(t, "event");
	line_put_number(t, "time",
	    (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	line_put(t, "name", p->conf->name);
	line_put(t, "from", names_state(change->from));
	line_put(t, "to", names_state(p->state));
	line_put(t, "event",
	    names_event(change->event, change->from, change->step));
	if (*change->why != '\0')
		line_put(t, "reason", change->why);
	line_end(t);
}

/* Without memory the change is lost here; the event log has it. */
void
events_note(void *arg, const struct program *p,
    const struct program_change *change)
{
	struct events *e = arg;
	struct kept *kept = &e->ring[e->next];
	struct line_text t = {0};
	struct follower *f;

	put_change(&t, p, change);
	if (t.failed) {
		line_text_clear(&t);
		return;
	}
	free(kept->name);
	free(kept->text);
	kept->name = strdup(p->conf->name);
	kept->text = t.s;
	e->next = (e->next + 1) % KEPT;
	TAILQ_FOREACH (f, &e->followers, entry)
		if (is_followed(f, p->conf->name))
			send_line(f, kept->text);
}

/* Put the newest n changes that are followed, the oldest of them first. */
static void
put_kept(const struct events *e, const struct follower *f, int64_t n)
{
	const struct kept *kept;
	int64_t skip = -MAX(n, 0);

	for (size_t i = 0; i < KEPT; i++) {
		kept = &e->ring[i];
		skip += kept->name != NULL && is_followed(f, kept->name);
	}
	for (size_t i = 0; i < KEPT; i++) {
		kept = &e->ring[(e->next + i) % KEPT];
		if (kept->name == NULL || !is_followed(f, kept->name))
			continue;
		if (skip-- <= 0)
			line_put_raw(&f->answer->text, kept->text);
	}
}

static void
follower_free(struct follower *f)
{
	free(f->names);
	free(f);
}

static void
forget(struct answer *a)
{
	struct follower *f = a->waiter;

	TAILQ_REMOVE(&f->events->followers, f, entry);
	follower_free(f);
}

/* The words of the request.  -1: no memory. */
static int
take_names(struct follower *f, const struct line *pl)
{
	char **words;
	size_t n = 0;
	int error;

	if ((words = calloc(pl->n + 1, sizeof(*words))) == NULL)
		return -1;
	for (size_t i = 0; i < pl->n; i++)
		if (pl->v[i].key == NULL)
			words[n++] = pl->v[i].value;
	error = n > 0 ? strings_copy(&f->names, words) : 0;
	free(words);
	return error;
}

void
events_answer(struct events *e, struct answer *a, const struct line *pl)
{
	const char *follow = line_get(pl, "follow");
	struct follower *f;

	if ((f = calloc(1, sizeof(*f))) == NULL || take_names(f, pl) == -1) {
		answer_end(a, STATUS_FAILED, "%s", strerror(errno));
		free(f);
		return;
	}
	f->events = e;
	f->answer = a;
	put_kept(e, f, line_get_number(pl, "n", KEPT));
	if (follow == NULL || strcmp(follow, "yes") != 0) {
		follower_free(f);
		answer_end(a, STATUS_OK, NULL);
		return;
	}
	TAILQ_INSERT_TAIL(&e->followers, f, entry);
	a->waiter = f;
	a->forget = forget;
	/* The client knows by this that no change escapes it from now on. */
	line_begin(&a->text, "following");
	line_end(&a->text);
	answer_more(a);
}
