/*
 * writer: a process may be killed after any step; whatever it left, the batch
 * is then in its file once and whole.  And standard output, of which no kind
 * is waited for.
 */
#include <sys/stat.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include "batch.h"
#include "output/writer.h"

static const char plain[] = "half one\ntwo\n\nthree and more\n";
static const char stamped[] =
    "half one\n" STAMP "two\n" STAMP "\n" STAMP "three and more\n";

struct world {
	char path[64];
	int dir;
	struct journal journal;
	struct writer writer;
	struct slot *slot;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->path, "/tmp/writer_test.XXXXXX");
	assert_non_null(mkdtemp(w->path));
	w->dir = open(w->path, O_RDONLY | O_DIRECTORY);
	writer_init(&w->writer, &w->journal, dup(w->dir), 4, -1, "/dev/log");
	assert_int_equal(journal_open(&w->journal, journal_fd(w->dir)), 0);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	journal_close(&w->journal);
	writer_free(&w->writer);
	close(w->dir);
	snprintf(command, sizeof(command), "rm -rf %s", w->path);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static void
put(struct world *w, const char *file, const char *text, size_t len)
{
	int fd = openat(w->dir, file, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void
expect(struct world *w, const char *file, const char *text)
{
	char buf[512];
	ssize_t n;
	int fd = openat(w->dir, file, O_RDONLY);

	assert_int_not_equal(fd, -1);
	n = read(fd, buf, sizeof(buf) - 1);
	assert_true(n >= 0);
	buf[n] = '\0';
	close(fd);
	assert_string_equal(buf, text);
}

/* A batch that was read, to be written by a process that was killed. */
static void
leave(struct world *w, bool stamps, int64_t limit)
{
	w->slot = have(&w->journal, LOG_TO_FILE, stamps, limit);
	assert_non_null(w->slot);
}

/* Its next process: opens the journal, and finds this in the slot. */
static enum slot_state
next_process(struct world *w)
{
	const ptrdiff_t i = w->slot - journal_slot(&w->journal, 0);

	journal_close(&w->journal);
	logfile_dir_renew(&w->writer.dir, -1);
	assert_int_equal(journal_open(&w->journal, journal_fd(w->dir)), 0);
	w->slot = journal_slot(&w->journal, (int)i);
	return w->slot->state;
}

static void
finish(struct world *w)
{
	struct logfile *ref = NULL;
	int64_t written = 0;

	assert_int_equal(next_process(w), SLOT_HAVE);
	assert_int_equal(writer_write(&w->writer, w->slot, &ref, &written), 0);
	journal_release(w->slot);
	assert_int_equal(next_process(w), SLOT_FREE);
}

static void
test_after_read(void **state)
{
	struct world *w = *state;

	put(w, "web.log", "half ", 5);
	leave(w, true, 0);
	journal_intent(w->slot);
	finish(w);
	expect(w, "web.log", stamped);
}

/* Begun, and any number of bytes of it written. */
static void
check_segment(struct world *w, bool stamps, const char *want)
{
	const size_t len = strlen(want);
	struct stat st;

	for (size_t n = 5; n <= len; n++) {
		put(w, "web.log", want, n);
		assert_int_equal(fstatat(w->dir, "web.log", &st, 0), 0);
		leave(w, stamps, 0);
		w->slot->dev = st.st_dev;
		w->slot->ino = st.st_ino;
		w->slot->offset = 5;
		w->slot->bol = 0;
		journal_segment(w->slot, w->slot->len);
		finish(w);
		expect(w, "web.log", want);
	}
}

static void
test_in_segment(void **state)
{
	check_segment(*state, false, plain);
	check_segment(*state, true, stamped);
}

/* Segments end where the file is rotated; killed between two of them. */
static void
test_between_segments(void **state)
{
	struct world *w = *state;

	put(w, "web.log", "half one\n", 9);
	leave(w, false, 12);
	journal_segment(w->slot, 4);
	journal_segment_done(w->slot);
	finish(w);
	expect(w, "web.log.3", "half one\n");
	expect(w, "web.log.2", "two\n\n");
	expect(w, "web.log.1", "three an");
	expect(w, "web.log", "d more\n");
}

/* The same, when the file was already moved and the new one not made. */
static void
test_after_rotation(void **state)
{
	struct world *w = *state;

	put(w, "web.log.1", "half one\n", 9);
	leave(w, false, 12);
	journal_segment(w->slot, 4);
	journal_segment_done(w->slot);
	finish(w);
	expect(w, "web.log.3", "half one\n");
	expect(w, "web.log.2", "two\n\n");
	expect(w, "web.log.1", "three an");
	expect(w, "web.log", "d more\n");
}

/* A line that is too long continues in the next file, without a new stamp. */
static void
test_long_line(void **state)
{
	struct world *w = *state;

	leave(w, true, 40);
	finish(w);
	expect(w, "web.log.4", STAMP "one\n");
	expect(w, "web.log.3", STAMP "two\n");
	expect(w, "web.log.2", STAMP "\n");
	expect(w, "web.log.1", STAMP "three ");
	expect(w, "web.log", "and more\n");
}

/* The same for a line that an earlier batch began. */
static void
test_endless_line(void **state)
{
	struct world *w = *state;

	put(w, "web.log", "0123456789abcdef", 16);
	leave(w, true, 50);
	memset(journal_buffer(&w->journal, w->slot), 'x', w->slot->len);
	finish(w);
	expect(w, "web.log", "0123456789abcdefxxxxxxxxxxxxxxxxxxxxxxxx");
	leave(w, true, 50);
	memset(journal_buffer(&w->journal, w->slot), 'y', w->slot->len);
	finish(w);
	expect(w, "web.log.1",
	    "0123456789abcdefxxxxxxxxxxxxxxxxxxxxxxxxyyyyyy");
	expect(w, "web.log", "yyyyyyyyyyyyyyyyyy");
}

static void
begin(struct world *w, size_t written)
{
	struct stat st;

	put(w, "web.log", plain, written);
	assert_int_equal(fstatat(w->dir, "web.log", &st, 0), 0);
	leave(w, false, 0);
	w->slot->dev = st.st_dev;
	w->slot->ino = st.st_ino;
	w->slot->offset = 5;
	w->slot->bol = 0;
	journal_segment(w->slot, w->slot->len);
}

/* Others did something to the file before the next process came. */
static void
test_moved(void **state)
{
	struct world *w = *state;

	begin(w, 9);
	renameat(w->dir, "web.log", w->dir, "web.log.1");
	finish(w);
	expect(w, "web.log.1", "half one\n");
	expect(w, "web.log", "two\n\nthree and more\n");
}

static void
test_cut(void **state)
{
	struct world *w = *state;

	begin(w, 9);
	put(w, "web.log", "", 0);
	finish(w);
	expect(w, "web.log", raw);
}

static void
test_removed(void **state)
{
	struct world *w = *state;

	begin(w, 9);
	renameat(w->dir, "web.log", w->dir, "elsewhere");
	finish(w);
	expect(w, "web.log", raw);
}

/* It cannot be written now, and then it can. */
static void
test_stuck(void **state)
{
	struct world *w = *state;
	struct logfile *ref = NULL;
	int64_t written = 0;

	assert_int_equal(mkdirat(w->dir, "web.log", 0700), 0);
	leave(w, false, 0);
	assert_int_equal(writer_write(&w->writer, w->slot, &ref, &written), -1);
	assert_int_equal(errno, EISDIR);
	unlinkat(w->dir, "web.log", AT_REMOVEDIR);
	assert_int_equal(writer_write(&w->writer, w->slot, &ref, &written), 0);
	assert_int_equal(written, sizeof(raw) - 1);
	expect(w, "web.log", raw);
	logfile_close(&w->writer.dir, ref);
}

#define SHOWN "web: one\nweb: two\nweb: \nweb: three and more\n"

/* Write a batch to standard output; 0, or -1 and it is left. */
static int
write_console(struct world *w)
{
	int64_t ignored = 0;
	int rc;

	if (w->slot == NULL)
		w->slot = have(&w->journal, LOG_TO_STDOUT, false, 0);
	assert_non_null(w->slot);
	if ((rc = writer_write(&w->writer, w->slot, NULL, &ignored)) == 0) {
		journal_release(w->slot);
		w->slot = NULL;
	}
	return rc;
}

/* Read everything: whole batches, except one that was begun. */
static void
read_console(int fd, bool whole)
{
	static char buf[1 << 20];
	static size_t begun;
	const size_t len = strlen(SHOWN);
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, buf + total, sizeof(buf) - total)) > 0)
		total += (size_t)n;
	assert_true(total > 0);
	for (size_t i = 0; i < total; i++)
		assert_int_equal(buf[i], SHOWN[(begun + i) % len]);
	begun = (begun + total) % len;
	if (whole)
		assert_int_equal(begun, 0);
}

