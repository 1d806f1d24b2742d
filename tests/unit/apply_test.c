/* apply: a plan is carried out, and done is called when nothing is left. */
#include "config/plan.h"
#include "config/syntax.h"
#include "daemon/apply.h"
#include "daemon.h"

#define REST "command = true\nautostart = no\nlog = none\n"

static int ndone;

static void
on_done(void *arg)
{
	(void)arg;
	ndone++;
}

static void
on_idle(void *arg)
{
	(void)arg;
	fail_msg("nothing takes any time");
}

static bool
on_put_back(void *arg, struct definition *previous)
{
	(void)arg;
	(void)previous;
	fail_msg("nothing is to be put back");
	return false;
}

/* A plan with one change, and the text of its new definition. */
static void
make_plan(struct plan *plan, enum plan_kind kind, const char *name,
    const char *text)
{
	struct program *p = programs_find(&d.programs, name);
	struct diags none;

	*plan = (struct plan){.n = 1};
	plan->v = calloc(1, sizeof(*plan->v));
	assert_non_null(plan->v);
	plan->v[0].kind = kind;
	plan->v[0].from = p != NULL ? definition_ref(p->conf) : NULL;
	diag_init(&none);
	if (text != NULL) {
		plan->v[0].to =
		    syntax_parse(name, "FILE", text, strlen(text), NULL, &none);
		assert_non_null(plan->v[0].to);
	}
	diag_clear(&none);
}

static void
free_plan(struct plan *plan)
{
	definition_unref(plan->v[0].from);
	definition_unref(plan->v[0].to);
	plan_clear(plan);
}

/* Carry out a plan that needs no process: it settles at once, and well. */
static void
check_apply(enum plan_kind kind, const char *name, const char *text)
{
	struct line_text report = {0};
	struct apply *apply;
	struct diags errors;
	struct plan plan;

	make_plan(&plan, kind, name, text);
	diag_init(&errors);
	assert_int_equal(apply_check(&d.programs, &plan, &errors, NULL), 0);
	apply = apply_new(&d.programs, &plan, on_done, on_idle, on_put_back,
	    NULL, &errors);
	assert_non_null(apply);
	ndone = 0;
	apply_announce(apply);
	apply_commit(apply);
	apply_start(apply);
	assert_int_equal(ndone, 0);
	turn();
	assert_int_equal(ndone, 1);
	assert_true(apply_is_good(apply));
	apply_report(apply, &report);
	assert_null(report.s);
	apply_free(apply);
	free_plan(&plan);
	diag_clear(&errors);
}

static void
test_without_a_process(void **state)
{
	struct program *p;

	(void)state;
	check_apply(PLAN_ADD, "web", REST);
	p = programs_find(&d.programs, "web");
	assert_non_null(p);
	assert_int_equal(p->state, STATE_DOWN);
	check_apply(PLAN_ADJUST, "web", REST "nice = 1\n");
	assert_int_equal(p->conf->nice, 1);
	assert_int_equal(p->state, STATE_DOWN);
	check_apply(PLAN_REMOVE, "web", NULL);
	assert_null(programs_find(&d.programs, "web"));
}

/* A program that still ends cannot be added again. */
static void
test_checks(void **state)
{
	struct diags errors;
	struct plan plan;

	(void)state;
	diag_init(&errors);
	check_apply(PLAN_ADD, "web", REST);
	make_plan(&plan, PLAN_ADD, "web", REST);
	assert_int_equal(apply_check(&d.programs, &plan, &errors, NULL), -1);
	assert_int_equal(errors.n, 1);
	assert_non_null(strstr(errors.v[0].reason, "has not ended yet"));
	free_plan(&plan);
	diag_clear(&errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_without_a_process, make_daemon,
		free_daemon),
	    cmocka_unit_test_setup_teardown(test_checks, make_daemon,
		free_daemon),
	};

	log_init(false, false);
	forbid_processes();
	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
