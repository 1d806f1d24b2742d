/*
 * confset - a whole configuration: made, searched, and checked for what no
 * single file can tell.
 */
#include <stdlib.h>
#include <string.h>

#include "config/conf.h"
#include "config/conftable.h"
#include "config/conftype.h"
#include "config/order.h"
#include "base/text.h"

/* Looking for near names is slow: the first complaints get one, not all. */
#define NEAR_MAX 20
/* As many cycles are reported at most. */
#define CYCLES_MAX 20

/* base/leaf, or NULL. */
static char *
join(const char *base, const char *leaf)
{
	char *path;

	return asprintf(&path, "%s/%s", base, leaf) == -1 ? NULL : path;
}

/* An ordinary user's places; root's are in the table. */
static int
user_places(struct settings *s, const struct conf_places *places)
{
	struct {
		char **field;
		char *value;
	} v[] = {
	    {&s->program_dir, join(places->config_home, "hupd.d")},
	    {&s->log_dir, join(places->state_home, "log")},
	    {&s->run_dir, strdup(places->runtime_dir)},
	    {&s->state_dir, strdup(places->state_home)},
	    {&s->pidfile, join(places->runtime_dir, "hupd.pid")},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		free(*v[i].field);
		*v[i].field = v[i].value;
		if (v[i].value == NULL)
			r = -1;
	}
	return r;
}

int
confset_init(struct confset *set, const struct conf_places *places)
{
	char why[CONF_WHY_MAX];
	const struct conf_row *row;

	memset(set, 0, sizeof *set);
	for (size_t i = 0; i < CONF_SETTINGS; i++) {
		row = &settings_rows[i];
		if (row->key.fallback != NULL &&
		    row->type->parse(&set->settings, row, row->key.fallback,
			why) == -1)
			goto fail;
	}
	if (!places->root && user_places(&set->settings, places) == -1)
		goto fail;
	if ((set->defaults = conf_new()) == NULL)
		goto fail;
	return 0;
fail:
	confset_clear(set);
	return -1;
}

void
settings_clear(struct settings *s)
{
	for (size_t i = 0; i < CONF_SETTINGS; i++)
		settings_rows[i].type->store->clear(s, &settings_rows[i]);
	memset(s, 0, sizeof *s);
}

int
settings_copy(struct settings *to, const struct settings *from)
{
	const struct conf_row *row;

	memset(to, 0, sizeof *to);
	for (size_t i = 0; i < CONF_SETTINGS; i++) {
		row = &settings_rows[i];
		if (row->type->store->copy(to, from, row) == -1) {
			settings_clear(to);
			return -1;
		}
	}
	to->given = from->given;
	return 0;
}

void
confset_clear_programs(struct confset *set)
{
	for (size_t i = 0; i < set->nprograms; i++)
		conf_unref(set->programs[i]);
	free(set->programs);
	set->programs = NULL;
	set->nprograms = set->size = 0;
}

void
confset_clear(struct confset *set)
{
	settings_clear(&set->settings);
	conf_unref(set->defaults);
	confset_clear_programs(set);
	free(set->file);
	memset(set, 0, sizeof *set);
}

