/* notify: who sent a message, and what becomes of its descriptors. */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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
#include "process/process.h"

struct world {
	char dir[64];
	struct loop *loop;
	struct notify *notify;
	struct notify_socket *socket;
	int client;
	int dropped;
	/* The arguments of the handler. */
	int count;
	void *owner;
	struct sdnotify last;
	pid_t sender;
	/* The handler closes the socket. */
	bool closes;
};

static void
ignore(const struct signalfd_siginfo *si, void *arg)
{
	(void)si;
	(void)arg;
}

static void
handle(void *arg, void *owner, const struct sdnotify *m, pid_t sender)
{
	struct world *w = arg;

	w->count++;
	w->owner = owner;
	if (m != NULL)
		w->last = *m;
	else
		w->dropped++;
	w->sender = sender;
	if (w->closes) {
		notify_close(w->socket);
		w->socket = NULL;
	}
}

static void
turn_ends(struct deadline *d)
{
	loop_end(d->arg);
}

/* Some turns of the loop. */
static void
turn(struct world *w)
{
	struct deadline end = {.due = turn_ends, .arg = w->loop};

	loop_at(w->loop, &end, clock_add_ms(clock_now(), 10));
	assert_int_equal(loop_run(w->loop), 0);
}

static void
await(struct world *w, int count)
{
	while (w->count < count)
		turn(w);
	assert_int_equal(w->count, count);
}

static int
setup(void **state)
{
	static struct world w;
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char folder[96];
	sigset_t none;

	w = (struct world){.client = -1};
	strlcpy(w.dir, "/tmp/notify_test.XXXXXX", sizeof(w.dir));
	if (mkdtemp(w.dir) == NULL)
		return -1;
	snprintf(folder, sizeof(folder), "%s/notify.d", w.dir);
	sigemptyset(&none);
	w.loop = loop_new(&none, ignore, NULL);
	w.notify = notify_new(w.loop, folder, handle, &w);
	w.socket = notify_open(w.notify, 17, (uid_t)-1, false, -1, &w);
	w.client = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strlcpy(sun.sun_path, notify_path(w.socket), sizeof(sun.sun_path));
	*state = &w;
	return connect(w.client, (struct sockaddr *)&sun, sizeof(sun));
}

static int
teardown(void **state)
{
	struct world *w = *state;

	close(w->client);
	notify_free(w->notify);
	loop_free(w->loop);
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
		msg.msg_controllen = (socklen_t)CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = (socklen_t)CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	assert_int_equal(sendmsg(w->client, &msg, 0), strlen(copy));
}

static void
test_sender(void **state)
{
	struct world *w = *state;

	send_fds(w, "READY=1", NULL, 0);
	await(w, 1);
	assert_true(w->last.ready);
	assert_ptr_equal(w->owner, w);
	assert_int_equal(w->sender, getpid());
}

