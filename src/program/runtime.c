/*
 * runtime - the life of the runtime directories of programs.
 *
 * Several programs may name one directory, or one below another.  A directory
 * is removed when the last program that uses it, or a directory below it, has
 * ended, and not while a socket in it is held.  A program whose directory had
 * to stay for that reason tries again after each removal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strings.h"
#include "program/runtime.h"

/* A program that has runtime directories. */
struct runtime {
	TAILQ_ENTRY(runtime) entry;
	struct program *program;
	struct definition *conf; /* as of its last start */
};

/* Directories that are being removed. */
struct runtime_removal {
	TAILQ_ENTRY(runtime_removal) entry;
	char **names;
};

/* The next runtime directory of a definition, from *at on; or NULL. */
static const char *
next_name(const struct definition *conf, size_t *at)
{
	const struct folder_list *list = &conf->folders;

	while (*at < list->n)
		if (list->v[(*at)++].kind == FOLDER_RUNTIME)
			return list->v[*at - 1].name;
	return NULL;
}

/* Has it a runtime directory with this name, or below it? */
static bool
has_below(const struct definition *conf, const char *name)
{
	const char *own;
	size_t at = 0;

	while ((own = next_name(conf, &at)) != NULL)
		if (folder_has(name, own))
			return true;
	return false;
}

static bool
has(const struct definition *conf, const char *name)
{
	const char *own;
	size_t at = 0;

	while ((own = next_name(conf, &at)) != NULL)
		if (strcmp(name, own) == 0)
			return true;
	return false;
}

/* Processes that kill-mode spares may use it. */
static bool
is_kept(const struct program *p)
{
	struct system *sys = p->programs->system;

	return p->conf->kill_mode == KILL_PROCESS && p->nleft > 0 &&
	    sys->kept(sys, &p->child, p->conf->name) > 0;
}

/* Is a socket in it that the daemon holds? */
static bool
has_socket(const struct program *p, const char *name)
{
	struct listening *l = p->programs->listening;
	char *path;
	bool has_it;

	if (l == NULL)
		return false;
	if (asprintf(&path, "%s/%s", p->programs->system->bases[FOLDER_RUNTIME],
		name) == -1)
		return true;
	has_it = l->uses(l, path);
	free(path);
	return has_it;
}

/*
 * Does the program, once it has ended, give up the directory before it starts
 * again?
 */
static bool
goes_first(const struct program *p, const char *name)
{
	if (is_kept(p) || has_socket(p, name))
		return false;
	return p->conf->preserve == FOLDER_NO || !has(p->conf, name);
}

/* Does it give up the directory now? */
static bool
gives_up(const struct program *p, const char *name)
{
	if (fsm_is_alive(p->state))
		return false;
	if (goes_first(p, name))
		return true;
	return p->conf->preserve == FOLDER_RESTART && !is_kept(p) &&
	    !has_socket(p, name) &&
	    (p->state == STATE_FAILED ||
		(p->state == STATE_DOWN && p->want != WANT_RUN));
}

/* Does another program use the directory, or one below it? */
static bool
is_used(const struct program *p, const char *name)
{
	const struct runtime *other;

	TAILQ_FOREACH (other, &p->programs->runtimes, entry)
		if (other->program != p && has_below(other->conf, name) &&
		    !gives_up(other->program, name))
			return true;
	return false;
}

void
runtime_take(struct program *p)
{
	struct runtime *runtime;
	size_t at = 0;

	runtime_forget(p);
	if (next_name(p->conf, &at) == NULL)
		return;
	if ((runtime = calloc(1, sizeof(*runtime))) == NULL) {
		log_warnx("%s: no memory; its runtime-directory will stay",
		    p->conf->name);
		return;
	}
	runtime->program = p;
	runtime->conf = definition_ref(p->conf);
	TAILQ_INSERT_TAIL(&p->programs->runtimes, runtime, entry);
	p->runtime = runtime;
}

void
runtime_forget(struct program *p)
{
	struct runtime *runtime = p->runtime;

	if (runtime == NULL)
		return;
	p->runtime = NULL;
	TAILQ_REMOVE(&p->programs->runtimes, runtime, entry);
	definition_unref(runtime->conf);
	free(runtime);
}

static void
free_removal(struct programs *ps, struct runtime_removal *m)
{
	TAILQ_REMOVE(&ps->removals, m, entry);
	free(m->names);
	free(m);
}

/* Remove directories; the list becomes ours. */
static void
remove_all(struct program *p, char **names)
{
	struct programs *ps = p->programs;
	struct runtime_removal *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		free(names);
		log_warnx("%s: no memory to remove its runtime-directory",
		    p->conf->name);
		return;
	}
	m->names = names;
	TAILQ_INSERT_TAIL(&ps->removals, m, entry);
	if (ps->system->remove_runtime(ps->system, p->conf->name, names) == 0)
		return;
	log_warn("%s: cannot remove its runtime-directory", p->conf->name);
	free_removal(ps, m);
}

void
runtime_follow(struct program *p)
{
	char **names = NULL;
	const char *name;
	bool stays = false;
	size_t at = 0;

	if (p->runtime == NULL || fsm_is_alive(p->state))
		return;
	while ((name = next_name(p->runtime->conf, &at)) != NULL)
		if (!gives_up(p, name) || is_used(p, name) ||
		    strings_add(&names, name) == -1)
			stays = true;
	if (!stays)
		runtime_forget(p);
	if (names != NULL)
		remove_all(p, names);
}

/* Is the directory, or one above or below it, being removed? */
static bool
is_being_removed(const struct programs *ps, const char *name)
{
	const struct runtime_removal *m;
	char *const *other;

	TAILQ_FOREACH (m, &ps->removals, entry)
		for (other = m->names; *other != NULL; other++)
			if (folder_has(*other, name) ||
			    folder_has(name, *other))
				return true;
	return false;
}

bool
runtime_blocks(const struct program *p)
{
	const char *name;
	size_t at = 0;

	if (!TAILQ_EMPTY(&p->programs->removals))
		while ((name = next_name(p->conf, &at)) != NULL)
			if (is_being_removed(p->programs, name))
				return true;
	for (at = 0; p->runtime != NULL &&
	     (name = next_name(p->runtime->conf, &at)) != NULL;)
		if (goes_first(p, name) && !is_used(p, name))
			return true;
	return false;
}

void
runtime_removed(struct programs *ps, char *const *names)
{
	struct runtime_removal *m;
	struct runtime *runtime, *next;

	TAILQ_FOREACH (m, &ps->removals, entry)
		if (m->names == names)
			break;
	if (m == NULL)
		return;
	free_removal(ps, m);
	for (runtime = TAILQ_FIRST(&ps->runtimes); runtime != NULL;
	     runtime = next) {
		next = TAILQ_NEXT(runtime, entry);
		runtime_follow(runtime->program);
	}
}

void
runtime_free(struct programs *ps)
{
	struct runtime_removal *m;

	while ((m = TAILQ_FIRST(&ps->removals)) != NULL)
		free_removal(ps, m);
}
