/* reload: a failure before the commit changes nothing; a plan never does. */
#include "daemon.h"

#define REST "autostart = no\nlog = none\n"

struct outcome {
	struct verdict verdict;
	char *lines;
	int status;
};

static void
given(struct verdict *v, const char *lines, int status)
{
	struct outcome *o = v->arg;

	o->lines = strdup(lines);
	o->status = status;
}

/* Reload, and check the lines and the status of the outcome. */
static void
check_reload(int status, const char *lines)
{
	struct outcome o = {.verdict.given = given, .status = -1};

	o.verdict.arg = &o;
	reload_wait(d.reload, &o.verdict);
	reload_request(d.reload);
	turn();
	assert_int_equal(o.status, status);
	assert_string_equal(o.lines, lines);
	free(o.lines);
}

static const struct definition *
running(const char *name)
{
	return config_find(reload_running(d.reload), name);
}

static void
test_accepts(void **state)
{
	(void)state;
	put_file("hupd.d/web.conf", "command = true\n" REST);
	begin();
	assert_non_null(running("web"));
	assert_int_equal(nadjusted, 1);
	put_file("hupd.d/web.conf", "command = false\n" REST);
	put_file("hupd.d/db.conf", "command = true\n" REST);
	check_reload(STATUS_OK,
	    "report generation=2 added=1 removed=0 restarted=0 started=0 "
	    "adjusted=1 "
	    "unchanged=0\n"
	    "change kind=added name=db reason=added\n"
	    "change kind=adjusted name=web reason=command%20changed\n");
	assert_string_equal(running("web")->command[0], "false");
	assert_non_null(programs_find(&d.programs, "db"));
	assert_int_equal(nadjusted, 2);
	assert_int_equal(nsettled, 2);
	put_file("hupd.d/db.conf", NULL);
	put_file("hupd.d/web.conf", NULL);
	check_reload(STATUS_OK,
	    "report generation=3 added=0 removed=2 restarted=0 started=0 "
	    "adjusted=0 "
	    "unchanged=0\n"
	    "change kind=removed name=db reason=removed\n"
	    "change kind=removed name=web reason=removed\n");
	assert_null(programs_first(&d.programs));
}

static void
test_rejects(void **state)
{
	struct line_text status = {0};
	char *path = in_dir("hupd.d/web.conf"), *lines;

	(void)state;
	put_file("hupd.d/web.conf", "command = true\n" REST);
	begin();
	put_file("hupd.d/web.conf", "command = false\nnice = x\n" REST);
	put_file("hupd.d/db.conf", "command = true\n" REST);
	assert_int_not_equal(
	    asprintf(&lines,
		"error text=%s:2:%%20nice:%%20\"x\"%%20is%%20not%%20a%%20"
		"number%%20from%%20-20%%20to%%2019 file=%s line=2 key=nice "
		"reason=\"x\"%%20is%%20not%%20a%%20number%%20from%%20-20%%20"
		"to%%2019\n",
		path, path),
	    -1);
	check_reload(STATUS_REJECTED, lines);
	assert_string_equal(running("web")->command[0], "true");
	assert_null(programs_find(&d.programs, "db"));
	assert_int_equal(nadjusted, 1);
	reload_status(d.reload, &status);
	assert_non_null(strstr(status.s, " generation=1 "));
	assert_non_null(strstr(status.s, " differs=rejected "));
	assert_non_null(strstr(status.s, " rejected=1\n"));
	assert_non_null(strstr(status.s, lines));
	line_text_clear(&status);
	free(lines);
	free(path);
	put_file("hupd.d/db.conf", NULL);
	put_file("hupd.d/web.conf", NULL);
}

