/* console: pipes, sockets and files, none of which is waited for. */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/console.h"

static char page[PIPE_BUF];

/* Write until it takes no more; how much that was. */
static size_t
fill(int fd)
{
	size_t total = 0;
	ssize_t n;

	while ((n = console_write(fd, page, sizeof(page))) > 0)
		total += (size_t)n;
	assert_int_equal(n, -1);
	return total;
}

static bool
blocks(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

static void
loses_its_reader(int own, const int fds[2])
{
	close(fds[0]);
	assert_int_equal(console_write(own, page, 1), -1);
	assert_true(console_is_gone(errno));
	close(fds[1]);
	close(own);
}

static void
writes_to_a_pipe(void **state)
{
	int fds[2], own;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_not_equal(own = console_open(fds[1]), -1);
	assert_int_equal(fcntl(own, F_GETFD), FD_CLOEXEC);
	/* Those that share the description notice nothing. */
	assert_false(blocks(own));
	assert_true(blocks(fds[1]));
	assert_int_equal(fill(own), fcntl(own, F_GETPIPE_SZ));
	assert_int_equal(errno, EAGAIN);
	assert_false(console_is_gone(errno));
	/* As much as was read has room again, and is taken whole. */
	assert_int_equal(read(fds[0], page, sizeof(page)), sizeof(page));
	assert_int_equal(console_write(own, page, sizeof(page)), sizeof(page));
	loses_its_reader(own, fds);
}

/* It cannot be opened anew, and goes on blocking for others. */
static void
writes_to_a_socket(void **state)
{
	int fds[2], own;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     fds),
	    0);
	assert_int_not_equal(own = console_open(fds[1]), -1);
	assert_true(fill(own) > 0);
	assert_int_equal(errno, EAGAIN);
	assert_true(blocks(fds[1]));
	loses_its_reader(own, fds);
}

/* A file goes on where others that have it are. */
static void
writes_to_a_file(void **state)
{
	char path[] = "/tmp/console_test.XXXXXX", buf[8];
	int fd, own;

	(void)state;
	assert_int_not_equal(fd = mkostemp(path, O_CLOEXEC), -1);
	unlink(path);
	assert_int_equal(write(fd, "one", 3), 3);
	assert_int_not_equal(own = console_open(fd), -1);
	assert_int_equal(console_write(own, "two", 3), 3);
	assert_int_equal(write(fd, "!", 1), 1);
	assert_int_equal(pread(fd, buf, sizeof(buf), 0), 7);
	assert_memory_equal(buf, "onetwo!", 7);
	close(fd);
	close(own);
	assert_int_equal(console_open(fd), -1);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_to_a_pipe),
	    cmocka_unit_test(writes_to_a_socket),
	    cmocka_unit_test(writes_to_a_file),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
