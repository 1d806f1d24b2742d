/* logfile: the cache, rotation, and what others do to the files meanwhile. */
#include <sys/stat.h>

#include <errno.h>
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

#include "output/logfile.h"

struct world {
	char path[64];
	struct logdir dir;
	struct logfile *ref;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->path, "/tmp/logfile_test.XXXXXX");
	assert_non_null(mkdtemp(w->path));
	logfile_dir_init(&w->dir, open(w->path, O_RDONLY | O_DIRECTORY), 4);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	logfile_dir_free(&w->dir);
	snprintf(command, sizeof(command), "rm -rf %s", w->path);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static void
put(struct world *w, const char *file, const char *text)
{
	int fd = openat(w->dir.fd, file, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* NULL: there is no such file. */
static void
expect(struct world *w, const char *file, const char *text)
{
	char buf[512];
	ssize_t n;
	int fd = openat(w->dir.fd, file, O_RDONLY);

	if (text == NULL) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_int_not_equal(fd, -1);
	n = read(fd, buf, sizeof(buf) - 1);
	assert_true(n >= 0);
	buf[n] = '\0';
	assert_string_equal(buf, text);
	close(fd);
}

static void
append(struct world *w, const char *name, const char *text)
{
	assert_int_equal(logfile_open(&w->dir, &w->ref, name, true), 0);
	assert_int_equal(logfile_append(w->ref, text, strlen(text)), 0);
}

static void
test_append(void **state)
{
	struct world *w = *state;

	assert_int_equal(logfile_open(&w->dir, &w->ref, "a", false), -1);
	assert_int_equal(errno, ENOENT);
	append(w, "a", "one\n");
	append(w, "a", "tw");
	assert_int_equal(w->ref->size, 6);
	expect(w, "a.log", "one\ntw");
	logfile_dir_renew(&w->dir, -1);
	assert_null(w->ref);
	assert_int_equal(logfile_open(&w->dir, &w->ref, "a", true), 0);
	assert_int_equal(w->ref->size, 6);
	assert_false(w->ref->bol);
}

/* Removed, cut short or appended to by somebody else. */
static void
test_others(void **state)
{
	struct world *w = *state;

	append(w, "a", "one\n");
	unlinkat(w->dir.fd, "a.log", 0);
	append(w, "a", "two\n");
	expect(w, "a.log", "two\n");
	put(w, "a.log", "");
	assert_int_equal(logfile_open(&w->dir, &w->ref, "a", true), 0);
	assert_int_equal(w->ref->size, 0);
	assert_true(w->ref->bol);
	put(w, "a.log", "half a line");
	append(w, "a", ", done");
	assert_false(w->ref->bol);
	expect(w, "a.log", "half a line, done");
}

static void
test_refused(void **state)
{
	struct world *w = *state;

	assert_int_equal(symlinkat("/etc/passwd", w->dir.fd, "link.log"), 0);
	assert_int_equal(mkdirat(w->dir.fd, "dir.log", 0700), 0);
	assert_int_equal(mkfifoat(w->dir.fd, "fifo.log", 0600), 0);
	assert_int_equal(logfile_open(&w->dir, &w->ref, "link", true), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(logfile_open(&w->dir, &w->ref, "dir", true), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(logfile_open(&w->dir, &w->ref, "fifo", true), -1);
	assert_int_equal(errno, EINVAL);
	assert_null(w->ref);
}

static void
test_cache(void **state)
{
	struct world *w = *state;
	struct logfile *refs[20] = {NULL};
	char name[16];

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 20; i++) {
			snprintf(name, sizeof(name), "n%d", i);
			assert_int_equal(logfile_open(&w->dir, &refs[i], name,
					     true),
			    0);
			assert_int_equal(logfile_append(refs[i], "x\n", 2), 0);
			assert_true(w->dir.open <= 4);
		}
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "n%d.log", i);
		expect(w, name, "x\nx\nx\n");
		assert_true((refs[i] != NULL) == (i >= 16));
	}
	logfile_dir_renew(&w->dir, -1);
	assert_int_equal(w->dir.open, 0);
}

static void
rotate(struct world *w, int keep)
{
	assert_int_equal(logfile_rotate(&w->dir, &w->ref, "a", keep), 0);
	assert_null(w->ref);
}

static void
test_rotate(void **state)
{
	struct world *w = *state;
	char text[8];

	for (int i = 1; i <= 5; i++) {
		snprintf(text, sizeof(text), "%d", i);
		append(w, "a", text);
		rotate(w, 3);
	}
	expect(w, "a.log", NULL);
	expect(w, "a.log.1", "5");
	expect(w, "a.log.2", "4");
	expect(w, "a.log.3", "3");
	expect(w, "a.log.4", NULL);
	/* Fewer are kept from now on, then none. */
	append(w, "a", "6");
	rotate(w, 1);
	expect(w, "a.log.1", "6");
	expect(w, "a.log.2", NULL);
	expect(w, "a.log.3", NULL);
	append(w, "a", "7");
	rotate(w, 0);
	expect(w, "a.log", NULL);
	append(w, "a", "8");
	expect(w, "a.log", "8");
}

/* Whatever rename was the last one: it is done again, nothing is lost. */
static void
test_rotation_cut_short(void **state)
{
	struct world *w = *state;
	static const char *const files[] = {"a.log", "a.log.1", "a.log.2",
	    "a.log.3"};

	for (int gap = 1; gap <= 3; gap++) {
		for (int i = 0; i < 4; i++) {
			char text[] = {(char)('0' + i), '\0'};

			if (i == gap)
				unlinkat(w->dir.fd, files[i], 0);
			else
				put(w, files[i], text);
		}
		rotate(w, 3);
		expect(w, "a.log", NULL);
		expect(w, "a.log.1", "0");
		expect(w, "a.log.2", gap == 1 ? "2" : "1");
		expect(w, "a.log.3", gap == 3 ? "2" : "3");
	}
}

/* Between the last rename and the new file. */
static void
test_rotate_missing(void **state)
{
	struct world *w = *state;

	put(w, "a.log.2", "2");
	rotate(w, 3);
	expect(w, "a.log.1", NULL);
	expect(w, "a.log.2", "2");
}

static void
test_rotate_fails(void **state)
{
	struct world *w = *state;

	append(w, "a", "keep me");
	assert_int_equal(mkdirat(w->dir.fd, "a.log.1", 0700), 0);
	assert_int_equal(logfile_rotate(&w->dir, &w->ref, "a", 1), -1);
	expect(w, "a.log", "keep me");
	append(w, "a", "!");
	expect(w, "a.log", "keep me!");
}

static void
test_rotated(void **state)
{
	struct world *w = *state;
	uint64_t dev, ino;

	append(w, "a", "12345");
	dev = w->ref->dev;
	ino = w->ref->ino;
	assert_int_equal(logfile_rotated(&w->dir, "a", dev, ino), -1);
	rotate(w, 2);
	assert_int_equal(logfile_rotated(&w->dir, "a", dev, ino), 5);
	assert_int_equal(logfile_rotated(&w->dir, "a", dev, ino + 1), -1);
}

/* Two streams of one program: neither continues with a rotated file. */
static void
test_rotate_twice_open(void **state)
{
	struct world *w = *state;
	struct logfile *other = NULL;

	append(w, "a", "one\n");
	assert_int_equal(logfile_open(&w->dir, &other, "a", false), 0);
	rotate(w, 2);
	assert_null(other);
	assert_int_equal(logfile_open(&w->dir, &other, "a", true), 0);
	assert_int_equal(logfile_append(other, "two\n", 4), 0);
	expect(w, "a.log.1", "one\n");
	expect(w, "a.log", "two\n");
	logfile_close(&w->dir, other);
}

static void
test_read_end(void **state)
{
	struct world *w = *state;
	char buf[16];

	assert_int_equal(logfile_read_end(&w->dir, &w->ref, "a", buf, 16), -1);
	append(w, "a", "0123456789");
	assert_int_equal(logfile_read_end(&w->dir, &w->ref, "a", buf, 4), 4);
	assert_memory_equal(buf, "6789", 4);
	assert_int_equal(logfile_read_end(&w->dir, &w->ref, "a", buf, 16), 10);
	rotate(w, 2);
	append(w, "a", "ab");
	assert_int_equal(logfile_read_end(&w->dir, &w->ref, "a", buf, 5), 5);
	assert_memory_equal(buf, "789ab", 5);
	assert_int_equal(logfile_read_end(&w->dir, &w->ref, "a", buf, 16), 12);
	assert_memory_equal(buf, "0123456789ab", 12);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_append),
	    T(test_others),
	    T(test_refused),
	    T(test_cache),
	    T(test_rotate),
	    T(test_rotation_cut_short),
	    T(test_rotate_missing),
	    T(test_rotate_fails),
	    T(test_rotated),
	    T(test_rotate_twice_open),
	    T(test_read_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
