/*
 * meter - measures a supervisor from outside: by the notes of its programs on
 * the board, by their pidfds, and by its output.
 */
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "floor.h"

#define PATIENCE 300 /* s */

static uint32_t
number(const char *s)
{
	return (uint32_t)strtoul(s, NULL, 10);
}

static double
ms(int64_t ns)
{
	return (double)ns / 1e6;
}

/* Its output must not keep a shell waiting that reads ours. */
static pid_t
run(char **argv)
{
	int quiet;
	pid_t pid;

	quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid = quiet == -1 ? -1 : fork();
	if (pid == -1)
		err(1, "%s", argv[0]);
	if (pid == 0) {
		dup2(quiet, STDOUT_FILENO);
		execvp(argv[0], argv);
		err(127, "%s", argv[0]);
	}
	close(quiet);
	return pid;
}

static void
finish(pid_t pid)
{
	if (waitpid(pid, NULL, 0) == -1)
		err(1, "waitpid");
}

static int64_t
newest(const struct board *b)
{
	int64_t last = 0;
	uint32_t i;

	for (i = 0; i < b->n; i++)
		if (b->slots[i].started > last)
			last = b->slots[i].started;
	return last;
}

static void
await_starts(struct board *b)
{
	if (board_await(b, PATIENCE) == -1)
		errx(1, "%u of %u programs have started", b->starts, b->target);
}

/* board FILE N */
static void
do_board(char **argv)
{
	board_map(argv[0], number(argv[1]));
}

/* up FILE N COMMAND: ms until the last of N runs. */
static void
do_up(char **argv)
{
	struct board *b = board_map(argv[0], 0);
	int64_t t0;

	board_expect(b, number(argv[1]));
	t0 = now_ns();
	run(argv + 2);
	await_starts(b);
	printf("%.3f\n", ms(newest(b) - t0));
}

/* down FILE COMMAND: ms until all have ended, and the command as well. */
static void
do_down(char **argv)
{
	struct board *b = board_map(argv[0], 0);
	struct pollfd *pfds;
	int64_t t0, ended;
	uint32_t i;
	pid_t pid;

	pfds = calloc(b->n, sizeof(*pfds));
	if (pfds == NULL)
		err(1, "calloc");
	for (i = 0; i < b->n; i++) {
		pfds[i].events = POLLIN;
		pfds[i].fd = (int)syscall(SYS_pidfd_open, b->slots[i].pid, 0);
		if (pfds[i].fd == -1)
			err(1, "program %u, pid %d", i, b->slots[i].pid);
	}
	t0 = now_ns();
	pid = run(argv + 1);
	/* One at a time: the last to end decides, in whatever order. */
	for (i = 0; i < b->n; i++)
		if (poll(&pfds[i], 1, PATIENCE * 1000) != 1)
			errx(1, "program %u does not end", i);
	ended = now_ns();
	finish(pid);
	printf("%.3f %.3f\n", ms(ended - t0), ms(now_ns() - t0));
}

/* restart FILE FIRST COUNT: us from SIGKILL to the next one's first words. */
static void
do_restart(char **argv)
{
	struct board *b = board_map(argv[0], 0);
	uint32_t i = number(argv[1]), end = i + number(argv[2]);
	int64_t t0;

	for (; i < end; i++) {
		board_expect(b, 1);
		t0 = now_ns();
		if (kill(b->slots[i].pid, SIGKILL) == -1)
			err(1, "program %u", i);
		await_starts(b);
		printf("%.1f\n", (double)(b->slots[i].started - t0) / 1e3);
	}
}

/*
 * change FILE SLOT FROM TO COMMAND: replace TO by FROM and run the command: ms
 * until the program runs again, and until the command has ended.
 */
static void
do_change(char **argv)
{
	struct board *b = board_map(argv[0], 0);
	int64_t t0, ended;
	pid_t pid;

	board_expect(b, 1);
	t0 = now_ns();
	if (rename(argv[2], argv[3]) == -1)
		err(1, "%s", argv[2]);
	pid = run(argv + 4);
	finish(pid);
	ended = now_ns();
	await_starts(b);
	printf("%.3f %.3f\n", ms(b->slots[number(argv[1])].started - t0),
	    ms(ended - t0));
}

/* time COMMAND: ms */
static void
do_time(char **argv)
{
	int64_t t0 = now_ns();

	finish(run(argv));
	printf("%.3f\n", ms(now_ns() - t0));
}

/* line PID FILE COUNT: us from SIGHUP to the next write to the file. */
static void
do_line(char **argv)
{
	const struct timespec pause = {0, 50000000};
	char buf[4096];
	int64_t t0, t1;
	int fd, i, n = atoi(argv[2]);

	fd = inotify_init();
	if (fd == -1 || inotify_add_watch(fd, argv[1], IN_MODIFY) == -1)
		err(1, "%s", argv[1]);
	for (i = 0; i < n; i++) {
		/* By then the previous change has taken effect. */
		nanosleep(&pause, NULL);
		while (poll(&(struct pollfd){fd, POLLIN, 0}, 1, 0) == 1)
			if (read(fd, buf, sizeof(buf)) == -1)
				err(1, "inotify");
		t0 = now_ns();
		if (kill(atoi(argv[0]), SIGHUP) == -1)
			err(1, "pid %s", argv[0]);
		if (read(fd, buf, sizeof(buf)) == -1)
			err(1, "inotify");
		t1 = now_ns();
		printf("%.1f\n", (double)(t1 - t0) / 1e3);
	}
}

