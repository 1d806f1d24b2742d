/* file: safe reading, whole-file writes, own folders. */
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
#include <limits.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#define FILE_NAME "./web.conf"

static char why[FILE_WHY_MAX];

/* Each test begins in an empty folder. */
static int
set_up(void **state)
{
	char path[] = "/tmp/file_testXXXXXX";

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
	unlink(FILE_NAME);
	rmdir("a/b/c");
	rmdir("a/b");
	rmdir("a");
	if (chdir("/") == -1 || rmdir(*state) == -1)
		return -1;
	free(*state);
	return 0;
}

static void
reads_what_is_safe(void **state)
{
	struct file f;

	(void)state;
	assert_int_equal(file_read(&f, AT_FDCWD, FILE_NAME, 3), 0);
	assert_int_equal(file_create(FILE_NAME, "one", 3, 0644), 0);
	assert_int_equal(symlink(FILE_NAME, "link"), 0);
	assert_int_equal(file_look(&f, AT_FDCWD, "link", 3), 1);
	assert_true(f.link);
	assert_null(f.bytes);
	assert_int_equal(file_read(&f, AT_FDCWD, "link", 3), 1);
	assert_int_equal(f.len, 3);
	assert_string_equal(f.bytes, "one");
	file_clear(&f);
	assert_null(f.bytes);
}

static void
assert_refused(const char *name, size_t max, int err, const char *reason)
{
	struct file f;

	assert_int_equal(file_read(&f, AT_FDCWD, name, max), -1);
	assert_int_equal(errno, err);
	assert_string_equal(f.why, reason);
	assert_null(f.bytes);
}

static void
refuses_to_read(void **state)
{
	(void)state;
	assert_int_equal(mkfifo("file", 0600), 0);
	assert_refused("file", 3, EINVAL, "is a FIFO, not a regular file");
	assert_refused(".", 3, EINVAL, "is a folder, not a regular file");
	assert_int_equal(file_create(FILE_NAME, "one", 3, 0646), 0);
	assert_refused(FILE_NAME, 3, EPERM,
	    "may be written by others (mode 0646)");
	assert_int_equal(chmod(FILE_NAME, 0644), 0);
	assert_refused(FILE_NAME, 2, EFBIG, "is larger than 0 KiB");
	assert_int_equal(symlink("nowhere", "link"), 0);
	assert_refused("link", 3, ENOENT,
	    "is a symbolic link that leads nowhere: "
	    "No such file or directory");
	if (geteuid() != 0)
		return;
	assert_int_equal(lchown("link", 1, 1), 0);
	assert_refused("link", 3, EPERM,
	    "is a symbolic link of user 1, neither root nor hupd's own user");
	assert_int_equal(chown(FILE_NAME, 1, 1), 0);
	assert_refused(FILE_NAME, 3, EPERM,
	    "belongs to user 1, neither root nor hupd's own user");
}

static void
slurps(void **state)
{
	struct stat st;
	size_t len;
	char *bytes;

	(void)state;
	assert_null(file_slurp(FILE_NAME, 0, 3, &len, NULL));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(file_create(FILE_NAME, "one", 3, 0666), 0);
	bytes = file_slurp(FILE_NAME, 0, 8, &len, &st);
	assert_non_null(bytes);
	assert_int_equal(len, 3);
	assert_memory_equal(bytes, "one", 3);
	assert_int_equal(st.st_mode & 07777, 0666);
	free(bytes);
	bytes = file_slurp(FILE_NAME, O_NOFOLLOW, 2, &len, NULL);
	assert_int_equal(len, 2);
	free(bytes);
	assert_int_equal(symlink(FILE_NAME, "link"), 0);
	assert_null(file_slurp("link", O_NOFOLLOW, 8, &len, NULL));
	assert_int_equal(errno, ELOOP);
	assert_null(file_slurp(".", 0, 8, &len, NULL));
	assert_int_equal(errno, EISDIR);
}

static void
compares_stamps(void **state)
{
	struct file_stamp first, second;
	struct stat st;

	(void)state;
	assert_int_equal(file_create(FILE_NAME, "one", 3, 0644), 0);
	assert_int_equal(stat(FILE_NAME, &st), 0);
	first = second = file_stamp(&st);
	assert_true(file_same_stamp(&first, &second));
	second.ctime.tv_nsec++;
	assert_false(file_same_stamp(&first, &second));
	/* Another file of the same name, size and times. */
	second = first;
	second.ino++;
	assert_false(file_same_stamp(&first, &second));
}

static void
assert_path(const char *path, const struct file_trust *trust,
    const char *reason)
{
	*why = '\0';
	assert_int_equal(file_check_path(AT_FDCWD, path, trust, why),
	    *reason == '\0' ? 0 : -1);
	assert_string_equal(why, reason);
}

