/*
 * numbers - prints numbered lines "INSTANCE NUMBER ..." in bursts, and takes
 * note of how many in a file of its own, COUNTS/NAME.INSTANCE.
 *
 * usage: numbers COUNTS KIND NAME [VERSION]
 *
 * KIND: plain, flood (fills the pipe), crash (ends at random), once (prints
 * some and exits), fd (ready by descriptor 5), notify, deaf (ignores TERM),
 * brood (leaves processes that double-forked), child (one of those), fail
 * (exits 1 before it is ready).
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "count.h"

#define READY_FD 5

static char instance[64];
static struct count *count;
static uint64_t state; /* of the random numbers */

static unsigned
below(unsigned n)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(state >> 33) % n;
}

static void
rest(unsigned us)
{
	const struct timespec ts = {.tv_nsec = (long)us * 1000};

	nanosleep(&ts, NULL);
}

static void
begin(const char *counts, const char *name)
{
	struct timespec now;
	char path[512];
	int fd;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(instance, sizeof(instance), "%d.%lld", (int)getpid(),
	    (long long)now.tv_sec * 1000000000 + now.tv_nsec);
	state = (uint64_t)now.tv_nsec * 4096 + (uint64_t)getpid();
	snprintf(path, sizeof(path), "%s/%s.%s", counts, name, instance);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1 || ftruncate(fd, sizeof(*count)) == -1)
		err(1, "%s", path);
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	if (count == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
}

/* One write for a line, so that it is whole or not there. */
static void
print_line(void)
{
	static const char pad[] = "................................";
	char line[128];
	int len;

	len = snprintf(line, sizeof(line), "%s %llu %.*s\n", instance,
	    (unsigned long long)++count->begun, (int)below(sizeof(pad)), pad);
	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		_exit(9);
	count->done++;
}

static void
burst(unsigned most, unsigned us)
{
	unsigned n = 1 + below(most);

	while (n-- > 0)
		print_line();
	rest(us / 2 + below(us));
}

/* A process of another session whose parent is gone. */
static void
leave_child(char **argv)
{
	char child[] = "child";
	char *args[] = {argv[0], argv[1], child, argv[3], NULL};

	if (fork() != 0)
		return;
	setsid();
	if (fork() == 0) {
		signal(SIGTERM, SIG_IGN);
		execv(argv[0], args);
	}
	_exit(0);
}

static void
notify(const char *text)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (path == NULL || s == -1)
		errx(1, "no notify socket");
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (sendto(s, text, strlen(text), 0, (struct sockaddr *)&to,
		sizeof(to)) == -1)
		err(1, "%s", path);
	close(s);
}

int
main(int argc, char **argv)
{
	const char *kind;
	unsigned i, most = 40, us = 30000;

	if (argc < 4)
		errx(2, "usage: numbers COUNTS KIND NAME [VERSION]");
	kind = argv[2];
	begin(argv[1], argv[3]);
	if (strcmp(kind, "fail") == 0) {
		print_line();
		return 1;
	}
	if (strcmp(kind, "deaf") == 0)
		signal(SIGTERM, SIG_IGN);
	if (strcmp(kind, "brood") == 0)
		for (i = 0; i < 2; i++)
			leave_child(argv);
	if (strcmp(kind, "flood") == 0)
		most = 3000;
	if (strcmp(kind, "child") == 0)
		us = 100000;
	if (strcmp(kind, "fd") == 0) {
		rest(2000);
		if (write(READY_FD, "\n", 1) != 1)
			err(1, "readiness");
		close(READY_FD);
	}
	if (strcmp(kind, "notify") == 0) {
		rest(2000);
		notify("READY=1\nSTATUS=counting");
	}
	if (strcmp(kind, "once") == 0) {
		for (i = 0; i < 3; i++)
			burst(most, us);
		return 0;
	}
	for (;;) {
		burst(most, most > 1000 ? 100000 : us);
		if (strcmp(kind, "crash") == 0 && below(30) == 0) {
			if (below(2) == 0)
				kill(getpid(), SIGKILL);
			return 1;
		}
	}
}
