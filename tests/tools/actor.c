/*
 * actor - a program that behaves as its arguments say, step by step.
 *
 *	say TEXT	print a line
 *	notify MESSAGE	send it to NOTIFY_SOCKET; \n is a newline, %p our pid
 *	await FILE	wait until there is such a file
 *	ignore SIG	by number
 *	write FD TEXT	and a newline
 *	bare FD TEXT	and none
 *	close FD
 *	child		leave one behind that does nothing
 *	escape		and one in a session of its own, whose parent has
 *			ended, and which ignores SIGTERM
 *	nest N		N generations of those, each the parent of the next,
 *			all of them there before the next step
 *	wipe		erase our environment, as setproctitle(3) does
 *	fork		continue in a child, whose parent exits with status 0
 *	session		make a session of our own
 *	become UID	and the group of that number
 *	pid FILE	write our pid to FILE
 *	daemon		continue in a child, whose parent ends at
 *	away		so that the order of events is certain
 *	reload SIG HOW	on that signal (a number) notify RELOADING=1 and
 *			READY=1; HOW may be "well", "old" (RELOADING=1 of
 *			before the signal), "never" (no READY=1), "bare" (no
 *			RELOADING=1), /FILE (await it before both) or a text
 *			that READY=1 is sent with
 *	kill SIG	ourselves
 *	exit STATUS
 *	wait		for signals, for ever
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int away = -1;
static const char *how;

static int
number(const char *s)
{
	const char *why;
	int n;

	n = (int)strtonum(s, 0, 1 << 20, &why);
	if (why != NULL)
		errx(2, "%s: %s", s, why);
	return n;
}

static void
notify(const char *message)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET"), *p;
	char text[1024];
	size_t n = 0;
	int fd;

	if (path == NULL)
		errx(1, "no NOTIFY_SOCKET");
	for (p = message; *p != '\0' && n < sizeof(text) - 16; p++)
		if (strncmp(p, "\\n", 2) == 0) {
			text[n++] = '\n';
			p++;
		} else if (strncmp(p, "%p", 2) == 0) {
			n +=
			    (size_t)snprintf(text + n, 16, "%d", (int)getpid());
			p++;
		} else
			text[n++] = *p;
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    sendto(fd, text, n, 0, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	close(fd);
}

static void
write_all(int fd, const char *text, const char *end)
{
	if (dprintf(fd, "%s%s", text, end) < 0)
		err(1, "descriptor %d", fd);
}

static void
do_await(const char *a, const char *b)
{
	const struct timespec moment = {.tv_nsec = 10000000};

	(void)b;
	while (access(a, F_OK) == -1)
		nanosleep(&moment, NULL);
}

_Noreturn static void
idle(void)
{
	for (;;)
		pause();
}

static pid_t
forked(void)
{
	pid_t pid;

	pid = fork();
	if (pid == -1)
		err(1, "fork");
	return pid;
}

/* In a session of its own, and an orphan. */
static void
do_escape(const char *a, const char *b)
{
	pid_t pid;

	(void)a;
	(void)b;
	if ((pid = forked()) != 0) {
		waitpid(pid, NULL, 0);
		return;
	}
	setsid();
	signal(SIGTERM, SIG_IGN);
	if (forked() != 0)
		_exit(0);
	idle();
}

/* Each of them has the pipe open until it has its child. */
static void
nest(int generations, int pipefd)
{
	if (generations == 0 || forked() != 0)
		return;
	setsid();
	signal(SIGTERM, SIG_IGN);
	nest(generations - 1, pipefd);
	close(pipefd);
	idle();
}

/* The strings themselves, which are what others can read. */
static void
do_wipe(const char *a, const char *b)
{
	char **e;

	(void)a;
	(void)b;
	for (e = environ; *e != NULL; e++)
		memset(*e, 0, strlen(*e));
	environ[0] = NULL;
}

static void
do_daemon(const char *a, const char *b)
{
	int pair[2];
	char byte;

	(void)a;
	(void)b;
	if (pipe2(pair, O_CLOEXEC) == -1)
		err(1, "pipe");
	if (forked() == 0) {
		close(pair[0]);
		away = pair[1];
		return;
	}
	close(pair[1]);
	(void)!read(pair[0], &byte, 1);
	exit(0);
}

static void
do_fork(const char *a, const char *b)
{
	(void)a;
	(void)b;
	if (forked() != 0)
		_exit(0);
}

