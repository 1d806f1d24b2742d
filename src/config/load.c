/*
 * load - the configuration as it lies on disk: hupd.conf, the folder of
 * programs, templates; read safely, parsed and resolved.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strings.h"
#include "base/file.h"
#include "base/text.h"
#include "config/definition.h"
#include "config/load.h"
#include "config/resolve.h"
#include "config/syntax.h"

/* The accepted configuration may have this many bytes. */
#define WHOLE_MAX ((size_t)256 * 1024 * 1024)

#define SUFFIX ".conf"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)
/* The longest name of a program, and a NUL. */
#define NAME_SIZE 65

/* The file of one program: its name, and its definition. */

/* "web" of "web.conf"; false without the suffix, or if it is too long. */
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

static int
check_reserved(const char *path, const char *name, struct diags *diags)
{
	if (strcasecmp(name, "hupd") != 0)
		return 0;
	diag_add(diags, path, 0, NULL,
	    "the name hupd is reserved for the daemon itself");
	return -1;
}

/* The name that the file gives its program; -1 with errors. */
static int
file_name(const char *path, const char *entry, char name[static NAME_SIZE],
    struct diags *diags)
{
	if (!program_name(entry, name) || !text_is_name(name)) {
		diag_add(diags, path, 0, NULL,
		    "the file name is not a program name and .conf; a program "
		    "name has at most 64 letters, digits and _ . @ -, and "
		    "begins with a letter or digit");
		return -1;
	}
	return check_reserved(path, name, diags);
}

/* The state of one reading of the configuration. */
struct loading {
	struct config *config;
	const struct load_source *source;
	const struct config *known; /* NULL: nothing can be shared */
	struct resolver *resolver;
	struct template *templates; /* as far as they were read */
	bool disabled;		    /* the program that is being read */
	struct diags *diags;
};

/* The candidate that stands in for the file of that program, or NULL. */
static const struct candidate *
find_candidate(const struct loading *l, const char *name)
{
	const struct load_source *source = l->source;

	for (size_t i = 0; i < source->ncandidates; i++)
		if (strcmp(source->candidates[i].name, name) == 0)
			return &source->candidates[i];
	return NULL;
}

/*
 * Resolve what a user proposes who could not install it, without reading its
 * environment files.
 */
static int
resolve_distrusted(struct loading *l, struct definition *conf, const char *path)
{
	const struct config *running = l->source->running;
	const struct definition *known;
	char **files = conf->env_file;
	int r;

	conf->env_file = NULL;
	r = resolve_definition(l->resolver, conf, path, l->diags);
	conf->env_file = files;
	known = running != NULL ? config_find(running, conf->name) : NULL;
	if (known != NULL && strings_equal(known->env_file, files))
		conf->env_digest = known->env_digest;
	return r;
}

/*
 * Parse and resolve the text of a file, or of a candidate.  With errors the
 * definition is incomplete: it is only good to find the errors of other
 * programs.  NULL: no memory.
 */
static struct definition *
make(struct loading *l, const char *name, const char *path, const char *bytes,
    size_t len, bool proposed, bool *good)
{
	size_t before = diag_count(l->diags);
	struct definition *conf;
	int r = -1;

	conf = syntax_parse_partly(name, path, bytes, len, l->config->defaults,
	    l->diags, &l->config->notes);
	if (conf != NULL && proposed && l->source->distrust)
		r = resolve_distrusted(l, conf, path);
	else if (conf != NULL)
		r = resolve_definition(l->resolver, conf, path, l->diags);
	*good = r == 0 && diag_count(l->diags) == before;
	/* config_check sees by this that it is incomplete. */
	if (conf != NULL && !*good)
		keys_clear(conf, keys_find("command"));
	return conf;
}

/*
 * The file of a template, "web@.conf", which defines its instances; or its
 * candidate.
 */
struct template
{
	struct template *next;
	char name[NAME_SIZE]; /* "web@" */
	char *path;
	struct file file;
	struct timespec read_at; /* just before */
	const char *text;	 /* that defines, of len bytes; NULL: none */
	size_t len;
	bool exists; /* the file, whatever the candidate says */
	bool proposed;
	bool good; /* it was read, and has no errors */
};

/* Define a program that nobody runs, to find the errors of the template. */
static void
check(struct loading *l, struct template *t)
{
	definition_unref(make(l, t->name, t->path, t->text, t->len, t->proposed,
	    &t->good));
}

