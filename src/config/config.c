/*
 * config - the whole configuration: makes, searches and checks the settings and
 * all programs together.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "base/text.h"
#include "config/address.h"
#include "config/definition.h"
#include "config/config.h"
#include "config/order.h"

/* The search for a similar name is slow: only the first errors get it. */
#define NEAR_MAX 20
/* The most cycles that are reported. */
#define CYCLES_MAX 20

int
config_init(struct config *config, const struct places *places)
{
	memset(config, 0, sizeof *config);
	for (size_t i = 0; i < FOLDER_KINDS; i++)
		config->bases[i] = places_base(places, (enum folder_kind)i);
	if (settings_init(&config->settings, places) == -1)
		return -1;
	if ((config->defaults = definition_new()) == NULL) {
		config_clear(config);
		return -1;
	}
	return 0;
}

void
config_clear_programs(struct config *config)
{
	for (size_t i = 0; i < config->nprograms; i++)
		definition_unref(config->programs[i]);
	free(config->programs);
	config->programs = NULL;
	config->nprograms = config->size = 0;
}

void
config_clear(struct config *config)
{
	settings_clear(&config->settings);
	definition_unref(config->defaults);
	config_clear_programs(config);
	diag_clear(&config->notes);
	free(config->file);
	free(config->origin);
	memset(config, 0, sizeof *config);
}