int
confset_add(struct confset *set, struct conf *conf)
{
	struct conf **v;
	size_t size;

	if (set->nprograms == set->size) {
		size = set->size == 0 ? 16 : set->size * 2;
		v = reallocarray(set->programs, size, sizeof(*v));
		if (v == NULL)
			return -1;
		set->programs = v;
		set->size = size;
	}
	set->programs[set->nprograms++] = conf;
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	const struct conf *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int
compare_caseless(const void *a, const void *b)
{
	const struct conf *const *x = a, *const *y = b;
	int r = strcasecmp((*x)->name, (*y)->name);

	return r != 0 ? r : strcmp((*x)->name, (*y)->name);
}

/* Names that come from a folder are sorted already, but for a few. */
static void
sort(struct conf **v, size_t n, int (*compare)(const void *, const void *))
{
	for (size_t i = 1; i < n; i++)
		if (compare(&v[i - 1], &v[i]) > 0) {
			qsort(v, n, sizeof(*v), compare);
			return;
		}
}

static struct conf **
find_slot(const struct confset *set, const char *name)
{
	union {
		const char *name;
		char *key;
	} u = {.name = name};
	struct conf key = {.name = u.key}, *p = &key;

	if (set->nprograms == 0)
		return NULL;
	return bsearch(&p, set->programs, set->nprograms,
	    sizeof(*set->programs), compare_names);
}

struct conf *
confset_find(const struct confset *set, const char *name)
{
	struct conf **slot = find_slot(set, name);

	return slot == NULL ? NULL : *slot;
}

static const char *
file_of(const struct confset *set, const struct conf *conf)
{
	if (conf->file != NULL)
		return conf->file;
	return set->file != NULL ? set->file : conf->name;
}

/*
 * Names that are equal but for case are one file on some file systems and one
 * program to most readers.
 */
static void
check_names(const struct confset *set, struct diags *diags)
{
	const struct conf *one, *two;
	struct conf **sorted;
	size_t n = set->nprograms;
	unsigned line;

	if ((sorted = calloc(n + 1, sizeof(*sorted))) == NULL) {
		diag_add(diags, "names", 0, NULL, "out of memory");
		return;
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = set->programs[i];
	sort(sorted, n, compare_caseless);
	for (size_t i = 1; i < n; i++) {
		one = sorted[i - 1];
		two = sorted[i];
		if (strcasecmp(one->name, two->name) != 0)
			continue;
		line = conf_line(two, "program", 0);
		if (strcmp(one->name, two->name) == 0)
			diag_add(diags, file_of(set, two), line, "program",
			    "%s is defined twice", two->name);
		else
			diag_add(diags, file_of(set, two), line, NULL,
			    "the name %s differs from %s only in case",
			    two->name, one->name);
	}
	free(sorted);
}

struct dependencies {
	const struct confset *set;
	struct diags *diags;
	const char **names; /* of all programs, NULL-terminated */
	size_t nnear;
	struct order_edge *edges;
	size_t nedges;
};

/* Once, however many instances of a template say so. */
static void
unknown_dependency(struct dependencies *d, const char *file, unsigned line,
    const char *name)
{
	const char *near = NULL;

	if (d->nnear++ < NEAR_MAX)
		near = text_near(name, d->names);
	if (near == NULL)
		diag_add_once(d->diags, file, line, "depends-on",
		    "there is no program %s", name);
	else
		diag_add_once(d->diags, file, line, "depends-on",
		    "there is no program %s; did you mean %s?", name, near);
}

/* Edges of the program's dependencies; what came from the defaults is theirs
 * to complain about. */
static void
collect_edges(struct dependencies *d, size_t node)
{
	const struct confset *set = d->set;
	const struct conf *conf = set->programs[node];
	struct conf **slot;
	unsigned line;

	for (size_t i = 0; i < strings_count(conf->depends_on); i++) {
		slot = find_slot(set, conf->depends_on[i]);
		if (slot != NULL) {
			d->edges[d->nedges++] = (struct order_edge){node,
			    (size_t)(slot - set->programs)};
			continue;
		}
		line = conf_line(conf, "depends-on", i);
		if (line != 0)
			unknown_dependency(d, file_of(set, conf), line,
			    conf->depends_on[i]);
	}
}

static void
check_defaults(struct dependencies *d)
{
	const struct conf *defaults = d->set->defaults;
	const char *name;

	for (size_t i = 0; i < strings_count(defaults->depends_on); i++) {
		name = defaults->depends_on[i];
		if (d->set->nprograms != 0 && find_slot(d->set, name) == NULL)
			unknown_dependency(d, d->set->file,
			    conf_line(defaults, "depends-on", i), name);
	}
}

/* The line of conf's own file that makes it depend on name, or 0. */
static unsigned
dependency_line(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < strings_count(conf->depends_on); i++)
		if (strcmp(conf->depends_on[i], name) == 0)
			return conf_line(conf, "depends-on", i);
	return 0;
}

/*
 * Report a cycle at the first of its nodes whose own file closes it; if the
 * defaults alone do, at them.
 */
static void
report_cycle(const struct dependencies *d, const size_t *cycle, size_t n)
{
	struct conf *const *programs = d->set->programs;
	const char *file = d->set->file;
	size_t start = 0, size;
	unsigned line = 0;
	char *text = NULL;
	FILE *f;

	for (size_t i = 0; i < n && line == 0; i++) {
		line = dependency_line(programs[cycle[i]],
		    programs[cycle[(i + 1) % n]]->name);
		if (line != 0) {
			start = i;
			file = file_of(d->set, programs[cycle[i]]);
		}
	}
	if (line == 0)
		line = conf_line(d->set->defaults, "depends-on", 0);
	if ((f = open_memstream(&text, &size)) != NULL) {
		for (size_t i = 0; i <= n; i++)
			/* No cycle has no nodes. */
			fprintf(f, "%s%s", i == 0 ? "" : " -> ",
			    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
			    programs[cycle[(start + i) % n]]->name);
		if (fclose(f) == EOF) {
			free(text);
			text = NULL;
		}
	}
	diag_add(d->diags, file == NULL ? "depends-on" : file, line,
	    "depends-on", "cycle: %s", text == NULL ? "(no memory)" : text);
	free(text);
}

/* Report each cycle, break it, and look for the next. */
static void
check_cycles(struct dependencies *d)
{
	size_t n = d->set->nprograms, *out, ncycle, sorted;

	if ((out = calloc(n + 1, sizeof(*out))) == NULL) {
		diag_add(d->diags, "depends-on", 0, NULL, "out of memory");
		return;
	}
	for (int i = 0; i < CYCLES_MAX; i++) {
		sorted = order_sort(n, d->edges, d->nedges, out, &ncycle);
		if (sorted == n)
			break;
		if (sorted == (size_t)-1) {
			diag_add(d->diags, "depends-on", 0, NULL,
			    "out of memory");
			break;
		}
		report_cycle(d, out + sorted, ncycle);
		for (size_t e = 0; e < d->nedges; e++)
			if (d->edges[e].node == out[sorted]) {
				d->edges[e--] = d->edges[--d->nedges];
			}
	}
	free(out);
}

static void
check_dependencies(const struct confset *set, struct diags *diags)
{
	struct dependencies d = {.set = set, .diags = diags};
	size_t total = 0;

	for (size_t i = 0; i < set->nprograms; i++)
		total += strings_count(set->programs[i]->depends_on);
	d.names = calloc(set->nprograms + 1, sizeof(*d.names));
	d.edges = calloc(total + 1, sizeof(*d.edges));
	if (d.names == NULL || d.edges == NULL) {
		diag_add(diags, "depends-on", 0, NULL, "out of memory");
	} else {
		for (size_t i = 0; i < set->nprograms; i++)
			d.names[i] = set->programs[i]->name;
		for (size_t i = 0; i < set->nprograms; i++)
			collect_edges(&d, i);
		check_defaults(&d);
		if (d.nedges != 0)
			check_cycles(&d);
	}
	free(d.names);
	free(d.edges);
}

int
confset_check(struct confset *set, struct diags *diags)
{
	size_t before = diag_count(diags);

	sort(set->programs, set->nprograms, compare_names);
	check_names(set, diags);
	check_dependencies(set, diags);
	confset_check_exit(set, diags);
	return diag_count(diags) == before ? 0 : -1;
}