/* A link to the file of a template means the candidate, if there is one. */
static void
propose(struct template *t, const struct candidate *c)
{
	t->proposed = true;
	t->text = c->text;
	t->len = c->len;
}

/* Look at its file, and read it unless a candidate defines.  As file_read. */
static int
template_look(struct template *t, int dir, bool proposed)
{
	char entry[NAME_SIZE + SUFFIX_LEN];
	int r;

	snprintf(entry, sizeof(entry), "%s" SUFFIX, t->name);
	r = proposed ? file_look(&t->file, dir, entry, SYNTAX_FILE_MAX)
		     : file_read(&t->file, dir, entry, SYNTAX_FILE_MAX);
	t->exists = r != 0;
	t->text = t->file.bytes;
	t->len = t->file.len;
	return r;
}

/*
 * Read the template and report its errors, once for all of its instances.  An
 * instance reports that it does not exist.  dir: -1 if there is no folder.
 * NULL: no memory.
 */
static struct template *
template_read(struct loading *l, int dir, const char *folder, const char *name)
{
	const struct candidate *c = find_candidate(l, name);
	struct template *t;
	int r = 0;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	strlcpy(t->name, name, sizeof(t->name));
	if (c != NULL)
		t->path = strdup(c->file);
	else if (asprintf(&t->path, "%s/%s" SUFFIX, folder, name) == -1)
		t->path = NULL;
	if (t->path == NULL) {
		free(t);
		return NULL;
	}
	t->read_at = clock_wall();
	if (dir != -1)
		r = template_look(t, dir, c != NULL);
	if (c != NULL)
		propose(t, c);
	else if (r == -1)
		diag_add(l->diags, t->path, 0, NULL, "%s", t->file.why);
	if (t->text != NULL)
		check(l, t);
	return t;
}

