/* log: the three ways of a line, escaping, and a stream that is full. */
#undef _FORTIFY_SOURCE
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/devlog.h"
#include "base/log.h"

/* The lines for syslog, instead of those of devlog.c. */
static struct {
	int closed;
	int priority;
	int lines;
	bool missing;
	char text[PIPE_BUF];
} sys;

int
devlog_send(struct devlog *d, int severity, const char *ident, const char *line,
    size_t len)
{
	char own[32];

	assert_string_equal(d->path, "/dev/log");
	snprintf(own, sizeof(own), "hupd[%d]", (int)getpid());
	assert_string_equal(ident, own);
	errno = EIO;
	if (sys.missing)
		return -1;
	sys.priority = severity;
	sys.lines++;
	memcpy(sys.text, line, len);
	sys.text[len] = '\0';
	return 0;
}

void
devlog_close(struct devlog *d)
{
	(void)d;
	sys.closed++;
}

/* Standard error goes to a pipe while a test runs. */
static struct {
	int saved;
	int from;
} err = {.saved = -1};

static int
setup(void **state)
{
	int fds[2];

	(void)state;
	memset(&sys, 0, sizeof(sys));
	if (pipe2(fds, O_CLOEXEC) == -1 ||
	    (err.saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) == -1 ||
	    dup2(fds[1], STDERR_FILENO) == -1)
		return -1;
	close(fds[1]);
	err.from = fds[0];
	return fcntl(err.from, F_SETFL, O_NONBLOCK);
}

static int
teardown(void **state)
{
	(void)state;
	log_init(true, false);
	log_syslog(false);
	log_stream(-1);
	dup2(err.saved, STDERR_FILENO);
	close(err.saved);
	close(err.from);
	return 0;
}

/* All that is in a pipe, as a string; the next call overwrites it. */
static const char *
drain(int fd)
{
	static char buf[256 * 1024];
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	return buf;
}

static void
open_stream(int fds[2], int size)
{
	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, size) >= size);
	log_stream(fds[1]);
}

static void
close_stream(int fds[2])
{
	log_stream(-1);
	close(fds[0]);
	close(fds[1]);
}

static void
prints_on_stderr(void **state)
{
	(void)state;
	log_init(true, false);
	log_info("start %d", 1);
	assert_string_equal(drain(err.from), "hupd: start 1\n");
	errno = ENOENT;
	log_warn("open %s", "/x");
	assert_string_equal(drain(err.from),
	    "hupd: open /x: No such file or directory\n");
	errno = ENOENT;
	log_warnx("no %s", "reason");
	assert_string_equal(drain(err.from), "hupd: no reason\n");
	log_stderr(false);
	log_info("quiet");
	assert_string_equal(drain(err.from), "");
	log_stderr(true);
	log_info("%s", "");
	assert_string_equal(drain(err.from), "hupd: \n");
}

static void
is_verbose_if_told(void **state)
{
	(void)state;
	log_init(true, false);
	log_debug("detail");
	assert_string_equal(drain(err.from), "");
	log_init(true, true);
	log_debug("detail %d", 2);
	assert_string_equal(drain(err.from), "hupd: detail 2\n");
	log_init(false, true);
	log_debug("detail");
	assert_string_equal(drain(err.from), "");
}

/* One line stays one line; what was escaped before is not escaped again. */
static void
escapes(void **state)
{
	(void)state;
	log_info("a\nb\033[2J\t\xc3\xa9\xff");
	assert_string_equal(drain(err.from),
	    "hupd: a\\012b\\033[2J\t\xc3\xa9\\377\n");
	log_info("%s", "\\033\\");
	assert_string_equal(drain(err.from), "hupd: \\033\\\n");
}

static void
keeps_errno(void **state)
{
	char expected[128];
	int fds[2];

	(void)state;
	open_stream(fds, 4096);
	close(fds[0]);
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* Every way fails or sets errno. */
	close(STDERR_FILENO);
	errno = ERANGE;
	log_syslog(true);
	log_init(true, true);
	log_stream(-1);
	log_stream(1000);
	log_info("x");
	log_warn("x");
	log_warnx("x");
	log_debug("x");
	log_flush();
	log_syslog(false);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(sys.lines, 4);
	/* The lines that the first stream did not take go to the next one. */
	close_stream(fds);
	open_stream(fds, 4096);
	assert_true(log_flush());
	snprintf(expected, sizeof(expected), "x\nx: %s\nx\nx\n",
	    strerror(ERANGE));
	assert_string_equal(drain(fds[0]), expected);
	close_stream(fds);
	assert_int_equal(dup2(err.saved, STDERR_FILENO), STDERR_FILENO);
}

