/*
 * resolve - finds what a definition names on this machine: users, groups,
 * environment files.
 */
#include <sys/stat.h>

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
	const struct config *former; /* see resolve_accepted; or NULL */
	bool starting;
	bool default_waits; /* a missing account of the defaults is excused */
	const char *conf;   /* see resolve_near; or NULL */
	const struct settings *settings;
};

/* An environment file; it is read once, even if many programs name it. */
struct envread {
	char *path; /* with - in front: the file may be absent */
	char **vars;
	uint64_t digest;
	int late;	   /* ETIMEDOUT or EINPROGRESS: it was not read */
	char why[WHY_MAX]; /* "" if it can be read */
};

/* The resolution of one definition. */
struct task {
	struct resolver *r;
	struct definition *conf;
	const char *file;
	struct diags *diags;
	bool is_late; /* an account or a file was not looked up in time */
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
	r->accounts =
	    lookups->shared != NULL ? lookups->shared : lookups->open();
	if (r->accounts == NULL) {
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
resolve_accepted(struct resolver *r, const struct config *former, bool starting)
{
	r->former = former;
	r->starting = starting;
}

void
resolve_near(struct resolver *r, const char *conf, const struct settings *s)
{
	r->conf = conf;
	r->settings = s;
}

void
resolve_free(struct resolver *r)
{
	if (r == NULL)
		return;
	if (r->look_up->shared == NULL)
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
	if (a->err == ETIMEDOUT)
		return "could not be looked up within 2 s";
	if (a->err == EINPROGRESS)
		return "is not looked up yet";
	snprintf(why, WHY_MAX, "cannot be looked up: %s", strerror(a->err));
	return why;
}

/* The definition if it was accepted before as it is, or NULL. */
static const struct definition *
former_of(const struct task *t)
{
	const struct config *former = t->r->former;
	const struct definition *d = NULL;

	if (former != NULL && t->conf->name != NULL)
		d = config_find(former, t->conf->name);
	return d != NULL && definition_same_text(d, t->conf) ? d : NULL;
}

/* Do the defaults name the accounts of a program that was accepted before? */
static bool
are_former_defaults(const struct task *t)
{
	const struct config *former = t->r->former;
	const struct definition *conf = t->conf, *d;

	for (size_t i = 0; former != NULL && i < former->nprograms; i++) {
		d = former->programs[i];
		if (keys_same(d, conf, keys_find("user")) &&
		    keys_same(d, conf, keys_find("group")) &&
		    keys_same(d, conf, keys_find("groups")))
			return true;
	}
	return false;
}

/* Is a missing account no error, because it was accepted before? */
static bool
is_excused(const struct task *t)
{
	if (t->r->lenient)
		return true;
	if (t->conf->name != NULL)
		return former_of(t) != NULL;
	t->r->default_waits = are_former_defaults(t);
	return t->r->default_waits;
}

/*
 * The program cannot run as configured.  That is an error, but a program that
 * was accepted before waits.  Always -1.
 */
static int __attribute__((format(printf, 3, 4)))
refuse(struct task *t, const char *key, const char *fmt, ...)
{
	va_list ap;
	char why[WHY_MAX];

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	/* The defaults have not reported it. */
	if (t->r->default_waits && definition_line(t->conf, key, 0) == 0)
		diag_add(t->diags, t->file, 0, key, "%s", why);
	return complain(t, key, 0, "%s", why);
}

/* No error, but the program waits.  Always -1. */
static int __attribute__((format(printf, 2, 3)))
wait_for(struct task *t, const char *fmt, ...)
{
	struct definition *conf = t->conf;
	va_list ap;
	int n;

	if (conf->waits_for != NULL)
		return -1;
	va_start(ap, fmt);
	n = vasprintf(&conf->waits_for, fmt, ap);
	va_end(ap);
	if (n != -1)
		return -1;
	conf->waits_for = NULL;
	return no_memory(t);
}

static int
refuse_account(struct task *t, const char *key, const char *what,
    const struct account *a)
{
	char why[WHY_MAX];
	const char *trouble = account_trouble(a, why);

	if (a->err == ETIMEDOUT || a->err == EINPROGRESS)
		t->is_late = true;
	if (a->err == EINPROGRESS || is_excused(t))
		return wait_for(t, "%s %.80s (%s)", what, a->name, trouble);
	if (a->err == ENOENT)
		return refuse(t, key, "there is no %s %.80s", what, a->name);
	return refuse(t, key, "%s %.80s %s", what, a->name, trouble);
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
		return refuse_account(t, "user", "user", *user);
	if (!t->r->root && (*user)->uid != geteuid())
		return refuse(t, "user",
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
		return refuse_account(t, "group", "group", group);
	if (!t->r->root && group->gid != getegid())
		return refuse(t, "group",
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
		return refuse(t, "groups",
		    "only root can give programs other groups");
	if ((conf->gids = calloc(n, sizeof(*conf->gids))) == NULL)
		return no_memory(t);
	for (size_t i = 0; i < n; i++) {
		group = t->r->look_up->group(t->r->accounts, conf->groups[i]);
		if (group == NULL)
			return no_memory(t);
		if (!is_usable(group))
			r = refuse_account(t, "groups", "group", group);
		else
			conf->gids[conf->ngids++] = group->gid;
	}
	return r;
}

/* The owner of the sockets that are paths. */
static int
find_socket_owner(struct task *t)
{
	struct definition *conf = t->conf;
	const struct account *a;
	int r = 0;

	if (conf->socket_user != NULL) {
		a = t->r->look_up->user(t->r->accounts, conf->socket_user);
		if (a == NULL)
			return no_memory(t);
		if (!is_usable(a))
			r = refuse_account(t, "socket-user", "user", a);
		else if (!t->r->root && a->uid != geteuid())
			r = refuse(t, "socket-user",
			    "only root can give a socket to another user");
		else
			conf->socket_uid = a->uid;
	}
	if (conf->socket_group != NULL) {
		a = t->r->look_up->group(t->r->accounts, conf->socket_group);
		if (a == NULL)
			return no_memory(t);
		if (!is_usable(a))
			return refuse_account(t, "socket-group", "group", a);
		conf->socket_gid = a->gid;
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
	if (find_socket_owner(t) == -1)
		r = -1;
	if (r == 0 && conf->groups == NULL && conf->gid != (gid_t)-1)
		r = default_groups(t, user);
	/* Sort them: another order is no change. */
	if (conf->ngids > 1)
		qsort(conf->gids, conf->ngids, sizeof(*conf->gids),
		    compare_gids);
	return r;
}

static int
copy_string(char **to, const char *from)
{
	return from != NULL && (*to = strdup(from)) == NULL ? -1 : 0;
}

/* Take the accounts that were found when it was accepted. */
static int
keep_former(struct definition *conf, const struct definition *former)
{
	definition_forget(conf);
	conf->gids = calloc(former->ngids + 1, sizeof(*conf->gids));
	if (conf->gids == NULL ||
	    copy_string(&conf->login, former->login) == -1 ||
	    copy_string(&conf->home, former->home) == -1 ||
	    copy_string(&conf->shell, former->shell) == -1)
		return -1;
	memcpy(conf->gids, former->gids, former->ngids * sizeof(*conf->gids));
	conf->ngids = former->ngids;
	conf->uid = former->uid;
	conf->gid = former->gid;
	conf->socket_uid = former->socket_uid;
	conf->socket_gid = former->socket_gid;
	return 0;
}

/*
 * An account is missing, and that is no error.  While the daemon runs, and if
 * the name service only does not answer, the ids that it had stay.  Otherwise
 * the program waits, without ids, rather than with some of them.
 */
static int
do_without(struct task *t)
{
	struct definition *conf = t->conf;
	const struct definition *former = former_of(t);
	char *waits_for = conf->waits_for;
	const bool keeps = former != NULL && former->waits_for == NULL &&
	    (t->is_late || !t->r->starting);

	if (t->r->notes != NULL && !t->r->lenient && conf->name != NULL)
		diag_add_once(t->r->notes, t->file,
		    definition_line(conf, "user", 0), NULL, "%s: %s%s",
		    conf->name,
		    keeps ? "the ids stay as they were: " : "waits for ",
		    waits_for);
	conf->waits_for = NULL;
	if (keeps) {
		free(waits_for);
		return keep_former(conf, former) == -1 ? no_memory(t) : 0;
	}
	definition_forget(conf);
	conf->waits_for = waits_for;
	return 0;
}

static int
resolve_accounts(struct task *t)
{
	if (t->conf->kept || find_accounts(t) == 0)
		return 0;
	return t->conf->waits_for != NULL ? do_without(t) : -1;
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

void
resolve_read(struct envfile *e)
{
	struct file f;

	e->found = file_read(&f, AT_FDCWD, e->path, ENVIRON_FILE_MAX);
	if (e->found == 1 && memchr(f.bytes, '\0', f.len) != NULL) {
		e->found = -1;
		strlcpy(f.why, "contains a byte with the value 0",
		    sizeof(f.why));
	}
	if (e->found == -1)
		strlcpy(e->why, f.why, sizeof(e->why));
	if (e->found == 1) {
		e->bytes = f.bytes;
		e->len = f.len;
		f.bytes = NULL;
	}
	file_clear(&f);
}

static bool
is_below(const char *path, const char *folder, size_t len)
{
	return len > 0 && strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* Is it with the configuration, so that it is read at once? */
static bool
is_near(const struct resolver *r, const char *path)
{
	const char *folder, *end;
	struct stat st;

	if (r->conf == NULL || strstr(path, "/../") != NULL)
		return false;
	folder = r->settings->program_dir;
	end = strrchr(r->conf, '/');
	if (!is_below(path, "/etc", strlen("/etc")) &&
	    !is_below(path, folder, folder != NULL ? strlen(folder) : 0) &&
	    !is_below(path, r->conf, end != NULL ? (size_t)(end - r->conf) : 0))
		return false;
	/* A link may lead elsewhere. */
	return lstat(path, &st) == -1 || !S_ISLNK(st.st_mode);
}

/* Fill in why, or the variables and the digest. */
static void
take_envfile(struct envread *e, const struct envfile *file, struct diags *notes)
{
	const bool optional = e->path[0] == '-';
	struct envwarning warning = {notes, file->path};

	e->late =
	    file->err == ETIMEDOUT || file->err == EINPROGRESS ? file->err : 0;
	if (file->err == EINPROGRESS)
		snprintf(e->why, sizeof(e->why), "%.160s is not read yet",
		    file->path);
	else if (file->err == ETIMEDOUT)
		snprintf(e->why, sizeof(e->why),
		    "%.160s could not be read within 2 s", file->path);
	else if (file->err != 0)
		snprintf(e->why, sizeof(e->why), "%.160s cannot be read: %s",
		    file->path, strerror(file->err));
	else if (file->found == -1)
		snprintf(e->why, sizeof(e->why), "%.80s %s", file->path,
		    file->why);
	else if (file->found == 0 && !optional)
		snprintf(e->why, sizeof(e->why), "%.160s does not exist",
		    file->path);
	else if (file->found == 1 &&
	    environ_parse(file->bytes, file->len, &e->vars, warn_of_line,
		&warning) == -1)
		snprintf(e->why, sizeof(e->why), "out of memory");
	else if (file->found == 1)
		e->digest = digest(DIGEST_START, file->bytes, file->len);
}

static void
read_envfile(struct resolver *r, struct envread *e)
{
	char *path = e->path + (e->path[0] == '-');
	const struct resolve_lookups *look_up = r->look_up;
	struct envfile now = {.path = path};
	const struct envfile *file = &now;

	if (look_up->file == NULL || is_near(r, path))
		resolve_read(&now);
	else if ((file = look_up->file(look_up->files, path)) == NULL) {
		now.err = ENOMEM;
		file = &now;
	}
	take_envfile(e, file, r->notes);
	free(now.bytes);
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
	read_envfile(r, e);
	return e;
}

/*
 * Its files did not answer.  As long as its text stays the same, so do the
 * variables that were read before.  False: no such variables exist.
 */
static bool
keep_read(struct task *t, const struct envread *e)
{
	const struct definition *former = former_of(t);

	t->is_late = true;
	/* With EINPROGRESS, this is done again once they are read. */
	if (former == NULL || former->waits_for != NULL)
		return e->late == EINPROGRESS;
	if (e->late == ETIMEDOUT && t->r->notes != NULL)
		diag_add_once(t->r->notes, t->file,
		    definition_line(t->conf, "env-file", 0), NULL,
		    "%s; the variables of %s stay as they were", e->why,
		    t->conf->name);
	t->conf->env_digest = former->env_digest;
	return strings_copy(&t->conf->env_read, former->env_read) == 0;
}

/* Put the variables of all its files into env.  1: they stay as they were. */
static int
read_envfiles(struct task *t, struct environment *env)
{
	struct definition *conf = t->conf;
	const struct envread *e;
	int r = 0;

	conf->env_digest = 0;
	for (size_t i = 0; i < strings_count(conf->env_file); i++) {
		/* A template does not know the files of its instances. */
		if (conf->name != NULL && definition_is_template(conf->name) &&
		    definition_has_variable(conf->env_file[i]))
			continue;
		e = find_envfile(t->r, conf->env_file[i]);
		if (e == NULL)
			return no_memory(t);
		if (e->late != 0 && keep_read(t, e))
			return 1;
		if (e->why[0] != '\0')
			r = t->r->lenient
			    ? wait_for(t, "%s", e->why)
			    : complain(t, "env-file", i, "%s", e->why);
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
	r = read_envfiles(t, &env);
	if (r == -1)
		r = conf->waits_for != NULL ? 0 : -1;
	else if (r == 1)
		r = 0;
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
	struct task t = {.r = r, .conf = conf, .file = file, .diags = diags};
	int accounts = resolve_accounts(&t), files = resolve_envfiles(&t);

	return accounts == -1 || files == -1 ? -1 : 0;
}

bool
resolve_again(struct resolver *r, struct definition *conf)
{
	struct definition now = *conf;
	struct diags unused;
	struct task t = {.r = r, .conf = &now, .file = "", .diags = &unused};
	bool found;

	now.gids = NULL;
	now.login = now.home = now.shell = now.waits_for = NULL;
	now.env_read = NULL;
	definition_forget(&now);
	definition_forget_files(&now);
	diag_init(&unused);
	found = resolve_accounts(&t) == 0 && resolve_envfiles(&t) == 0 &&
	    !t.is_late;
	diag_clear(&unused);
	if (!found) {
		definition_forget(&now);
		definition_forget_files(&now);
		return false;
	}
	definition_forget(conf);
	definition_forget_files(conf);
	*conf = now;
	return conf->waits_for == NULL;
}

/* A setting that names an account: its line and the field for its id. */
struct setting {
	const char *key;
	const char *what;
	unsigned line;
	bool accepted; /* it was accepted before with this name */
};

/* Find the account of a setting.  NULL: reported, unless it was accepted. */
static const struct account *
find_setting(const struct setting *setting, const struct account *a,
    const char *file, struct diags *diags)
{
	char why[WHY_MAX];

	if (a == NULL)
		diag_no_memory(diags, file);
	else if (is_usable(a))
		return a;
	else if (setting->accepted || a->err == EINPROGRESS)
		return NULL;
	else if (a->err == ENOENT)
		diag_add(diags, file, setting->line, setting->key,
		    "there is no %s %.80s", setting->what, a->name);
	else
		diag_add(diags, file, setting->line, setting->key,
		    "%s %.80s %s", setting->what, a->name,
		    account_trouble(a, why));
	return NULL;
}

static bool
same_string(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* log-user takes effect at a start only: once accepted, it stays. */
static void
find_log_user(struct resolver *r, struct settings *s, const char *file,
    struct diags *diags)
{
	const struct settings *former =
	    r->former != NULL ? &r->former->settings : NULL;
	const char *name = s->log_user != NULL ? s->log_user : RESOLVE_LOG_USER;
	const bool same =
	    former != NULL && same_string(former->log_user, s->log_user);
	const struct setting setting = {"log-user", "user",
	    settings_line(s, "log-user"), same || r->lenient};
	const struct account *user = NULL;

	if (same) {
		s->log_uid = former->log_uid;
		s->log_gid = former->log_gid;
	}
	if (!same || r->starting)
		user = r->look_up->user(r->accounts, name);
	else
		return;
	if (s->log_user == NULL && user != NULL && user->err != 0 &&
	    user->err != ETIMEDOUT)
		return;
	user = find_setting(&setting, user, file, diags);
	if (user != NULL) {
		s->log_uid = user->uid;
		s->log_gid = user->gid;
	}
}

static void
find_access_group(struct resolver *r, struct settings *s, const char *file,
    struct diags *diags)
{
	const struct settings *former =
	    r->former != NULL ? &r->former->settings : NULL;
	const bool same = former != NULL &&
	    same_string(former->access_group, s->access_group);
	const struct setting setting = {"access-group", "group",
	    settings_line(s, "access-group"), same || r->lenient};
	const struct account *group;

	if (s->access_group == NULL)
		return;
	group = r->look_up->group(r->accounts, s->access_group);
	group = find_setting(&setting, group, file, diags);
	if (group != NULL)
		s->access_gid = group->gid;
	else if (same)
		s->access_gid = former->access_gid;
}

int
resolve_settings(struct resolver *r, struct settings *s, const char *file,
    struct diags *diags)
{
	size_t before = diag_count(diags);

	if (s->kept)
		return 0;
	find_log_user(r, s, file, diags);
	find_access_group(r, s, file, diags);
	return diag_count(diags) == before ? 0 : -1;
}
