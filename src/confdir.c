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

#include "confdir.h"
#include "mono.h"
#include "resolve.h"
#include "safefile.h"
#include "text.h"

#define SUFFIX ".conf"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)
#define NAME_SIZE 65 /* of text_is_name, and a NUL */

/* What one reading of the configuration needs. */
struct loading {
	struct confset *set;
	const struct confset *known; /* NULL: nothing can be shared */
	const char *folder;	     /* of the programs; NULL: set's own */
	struct resolver *resolver;
	struct diags *diags;
};

static int
no_memory(struct diags *diags, const char *file)
{
	diags_add(diags, file, 0, NULL, "out of memory");
	return -1;
}

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

/* "web" of "web.conf"; false if there is no such suffix or no room. */
static bool
program_name(const char *entry, char name[static NAME_SIZE])
{
	size_t len = strlen(entry);

	if (len < SUFFIX_LEN || strcmp(entry + len - SUFFIX_LEN, SUFFIX) != 0 ||
	    len - SUFFIX_LEN >= NAME_SIZE)
		return false;
	memcpy(name, entry, len - SUFFIX_LEN);
	name[len - SUFFIX_LEN] = '\0';
	return true;
}

/* The name that the file gives its program, or complaints. */
static int
check_name(const char *path, const char *entry, char name[static NAME_SIZE],
    struct diags *diags)
{
	if (!program_name(entry, name) || !text_is_name(name)) {
		diags_add(diags, path, 0, NULL,
		    "not a program name: letters, digits and _ . @ -, the "
		    "first a letter or digit, 64 at most, then .conf");
		return -1;
	}
	if (strcasecmp(name, "hupd") == 0) {
		diags_add(diags, path, 0, NULL,
		    "the name hupd is reserved for the daemon itself");
		return -1;
	}
	return 0;
}

/* Parse what was read and resolve it. */
static struct conf *
make_definition(const char *name, const char *path, const char *bytes,
    size_t len, const struct conf *defaults, struct resolver *resolver,
    struct diags *diags)
{
	struct conf *conf;

	conf = conf_parse(name, path, bytes, len, defaults, diags);
	if (conf != NULL && resolve(resolver, conf, path, diags) == -1) {
		conf_unref(conf);
		return NULL;
	}
	return conf;
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

/* Add the program of one file to the set, unless the file has vanished. */
static int
load_program(struct loading *l, int dir, const char *entry, const char *path)
{
	char name[NAME_SIZE];
	struct timespec now;
	struct safefile f;
	struct conf *conf;
	int r;

	if (check_name(path, entry, name, l->diags) == -1)
		return -1;
	r = safefile_look(&f, dir, entry, CONF_FILE_MAX);
	if (r == 1 && (conf = share_known(l, name, path, &f.st)) != NULL)
		goto add;
	now = wall_now();
	if (r == 1)
		r = safefile_read(&f, dir, entry, CONF_FILE_MAX);
	if (r == 0)
		return 0;
	if (r == -1)
		diags_add(l->diags, path, 0, NULL, "%s", f.why);
	conf = r == -1 ? NULL
		       : make_definition(name, path, f.bytes, f.len,
			     l->set->defaults, l->resolver, l->diags);
	if (conf != NULL && is_settled(&f.st, &now))
		conf->stamp = stamp_of(&f.st);
	safefile_clear(&f);
	if (conf == NULL && (conf = placeholder(name)) == NULL)
		return no_memory(l->diags, path);
add:
	if (confset_add(l->set, conf) == -1) {
		conf_unref(conf);
		return no_memory(l->diags, path);
	}
	return 0;
}

static int
is_program_file(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len >= SUFFIX_LEN &&
	    strcmp(d->d_name + len - SUFFIX_LEN, SUFFIX) == 0;
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
		diags_add(l->diags, folder, 0, NULL, "cannot be read: %s",
		    strerror(errno));
		return -1;
	}
	/* Having been opened, it is no longer than PATH_MAX. */
	entry = stpcpy(stpcpy(path, folder), "/");
	for (int i = 0; i < n; i++) {
		stpcpy(entry, v[i]->d_name);
		load_program(l, dir, v[i]->d_name, path);
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
	char why[SAFEFILE_WHY_MAX];
	int dir;

	dir = open(folder, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	if (dir == -1) {
		if (errno != ENOENT)
			diags_add(l->diags, folder, 0, NULL,
			    "cannot be opened: %s", strerror(errno));
		return;
	}
	if (safefile_folder(dir, why) == -1)
		diags_add(l->diags, folder, 0, NULL, "%s", why);
	else
		load_entries(l, dir, folder);
	close(dir);
}

/* The daemon's file, or a whole configuration. */
static int
load_daemon(struct loading *l, const char *file, size_t max, bool must_exist,
    bool *whole)
{
	struct safefile f;
	int r;

	*whole = false;
	r = safefile_read(&f, AT_FDCWD, file, max);
	if (r == 1)
		r = conf_parse_daemon(l->set, file, f.bytes, f.len, whole,
		    l->diags);
	else if (r == -1)
		diags_add(l->diags, file, 0, NULL, "%s", f.why);
	else if (must_exist)
		diags_add(l->diags, file, 0, NULL, "does not exist");
	safefile_clear(&f);
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
	size_t before = diags_count(l->diags);
	bool whole;

	if (confset_init(l->set, places) == -1)
		return no_memory(l->diags, file);
	if ((l->resolver = resolver_new(lenient)) == NULL) {
		confset_clear(l->set);
		return no_memory(l->diags, file);
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
	if (diags_count(l->diags) == before)
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

struct conf *
confdir_load_text(const char *file, const char *bytes, size_t len,
    const struct conf *defaults, struct diags *diags)
{
	const char *slash = strrchr(file, '/');
	const char *entry = slash == NULL ? file : slash + 1;
	char name[NAME_SIZE];
	struct resolver *resolver;
	struct conf *conf;

	if (check_name(file, entry, name, diags) == -1)
		return NULL;
	if ((resolver = resolver_new(false)) == NULL) {
		no_memory(diags, file);
		return NULL;
	}
	conf =
	    make_definition(name, file, bytes, len, defaults, resolver, diags);
	resolver_free(resolver);
	return conf;
}

struct conf *
confdir_load_file(const char *file, const struct conf *defaults,
    struct diags *diags)
{
	struct conf *conf = NULL;
	struct safefile f;
	int r;

	if ((r = safefile_read(&f, AT_FDCWD, file, CONF_FILE_MAX)) == 1)
		conf = confdir_load_text(file, f.bytes, f.len, defaults, diags);
	else
		diags_add(diags, file, 0, NULL, "%s",
		    r == 0 ? "does not exist" : f.why);
	safefile_clear(&f);
	return conf;
}
