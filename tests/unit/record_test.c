/* record: the next daemon reads the stored data, or gets the reason why not. */
#include <sys/stat.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "program/record.h"

static char dir[] = "/tmp/record_test.XXXXXX";
static char file[sizeof(dir) + sizeof("/records")];

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/records", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static pid_t holder;

static int
remove_file(void **state)
{
	(void)state;
	unlink(file);
	return 0;
}

/* As a daemon that has begun, with a program of each name. */
static struct record *
begin(int n)
{
	struct record *r;
	char name[16];
	int i;

	r = record_open(dir, &holder);
	assert_non_null(r);
	assert_int_equal(record_reset(r), 0);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		assert_int_equal(record_take(r, name), i);
		record_slot(r, i)->pid = i + 1;
	}
	record_begin(r);
	return r;
}

static void
assert_invalid(const char *reason)
{
	struct record *r;
	const char *why;

	r = record_open(dir, &holder);
	assert_non_null(r);
	assert_false(record_is_valid(r, &why));
	assert_string_equal(why, reason);
	assert_int_equal(record_reset(r), 0);
	assert_int_equal(record_take(r, "new"), 0);
	record_close(r, false);
}

static void
test_new(void **state)
{
	struct record *r;
	const char *why;

	(void)state;
	r = record_open(dir, &holder);
	assert_non_null(r);
	assert_false(record_is_valid(r, &why));
	assert_string_equal(why, "");
	record_close(r, true);
	assert_int_equal(access(file, F_OK), -1);
}

