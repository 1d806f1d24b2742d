/*
 * greet - a small TCP server: it greets clients that connect to 127.0.0.1, and
 * says who it is.
 *
 * usage: greet PORT [WORD]
 *
 * Where READY_FD is set in the environment it writes a newline to that
 * descriptor once it listens, which is what "ready = fd:N" waits for.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int
listen_on(int port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	int one = 1, s;

	sin.sin_port = htons((in_port_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s == -1)
		err(1, "socket");
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1)
		err(1, "setsockopt");
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "bind to port %d", port);
	if (listen(s, 128) == -1)
		err(1, "listen");
	return s;
}

static void
tell_ready(void)
{
	const char *fd = getenv("READY_FD");

	if (fd == NULL)
		return;
	if (write(atoi(fd), "\n", 1) != 1)
		err(1, "readiness on descriptor %s", fd);
	close(atoi(fd));
}

int
main(int argc, char **argv)
{
	const char *word = argc > 2 ? argv[2] : "hello";
	int c, port, s;

	if (argc < 2 || (port = atoi(argv[1])) < 1 || port > 65535) {
		fprintf(stderr, "usage: greet PORT [WORD]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	s = listen_on(port);
	tell_ready();
	printf("listening on port %d\n", port);
	fflush(stdout);
	for (;;) {
		c = accept4(s, NULL, NULL, SOCK_CLOEXEC);
		if (c == -1) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			err(1, "accept");
		}
		dprintf(c, "%s from pid %d\n", word, (int)getpid());
		close(c);
		printf("greeted one\n");
		fflush(stdout);
	}
}