int
config_add(struct config *config, struct definition *conf)
{
	struct definition **v;
	size_t size;

	if (config->nprograms == config->size) {
		size = config->size == 0 ? 16 : config->size * 2;
		v = reallocarray(config->programs, size, sizeof(*v));
		if (v == NULL)
			return -1;
		config->programs = v;
		config->size = size;
	}
	config->programs[config->nprograms++] = conf;
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

/* Most sets are sorted already: a folder is read in the order of names. */
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
find_slot(const struct config *config, const char *name)
{
	union {
		const char *name;
		char *key;
	} u = {.name = name};
	struct definition key = {.name = u.key}, *p = &key;

	if (config->nprograms == 0)
		return NULL;
	return bsearch(&p, config->programs, config->nprograms,
	    sizeof(*config->programs), compare_names);
}

struct definition *
config_find(const struct config *config, const char *name)
{
	struct definition **slot = find_slot(config, name);

	return slot == NULL ? NULL : *slot;
}

static const char *
file_of(const struct config *config, const struct definition *conf)
{
	if (conf->file != NULL)
		return conf->file;
	return config->file != NULL ? config->file : conf->name;
}

/*
 * Refuse names that differ only in case: they are the same file on some file
 * systems, and most readers take them for the same program.
 */
static void
check_names(const struct config *config, struct diags *diags)
{
	const struct definition *one, *two;
	struct definition **sorted;
	size_t n = config->nprograms;
	unsigned line;

	if ((sorted = calloc(n + 1, sizeof(*sorted))) == NULL) {
		diag_no_memory(diags, "names");
		return;
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = config->programs[i];
	sort(sorted, n, compare_caseless);
	for (size_t i = 1; i < n; i++) {
		one = sorted[i - 1];
		two = sorted[i];
		if (strcasecmp(one->name, two->name) != 0)
			continue;
		line = definition_line(two, "program", 0);
		if (strcmp(one->name, two->name) == 0)
			diag_add(diags, file_of(config, two), line, "program",
			    "%s is defined twice", two->name);
		else
			diag_add(diags, file_of(config, two), line, NULL,
			    "the name %s differs from %s only in case",
			    two->name, one->name);
	}
	free(sorted);
}

/* The names of all programs, NULL-terminated, for text_near; NULL: no memory.
 */
static const char **
program_names(const struct config *config)
{
	const char **names;

	names = calloc(config->nprograms + 1, sizeof(*names));
	for (size_t i = 0; names != NULL && i < config->nprograms; i++)
		names[i] = config->programs[i]->name;
	return names;
}

/* The keys that name programs which come first. */
static const char *const relations[] = {"depends-on", "after", "restart-with"};
enum relation { DEPENDS_ON, AFTER, RESTART_WITH, RELATIONS };

/* The programs that it names by such a key. */
static char *const *
named_by(const struct definition *conf, enum relation relation)
{
	switch (relation) {
	case DEPENDS_ON:
		return conf->depends_on;
	case AFTER:
		return conf->after;
	case RESTART_WITH:
		return conf->restart_with;
	case RELATIONS:
		break;
	}
	return NULL;
}

static size_t
count_named(const struct definition *conf)
{
	size_t n = 0;

	for (enum relation r = 0; r < RELATIONS; r++)
		n += strings_count(named_by(conf, r));
	return n;
}

/* Room for an edge for each name; malloc'd, or NULL. */
static struct order_edge *
make_edges(const struct config *config)
{
	size_t total = 0;

	for (size_t i = 0; i < config->nprograms; i++)
		total += count_named(config->programs[i]);
	return calloc(total + 1, sizeof(struct order_edge));
}

struct dependencies {
	struct config *config;
	struct diags *diags;
	const char **names; /* of all programs, NULL-terminated */
	size_t nnear;
	struct order_edge *edges;
	size_t nedges;
};

/*
 * Report it once, even if all instances of a template have it.  The order of
 * starts holds for those that exist, so it is no more than a note.
 */
static void
unknown_dependency(struct dependencies *d, const struct definition *conf,
    enum relation relation, size_t nth)
{
	const char *name = named_by(conf, relation)[nth], *near = NULL;

	if (d->nnear++ < NEAR_MAX)
		near = text_near(name, d->names, conf->name);
	diag_add_once(relation == AFTER ? &d->config->notes : d->diags,
	    file_of(d->config, conf),
	    definition_line(conf, relations[relation], nth),
	    relations[relation],
	    near == NULL ? "there is no program %s"
			 : "there is no program %s; did you mean %s?",
	    name, near);
}

/* Collect the programs that come before one as edges. */
static void
collect_edges(struct dependencies *d, size_t node)
{
	const struct config *config = d->config;
	const struct definition *conf = config->programs[node];
	struct definition **slot;

	for (enum relation r = 0; r < RELATIONS; r++)
		for (size_t i = 0; i < strings_count(named_by(conf, r)); i++) {
			slot = find_slot(config, named_by(conf, r)[i]);
			if (slot == NULL)
				unknown_dependency(d, conf, r, i);
			else
				d->edges[d->nedges++] =
				    (struct order_edge){node,
					(size_t)(slot - config->programs)};
		}
}

/* The key of conf by which name comes before it, and the line of that key. */
static const char *
dependency_key(const struct definition *conf, const char *name, unsigned *line)
{
	for (enum relation r = 0; r < RELATIONS; r++)
		for (size_t i = 0; i < strings_count(named_by(conf, r)); i++)
			if (strcmp(named_by(conf, r)[i], name) == 0) {
				*line = definition_line(conf, relations[r], i);
				return relations[r];
			}
	*line = 0;
	return relations[DEPENDS_ON];
}

/* Report a cycle at the first of its programs. */
static void
report_cycle(const struct dependencies *d, const size_t *cycle, size_t n)
{
	struct definition *const *programs = d->config->programs;
	const struct definition *first = programs[cycle[0]];
	unsigned line;
	const char *key = dependency_key(first,
	    /* n is never 0. */
	    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
	    programs[cycle[1 % n]]->name, &line);
	char *text = NULL;
	size_t size;
	FILE *f;

	if ((f = open_memstream(&text, &size)) != NULL) {
		for (size_t i = 0; i <= n; i++)
			fprintf(f, "%s%s", i == 0 ? "" : " -> ",
			    programs[cycle[i % n]]->name);
		if (fclose(f) == EOF) {
			free(text);
			text = NULL;
		}
	}
	diag_add(d->diags, file_of(d->config, first), line, key, "cycle: %s",
	    text == NULL ? "(no memory)" : text);
	free(text);
}

/* Report each cycle, break it, and look for the next. */
static void
check_cycles(struct dependencies *d)
{
	size_t n = d->config->nprograms, *out, ncycle, sorted;

	if ((out = calloc(n + 1, sizeof(*out))) == NULL) {
		diag_no_memory(d->diags, "depends-on");
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
check_dependencies(struct config *config, struct diags *diags)
{
	struct dependencies d = {.config = config, .diags = diags};

	d.names = program_names(config);
	d.edges = make_edges(config);
	if (d.names == NULL || d.edges == NULL) {
		diag_no_memory(diags, "depends-on");
	} else {
		for (size_t i = 0; i < config->nprograms; i++)
			collect_edges(&d, i);
		if (d.nedges != 0)
			check_cycles(&d);
	}
	free(d.names);
	free(d.edges);
}

static void
unknown_exit_on(const struct config *config, unsigned line, const char *name,
    struct diags *diags)
{
	const char **names = program_names(config), *near = NULL;

	if (names != NULL)
		near = text_near(name, names, NULL);
	diag_add_once(diags, config->file, line, "exit-on",
	    near == NULL ? "there is no program %s"
			 : "there is no program %s; did you mean %s?",
	    name, near);
	free(names);
}

/* Refuse an exit-on that could never end the daemon. */
static void
check_exit_on(const struct config *config, struct diags *diags)
{
	const char *name = config->settings.exit_on;
	const struct definition *conf;
	unsigned line = settings_line(&config->settings, "exit-on");

	if (name == NULL || strcmp(name, SETTINGS_ANY_FAILED) == 0 ||
	    strcmp(name, SETTINGS_ALL_DONE) == 0)
		return;
	conf = config_find(config, name);
	if (conf == NULL)
		unknown_exit_on(config, line, name, diags);
	else if (conf->command != NULL && /* else it has errors */
	    conf->restart == RESTART_ALWAYS && conf->restart_limit == 0)
		diag_add_once(diags, config->file, line, "exit-on",
		    "%s is always restarted: set its restart to never or "
		    "on-failure, or set a restart-limit",
		    name);
}

/*
 * Folders of programs.  The user of a program gets its folders, and with them
 * whatever else is in there.
 */

/* The nth folder of that key, counted as lines are. */
static unsigned
folder_line(const struct definition *conf, const struct folder *folder)
{
	size_t nth = 0;

	for (const struct folder *f = conf->folders.v; f < folder; f++)
		nth += f->kind == folder->kind;
	return definition_line(conf, folder_key(folder->kind), nth);
}

/* The setting whose folder or file is that one, in it or above it; or NULL. */
static const char *
setting_at(const struct settings *s, const char *path)
{
	const struct {
		const char *key;
		const char *place;
	} v[] = {
	    {"run-dir", s->run_dir},
	    {"state-dir", s->state_dir},
	    {"log-dir", s->log_dir},
	    {"program-dir", s->program_dir},
	    {"pidfile", s->pidfile},
	};

	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
		if (folder_has(path, v[i].place) ||
		    folder_has(v[i].place, path))
			return v[i].key;
	return NULL;
}

/* One program's claim to one folder. */
struct folder_claim {
	const struct definition *conf;
	const struct folder *folder;
};

static int
compare_claims(const void *a, const void *b)
{
	const struct folder_claim *x = a, *y = b;

	if (x->folder->kind != y->folder->kind)
		return x->folder->kind < y->folder->kind ? -1 : 1;
	return strcmp(x->folder->name, y->folder->name);
}

/* Two users cannot own one folder: each start would take it away. */
static void
check_claims(const struct config *config, const struct folder_claim *v,
    size_t n, struct diags *diags)
{
	const struct definition *one, *two;

	for (size_t i = 1; i < n; i++) {
		if (compare_claims(&v[i - 1], &v[i]) != 0)
			continue;
		one = v[i - 1].conf;
		two = v[i].conf;
		if (one->waits_for == NULL && two->waits_for == NULL &&
		    (one->uid != two->uid || one->gid != two->gid))
			diag_add(diags, file_of(config, two),
			    folder_line(two, v[i].folder),
			    folder_key(v[i].folder->kind),
			    "%s is a folder of %s too, which runs as another "
			    "user or group",
			    v[i].folder->name, one->name);
	}
}

static void
check_folders(const struct config *config, struct diags *diags)
{
	const struct folder *folder;
	const struct definition *conf;
	struct folder_claim *claims;
	const char *key;
	size_t total = 0, n = 0;
	char *path;

	for (size_t i = 0; i < config->nprograms; i++)
		total += config->programs[i]->folders.n;
	if (total == 0)
		return;
	if ((claims = calloc(total, sizeof(*claims))) == NULL) {
		diag_no_memory(diags, "folders");
		return;
	}
	for (size_t i = 0; i < config->nprograms; i++) {
		conf = config->programs[i];
		for (size_t j = 0; j < conf->folders.n; j++) {
			folder = &conf->folders.v[j];
			claims[n++] = (struct folder_claim){conf, folder};
			if (asprintf(&path, "%s/%s",
				config->bases[folder->kind],
				folder->name) == -1) {
				diag_no_memory(diags, "folders");
				continue;
			}
			key = setting_at(&config->settings, path);
			if (key != NULL)
				diag_add(diags, file_of(config, conf),
				    folder_line(conf, folder),
				    folder_key(folder->kind),
				    "%s is a place of hupd itself (%s)", path,
				    key);
			free(path);
		}
	}
	qsort(claims, n, sizeof(*claims), compare_claims);
	check_claims(config, claims, n, diags);
	free(claims);
}

/* An address of a program. */
struct listener {
	const char *key; /* by which it is compared */
	const struct definition *conf;
	size_t nth;
};

static int
compare_listeners(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;
	int r = strcmp(x->key, y->key);

	return r != 0 ? r : strcmp(x->conf->name, y->conf->name);
}

/* Two programs cannot have the same address. */
static void
check_addresses(const struct config *config, struct diags *diags)
{
	const struct definition *conf;
	struct listener *v;
	size_t n = 0;

	for (size_t i = 0; i < config->nprograms; i++)
		n += strings_count(config->programs[i]->listen_stream);
	if (n < 2)
		return;
	if ((v = calloc(n, sizeof(*v))) == NULL) {
		diag_no_memory(diags, "listen-stream");
		return;
	}
	n = 0;
	for (size_t i = 0; i < config->nprograms; i++) {
		conf = config->programs[i];
		for (size_t j = 0; j < strings_count(conf->listen_stream); j++)
			v[n++] =
			    (struct listener){address_key(conf->listen_stream
							      [j]),
				conf, j};
	}
	qsort(v, n, sizeof(*v), compare_listeners);
	for (size_t i = 1; i < n; i++)
		if (strcmp(v[i - 1].key, v[i].key) == 0)
			diag_add(diags, file_of(config, v[i].conf),
			    definition_line(v[i].conf, "listen-stream",
				v[i].nth),
			    "listen-stream", "%s is also an address of %s",
			    v[i].key,
			    v[i - 1].conf == v[i].conf
				? "this program, under another name"
				: v[i - 1].conf->name);
	free(v);
}

int
config_check(struct config *config, struct diags *diags)
{
	size_t before = diag_count(diags);

	sort(config->programs, config->nprograms, compare_names);
	check_names(config, diags);
	check_dependencies(config, diags);
	check_addresses(config, diags);
	check_exit_on(config, diags);
	check_folders(config, diags);
	return diag_count(diags) == before ? 0 : -1;
}

/* Does the order hold for a start of all programs? */
static bool
is_in_start(const struct definition *first, enum relation relation)
{
	return relation == DEPENDS_ON || first->autostart;
}

/*
 * The order of all programs as edges; malloc'd, or NULL.  starts: that of their
 * starts, in which nothing waits for a program that is not started.
 */
static struct order_edge *
edges_of(const struct config *config, bool starts, size_t *nedges)
{
	struct order_edge *edges = make_edges(config);
	struct definition **slot;
	char *const *name;

	*nedges = 0;
	for (size_t i = 0; edges != NULL && i < config->nprograms; i++)
		for (enum relation r = 0; r < RELATIONS; r++) {
			name = named_by(config->programs[i], r);
			for (; name != NULL && *name != NULL; name++) {
				slot = find_slot(config, *name);
				if (slot == NULL ||
				    (starts && !is_in_start(*slot, r)))
					continue;
				edges[(*nedges)++] = (struct order_edge){i,
				    (size_t)(slot - config->programs)};
			}
		}
	return edges;
}

/* The longest stop of a program, ms, or VALUE_FOREVER. */
static int64_t
stop_time(const struct definition *conf)
{
	if (conf->stop_post == NULL || conf->stop_timeout == VALUE_FOREVER)
		return conf->stop_timeout;
	return conf->stop_timeout + definition_stop_post_time(conf);
}

static int64_t
settle_time(const struct definition *conf)
{
	return definition_settles(conf) ? conf->settle_time : 0;
}

/*
 * The program with the greatest time of those that start before one; its own
 * index: none.
 */
static size_t
slowest_need(size_t at, const struct order_edge *edges, size_t nedges,
    const int64_t *time)
{
	size_t slowest = at, low = 0, high = nedges, middle;
	int64_t most = 0;

	/* The edges are in the order of their nodes. */
	while (low < high) {
		middle = low + (high - low) / 2;
		if (edges[middle].node < at)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < nedges && edges[low].node == at; low++)
		if (time[edges[low].needs] > most) {
			slowest = edges[low].needs;
			most = time[slowest];
		}
	return slowest;
}

/*
 * The names of the chain that ends with a program, "db, app, web"; NULL if at
 * most one of it settles.  path has room for all programs.
 */
static char *
chain_names(const struct config *config, size_t at,
    const struct order_edge *edges, size_t nedges, const int64_t *time,
    size_t *path)
{
	size_t n = 0, nsettling = 0, need, size;
	char *text = NULL;
	FILE *f;

	for (;; at = need) {
		path[n++] = at;
		nsettling += settle_time(config->programs[at]) > 0;
		if ((need = slowest_need(at, edges, nedges, time)) == at)
			break;
	}
	if (nsettling < 2 || (f = open_memstream(&text, &size)) == NULL)
		return NULL;
	while (n-- > 0)
		fprintf(f, "%s%s", config->programs[path[n]]->name,
		    n > 0 ? ", " : "");
	if (fclose(f) == EOF) {
		free(text);
		text = NULL;
	}
	return text;
}

char *
config_longest_chain(const struct config *config, int64_t *ms)
{
	size_t nedges, n = config->nprograms, last = 0;
	struct order_edge *edges = edges_of(config, true, &nedges);
	int64_t *time = calloc(n + 1, sizeof(*time));
	size_t *path = calloc(n + 1, sizeof(*path));
	char *names = NULL;

	*ms = 0;
	if (edges != NULL && time != NULL && path != NULL) {
		for (size_t i = 0; i < n; i++)
			time[i] = settle_time(config->programs[i]);
		if (order_longest(n, edges, nedges, time) > 0)
			for (size_t i = 0; i < n; i++)
				if (config->programs[i]->autostart &&
				    time[i] > *ms)
					*ms = time[last = i];
		if (*ms > 0)
			names = chain_names(config, last, edges, nedges, time,
			    path);
	}
	free(edges);
	free(time);
	free(path);
	return names;
}

int64_t
config_stop_time(const struct config *config)
{
	size_t nedges, n = config->nprograms;
	struct order_edge *edges = edges_of(config, false, &nedges);
	int64_t *time = calloc(n + 1, sizeof(*time)), most = -1;

	if (edges != NULL && time != NULL) {
		for (size_t i = 0; i < n; i++)
			time[i] = stop_time(config->programs[i]);
		most = order_longest(n, edges, nedges, time);
	}
	free(edges);
	free(time);
	return most;
}
