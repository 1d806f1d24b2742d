/* atomic: files that appear, go and return whole, and leave nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/atomic.h"

static char folder[] = "/tmp/atomic_test.XXXXXX";
static char file[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/web.conf", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

/* How many files the folder has. */
static int
count(void)
{
	DIR *d = opendir(folder);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
assert_holds(const char *text)
{
	char buf[64] = "";
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(read(fd, buf, sizeof(buf)), strlen(text));
	assert_string_equal(buf, text);
	close(fd);
}

static void
test_create(void **state)
{
	mode_t mask = umask(0077);
	struct stat st;

	(void)state;
	assert_int_equal(atomic_create(file, "one", 3, 0644), 0);
	umask(mask);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(atomic_create(file, "two", 3, 0644), -1);
	assert_int_equal(errno, EEXIST);
	assert_holds("one");
	assert_int_equal(count(), 1);
	assert_int_equal(atomic_remove(file), 0);
	assert_int_equal(atomic_remove(file), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(atomic_create("/nonexistent/web.conf", "", 0, 0644),
	    -1);
	assert_int_equal(errno, ENOENT);
}

static void
test_aside(void **state)
{
	char *aside;

	(void)state;
	assert_null(atomic_aside(file));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(count(), 0);
	assert_int_equal(atomic_create(file, "one", 3, 0644), 0);
	aside = atomic_aside(file);
	assert_non_null(aside);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(strncmp(strrchr(aside, '/'), "/.web.conf.", 11), 0);
	/* What has taken its place meanwhile is not replaced. */
	assert_int_equal(atomic_create(file, "two", 3, 0644), 0);
	assert_int_equal(atomic_back(aside, file), -1);
	assert_int_equal(errno, EEXIST);
	assert_holds("two");
	assert_int_equal(atomic_remove(file), 0);
	assert_int_equal(atomic_back(aside, file), 0);
	assert_holds("one");
	assert_int_equal(count(), 1);
	assert_int_equal(atomic_remove(file), 0);
	free(aside);
}

static void
test_link(void **state)
{
	char target[16], *aside;

	(void)state;
	assert_int_equal(atomic_link("web@.conf", file), 0);
	assert_int_equal(atomic_link("other", file), -1);
	assert_int_equal(errno, EEXIST);
	/* It is itself put back, and not what it leads to. */
	aside = atomic_aside(file);
	assert_non_null(aside);
	assert_int_equal(atomic_back(aside, file), 0);
	assert_int_equal(readlink(file, target, sizeof(target)), 9);
	assert_memory_equal(target, "web@.conf", 9);
	assert_int_equal(count(), 1);
	assert_int_equal(atomic_remove(file), 0);
	assert_int_equal(atomic_link("", "/nonexistent/web.conf"), -1);
	assert_int_equal(errno, ENOENT);
	free(aside);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_create),
	    cmocka_unit_test(test_aside),
	    cmocka_unit_test(test_link),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
