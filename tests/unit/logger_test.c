/*
 * logger: a real log process, which is killed, stopped and deprived of its
 * folder while programs write.
 */
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/journal.h"
#include "base/log.h"
#include "output/logger.h"
#include "output/logproc.h"
#include "process/spawn.h"

#define NOBODY 65534
/* How long anything may take before the test has failed. */
#define PATIENCE_MS 60000

struct world {
	char path[64];
	char logs[80];
	char run[80];
	struct loop *loop;
	struct logger *logger;
	struct deadline tick;
	struct deadline impatient;
	bool (*reached)(struct world *);
	int self;
	bool as_itself; /* the log process has our user */
	/* for the conditions */
	const char *name;
	const char *text;
	pid_t pid;
	int tails;
	char tail[4096];
};

static time_t jumped; /* s, by which the clocks here are ahead */

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rv = (int)syscall(SYS_clock_gettime, clock, ts);

	ts->tv_sec += jumped;
	return rv;
}

static void
signalled(const struct signalfd_siginfo *si, void *arg)
{
	(void)si;
	(void)arg;
}

static void
start(struct world *w)
{
	const bool root = geteuid() == 0 && !w->as_itself;
	const struct logger_conf conf = {
	    .log_dir = w->logs,
	    .run_dir = w->run,
	    .uid = root ? NOBODY : (uid_t)-1,
	    .gid = root ? NOBODY : (gid_t)-1,
	    .log_gid = root ? NOBODY : (gid_t)-1,
	    .self = w->self,
	};
	char why[256] = "";

	w->logger = logger_new(w->loop, &conf, why, sizeof(why));
	assert_string_equal(why, "");
	assert_non_null(w->logger);
}

static int
setup_bare(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	sigset_t none;

	strcpy(w->path, "/tmp/logger_test.XXXXXX");
	assert_non_null(mkdtemp(w->path));
	snprintf(w->logs, sizeof(w->logs), "%s/logs", w->path);
	snprintf(w->run, sizeof(w->run), "%s/run", w->path);
	sigemptyset(&none);
	w->loop = loop_new(&none, signalled, w);
	assert_non_null(w->loop);
	w->self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	*state = w;
	return 0;
}