/*
 * fair FILE PIPE COUNT: ms from a line that is written to the pipe, from which
 * a program copies it, to its place in the file.
 */
static void
do_fair(char **argv)
{
	const struct timespec pause = {0, 20000000};
	int fd, i, in, n = atoi(argv[2]);
	char buf[4096];
	int64_t t0;

	in = open(argv[1], O_WRONLY);
	if (in == -1 || write(in, "quiet\n", 6) != 6)
		err(1, "%s", argv[1]);
	while (access(argv[0], F_OK) == -1)
		nanosleep(&pause, NULL);
	fd = inotify_init1(IN_NONBLOCK);
	if (fd == -1 || inotify_add_watch(fd, argv[0], IN_MODIFY) == -1)
		err(1, "%s", argv[0]);
	for (i = 0; i < n; i++) {
		nanosleep(&pause, NULL);
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		t0 = now_ns();
		if (write(in, "quiet\n", 6) != 6)
			err(1, "%s", argv[1]);
		if (poll(&(struct pollfd){fd, POLLIN, 0}, 1, PATIENCE * 1000) !=
		    1)
			errx(1, "%s: no line has come", argv[0]);
		printf("%.3f\n", ms(now_ns() - t0));
	}
}

static int
has_end(const char *file)
{
	char buf[4];
	int fd, found;

	fd = open(file, O_RDONLY);
	if (fd == -1)
		return 0;
	found = lseek(fd, -4, SEEK_END) != -1 && read(fd, buf, 4) == 4 &&
	    memcmp(buf, "END\n", 4) == 0;
	close(fd);
	return found;
}

/*
 * flood BOARD GO FILE...: let the programs begin; ms until each file ends with
 * their last line.
 */
static void
do_flood(char **argv)
{
	const struct timespec step = {0, 300000};
	struct board *b = board_map(argv[0], 0);
	int64_t t0 = INT64_MAX, end;
	uint32_t i;
	int fd;

	board_expect(b, b->n);
	fd = open(argv[1], O_WRONLY | O_CREAT, 0644);
	if (fd == -1)
		err(1, "%s", argv[1]);
	close(fd);
	await_starts(b);
	end = now_ns() + PATIENCE * INT64_C(1000000000);
	for (argv += 2; *argv != NULL; argv++)
		while (!has_end(*argv)) {
			if (now_ns() > end)
				errx(1, "%s has no end", *argv);
			nanosleep(&step, NULL);
		}
	end = now_ns();
	for (i = 0; i < b->n; i++)
		if (b->slots[i].started < t0)
			t0 = b->slots[i].started;
	printf("%.1f\n", ms(end - t0));
}

/* The number that stands after a word in a file of /proc. */
static long long
proc_number(const char *pid, const char *name, const char *word)
{
	char path[64], line[256];
	long long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	f = fopen(path, "re");
	if (f == NULL)
		err(1, "%s", path);
	while (n == -1 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, word, strlen(word)) == 0)
			n = strtoll(line + strlen(word), NULL, 10);
	fclose(f);
	return n;
}

/* pss PID...: KiB of all together. */
static void
do_pss(char **argv)
{
	long long sum = 0;

	for (; *argv != NULL; argv++)
		sum += proc_number(*argv, "smaps_rollup", "Pss:");
	printf("%lld\n", sum);
}

static long long
switches(char **pids)
{
	long long sum = 0;

	for (; *pids != NULL; pids++)
		sum += proc_number(*pids, "status", "voluntary_ctxt_switches:");
	return sum;
}

/* idle SECONDS PID...: wake-ups a second. */
static void
do_idle(char **argv)
{
	long long before = switches(argv + 1);
	unsigned s = number(argv[0]);

	sleep(s);
	printf("%.2f\n", (double)(switches(argv + 1) - before) / s);
}

/* cpu PID...: ns that they have run. */
static void
do_cpu(char **argv)
{
	long long sum = 0;

	for (; *argv != NULL; argv++)
		sum += proc_number(*argv, "schedstat", "");
	printf("%lld\n", sum);
}

static const struct {
	const char *name;
	int args;
	void (*fn)(char **);
} commands[] = {
    {"board", 2, do_board},
    {"up", 3, do_up},
    {"down", 2, do_down},
    {"restart", 3, do_restart},
    {"change", 5, do_change},
    {"time", 1, do_time},
    {"line", 3, do_line},
    {"fair", 3, do_fair},
    {"flood", 3, do_flood},
    {"pss", 1, do_pss},
    {"idle", 2, do_idle},
    {"cpu", 1, do_cpu},
    {"floor-start", 3, floor_start},
    {"floor-restart", 2, floor_restart},
    {"floor-look", 1, floor_look},
    {"floor-line", 2, floor_line},
    {"floor-copy", 3, floor_copy},
};

int
main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc > 1 && strcmp(argv[1], commands[i].name) == 0 &&
		    argc - 2 >= commands[i].args) {
			commands[i].fn(argv + 2);
			return 0;
		}
	errx(2, "usage: meter COMMAND ARGUMENT...");
}
