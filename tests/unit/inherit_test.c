/* inherit - the list of descriptors for the next daemon. */
#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/inherit.h"

static char dir[] = "/tmp/hupd-inherit.XXXXXX";
static char path[64];
static char seen[512];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/descriptors", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void
note(void *arg, int index, const struct inherit_entry *e)
{
	size_t len = strlen(seen);

	(void)arg;
	snprintf(seen + len, sizeof(seen) - len, "%d:%d:%s:%s ", index, e->fd,
	    e->owner, e->name);
}

/* The list as the next daemon reads it. */
static const char *
loaded(enum inherit_kind kind)
{
	struct inherit *in = inherit_new(dir);

	*seen = '\0';
	assert_non_null(in);
	inherit_load(in, kind, note, NULL);
	inherit_free(in, false);
	return seen;
}

static int
add(struct inherit *in, enum inherit_kind kind, int fd, const char *name)
{
	struct inherit_entry e = {.kind = kind, .fd = fd, .owner = "web"};

	strlcpy(e.name, name, sizeof(e.name));
	return inherit_add(in, &e);
}

static void
test_list(void **state)
{
	struct inherit *in = inherit_new(dir);
	char name[16];

	(void)state;
	assert_non_null(in);
	/* Nothing is written before it is needed. */
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(add(in, INHERIT_SOCKET, 10, "80"), 0);
	assert_int_equal(add(in, INHERIT_STORED, 11, "x"), 1);
	assert_int_equal(add(in, INHERIT_SOCKET, 12, "81"), 2);
	assert_string_equal(loaded(INHERIT_SOCKET), "0:10:web:80 2:12:web:81 ");
	assert_string_equal(loaded(INHERIT_STORED), "1:11:web:x ");
	inherit_remove(in, 0);
	inherit_remove(in, -1);
	assert_string_equal(loaded(INHERIT_SOCKET), "2:12:web:81 ");
	/* The place is used again, and there is no end of places. */
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(add(in, INHERIT_FREE + 1, 20 + i, name),
		    i == 0 ? 0 : i + 2);
	}
	inherit_free(in, true);
	assert_int_equal(access(path, F_OK), -1);
}

/* The next daemon continues with the places of the one before it. */
static void
test_continue(void **state)
{
	struct inherit *in = inherit_new(dir);

	(void)state;
	add(in, INHERIT_SOCKET, 10, "80");
	add(in, INHERIT_SOCKET, 11, "81");
	inherit_free(in, false);
	in = inherit_new(dir);
	inherit_load(in, INHERIT_STORED, note, NULL);
	inherit_load(in, INHERIT_SOCKET, note, NULL);
	assert_int_equal(add(in, INHERIT_STORED, 12, "x"), 2);
	inherit_remove(in, 0);
	assert_string_equal(loaded(INHERIT_SOCKET), "1:11:web:81 ");
	inherit_free(in, true);
}

/* A damaged list, or that of another release, is no list. */
static void
test_damage(void **state)
{
	struct inherit_entry e = {.kind = INHERIT_SOCKET, .fd = 1};
	struct inherit *in = inherit_new(dir);
	int fd;

	(void)state;
	inherit_add(in, &e); /* standard output is never listed */
	e.fd = 10;
	memset(e.name, 'x', sizeof(e.name));
	inherit_add(in, &e);
	e.kind = 7;
	e.name[0] = '\0';
	inherit_add(in, &e);
	assert_string_equal(loaded(INHERIT_SOCKET), "");
	add(in, INHERIT_SOCKET, 10, "80");
	assert_string_equal(loaded(INHERIT_SOCKET), "3:10:web:80 ");
	assert_int_equal(truncate(path, 512 * 4 + 100), 0);
	assert_string_equal(loaded(INHERIT_SOCKET), "");
	inherit_free(in, false);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "X", 1, 0), 1);
	close(fd);
	assert_string_equal(loaded(INHERIT_SOCKET), "");
	inherit_pass(dir, true);
}

static void
test_pass(void **state)
{
	struct inherit *in = inherit_new(dir);
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int other = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	add(in, INHERIT_STORED, fd, "x");
	inherit_pass(dir, true);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_int_equal(fcntl(other, F_GETFD), FD_CLOEXEC);
	inherit_pass(dir, false);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	close(other);
	inherit_free(in, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_list),
	    cmocka_unit_test(test_continue),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_pass),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
