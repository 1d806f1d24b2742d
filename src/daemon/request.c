/*
 * request - what a request of control.h means, and its reply.
 */
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/reload.h"
#include "daemon/request.h"
#include "daemon/statusline.h"
#include "base/text.h"
#include "config/syntax.h"
#include "config/places.h"

/* Files that a "plan" may propose. */
#define CANDIDATES_MAX 1024

/*
 * A program that is named again is not told again, that no request is answered
 * with more than there is.
 */
static int
status_named(struct client *c, const struct line *pl, char *text, size_t size)
{
	struct daemon *d = client_daemon(c);
	struct line_text *t = client_text(c);
	bool cpu = line_get(pl, "cpu") != NULL;
	bool details = line_get(pl, "details") != NULL;
	const char *name;
	struct program *p;
	int status = STATUS_OK;
	size_t i;

	for (i = 0; (name = line_get_word(pl, i)) != NULL; i++) {
		p = programs_find(&d->programs, name);
		if (p == NULL)
			snprintf(text, size, "no program %.64s", name);
		else if (!p->is_told) {
			status_program(t, p, d->effective.log_dir, cpu);
			if (details)
				status_details(t, p, d->effective.log_dir);
		}
		if (p == NULL || p->state != STATE_UP)
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

static void
do_status(struct client *c, const struct line *pl)
{
	struct daemon *d = client_daemon(c);
	struct line_text *t = client_text(c);
	bool cpu = line_get(pl, "cpu") != NULL;
	struct program *p;
	char text[256] = "";
	int status;

	if (line_get_word(pl, 0) == NULL)
		for (p = programs_first(&d->programs); p != NULL;
		     p = programs_next(p))
			status_program(t, p, d->effective.log_dir, cpu);
	status = status_named(c, pl, text, sizeof(text));
	reload_status(d->reload, t);
	client_end(c, status, *text != '\0' ? text : NULL);
}

static void
do_where(struct client *c, const struct line *pl)
{
	struct daemon *d = client_daemon(c);
	struct line_text *t = client_text(c);
	const char *name = line_get_word(pl, 0);
	struct program *p = NULL;
	char *log = NULL, text[256];

	if (name != NULL && strcmp(name, "hupd") != 0) {
		p = programs_find(&d->programs, name);
		if (p == NULL) {
			snprintf(text, sizeof(text), "no program %.64s", name);
			client_end(c, STATUS_FAILED, text);
			return;
		}
	}
	if (name != NULL && (p == NULL || p->conf->log == LOG_TO_FILE))
		log = places_log(d->effective.log_dir, name);
	line_begin(t, "paths");
	line_put(t, "log-dir", d->effective.log_dir);
	line_put(t, "program-dir", d->effective.program_dir);
	line_put(t, "config", d->config);
	line_put(t, "log", log);
	line_end(t);
	free(log);
	client_end(c, STATUS_OK, NULL);
}

/* What is no part of the canonical form of a program. */
static void
put_hidden(struct line_text *t, struct daemon *d, const struct definition *conf)
{
	if (conf->env_file != NULL) {
		line_begin(t, "digest");
		line_put(t, "name", conf->name);
		line_put_number(t, "env", (int64_t)conf->env_digest);
		line_end(t);
	}
	if (reload_rests(d, conf->name)) {
		line_begin(t, "rests");
		line_put(t, "name", conf->name);
		line_end(t);
	}
}

static void
do_dump(struct client *c)
{
	struct line_text *t = client_text(c);
	struct daemon *d = client_daemon(c);
	const struct config set = reload_effective(d->reload);
	char *text = NULL, *rest, *line;
	size_t i, len = 0;
	FILE *f;

	f = open_memstream(&text, &len);
	if (f == NULL) {
		client_end(c, STATUS_FAILED, strerror(errno));
		return;
	}
	syntax_print_config(&set, f);
	if (fclose(f) == EOF) {
		client_end(c, STATUS_FAILED, strerror(errno));
		free(text);
		return;
	}
	for (i = 0; i < set.nprograms; i++)
		put_hidden(t, d, set.programs[i]);
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0')
			continue;
		line_begin(t, "text");
		line_put(t, "line", line);
		line_end(t);
	}
	free(text);
	client_end(c, STATUS_OK, NULL);
}

static void
do_signal(struct client *c, const struct line *pl)
{
	const char *word = line_get_word(pl, 0), *why;
	char text[256];
	struct program **v;
	size_t n, i;
	int sig;

	if (word == NULL || text_signal(word, &sig, &why) == -1) {
		client_end(c, STATUS_USAGE, "not a signal");
		return;
	}
	v = waiter_named(c, pl, 1, &n);
	if (v == NULL)
		return;
	for (i = 0; i < n; i++) {
		if (!fsm_is_alive(v[i]->state))
			snprintf(text, sizeof(text), "%s is not running",
			    v[i]->conf->name);
		else if (process_signal(&v[i]->child, sig) == -1)
			snprintf(text, sizeof(text), "%s: %s", v[i]->conf->name,
			    strerror(errno));
		else
			continue;
		client_end(c, STATUS_FAILED, text);
		free(v);
		return;
	}
	free(v);
	client_end(c, STATUS_OK, NULL);
}

/* "as=NAME file=PATH text=TEXT" is a candidate; v has room for all. */
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
			c->text = "";
		} else if (c != NULL && strcmp(f->key, "file") == 0)
			c->file = f->value;
		else if (c != NULL && strcmp(f->key, "text") == 0) {
			c->text = f->value;
			c->len = strlen(f->value);
		}
	}
	return NULL;
}

