/*
 * floor - what the kernel asks for the same work.
 */
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "floor.h"

#define ROTATE (10LL << 20)

static double
ms(int64_t ns)
{
	return (double)ns / 1e6;
}

static int
child(void *arg)
{
	char **argv = arg;

	execv(argv[0], argv);
	_exit(127);
}

/* One child: a page of its own for a stack, shared memory otherwise. */
static pid_t
start(char **argv, int flags)
{
	static char stack[65536] __attribute__((aligned(64)));
	int pidfd = -1;
	pid_t pid;

	pid = clone(child, stack + sizeof(stack),
	    CLONE_VM | CLONE_VFORK | SIGCHLD | flags, argv, &pidfd);
	if (pid == -1)
		err(1, "clone");
	return pid;
}

static void
end_all(const pid_t *pids, int n)
{
	int64_t t0 = now_ns();
	int i;

	for (i = 0; i < n; i++)
		kill(pids[i], SIGTERM);
	for (i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	printf(" %.3f\n", ms(now_ns() - t0));
}

void
floor_start(char **argv)
{
	int i, n = atoi(argv[1]);
	char board[] = "/dev/shm/floor.XXXXXX", slot[16];
	char *args[] = {argv[2], board, slot, NULL};
	struct board *b;
	pid_t *pids;
	int64_t t0;

	close(mkstemp(board));
	b = board_map(board, (uint32_t)n);
	pids = calloc((size_t)n, sizeof(*pids));
	if (pids == NULL)
		err(1, "calloc");
	board_expect(b, (uint32_t)n);
	t0 = now_ns();
	for (i = 0; i < n; i++) {
		snprintf(slot, sizeof(slot), "%d", i);
		pids[i] = start(args,
		    strcmp(argv[0], "clone") == 0 ? CLONE_PIDFD : 0);
	}
	board_await(b, 60);
	printf("%.3f", ms(now_ns() - t0));
	end_all(pids, n);
	unlink(board);
}

void
floor_restart(char **argv)
{
	int i, n = atoi(argv[0]);
	char board[] = "/dev/shm/floor.XXXXXX", slot[] = "0";
	char *args[] = {argv[1], board, slot, NULL};
	struct board *b;
	int64_t t0;
	pid_t pid;

	close(mkstemp(board));
	b = board_map(board, 1);
	for (i = 0; i <= n; i++) {
		board_expect(b, 1);
		pid = start(args, 0);
		if (board_await(b, 10) == -1)
			errx(1, "no child");
		if (i > 0)
			printf("%.1f\n",
			    (double)(b->slots[0].started - t0) / 1e3);
		t0 = now_ns();
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	unlink(board);
}

void
floor_look(char **argv)
{
	struct dirent **v;
	struct stat st;
	int64_t t0 = now_ns();
	int i, n, dir;

	dir = open(argv[0], O_RDONLY | O_DIRECTORY);
	n = scandir(argv[0], &v, NULL, alphasort);
	if (dir == -1 || n == -1)
		err(1, "%s", argv[0]);
	for (i = 0; i < n; i++)
		fstatat(dir, v[i]->d_name, &st, AT_SYMLINK_NOFOLLOW);
	printf("%.3f\n", ms(now_ns() - t0));
}

static void
write_lines(const char *file, const sigset_t *set)
{
	static const char line[] = "SIGHUP\n";
	int fd, sig;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0644);
	while (fd != -1 && sigwait(set, &sig) == 0)
		if (write(fd, line, sizeof(line) - 1) == -1)
			_exit(1);
	_exit(1);
}

void
floor_line(char **argv)
{
	int fd, i, n = atoi(argv[1]);
	char buf[4096];
	sigset_t set;
	int64_t t0;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	close(open(argv[0], O_WRONLY | O_CREAT, 0644));
	pid = fork();
	if (pid == 0)
		write_lines(argv[0], &set);
	fd = inotify_init();
	if (inotify_add_watch(fd, argv[0], IN_MODIFY) == -1)
		err(1, "%s", argv[0]);
	for (i = 0; i < n; i++) {
		usleep(50000);
		t0 = now_ns();
		kill(pid, SIGHUP);
		if (read(fd, buf, sizeof(buf)) == -1)
			err(1, "inotify");
		printf("%.1f\n", (double)(now_ns() - t0) / 1e3);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
fill(int fd, size_t chunk, long long bytes)
{
	char *p = malloc(chunk);

	if (p == NULL)
		_exit(1);
	memset(p, 'x', chunk);
	for (; bytes > 0; bytes -= (long long)chunk)
		if (write(fd, p, chunk) == -1)
			_exit(1);
	_exit(0);
}

/* From one descriptor to files, each renamed away when it is full. */
static void
drain(int from, const char *file)
{
	static char buf[65536];
	char old[256];
	long long size = ROTATE;
	ssize_t n;
	int fd = -1;

	snprintf(old, sizeof(old), "%s.old", file);
	while ((n = read(from, buf, sizeof(buf))) > 0) {
		if (size >= ROTATE) {
			if (fd != -1)
				close(fd);
			rename(file, old);
			fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
			size = 0;
		}
		if (write(fd, buf, (size_t)n) == -1)
			err(1, "%s", file);
		size += n;
	}
	unlink(file);
	unlink(old);
}

void
floor_copy(char **argv)
{
	long long bytes = atoll(argv[1]);
	int64_t t0 = now_ns();
	int fds[2];

	if (pipe(fds) == -1)
		err(1, "pipe");
	if (fork() == 0) {
		close(fds[0]);
		fill(fds[1], (size_t)atol(argv[0]), bytes);
	}
	close(fds[1]);
	drain(fds[0], argv[2]);
	wait(NULL);
	printf("%.1f\n", (double)bytes / 1e6 / ((double)(now_ns() - t0) / 1e9));
}