static int
setup(void **state)
{
	setup_bare(state);
	start(*state);
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	logger_free(w->logger, PATIENCE_MS);
	loop_free(w->loop);
	close(w->self);
	snprintf(command, sizeof(command), "rm -rf %s", w->path);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static void
tick(struct deadline *d)
{
	struct world *w = d->arg;

	if (w->reached(w))
		loop_end(w->loop);
	else
		loop_at(w->loop, d, clock_add_ms(clock_now(), 2));
}

static void
impatient(struct deadline *d)
{
	struct world *w = d->arg;

	print_error("waited in vain for %s: %s\n", w->name, w->text);
	abort();
}

/* Run the loop until it is so. */
static void
await(struct world *w, bool (*reached)(struct world *))
{
	w->reached = reached;
	w->tick = (struct deadline){.due = tick, .arg = w};
	w->impatient = (struct deadline){.due = impatient, .arg = w};
	loop_at(w->loop, &w->tick, clock_now());
	loop_at(w->loop, &w->impatient, clock_add_ms(clock_now(), PATIENCE_MS));
	assert_int_equal(loop_run(w->loop), 0);
	loop_cancel(w->loop, &w->tick);
	loop_cancel(w->loop, &w->impatient);
}

static char *
slurp(struct world *w, const char *file, size_t *len)
{
	char path[160], *buf = malloc(1 << 20);
	ssize_t n, total = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", w->logs, file);
	buf[0] = '\0';
	*len = 0;
	if ((fd = open(path, O_RDONLY)) == -1)
		return buf;
	while ((n = read(fd, buf + total, (1 << 20) - 1 - (size_t)total)) > 0)
		total += n;
	close(fd);
	buf[total] = '\0';
	*len = (size_t)total;
	return buf;
}

static bool
file_is(struct world *w)
{
	size_t len;
	char *s = slurp(w, w->name, &len);
	bool is = len == strlen(w->text) && memcmp(s, w->text, len) == 0;

	free(s);
	return is;
}

static void
await_file(struct world *w, const char *file, const char *text)
{
	w->name = file;
	w->text = text;
	await(w, file_is);
}

static const struct stream_conf plain = {.size = 0, .keep = 3};
static const struct stream_conf stamped = {.timestamps = true};

static struct stream *
stream(struct world *w, const char *name, const struct stream_conf *conf)
{
	struct stream *s;

	s = logger_stream_open(w->logger, name,
	    geteuid() == 0 ? NOBODY - 1 : (uid_t)-1, conf);
	assert_non_null(s);
	return s;
}

static void
print(struct stream *s, const char *text)
{
	assert_int_equal(write(logger_stream_fd(s), text, strlen(text)),
	    strlen(text));
}

static void
on_tail(void *arg, const char *bytes, size_t len)
{
	struct world *w = arg;

	w->tails++;
	if (bytes == NULL) {
		strcpy(w->tail, "(null)");
		return;
	}
	assert_int_equal(strlen(bytes), len);
	strcpy(w->tail, bytes);
}

static bool
has_tail(struct world *w)
{
	return w->tails > 0;
}

static void
test_writes(void **state)
{
	struct world *w = *state;
	struct stream *s = stream(w, "web", &plain);
	struct stat st;
	size_t len;
	char *log;

	print(s, "one\ntwo\n");
	await_file(w, "web.log", "one\ntwo\n");
	assert_int_equal(fstat(logger_stream_fd(s), &st), 0);
	assert_int_equal(st.st_mode, S_IFIFO | 0600);
	if (geteuid() == 0)
		assert_int_equal(st.st_uid, NOBODY - 1);
	logger_stream_adjust(s, &stamped);
	logger_stream_ended(s, on_tail, w);
	await(w, has_tail);
	assert_string_equal(w->tail, "one\ntwo\n");
	print(s, "three\nfour");
	logger_stream_ended(s, on_tail, w);
	w->tails = 0;
	await(w, has_tail);
	assert_string_equal(w->tail, "three\nfour\n");
	log = slurp(w, "web.log", &len);
	assert_int_equal(len, 8 + 11 + 60);
	assert_int_equal(log[8 + 4], '-');
	assert_memory_equal(log + 8 + 29, " three\n", 7);
	free(log);
}

static bool
is_gone(struct world *w)
{
	return faccessat(logger_outdir(w->logger), w->name, F_OK, 0) == -1;
}

static void
test_close(void **state)
{
	struct world *w = *state;
	struct stream *s = stream(w, "web", &plain);

	print(s, "last words");
	logger_stream_close(s);
	w->name = "web";
	w->text = "its FIFO to go";
	await(w, is_gone);
	await_file(w, "web.log", "last words\n");
}

/* Opened again while it is being closed: nothing is lost or out of order. */
static void
test_close_and_open(void **state)
{
	struct world *w = *state;
	struct stream *s = stream(w, "web", &plain);
	char want[2048] = "", line[16];

	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "%d\n", i);
		strcat(want, line);
		print(s, line);
		logger_stream_close(s);
		s = stream(w, "web", &plain);
	}
	await_file(w, "web.log", want);
	logger_stream_close(s);
	w->name = "web";
	await(w, is_gone);
}

static void
test_tail_is_of_this_instance(void **state)
{
	struct world *w = *state;
	struct stream *s = stream(w, "web", &stamped);
	char line[64];

	print(s, "earlier\n");
	logger_stream_ended(s, on_tail, w);
	await(w, has_tail);
	w->tails = 0;
	for (int i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "line %d\n", i);
		print(s, line);
	}
	logger_stream_ended(s, on_tail, w);
	await(w, has_tail);
	assert_memory_equal(w->tail, "line 10\n", 8);
	assert_null(strstr(w->tail, "T"));
	w->tails = 0;
	logger_stream_ended(s, on_tail, w);
	await(w, has_tail);
	assert_string_equal(w->tail, "");
}

static void
test_odd_output(void **state)
{
	struct world *w = *state;
	struct stream *s = stream(w, "web", &plain);
	const size_t n = 300 * 1000;
	char *big = malloc(n), *log;
	size_t len;
	pid_t pid;

	memset(big, 'x', n);
	big[n - 1] = '\n';
	big[7] = '\0';
	big[9] = '\377';
	if ((pid = fork()) == 0) {
		int fd = openat(logger_outdir(w->logger), "web", O_RDWR);

		_exit(write(fd, big, n) != (ssize_t)n);
	}
	logger_stream_adjust(s, &plain);
	w->name = "web.log";
	w->text = "300 KB in a line";
	do {
		log = slurp(w, "web.log", &len);
		if (len < n) {
			free(log);
			logger_stream_ended(s, on_tail, w);
			w->tails = 0;
			await(w, has_tail);
		}
	} while (len < n);
	assert_true(len == n || len > n);
	free(log);
	free(big);
	waitpid(pid, NULL, 0);
}

