/*
 * detach - from a shell's child to a daemon.
 *
 * The starter forks a child, whose standard error is a pipe to it, and copies
 * what comes.  The child calls daemon(3), so that the daemon is a child of
 * nobody in a session of its own.  It ends the pipe with a NUL byte when it
 * is up; a pipe that ends without one is the end of the daemon.
 */
#include <sys/types.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/keyctl.h>

#include "daemon/detach.h"

static bool waited_for; /* the starter reads our standard error */

int
detach_sanitize(void)
{
	struct sigaction sa = {.sa_handler = SIG_IGN};
	/* The kernel's struct, all zero: the default action. */
	static const unsigned long dfl[16];
	sigset_t none;
	int fd, sig;

	do {
		fd = open("/dev/null", O_RDWR | O_NOCTTY);
		if (fd == -1)
			return -1;
	} while (fd <= STDERR_FILENO);
	closefrom(STDERR_FILENO + 1);
	/*
	 * Some signals cannot be changed.  By system call, for glibc keeps two
	 * real-time signals to itself, and some starters ignore even those.
	 */
	for (sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, dfl, NULL, (NSIG - 1) / 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Leave the keys of the starter's session, if the kernel has keys. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	/* A file that is too large is an error, and does not end the daemon. */
	return sigaction(SIGPIPE, &sa, NULL) == -1 ||
		sigaction(SIGXFSZ, &sa, NULL) == -1
	    ? -1
	    : 0;
}

/* Copy the messages of the daemon to the terminal.  Returns the exit status. */
static int
listen_to(int fd)
{
	char buf[4096], *nul;
	ssize_t n;
	bool said = false;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		nul = memchr(buf, '\0', (size_t)n);
		if (nul != NULL)
			n = nul - buf;
		said = fwrite(buf, 1, (size_t)n, stderr) > 0 || said;
		if (nul != NULL)
			return 0;
	}
	if (!said)
		fprintf(stderr, "hupd: the daemon ended before it was up\n");
	return 1;
}

int
detach(void)
{
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	fflush(NULL);
	pid = fork();
	switch (pid) {
	case -1:
		close(fds[0]);
		close(fds[1]);
		return -1;
	case 0:
		break;
	default:
		close(fds[1]);
		status = listen_to(fds[0]);
		/* Reap the child, which ended in daemon(3): init may be slow.
		 */
		waitpid(pid, NULL, 0);
		_exit(status);
	}
	close(fds[0]);
	if (daemon(0, 0) == -1 || dup2(fds[1], STDERR_FILENO) == -1)
		return -1;
	close(fds[1]);
	waited_for = true;
	return 0;
}

void
detach_inherit(void)
{
	struct stat st;

	waited_for = fstat(STDERR_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
}

void
detach_up(void)
{
	int null;

	if (!waited_for)
		return;
	waited_for = false;
	/* The starter may have gone. */
	if (write(STDERR_FILENO, "", 1) == -1)
		errno = 0;
	null = open("/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (null != -1) {
		dup2(null, STDERR_FILENO);
		close(null);
	}
}
