/* pump: syslog streams, streams that wait, and what a hung place holds up.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/pump.h"

#define PATIENCE_MS 60000
#define STREAMS 20

struct world {
	char path[64];
	char socket[96];
	int dir;
	int receiver;
	struct loop *loop;
	struct journal journal;
	struct writer writer;
	struct pump pump;
	struct deadline end;
	struct pumped p[STREAMS];
	int input[STREAMS];
	int ended;
	int silent;
	int stuck;
	int recovered;
	int lost;
	int reader; /* of standard output */
	int want;   /* end the loop after this many calls of ended, silent or
		       recovered */
};

static struct world *world;

static void
count(int *n)
{
	if (++*n == world->want)
		loop_end(world->loop);
}

static void
on_ended(struct pumped *p)
{
	(void)p;
	count(&world->ended);
}

static void
on_silent(struct pumped *p)
{
	(void)p;
	count(&world->silent);
}

static void
on_stuck(void *arg, struct pumped *p, const char *name, int err, bool again)
{
	assert_ptr_equal(arg, world);
	if (p != NULL)
		assert_string_equal(p->out.name, name);
	assert_true(err == EISDIR || err == ENOENT || err == ECONNREFUSED ||
	    err == EAGAIN || err == EFBIG);
	if (!again) {
		assert_non_null(p);
		p->reported = true;
		count(&world->stuck);
	}
}

static void
on_recovered(struct pumped *p)
{
	(void)p;
	count(&world->recovered);
}

static void
on_lost(void *arg, int err)
{
	assert_ptr_equal(arg, world);
	assert_int_equal(err, EPIPE);
	count(&world->lost);
}

static void
on_retried(void *arg)
{
	(void)arg;
}

static void
receive(struct world *w)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	w->receiver =
	    socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	strcpy(sun.sun_path, w->socket);
	unlink(w->socket);
	assert_int_equal(bind(w->receiver, (struct sockaddr *)&sun,
			     sizeof(sun)),
	    0);
}

static int
setup(void **state)
{
	const struct pump_calls calls = {on_ended, on_silent, on_stuck,
	    on_recovered, on_lost, on_retried, NULL};
	struct pump_calls mine = calls;
	struct world *w = calloc(1, sizeof(*w));
	sigset_t none;

	world = w;
	mine.arg = w;
	strcpy(w->path, "/tmp/pump_test.XXXXXX");
	assert_non_null(mkdtemp(w->path));
	strcpy(w->socket, w->path);
	strcat(w->socket, "/dev-log");
	w->dir = open(w->path, O_RDONLY | O_DIRECTORY);
	receive(w);
	w->reader = -1;
	writer_init(&w->writer, &w->journal, dup(w->dir), 4, -1, w->socket);
	sigemptyset(&none);
	w->loop = loop_new(&none, NULL, NULL);
	assert_int_equal(journal_open(&w->journal,
			     openat(w->dir, "journal", O_RDWR | O_CREAT, 0600)),
	    0);
	assert_int_equal(pump_init(&w->pump, w->loop, &w->writer, &mine), 0);
	memset(w->input, -1, sizeof(w->input));
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	for (int i = 0; i < STREAMS; i++) {
		if (w->p[i].pump != NULL)
			pump_remove(&w->p[i]);
		if (w->input[i] != -1)
			close(w->input[i]);
	}
	pump_free(&w->pump);
	writer_free(&w->writer);
	if (w->writer.console != -1)
		close(w->writer.console);
	if (w->reader != -1)
		close(w->reader);
	journal_close(&w->journal);
	loop_free(w->loop);
	close(w->receiver);
	close(w->dir);
	snprintf(command, sizeof(command), "rm -rf %s", w->path);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static void
add(struct world *w, int i, enum key_log to)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	snprintf(w->p[i].out.name, sizeof(w->p[i].out.name), "s%d", i);
	w->p[i].out.to = to;
	w->input[i] = fds[1];
	pump_add(&w->pump, &w->p[i], fds[0]);
}

static void
print(struct world *w, int i, const char *text)
{
	assert_int_equal(write(w->input[i], text, strlen(text)), strlen(text));
}