static void
goes_to_the_stream(void **state)
{
	int fds[2];

	(void)state;
	log_init(false, false);
	open_stream(fds, 4096);
	log_info("one");
	log_warnx("two\n");
	assert_string_equal(drain(fds[0]), "one\ntwo\\012\n");
	assert_true(log_flush());
	log_stream(-1);
	log_info("three");
	assert_string_equal(drain(fds[0]), "");
	assert_string_equal(drain(err.from), "");
	close_stream(fds);
}

static void
cuts_long_lines(void **state)
{
	char *huge = malloc(100000);
	const char *line;
	int fds[2];

	(void)state;
	assert_non_null(huge);
	memset(huge, 'x', 99999);
	huge[99999] = '\0';
	log_init(false, false);
	open_stream(fds, 16384);
	log_info("%s", huge);
	line = drain(fds[0]);
	assert_int_equal(strlen(line), PIPE_BUF);
	assert_int_equal(strspn(line, "x"), PIPE_BUF - 1);
	assert_int_equal(line[PIPE_BUF - 1], '\n');
	/* The reason is what may not be cut. */
	errno = ENOENT;
	log_warn("%s", huge);
	line = drain(fds[0]);
	assert_true(strlen(line) <= PIPE_BUF);
	assert_non_null(strstr(line, "xxx: No such file or directory\n"));
	/* Escapes are longer than what they stand for, and stay whole. */
	memset(huge, '\1', 99999);
	log_info("%s", huge);
	line = drain(fds[0]);
	assert_int_equal(strlen(line), (PIPE_BUF - 1) / 4 * 4 + 1);
	assert_int_equal(strspn(line, "\\01"), strlen(line) - 1);
	memset(huge, '\\', 99999);
	log_info("%s", huge);
	line = drain(fds[0]);
	assert_true(strlen(line) <= PIPE_BUF);
	assert_int_equal(strspn(line, "\\"), strlen(line) - 1);
	/* Nothing follows an escape that did not fit. */
	memset(huge, 'x', PIPE_BUF);
	strcpy(huge + PIPE_BUF - 4, "\1\\");
	log_info("%s", huge);
	line = drain(fds[0]);
	assert_int_equal(strspn(line, "x"), PIPE_BUF - 4);
	assert_string_equal(line + PIPE_BUF - 4, "\n");
	close_stream(fds);
	free(huge);
}

/* A reader of stderr that stops delays nobody, and gets a report. */
static void
does_not_wait_for_stderr(void **state)
{
	char line[1001], *got;
	int fds[2], n = 0;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	log_init(true, false);
	open_stream(fds, 1 << 20);
	assert_int_not_equal(fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096), -1);
	for (int i = 0; i < 10; i++)
		log_info("%s", line);
	got = strdup(drain(err.from));
	assert_non_null(got);
	for (const char *s = got; (s = strchr(s, '\n')) != NULL; s++)
		n++;
	assert_true(n > 0 && n < 10);
	free(got);
	assert_int_not_equal(fcntl(STDERR_FILENO, F_SETPIPE_SZ, 65536), -1);
	log_info("again");
	snprintf(line, sizeof(line),
	    "hupd: %d lines are in the event log only\n", 10 - n);
	got = strdup(drain(err.from));
	assert_non_null(got);
	assert_memory_equal(got, line, strlen(line));
	assert_string_equal(got + strlen(line), "hupd: again\n");
	free(got);
	assert_int_equal(strlen(drain(fds[0])), 10 * sizeof(line) + 6);
	close_stream(fds);
}

/* A reader that pauses loses nothing, and gets whole lines in their order. */
static void
keeps_what_the_stream_does_not_take(void **state)
{
	int fds[2], want = 0;

	(void)state;
	log_init(false, false);
	open_stream(fds, 4096);
	for (int i = 0; i < 1000; i++)
		log_info("line %d", i);
	assert_false(log_flush());
	for (bool done = false; !done;) {
		const char *s;

		done = log_flush();
		for (s = drain(fds[0]); *s != '\0'; s = strchr(s, '\n') + 1) {
			char expected[32];

			snprintf(expected, sizeof(expected), "line %d\n",
			    want++);
			assert_memory_equal(s, expected, strlen(expected));
		}
	}
	assert_int_equal(want, 1000);
	log_info("after");
	assert_string_equal(drain(fds[0]), "after\n");
	close_stream(fds);
}