/* Nobody reads, somebody reads, and the reader goes. */
static void
check_console(struct world *w, const int fds[2])
{
	w->writer.console = writer_open_console(fds[1]);
	assert_int_not_equal(w->writer.console, -1);
	assert_int_equal(fcntl(w->writer.console, F_GETFD), FD_CLOEXEC);
	while (write_console(w) == 0)
		assert_int_equal(w->writer.console_err, 0);
	assert_int_equal(errno, EAGAIN);
	/* Others that share the description notice nothing. */
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	read_console(fds[0], false);
	assert_int_equal(write_console(w), 0);
	read_console(fds[0], true);
	close(fds[0]);
	assert_int_equal(w->writer.console_err, 0);
	assert_int_equal(write_console(w), 0);
	assert_int_equal(w->writer.console_err, EPIPE);
	close(fds[1]);
	close(w->writer.console);
}

static void
test_pipe(void **state)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	check_console(*state, fds);
}

/* It cannot be opened again, and still blocks for others. */
static void
test_socket(void **state)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     fds),
	    0);
	check_console(*state, fds);
}

/* A file is continued where others that have it are. */
static void
test_file(void **state)
{
	struct world *w = *state;
	int fd = openat(w->dir, "out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, "a\n", 2), 2);
	w->writer.console = writer_open_console(fd);
	assert_int_equal(write_console(w), 0);
	assert_int_equal(write(fd, "z\n", 2), 2);
	expect(w, "out", "a\n" SHOWN "z\n");
	close(fd);
	close(w->writer.console);
	assert_int_equal(writer_open_console(fd), -1);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_after_read),
	    T(test_in_segment),
	    T(test_between_segments),
	    T(test_after_rotation),
	    T(test_long_line),
	    T(test_endless_line),
	    T(test_moved),
	    T(test_cut),
	    T(test_removed),
	    T(test_stuck),
	    T(test_pipe),
	    T(test_socket),
	    T(test_file),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
