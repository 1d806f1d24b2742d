/* plan: what an old and a new set come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/plan.h"
#include "config/syntax.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static void
load(struct config *set, const char *text)
{
	struct places places = {.root = true};
	struct diags diags;
	bool whole;

	diag_init(&diags);
	assert_int_equal(config_init(set, &places), 0);
	assert_int_equal(syntax_parse_config(set, "FILE", text, strlen(text),
			     &whole, &diags),
	    0);
	assert_int_equal(config_check(set, &diags), 0);
}

static void
tells_changes(void **state)
{
	static const struct {
		enum plan_kind kind;
		const char *name, *reason;
	} want[] = {
	    {PLAN_ADD, "a", "added"},
	    {PLAN_RESTART, "b", "command, stop-timeout changed"},
	    {PLAN_ADJUST, "c", "restart, log-keep changed"},
	    {PLAN_REMOVE, "d", "removed"},
	    {PLAN_ADD, "z", "added"},
	};
	struct config from, to;
	struct plan plan;
	char *text;

	(void)state;
	load(&from,
	    "syslog = no\nprogram = d\ncommand = d\nprogram = c\ncommand = c\n"
	    "program = b\ncommand = b\nprogram = k\ncommand = k\n");
	load(&to,
	    "syslog = yes\nrun-dir = /x\nprogram = a\ncommand = a\n"
	    "program = b\ncommand = b b\nstop-timeout = 1s\n"
	    "program = c\ncommand = c\nlog-keep = 2\nrestart = never\n"
	    "program = k\ncommand = 'k'\nprogram = z\ncommand = z\n");
	assert_int_equal(plan_make(&plan, &from, &to), 0);
	assert_int_equal(plan.n, nitems(want));
	for (size_t i = 0; i < plan.n; i++) {
		const struct plan_change *c = &plan.v[i];
		char *reason = plan_reason(c);

		assert_int_equal(c->kind, want[i].kind);
		assert_string_equal(reason, want[i].reason);
		free(reason);
		assert_int_equal(c->from == NULL, c->kind == PLAN_ADD);
		assert_int_equal(c->to == NULL, c->kind == PLAN_REMOVE);
		if (c->from != NULL)
			assert_string_equal(c->from->name, want[i].name);
		if (c->to != NULL)
			assert_string_equal(c->to->name, want[i].name);
	}
	assert_int_equal(plan.count[PLAN_KEEP], 1);
	assert_int_equal(plan.count[PLAN_ADD], 2);
	assert_int_equal(plan.count[PLAN_REMOVE], 1);
	assert_int_equal(plan.count[PLAN_RESTART], 1);
	assert_int_equal(plan.count[PLAN_ADJUST], 1);
	/* syslog is live, run-dir is not. */
	text = keys_changed(plan.deferred);
	assert_string_equal(text, "run-dir changed");
	free(text);
	plan_clear(&plan);
	config_clear(&from);
	config_clear(&to);
}

static void
keeps_what_is_equal(void **state)
{
	struct config none, set;
	struct plan plan;

	(void)state;
	load(&none, "");
	load(&set, "program = a\ncommand = a\nprogram = b\ncommand = b\n");
	assert_int_equal(plan_make(&plan, &set, &set), 0);
	assert_int_equal(plan.n, 0);
	assert_int_equal(plan.count[PLAN_KEEP], 2);
	plan_clear(&plan);
	assert_int_equal(plan_make(&plan, &none, &none), 0);
	assert_int_equal(plan.n, 0);
	plan_clear(&plan);
	assert_int_equal(plan_make(&plan, &set, &none), 0);
	assert_int_equal(plan.count[PLAN_REMOVE], 2);
	plan_clear(&plan);
	config_clear(&none);
	config_clear(&set);
}

/*
 * Names of stopped, blocked, waiting, never started, failed and ready programs
 * begin with s, b, z, n, f and r.
 */
static enum plan_run
run_of(void *arg, const char *name)
{
	(void)arg;
	switch (*name) {
	case 's':
		return PLAN_STOPPED;
	case 'b':
		return PLAN_BLOCKED;
	case 'f':
		return PLAN_FAILED;
	case 'r':
		return PLAN_READY;
	case 'z':
		return PLAN_WAITS;
	case 'n':
		return PLAN_NEVER;
	default:
		return PLAN_RUNS;
	}
}