static void
do_session(const char *a, const char *b)
{
	(void)a;
	(void)b;
	if (setsid() == -1)
		err(1, "setsid");
}

static void
do_become(const char *a, const char *b)
{
	const unsigned id = (unsigned)number(a);

	(void)b;
	if (setgid(id) == -1 || setuid(id) == -1)
		err(1, "%u", id);
}

static void
do_pid(const char *a, const char *b)
{
	int fd = open(a, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	(void)b;
	if (fd == -1)
		err(1, "%s", a);
	dprintf(fd, "%d\n", (int)getpid());
	close(fd);
}

static void
on_reload(int sig)
{
	struct timespec now;
	char text[128];
	int64_t usec;

	(void)sig;
	if (*how == '/')
		do_await(how, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	usec = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
	if (strcmp(how, "old") == 0)
		usec = 1;
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    usec);
	if (strcmp(how, "bare") != 0)
		notify(text);
	snprintf(text, sizeof(text), "READY=1\n%s",
	    strchr(how, '=') != NULL ? how : "");
	if (strcmp(how, "never") != 0)
		notify(text);
}

static void
do_say(const char *a, const char *b)
{
	(void)b;
	write_all(STDOUT_FILENO, a, "\n");
}

static void
do_notify(const char *a, const char *b)
{
	(void)b;
	notify(a);
}

static void
do_ignore(const char *a, const char *b)
{
	(void)b;
	signal(number(a), SIG_IGN);
}

static void
do_write(const char *a, const char *b)
{
	write_all(number(a), b, "\n");
}

static void
do_bare(const char *a, const char *b)
{
	write_all(number(a), b, "");
}

static void
do_close(const char *a, const char *b)
{
	(void)b;
	close(number(a));
}

static void
do_child(const char *a, const char *b)
{
	(void)a;
	(void)b;
	if (forked() == 0)
		idle();
}

static void
do_nest(const char *a, const char *b)
{
	int pair[2];
	char byte;

	(void)b;
	if (pipe2(pair, O_CLOEXEC) == -1)
		err(1, "pipe");
	nest(number(a), pair[1]);
	close(pair[1]);
	(void)!read(pair[0], &byte, 1);
	close(pair[0]);
}

static void
do_away(const char *a, const char *b)
{
	(void)a;
	(void)b;
	close(away);
}

static void
do_reload(const char *a, const char *b)
{
	how = b;
	signal(number(a), on_reload);
}

static void
do_kill(const char *a, const char *b)
{
	(void)b;
	kill(getpid(), number(a));
}

static void
do_exit(const char *a, const char *b)
{
	(void)b;
	exit(number(a));
}

static void
do_wait(const char *a, const char *b)
{
	(void)a;
	(void)b;
	idle();
}

static const struct {
	const char *name;
	int nargs;
	void (*act)(const char *, const char *);
} steps[] = {
    {"say", 1, do_say},
    {"notify", 1, do_notify},
    {"await", 1, do_await},
    {"ignore", 1, do_ignore},
    {"write", 2, do_write},
    {"bare", 2, do_bare},
    {"close", 1, do_close},
    {"child", 0, do_child},
    {"escape", 0, do_escape},
    {"nest", 1, do_nest},
    {"wipe", 0, do_wipe},
    {"fork", 0, do_fork},
    {"session", 0, do_session},
    {"become", 1, do_become},
    {"pid", 1, do_pid},
    {"daemon", 0, do_daemon},
    {"away", 0, do_away},
    {"reload", 2, do_reload},
    {"kill", 1, do_kill},
    {"exit", 1, do_exit},
    {"wait", 0, do_wait},
};
#define NSTEPS (sizeof(steps) / sizeof(steps[0]))

int
main(int argc, char **argv)
{
	size_t n;

	/* The element after the last argument is NULL, and never used. */
	for (argv++; *argv != NULL; argv += 1 + steps[n].nargs) {
		for (n = 0; n < NSTEPS; n++)
			if (strcmp(*argv, steps[n].name) == 0)
				break;
		if (n == NSTEPS || steps[n].nargs >= argc - 1)
			errx(2, "step %s", *argv);
		argc -= 1 + steps[n].nargs;
		steps[n].act(argv[1], argv[1] != NULL ? argv[2] : NULL);
	}
	return 0;
}
