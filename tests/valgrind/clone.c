/*
 * clone - clone(2) by fork(2), for valgrind knows no child with a stack or
 * descriptors of its own choice; linked in its place by --wrap.  There is no
 * pidfd, as on an older kernel.
 */
#include <sys/types.h>

#include <sched.h>
#include <unistd.h>

int __wrap_clone(int (*)(void *), void *, int, void *, ...);

int
__wrap_clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	pid_t pid;

	(void)stack;
	(void)flags;
	pid = fork();
	if (pid == 0)
		_exit(fn(arg));
	return pid;
}
