/* chain, ctl_chain: the last lines, and the way from file to file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/chain.h"
#include "client/logread.h"

static char folder[] = "/tmp/ctl_chain_test.XXXXXX";
static char base[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(base, sizeof(base), "%s/x.log", folder);
	return 0;
}

static const char *
path_of(int i)
{
	static char path[80];

	snprintf(path, sizeof(path), i == 0 ? "%s" : "%s.%d", base, i);
	return path;
}

static void
put(int i, const char *text)
{
	FILE *f = fopen(path_of(i), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Rotate as the log process does. */
static void
rotate(int keep, const char *text)
{
	char from[80];
	int i;

	for (i = keep - 1; i >= 0; i--) {
		strlcpy(from, path_of(i), sizeof(from));
		(void)rename(from, path_of(i + 1));
	}
	put(0, text);
}

static void
clean(void)
{
	int i;

	for (i = 0; i < 10; i++)
		(void)unlink(path_of(i));
}

static int
teardown(void **state)
{
	(void)state;
	clean();
	return rmdir(folder);
}

/* The file has that first byte; it is closed. */
static void
is(int fd, char first)
{
	char c;

	assert_int_not_equal(fd, -1);
	assert_int_equal(pread(fd, &c, 1, 0), 1);
	assert_int_equal(c, first);
	close(fd);
}

static void
check_tail(const char *text, int64_t n, int64_t left, const char *rest)
{
	char buf[64] = "";
	int64_t got, room = INT64_MAX;
	int fd;

	put(0, text);
	fd = open(path_of(0), O_RDONLY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(logread_seek(fd, n, &got, &room), 0);
	assert_int_equal(got, left);
	assert_true(read(fd, buf, sizeof(buf) - 1) >= 0);
	assert_string_equal(buf, rest);
	close(fd);
}

static void
finds_last_lines(void **state)
{
	(void)state;
	check_tail("", 3, 3, "");
	check_tail("a\nb\nc\n", 0, 0, "");
	check_tail("a\nb\nc\n", 1, 0, "c\n");
	check_tail("a\nb\nc\n", 2, 0, "b\nc\n");
	check_tail("a\nb\nc\n", 3, 0, "a\nb\nc\n");
	check_tail("a\nb\nc\n", 5, 2, "a\nb\nc\n");
	check_tail("a\nb\nc", 1, 0, "c");
	check_tail("\n\n", 1, 0, "\n");
	check_tail("\n\n", 3, 1, "\n\n");
	clean();
}

/* Lines longer than what is read at once. */
static void
finds_long_lines(void **state)
{
	size_t n = 200000;
	char *text = malloc(2 * n + 1);
	int64_t left, room = INT64_MAX;
	int fd;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 2 * n);
	text[2 * n] = '\0';
	text[n - 1] = text[2 * n - 1] = '\n';
	put(0, text);
	fd = open(path_of(0), O_RDONLY | O_CLOEXEC);
	assert_int_equal(logread_seek(fd, 1, &left, &room), 0);
	assert_int_equal(left, 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), n);
	assert_int_equal(room, INT64_MAX - (int64_t)n);
	close(fd);
	free(text);
	clean();
}

/* A line that is longer than the room is cut, between two characters. */
static void
cuts_long_lines(void **state)
{
	int64_t left, room;
	char buf[16] = "";
	int fd;

	(void)state;
	put(0, "one\nt\303\266o");
	fd = open(path_of(0), O_RDONLY | O_CLOEXEC);
	for (room = 1; room < 5; room++) {
		int64_t rest = room;

		assert_int_equal(logread_seek(fd, 1, &left, &rest), 0);
		assert_int_equal(left, 0);
		assert_int_equal(rest, 0);
		memset(buf, 0, sizeof(buf));
		assert_true(read(fd, buf, sizeof(buf) - 1) >= 0);
		assert_string_equal(buf,
		    room < 3	    ? "o"
			: room == 3 ? "\303\266o"
				    : "t\303\266o");
	}
	close(fd);
	clean();
}

static void
walks_in_order(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(chain_newest(base), -1);
	assert_int_equal(chain_newer(base, -1, -1), -1);
	put(0, "a");
	is(chain_newest(base), 'a');
	fd = chain_newest(base);
	assert_int_equal(chain_newer(base, fd, -1), -1);
	assert_int_equal(chain_older(base, fd), -1);
	rotate(5, "b");
	rotate(5, "c");
	rotate(5, "d");
	/* However far it moved, the next one is the next one. */
	is(chain_newer(base, fd, -1), 'b');
	close(fd);
	fd = chain_newest(base);
	is(fd, 'd');
	fd = chain_newest(base);
	is(chain_older(base, fd), 'c');
	close(fd);
	clean();
}

/* One number is missing while files are moved. */
static void
bridges_a_gap(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(chain_size(base), 0);
	put(1, "a");
	put(3, "b");
	assert_int_equal(chain_size(base), 2);
	is(chain_newest(base), 'a');
	fd = chain_newest(base);
	is(chain_older(base, fd), 'b');
	close(fd);
	fd = open(path_of(3), O_RDONLY | O_CLOEXEC);
	is(chain_newer(base, fd, -1), 'a');
	close(fd);
	clean();
}

static void
goes_on_after_a_removal(void **state)
{
	int fd, older;

	(void)state;
	put(0, "b");
	put(1, "a");
	fd = chain_newest(base);
	older = chain_older(base, fd);
	assert_int_equal(unlink(path_of(0)), 0);
	/* The file that was read before it is not read again. */
	assert_int_equal(chain_newer(base, fd, older), -1);
	put(0, "c");
	is(chain_newer(base, fd, older), 'c');
	/* Both are gone: all that is there is newer. */
	rotate(5, "d");
	assert_int_equal(unlink(path_of(2)), 0);
	is(chain_newer(base, fd, older), 'c');
	close(fd);
	close(older);
	clean();
}

static void
opens_plain_files_only(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path_of(0), 0600), 0);
	assert_int_equal(chain_newest(base), -1);
	assert_int_equal(unlink(path_of(0)), 0);
	assert_int_equal(symlink("/etc/passwd", path_of(0)), 0);
	assert_int_equal(chain_newest(base), -1);
	clean();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_last_lines),
	    cmocka_unit_test(finds_long_lines),
	    cmocka_unit_test(cuts_long_lines),
	    cmocka_unit_test(walks_in_order),
	    cmocka_unit_test(bridges_a_gap),
	    cmocka_unit_test(goes_on_after_a_removal),
	    cmocka_unit_test(opens_plain_files_only),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
