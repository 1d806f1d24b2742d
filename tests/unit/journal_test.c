/*
 * journal: a process may be killed after any step; whatever it left, the
 * batch is then in its file once and whole.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/writer.h"

#define STAMP "2026-11-22T13:17:05.123+00:00 "

static const char raw[] = "one\ntwo\n\nthree and more\n";
static const char plain[] = "half one\ntwo\n\nthree and more\n";
static const char stamped[] =
    "half one\n" STAMP "two\n" STAMP "\n" STAMP "three and more\n";

struct world {
	char path[64];
	int dir;
	bool mounted;
	struct journal journal;
	struct writer sink;
	struct slot *slot;
};

static int
journal_fd(struct world *w)
{
	return openat(w->dir, "journal", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->path, "/tmp/journal_test.XXXXXX");
	assert_non_null(mkdtemp(w->path));
	w->dir = open(w->path, O_RDONLY | O_DIRECTORY);
	logfile_dir_init(&w->sink.dir, dup(w->dir), 4);
	w->sink.journal = &w->journal;
	assert_int_equal(journal_open(&w->journal, journal_fd(w)), 0);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char command[128];

	journal_close(&w->journal);
	logfile_dir_free(&w->sink.dir);
	close(w->dir);
	if (w->mounted)
		assert_int_equal(umount2(w->path, MNT_DETACH), 0);
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
have(struct world *w, bool stamps, int64_t limit)
{
	struct slot *s = journal_take(&w->journal, LOG_TO_FILE);

	assert_non_null(s);
	strcpy(s->name, "web");
	s->to = LOG_TO_FILE;
	s->limit = limit;
	s->keep = 9;
	s->stamplen = stamps ? LOGLINES_STAMP : 0;
	memcpy(s->stamp, STAMP, LOGLINES_STAMP);
	s->len = sizeof(raw) - 1;
	journal_buffer(&w->journal, s)[0] = (char)~raw[0];
	s->first = (uint8_t)~raw[0];
	journal_intent(s);
	memcpy(journal_buffer(&w->journal, s), raw, s->len);
	journal_have(s);
	w->slot = s;
}

/* Its next process: opens the journal, and finds this in the slot. */
static enum slot_state
next_process(struct world *w)
{
	const ptrdiff_t i = w->slot - journal_slot(&w->journal, 0);

	journal_close(&w->journal);
	logfile_dir_renew(&w->sink.dir, -1);
	assert_int_equal(journal_open(&w->journal, journal_fd(w)), 0);
	w->slot = journal_slot(&w->journal, (int)i);
	return w->slot->state;
}

static void
finish(struct world *w)
{
	struct logfile *ref = NULL;
	int64_t written = 0;

	assert_int_equal(next_process(w), SLOT_HAVE);
	assert_int_equal(writer_write(&w->sink, w->slot, &ref, &written), 0);
	journal_release(w->slot);
	assert_int_equal(next_process(w), SLOT_FREE);
}

static void
test_before_read(void **state)
{
	struct world *w = *state;
	char *buf;

	have(w, false, 0);
	buf = journal_buffer(&w->journal, w->slot);
	buf[0] = (char)~raw[0];
	journal_intent(w->slot);
	assert_int_equal(next_process(w), SLOT_FREE);
}

static void
test_after_read(void **state)
{
	struct world *w = *state;

	put(w, "web.log", "half ", 5);
	have(w, true, 0);
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
		have(w, stamps, 0);
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
	have(w, false, 12);
	journal_segment(w->slot, 4);
	journal_segment_done(w->slot);
	finish(w);
	expect(w, "web.log.2", "half one\n");
	expect(w, "web.log.1", "two\n\n");
	expect(w, "web.log", "three and more\n");
}

/* The same, when the file was already moved and the new one not made. */
static void
test_after_rotation(void **state)
{
	struct world *w = *state;

	put(w, "web.log.1", "half one\n", 9);
	have(w, false, 12);
	journal_segment(w->slot, 4);
	journal_segment_done(w->slot);
	finish(w);
	expect(w, "web.log.2", "half one\n");
	expect(w, "web.log.1", "two\n\n");
	expect(w, "web.log", "three and more\n");
}

static void
begin(struct world *w, size_t written)
{
	struct stat st;

	put(w, "web.log", plain, written);
	assert_int_equal(fstatat(w->dir, "web.log", &st, 0), 0);
	have(w, false, 0);
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
	have(w, false, 0);
	assert_int_equal(writer_write(&w->sink, w->slot, &ref, &written), -1);
	assert_int_equal(errno, EISDIR);
	unlinkat(w->dir, "web.log", AT_REMOVEDIR);
	assert_int_equal(writer_write(&w->sink, w->slot, &ref, &written), 0);
	assert_int_equal(written, sizeof(raw) - 1);
	expect(w, "web.log", raw);
	logfile_close(&w->sink.dir, ref);
}

