/* present_json: lines become objects, whatever they lack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/present.h"

/* Check the output of one function for these lines. */
static void
check(void (*show)(const struct ctl *, const struct reply *), const char *lines,
    const char *expected)
{
	struct reply reply = {0};
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct ctl ctl = {.out = f};

	assert_non_null(f);
	assert_int_equal(reply_add_all(&reply, lines), 0);
	show(&ctl, &reply);
	fclose(f);
	assert_string_equal(text, expected);
	free(text);
	reply_clear(&reply);
}

static void
results(const struct ctl *ctl, const struct reply *reply)
{
	present_json.results(ctl, &(struct outcome){1, "web failed", reply});
}

static void
plan(const struct ctl *ctl, const struct reply *reply)
{
	present_json.plan(ctl, &(struct planned){reply->n > 0, "alone", reply});
}

static void
pong(const struct ctl *ctl, const struct reply *reply)
{
	present_json.pong(ctl, reply_find(reply, "pong"));
}

static void
has_results_with_last_lines(void **state)
{
	(void)state;
	check(results,
	    "pending name=web how=differs\n"
	    "result name=web ok=no state=failed how=exec:%20x\n"
	    "tail text=one\ntail text=two\nresult name=db ok=yes\n"
	    "tail text=three\n",
	    "{\"status\":1,\"message\":\"web failed\",\"results\":["
	    "{\"name\":\"web\",\"ok\":false,\"state\":\"failed\","
	    "\"how\":\"exec: x\",\"with\":null,\"tail\":[\"one\",\"two\"]},"
	    "{\"name\":\"db\",\"ok\":true,\"state\":null,\"how\":null,"
	    "\"with\":null,\"tail\":[\"three\"]}],"
	    "\"pending\":[{\"name\":\"web\",\"how\":\"differs\"}]}\n");
}

static void
status(const struct ctl *ctl, const struct reply *reply)
{
	present_json.status(ctl, reply, false);
}

/* Programs and the event log have null, or a reason and a time. */
static void
has_log_errors(void **state)
{
	struct reply reply = {0};
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct ctl ctl = {.out = f};

	(void)state;
	assert_int_equal(
	    reply_add_all(&reply,
		"program name=a state=up\n"
		"program name=b state=up log-error=full log-since=7\n"
		"config generation=1 log-error=gone log-since=9\n"),
	    0);
	status(&ctl, &reply);
	fclose(f);
	assert_non_null(strstr(text, "\"log_error\":null"));
	assert_non_null(strstr(text,
	    "\"log_error\":{\"reason\":\"full\",\"since\":7}"));
	assert_non_null(strstr(text,
	    "\"log_error\":{\"reason\":\"gone\",\"since\":9}"));
	free(text);
	reply_clear(&reply);
}

static void
has_a_plan(void **state)
{
	(void)state;
	check(plan,
	    "report added=1 removed=0 restarted=0 started=0 adjusted=0 "
	    "unchanged=2\n"
	    "change kind=added name=web reason=added\n"
	    "deferred reason=run-dir%20changed\n",
	    "{\"valid\":true,\"running\":false,\"added\":1,\"removed\":0,"
	    "\"restarted\":0,\"started\":0,\"adjusted\":0,\"unchanged\":2,"
	    "\"changes\":["
	    "{\"kind\":\"added\",\"name\":\"web\",\"reason\":\"added\"}],"
	    "\"deferred\":[\"run-dir changed\"],\"rolled_back\":[],"
	    "\"troubles\":[],\"log_errors\":[],\"errors\":[],\"warnings\":[],"
	    "\"longest_chain\":"
	    "null,"
	    "\"longest_chain_ms\":null}\n");
	check(plan, "",
	    "{\"valid\":false,\"running\":null,\"added\":null,"
	    "\"removed\":null,\"restarted\":null,\"started\":null,\"adjusted\":"
	    "null,"
	    "\"unchanged\":null,\"changes\":[],\"deferred\":[],"
	    "\"rolled_back\":[],\"troubles\":[],\"log_errors\":[],\"errors\":[]"
	    ","
	    "\"warnings\":[]"
	    ","
	    "\"longest_chain\":null,\"longest_chain_ms\":null}\n");
}

static void
has_null_for_what_is_absent(void **state)
{
	(void)state;
	check(pong, "pong pid=12\n",
	    "{\"ok\":true,\"pid\":12,\"version\":null,\"stopping\":false}\n");
	check(pong, "pong stopping=yes\n",
	    "{\"ok\":true,\"pid\":null,\"version\":null,\"stopping\":true}\n");
	check(pong, "",
	    "{\"ok\":true,\"pid\":null,\"version\":null,\"stopping\":false}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_results_with_last_lines),
	    cmocka_unit_test(has_a_plan),
	    cmocka_unit_test(has_log_errors),
	    cmocka_unit_test(has_null_for_what_is_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