static void
too_late(struct deadline *d)
{
	(void)d;
	fail_msg("waited in vain");
}

static void
end_turn(struct deadline *d)
{
	loop_end(d->arg);
}

/* Until a count is reached; 0: for as long as there is something to do. */
static void
run(struct world *w, int want)
{
	w->want = want;
	w->end.due = want == 0 ? end_turn : too_late;
	w->end.arg = w->loop;
	for (int i = 0; i < (want == 0 ? 20 : 1); i++) {
		loop_at(w->loop, &w->end,
		    clock_add_ms(clock_now(), want == 0 ? 0 : PATIENCE_MS));
		assert_int_equal(loop_run(w->loop), 0);
		loop_cancel(w->loop, &w->end);
	}
}

/* The next datagram's text, after the date; "" without a datagram. */
static const char *
datagram(struct world *w)
{
	static char buf[4096];
	ssize_t n = recv(w->receiver, buf, sizeof(buf) - 1, 0);

	if (n == -1)
		return "";
	buf[n] = '\0';
	assert_memory_equal(buf, "<30>", 4);
	assert_true(n > 20);
	return buf + 20;
}

static void
test_syslog(void **state)
{
	struct world *w = *state;

	add(w, 0, LOG_TO_SYSLOG);
	print(w, 0, "one\n\ntwo\nunfin");
	run(w, 0);
	assert_string_equal(datagram(w), "s0: one");
	assert_string_equal(datagram(w), "s0: two");
	assert_string_equal(datagram(w), "");
	/* It stays in the FIFO, where no crash can take it. */
	assert_false(pump_is_busy(&w->pump));
	print(w, 0, "ished\nmo");
	run(w, 0);
	assert_string_equal(datagram(w), "s0: unfinished");
	pump_end(&w->p[0], UINT32_MAX);
	assert_int_equal(w->ended, 1);
	assert_string_equal(datagram(w), "s0: mo");
	/* Output after an unfinished line, and the end of the last writer. */
	print(w, 0, "bye");
	close(w->input[0]);
	w->input[0] = -1;
	run(w, 1);
	assert_int_equal(w->silent, 1);
	assert_string_equal(datagram(w), "s0: bye");
}

/* Lines have the tag of their stream, also those that a successor writes. */
static void
test_syslog_tag(void **state)
{
	static char mail[] = "mail/out", in[] = "in";
	struct world *w = *state;

	w->p[0].out.tag = mail;
	add(w, 0, LOG_TO_SYSLOG);
	add(w, 1, LOG_TO_SYSLOG);
	print(w, 0, "one\n");
	print(w, 1, "two\n");
	run(w, 0);
	assert_string_equal(datagram(w), "mail/out: one");
	assert_string_equal(datagram(w), "s1: two");
	close(w->receiver);
	print(w, 0, "three\n");
	run(w, 0);
	assert_int_equal(w->stuck, 1);
	/* A changed tag is for later lines. */
	w->p[0].out.tag = in;
	receive(w);
	run(w, 1);
	assert_int_equal(w->recovered, 1);
	assert_string_equal(datagram(w), "mail/out: three");
	print(w, 0, "four\n");
	run(w, 0);
	assert_string_equal(datagram(w), "in: four");
}

static void
test_syslog_long_line(void **state)
{
	struct world *w = *state;
	char text[20001];
	const char *s;
	size_t total = 0, pieces = 0;

	memset(text, 'x', 20000);
	text[20000] = '\0';
	add(w, 0, LOG_TO_SYSLOG);
	print(w, 0, text);
	print(w, 0, "\n");
	/* The receiver's queue is shorter: the rest follows as it is read. */
	while (total < 20000) {
		run(w, 0);
		s = datagram(w);
		assert_int_not_equal(*s, '\0');
		assert_true(strlen(s) - 4 <= DEVLOG_LINE);
		total += strlen(s) - 4;
		pieces++;
	}
	assert_int_equal(total, 20000);
	assert_true(pieces >= 15);
	assert_int_equal(w->stuck, 0);
}

