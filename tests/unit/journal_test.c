/*
 * journal: what a successor finds in the slots, damaged files, and a file
 * system without room.
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

#include "batch.h"
#include "output/journal.h"

struct world {
	char path[64];
	int dir;
	bool mounted;
	struct journal journal;
	struct slot *slot;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->path, "/tmp/journal_test.XXXXXX");
	assert_non_null(mkdtemp(w->path));
	w->dir = open(w->path, O_RDONLY | O_DIRECTORY);
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
	close(w->dir);
	if (w->mounted)
		assert_int_equal(umount2(w->path, MNT_DETACH), 0);
	snprintf(command, sizeof(command), "rm -rf %s", w->path);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static struct slot *
leave(struct world *w)
{
	w->slot = have(&w->journal, LOG_TO_FILE, false, 0);
	assert_non_null(w->slot);
	return w->slot;
}

/* Its successor: opens the journal, and finds this in the slot. */
static enum slot_state
next_process(struct world *w)
{
	const ptrdiff_t i = w->slot - journal_slot(&w->journal, 0);

	journal_close(&w->journal);
	assert_int_equal(journal_open(&w->journal, journal_fd(w->dir)), 0);
	w->slot = journal_slot(&w->journal, (int)i);
	return w->slot->state;
}

static void
test_before_read(void **state)
{
	struct world *w = *state;
	char *buf;

	leave(w);
	buf = journal_buffer(&w->journal, w->slot);
	buf[0] = (char)~raw[0];
	journal_intent(w->slot);
	assert_int_equal(next_process(w), SLOT_FREE);
}

static void
test_after_read(void **state)
{
	struct world *w = *state;

	journal_intent(leave(w));
	assert_int_equal(next_process(w), SLOT_HAVE);
	assert_memory_equal(journal_buffer(&w->journal, w->slot), raw,
	    sizeof(raw) - 1);
	assert_int_equal(next_process(w), SLOT_HAVE);
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

/* A successor writes a batch with its tag, and uses none of an older batch. */
static void
test_tag(void **state)
{
	struct world *w = *state;

	w->slot = have(&w->journal, LOG_TO_SYSLOG, false, 0);
	assert_string_equal(journal_tag(&w->journal, w->slot), "web");
	journal_set_tag(&w->journal, w->slot, "mail/out");
	assert_int_equal(next_process(w), SLOT_HAVE);
	assert_string_equal(journal_tag(&w->journal, w->slot), "mail/out");
	/* Version 0.1 uses the slot again, and knows nothing of tags. */
	w->slot->offset = 0;
	assert_int_equal(next_process(w), SLOT_HAVE);
	assert_string_equal(journal_tag(&w->journal, w->slot), "web");
	journal_set_tag(&w->journal, w->slot, NULL);
	assert_string_equal(journal_tag(&w->journal, w->slot), "web");
	/* Not the tag of another destination, where offset is a length. */
	journal_set_tag(&w->journal, w->slot, "mail/out");
	w->slot->to = LOG_TO_FILE;
	assert_string_equal(journal_tag(&w->journal, w->slot), "web");
}

/* A slot that no process can have left is ignored. */
static void
test_unsound(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 8; i++) {
		leave(w);
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
			w->slot->stamplen = STAMP_LENGTH + 1;
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
		case 7:
			w->slot->to = LOG_TO_SYSLOG;
			w->slot->offset = 1;
			memset(w->journal.tags, 'a', sizeof(*w->journal.tags));
			break;
		}
		assert_int_equal(next_process(w), SLOT_FREE);
	}
}

/* A journal of another size or form is created again. */
static void
test_other_form(void **state)
{
	struct world *w = *state;
	int fd;

	leave(w);
	*(uint64_t *)w->journal.map = 42;
	assert_int_equal(next_process(w), SLOT_FREE);
	journal_close(&w->journal);
	fd = openat(w->dir, "journal", O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "nonsense", 8), 8);
	close(fd);
	assert_int_equal(journal_open(&w->journal, journal_fd(w->dir)), 0);
	assert_non_null(journal_take(&w->journal, LOG_TO_FILE));
}

/* Fill a file system except for left bytes. */
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
 * Where the run folder is full, an access to a hole ends the process by
 * SIGBUS.  The journal has a slot at each step, and others that were never
 * used.
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
	assert_int_equal(journal_open(&w->journal, journal_fd(w->dir)), 0);
	assert_null(journal_take(&w->journal, LOG_TO_FILE));
	assert_int_equal(errno, ENOSPC);

	assert_int_equal(unlinkat(w->dir, "filling", 0), 0);
	leave(w);
	leave(w);
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
	/* An allocated buffer can be used again, a new one cannot be had. */
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
		fd = journal_fd(w->dir);
		if (!journal_is_locked(fd))
			_exit(1);
		if (journal_open(&other, fd) != -1 || errno != EAGAIN)
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	journal_close(&w->journal);
	fd = journal_fd(w->dir);
	assert_false(journal_is_locked(fd));
	assert_int_equal(journal_open(&w->journal, fd), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_before_read),
	    T(test_after_read),
	    T(test_slots),
	    T(test_tag),
	    T(test_unsound),
	    T(test_other_form),
	    T(test_full),
	    T(test_lock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