static void
test_adopt(void **state)
{
	struct record *r;
	const char *why;
	struct stat st;
	int i;

	(void)state;
	r = begin(3);
	record_give(r, 1);
	record_close(r, false);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	r = record_open(dir, &holder);
	assert_non_null(r);
	assert_true(record_is_valid(r, &why));
	assert_int_equal(record_adopt(r), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(record_slot(r, i)->pid, i == 1 ? 0 : i + 1);
	assert_string_equal(record_slot(r, 2)->name, "p2");
	/* The free one is used before another. */
	assert_int_equal(record_take(r, "again"), 1);
	assert_int_equal(record_slot(r, 1)->pidfd, -1);
	assert_int_equal(record_take(r, "more"), 3);
	record_close(r, true);
}

/* Not valid before there is something to find. */
static void
test_not_begun(void **state)
{
	struct record *r;

	(void)state;
	r = record_open(dir, &holder);
	assert_non_null(r);
	assert_int_equal(record_take(r, "web"), 0);
	record_close(r, false);
	assert_invalid("");
}

/* A trial neither locks nor writes; an inherited file that is none stays. */
static void
test_look(void **state)
{
	struct record *r = begin(1), *other;
	struct stat st;
	int fd;

	(void)state;
	strlcpy(record_header(r)->run_dir, dir, RECORD_PATH);
	other = record_look(fcntl(record_fd(r), F_DUPFD, 0));
	assert_non_null(other);
	record_slot(other, 0)->pid = 4711;
	assert_int_equal(record_slot(r, 0)->pid, 1);
	record_close(other, false);
	record_close(r, true);

	fd = memfd_create("short", MFD_CLOEXEC);
	assert_int_equal(write(fd, "precious", 8), 8);
	assert_null(record_take_over(fcntl(fd, F_DUPFD, 0)));
	assert_null(record_look(fcntl(fd, F_DUPFD, 0)));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_null(record_look(fcntl(fd, F_DUPFD, 0)));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	close(fd);
}

/* Of two that see the same daemon end, one is the next. */
static void
test_claim(void **state)
{
	struct record *r = begin(0);

	(void)state;
	record_header(r)->pid = 100;
	assert_true(record_claim(r, 100, 200));
	assert_false(record_claim(r, 100, 300));
	assert_int_equal(record_header(r)->pid, 200);
	record_close(r, true);
}

static void
test_locked(void **state)
{
	struct record *r = begin(1), *other;
	const char *why;
	int fd;

	(void)state;
	record_header(r)->pid = getpid();
	assert_null(record_open(dir, &holder));
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(holder, getpid());
	/* Whoever inherits it has the lock, and the folder from the header. */
	strlcpy(record_header(r)->run_dir, dir, RECORD_PATH);
	fd = fcntl(record_fd(r), F_DUPFD, 0);
	record_close(r, false);
	assert_null(record_open(dir, &holder));
	other = record_take_over(fd);
	assert_non_null(other);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(record_is_valid(other, &why));
	record_close(other, true);
	assert_int_equal(access(file, F_OK), -1);
}

/* Slots keep what they hold when there are more; another process sees them. */
static void
test_grow(void **state)
{
	struct record *r = begin(0), *other;
	char name[16];
	int i, n = 1000, status;
	pid_t pid;

	(void)state;
	strlcpy(record_header(r)->run_dir, dir, RECORD_PATH);
	other = record_take_over(fcntl(record_fd(r), F_DUPFD, 0));
	assert_non_null(other);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		assert_int_equal(record_take(r, name), i);
	}
	assert_true(record_count(r) >= n);
	assert_string_equal(record_slot(r, 0)->name, "p0");
	assert_int_equal(record_refresh(other), 0);
	assert_string_equal(record_slot(other, n - 1)->name, "p999");
	record_close(other, false);
	/* Stored data outlives the process that stored it. */
	pid = fork();
	if (pid == 0) {
		record_slot(r, 7)->pid = 4711;
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(record_slot(r, 7)->pid, 4711);
	record_close(r, true);
}

static void
test_damaged(void **state)
{
	struct record *r;

	(void)state;
	r = begin(1);
	record_header(r)->magic[3] ^= 1;
	record_close(r, false);
	assert_invalid("it is damaged");

	r = begin(1);
	record_header(r)->nslots = UINT32_MAX;
	record_close(r, false);
	assert_invalid("it is damaged");

	r = begin(1);
	memset(record_header(r)->run_dir, 'x', RECORD_PATH);
	record_close(r, false);
	assert_invalid("it is damaged");

	r = begin(1);
	record_header(r)->nslots *= 2;
	record_close(r, false);
	assert_invalid("it is cut short");
}

static void
test_other(void **state)
{
	struct record *r;

	(void)state;
	r = begin(1);
	record_header(r)->version++;
	record_close(r, false);
	assert_invalid("its format is of another release");

	r = begin(1);
	record_header(r)->slot_size += 8;
	record_close(r, false);
	assert_invalid("its format is of another release");

	r = begin(1);
	record_header(r)->boot[0] ^= 1;
	record_close(r, false);
	assert_invalid("it is of an earlier boot");
}

static void
test_cut(void **state)
{
	off_t size;

	(void)state;
	for (size = 0; size < 12000; size += 400) {
		record_close(begin(1), false);
		assert_int_equal(truncate(file, size), 0);
		assert_invalid(size == 0 ? "" : "it is cut short");
	}
}

/* A file that is not ours is neither followed nor used. */
static void
test_not_a_file(void **state)
{
	(void)state;
	assert_int_equal(symlink("/dev/null", file), 0);
	assert_null(record_open(dir, &holder));
	assert_int_equal(errno, ELOOP);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_null(record_open(dir, &holder));
	unlink(file);
	if (geteuid() != 0)
		return;
	record_close(begin(0), false);
	assert_int_equal(chown(file, 65534, 65534), 0);
	assert_null(record_open(dir, &holder));
	assert_int_equal(errno, EPERM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_new, remove_file),
	    cmocka_unit_test_teardown(test_adopt, remove_file),
	    cmocka_unit_test_teardown(test_not_begun, remove_file),
	    cmocka_unit_test_teardown(test_look, remove_file),
	    cmocka_unit_test_teardown(test_claim, remove_file),
	    cmocka_unit_test_teardown(test_locked, remove_file),
	    cmocka_unit_test_teardown(test_grow, remove_file),
	    cmocka_unit_test_teardown(test_damaged, remove_file),
	    cmocka_unit_test_teardown(test_other, remove_file),
	    cmocka_unit_test_teardown(test_cut, remove_file),
	    cmocka_unit_test_teardown(test_not_a_file, remove_file),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