/* A FIFO too small for an unfinished line must not block its program. */
static void
test_syslog_small_pipe(void **state)
{
	struct world *w = *state;
	char text[4097];

	memset(text, 'x', 4096);
	text[4096] = '\0';
	add(w, 0, LOG_TO_SYSLOG);
	assert_int_equal(fcntl(w->input[0], F_SETPIPE_SZ, 4096), 4096);
	print(w, 0, text);
	run(w, 0);
	print(w, 0, "\n");
}

static void
test_syslog_restarted(void **state)
{
	struct world *w = *state;

	add(w, 0, LOG_TO_SYSLOG);
	add(w, 1, LOG_TO_FILE);
	print(w, 0, "one\n");
	run(w, 0);
	assert_string_equal(datagram(w), "s0: one");
	close(w->receiver);
	print(w, 0, "two\n");
	run(w, 0);
	assert_int_equal(w->stuck, 1);
	/* Others are served meanwhile. */
	print(w, 1, "file\n");
	pump_end(&w->p[1], UINT32_MAX);
	assert_int_equal(w->ended, 1);
	receive(w);
	print(w, 0, "three\n");
	run(w, 1);
	run(w, 0);
	assert_int_equal(w->recovered, 1);
	assert_string_equal(datagram(w), "s0: two");
	assert_string_equal(datagram(w), "s0: three");
}

static char *
slurp(struct world *w, int i)
{
	static char buf[512];
	char file[32];
	ssize_t n;
	int fd;

	snprintf(file, sizeof(file), "s%d.log", i);
	fd = openat(w->dir, file, O_RDONLY);
	assert_int_not_equal(fd, -1);
	n = read(fd, buf, sizeof(buf) - 1);
	assert_true(n >= 0);
	buf[n] = '\0';
	close(fd);
	return buf;
}

/* Bytes left in the pipe for peeking do not end the output. */
static void
test_peek_full(void **state)
{
	struct world *w = *state;
	const char page[4096] = {0};

	add(w, 0, LOG_TO_FILE);
	while (write(w->pump.taker.peek[1], page, sizeof(page)) > 0)
		;
	print(w, 0, "one\n");
	run(w, 0);
	assert_string_equal(slurp(w, 0), "one\n");
}

/* Nobody reads the socket for a second. */
static void
test_syslog_hung(void **state)
{
	struct world *w = *state;

	add(w, 0, LOG_TO_SYSLOG);
	for (int i = 0; i < 50; i++)
		print(w, 0, "line\n");
	run(w, 1);
	assert_int_equal(w->stuck, 1);
	for (int i = 0; i < 50; i++) {
		assert_string_equal(datagram(w), "s0: line");
		run(w, 0);
	}
	assert_int_equal(w->recovered, 1);
}

/* More streams are stuck than there are slots; syslog is not. */
static void
test_all_stuck(void **state)
{
	struct world *w = *state;
	char file[32];

	for (int i = 0; i < STREAMS; i++) {
		snprintf(file, sizeof(file), "s%d.log", i);
		if (i > 0)
			assert_int_equal(mkdirat(w->dir, file, 0700), 0);
		add(w, i, i == 0 ? LOG_TO_SYSLOG : LOG_TO_FILE);
		print(w, i, "one\n");
	}
	run(w, 0);
	assert_int_equal(w->stuck, STREAMS - 1);
	/* Their output stays in the FIFOs, and needs no slot. */
	assert_false(pump_is_busy(&w->pump));
	assert_string_equal(datagram(w), "s0: one");
	for (int i = 1; i < STREAMS; i++) {
		snprintf(file, sizeof(file), "s%d.log", i);
		assert_int_equal(unlinkat(w->dir, file, AT_REMOVEDIR), 0);
		print(w, i, "two");
		pump_end(&w->p[i], UINT32_MAX);
	}
	assert_int_equal(w->ended, 0);
	pump_retry(&w->pump);
	run(w, 0);
	assert_int_equal(w->ended, STREAMS - 1);
	assert_int_equal(w->recovered, w->stuck);
	for (int i = 1; i < STREAMS; i++)
		assert_string_equal(slurp(w, i), "one\ntwo\n");
	assert_false(pump_is_busy(&w->pump));
}

