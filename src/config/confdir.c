/*
 * confdir - the configuration as it lies on disk.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/confdir.h"
#include "config/conffile.h"
#include "config/conftemplate.h"
#include "base/clock.h"
#include "config/resolve.h"
#include "base/file.h"

/* What one reading of the configuration needs. */
struct loading {
	struct confset *set;
	const struct confset *known; /* NULL: nothing can be shared */
	const char *folder;	     /* of the programs; NULL: set's own */
	struct resolver *resolver;
	struct template *templates; /* as far as they were read */
	struct diags *diags;
};

static struct conf_stamp
stamp_of(const struct stat *st)
{
	return (struct conf_stamp){st->st_dev, st->st_ino, st->st_size,
	    st->st_mtim, st->st_ctim};
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
same_stamp(const struct conf_stamp *a, const struct conf_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    same_time(&a->mtime, &b->mtime) && same_time(&a->ctime, &b->ctime);
}

/*
 * May a stamp be relied on?  The kernel takes ctime from a clock that moves
 * once a tick, 10 ms at most, so a change just after reading could carry the
 * time of one just before; file systems without nanoseconds count in steps of
 * up to two seconds.  A time to come is never reliable.
 */
static bool
is_settled(const struct stat *st, const struct timespec *now)
{
	int64_t step = st->st_ctim.tv_nsec == 0 ? 2000 : 20;
	int64_t age = (int64_t)(now->tv_sec - st->st_ctim.tv_sec) * 1000 +
	    (now->tv_nsec - st->st_ctim.tv_nsec) / 1000000;

	return age > step;
}

/*
 * The definition that is known already, if it would come out the same again:
 * the file did not change, nor did the users and files that it names.
 */
static struct conf *
share_known(struct loading *l, const char *name, const char *path,
    const struct stat *st)
{
	struct conf_stamp stamp = stamp_of(st);
	struct conf *known, now;
	bool same;

	if (l->known == NULL || (known = confset_find(l->known, name)) == NULL)
		return NULL;
	if (known->file == NULL || strcmp(known->file, path) != 0 ||
	    !same_stamp(&known->stamp, &stamp))
		return NULL;
	now = *known;
	now.gids = NULL;
	now.home = now.shell = NULL;
	resolve_clear(&now);
	same = resolve(l->resolver, &now, path, l->diags) == 0 &&
	    conf_diff_resolved(known, &now) == 0;
	resolve_clear(&now);
	return same ? conf_ref(known) : NULL;
}

/* In place of what was refused, so that others may still depend on it. */
static struct conf *
placeholder(const char *name)
{
	struct conf *conf;

	if ((conf = conf_new()) == NULL)
		return NULL;
	if ((conf->name = strdup(name)) == NULL) {
		conf_unref(conf);
		return NULL;
	}
	return conf;
}

/* What its own file says.  NULL with complaints, or *gone. */
static struct conf *
load_own(struct loading *l, int dir, const char *entry, const char *name,
    const char *path, bool *gone)
{
	struct conf *conf = NULL;
	struct timespec now;
	struct file f;
	int r;

	now = clock_wall();
	r = file_read(&f, dir, entry, CONF_FILE_MAX);
	*gone = r == 0;
	if (r == -1)
		diag_add(l->diags, path, 0, NULL, "%s", f.why);
	if (r == 1)
		conf = conffile_make(name, path, f.bytes, f.len,
		    l->set->defaults, l->resolver, l->diags);
	if (conf != NULL && is_settled(&f.st, &now))
		conf->stamp = stamp_of(&f.st);
	file_clear(&f);
	return conf;
}

/* What its template says.  NULL, with complaints if none are about that. */
static struct conf *
load_instance(struct loading *l, const char *name, const char *path,
    const struct template *t)
{
	struct conf *conf;

	if (t->missing)
		diag_add(l->diags, path, 0, NULL,
		    "its template %s does not exist", t->path);
	if (!t->good)
		return NULL;
	if ((conf = share_known(l, name, t->path, &t->file.st)) != NULL)
		return conf;
	conf = conffile_make(name, t->path, t->file.bytes, t->file.len,
	    l->set->defaults, l->resolver, l->diags);
	if (conf != NULL && is_settled(&t->file.st, &t->read_at))
		conf->stamp = stamp_of(&t->file.st);
	return conf;
}

/* The template of that name, read when it is asked for first. */
static const struct template *
find_template(struct loading *l, int dir, const char *folder, const char *name)
{
	struct template *t;

	for (t = l->templates; t != NULL; t = t->next)
		if (strcmp(t->name, name) == 0)
			return t;
	t = template_read(dir, folder, name, l->set->defaults, l->resolver,
	    l->diags);
	if (t != NULL) {
		t->next = l->templates;
		l->templates = t;
	} else
		conffile_no_memory(l->diags, folder);
	return t;
}

/* The template that defines the program, or NULL. */
static const struct template *
defined_by(struct loading *l, int dir, const char *folder, const char *name,
    const struct file *f, int looked)
{
	char base[CONF_NAME_SIZE];
	const struct template *t;

	if (conf_instance(name) == NULL)
		return NULL;
	snprintf(base, sizeof(base), "%.*s", (int)(conf_instance(name) - name),
	    name);
	t = find_template(l, dir, folder, base);
	return t != NULL && template_defines(t, f, looked) ? t : NULL;
}

/* Add the program of one file to the set, unless the file has vanished. */
static int
load_program(struct loading *l, int dir, const char *folder, const char *entry,
    const char *path)
{
	char name[CONF_NAME_SIZE];
	const struct template *t;
	struct conf *conf = NULL;
	struct file f;
	bool gone = false;
	int r;

	if (conffile_name(path, entry, name, l->diags) == -1)
		return -1;
	if (conf_is_template(name))
		return find_template(l, dir, folder, name) != NULL ? 0 : -1;
	r = file_look(&f, dir, entry, CONF_FILE_MAX);
	if ((t = defined_by(l, dir, folder, name, &f, r)) != NULL)
		conf = load_instance(l, name, path, t);
	else if (r == 1)
		conf = share_known(l, name, path, &f.st);
	if (conf == NULL && t == NULL)
		conf = load_own(l, dir, entry, name, path, &gone);
	if (gone)
		return 0;
	if (conf == NULL && (conf = placeholder(name)) == NULL)
		return conffile_no_memory(l->diags, path);
	if (confset_add(l->set, conf) == -1) {
		conf_unref(conf);
		return conffile_no_memory(l->diags, path);
	}
	return 0;
}

static int
is_program_file(const struct dirent *d)
{
	const size_t len = strlen(d->d_name), suffix = strlen(CONF_SUFFIX);

	return d->d_name[0] != '.' && len >= suffix &&
	    strcmp(d->d_name + len - suffix, CONF_SUFFIX) == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
load_entries(struct loading *l, int dir, const char *folder)
{
	char path[PATH_MAX + NAME_MAX + 2], *entry;
	struct dirent **v;
	int n;

	if ((n = scandirat(dir, ".", &v, is_program_file, by_name)) == -1) {
		diag_add(l->diags, folder, 0, NULL, "cannot be read: %s",
		    strerror(errno));
		return -1;
	}
	/* Having been opened, it is no longer than PATH_MAX. */
	entry = stpcpy(stpcpy(path, folder), "/");
	for (int i = 0; i < n; i++) {
		stpcpy(entry, v[i]->d_name);
		load_program(l, dir, folder, v[i]->d_name, path);
		free(v[i]);
	}
	free(v);
	return 0;
}

static void
load_folder(struct loading *l)
{
	const char *folder =
	    l->folder != NULL ? l->folder : l->set->settings.program_dir;
	char why[FILE_WHY_MAX];
	int dir;

	dir = open(folder, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	if (dir == -1) {
		if (errno != ENOENT)
			diag_add(l->diags, folder, 0, NULL,
			    "cannot be opened: %s", strerror(errno));
		return;
	}
	if (file_check_folder(dir, why) == -1)
		diag_add(l->diags, folder, 0, NULL, "%s", why);
	else
		load_entries(l, dir, folder);
	close(dir);
	templates_free(l->templates);
	l->templates = NULL;
}

/* The daemon's file, or a whole configuration. */
static int
load_daemon(struct loading *l, const char *file, size_t max, bool must_exist,
    bool *whole)
{
	struct file f;
	int r;

	*whole = false;
	r = file_read(&f, AT_FDCWD, file, max);
	if (r == 1)
		r = conf_parse_daemon(l->set, file, f.bytes, f.len, whole,
		    l->diags);
	else if (r == -1)
		diag_add(l->diags, file, 0, NULL, "%s", f.why);
	else if (must_exist)
		diag_add(l->diags, file, 0, NULL, "does not exist");
	file_clear(&f);
	return r;
}

/* The programs of a whole configuration have no files of their own. */
static void
resolve_whole(struct loading *l, const char *file)
{
	for (size_t i = 0; i < l->set->nprograms; i++)
		resolve(l->resolver, l->set->programs[i], file, l->diags);
}

/* Definitions can be shared only if they began with the same defaults. */
static void
forget_known(struct loading *l)
{
	const struct conf *defaults = l->set->defaults;

	if (l->known == NULL)
		return;
	if (l->known->defaults == NULL ||
	    conf_diff(l->known->defaults, defaults) != 0 ||
	    l->known->defaults->given != defaults->given)
		l->known = NULL;
}

static int
load(struct loading *l, const struct conf_places *places, const char *file,
    size_t max, bool must_exist, bool lenient)
{
	size_t before = diag_count(l->diags);
	bool whole;

	if (confset_init(l->set, places) == -1)
		return conffile_no_memory(l->diags, file);
	if ((l->resolver = resolver_new(lenient)) == NULL) {
		confset_clear(l->set);
		return conffile_no_memory(l->diags, file);
	}
	load_daemon(l, file, max, must_exist, &whole);
	resolve_settings(l->resolver, &l->set->settings, file, l->diags);
	resolve(l->resolver, l->set->defaults, file, l->diags);
	if (whole || lenient) {
		resolve_whole(l, file);
	} else {
		forget_known(l);
		load_folder(l);
	}
	confset_check(l->set, l->diags);
	resolver_free(l->resolver);
	if (diag_count(l->diags) == before)
		return 0;
	confset_clear_programs(l->set);
	return -1;
}

int
confdir_load(struct confset *set, const struct conf_places *places,
    const char *file, bool must_exist, const struct confset *known,
    struct diags *diags)
{
	struct loading l = {.set = set, .known = known, .diags = diags};

	if (known != NULL)
		l.folder = known->settings.program_dir;
	return load(&l, places, file, CONF_FILE_MAX, must_exist, false);
}

int
confdir_load_whole(struct confset *set, const struct conf_places *places,
    const char *file, struct diags *diags)
{
	struct loading l = {.set = set, .diags = diags};

	return load(&l, places, file, CONF_WHOLE_MAX, true, true);
}