static void
do_plan(struct client *c, const struct line *pl)
{
	struct daemon *d = client_daemon(c);
	const bool trusted = client_uid(c) == 0 || client_uid(c) == geteuid();
	struct candidate *v;
	const char *why;
	size_t n;
	int status;

	v = calloc(CANDIDATES_MAX, sizeof(*v));
	if (v == NULL) {
		client_end(c, STATUS_FAILED, strerror(errno));
		return;
	}
	if ((why = find_candidates(pl, v, &n)) != NULL)
		client_end(c, STATUS_USAGE, why);
	else {
		status = reload_plan(d->reload, v, n, trusted, client_text(c));
		client_end(c, status,
		    status == STATUS_FAILED ? "out of memory" : NULL);
	}
	free(v);
}

static void
do_version(struct client *c, const char *tag)
{
	struct line_text *t = client_text(c);

	line_begin(t, tag);
	line_put_number(t, "pid", getpid());
	line_put(t, "version", HUPD_VERSION);
	line_put_number(t, "proto", LINE_VERSION);
	line_put_number(t, "execs",
	    record_header(client_daemon(c)->records)->execs);
	line_end(t);
	client_end(c, STATUS_OK, NULL);
}

struct waiter *
request_begin(struct client *c, const struct line *pl)
{
	static const struct {
		const char *tag;
		enum waiter_kind kind;
	} acts[] = {
	    {"start", WAIT_START},
	    {"stop", WAIT_STOP},
	    {"restart", WAIT_RESTART},
	    {"reload-program", WAIT_ACTION},
	};
	struct daemon *d = client_daemon(c);
	const char *tag = pl->tag;
	size_t i;

	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(tag, acts[i].tag) != 0)
			continue;
		if (d->stopping) {
			client_end(c, STATUS_NO_DAEMON, "the daemon is ending");
			return NULL;
		}
		return waiter_programs(c, pl, acts[i].kind);
	}
	if (strcmp(tag, "reload") == 0) {
		if (!d->stopping)
			return waiter_reload(c);
		client_end(c, STATUS_NO_DAEMON, "the daemon is ending");
	} else if (strcmp(tag, "reexec") == 0) {
		if (!d->stopping)
			return waiter_reexec(c);
		client_end(c, STATUS_NO_DAEMON, "the daemon is ending");
	} else if (strcmp(tag, "status") == 0)
		do_status(c, pl);
	else if (strcmp(tag, "where") == 0)
		do_where(c, pl);
	else if (strcmp(tag, "plan") == 0)
		do_plan(c, pl);
	else if (strcmp(tag, "dump") == 0)
		do_dump(c);
	else if (strcmp(tag, "signal") == 0)
		do_signal(c, pl);
	else if (strcmp(tag, "reopen") == 0) {
		logger_reopen(d->logger);
		client_end(c, STATUS_OK, NULL);
	} else if (strcmp(tag, "ping") == 0)
		do_version(c, "pong");
	else if (strcmp(tag, "version") == 0)
		do_version(c, "version");
	else
		client_end(c, STATUS_USAGE, "unknown request");
	return NULL;
}