/* Files of this size can be written. */
static void
allow_files(rlim_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A stream that is removed while stuck leaves its batch to the next. */
static void
test_orphan(void **state)
{
	struct world *w = *state;

	add(w, 0, LOG_TO_FILE);
	print(w, 0, "zero\n");
	run(w, 0);
	allow_files(1);
	print(w, 0, "first\n");
	run(w, 0);
	assert_int_equal(w->stuck, 1);
	pump_remove(&w->p[0]);
	close(w->input[0]);
	assert_true(pump_is_busy(&w->pump));
	memset(&w->p[0], 0, sizeof(w->p[0]));
	add(w, 0, LOG_TO_FILE);
	print(w, 0, "second\n");
	run(w, 0);
	allow_files(RLIM_INFINITY);
	pump_retry(&w->pump);
	run(w, 0);
	assert_string_equal(slurp(w, 0), "zero\nfirst\nsecond\n");
}

/* A stream without output notices trouble, and its end, when it is checked. */
static void
test_check(void **state)
{
	struct world *w = *state;

	add(w, 0, LOG_TO_FILE);
	pump_check(&w->p[0]);
	assert_int_equal(w->stuck, 0);
	assert_int_equal(mkdirat(w->dir, "s0.log", 0700), 0);
	pump_check(&w->p[0]);
	pump_check(&w->p[0]);
	assert_int_equal(w->stuck, 1);
	assert_int_equal(unlinkat(w->dir, "s0.log", AT_REMOVEDIR), 0);
	pump_check(&w->p[0]);
	pump_check(&w->p[0]);
	assert_int_equal(w->recovered, 1);
}

static void
test_end_line(void **state)
{
	struct world *w = *state;

	add(w, 0, LOG_TO_FILE);
	pump_end(&w->p[0], UINT32_MAX);
	assert_int_equal(w->ended, 1);
	assert_int_equal(faccessat(w->dir, "s0.log", F_OK, 0), -1);
	print(w, 0, "a");
	pump_end(&w->p[0], UINT32_MAX);
	assert_string_equal(slurp(w, 0), "a\n");
	pump_end(&w->p[0], UINT32_MAX);
	assert_string_equal(slurp(w, 0), "a\n");
	w->p[0].out.timestamps = true;
	print(w, 0, "b");
	pump_end(&w->p[0], UINT32_MAX);
	assert_int_equal(strlen(slurp(w, 0)), 2 + STAMP_LENGTH + 2);
	assert_int_equal(w->p[0].instance, 2 + STAMP_LENGTH + 2);
}

/* Standard output is a pipe that holds one page. */
static void
open_console(struct world *w)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_not_equal(fcntl(fds[1], F_SETPIPE_SZ, 4096), -1);
	w->reader = fds[0];
	w->writer.console = writer_open_console(fds[1]);
	assert_int_not_equal(w->writer.console, -1);
	/* The descriptor of others still blocks. */
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	close(fds[1]);
	assert_int_equal(fcntl(w->reader, F_SETFL, O_NONBLOCK), 0);
}

/* All that has come and comes, for as long as there is something to do. */
static const char *
shown(struct world *w)
{
	static char buf[100000];
	size_t len = 0;
	ssize_t n;

	for (int i = 0; i < 20; i++) {
		while ((n = read(w->reader, buf + len, sizeof(buf) - 1 - len)) >
		    0)
			len += (size_t)n;
		run(w, 0);
	}
	buf[len] = '\0';
	return buf;
}

