/* request: each request is answered by its lines and one "end". */
#include "daemon/request.h"
#include "daemon.h"

static struct answer answer;

static void
on_changed(struct answer *a)
{
	(void)a;
}

/* Send a request line; the answer so far. */
static const char *
ask(const char *request)
{
	char text[512];
	struct line line;

	answer_clear(&answer);
	answer = (struct answer){.changed = on_changed};
	strlcpy(text, request, sizeof(text));
	assert_int_equal(line_parse(&line, text), 0);
	request_handle(&d, &answer, &line);
	line_clear(&line);
	return answer.text.s;
}

static int
make(void **state)
{
	make_daemon(state);
	put_file("hupd.d/db.conf",
	    "command = true\nautostart = no\n"
	    "log = none\n");
	put_file("hupd.d/web.conf",
	    "command = true\nautostart = no\n"
	    "log = none\ndepends-on = db\n");
	begin();
	return 0;
}

static int
unmake(void **state)
{
	answer_clear(&answer);
	put_file("hupd.d/db.conf", NULL);
	put_file("hupd.d/web.conf", NULL);
	return free_daemon(state);
}

static void
test_at_once(void **state)
{
	char want[256];

	(void)state;
	assert_string_equal(ask("nonsense"), "end 2 text=unknown%20request\n");
	snprintf(want, sizeof(want),
	    "pong pid=%d version=" HUPD_VERSION " proto=1 execs=0\nend 0\n",
	    (int)getpid());
	assert_string_equal(ask("ping"), want);
	snprintf(want, sizeof(want),
	    "paths log-dir=%s/log program-dir=%s/hupd.d config=%s/hupd.conf\n"
	    "log name=web\n"
	    "end 0\n",
	    dir, dir, dir);
	assert_string_equal(ask("where web"), want);
	assert_non_null(strstr(ask("where all=yes no"),
	    "log name=web\nlog name=no unknown=no%20program%20no\nend 0\n"));
	assert_string_equal(ask("signal TERM web"),
	    "end 1 "
	    "text=web%20is%20not%20running:%20no%20signal%20was%20sent\n");
	assert_string_equal(ask("signal X web"),
	    "end 2 text=not%20a%20signal\n");
	assert_string_equal(ask("plan x"),
	    "end 2 text=plan%20takes%20no%20words\n");
	assert_string_equal(ask("plan"),
	    "report generation=2 added=0 removed=0 restarted=0 started=0 "
	    "adjusted=0 "
	    "unchanged=2\nenvironment\nend 0\n");
}

static void
test_status(void **state)
{
	const char *text, *first;

	(void)state;
	text = ask("status");
	assert_non_null(strstr(text, "program name=db state=down want=rest "));
	assert_non_null(strstr(text,
	    "\nprogram name=web state=down want=rest "));
	assert_non_null(strstr(text, "\nconfig generation=1 "));
	assert_non_null(strstr(text, "\nend 0\n"));
	/* A program that is named twice is in the answer once. */
	text = ask("status details=yes web web");
	first = strstr(text, "program name=web ");
	assert_non_null(first);
	assert_null(strstr(first + 1, "program name=web "));
	assert_non_null(strstr(text, "\ndetails name=web command=true "));
	assert_non_null(strstr(text,
	    "\nneed of=web name=db state=down ready=no\n"));
	assert_non_null(strstr(text, "\nend 3\n"));
	assert_non_null(strstr(ask("status no"),
	    "\nend 3 text=no%20program%20no\n"));
}

static void
test_waits(void **state)
{
	(void)state;
	assert_null(ask("stop web"));
	assert_false(answer.ended);
	turn();
	assert_string_equal(answer.text.s,
	    "result name=web ok=yes state=down how=\nend 0\n");
	assert_string_equal(ask("stop wait=no web"), "end 0\n");
	assert_string_equal(ask("stop"),
	    "end 2 text=no%20program%20was%20named\n");
	assert_string_equal(ask("start no"), "end 1 text=no%20program%20no\n");
	/* A client that goes takes nothing with it. */
	assert_null(ask("stop all=yes"));
	answer_clear(&answer);
	turn();
	d.stopping = true;
	assert_string_equal(ask("start web"),
	    "end 7 text=the%20daemon%20is%20ending\n");
}

static void
test_starts(void **state)
{
	(void)state;
	/* Its dependency starts first. */
	assert_null(ask("start web"));
	turn();
	assert_int_equal(nborn, 1);
	child_executes();
	turn();
	assert_int_equal(nborn, 2);
	assert_false(answer.ended);
	child_executes();
	turn();
	assert_string_equal(answer.text.s,
	    "result name=db ok=yes state=up how=pid%201000000,%20started%20"
	    "for%20web with=web\n"
	    "result name=web ok=yes state=up how=pid%201000001\nend 0\n");
	assert_non_null(strstr(ask("status web"),
	    "program name=web state=up want=run ready=yes "));
	/* A client hears of a stop once the process has ended. */
	assert_null(ask("stop web"));
	turn();
	assert_false(answer.ended);
	child_exits(0);
	turn();
	assert_string_equal(answer.text.s,
	    "result name=web ok=yes state=down how=\nend 0\n");
	assert_non_null(strstr(ask("status web"),
	    " exit=exited,%20status%200 "
	    "code=0 "));
}

static void
test_goals(void **state)
{
	(void)state;
	assert_string_equal(ask("names"), "known db\nknown web\nend 0\n");
	assert_null(ask("wait for=stopped web db"));
	turn();
	assert_string_equal(answer.text.s,
	    "result name=web ok=yes state=down how=\n"
	    "result name=db ok=yes state=down how=\nend 0\n");
	/* It changes nothing, and continues until the goal or its time. */
	assert_null(ask("wait db"));
	turn();
	assert_int_equal(nborn, 0);
	assert_false(answer.ended);
	answer_clear(&answer);
	assert_null(ask("wait timeout=0 db"));
	turn();
	assert_string_equal(answer.text.s,
	    "result name=db ok=no state=down how=\n"
	    "end 1 text=not%20ready%20in%20time\n");
	assert_string_equal(ask("wait for=x db"),
	    "end 2 text=not%20a%20state%20to%20wait%20for\n");
	assert_string_equal(ask("wait no"), "end 1 text=no%20program%20no\n");
}

static void
test_reload(void **state)
{
	char want[64];

	(void)state;
	snprintf(want, sizeof(want), "waiting pid=%d\n", (int)getpid());
	assert_string_equal(ask("reload"), want);
	line_text_clear(&answer.text);
	reload_request(d.reload);
	turn();
	assert_string_equal(answer.text.s,
	    "report generation=2 added=0 removed=0 restarted=0 started=0 "
	    "adjusted=0 "
	    "unchanged=2\nend 0\n");
	/* The client has gone before the reload. */
	assert_string_equal(ask("reload"), want);
	answer_clear(&answer);
	reload_request(d.reload);
	turn();
	assert_true(reload_is_idle(d.reload));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_at_once, make, unmake),
	    cmocka_unit_test_setup_teardown(test_status, make, unmake),
	    cmocka_unit_test_setup_teardown(test_waits, make, unmake),
	    cmocka_unit_test_setup_teardown(test_starts, make, unmake),
	    cmocka_unit_test_setup_teardown(test_goals, make, unmake),
	    cmocka_unit_test_setup_teardown(test_reload, make, unmake),
	};

	log_init(false, false);
	forbid_processes();
	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
