/*
 * notifysocket - a program sends messages of any length to its notify socket,
 * with descriptors and credentials.  No message counts as that of another
 * program or delays it, and no descriptor stays open.
 *
 * The input is a list of steps.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "fuzz.h"
#include "process/closer.h"
#include "process/notify.h"

#define INPUT_MAX 4096
/* More than a message may have, and more than the kernel passes. */
#define TEXT_MAX 70000
#define RIGHTS_MAX 255

/* Bits of a step. */
enum { CLOSED = 1, RIGHTS = 2, CREDENTIALS = 4, REOPEN = 8, TURN = 16 };

void __wrap_closer_close(struct closer *, const int *, size_t,
    void (*done)(void *), void *);

struct input {
	const uint8_t *at;
	size_t left;
};

/* Descriptors of a message that are being closed. */
struct closing {
	void (*done)(void *);
	void *arg;
};

static char folder[32], sockets[64];
static struct loop *loop;
static struct notify *notify;
static struct notify_socket *web, *other;
static unsigned got_web, got_other;
static int null = -1;
static struct closing closing[2 * INPUT_MAX];
static size_t nclosing;

/* No process is made; the end comes with a step. */
void
__wrap_closer_close(struct closer *c, const int *fds, size_t n,
    void (*done)(void *), void *arg)
{
	(void)c;
	must(n > 0);
	for (size_t i = 0; i < n; i++)
		must(close(fds[i]) == 0);
	if (done == NULL)
		return;
	must(nclosing < sizeof(closing) / sizeof(closing[0]));
	closing[nclosing++] = (struct closing){done, arg};
}

static void
closed(void)
{
	if (nclosing > 0) {
		nclosing--;
		closing[nclosing].done(closing[nclosing].arg);
	}
}

static void
message(void *arg, void *owner, const struct sdnotify *m, pid_t sender)
{
	(void)arg;
	if (m != NULL) {
		must(memchr(m->status, '\0', sizeof(m->status)) != NULL);
		must(m->mainpid >= 0);
	}
	must(sender == getpid());
	if (owner == &got_web)
		/* A message with descriptors holds up those after it. */
		must(nclosing == 0 || closing[nclosing - 1].arg != web);
	else
		must(owner == &got_other);
	++*(unsigned *)owner;
}

static void
remove_folder(void)
{
	rmdir(sockets);
	rmdir(folder);
}

static void
ignore(const struct signalfd_siginfo *si, void *arg)
{
	(void)si;
	(void)arg;
}

static void
begin(void)
{
	sigset_t none;

	log_init(false, false);
	strcpy(folder, "/dev/shm/hupd-fuzz.XXXXXX");
	if (mkdtemp(folder) == NULL)
		err(1, "%s", folder);
	atexit(remove_folder);
	snprintf(sockets, sizeof(sockets), "%s/notify", folder);
	sigemptyset(&none);
	must((loop = loop_new(&none, ignore, NULL)) != NULL);
	must((notify = notify_new(loop, sockets, message, NULL)) != NULL);
	must((null = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1);
}

static void
turn_ends(struct deadline *d)
{
	(void)d;
	loop_end(loop);
}

static void
turn(void)
{
	static struct deadline end = {.due = turn_ends};

	loop_at(loop, &end, clock_now());
	must(loop_run(loop) == 0);
}

static uint8_t
next(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static void
put_control(struct msghdr *mh, int what, size_t nfds)
{
	const struct ucred self = {getpid(), getuid(), getgid()};
	struct cmsghdr *c = mh->msg_control;
	size_t used = 0;
	int *fds;

	if (what & CREDENTIALS) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_CREDENTIALS;
		c->cmsg_len = CMSG_LEN(sizeof(self));
		memcpy(CMSG_DATA(c), &self, sizeof(self));
		used += CMSG_SPACE(sizeof(self));
		c = (struct cmsghdr *)((char *)mh->msg_control + used);
	}
	if (what & RIGHTS) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		fds = (int *)(void *)CMSG_DATA(c);
		for (size_t i = 0; i < nfds; i++)
			fds[i] = null;
		used += CMSG_SPACE(nfds * sizeof(int));
	}
	mh->msg_controllen = used;
}

static void
send_message(int sock, int what, struct input *in)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct ucred)) +
		    CMSG_SPACE(RIGHTS_MAX * sizeof(int))];
	} control = {0};
	static char text[TEXT_MAX];
	const size_t nfds = what & RIGHTS ? next(in) : 0;
	struct iovec iov = {.iov_base = text,
	    .iov_len = (size_t)next(in) * 280};
	struct msghdr mh = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	};
	size_t n = iov.iov_len;

	if (n > sizeof(text))
		n = iov.iov_len = sizeof(text);
	/* A long text needs no long input. */
	memset(text, 'x', n);
	if (n > in->left)
		n = in->left;
	if (n > 0)
		memcpy(text, in->at, n);
	in->at += n;
	in->left -= n;
	put_control(&mh, what, nfds);
	if (mh.msg_controllen == 0)
		mh.msg_control = NULL;
	/* The socket is full, or the kernel passes no such number. */
	if (sendmsg(sock, &mh, MSG_DONTWAIT) == -1)
		must(errno == EAGAIN || errno == EINVAL ||
		    errno == ECONNREFUSED || errno == ETOOMANYREFS);
}

static int
client_of(const struct notify_socket *s)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(sun.sun_path, notify_path(s));
	must(fd != -1 &&
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	return fd;
}

/* Give the program a new socket. */
static int
reopen(int client)
{
	if (client != -1)
		close(client);
	notify_close(web);
	web = notify_open(notify, 1, (uid_t)-1, false, -1, &got_web);
	must(web != NULL);
	return client_of(web);
}

/* A message of another program is read, whatever the first one does. */
static void
other_is_served(void)
{
	int client = client_of(other);
	unsigned before = got_other;

	must(send(client, "READY=1", 7, 0) == 7);
	turn();
	must(got_other == before + 1);
	close(client);
}

static size_t
count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	must(dir != NULL);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	size_t before;
	int client, what;

	if (notify == NULL)
		begin();
	if (size > INPUT_MAX)
		return 0;
	before = count_open();
	other = notify_open(notify, 2, (uid_t)-1, false, -1, &got_other);
	must(other != NULL);
	client = reopen(-1);
	while (in.left > 0) {
		what = next(&in);
		if (what & CLOSED)
			closed();
		if (what & REOPEN)
			client = reopen(client);
		send_message(client, what, &in);
		if (what & TURN)
			turn();
	}
	other_is_served();
	close(client);
	notify_close(web);
	notify_close(other);
	web = NULL;
	while (nclosing > 0)
		closed();
	must(count_open() == before);
	return 0;
}
