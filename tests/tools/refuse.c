/*
 * refuse - run a command on a kernel, or in a sandbox, that refuses just one
 * system call.
 *
 * usage: refuse CALL ERROR COMMAND [ARGUMENT ...]
 *
 * CALL: a name of the table below; ERROR: ENOSYS, EPERM, EINVAL, ENOPROTOOPT.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* Go on if equal, else skip n. */
#define IF(value, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)

static const struct call {
	const char *name;
	unsigned number;
	int arg; /* refuse only with this argument, counted from 0; or -1 */
	uint32_t value;
} calls[] = {
    {"clone3", SYS_clone3, -1, 0},
    {"close_range", SYS_close_range, -1, 0},
    {"passrights", SYS_setsockopt, 2, 83},
    {"pidfd_open", SYS_pidfd_open, -1, 0},
    {"pidfd_send_signal", SYS_pidfd_send_signal, -1, 0},
};

static const struct {
	const char *name;
	int number;
} errors[] = {
    {"EINVAL", EINVAL},
    {"ENOPROTOOPT", ENOPROTOOPT},
    {"ENOSYS", ENOSYS},
    {"EPERM", EPERM},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
refuse(const struct call *call, int error)
{
	struct sock_filter code[] = {
	    LOAD(nr),
	    IF(call->number, call->arg >= 0 ? 3 : 1),
	    RETURN(SECCOMP_RET_ERRNO | (unsigned)error),
	    RETURN(SECCOMP_RET_ALLOW),
	    RETURN(SECCOMP_RET_ALLOW),
	    RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = COUNT(code), .filter = code};

	if (call->arg >= 0) {
		code[2] = (struct sock_filter)LOAD(args[0]);
		code[2].k += (unsigned)call->arg * (unsigned)sizeof(uint64_t);
		code[3] = (struct sock_filter)IF(call->value, 1);
		code[4] = (struct sock_filter)RETURN(SECCOMP_RET_ERRNO |
		    (unsigned)error);
	}
	/* Only root may do without no_new_privs. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == -1 &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == -1))
		err(2, "seccomp");
}

int
main(int argc, char **argv)
{
	size_t c, e;

	for (c = 0; argc > 3 && c < COUNT(calls); c++)
		if (strcmp(argv[1], calls[c].name) == 0)
			break;
	for (e = 0; argc > 3 && e < COUNT(errors); e++)
		if (strcmp(argv[2], errors[e].name) == 0)
			break;
	if (argc <= 3 || c == COUNT(calls) || e == COUNT(errors))
		errx(2, "usage: refuse CALL ERROR COMMAND [ARGUMENT ...]");
	refuse(&calls[c], errors[e].number);
	execvp(argv[3], argv + 3);
	err(127, "%s", argv[3]);
}