static bool
is_restarted(struct world *w)
{
	return logger_pid(w->logger) != 0 && logger_pid(w->logger) != w->pid;
}

static void
kill_it(struct world *w)
{
	w->pid = logger_pid(w->logger);
	assert_int_not_equal(w->pid, 0);
	kill(w->pid, SIGKILL);
	w->name = "log process";
	w->text = "its return";
	await(w, is_restarted);
}

static void
test_stopped(void **state)
{
	struct world *w = *state;
	struct stream *s = stream(w, "web", &plain);
	struct stream *t;
	char name[16];

	kill(logger_pid(w->logger), SIGSTOP);
	print(s, "while stopped\n");
	logger_stream_ended(s, on_tail, w);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		t = stream(w, name, &plain);
		print(t, "hello\n");
		if (i != 999)
			logger_stream_close(t);
	}
	await(w, has_tail);
	assert_string_equal(w->tail, "(null)");
	kill(logger_pid(w->logger), SIGCONT);
	await_file(w, "web.log", "while stopped\n");
	await_file(w, "s0.log", "hello\n");
	await_file(w, "s999.log", "hello\n");
	w->name = "s998";
	w->text = "its FIFO to go";
	await(w, is_gone);
}

static void
test_vanished_folder(void **state)
{
	struct world *w = *state;
	struct stream *s = stream(w, "web", &plain);
	char command[128];

	print(s, "before\n");
	await_file(w, "web.log", "before\n");
	snprintf(command, sizeof(command), "rm -rf %s", w->logs);
	assert_int_equal(system(command), 0);
	print(s, "after\n");
	await_file(w, "web.log", "after\n");
}

static void
test_reopen(void **state)
{
	struct world *w = *state;
	struct stream *s = stream(w, "web", &plain);
	char from[128], to[128];

	snprintf(from, sizeof(from), "%s/web.log", w->logs);
	snprintf(to, sizeof(to), "%s/moved", w->logs);
	print(s, "one\n");
	await_file(w, "web.log", "one\n");
	assert_int_equal(rename(from, to), 0);
	print(s, "two\n");
	await_file(w, "moved", "one\ntwo\n");
	logger_reopen(w->logger);
	print(s, "three\n");
	await_file(w, "web.log", "three\n");
	await_file(w, "moved", "one\ntwo\n");
}

static struct stream *watched;

static bool
is_in_trouble(struct world *w)
{
	char why[256];

	(void)w;
	return logger_stream_trouble(watched, why, sizeof(why)) != 0;
}

static bool
is_out_of_trouble(struct world *w)
{
	return !is_in_trouble(w);
}

/* Has the log of events the text this number of times? */
static bool
is_logged(struct world *w, const char *text, int times)
{
	size_t len;
	char *s = slurp(w, "../events", &len);
	int n = 0;

	for (const char *at = s; (at = strstr(at, text)) != NULL; at++)
		n++;
	free(s);
	return n == times;
}

static bool
is_summed_up(struct world *w)
{
	return is_logged(w, "is written again (8 changes in 60 s)", 1);
}

/* Trouble that comes and goes fills no log. */
static void
test_alternating_trouble(void **state)
{
	struct world *w = *state;
	char path[128];
	int events;

	watched = stream(w, "web", &plain);
	snprintf(path, sizeof(path), "%s/events", w->path);
	events = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_int_not_equal(events, -1);
	log_stream(events);
	w->name = "trouble";
	w->text = "its beginning or end";
	snprintf(path, sizeof(path), "%s/web.log", w->logs);
	for (int i = 0; i < 5; i++) {
		unlink(path);
		assert_int_equal(mkdir(path, 0755), 0);
		logger_reopen(w->logger);
		await(w, is_in_trouble);
		assert_int_equal(rmdir(path), 0);
		logger_reopen(w->logger);
		await(w, is_out_of_trouble);
	}
	assert_true(is_logged(w, "web: cannot write its output", 1));
	assert_true(is_logged(w, "web: its output is written again", 1));
	w->text = "their number";
	jumped += 61;
	await(w, is_summed_up);
	log_stream(-1);
	close(events);
}

