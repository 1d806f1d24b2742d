/*
 * clone - clone(2) by fork(2), for valgrind knows no child with a stack or
 * descriptors of its own choice; linked in its place by --wrap.  There is no
 * pidfd, as on an older kernel.
 */
#include <sys/types.h>

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int __wrap_clone(int (*)(void *), void *, int, void *, ...);

/* Does it still run the program that valgrind runs in, and not its own? */
static int
is_a_copy(pid_t pid)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, "/valgrind/memcheck-") != NULL;
}

int
__wrap_clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	pid_t pid;

	(void)stack;
	pid = fork();
	if (pid == 0)
		_exit(fn(arg));
	while (pid != -1 && (flags & CLONE_VFORK) && is_a_copy(pid))
		nanosleep(&moment, NULL);
	return pid;
}