/* Beyond the bound, lines are dropped, counted, and the count is logged. */
static void
tells_what_was_lost(void **state)
{
	char expected[64];
	const char *s;
	int fds[2], seen = 0, count = 20000;
	bool done;

	(void)state;
	log_init(false, false);
	open_stream(fds, 4096);
	for (int i = 0; i < count; i++)
		log_info("line %05d", i);
	do {
		done = log_flush();
		for (s = drain(fds[0]); *s != '\0'; s = strchr(s, '\n') + 1) {
			snprintf(expected, sizeof(expected), "line %05d\n",
			    seen++);
			assert_memory_equal(s, expected, strlen(expected));
		}
	} while (!done);
	/* The pipe and 64 KiB were used to the full, and no more. */
	assert_true(seen * 11 <= 4096 + 65536);
	assert_true(seen * 11 > 4096 + 65536 - 4096);
	log_info("after");
	snprintf(expected, sizeof(expected),
	    "%d lines of this log were lost\nafter\n", count - seen);
	assert_string_equal(drain(fds[0]), expected);
	log_info("again");
	assert_string_equal(drain(fds[0]), "again\n");
	close_stream(fds);
}

static void
holds_lines_back(void **state)
{
	int fds[2];

	(void)state;
	open_stream(fds, 4096);
	log_hold(true);
	log_info("one");
	log_info("two");
	assert_string_equal(drain(fds[0]), "");
	assert_true(log_flush());
	assert_string_equal(drain(fds[0]), "one\ntwo\n");
	log_info("three");
	assert_string_equal(drain(fds[0]), "");
	log_hold(false);
	assert_string_equal(drain(fds[0]), "three\n");
	log_info("four");
	assert_string_equal(drain(fds[0]), "four\n");
	close_stream(fds);
}

static void
does_not_hold_a_page(void **state)
{
	int fds[2], lines = 0;

	(void)state;
	open_stream(fds, 65536);
	log_hold(true);
	while (*drain(fds[0]) == '\0') {
		log_info("a line of twenty b.");
		assert_true(++lines <= PIPE_BUF / 20 + 1);
	}
	assert_true(lines > PIPE_BUF / 20);
	log_hold(false);
	close_stream(fds);
}

static void
goes_to_syslog(void **state)
{
	(void)state;
	log_init(false, true);
	log_info("not yet");
	assert_int_equal(sys.lines, 0);
	log_syslog(true);
	log_syslog(true);
	log_info("100%% %s", "%s\n");
	assert_string_equal(sys.text, "100% %s\\012");
	assert_int_equal(sys.priority, LOG_INFO);
	log_warnx("w");
	assert_int_equal(sys.priority, LOG_WARNING);
	log_debug("d");
	assert_int_equal(sys.priority, LOG_DEBUG);
	log_syslog(false);
	assert_true(sys.closed > 0);
	log_info("no more");
	assert_int_equal(sys.lines, 3);
}

/* The event log cannot be written: syslog, or stderr, has the lines too. */
static void
falls_back(void **state)
{
	int fds[2];

	(void)state;
	open_stream(fds, 4096);
	log_init(false, false);
	log_fallback(true);
	log_info("one");
	assert_string_equal(sys.text, "one");
	assert_string_equal(drain(err.from), "");
	sys.missing = true;
	log_info("two");
	assert_string_equal(drain(err.from), "hupd: two\n");
	log_fallback(false);
	log_info("three");
	assert_string_equal(drain(err.from), "");
	assert_int_equal(sys.lines, 1);
	assert_string_equal(drain(fds[0]), "one\ntwo\nthree\n");
	close_stream(fds);
}

static int
status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* On stderr even where lines do not go there. */
static void
fatal_ends_the_process(void **state)
{
	pid_t pid;

	(void)state;
	log_init(false, false);
	if ((pid = fork()) == 0) {
		errno = EACCES;
		log_fatal("open %s", "/x");
	}
	assert_int_equal(status_of(pid), 1);
	assert_string_equal(drain(err.from),
	    "hupd: open /x: Permission denied\n");
	if ((pid = fork()) == 0)
		log_fatalx("no %s", "way");
	assert_int_equal(status_of(pid), 1);
	assert_string_equal(drain(err.from), "hupd: no way\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(prints_on_stderr, setup, teardown),
	    cmocka_unit_test_setup_teardown(is_verbose_if_told, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(escapes, setup, teardown),
	    cmocka_unit_test_setup_teardown(keeps_errno, setup, teardown),
	    cmocka_unit_test_setup_teardown(goes_to_the_stream, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(cuts_long_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(keeps_what_the_stream_does_not_take,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(tells_what_was_lost, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(holds_lines_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(does_not_hold_a_page, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(does_not_wait_for_stderr, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(goes_to_syslog, setup, teardown),
	    cmocka_unit_test_setup_teardown(falls_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(fatal_ends_the_process, setup,
		teardown),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