static void
checks_each_folder_of_a_path(void **state)
{
	char loops[128], reason[2 * PATH_MAX], here[PATH_MAX];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(mkdir("a/b", 0755), 0);
	assert_path("a/b/file", NULL, "");
	assert_path("a/./b//../b/missing/x", NULL, "");
	assert_int_equal(chmod("a", 0757), 0);
	assert_path("a/b", NULL,
	    "./a, on the path to it, may be written by others (mode 0757)");
	assert_path("a", NULL, "may be written by others (mode 0757)");
	/* The same by links, relative and absolute. */
	assert_int_equal(symlink("a/b", "link"), 0);
	assert_path("link/x", NULL,
	    "./a, on the path to it, may be written by others (mode 0757)");
	assert_int_equal(unlink("link"), 0);
	snprintf(reason, sizeof(reason), "%s/a/b", here);
	assert_int_equal(symlink(reason, "link"), 0);
	snprintf(reason, sizeof(reason),
	    "%s/a, on the path to it, may be written by others (mode 0757)",
	    here);
	assert_path("link", NULL, reason);
	/* Sticky is safe above, and not for the folder itself. */
	assert_int_equal(chmod("a", 01777), 0);
	assert_path("a/b", NULL, "");
	assert_path("a", NULL, "may be written by others (mode 1777)");
	assert_int_equal(symlink("self", "self"), 0);
	snprintf(loops, sizeof(loops),
	    "is a symbolic link that leads nowhere: %s", strerror(ELOOP));
	assert_path("self", NULL, loops);
	assert_int_equal(unlink("self"), 0);
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(rmdir("a/b"), 0);
}

static void
knows_whom_to_trust(void **state)
{
	const struct file_trust groups = {.any_group = true, .owner = 1};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(mkdir("a/b", 0755), 0);
	assert_int_equal(chmod("a", 0775), 0);
	assert_path("a/b", NULL, "");
	assert_int_equal(chown("a", 0, 1), 0);
	assert_path("a/b", NULL,
	    "./a, on the path to it, may be written by others (mode 0775)");
	assert_path("a/b", &groups, "");
	assert_int_equal(chown("a/b", 1, 1), 0);
	assert_path("a/b", &groups, "");
	/* Its own group may write. */
	assert_int_equal(chmod("a/b", 0775), 0);
	assert_path("a/b", &groups, "");
	assert_int_equal(chown("a/b", 2, 1), 0);
	assert_path("a/b", &groups,
	    "belongs to user 2, neither root nor hupd's own user");
	assert_int_equal(chown("a", 1, 0), 0);
	assert_path("a/b", &groups,
	    "./a, on the path to it, belongs to user 1, neither root nor "
	    "hupd's own user");
	assert_int_equal(rmdir("a/b"), 0);
}

/* The number of files in the folder. */
static int
count(void)
{
	DIR *d = opendir(".");
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
	int fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(read(fd, buf, sizeof(buf)), strlen(text));
	assert_string_equal(buf, text);
	close(fd);
}

