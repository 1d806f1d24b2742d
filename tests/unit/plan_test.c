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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_changes),
	    cmocka_unit_test(keeps_what_is_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