/* A changed program that does not become ready gets its definition back. */
static void
test_rolls_back(void **state)
{
	struct outcome o = {.verdict.given = given, .status = -1};

	(void)state;
	put_file("hupd.d/web.conf", "command = true\nlog = none\n");
	begin();
	child_executes();
	turn();
	assert_true(reload_is_idle(d.reload));
	put_file("hupd.d/web.conf", "command = false\nlog = none\n");
	o.verdict.arg = &o;
	reload_wait(d.reload, &o.verdict);
	reload_request(d.reload);
	turn();
	child_exits(0);
	turn();
	assert_int_equal(nborn, 2);
	assert_string_equal(running("web")->command[0], "false");
	child_fails(ENOENT);
	turn();
	assert_int_equal(nborn, 3);
	assert_int_equal(o.status, -1);
	child_executes();
	turn();
	assert_int_equal(o.status, STATUS_FAILED);
	assert_non_null(strstr(o.lines, "\ntrouble name=web how="));
	assert_non_null(strstr(o.lines, "\nrolledback name=web ready=yes\n"));
	assert_string_equal(running("web")->command[0], "true");
	free(o.lines);
	put_file("hupd.d/web.conf", NULL);
}

static void
plan_done(struct preview *p, int status)
{
	*(int *)p->arg = status;
}

static int
plan(const struct candidate *v, size_t n, bool trusted, char **lines)
{
	struct line_text text = {0};
	int status = -1;
	struct preview preview = {
	    .candidates = v,
	    .ncandidates = n,
	    .trusted = trusted,
	    .text = &text,
	    .done = plan_done,
	    .arg = &status,
	};

	/* No account is named, so the answer comes at once. */
	reload_plan(d.reload, &preview);
	*lines = text.s;
	return status;
}

static void
test_plans(void **state)
{
	struct candidate web = {"web", "new.conf", "command = false\n" REST, 0};
	char *lines;

	(void)state;
	web.len = strlen(web.text);
	put_file("hupd.d/web.conf", "command = true\n" REST);
	begin();
	assert_int_equal(plan(NULL, 0, true, &lines), STATUS_OK);
	assert_string_equal(lines,
	    "report generation=2 added=0 removed=0 restarted=0 started=0 "
	    "adjusted=0 "
	    "unchanged=1\n");
	free(lines);
	assert_int_equal(plan(&web, 1, true, &lines), STATUS_OK);
	assert_non_null(strstr(lines, "\nchange kind=adjusted name=web "));
	free(lines);
	web.text = "depends-on = db\n";
	web.len = strlen(web.text);
	assert_int_equal(plan(&web, 1, true, &lines), STATUS_REJECTED);
	assert_non_null(strstr(lines, "error text=new.conf"));
	free(lines);
	assert_string_equal(running("web")->command[0], "true");
	assert_int_equal(nadjusted, 1);
	assert_true(reload_is_idle(d.reload));
	put_file("hupd.d/web.conf", NULL);
}

/* An environment file is not opened for somebody who is not trusted. */
static void
test_distrusts(void **state)
{
	struct candidate web = {"web", "new.conf",
	    "command = true\nenv-file = /etc/nonexistent/env\n" REST, 0};
	char *lines;

	(void)state;
	web.len = strlen(web.text);
	begin();
	assert_int_equal(plan(&web, 1, true, &lines), STATUS_REJECTED);
	assert_non_null(strstr(lines, "key=env-file"));
	free(lines);
	assert_int_equal(plan(&web, 1, false, &lines), STATUS_OK);
	assert_non_null(strstr(lines, "\nchange kind=added name=web "));
	free(lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_accepts, make_daemon,
		free_daemon),
	    cmocka_unit_test_setup_teardown(test_rejects, make_daemon,
		free_daemon),
	    cmocka_unit_test_setup_teardown(test_rolls_back, make_daemon,
		free_daemon),
	    cmocka_unit_test_setup_teardown(test_plans, make_daemon,
		free_daemon),
	    cmocka_unit_test_setup_teardown(test_distrusts, make_daemon,
		free_daemon),
	};

	log_init(false, false);
	forbid_processes();
	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
