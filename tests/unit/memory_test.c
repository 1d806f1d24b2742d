/*
 * Out of memory: whichever allocation fails, the failure is reported, a
 * reported success is correct, and nothing leaks.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/syntax.h"
#include "config/environ.h"
#include "config/environ.h"
#include "wire/report.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif

/* The address sanitizer has allocations of its own. */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && \
    !__has_feature(address_sanitizer)

/* glibc's own calls, of strdup and the streams, go here as well. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void __libc_free(void *);

/* How many allocations succeed before one fails; -1: all do. */
static long left = -1;
static long live;

static bool
fails(void)
{
	if (left == -1 || left-- > 0)
		return false;
	errno = ENOMEM;
	return true;
}

static void *
counted(void *p)
{
	if (p != NULL)
		live++;
	return p;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : counted(__libc_malloc(size));
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : counted(__libc_calloc(n, size));
}

void *
realloc(void *p, size_t size)
{
	void *q;

	if (fails())
		return NULL;
	q = __libc_realloc(p, size);
	return p == NULL ? counted(q) : q;
}

void
free(void *p)
{
	if (p != NULL)
		live--;
	__libc_free(p);
}

/*
 * Call make once for each allocation, which then fails.  make returns NULL if
 * a failure was reported to it.
 */
static void
without_memory(char *(*make)(void))
{
	char *want = make(), *text;
	long before = live;
	bool failed = true;

	assert_non_null(want);
	for (long n = 0; failed; n++) {
		left = n;
		text = make();
		failed = left == -1;
		left = -1;
		if (text != NULL)
			assert_string_equal(text, want);
		else
			assert_true(failed);
		free(text);
		assert_int_equal(live, before);
	}
	free(want);
}

static const char good[] =
    "syslog = yes\nlog-dir = /srv/log\naccess-group = adm\n"
    "program = web\nnice = 5\ncommand = nginx -g 'daemon off;'\nenv = A=1\nenv "
    "= B=2\n"
    "rlimit-nofile = 10:20\ndepends-on = cache db\nsuccess-exit = 1 TERM\n"
    "ready = fd:4\ngroups = adm audio\nenv-file = /a\numask = 027\n"
    "program = cache\ncommand = memcached\nlog-size = 1M\n"
    "program = db\ncommand = redis-server\nstop-timeout = 3s\n";
static const char better[] =
    "program = web\ncommand = nginx\nrlimit-core = 0\n"
    "program = cache\ncommand = memcached\nlog-size = 2M\n"
    "program = a\ncommand = a\nprogram = k\ncommand = k\n";
static const char bad[] =
    "colour = red\nprogram = web\ncommand = 'a\nnice = 100\n"
    "program = a\ncommand = a\ndepends-on = b\nprogram = A\ncommand = a\n"
    "program = b\ncommand = b\ndepends-on = a\nprogram = c\n";
static const char circle[] = "program = a\ncommand = a\ndepends-on = b\n"
			     "program = b\ncommand = b\ndepends-on = a\n";

/* -1: an error, and diags has it. */
static int
load(struct config *set, const char *text, struct diags *diags)
{
	struct places places = {.root = true};
	bool whole;
	int rv;

	diag_init(diags);
	if (config_init(set, &places) == -1) {
		diag_no_memory(diags, "FILE");
		return -1;
	}
	rv =
	    syntax_parse_config(set, "FILE", text, strlen(text), &whole, diags);
	if (config_check(set, diags) == -1)
		rv = -1;
	assert_int_equal(rv == -1, diag_count(diags) > 0);
	return rv;
}

static char *
print(const struct config *set)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int rv;

	if (f == NULL)
		return NULL;
	rv = syntax_print_config(set, f);
	if (fclose(f) == EOF || rv == -1) {
		free(text);
		return NULL;
	}
	return text;
}

static char *
canonical(void)
{
	struct config set = {0};
	struct diags diags;
	char *text = NULL;

	if (load(&set, good, &diags) == 0)
		text = print(&set);
	diag_clear(&diags);
	config_clear(&set);
	return text;
}

/* The appended text, or NULL if a part is missing. */
static char *
appended(struct line_text *t)
{
	char *text =
	    t->failed || strstr(t->s, "memory") != NULL ? NULL : strdup(t->s);

	line_text_clear(t);
	return text;
}

static char *
complaints_about(const char *conf)
{
	struct line_text t = {0};
	struct config set = {0};
	struct diags diags;

	assert_int_equal(load(&set, conf, &diags), -1);
	report_errors(&t, &diags);
	diag_clear(&diags);
	config_clear(&set);
	return appended(&t);
}

static char *
complaints(void)
{
	return complaints_about(bad);
}

static char *
cycle(void)
{
	return complaints_about(circle);
}

/* The report of a plan, as it is sent. */
static char *
planned(void)
{
	struct config from = {0}, to = {0};
	struct diags diags, others;
	struct line_text t = {0};
	struct plan plan;
	int rv = load(&from, good, &diags);

	diag_init(&others);
	if (rv == 0 && (rv = load(&to, better, &others)) == 0 &&
	    (rv = plan_make(&plan, &from, &to)) == 0) {
		report_plan(&t, &plan, 7);
		plan_clear(&plan);
	}
	diag_clear(&diags);
	diag_clear(&others);
	config_clear(&from);
	config_clear(&to);
	return rv == 0 ? appended(&t) : NULL;
}

/* The values that are read from a line of a report. */
static char *
read_report(void)
{
	char line[] = "change kind=restarted name=web reason=command\\_changed";
	struct line pl;
	char *text;

	if (line_parse(&pl, line) == -1)
		return NULL;
	text = report_text(&pl, 8);
	line_clear(&pl);
	return text;
}

static char *
tail(void)
{
	struct line_text t = {0};

	report_tail(&t, "web", "one\n\ntwo words\n");
	return appended(&t);
}

static char *
copied(void)
{
	struct config set = {0};
	struct settings settings = {0};
	struct diags diags;
	struct definition *copy;
	char *text = NULL;

	if (load(&set, good, &diags) == 0 &&
	    settings_copy(&settings, &set.settings) == 0) {
		assert_true(keys_none(settings_diff(&settings, &set.settings)));
		settings_clear(&settings);
		if ((copy = definition_copy(set.programs[2])) != NULL) {
			assert_true(keys_none(definition_diff(copy,
			    set.programs[2])));
			text = keys_changed(definition_diff(copy,
			    set.programs[0]));
		}
		definition_unref(copy);
	}
	diag_clear(&diags);
	config_clear(&set);
	return text;
}

static char *
environment(void)
{
	static const char file[] = "A=1\nexport B='2 3'\n";
	struct environment e = {0};
	char **vars = NULL, **v, *text = NULL;

	if (environ_parse(file, strlen(file), &vars, NULL, NULL) == -1)
		return NULL;
	environ_set_all(&e, vars);
	if ((v = environ_vector(&e)) != NULL && v[0] != NULL && v[1] != NULL &&
	    asprintf(&text, "%s %s", v[0], v[1]) == -1)
		text = NULL;
	environ_clear(&e);
	free(vars);
	return text;
}

static void
tells_failure(void **state)
{
	char *(*const make[])(void) = {canonical, complaints, cycle, planned,
	    read_report, tail, copied, environment};

	(void)state;
	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++)
		without_memory(make[i]);
}

#else

static void
tells_failure(void **state)
{
	(void)state;
	skip();
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
