/* report: a plan to lines, and lines to readable text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/report.h"
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

/* Every line as text, each with a newline; malloc'd. */
static char *
render(const char *lines)
{
	char *copy = strdup(lines), *rest = copy, *raw, *text;
	int width = report_width(lines);
	char *all = calloc(1, 4096);
	struct line line;

	assert_non_null(copy);
	assert_non_null(all);
	while ((raw = strsep(&rest, "\n")) != NULL) {
		if (*raw == '\0')
			continue;
		assert_int_equal(line_parse(&line, raw), 0);
		text = report_text(&line, width);
		assert_non_null(text);
		strlcat(all, text, 4096);
		strlcat(all, "\n", 4096);
		free(text);
		line_clear(&line);
	}
	free(copy);
	return all;
}

static void
reports_a_plan(void **state)
{
	struct line_text lines = {.s = NULL};
	struct config from, to;
	struct plan plan;
	char *text;

	(void)state;
	load(&from,
	    "program = old\ncommand = x\nprogram = web\ncommand = x\n"
	    "program = db\ncommand = x\nprogram = same\ncommand = x\n");
	load(&to,
	    "run-dir = /r\nprogram = cache\ncommand = x\n"
	    "program = web\ncommand = y\nprogram = db\ncommand = x\n"
	    "stop-timeout = 1s\nprogram = same\ncommand = x\n");
	assert_int_equal(plan_make(&plan, &from, &to), 0);
	report_plan(&lines, &plan, 7);
	assert_false(lines.failed);
	text = render(lines.s);
	assert_string_equal(text,
	    "generation 7: 1 added, 1 removed, 1 restarted, 1 adjusted, "
	    "1 unchanged\n"
	    "  + cache    added\n"
	    "  = db       adjusted: stop-timeout changed\n"
	    "  - old      removed\n"
	    "  ~ web      restarted: command changed\n"
	    "  * run-dir changed: takes effect at the next start\n");
	free(text);
	line_text_clear(&lines);
	plan_clear(&plan);
	config_clear(&from);
	config_clear(&to);
}

static void
reports_errors(void **state)
{
	struct line_text lines = {.s = NULL};
	struct diags diags;
	char *text;

	(void)state;
	diag_init(&diags);
	diag_add(&diags, "/etc/a b.conf", 3, "nice", "\"\x1b\" is %d%%", 1);
	diag_add(&diags, "/etc/x.conf", 0, NULL, "is a FIFO");
	report_errors(&lines, &diags);
	text = render(lines.s);
	assert_string_equal(text,
	    "/etc/a b.conf:3: nice: \"\\033\" is 1%\n"
	    "/etc/x.conf: is a FIFO\n");
	free(text);
	line_text_clear(&lines);
	diag_clear(&diags);
}

static void
renders(void **state)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
	    {"report generation=1 added=0 removed=0 restarted=0 adjusted=0 "
	     "unchanged=12",
		"generation 1: nothing changed, 12 unchanged\n"},
	    {"report generation=2 added=3 unchanged=0",
		"generation 2: 3 added, 0 unchanged\n"},
	    {"rolledback name=web",
		"  ! web      did not become ready; previous definition "
		"restored\n"},
	    {"trouble name=web how=exited,%20status%201",
		"  ! web      exited, status 1\n"},
	    {"tail name=web text=bind:%20address%20in%20use",
		"    output | bind: address in use\n"},
	    {"tail name=web text=%1b[2J\\", "    output | \\033[2J\\\\\n"},
	    {"change kind=added name=a-very-long-name reason=added\n"
	     "change kind=removed name=b reason=removed",
		"  + a-very-long-name added\n"
		"  - b                removed\n"},
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		char *text = render(cases[i].line);

		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

static void
leaves_other_lines(void **state)
{
	struct line line;
	char pong[] = "pong pid=1", change[] = "change name=x";

	(void)state;
	assert_int_equal(line_parse(&line, pong), 0);
	assert_null(report_text(&line, 0));
	line_clear(&line);
	assert_int_equal(line_parse(&line, change), 0);
	assert_null(report_text(&line, 0));
	line_clear(&line);
	assert_int_equal(report_width(""), 0);
	assert_int_equal(report_width("change a\ntrouble name=long\n"), 0);
	assert_int_equal(report_width("change kind=added name=abc\n"), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reports_a_plan),
	    cmocka_unit_test(reports_errors),
	    cmocka_unit_test(renders),
	    cmocka_unit_test(leaves_other_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