/* Print numbered lines at full speed, until stopped. */
static pid_t
writer(struct world *w, const char *name)
{
	static const char pad[] = "........................................"
				  "........................................";
	char line[128], path[128];
	pid_t pid;
	int fd, n;

	if ((pid = fork()) != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/out/%s", w->run, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	for (unsigned i = 0;; i++) {
		n = snprintf(line, sizeof(line), "%08u %.*s\n", i,
		    (int)(i * 7 % 80), pad);
		if (write(fd, line, (size_t)n) != n)
			_exit(1);
	}
}

/* The lines of a file, in order; the number that is next. */
static unsigned
check_file(struct world *w, const char *file, unsigned next, bool stamps)
{
	char path[160], line[4096];
	unsigned number;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->logs, file);
	if ((f = fopen(path, "r")) == NULL)
		return next;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line + (stamps ? 30 : 0), "%8u", &number) != 1 ||
		    number != next)
			fail_msg("%s: want %u: %s", file, next, line);
		next++;
	}
	fclose(f);
	return next;
}

static unsigned
check_files(struct world *w, const char *name, bool stamps)
{
	unsigned next = 0;
	char file[64];

	for (int i = 9999; i > 0; i--) {
		snprintf(file, sizeof(file), "%s.log.%d", name, i);
		next = check_file(w, file, next, stamps);
	}
	snprintf(file, sizeof(file), "%s.log", name);
	return check_file(w, file, next, stamps);
}

/* LOGGER_KILLS=N asks for more. */
static int
kills(void)
{
	const char *s = getenv("LOGGER_KILLS");

	return s != NULL ? atoi(s) : 40;
}

static void
slow_tick(struct deadline *d)
{
	loop_end(((struct world *)d->arg)->loop);
}

static void
run_for(struct world *w, int ms)
{
	struct deadline d = {.due = slow_tick, .arg = w};

	loop_at(w->loop, &d, clock_add_ms(clock_now(), ms));
	assert_int_equal(loop_run(w->loop), 0);
	loop_cancel(w->loop, &d);
}

static void
test_killed(void **state)
{
	struct world *w = *state;
	const struct stream_conf confs[] = {
	    {.timestamps = true, .size = 1000000, .keep = DEFINITION_KEEP_MAX},
	    {.timestamps = false, .size = 300000, .keep = DEFINITION_KEEP_MAX},
	    {.timestamps = true, .size = 0, .keep = 0},
	};
	static const char *const names[] = {"a", "b", "c"};
	struct stream *s[3];
	pid_t pids[3];

	for (int i = 0; i < 3; i++) {
		s[i] = stream(w, names[i], &confs[i]);
		pids[i] = writer(w, names[i]);
	}
	for (int i = 0; i < kills(); i++) {
		run_for(w, (int)arc4random_uniform(20));
		kill_it(w);
	}
	for (int i = 0; i < 3; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
		w->tails = 0;
		logger_stream_ended(s[i], on_tail, w);
		await(w, has_tail);
	}
	for (int i = 0; i < 3; i++)
		assert_true(check_files(w, names[i], confs[i].timestamps) > 0);
}

static const struct stream_conf rotated = {.timestamps = true,
    .size = 1000000,
    .keep = DEFINITION_KEEP_MAX};

/* A daemon with one stream, up when this returns; its log process in *log. */
static pid_t
daemon_up(struct world *w, pid_t *log)
{
	pid_t pid;
	int p[2];

	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		loop_free(w->loop);
		w->loop = loop_new(&(sigset_t){0}, signalled, w);
		start(w);
		stream(w, "a", &rotated);
		*log = logger_pid(w->logger);
		if (write(p[1], log, sizeof(*log)) != sizeof(*log))
			_exit(1);
		loop_run(w->loop);
		_exit(1);
	}
	close(p[1]);
	assert_int_equal(read(p[0], log, sizeof(*log)), sizeof(*log));
	close(p[0]);
	return pid;
}

static void
kill_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The daemon, its log process, or both, in either order. */
static void
test_daemon_killed(void **state)
{
	struct world *w = *state;
	struct stream *s;
	pid_t log, hupd, program;

	hupd = daemon_up(w, &log);
	program = writer(w, "a");
	for (int i = 0; i < kills() / 2; i++) {
		run_for(w, (int)arc4random_uniform(20));
		if (i % 3 == 1)
			kill(log, SIGKILL);
		if (i % 6 == 4)
			run_for(w, (int)arc4random_uniform(5));
		kill_child(hupd);
		if (i % 3 == 2)
			kill(log, SIGKILL);
		run_for(w, (int)arc4random_uniform(5));
		hupd = daemon_up(w, &log);
	}
	kill_child(hupd);
	start(w);
	s = stream(w, "a", &rotated);
	kill_child(program);
	logger_stream_ended(s, on_tail, w);
	await(w, has_tail);
	assert_true(check_files(w, "a", true) > 0);
}

