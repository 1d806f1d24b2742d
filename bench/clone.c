/*
 * clone - clone(2) by fork(2), for valgrind, which knows no child with a stack
 * of its own choice.
 */
#include <sys/syscall.h>

#include <sched.h>
#include <stdarg.h>
#include <unistd.h>

int __wrap_clone(int (*)(void *), void *, int, void *, ...);

int
__wrap_clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	va_list ap;
	pid_t pid;

	(void)stack;
	pid = fork();
	if (pid == 0)
		_exit(fn(arg));
	if (pid != -1 && (flags & CLONE_PIDFD)) {
		va_start(ap, arg);
		*va_arg(ap, int *) = (int)syscall(SYS_pidfd_open, pid, 0);
		va_end(ap);
	}
	return pid;
}
