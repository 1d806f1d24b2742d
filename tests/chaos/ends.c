/*
 * ends - how processes end: those that this test killed, any other, and how
 * many of the daemon the guard bears.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chaos.h"
#include "program/record.h"

/*
 * We are the parent of all orphans, including each daemon.  No program or
 * process of hupd may end by a signal that was not sent.
 */
void
ends_reap(struct chaos *c)
{
	int status, sig;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		if (c->over || sig == 0 || sig == SIGKILL || sig == SIGTERM)
			continue;
		violation(c, "process %d (%c) has crashed: %s", (int)pid,
		    look_what(c, pid), strsignal(sig));
	}
}

void
ends_expect(struct chaos *c, pid_t pid)
{
	if (pid == c->daemon)
		c->killed_daemon = true;
	else if (pid == c->guard)
		c->killed_guard = true;
	else if (pid == c->logger)
		c->killed_logger = true;
	else
		return;
	if (c->nkilled < MAX_PROCESSES)
		c->killed[c->nkilled++] = pid;
}

bool
ends_is_expected(const struct chaos *c, pid_t pid)
{
	unsigned i;

	for (i = 0; i < c->nkilled; i++)
		if (c->killed[i] == pid)
			return true;
	return false;
}

/* It has no memory any more before it lets go of its files. */
static bool
is_gone(pid_t pid)
{
	char stat[512], *state;

	if (look_proc(pid, "stat", stat, sizeof(stat)) == 0)
		return true;
	state = strrchr(stat, ')');
	return state == NULL || state[2] == 'Z' || state[2] == 'X';
}

bool
ends_came(const struct chaos *c)
{
	unsigned i;

	for (i = 0; i < c->nkilled; i++)
		if (!is_gone(c->killed[i]))
			return false;
	return true;
}

static void
check_former(struct chaos *c)
{
	bool followed = c->killed_daemon || c->execs != c->former.execs;

	if (c->daemon != c->former.daemon && !c->killed_daemon)
		violation(c, "the daemon has ended by itself");
	if (c->guard != c->former.guard && !c->killed_guard && !followed)
		violation(c, "the guard has ended by itself");
	if (c->logger != c->former.logger && !c->killed_logger && !followed)
		violation(c, "the log process has ended by itself");
}

void
ends_check(struct chaos *c)
{
	ends_reap(c);
	if (c->former.daemon != 0)
		check_former(c);
	c->former.daemon = c->daemon;
	c->former.guard = c->guard;
	c->former.logger = c->logger;
	c->former.execs = c->execs;
	c->killed_daemon = c->killed_guard = c->killed_logger = false;
	c->nkilled = 0;
}

void
ends_forget(struct chaos *c)
{
	memset(&c->former, 0, sizeof(c->former));
}

static struct record_header *
map_records(struct chaos *c)
{
	char path[128];
	void *map;
	int fd;

	snprintf(path, sizeof(path), "%s/run/records", c->top);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	map = mmap(NULL, sizeof(struct record_header), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

/* As if much time had passed: the guard does not wait. */
void
ends_forgive(struct chaos *c)
{
	struct record_header *h = map_records(c);

	if (h == NULL)
		violation(c, "no records");
	h->crashed = h->pause = 0;
	munmap(h, sizeof(*h));
}