static void
restarts_with_others(void **state)
{
	static const struct {
		enum plan_kind kind;
		const char *name, *reason;
		bool own;
	} want[] = {
	    {PLAN_RESTART, "app", "stop-timeout changed, with web", true},
	    {PLAN_RESTART, "db", "nice changed", true},
	    {PLAN_RESTART, "later", "with zdb", false},
	    {PLAN_RESTART, "ndb", "nice changed", true},
	    {PLAN_RESTART, "own", "nice changed", true},
	    {PLAN_ADJUST, "sdb", "nice changed", true},

	    {PLAN_RESTART, "web", "with db", false},
	    {PLAN_RESTART, "zdb", "nice changed", true},
	};
	static const char rest[] =
	    "program = web\ncommand = x\nrestart-with = other db\n"
	    "program = swe\ncommand = x\nrestart-with = db\n"
	    "program = zwe\ncommand = x\nrestart-with = db\n"
	    "program = early\ncommand = x\nrestart-with = ndb\n"
	    "program = later\ncommand = x\nrestart-with = zdb\n"
	    "program = quiet\ncommand = x\nrestart-with = sdb\n"
	    "program = other\ncommand = x\nafter = db\n";
	static const char *const changed[] = {"db", "ndb", "sdb", "zdb"};
	char text[2048], *reason;
	struct config from, to;
	struct plan plan;

	(void)state;
	for (int nice = 0; nice < 2; nice++) {
		snprintf(text, sizeof(text),
		    "%sprogram = app\ncommand = x\nrestart-with = web\n"
		    "stop-timeout = %ds\n"
		    "program = own\ncommand = x\nrestart-with = db\n"
		    "nice = %d\n",
		    rest, 5 + nice, nice);
		for (size_t i = 0; i < nitems(changed); i++)
			snprintf(text + strlen(text),
			    sizeof(text) - strlen(text),
			    "program = %s\ncommand = x\nnice = %d\n",
			    changed[i], nice);
		load(nice == 0 ? &from : &to, text);
	}
	assert_int_equal(plan_make(&plan, &from, &to), 0);
	assert_int_equal(plan_adapt(&plan, &from, &to, run_of, NULL), 0);
	assert_int_equal(plan.n, nitems(want));
	for (size_t i = 0; i < plan.n; i++) {
		reason = plan_reason(&plan.v[i]);
		assert_string_equal(plan.v[i].to->name, want[i].name);
		assert_string_equal(reason, want[i].reason);
		assert_int_equal(plan.v[i].kind, want[i].kind);
		assert_int_equal(plan_is_own(&plan.v[i]), want[i].own);
		assert_non_null(plan.v[i].from);
		free(reason);
	}
	assert_int_equal(plan.count[PLAN_RESTART], 7);
	assert_int_equal(plan.count[PLAN_ADJUST], 1);
	assert_int_equal(plan.count[PLAN_KEEP], 5);
	plan_clear(&plan);
	config_clear(&from);
	config_clear(&to);
}

/*
 * A program that others need is started if it is stopped, has failed, or is new
 * without autostart.
 */
static void
starts_for_others(void **state)
{
	static const struct {
		enum plan_kind kind;
		const char *name, *reason;
		bool own, starts;
	} want[] = {
	    {PLAN_ADD, "app", "added", true, true},
	    {PLAN_START, "fdb", "for app", false, true},
	    {PLAN_ADD, "new", "added, started for app", true, true},
	    {PLAN_ADD, "off", "added", true, false},
	    {PLAN_RESTART, "web", "nice, depends-on changed", true, true},
	    {PLAN_ADJUST, "sdb", "nice changed, started for app", true, true},
	    {PLAN_ADJUST, "swe", "nice changed", true, false},
	    {PLAN_ADJUST, "bapp", "nice changed", true, false},
	    {PLAN_RESTART, "bweb", "nice, depends-on changed", true, true},
	    {PLAN_START, "scache", "for web", false, true},
	};
	static const char before
	    [] = "program = web\ncommand = x\ndepends-on = scache sun\n"
		 "program = sdb\ncommand = x\n"
		 "program = swe\ncommand = x\n"
		 "program = bapp\ncommand = x\ndepends-on = swe\n"
		 "program = bweb\ncommand = x\ndepends-on = swe\n"
		 "program = fdb\ncommand = x\n"
		 "program = scache\ncommand = x\n"
		 "program = sun\ncommand = x\n"
		 "program = ready\ncommand = x\ndepends-on = sun\n",
      after[] =
	    "program = web\ncommand = x\nnice = 1\ndepends-on = scache\n"
	    "program = sdb\ncommand = x\nnice = 1\n"
	    "program = swe\ncommand = x\nnice = 1\n"
	    "program = bapp\ncommand = x\ndepends-on = swe\nnice = 1\n"
	    "program = bweb\ncommand = x\nnice = 1\n"
	    "program = fdb\ncommand = x\n"
	    "program = scache\ncommand = x\n"
	    "program = sun\ncommand = x\n"
	    "program = ready\ncommand = x\ndepends-on = sun\n"
	    "program = app\ncommand = x\ndepends-on = new ready fdb\n"
	    "program = new\ncommand = x\ndepends-on = sdb\nautostart = no\n"
	    "program = off\ncommand = x\ndepends-on = sun\nautostart = no\n";
	struct config from, to;
	struct plan plan;
	char *reason;

	(void)state;
	load(&from, before);
	load(&to, after);
	assert_int_equal(plan_make(&plan, &from, &to), 0);
	assert_int_equal(plan_adapt(&plan, &from, &to, run_of, NULL), 0);
	assert_int_equal(plan.n, nitems(want));
	for (size_t i = 0, j; i < plan.n; i++) {
		for (j = 0; strcmp(want[j].name, plan.v[i].to->name) != 0; j++)
			assert_true(j + 1 < nitems(want));
		reason = plan_reason(&plan.v[i]);
		assert_string_equal(reason, want[j].reason);
		assert_int_equal(plan.v[i].kind, want[j].kind);
		assert_int_equal(plan_is_own(&plan.v[i]), want[j].own);
		assert_int_equal(plan_starts(&plan.v[i]), want[j].starts);
		free(reason);
	}
	assert_int_equal(plan.count[PLAN_START], 2);
	assert_int_equal(plan.count[PLAN_KEEP], 2);
	plan_clear(&plan);
	config_clear(&from);
	config_clear(&to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_changes),
	    cmocka_unit_test(keeps_what_is_equal),
	    cmocka_unit_test(restarts_with_others),
	    cmocka_unit_test(starts_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
