/*
 * folder_test - folders are made with their modes, and others' are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"

static char why[SAFEFILE_WHY_MAX];

/* Each test begins in an empty folder. */
static int
set_up(void **state)
{
	char path[] = "/tmp/folder_testXXXXXX";

	if (mkdtemp(path) == NULL || chdir(path) == -1)
		return -1;
	*state = strdup(path);
	return *state == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	unlink("link");
	unlink("file");
	rmdir("a/b/c");
	rmdir("a/b");
	rmdir("a");
	if (chdir("/") == -1 || rmdir(*state) == -1)
		return -1;
	free(*state);
	return 0;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
makes_folder_and_parents(void **state)
{
	mode_t mask = umask(077);

	(void)state;
	assert_int_equal(folder_make("a/b/c", 0711, why), 0);
	assert_int_equal(umask(mask), 077);
	assert_int_equal(mode_of("a"), 0755);
	assert_int_equal(mode_of("a/b"), 0755);
	assert_int_equal(mode_of("a/b/c"), 0711);
}

static void
leaves_one_that_exists(void **state)
{
	(void)state;
	assert_int_equal(folder_make("a", 0750, why), 0);
	assert_int_equal(folder_make("a", 0700, why), 0);
	assert_int_equal(mode_of("a"), 0750);
	assert_int_equal(symlink("a", "link"), 0);
	assert_int_equal(folder_make("link", 0700, why), 0);
}

static void
refuses_what_others_may_write(void **state)
{
	(void)state;
	assert_int_equal(folder_make("a", 0777, why), 0);
	assert_int_equal(folder_make("a", 0700, why), -1);
	assert_int_equal(errno, EPERM);
	assert_string_equal(why, "may be written by others (mode 0777)");
}

static void
refuses_what_others_own(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(folder_make("a", 0700, why), 0);
	assert_int_equal(symlink("a", "link"), 0);
	assert_int_equal(lchown("link", 1, 1), 0);
	assert_int_equal(folder_make("link", 0700, why), -1);
	assert_string_equal(why, "is a symbolic link of user 1");
	assert_int_equal(chown("a", 1, 1), 0);
	assert_int_equal(folder_make("a", 0700, why), -1);
	assert_int_equal(errno, EPERM);
	assert_non_null(strstr(why, "belongs to user 1"));
}

static void
refuses_what_is_no_folder(void **state)
{
	(void)state;
	assert_int_equal(symlink("nowhere", "link"), 0);
	assert_int_equal(folder_make("link", 0700, why), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mknod("file", S_IFREG | 0600, 0), 0);
	assert_int_equal(folder_make("file", 0700, why), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(folder_make("file/a", 0700, why), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_string_equal(why, strerror(ENOTDIR));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(makes_folder_and_parents),
	    TEST(leaves_one_that_exists),
	    TEST(refuses_what_others_may_write),
	    TEST(refuses_what_others_own),
	    TEST(refuses_what_is_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