static void
test_stdout(void **state)
{
	struct world *w = *state;
	const char *text;

	open_console(w);
	add(w, 0, LOG_TO_STDOUT);
	add(w, 1, LOG_TO_STDOUT);
	print(w, 0, "one\n\nunfin");
	run(w, 0);
	print(w, 1, "two\n");
	run(w, 0);
	print(w, 0, "ished\nno end");
	run(w, 0);
	pump_end(&w->p[0], UINT32_MAX);
	assert_string_equal(shown(w),
	    "s0: one\ns0: \ns1: two\ns0: unfinished\ns0: no end\n");
	w->p[1].out.timestamps = true;
	print(w, 1, "late\n");
	run(w, 0);
	text = shown(w);
	assert_memory_equal(text, "s1: 20", 6);
	assert_string_equal(text + 4 + STAMP_LENGTH, "late\n");
}

/* Nobody reads for a second; then each line comes once, and whole. */
static void
test_stdout_hung(void **state)
{
	struct world *w = *state;
	char line[3000], want[3010];
	const char *all;

	memset(line, 'x', sizeof(line));
	strcpy(line + sizeof(line) - 2, "\n");
	snprintf(want, sizeof(want), "s0: %s", line);
	open_console(w);
	add(w, 0, LOG_TO_STDOUT);
	for (int i = 0; i < 10; i++)
		print(w, 0, line);
	run(w, 1);
	assert_int_equal(w->stuck, 1);
	all = shown(w);
	assert_int_equal(w->recovered, 1);
	assert_int_equal(strlen(all), 10 * strlen(want));
	for (int i = 0; i < 10; i++)
		assert_memory_equal(all + (size_t)i * strlen(want), want,
		    strlen(want));
}

/* A line that no single write takes. */
static void
test_stdout_long_line(void **state)
{
	struct world *w = *state;
	char *line = malloc(30001);
	const char *all;

	memset(line, 'x', 30000);
	strcpy(line + 29999, "\n");
	open_console(w);
	add(w, 0, LOG_TO_STDOUT);
	add(w, 1, LOG_TO_STDOUT);
	print(w, 0, line);
	run(w, 0);
	print(w, 1, "other\n");
	all = shown(w);
	assert_memory_equal(all, "s0: ", 4);
	assert_memory_equal(all + 4, line, 30000);
	assert_string_equal(all + 30004, "s1: other\n");
	free(line);
}

static void
test_stdout_gone(void **state)
{
	struct world *w = *state;

	signal(SIGPIPE, SIG_IGN);
	open_console(w);
	close(w->reader);
	w->reader = -1;
	add(w, 0, LOG_TO_STDOUT);
	print(w, 0, "one\n");
	run(w, 0);
	print(w, 0, "two\n");
	pump_end(&w->p[0], UINT32_MAX);
	assert_int_equal(w->ended, 1);
	assert_int_equal(w->lost, 1);
	assert_int_equal(w->stuck, 0);
}

/* Output beyond one batch of a FIFO waits until other FIFOs had their turn. */
static void
test_fair(void **state)
{
	static char flood[4 * JOURNAL_BYTES];
	struct world *w = *state;
	struct stat st;

	memset(flood, 'x', sizeof(flood));
	add(w, 0, LOG_TO_FILE);
	add(w, 1, LOG_TO_FILE);
	fcntl(w->input[0], F_SETPIPE_SZ, sizeof(flood));
	assert_true(write(w->input[0], flood, sizeof(flood)) >=
	    (ssize_t)JOURNAL_BYTES);
	print(w, 1, "quiet\n");
	w->end.due = end_turn;
	w->end.arg = w->loop;
	loop_at(w->loop, &w->end, clock_now());
	assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(fstatat(w->dir, "s0.log", &st, 0), 0);
	assert_int_equal(st.st_size, JOURNAL_BYTES);
	assert_int_equal(fstatat(w->dir, "s1.log", &st, 0), 0);
	assert_int_equal(st.st_size, strlen("quiet\n"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_syslog),
	    T(test_syslog_tag),
	    T(test_syslog_long_line),
	    T(test_syslog_small_pipe),
	    T(test_syslog_restarted),
	    T(test_peek_full),
	    T(test_syslog_hung),
	    T(test_all_stuck),
	    T(test_orphan),
	    T(test_check),
	    T(test_end_line),
	    T(test_stdout),
	    T(test_stdout_hung),
	    T(test_stdout_long_line),
	    T(test_stdout_gone),
	    T(test_fair),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
