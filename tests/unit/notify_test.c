/* notify: who sent a message, and what becomes of its descriptors. */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/notify.h"

struct world {
	char dir[64];
	char path[96];
	int fd;
	int client;
};

static int
setup(void **state)
{
	static struct world w;
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	strlcpy(w.dir, "/tmp/notify_test.XXXXXX", sizeof(w.dir));
	if (mkdtemp(w.dir) == NULL)
		return -1;
	snprintf(w.path, sizeof(w.path), "%s/notify", w.dir);
	w.fd = notify_open(w.path);
	w.client = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strlcpy(sun.sun_path, w.path, sizeof(sun.sun_path));
	*state = &w;
	return connect(w.client, (struct sockaddr *)&sun, sizeof(sun));
}

static int
teardown(void **state)
{
	struct world *w = *state;

	close(w->fd);
	close(w->client);
	unlink(w->path);
	return rmdir(w->dir);
}

static void
send_fds(const struct world *w, const char *text, const int *fds, size_t n)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(64 * sizeof(int))];
	} control = {0};
	struct iovec iov;
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;
	char copy[128];

	strlcpy(copy, text, sizeof(copy));
	iov = (struct iovec){copy, strlen(copy)};
	if (n > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	assert_int_equal(sendmsg(w->client, &msg, 0), strlen(copy));
}

static void
test_sender(void **state)
{
	struct world *w = *state;
	struct sdnotify m;
	pid_t pid;
	uid_t uid;
	int barrier;

	assert_int_equal(notify_receive(w->fd, &m, &pid, &uid, &barrier), 0);
	send_fds(w, "READY=1", NULL, 0);
	assert_int_equal(notify_receive(w->fd, &m, &pid, &uid, &barrier), 1);
	assert_true(m.ready);
	assert_int_equal(pid, getpid());
	assert_int_equal(uid, getuid());
	assert_int_equal(barrier, -1);
}

/* How many ends of the pipe are open but ours? */
static bool
is_closed(int reader)
{
	struct pollfd p = {.fd = reader, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

static void
test_barrier(void **state)
{
	struct world *w = *state;
	struct sdnotify m;
	int pair[2], fds[40], barrier;
	size_t i;
	pid_t pid;
	uid_t uid;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	for (i = 0; i < 40; i++)
		fds[i] = pair[1];
	/* One; three, of which two are nobody's business; too many. */
	send_fds(w, "BARRIER=1", fds, 1);
	send_fds(w, "BARRIER=1", fds, 3);
	send_fds(w, "BARRIER=1", fds, 40);
	close(pair[1]);
	assert_int_equal(notify_receive(w->fd, &m, &pid, &uid, &barrier), 1);
	assert_int_equal(fcntl(barrier, F_GETFD), FD_CLOEXEC);
	close(barrier);
	assert_int_equal(notify_receive(w->fd, &m, &pid, &uid, &barrier), 1);
	assert_false(is_closed(pair[0]));
	close(barrier);
	assert_int_equal(notify_receive(w->fd, &m, &pid, &uid, &barrier), -1);
	assert_int_equal(barrier, -1);
	assert_true(is_closed(pair[0]));
	close(pair[0]);
}

static void
test_too_long(void **state)
{
	struct world *w = *state;
	struct sdnotify m;
	char big[8192];
	pid_t pid;
	uid_t uid;
	int barrier;

	memset(big, '\n', sizeof(big));
	assert_int_equal(send(w->client, big, sizeof(big), 0), sizeof(big));
	send_fds(w, "READY=1", NULL, 0);
	assert_int_equal(notify_receive(w->fd, &m, &pid, &uid, &barrier), -1);
	assert_int_equal(notify_receive(w->fd, &m, &pid, &uid, &barrier), 1);
	assert_true(m.ready);
}

static void
test_open(void **state)
{
	struct world *w = *state;
	char path[256];
	int fd;

	/* A socket that a killed daemon left is no obstacle. */
	fd = notify_open(w->path);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(notify_open(path), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(notify_open("/nowhere/at/all"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_sender, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_barrier, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_open, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