static bool
has_journal(struct world *w)
{
	char path[128];
	bool has;
	int fd;

	snprintf(path, sizeof(path), "%s/log.journal", w->run);
	fd = open(path, O_RDWR);
	has = journal_is_locked(fd);
	close(fd);
	return has;
}

static bool
has_no_log_process(struct world *w)
{
	return !has_journal(w);
}

/* No daemon and no program: it writes the rest and ends. */
static void
test_alone(void **state)
{
	struct world *w = *state;
	pid_t hupd, program;
	unsigned n;

	hupd = daemon_up(w, &w->pid);
	program = writer(w, "a");
	run_for(w, 20);
	kill_child(hupd);
	run_for(w, 20);
	assert_false(has_no_log_process(w));
	kill_child(program);
	w->name = "log process";
	w->text = "its end";
	await(w, has_no_log_process);
	assert_true((n = check_files(w, "a", true)) > 0);
	start(w);
	w->name = "a";
	w->text = "its FIFO to go";
	await(w, is_gone);
	assert_true(check_files(w, "a", true) == n);
}

/* Output in the FIFO of a program that is gone is still written. */
static void
test_left_over(void **state)
{
	struct world *w = *state;
	char path[128], *log;
	size_t len;
	pid_t hupd;
	int fd;

	hupd = daemon_up(w, &w->pid);
	w->name = "log process";
	w->text = "its begin";
	await(w, has_journal);
	kill(w->pid, SIGSTOP);
	snprintf(path, sizeof(path), "%s/out/a", w->run);
	fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, "last words", 10), 10);
	close(fd);
	kill_child(hupd);
	start(w);
	w->name = "a";
	w->text = "its FIFO to go";
	await(w, is_gone);
	log = slurp(w, "a.log", &len);
	assert_int_equal(len, 30 + 11);
	assert_string_equal(log + 30, "last words\n");
	free(log);
}

static bool
all_are_written(struct world *w)
{
	char path[128];
	struct stat st;

	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "%s/n%d.log", w->logs, i);
		if (stat(path, &st) == -1 || st.st_size != 6)
			return false;
	}
	return true;
}

/* More FIFOs than the process may have descriptors: until it may. */
static void
test_few_descriptors(void **state)
{
	struct world *w = *state;
	struct rlimit few, many;
	struct stream *s, *last = NULL;
	char name[16];
	pid_t pid;

	w->as_itself = true;
	start(w);
	pid = logger_pid(w->logger);
	s = stream(w, "first", &plain);
	print(s, "here\n");
	await_file(w, "first.log", "here\n");
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, NULL, &many), 0);
	few = (struct rlimit){40, many.rlim_max};
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, &few, NULL), 0);
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		last = stream(w, name, &plain);
		print(last, "hello\n");
	}
	logger_stream_ended(last, on_tail, w);
	await(w, has_tail);
	assert_string_equal(w->tail, "(null)");
	assert_false(all_are_written(w));
	assert_int_equal(prlimit(pid, RLIMIT_NOFILE, &many, NULL), 0);
	w->name = "all";
	w->text = "all files";
	await(w, all_are_written);
	assert_int_equal(logger_pid(w->logger), pid);
}

static off_t
log_size(struct world *w, const char *file)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", w->logs, file);
	return stat(path, &st) == -1 ? 0 : st.st_size;
}

static bool
is_full(struct world *w)
{
	return log_size(w, "a.log") >= 60 * 1024;
}

static bool
is_more(struct world *w)
{
	return log_size(w, "a.log") >= 1000 * 1024;
}

static void
mount_logs(struct world *w, const char *size, unsigned long flags)
{
	char options[64];

	snprintf(options, sizeof(options), "size=%s,uid=%d,gid=%d,mode=750",
	    size, NOBODY, NOBODY);
	assert_int_equal(mount("logs", w->logs, "tmpfs", flags, options), 0);
}

