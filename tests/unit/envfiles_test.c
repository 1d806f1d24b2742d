/* envfiles: what a helper reads is what is known of the files. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/envfiles.h"

static char dir[] = "/tmp/envfiles_test.XXXXXX";
static char path[sizeof(dir) + 8];

static void
put(const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

/* The work of the helper, in this process; the answer is malloc'd. */
static char *
answer(struct envfiles *fs)
{
	char *text = calloc(1, 65536);
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	envfiles_answer(fs, fds[1]);
	close(fds[1]);
	assert_in_range(read(fds[0], text, 65535), 0, 65535);
	close(fds[0]);
	return text;
}

/* Have another cache learn the file from that answer, and check it. */
static void
check(const char *bytes, size_t len, int found, const char *what)
{
	struct envfiles *asked = envfiles_new(), *fs = envfiles_new();
	const struct envfile *file;
	char *text;

	assert_non_null(asked);
	assert_non_null(fs);
	if (bytes != NULL)
		put(bytes, len);
	assert_int_equal(envfiles_known(asked, path)->err, EINPROGRESS);
	assert_true(envfiles_lack(asked));
	text = answer(asked);
	file = envfiles_known(fs, path);
	assert_int_equal(file->err, EINPROGRESS);
	envfiles_learn(fs, text);
	assert_false(envfiles_lack(fs));
	assert_int_equal(file->err, 0);
	assert_int_equal(file->found, found);
	if (found == 1) {
		assert_string_equal(file->bytes, what);
		assert_int_equal(file->len, strlen(what));
	} else if (found == -1)
		assert_non_null(strstr(file->why, what));
	free(text);
	envfiles_free(asked);
	envfiles_free(fs);
}

static void
learns(void **state)
{
	/* A line of the file is no line of the answer. */
	static const char lines[] =
	    "A=1\nenvfile path=/x found=0\n"
	    "user root 0 0 0 x / /bin/sh\nB='\xff%41 ='";
	static const char zero[] = "A=1\0B";

	(void)state;
	check(lines, sizeof(lines) - 1, 1, lines);
	check("", 0, 1, "");
	check(zero, sizeof(zero) - 1, -1, "a byte with the value 0");
	assert_int_equal(unlink(path), 0);
	check(NULL, 0, 0, NULL);
	assert_int_equal(mkdir(path, 0700), 0);
	check(NULL, 0, -1, "is a folder");
	assert_int_equal(rmdir(path), 0);
}

static void
takes_no_half_answer(void **state)
{
	struct envfiles *fs = envfiles_new();

	(void)state;
	assert_non_null(fs);
	envfiles_known(fs, "/a");
	envfiles_known(fs, "/b");
	envfiles_learn(fs,
	    "envfile path=/a found=1 bytes=A%3d1\n"
	    "envfile path=/b found=1 bytes=B%3");
	assert_string_equal(envfiles_known(fs, "/a")->bytes, "A=1");
	assert_int_equal(envfiles_known(fs, "/b")->err, EINPROGRESS);
	envfiles_learn(fs, NULL);
	envfiles_give_up(fs, ETIMEDOUT);
	assert_int_equal(envfiles_known(fs, "/a")->err, 0);
	assert_int_equal(envfiles_known(fs, "/b")->err, ETIMEDOUT);
	envfiles_free(fs);
	envfiles_free(NULL);
}

static int
make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/env", dir);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(learns),
	    cmocka_unit_test(takes_no_half_answer),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
