/*
 * nosys - run a command as on a kernel that is older: without pidfds, that
 * is before Linux 5.3, without close_range(2), before 5.9, and without
 * mount_setattr(2), before 5.12.
 *
 * usage: nosys COMMAND [ARGUMENT ...]
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* Go on if equal, else skip n. */
#define IF(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define FAIL(error) RETURN(SECCOMP_RET_ERRNO | (error))

/* The idtype of waitid(2). */
#define PIDFD 3

int
main(int argc, char **argv)
{
	struct sock_filter code[] = {
	    LOAD(nr),
	    IF(SYS_pidfd_open, 1),
	    FAIL(ENOSYS),
	    IF(SYS_pidfd_send_signal, 1),
	    FAIL(ENOSYS),
	    IF(SYS_close_range, 1),
	    FAIL(ENOSYS),
	    IF(SYS_mount_setattr, 1),
	    FAIL(ENOSYS),
	    IF(SYS_clone3, 1),
	    FAIL(ENOSYS),
	    IF(SYS_waitid, 3),
	    LOAD(args[0]),
	    IF(PIDFD, 1),
	    FAIL(EINVAL),
	    RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
	    .len = sizeof(code) / sizeof(code[0]),
	    .filter = code,
	};

	if (argc < 2)
		errx(2, "usage: nosys command [argument ...]");
	/* Only root may do without. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == -1 &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == -1))
		err(2, "seccomp");
	execvp(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