/* The number of a process that has ended may be another's by now. */
static void
test_sender_has_ended(void **state)
{
	struct world *w = *state;
	int status;
	pid_t pid;

	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(send(w->client, "READY=1", 7, 0) == 7 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	await(w, 1);
	assert_true(w->last.ready);
	/* Before Linux 6.5 there is only the pid. */
	if (w->sender != 0)
		assert_int_equal(w->sender, pid);
}

static bool
is_closed(int reader)
{
	struct pollfd p = {.fd = reader, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

/* All that comes along is closed, and the next message is read after that. */
static void
test_barrier(void **state)
{
	struct world *w = *state;
	int pair[2], fds[40];
	size_t i;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	for (i = 0; i < 40; i++)
		fds[i] = pair[1];
	send_fds(w, "BARRIER=1", fds, 1);
	send_fds(w, "BARRIER=1", fds, 40);
	close(pair[1]);
	assert_false(is_closed(pair[0]));
	await(w, 2);
	while (!is_closed(pair[0]))
		turn(w);
	close(pair[0]);
}

static void
test_unread_descriptors(void **state)
{
	struct world *w = *state;
	struct pollfd p = {.events = POLLIN};
	int pair[2];

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	send_fds(w, "BARRIER=1", &pair[1], 1);
	close(pair[1]);
	notify_close(w->socket);
	p.fd = pair[0];
	assert_int_equal(poll(&p, 1, 60000), 1);
	assert_true(is_closed(pair[0]));
	close(pair[0]);
	/* Nobody can send any more. */
	assert_int_equal(send(w->client, "x", 1, MSG_NOSIGNAL), -1);
}

static void
test_close_in_handler(void **state)
{
	struct world *w = *state;
	int pair[2];

	w->closes = true;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	send_fds(w, "READY=1", &pair[1], 1);
	send_fds(w, "READY=1", NULL, 0);
	close(pair[1]);
	while (!is_closed(pair[0]))
		turn(w);
	assert_int_equal(w->count, 1);
	close(pair[0]);
}

static void
test_too_long(void **state)
{
	struct world *w = *state;
	static char big[65537];

	memset(big, '\n', sizeof(big));
	memcpy(big + sizeof(big) - 8, "READY=1", 7);
	assert_int_equal(send(w->client, big, sizeof(big), 0), sizeof(big));
	await(w, 1);
	assert_int_equal(w->dropped, 1);
	assert_int_equal(w->sender, getpid());
	/* One byte less fits, and is read whole. */
	assert_int_equal(send(w->client, big + 1, sizeof(big) - 1, 0),
	    sizeof(big) - 1);
	await(w, 2);
	assert_int_equal(w->dropped, 1);
	assert_true(w->last.ready);
}

/* Only a pidfd that comes alone refers to a process. */
static void
test_mainpidfd(void **state)
{
	struct world *w = *state;
	pid_t child;
	int fds[2];

	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		pause();
		_exit(0);
	}
	fds[0] = fds[1] = process_open(child);
	if (fds[0] == -1) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		skip();
	}
	send_fds(w, "MAINPIDFD=1\nMAINPID=77", fds, 1);
	await(w, 1);
	assert_int_equal(w->last.mainpid, child);
	send_fds(w, "MAINPIDFD=1", fds, 2);
	await(w, 2);
	assert_int_equal(w->last.mainpid, 0);
	send_fds(w, "MAINPIDFD=1", NULL, 0);
	await(w, 3);
	assert_int_equal(w->last.mainpid, 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	send_fds(w, "MAINPIDFD=1", fds, 1);
	await(w, 4);
	assert_int_equal(w->last.mainpid, 0);
	close(fds[0]);
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	send_fds(w, "MAINPIDFD=1", fds, 1);
	await(w, 5);
	assert_int_equal(w->last.mainpid, 0);
	close(fds[0]);
}

static void
test_open(void **state)
{
	struct world *w = *state;
	struct notify_socket *again, *last;
	char path[108];
	struct stat st;

	assert_int_equal(stat(notify_path(w->socket), &st), 0);
	/* As root, everybody who knows the name may send. */
	assert_int_equal(st.st_mode & 07777, geteuid() == 0 ? 0666 : 0600);
	assert_true((strrchr(notify_path(w->socket), '.') >
			strrchr(notify_path(w->socket), '/')) ==
	    (geteuid() == 0));
	assert_int_equal(fcntl(notify_fd(w->socket), F_GETFD), FD_CLOEXEC);
	assert_true(notify_is_for(w->socket, (uid_t)-1));
	/* A socket that a killed daemon left is no obstacle. */
	again = notify_open(w->notify, 17, (uid_t)-1, false, -1, NULL);
	assert_non_null(again);
	notify_close(again);
	/* The program that runs keeps its path. */
	again = notify_open(w->notify, 19, (uid_t)-1, false, -1, NULL);
	strlcpy(path, notify_path(again), sizeof(path));
	last = notify_open(w->notify, 19, (uid_t)-1, true, -1, NULL);
	assert_string_equal(notify_path(last), path);
	notify_close(last);
	notify_close(again);
	if (geteuid() != 0)
		return;
	again = notify_open(w->notify, 18, 65534, false, -1, NULL);
	assert_non_null(again);
	assert_int_equal(stat(notify_path(again), &st), 0);
	assert_int_equal(st.st_uid, 65534);
	notify_close(again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_sender, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sender_has_ended, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(test_barrier, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_unread_descriptors, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(test_close_in_handler, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_mainpidfd, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_open, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
