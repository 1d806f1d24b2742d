/*
 * resolve - finds what a definition names on this machine: users, groups,
 * environment files.
 */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strings.h"
#include "config/environ.h"
#include "config/resolve.h"

#define WHY_MAX (FILE_WHY_MAX + 96)

struct resolver {
	bool lenient;
	bool root;
	const struct resolve_lookups *look_up;
	struct accounts *accounts;
	struct diags *notes; /* NULL: nobody wants them */
	void *files;	     /* tsearch(3): environment files that were read */
};

/* An environment file; it is read once, even if many programs name it. */
struct envread {
	char *path; /* with - in front: the file may be absent */
	char **vars;
	uint64_t digest;
	char why[WHY_MAX]; /* "" if it can be read */
};

/* The resolution of one definition. */
struct task {
	struct resolver *r;
	struct definition *conf;
	const char *file;
	struct diags *diags;
};

struct resolver *
resolve_new(const struct resolve_lookups *lookups, bool root, bool lenient)
{
	struct resolver *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->look_up = lookups;
	r->lenient = lenient;
	r->root = root;
	if ((r->accounts = lookups->open()) == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
resolve_note(struct resolver *r, struct diags *notes)
{
	r->notes = notes;
}

static void
envread_free(void *p)
{
	struct envread *e = p;

	free(e->path);
	free(e->vars);
	free(e);
}

void
resolve_free(struct resolver *r)
{
	if (r == NULL)
		return;
	r->look_up->close(r->accounts);
	tdestroy(r->files, envread_free);
	free(r);
}

/* Report an error, unless the key came from the defaults.  Always -1. */
static int __attribute__((format(printf, 4, 5)))
complain(struct task *t, const char *key, size_t nth, const char *fmt, ...)
{
	unsigned line = definition_line(t->conf, key, nth);
	va_list ap;
	char why[WHY_MAX];

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (line != 0)
		diag_add(t->diags, t->file, line, key, "%s", why);
	return -1;
}

static int
no_memory(struct task *t)
{
	return diag_no_memory(t->diags, t->file);
}

/*
 * An account cannot be used: what is wrong with it, in words that follow its
 * name; or NULL.  To the kernel the id means "no change": such a program would
 * stay root.
 */
static const char *
account_trouble(const struct account *a, char why[WHY_MAX])
{
	if (a->err == ENOENT)
		return "does not exist";
	if (a->err == 0 && a->uid != (uid_t)-1 && a->gid != (gid_t)-1)
		return NULL;
	if (a->err == 0)
		return "has the id 4294967295, which no process can have";
	snprintf(why, WHY_MAX, "cannot be looked up: %s", strerror(a->err));
	return why;
}

/*
 * The program cannot run as configured.  That is an error, but a program that
 * ran before waits.  Always -1.
 */
static int __attribute__((format(printf, 4, 5)))
refuse(struct task *t, const char *key, size_t nth, const char *fmt, ...)
{
	struct definition *conf = t->conf;
	char why[WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (!t->r->lenient)
		return complain(t, key, nth, "%s", why);
	if (conf->waits_for == NULL && (conf->waits_for = strdup(why)) == NULL)
		return no_memory(t);
	return -1;
}

static int
refuse_account(struct task *t, const char *key, size_t nth, const char *what,
    const struct account *a)
{
	char why[WHY_MAX];
	const char *trouble = account_trouble(a, why);

	if (t->r->lenient)
		return refuse(t, key, nth, "%s %.80s (%s)", what, a->name,
		    trouble);
	if (a->err == ENOENT)
		return refuse(t, key, nth, "there is no %s %.80s", what,
		    a->name);
	return refuse(t, key, nth, "%s %.80s %s", what, a->name, trouble);
}

static bool
is_usable(const struct account *a)
{
	char why[WHY_MAX];

	return account_trouble(a, why) == NULL;
}

static int
copy_names(struct definition *conf, const struct account *user)
{
	conf->home = strdup(user->home);
	conf->shell = strdup(user->shell);
	if (user->login != NULL)
		conf->login = strdup(user->login);
	return conf->home == NULL || conf->shell == NULL ||
		(user->login != NULL && conf->login == NULL)
	    ? -1
	    : 0;
}

static int
find_user(struct task *t, const struct account **user)
{
	struct definition *conf = t->conf;

	*user = t->r->look_up->user(t->r->accounts, conf->user);
	if (*user == NULL)
		return no_memory(t);
	if (!is_usable(*user))
		return refuse_account(t, "user", 0, "user", *user);
	if (!t->r->root && (*user)->uid != geteuid())
		return refuse(t, "user", 0,
		    "only root can run programs as another user");
	if (copy_names(conf, *user) == -1)
		return no_memory(t);
	if (t->r->root) {
		conf->uid = (*user)->uid;
		conf->gid = (*user)->gid;
	}
	return 0;
}

static int
find_group(struct task *t)
{
	const struct account *group;

	group = t->r->look_up->group(t->r->accounts, t->conf->group);
	if (group == NULL)
		return no_memory(t);
	if (!is_usable(group))
		return refuse_account(t, "group", 0, "group", group);
	if (!t->r->root && group->gid != getegid())
		return refuse(t, "group", 0,
		    "only root can run programs in another group");
	if (t->r->root)
		t->conf->gid = group->gid;
	return 0;
}

/* Use exactly the groups that the key gives. */
static int
find_groups(struct task *t)
{
	struct definition *conf = t->conf;
	size_t n = strings_count(conf->groups);
	const struct account *group;
	int r = 0;

	if (!t->r->root)
		return refuse(t, "groups", 0,
		    "only root can give programs other groups");
	if ((conf->gids = calloc(n, sizeof(*conf->gids))) == NULL)
		return no_memory(t);
	for (size_t i = 0; i < n; i++) {
		group = t->r->look_up->group(t->r->accounts, conf->groups[i]);
		if (group == NULL)
			return no_memory(t);
		if (!is_usable(group))
			r = refuse_account(t, "groups", 0, "group", group);
		else
			conf->gids[conf->ngids++] = group->gid;
	}
	return r;
}

/*
 * Without the key groups: those that list the user, and the group.  Without
 * any, the program would keep the groups of root.
 */
static int
default_groups(struct task *t, const struct account *user)
{
	struct definition *conf = t->conf;
	size_t n = user != NULL ? user->ngids : 0;

	if ((conf->gids = calloc(n + 1, sizeof(*conf->gids))) == NULL)
		return no_memory(t);
	conf->gids[conf->ngids++] = conf->gid;
	for (size_t i = 0; i < n; i++)
		if (user->gids[i] != conf->gid)
			conf->gids[conf->ngids++] = user->gids[i];
	return 0;
}

static int
compare_gids(const void *a, const void *b)
{
	const gid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* -1: it was reported, or the program waits. */
static int
find_accounts(struct task *t)
{
	struct definition *conf = t->conf;
	const struct account *user = NULL;
	int r = 0;

	if (conf->user != NULL && find_user(t, &user) == -1)
		r = -1;
	if (conf->group != NULL && find_group(t) == -1)
		r = -1;
	if (conf->groups != NULL && find_groups(t) == -1)
		r = -1;
	if (r == 0 && conf->groups == NULL && conf->gid != (gid_t)-1)
		r = default_groups(t, user);
	/* Sort them: another order is no change. */
	if (conf->ngids > 1)
		qsort(conf->gids, conf->ngids, sizeof(*conf->gids),
		    compare_gids);
	return r;
}

/* A program that waits has no ids, rather than some of them. */
static int
resolve_accounts(struct task *t)
{
	struct definition *conf = t->conf;
	char *waits_for;

	if (conf->kept)
		return 0;
	if (find_accounts(t) == 0)
		return 0;
	waits_for = conf->waits_for;
	conf->waits_for = NULL;
	definition_forget(conf);
	conf->waits_for = waits_for;
	return waits_for != NULL ? 0 : -1;
}

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t
digest(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#define DIGEST_START UINT64_C(0xcbf29ce484222325)

/* A line of an environment file is no variable. */
struct envwarning {
	struct diags *notes; /* or NULL */
	const char *path;
};

static void
warn_of_line(void *arg, unsigned line, const char *why)
{
	const struct envwarning *w = arg;

	if (w->notes != NULL)
		diag_add_once(w->notes, w->path, line, NULL,
		    "%s; the line is ignored", why);
}

/* Fill in why, or the variables and the digest. */
static void
read_envfile(struct envread *e, struct diags *notes)
{
	const bool optional = e->path[0] == '-';
	const char *path = e->path + (optional ? 1 : 0);
	struct envwarning warning = {notes, path};
	struct file f;
	int r;

	r = file_read(&f, AT_FDCWD, path, ENVIRON_FILE_MAX);
	if (r == -1)
		snprintf(e->why, sizeof(e->why), "%.80s %s", path, f.why);
	else if (r == 0 && !optional)
		snprintf(e->why, sizeof(e->why), "%.160s does not exist", path);
	else if (r == 1 &&
	    environ_parse(f.bytes, f.len, &e->vars, warn_of_line, &warning) ==
		-1)
		snprintf(e->why, sizeof(e->why), "out of memory");
	else if (r == 1)
		e->digest = digest(DIGEST_START, f.bytes, f.len);
	file_clear(&f);
}

static int
compare_paths(const void *a, const void *b)
{
	const struct envread *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static const struct envread *
find_envfile(struct resolver *r, const char *path)
{
	struct envread *e, **slot;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	if ((e->path = strdup(path)) == NULL ||
	    (slot = tsearch(e, &r->files, compare_paths)) == NULL) {
		envread_free(e);
		return NULL;
	}
	if (*slot != e) {
		envread_free(e);
		return *slot;
	}
	read_envfile(e, r->notes);
	return e;
}

/* Put the variables of all its files into env. */
static int
read_envfiles(struct task *t, struct environment *env)
{
	struct definition *conf = t->conf;
	const struct envread *e;
	int r = 0;

	conf->env_digest = 0;
	for (size_t i = 0; i < strings_count(conf->env_file); i++) {
		e = find_envfile(t->r, conf->env_file[i]);
		if (e == NULL)
			return no_memory(t);
		if (e->why[0] != '\0')
			r = refuse(t, "env-file", i, "%s", e->why);
		environ_set_all(env, e->vars);
		conf->env_digest =
		    digest(conf->env_digest, &e->digest, sizeof(e->digest));
	}
	return r;
}

/* The files are read here only: a later change counts at the next reload. */
static int
resolve_envfiles(struct task *t)
{
	struct definition *conf = t->conf;
	struct environment env = {0};
	char **vars;
	int r;

	if (conf->env_kept || conf->env_file == NULL)
		return 0;
	if (read_envfiles(t, &env) == -1)
		r = conf->waits_for != NULL ? 0 : -1;
	else if ((vars = environ_vector(&env)) == NULL ||
	    strings_copy(&conf->env_read, vars) == -1)
		r = no_memory(t);
	else
		r = 0;
	environ_clear(&env);
	return r;
}

int
resolve_definition(struct resolver *r, struct definition *conf,
    const char *file, struct diags *diags)
{
	struct task t = {r, conf, file, diags};
	int accounts = resolve_accounts(&t), files = resolve_envfiles(&t);

	return accounts == -1 || files == -1 ? -1 : 0;
}

/* Find the account of a setting.  NULL: reported, unless it was accepted. */
static const struct account *
find_setting(struct resolver *r, const struct settings *settings,
    const char *key, const struct account *a, const char *what,
    const char *file, struct diags *diags)
{
	unsigned line = settings_line(settings, key);
	char why[WHY_MAX];

	if (a == NULL)
		diag_no_memory(diags, file);
	else if (is_usable(a))
		return a;
	else if (r->lenient)
		return NULL;
	else if (a->err == ENOENT)
		diag_add(diags, file, line, key, "there is no %s %.80s", what,
		    a->name);
	else
		diag_add(diags, file, line, key, "%s %.80s %s", what, a->name,
		    account_trouble(a, why));
	return NULL;
}

static void
find_log_user(struct resolver *r, struct settings *s, const char *file,
    struct diags *diags)
{
	const char *name = s->log_user != NULL ? s->log_user : RESOLVE_LOG_USER;
	const struct account *user = r->look_up->user(r->accounts, name);

	if (s->log_user == NULL && user != NULL && user->err != 0)
		return;
	user = find_setting(r, s, "log-user", user, "user", file, diags);
	if (user != NULL) {
		s->log_uid = user->uid;
		s->log_gid = user->gid;
	}
}

int
resolve_settings(struct resolver *r, struct settings *s, const char *file,
    struct diags *diags)
{
	size_t before = diag_count(diags);
	const struct account *group;

	if (s->kept)
		return 0;
	find_log_user(r, s, file, diags);
	if (s->access_group != NULL) {
		group = r->look_up->group(r->accounts, s->access_group);
		group = find_setting(r, s, "access-group", group, "group", file,
		    diags);
		if (group != NULL)
			s->access_gid = group->gid;
	}
	return diag_count(diags) == before ? 0 : -1;
}
