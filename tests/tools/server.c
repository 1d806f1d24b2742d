/*
 * server - a server for tests of held sockets.  It answers each connection with
 * its pid, a blank and its name, and ends at SIGTERM.
 *
 *	server NAME [ADDRESS ...]
 *
 * It uses the sockets of LISTEN_FDS, if they are for this process, or else
 * opens a port of 127.0.0.1, or a path, for each ADDRESS.  "fd:N": descriptor
 *N. It prints the names of LISTEN_FDNAMES and of each socket.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 64

static const char *name;
static struct pollfd fds[MOST];
static nfds_t n;

static volatile sig_atomic_t ends;

static void
end(int sig)
{
	(void)sig;
	ends = 1;
}

static int
open_port(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((in_port_t)atoi(text))};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) == -1 ||
	    listen(fd, SOMAXCONN) == -1)
		err(1, "%s", text);
	return fd;
}

static int
open_path(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strlcpy(un.sun_path, path, sizeof(un.sun_path));
	unlink(path);
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) == -1 ||
	    listen(fd, SOMAXCONN) == -1)
		err(1, "%s", path);
	return fd;
}

static void
add(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || n == MOST)
		err(1, "descriptor %d", fd);
	printf("descriptor %d %s\n", fd,
	    (flags & O_NONBLOCK) != 0 ? "does not block" : "blocks");
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* The sockets that were passed. */
static void
take(void)
{
	const char *pid = getenv("LISTEN_PID"), *number = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");

	if (pid == NULL || number == NULL || atoi(pid) != (int)getpid())
		return;
	printf("names %s\n", names != NULL ? names : "-");
	for (int i = 0; i < atoi(number); i++)
		add(3 + i);
}

static void
serve(int fd)
{
	char text[128], drop[256];
	int c, len;

	while ((c = accept(fd, NULL, NULL)) != -1) {
		len = snprintf(text, sizeof(text), "%d %s\n", (int)getpid(),
		    name);
		if (write(c, text, (size_t)len) == len)
			shutdown(c, SHUT_WR);
		/* Unread bytes would reset the connection. */
		while (recv(c, drop, sizeof(drop), MSG_DONTWAIT) > 0)
			;
		close(c);
	}
}

int
main(int argc, char *argv[])
{
	sigset_t term, before;

	if (argc < 2)
		errx(2, "usage: server NAME [ADDRESS ...]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* SIGTERM comes while it waits: what it has accepted is answered. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	signal(SIGTERM, end);
	signal(SIGPIPE, SIG_IGN);
	name = argv[1];
	take();
	for (int i = 2; i < argc; i++)
		if (strncmp(argv[i], "fd:", 3) == 0)
			add(atoi(argv[i] + 3));
		else
			add(*argv[i] == '/' ? open_path(argv[i])
					    : open_port(argv[i]));
	printf("serves\n");
	while (!ends) {
		ppoll(fds, n, NULL, &before);
		for (nfds_t i = 0; i < n; i++)
			if (!ends && fds[i].revents != 0)
				serve(fds[i].fd);
	}
	return 0;
}
