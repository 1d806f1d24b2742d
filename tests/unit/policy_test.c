/* policy: which ends are good, and which lead to a restart. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/diag.h"
#include "config/syntax.h"
#include "program/policy.h"

static struct definition *
definition(const char *text)
{
	struct definition *c;
	struct diags diags;

	diag_init(&diags);
	c = syntax_parse("web", "FILE", text, strlen(text), NULL, &diags);
	assert_non_null(c);
	diag_clear(&diags);
	return c;
}

static struct program_end
exited(int code)
{
	return (struct program_end){.kind = END_PROCESS,
	    .process = {.known = true, .code = code}};
}

static struct program_end
killed(int sig, enum program_late late)
{
	return (struct program_end){.kind = END_PROCESS,
	    .late = late,
	    .process = {.known = true, .signal = true, .code = sig}};
}

/* The rows and columns of the table in systemd.service(5). */
static void
restarts_as_systemd_does(void **state)
{
	const struct program_end ends[] = {
	    exited(0), exited(1), killed(SIGSEGV, LATE_NOT),
	    killed(SIGTERM, LATE_READY), killed(SIGTERM, LATE_WATCHDOG),
	    killed(SIGTERM, LATE_UNHEALTHY), {.kind = END_SPAWN},
	    {.kind = END_PROCESS}, /* nobody knows how */
	};
	static const struct {
		const char *word;
		const char *want; /* one character for each end */
	} cases[] = {
	    {"always", "yyyyyyyy"},
	    {"on-failure", "-yyyyyyy"},
	    {"on-success", "y-------"},
	    {"on-abnormal", "--yyyy-y"},
	    {"on-abort", "--y----y"},
	    {"on-watchdog", "----yy--"},
	    {"never", "--------"},
	    {"no", "--------"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64], got[16] = "";
		struct definition *c;

		snprintf(text, sizeof(text), "command = x\nrestart = %s\n",
		    cases[i].word);
		c = definition(text);
		for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++)
			got[e] = policy_restarts(c, &ends[e]) ? 'y' : '-';
		assert_string_equal(got, cases[i].want);
		definition_unref(c);
	}
}

static void
prevents_and_forces(void **state)
{
	struct definition *c =
	    definition("command = x\n"
		       "restart-prevent-exit-status = 3 TERM\n");
	struct program_end end = exited(3);

	(void)state;
	assert_false(policy_restarts(c, &end));
	end = killed(SIGTERM, LATE_NOT);
	assert_false(policy_restarts(c, &end));
	end = exited(4);
	assert_true(policy_restarts(c, &end));
	definition_unref(c);
	c = definition("command = x\nrestart = never\n"
		       "restart-force-exit-status = 3 4\n"
		       "restart-prevent-exit-status = 4\n");
	end = exited(3);
	assert_true(policy_restarts(c, &end));
	end = exited(4);
	assert_false(policy_restarts(c, &end));
	end = exited(5);
	assert_false(policy_restarts(c, &end));
	definition_unref(c);
}

static void
knows_a_good_end(void **state)
{
	struct definition *c =
	    definition("command = x\nsuccess-exit = 0 7 TERM\n");
	struct program_end end = exited(7);

	(void)state;
	assert_true(policy_is_good(c, &end));
	end.late = LATE_READY;
	assert_false(policy_is_good(c, &end));
	end = exited(1);
	assert_false(policy_is_good(c, &end));
	end = killed(SIGTERM, LATE_NOT);
	assert_true(policy_is_good(c, &end));
	end.process.known = false;
	assert_false(policy_is_good(c, &end));
	end.kind = END_ENV;
	assert_false(policy_is_good(c, &end));
	definition_unref(c);
}

/* The words of SERVICE_RESULT in systemd.exec(5). */
static void
names_the_result(void **state)
{
	static const struct process_end oom = {.known = true,
	    .signal = true,
	    .oom = true,
	    .code = SIGKILL};
	static const struct process_end core = {.known = true,
	    .signal = true,
	    .core = true,
	    .code = SIGSEGV};
	const struct {
		struct program_end end;
		bool asked;
		const char *word;
	} cases[] = {
	    {exited(0), false, "success"},
	    {exited(1), false, "exit-code"},
	    {killed(SIGTERM, LATE_NOT), false, "signal"},
	    {killed(SIGTERM, LATE_NOT), true, "success"},
	    {killed(SIGKILL, LATE_NOT), false, "signal"},
	    {killed(SIGKILL, LATE_NOT), true, "timeout"},
	    {killed(SIGTERM, LATE_READY), false, "timeout"},
	    {killed(SIGTERM, LATE_WATCHDOG), false, "watchdog"},
	    {killed(SIGTERM, LATE_UNHEALTHY), false, "watchdog"},
	    {killed(SIGTERM, LATE_NO_MAIN), false, "protocol"},
	    {{.kind = END_PROCESS, .process = core}, false, "core-dump"},
	    {{.kind = END_PROCESS, .process = oom}, false, "oom-kill"},
	    {{.kind = END_PROCESS, .process = oom}, true, "oom-kill"},
	    {{.kind = END_PROCESS}, false, "resources"},
	    {{.kind = END_ENV}, false, "resources"},
	    {{.kind = END_SPAWN, .error = {SPAWN_CLONE, 0, 0}}, false,
		"resources"},
	    {{.kind = END_SPAWN, .error = {SPAWN_EXEC, 0, 0}}, false,
		"exit-code"},
	};
	struct definition *c = definition("command = x\n");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(policy_result(c, &cases[i].end,
					cases[i].asked),
		    cases[i].word);
	definition_unref(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(restarts_as_systemd_does),
	    cmocka_unit_test(prevents_and_forces),
	    cmocka_unit_test(knows_a_good_end),
	    cmocka_unit_test(names_the_result),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