/* The disk is full, the process is killed on top of it, then there is room. */
static void
test_disk_full(void **state)
{
	struct world *w = *state;
	const struct stream_conf conf = {.timestamps = true};
	struct stream *s;
	pid_t program;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		skip();
	mkdir(w->logs, 0750);
	mount_logs(w, "64k", 0);
	start(w);
	s = stream(w, "a", &conf);
	program = writer(w, "a");
	w->name = "a.log";
	w->text = "a full disk";
	await(w, is_full);
	for (int i = 0; i < 5; i++)
		kill_it(w);
	logger_stream_ended(s, on_tail, w);
	await(w, has_tail);
	assert_string_equal(w->tail, "(null)");
	mount_logs(w, "64m", MS_REMOUNT);
	w->name = "a.log";
	w->text = "room";
	await(w, is_more);
	kill_child(program);
	w->tails = 0;
	logger_stream_ended(s, on_tail, w);
	await(w, has_tail);
	assert_true(check_files(w, "a", true) > 0);
	logger_free(w->logger, PATIENCE_MS);
	w->logger = NULL;
	assert_int_equal(umount(w->logs), 0);
}

/*
 * A log process that is no longer ours: it tries to pass a descriptor, whose
 * close could take for ever, and reports whatever there is, and nonsense.
 */
static int
hostile_main(void)
{
	union {
		struct message_reply reply;
		char bytes[PIPE_BUF];
	} u;
	ssize_t n;
	int fd;

	n = message_send(MESSAGE_SOCKET, "x", 1, MESSAGE_CONSOLE);
	fd = openat(MESSAGE_FOLDER, n == -1 ? "refused" : "taken",
	    O_WRONLY | O_CREAT, 0600);
	close(fd);
	for (unsigned i = 0; i < 20000; i++) {
		arc4random_buf(&u, sizeof(u));
		n = (ssize_t)arc4random_uniform(sizeof(u));
		if (i % 2 == 0) {
			u.reply.type = arc4random_uniform(16);
			u.reply.id.index = arc4random_uniform(3);
			u.reply.id.gen = arc4random_uniform(5);
			u.reply.end = arc4random_uniform(3);
			u.reply.has_tail = i % 4 == 0;
			u.reply.len = arc4random_uniform(MESSAGE_TAIL);
			n = (ssize_t)(offsetof(struct message_reply, tail) +
			    u.reply.len);
		}
		if (write(MESSAGE_REPORTS, &u, (size_t)n) == -1)
			usleep(100);
	}
	fd = openat(MESSAGE_FOLDER, "done", O_WRONLY | O_CREAT, 0600);
	close(fd);
	pause();
	return 0;
}

static bool
is_there(struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", w->logs, w->name);
	return access(path, F_OK) == 0;
}

/* Whatever it is, it can be read to its end. */
static void
any_tail(void *arg, const char *bytes, size_t len)
{
	((struct world *)arg)->tails++;
	if (bytes != NULL)
		assert_int_equal(bytes[len], '\0');
}

static void
test_hostile(void **state)
{
	struct world *w = *state;
	char path[128];
	struct stream *s;
	int fd;

	mkdir(w->logs, 0777);
	assert_int_equal(chmod(w->logs, 0777), 0);
	snprintf(path, sizeof(path), "%s/hostile", w->logs);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	start(w);
	s = stream(w, "web", &plain);
	logger_stream_ended(s, any_tail, w);
	w->name = "done";
	w->text = "the end of its reports";
	await(w, is_there);
	w->name = "refused";
	assert_true(is_there(w));
	unlink(path);
	kill_it(w);
	/* The stream may be closed by a false report: open it again. */
	s = stream(w, "other", &plain);
	print(s, "all is well\n");
	await_file(w, "other.log", "all is well\n");
}

int
main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define B(f) cmocka_unit_test_setup_teardown(f, setup_bare, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_writes),
	    T(test_close),
	    T(test_close_and_open),
	    T(test_tail_is_of_this_instance),
	    T(test_odd_output),
	    T(test_reopen),
	    T(test_alternating_trouble),
	    T(test_vanished_folder),
	    T(test_stopped),
	    B(test_few_descriptors),
	    T(test_killed),
	    B(test_daemon_killed),
	    B(test_alone),
	    B(test_left_over),
	    B(test_hostile),
	    B(test_disk_full),
	};

	if (strcmp(argv[0], LOGPROC_ARGV0) == 0)
		return faccessat(MESSAGE_FOLDER, "hostile", F_OK, 0) == 0
		    ? hostile_main()
		    : logproc_main(argc, argv);
	log_init(false, false);
	spawn_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