static void
creates_whole_files(void **state)
{
	mode_t mask = umask(0077);
	struct stat st;

	(void)state;
	assert_int_equal(file_create(FILE_NAME, "one", 3, 0644), 0);
	umask(mask);
	assert_int_equal(stat(FILE_NAME, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(file_create(FILE_NAME, "two", 3, 0644), -1);
	assert_int_equal(errno, EEXIST);
	assert_holds("one");
	assert_int_equal(count(), 1);
	assert_int_equal(file_remove(FILE_NAME), 0);
	assert_int_equal(file_remove(FILE_NAME), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(file_create("/nonexistent/web.conf", "", 0, 0644), -1);
	assert_int_equal(errno, ENOENT);
}

static void
sets_aside_and_puts_back(void **state)
{
	char *aside;

	(void)state;
	assert_null(file_set_aside(FILE_NAME));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(count(), 0);
	assert_int_equal(file_create(FILE_NAME, "one", 3, 0644), 0);
	aside = file_set_aside(FILE_NAME);
	assert_non_null(aside);
	assert_int_equal(access(FILE_NAME, F_OK), -1);
	assert_int_equal(strncmp(strrchr(aside, '/'), "/.web.conf.", 11), 0);
	/* A new file of that name is not replaced. */
	assert_int_equal(file_create(FILE_NAME, "two", 3, 0644), 0);
	assert_int_equal(file_put_back(aside, FILE_NAME), -1);
	assert_int_equal(errno, EEXIST);
	assert_holds("two");
	assert_int_equal(file_remove(FILE_NAME), 0);
	assert_int_equal(file_put_back(aside, FILE_NAME), 0);
	assert_holds("one");
	assert_int_equal(count(), 1);
	assert_int_equal(file_remove(FILE_NAME), 0);
	free(aside);
}

static void
replaces_and_restores(void **state)
{
	struct stat was, now;
	struct file f;
	char *aside;

	(void)state;
	assert_int_equal(file_create(FILE_NAME, "one", 3, 0640), 0);
	assert_int_equal(lstat(FILE_NAME, &was), 0);
	assert_int_equal(file_replace(FILE_NAME, &was, "two", 3, &aside), 0);
	assert_int_equal(lstat(FILE_NAME, &now), 0);
	assert_int_equal(now.st_mode, was.st_mode);
	assert_int_equal(file_read(&f, AT_FDCWD, FILE_NAME, 3), 1);
	assert_string_equal(f.bytes, "two");
	file_clear(&f);
	assert_int_equal(file_restore(aside, FILE_NAME), 0);
	free(aside);
	assert_int_equal(file_read(&f, AT_FDCWD, FILE_NAME, 3), 1);
	assert_string_equal(f.bytes, "one");
	file_clear(&f);
	/* Another file has its name, and no temporary file stays. */
	was.st_size++;
	assert_int_equal(file_replace(FILE_NAME, &was, "two", 3, &aside), -1);
	assert_int_equal(errno, ESTALE);
	assert_null(aside);
	assert_int_equal(file_read(&f, AT_FDCWD, FILE_NAME, 3), 1);
	assert_string_equal(f.bytes, "one");
	file_clear(&f);
}

static void
creates_links(void **state)
{
	char target[16], *aside;

	(void)state;
	assert_int_equal(file_link("web@.conf", FILE_NAME), 0);
	assert_int_equal(file_link("other", FILE_NAME), -1);
	assert_int_equal(errno, EEXIST);
	/* The link itself is put back, not its target. */
	aside = file_set_aside(FILE_NAME);
	assert_non_null(aside);
	assert_int_equal(file_put_back(aside, FILE_NAME), 0);
	assert_int_equal(readlink(FILE_NAME, target, sizeof(target)), 9);
	assert_memory_equal(target, "web@.conf", 9);
	assert_int_equal(count(), 1);
	assert_int_equal(file_remove(FILE_NAME), 0);
	assert_int_equal(file_link("", "/nonexistent/web.conf"), -1);
	assert_int_equal(errno, ENOENT);
	free(aside);
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
	assert_int_equal(file_make_folder("a/b/c", 0711, why), 0);
	assert_int_equal(umask(mask), 077);
	assert_int_equal(mode_of("a"), 0755);
	assert_int_equal(mode_of("a/b"), 0755);
	assert_int_equal(mode_of("a/b/c"), 0711);
}

static void
leaves_an_existing_folder(void **state)
{
	(void)state;
	assert_int_equal(file_make_folder("a", 0750, why), 0);
	assert_int_equal(file_make_folder("a", 0700, why), 0);
	assert_int_equal(mode_of("a"), 0750);
	assert_int_equal(symlink("a", "link"), 0);
	assert_int_equal(file_make_folder("link", 0700, why), 0);
}

static void
refuses_a_folder_that_others_may_write(void **state)
{
	(void)state;
	assert_int_equal(file_make_folder("a", 0777, why), 0);
	assert_int_equal(file_make_folder("a", 0700, why), -1);
	assert_int_equal(errno, EPERM);
	assert_string_equal(why, "may be written by others (mode 0777)");
}

static void
refuses_a_folder_of_others(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(file_make_folder("a", 0700, why), 0);
	assert_int_equal(symlink("a", "link"), 0);
	assert_int_equal(lchown("link", 1, 1), 0);
	assert_int_equal(file_make_folder("link", 0700, why), -1);
	assert_string_equal(why,
	    "is a symbolic link of user 1, neither root nor hupd's own user");
	assert_int_equal(chown("a", 1, 1), 0);
	assert_int_equal(file_make_folder("a", 0700, why), -1);
	assert_int_equal(errno, EPERM);
	assert_non_null(strstr(why, "belongs to user 1"));
}

static void
refuses_what_is_not_a_folder(void **state)
{
	(void)state;
	assert_int_equal(symlink("nowhere", "link"), 0);
	assert_int_equal(file_make_folder("link", 0700, why), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mknod("file", S_IFREG | 0600, 0), 0);
	assert_int_equal(file_make_folder("file", 0700, why), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(file_make_folder("file/a", 0700, why), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_string_equal(why, strerror(ENOTDIR));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(reads_what_is_safe),
	    TEST(refuses_to_read),
	    TEST(slurps),
	    TEST(compares_stamps),
	    TEST(checks_each_folder_of_a_path),
	    TEST(knows_whom_to_trust),
	    TEST(creates_whole_files),
	    TEST(sets_aside_and_puts_back),
	    TEST(replaces_and_restores),
	    TEST(creates_links),
	    TEST(makes_folder_and_parents),
	    TEST(leaves_an_existing_folder),
	    TEST(refuses_a_folder_that_others_may_write),
	    TEST(refuses_a_folder_of_others),
	    TEST(refuses_what_is_not_a_folder),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
