/*
 * load - connect to a server again and again, from several processes, and
 * count what fails.
 *
 *	load CLIENTS STOP ADDRESS ...
 *
 * Each address is a port of 127.0.0.1 or a path.  Each client connects to them
 * in turn and reads the answer up to its end, until the file STOP exists.  Then
 * the sum is printed:
 *
 *	served N refused N reset N unanswered N slowest MS
 *
 * A connection counts as unanswered after 5 s, and as reset if it ends without
 * a line.  Status 1: something failed.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 5000 /* ms */

static struct count {
	long served;
	long refused;
	long reset;
	long unanswered;
	long slowest; /* ms */
} * counts;

static long
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long)(ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static socklen_t
address_of(const char *text, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)ss;
	struct sockaddr_un *un = (struct sockaddr_un *)(void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (*text == '/') {
		un->sun_family = AF_UNIX;
		strlcpy(un->sun_path, text, sizeof(un->sun_path));
		return sizeof(*un);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((in_port_t)atoi(text));
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*in);
}

/* One connection. */
static void
attempt(const char *text, struct count *c)
{
	const struct timeval limit = {.tv_sec = LONGEST / 1000};
	struct sockaddr_storage ss;
	socklen_t len = address_of(text, &ss);
	char answer[256];
	ssize_t n, all = 0;
	long begun = now(), took;
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		err(2, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&ss, len) == -1) {
		if (errno == EAGAIN || errno == EINPROGRESS ||
		    errno == ETIMEDOUT)
			c->unanswered++;
		else if (errno == ECONNRESET)
			c->reset++;
		else
			c->refused++;
		close(fd);
		usleep(1000);
		return;
	}
	while ((n = read(fd, answer, sizeof(answer))) > 0)
		all += n;
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		c->unanswered++;
	else if (n == -1 || all == 0)
		c->reset++;
	else
		c->served++;
	took = now() - begun;
	if (took > c->slowest)
		c->slowest = took;
	close(fd);
}

int
main(int argc, char *argv[])
{
	struct count sum = {0};
	int clients;

	if (argc < 4 || (clients = atoi(argv[1])) <= 0)
		errx(2, "usage: load CLIENTS STOP ADDRESS ...");
	counts = mmap(NULL, (size_t)clients * sizeof(*counts),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		err(2, "mmap");
	for (int i = 0; i < clients; i++)
		switch (fork()) {
		case -1:
			err(2, "fork");
		case 0:
			for (int turn = i; access(argv[2], F_OK) == -1; turn++)
				attempt(argv[3 + turn % (argc - 3)],
				    &counts[i]);
			_exit(0);
		}
	while (wait(NULL) != -1)
		;
	for (int i = 0; i < clients; i++) {
		sum.served += counts[i].served;
		sum.refused += counts[i].refused;
		sum.reset += counts[i].reset;
		sum.unanswered += counts[i].unanswered;
		if (counts[i].slowest > sum.slowest)
			sum.slowest = counts[i].slowest;
	}
	printf("served %ld refused %ld reset %ld unanswered %ld slowest %ld\n",
	    sum.served, sum.refused, sum.reset, sum.unanswered, sum.slowest);
	return sum.refused + sum.reset + sum.unanswered > 0;
}