static void
free_templates(struct template *t)
{
	struct template *next;

	for (; t != NULL; t = next) {
		next = t->next;
		file_clear(&t->file);
		free(t->path);
		free(t);
	}
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * Is the own file of an instance a link to its template, or empty?  Then the
 * template defines it.  looked: the result of file_look for the own file.
 */
static bool
template_defines(const struct template *t, const struct file *f, int looked)
{
	if (looked == 0)
		return false;
	if (S_ISLNK(f->st.st_mode)) /* it leads nowhere */
		return !t->exists && f->link;
	if (t->exists && is_same_file(&f->st, &t->file.st))
		return looked == 1 || !t->good;
	return looked == 1 && f->st.st_size == 0;
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
 * Share the known definition, if it would come out the same again: neither the
 * file nor the users and files that it names have changed.  NULL: read it.
 */
static struct definition *
share_known(struct loading *l, const char *name, const char *path,
    const struct stat *st)
{
	struct file_stamp stamp = file_stamp(st);
	struct definition *known, now;
	struct diags unused;
	bool same;

	if (l->known == NULL || (known = config_find(l->known, name)) == NULL ||
	    known->file == NULL || strcmp(known->file, path) != 0 ||
	    known->disabled != l->disabled ||
	    !file_same_stamp(&known->stamp, &stamp))
		return NULL;
	now = *known;
	now.gids = NULL;
	now.login = now.home = now.shell = now.waits_for = NULL;
	now.env_read = NULL;
	definition_forget(&now);
	definition_forget_files(&now);
	/* Errors are reported when the file is read again. */
	diag_init(&unused);
	same = resolve_definition(l->resolver, &now, path, &unused) == 0 &&
	    keys_none(definition_diff_resolved(known, &now));
	diag_clear(&unused);
	definition_forget(&now);
	definition_forget_files(&now);
	return same ? definition_ref(known) : NULL;
}

/* Stands in for a file that cannot be read: others may depend on it. */
static struct definition *
placeholder(const char *name)
{
	struct definition *conf;

	if ((conf = definition_new()) == NULL)
		return NULL;
	if ((conf->name = strdup(name)) == NULL) {
		definition_unref(conf);
		return NULL;
	}
	return conf;
}

/* The definition in its own file; NULL with errors, or *gone. */
static struct definition *
load_own(struct loading *l, int dir, const char *entry, const char *name,
    const char *path, bool *gone)
{
	struct definition *conf = NULL;
	struct timespec now;
	struct file f;
	bool good;
	int r;

	now = clock_wall();
	r = file_read(&f, dir, entry, SYNTAX_FILE_MAX);
	*gone = r == 0;
	if (r == -1)
		diag_add(l->diags, path, 0, NULL, "%s", f.why);
	if (r == 1)
		conf = make(l, name, path, f.bytes, f.len, false, &good);
	if (conf != NULL && good && is_settled(&f.st, &now))
		conf->stamp = file_stamp(&f.st);
	file_clear(&f);
	return conf;
}

/* The definition in its template; NULL with errors. */
static struct definition *
load_instance(struct loading *l, const char *name, const char *path,
    const struct template *t)
{
	struct definition *conf;
	bool good;

	if (t->text == NULL && (t->proposed || !t->exists))
		diag_add(l->diags, path, 0, NULL,
		    "its template %s does not exist", t->path);
	if (!t->good)
		return NULL;
	if (!t->proposed &&
	    (conf = share_known(l, name, t->path, &t->file.st)) != NULL)
		return conf;
	conf = make(l, name, t->path, t->text, t->len, t->proposed, &good);
	if (conf != NULL && good && !t->proposed &&
	    is_settled(&t->file.st, &t->read_at))
		conf->stamp = file_stamp(&t->file.st);
	return conf;
}

/* The template of that name, which is read at its first use. */
static const struct template *
find_template(struct loading *l, int dir, const char *folder, const char *name)
{
	struct template *t;

	for (t = l->templates; t != NULL; t = t->next)
		if (strcmp(t->name, name) == 0)
			return t;
	t = template_read(l, dir, folder, name);
	if (t != NULL) {
		t->next = l->templates;
		l->templates = t;
	} else
		diag_no_memory(l->diags, folder);
	return t;
}

/* The template of an instance; NULL for other programs, or no memory. */
static const struct template *
template_of(struct loading *l, int dir, const char *folder, const char *name)
{
	const char *instance = definition_instance(name);
	char base[NAME_SIZE];

	if (instance == NULL)
		return NULL;
	snprintf(base, sizeof(base), "%.*s", (int)(instance - name), name);
	return find_template(l, dir, folder, base);
}

/* The template that defines the program, or NULL. */
static const struct template *
defined_by(struct loading *l, int dir, const char *folder, const char *name,
    const struct file *f, int looked)
{
	const struct template *t = template_of(l, dir, folder, name);

	return t != NULL && template_defines(t, f, looked) ? t : NULL;
}

/* Is there a NAME.disabled?  dir: -1 if there is no folder. */
static bool
is_disabled(int dir, const char *name)
{
	char entry[NAME_SIZE + sizeof(LOAD_DISABLED)];
	struct stat st;

	snprintf(entry, sizeof(entry), "%s" LOAD_DISABLED, name);
	return dir != -1 && fstatat(dir, entry, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A definition that is shared has it already. */
static void
disable(struct definition *conf)
{
	if (conf->disabled)
		return;
	conf->disabled = true;
	conf->autostart = false;
	keys_add(&conf->given, keys_find("autostart"));
}

/* Add the program; conf: NULL if its file has errors. */
static int
add_program(struct loading *l, struct definition *conf, const char *name,
    const char *path)
{
	if (conf == NULL && (conf = placeholder(name)) == NULL)
		return diag_no_memory(l->diags, path);
	if (l->disabled)
		disable(conf);
	if (config_add(l->config, conf) == 0)
		return 0;
	definition_unref(conf);
	return diag_no_memory(l->diags, path);
}

/* Add the program of one file to the config, unless the file has vanished. */
static int
load_program(struct loading *l, int dir, const char *folder, const char *entry,
    const char *path)
{
	char name[NAME_SIZE];
	const struct template *t;
	struct definition *conf = NULL;
	struct file f;
	bool gone = false;
	int r;

	if (file_name(path, entry, name, l->diags) == -1)
		return -1;
	if (definition_is_template(name))
		return find_template(l, dir, folder, name) != NULL ? 0 : -1;
	l->disabled = is_disabled(dir, name);
	r = file_look(&f, dir, entry, SYNTAX_FILE_MAX);
	if ((t = defined_by(l, dir, folder, name, &f, r)) != NULL)
		conf = load_instance(l, name, path, t);
	else if (r == 1)
		conf = share_known(l, name, path, &f.st);
	if (conf == NULL && t == NULL)
		conf = load_own(l, dir, entry, name, path, &gone);
	return gone ? 0 : add_program(l, conf, name, path);
}

/* Add the program that a candidate defines. */
static int
load_candidate(struct loading *l, int dir, const char *folder,
    const struct candidate *c)
{
	const struct template *t = NULL;
	struct definition *conf = NULL;
	bool good;

	if (check_reserved(c->file, c->name, l->diags) == -1)
		return -1;
	if (!text_is_name(c->name)) {
		diag_add(l->diags, c->file, 0, NULL,
		    "not a program name: %.64s", c->name);
		return -1;
	}
	if (definition_is_template(c->name))
		return find_template(l, dir, folder, c->name) != NULL ? 0 : -1;
	if (c->text == NULL)
		return 0;
	l->disabled = is_disabled(dir, c->name);
	if (c->len == 0)
		t = template_of(l, dir, folder, c->name);
	if (t != NULL)
		conf = load_instance(l, c->name, c->file, t);
	else
		conf = make(l, c->name, c->file, c->text, c->len, true, &good);
	return add_program(l, conf, c->name, c->file);
}

/* Does a candidate stand in for this file? */
static bool
is_replaced(const struct loading *l, const char *entry)
{
	char name[NAME_SIZE];

	return program_name(entry, name) && find_candidate(l, name) != NULL;
}

static bool
is_program_file(const char *entry)
{
	const size_t len = strlen(entry);

	return len >= SUFFIX_LEN &&
	    strcmp(entry + len - SUFFIX_LEN, SUFFIX) == 0;
}

/*
 * Was a file meant to define a program?  No suffix, or one that is nearly the
 * right one; but not README, and not what editors and package managers leave
 * (web.conf~, web.conf.dpkg-new).
 */
static bool
is_meant(const char *entry)
{
	static const char *const near[] = {"conf", "config", NULL};
	static const char *const other[] = {"cfg", "cnf", "ini", "service",
	    NULL};
	const char *dot = strrchr(entry, '.');
	char name[NAME_SIZE];
	size_t len = dot != NULL ? (size_t)(dot - entry) : strlen(entry);

	if (len >= sizeof(name))
		return false;
	memcpy(name, entry, len);
	name[len] = '\0';
	if (!text_is_name(name))
		return false;
	if (dot == NULL)
		return name[strcspn(name, "abcdefghijklmnopqrstuvwxyz")] !=
		    '\0';
	if (!text_is_name(dot + 1))
		return false;
	for (size_t i = 0; other[i] != NULL; i++)
		if (strcasecmp(dot + 1, other[i]) == 0)
			return true;
	return text_near(dot + 1, near, NULL) != NULL;
}

static bool
is_interesting(const struct dirent *d)
{
	if (d->d_name[0] == '.')
		return 0;
	return is_program_file(d->d_name) ||
	    (d->d_type != DT_DIR && is_meant(d->d_name));
}

static void
note_ignored(struct loading *l, const char *path, const char *entry)
{
	const char *dot = strrchr(entry, '.');

	diag_add(&l->config->notes, path, 0, NULL,
	    "is ignored: the name of a program's file ends in .conf; did you "
	    "mean %.*s.conf?",
	    (int)(dot != NULL ? (size_t)(dot - entry) : strlen(entry)), entry);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* Append a copy; room is what *names can hold.  -1: no memory. */
static int
append_name(char ***names, size_t n, size_t *room, const char *name)
{
	char **more;

	if (n == *room) {
		*room = n > 0 ? 2 * n : 64;
		if ((more = reallocarray(*names, *room, sizeof(**names))) ==
		    NULL)
			return -1;
		*names = more;
	}
	return ((*names)[n] = strdup(name)) != NULL ? 0 : -1;
}

/*
 * The names of the interesting entries, in order, for the caller to free;
 * *n is their number.  -1 with errno.  musl has no scandirat(3).
 */
static int
read_names(int dir, char ***names, size_t *n)
{
	const struct dirent *e;
	size_t room = 0;
	DIR *d = NULL;
	int fd, saved;

	*names = NULL;
	*n = 0;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (d = fdopendir(fd)) == NULL)
		goto failed;
	while (errno = 0, (e = readdir(d)) != NULL) {
		if (!is_interesting(e))
			continue;
		if (append_name(names, *n, &room, e->d_name) == -1)
			goto failed;
		(*n)++;
	}
	if (errno != 0)
		goto failed;
	closedir(d);
	if (*n > 0)
		qsort(*names, *n, sizeof(**names), by_name);
	return 0;
failed:
	saved = errno;
	free_names(*names, *n);
	if (d != NULL)
		closedir(d);
	else if (fd != -1)
		close(fd);
	errno = saved;
	return -1;
}

static int
load_entries(struct loading *l, int dir, const char *folder)
{
	char path[PATH_MAX + NAME_MAX + 2], *entry, **names;
	size_t n;

	if (read_names(dir, &names, &n) == -1) {
		diag_add(l->diags, folder, 0, NULL, "cannot be read: %s",
		    strerror(errno));
		return -1;
	}
	/* Its length is below PATH_MAX, for it was opened. */
	entry = stpcpy(stpcpy(path, folder), "/");
	for (size_t i = 0; i < n; i++) {
		stpcpy(entry, names[i]);
		if (!is_program_file(names[i]))
			note_ignored(l, path, names[i]);
		else if (!is_replaced(l, names[i]))
			load_program(l, dir, folder, names[i], path);
	}
	free_names(names, n);
	return 0;
}

/* Report it at the line that names the folder, if there is one. */
static void
refuse_folder(struct loading *l, const char *folder, const char *why)
{
	const struct settings *s = &l->config->settings;
	unsigned line = settings_line(s, "program-dir");

	if (line == 0 || strcmp(folder, s->program_dir) != 0)
		diag_add(l->diags, folder, 0, NULL, "%s", why);
	else
		diag_add(l->diags, l->source->file, line, "program-dir",
		    "%s: %s", folder, why);
}

/*
 * Was a configuration ever accepted?  In doubt it was: a folder that vanished
 * must not stop every program.
 */
static bool
was_accepted(const struct loading *l)
{
	const struct config *c =
	    l->source->running != NULL ? l->source->running : l->config;
	char *file;
	bool there;

	if (c->nprograms > 0)
		return true;
	if ((file = places_accepted(c->settings.state_dir)) == NULL)
		return true;
	there =
	    access(file, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
	free(file);
	return there;
}

/* A fresh installation may have no folder yet. */
static void
miss_folder(struct loading *l, const char *folder)
{
	struct stat st;

	if (lstat(folder, &st) == 0)
		refuse_folder(l, folder,
		    "is a symbolic link that leads nowhere");
	else if (was_accepted(l))
		refuse_folder(l, folder, "does not exist");
	else {
		l->config->no_folder = true;
		diag_add(&l->config->notes, folder, 0, NULL,
		    "does not exist: there are no programs");
	}
}

/* Open the folder.  -1: it is missing, or cannot be used; reported. */
static int
open_folder(struct loading *l, const char *folder)
{
	char why[FILE_WHY_MAX];
	int dir;

	dir = open(folder, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	if (dir == -1 && errno == ENOENT) {
		miss_folder(l, folder);
		return -1;
	}
	if (dir == -1)
		snprintf(why, sizeof(why), "cannot be opened: %s",
		    strerror(errno));
	else if (file_check_path(AT_FDCWD, folder, NULL, why) == 0)
		return dir;
	refuse_folder(l, folder, why);
	if (dir != -1)
		close(dir);
	return -1;
}

static void
load_folder(struct loading *l, const char *folder)
{
	int dir = open_folder(l, folder);

	if (dir != -1)
		load_entries(l, dir, folder);
	for (size_t i = 0; i < l->source->ncandidates; i++)
		load_candidate(l, dir, folder, &l->source->candidates[i]);
	if (dir != -1)
		close(dir);
	free_templates(l->templates);
	l->templates = NULL;
}

/* Check the folder that a running daemon will use at its next start. */
static void
check_next_folder(struct loading *l)
{
	struct config next = *l->config;
	struct load_source source = *l->source;
	struct loading check = *l;

	next.programs = NULL;
	next.nprograms = next.size = 0;
	diag_init(&next.notes);
	source.ncandidates = 0;
	check.source = &source;
	check.config = &next;
	check.known = NULL;
	load_folder(&check, next.settings.program_dir);
	config_check(&next, l->diags);
	config_clear_programs(&next);
	diag_clear(&next.notes);
}

/* A running daemon reads the folder that it began with. */
static void
load_programs(struct loading *l)
{
	const struct config *running = l->source->running;
	const char *named = l->config->settings.program_dir;
	const char *folder =
	    running != NULL ? running->settings.program_dir : named;

	load_folder(l, folder);
	if (strcmp(folder, named) != 0)
		check_next_folder(l);
}

/* The hupd.conf of the last accepted configuration; malloc'd, or NULL. */
static char *
accepted_origin(const struct loading *l)
{
	const struct config *running = l->source->running;
	char *file, *origin = NULL;
	struct file f;

	if (running != NULL)
		return running->origin != NULL ? strdup(running->origin) : NULL;
	file = places_accepted(l->config->settings.state_dir);
	if (file == NULL)
		return NULL;
	if (file_read(&f, AT_FDCWD, file, WHOLE_MAX) == 1)
		origin = syntax_saved_origin(f.bytes);
	file_clear(&f);
	free(file);
	return origin;
}

/* There need not be a hupd.conf, but one that was there must not vanish. */
static void
miss_daemon(struct loading *l)
{
	const char *file = l->source->file;
	char *origin = NULL;

	if (l->source->must_exist)
		diag_add(l->diags, file, 0, NULL, "does not exist");
	else if ((origin = accepted_origin(l)) != NULL &&
	    strcmp(origin, file) == 0)
		diag_add(l->diags, file, 0, NULL,
		    "does not exist, but did when the configuration was "
		    "accepted; an empty file will do");
	free(origin);
}

/* Read hupd.conf, or a whole configuration. */
static void
load_daemon(struct loading *l, bool *whole)
{
	const char *file = l->source->file;
	struct file f;
	int r;

	*whole = false;
	r = file_read(&f, AT_FDCWD, file, SYNTAX_FILE_MAX);
	if (r == 0)
		miss_daemon(l);
	else if (r == -1)
		diag_add(l->diags, file, 0, NULL, "%s", f.why);
	else if ((l->config->origin = strdup(file)) == NULL)
		diag_no_memory(l->diags, file);
	else
		syntax_parse_config(l->config, file, f.bytes, f.len, whole,
		    l->diags);
	file_clear(&f);
}

/* Read a saved configuration. */
static void
load_saved(struct loading *l)
{
	const char *file = l->source->file;
	struct file f;
	int r;

	r = file_read(&f, AT_FDCWD, file, WHOLE_MAX);
	if (r == 1)
		syntax_parse_saved(l->config, file, f.bytes, f.len, l->diags);
	else
		diag_add(l->diags, file, 0, NULL, "%s",
		    r == 0 ? "does not exist" : f.why);
	file_clear(&f);
}

/* The programs of a whole configuration have no files of their own. */
static void
resolve_whole(struct loading *l)
{
	const struct load_source *source = l->source;

	for (size_t i = 0; i < l->config->nprograms; i++)
		resolve_definition(l->resolver, l->config->programs[i],
		    source->file, l->diags);
	for (size_t i = 0; i < source->ncandidates; i++)
		diag_add(l->diags, source->candidates[i].file, 0, NULL,
		    "would not be read: %s defines all programs", source->file);
}

/* Share definitions only if the defaults are the same. */
static void
forget_known(struct loading *l)
{
	const struct definition *defaults = l->config->defaults;

	if (l->known == NULL)
		return;
	if (l->known->defaults == NULL ||
	    !keys_none(definition_diff(l->known->defaults, defaults)) ||
	    !keys_equal(l->known->defaults->given, defaults->given))
		l->known = NULL;
}

static int
load_begin(struct loading *l, bool lenient)
{
	const struct load_source *source = l->source;

	if (config_init(l->config, source->places) == -1)
		return diag_no_memory(l->diags, source->file);
	/* Root may run any program, in whose places it may be. */
	l->resolver = resolve_new(source->lookups,
	    source->places->root || geteuid() == 0, lenient);
	if (l->resolver == NULL) {
		config_clear(l->config);
		return diag_no_memory(l->diags, source->file);
	}
	resolve_note(l->resolver, &l->config->notes);
	resolve_near(l->resolver, source->file, &l->config->settings);
	if (source->running != NULL)
		resolve_accepted(l->resolver, source->running, false);
	else
		resolve_accepted(l->resolver, source->accepted, true);
	return 0;
}

static void
resolve_daemon(struct loading *l)
{
	const char *file = l->source->file;

	resolve_settings(l->resolver, &l->config->settings, file, l->diags);
	resolve_definition(l->resolver, l->config->defaults, file, l->diags);
}

/* before: the number of diagnostics at the beginning. */
static int
load_end(struct loading *l, size_t before)
{
	config_check(l->config, l->diags);
	resolve_free(l->resolver);
	if (diag_count(l->diags) == before)
		return 0;
	config_clear_programs(l->config);
	return -1;
}

int
load_config(struct config *config, const struct load_source *source,
    struct diags *diags)
{
	struct loading l = {.config = config,
	    .source = source,
	    .known = source->running,
	    .diags = diags};
	size_t before = diag_count(diags);
	bool whole;

	if (load_begin(&l, false) == -1)
		return -1;
	load_daemon(&l, &whole);
	resolve_daemon(&l);
	if (whole)
		resolve_whole(&l);
	else {
		forget_known(&l);
		load_programs(&l);
	}
	return load_end(&l, before);
}

int
load_whole(struct config *config, const struct places *places, const char *file,
    const struct resolve_lookups *lookups, struct diags *diags)
{
	const struct load_source source = {.places = places,
	    .file = file,
	    .lookups = lookups};
	struct loading l = {.config = config,
	    .source = &source,
	    .diags = diags};
	size_t before = diag_count(diags);

	if (load_begin(&l, true) == -1)
		return -1;
	load_saved(&l);
	resolve_daemon(&l);
	resolve_whole(&l);
	return load_end(&l, before);
}

/*
 * One file alone, or its template.
 */

/*
 * "DIR/web@.conf" for "DIR/web@1.conf".  NULL: it is no instance, or there is
 * no memory (ENOMEM).
 */
static char *
template_path(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *entry = slash == NULL ? file : slash + 1, *at;
	char *path;

	errno = 0;
	at = strchr(entry, '@');
	if (at == NULL ||
	    asprintf(&path, "%.*s" SUFFIX, (int)(at + 1 - file), file) == -1)
		return NULL;
	return path;
}

char *
load_file_of(const char *folder, const char *name)
{
	struct stat own, base;
	char *file, *path;

	if (asprintf(&file, "%s/%s" SUFFIX, folder, name) == -1)
		return NULL;
	if (stat(file, &own) == -1) {
		free(file);
		return NULL;
	}
	path = template_path(file);
	if (path != NULL && stat(path, &base) == 0 &&
	    (own.st_size == 0 ||
		(own.st_dev == base.st_dev && own.st_ino == base.st_ino))) {
		free(file);
		return path;
	}
	free(path);
	return file;
}

/* Read the template of an instance whose own file is empty. */
static int
read_template(struct file *f, const char *path)
{
	file_clear(f);
	return file_read(f, AT_FDCWD, path, SYNTAX_FILE_MAX);
}

int
load_proposal(const char *file, const char *as, char **name, char **text,
    struct diags *diags)
{
	const char *slash = strrchr(file, '/');
	char own[NAME_SIZE], *base = NULL;
	struct file f;
	int r;

	*name = *text = NULL;
	if (as == NULL &&
	    file_name(file, slash == NULL ? file : slash + 1, own, diags) == -1)
		return -1;
	r = file_read(&f, AT_FDCWD, file, SYNTAX_FILE_MAX);
	if (r == 1 && f.len == 0 && as == NULL &&
	    (base = template_path(file)) != NULL)
		r = read_template(&f, base);
	if (r != 1)
		diag_add(diags, base != NULL ? base : file, 0, NULL, "%s",
		    r == 0 ? "does not exist" : f.why);
	else if (strlen(f.bytes) != f.len)
		diag_add(diags, file, 0, NULL, "contains a NUL byte");
	else if ((*name = strdup(as != NULL ? as : own)) == NULL ||
	    (*text = strdup(f.bytes)) == NULL)
		diag_no_memory(diags, file);
	file_clear(&f);
	free(base);
	if (*text != NULL)
		return 0;
	free(*name);
	*name = NULL;
	return -1;
}
