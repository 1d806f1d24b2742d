/*
 * config - the whole configuration: made, searched, and checked for what no
 * single file can tell.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/definition.h"
#include "config/config.h"
#include "config/order.h"

/* Looking for near names is slow: the first complaints get one, not all. */
#define NEAR_MAX 20
/* As many cycles are reported at most. */
#define CYCLES_MAX 20

int
config_init(struct config *config, const struct places *places)
{
	memset(config, 0, sizeof *config);
	if (settings_init(&config->settings, places) == -1)
		return -1;
	if ((config->defaults = definition_new()) == NULL) {
		config_clear(config);
		return -1;
	}
	return 0;
}

void
config_clear_programs(struct config *set)
{
	for (size_t i = 0; i < set->nprograms; i++)
		definition_unref(set->programs[i]);
	free(set->programs);
	set->programs = NULL;
	set->nprograms = set->size = 0;
}

void
config_clear(struct config *set)
{
	settings_clear(&set->settings);
	definition_unref(set->defaults);
	config_clear_programs(set);
	free(set->file);
	memset(set, 0, sizeof *set);
}

int
config_add(struct config *set, struct definition *conf)
{
	struct definition **v;
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
	const struct definition *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int
compare_caseless(const void *a, const void *b)
{
	const struct definition *const *x = a, *const *y = b;
	int r = strcasecmp((*x)->name, (*y)->name);

	return r != 0 ? r : strcmp((*x)->name, (*y)->name);
}

/* Names that come from a folder are sorted already, but for a few. */
static void
sort(struct definition **v, size_t n,
    int (*compare)(const void *, const void *))
{
	for (size_t i = 1; i < n; i++)
		if (compare(&v[i - 1], &v[i]) > 0) {
			qsort(v, n, sizeof(*v), compare);
			return;
		}
}

static struct definition **
find_slot(const struct config *set, const char *name)
{
	union {
		const char *name;
		char *key;
	} u = {.name = name};
	struct definition key = {.name = u.key}, *p = &key;

	if (set->nprograms == 0)
		return NULL;
	return bsearch(&p, set->programs, set->nprograms,
	    sizeof(*set->programs), compare_names);
}

struct definition *
config_find(const struct config *set, const char *name)
{
	struct definition **slot = find_slot(set, name);

	return slot == NULL ? NULL : *slot;
}

static const char *
file_of(const struct config *set, const struct definition *conf)
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
check_names(const struct config *set, struct diags *diags)
{
	const struct definition *one, *two;
	struct definition **sorted;
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
		line = definition_line(two, "program", 0);
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
	const struct config *set;
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
	const struct config *set = d->set;
	const struct definition *conf = set->programs[node];
	struct definition **slot;
	unsigned line;

	for (size_t i = 0; i < strings_count(conf->depends_on); i++) {
		slot = find_slot(set, conf->depends_on[i]);
		if (slot != NULL) {
			d->edges[d->nedges++] = (struct order_edge){node,
			    (size_t)(slot - set->programs)};
			continue;
		}
		line = definition_line(conf, "depends-on", i);
		if (line != 0)
			unknown_dependency(d, file_of(set, conf), line,
			    conf->depends_on[i]);
	}
}

static void
check_defaults(struct dependencies *d)
{
	const struct definition *defaults = d->set->defaults;
	const char *name;

	for (size_t i = 0; i < strings_count(defaults->depends_on); i++) {
		name = defaults->depends_on[i];
		if (d->set->nprograms != 0 && find_slot(d->set, name) == NULL)
			unknown_dependency(d, d->set->file,
			    definition_line(defaults, "depends-on", i), name);
	}
}

/* The line of conf's own file that makes it depend on name, or 0. */
static unsigned
dependency_line(const struct definition *conf, const char *name)
{
	for (size_t i = 0; i < strings_count(conf->depends_on); i++)
		if (strcmp(conf->depends_on[i], name) == 0)
			return definition_line(conf, "depends-on", i);
	return 0;
}

/*
 * Report a cycle at the first of its nodes whose own file closes it; if the
 * defaults alone do, at them.
 */
static void
report_cycle(const struct dependencies *d, const size_t *cycle, size_t n)
{
	struct definition *const *programs = d->set->programs;
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
		line = definition_line(d->set->defaults, "depends-on", 0);
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
check_dependencies(const struct config *set, struct diags *diags)
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

/* Can what exit-on waits for come to pass? */
static void
check_exit_on(const struct config *set, struct diags *diags)
{
	const char *name = set->settings.exit_on;
	const struct definition *conf;
	unsigned line = settings_line(&set->settings, "exit-on");

	if (name == NULL || strcmp(name, SETTINGS_ANY_FAILED) == 0 ||
	    strcmp(name, SETTINGS_ALL_DONE) == 0)
		return;
	conf = config_find(set, name);
	if (conf == NULL)
		diag_add(diags, set->file, line, "exit-on",
		    "there is no program %s", name);
	else if (conf->command != NULL && conf->restart == RESTART_ALWAYS &&
	    conf->restart_limit == 0)
		diag_add(diags, set->file, line, "exit-on",
		    "%s is always started again: give it restart = never or "
		    "on-failure, or a restart-limit",
		    name);
}

int
config_check(struct config *set, struct diags *diags)
{
	size_t before = diag_count(diags);

	sort(set->programs, set->nprograms, compare_names);
	check_names(set, diags);
	check_dependencies(set, diags);
	check_exit_on(set, diags);
	return diag_count(diags) == before ? 0 : -1;
}
