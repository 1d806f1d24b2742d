/*
 * harmless - for harnesses that run parts of the daemon: the linker replaces
 * functions that act on other processes by these (--wrap).
 */
#ifndef HARMLESS_H
#define HARMLESS_H

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>

#include "output/logger.h"
#include "process/spawn.h"

int __real_kill(pid_t, int);
int __wrap_kill(pid_t, int);
int __wrap_spawn(const struct spawn_request *, struct process *,
    struct spawn_report *);
int __wrap_process_signal(const struct process *, int);
void __wrap_logger_reopen(struct logger *);
struct stream *__wrap_logger_stream_open(struct logger *, const char *, uid_t,
    const struct stream_conf *);

/* A harness has no child, but AFL++ has: it continues by a signal. */
int
__wrap_kill(pid_t pid, int sig)
{
	siginfo_t si;

	if (pid > 0 &&
	    waitid(P_PID, (id_t)pid, &si,
		WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0)
		return __real_kill(pid, sig);
	errno = ESRCH;
	return -1;
}

int
__wrap_spawn(const struct spawn_request *req, struct process *child,
    struct spawn_report *report)
{
	(void)req;
	(void)child;
	report->error = (struct spawn_error){SPAWN_CLONE, 0, EAGAIN};
	return -1;
}

int
__wrap_process_signal(const struct process *child, int sig)
{
	return __wrap_kill(child->pid, sig);
}

void
__wrap_logger_reopen(struct logger *l)
{
	(void)l;
}

struct stream *
__wrap_logger_stream_open(struct logger *l, const char *name, uid_t owner,
    const struct stream_conf *conf)
{
	(void)l;
	(void)name;
	(void)owner;
	(void)conf;
	errno = ENOSPC;
	return NULL;
}

#endif