/* Files, syslog and standard output do not take each other's slots. */
static void
test_slots(void **state)
{
	struct world *w = *state;
	struct slot *s;
	int files = 0, syslog = 0;

	while ((s = journal_take(&w->journal, LOG_TO_FILE)) != NULL) {
		journal_intent(s);
		files++;
	}
	assert_int_equal(errno, EBUSY);
	while ((s = journal_take(&w->journal, LOG_TO_SYSLOG)) != NULL) {
		journal_intent(s);
		syslog++;
	}
	assert_int_equal(files, JOURNAL_FILES);
	assert_int_equal(syslog, JOURNAL_SYSLOG);
	s = journal_take(&w->journal, LOG_TO_STDOUT);
	assert_non_null(s);
	journal_intent(s);
	assert_null(journal_take(&w->journal, LOG_TO_STDOUT));
}

/* What no process can have left is not acted on. */
static void
test_unsound(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 7; i++) {
		have(w, false, 0);
		switch (i) {
		case 0:
			w->slot->len = JOURNAL_BYTES + 1;
			break;
		case 1:
			w->slot->end = w->slot->len + 1;
			break;
		case 2:
			w->slot->done = 1;
			break;
		case 3:
			w->slot->stamplen = LOGLINES_STAMP + 1;
			break;
		case 4:
			memset(w->slot->name, 'a', sizeof(w->slot->name));
			break;
		case 5:
			strcpy(w->slot->name, "../../etc/web");
			break;
		case 6:
			w->slot->state = 77;
			break;
		}
		assert_int_equal(next_process(w), SLOT_FREE);
	}
}

/* One of another size or form is made anew. */
static void
test_other_form(void **state)
{
	struct world *w = *state;

	have(w, false, 0);
	*(uint64_t *)w->journal.map = 42;
	assert_int_equal(next_process(w), SLOT_FREE);
	journal_close(&w->journal);
	put(w, "journal", "nonsense", 8);
	assert_int_equal(journal_open(&w->journal, journal_fd(w)), 0);
	assert_non_null(journal_take(&w->journal, LOG_TO_FILE));
}

/* Use up a file system, but for so many bytes. */
static void
fill(int dir, off_t left)
{
	static const char block[4096];
	int fd = openat(dir, "filling", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC,
	    0600);
	struct stat st;

	assert_int_not_equal(fd, -1);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(ftruncate(fd, st.st_size - left), 0);
	close(fd);
}

/*
 * Where the run folder is full, an access to what was never allocated ends
 * the process by SIGBUS.  Found there: a slot at each step, and others that
 * were never used.
 */
static void
test_full(void **state)
{
	struct world *w = *state;
	struct slot *s;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) == -1)
		skip();
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("hupd", w->path, "tmpfs", 0, "size=256k"), 0);
	w->mounted = true;
	close(w->dir);
	w->dir = open(w->path, O_RDONLY | O_DIRECTORY);
	journal_close(&w->journal);
	fill(w->dir, 4096);
	assert_int_equal(journal_open(&w->journal, journal_fd(w)), 0);
	assert_null(journal_take(&w->journal, LOG_TO_FILE));
	assert_int_equal(errno, ENOSPC);

	assert_int_equal(unlinkat(w->dir, "filling", 0), 0);
	have(w, false, 0);
	have(w, false, 0);
	journal_intent(w->slot);
	/* No process leaves these: busy, and the buffer is a hole. */
	for (int i = 4; i < 6; i++)
		*journal_slot(&w->journal, i) =
		    *journal_slot(&w->journal, i - 4);
	fill(w->dir, 0);

	w->slot = journal_slot(&w->journal, 0);
	assert_int_equal(next_process(w), SLOT_HAVE);
	assert_memory_equal(journal_buffer(&w->journal, w->slot), raw,
	    sizeof(raw) - 1);
	assert_int_equal(journal_slot(&w->journal, 1)->state, SLOT_HAVE);
	for (int i = 2; i < JOURNAL_SLOTS; i++)
		assert_int_equal(journal_slot(&w->journal, i)->state,
		    SLOT_FREE);
	assert_null(journal_take(&w->journal, LOG_TO_FILE));
	assert_int_equal(errno, ENOSPC);
	/* What was allocated serves again, though others cannot. */
	journal_release(journal_slot(&w->journal, 1));
	s = journal_take(&w->journal, LOG_TO_FILE);
	assert_ptr_equal(s, journal_slot(&w->journal, 1));
	memset(journal_buffer(&w->journal, s), 'x', JOURNAL_BYTES);
}

static void
test_lock(void **state)
{
	struct world *w = *state;
	struct journal other;
	int status, fd;
	pid_t pid;

	if ((pid = fork()) == 0) {
		fd = journal_fd(w);
		if (journal_holder(fd) != getppid())
			_exit(1);
		if (journal_open(&other, fd) != -1 || errno != EAGAIN)
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	journal_close(&w->journal);
	fd = journal_fd(w);
	assert_int_equal(journal_holder(fd), 0);
	assert_int_equal(journal_open(&w->journal, fd), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_before_read),
	    T(test_after_read),
	    T(test_in_segment),
	    T(test_between_segments),
	    T(test_after_rotation),
	    T(test_moved),
	    T(test_cut),
	    T(test_removed),
	    T(test_stuck),
	    T(test_slots),
	    T(test_unsound),
	    T(test_other_form),
	    T(test_full),
	    T(test_lock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
