/*
 * journal - the unfinished work of the log process, stored for its successor.
 *
 * The stores are ordered only against the compiler: the memory of a killed
 * process keeps every store that it made.
 */
#include "output/journal.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "output/message.h"

/* A new number for each new form of the file. */
#define MAGIC 0x68757064006c0002ULL
#define HEAD 4096

struct head {
	uint64_t magic;
	struct slot slots[JOURNAL_SLOTS];
	/*
	 * Version 0.1 knows nothing of tags, and sets offset of a slot for
	 * syslog to 0: so neither version misreads a slot of the other.
	 */
	char tags[JOURNAL_SLOTS][JOURNAL_NAME];
};

_Static_assert(sizeof(struct head) <= HEAD, "slots fit before the buffers");

#define FILE_BYTES (HEAD + JOURNAL_SLOTS * JOURNAL_BYTES)

static int
lock(int fd, int cmd, struct flock *fl)
{
	*fl = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
	return fcntl(fd, cmd, fl);
}

bool
journal_is_locked(int fd)
{
	struct flock fl;

	return lock(fd, F_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
}

void
journal_set_stream(struct slot *s, const char *stream)
{
	const size_t len = strcspn(stream, ":");

	memset(s->name, 0, sizeof(s->name));
	memcpy(s->name, stream, len);
	s->form = s->to == LOG_TO_FILE && stream[len] != '\0';
}

const char *
journal_stream(const struct slot *s, char buf[static JOURNAL_NAME])
{
	strlcpy(buf, s->name, JOURNAL_NAME);
	if (s->to == LOG_TO_FILE && s->form != 0)
		strlcat(buf, MESSAGE_ERRORS, JOURNAL_NAME);
	return buf;
}

static bool
has_tag(const struct slot *s)
{
	return s->to == LOG_TO_SYSLOG && s->offset != 0;
}

void
journal_set_tag(struct journal *j, struct slot *s, const char *tag)
{
	s->offset = tag != NULL;
	strlcpy(j->tags[s - j->slots], tag != NULL ? tag : "", JOURNAL_NAME);
}

const char *
journal_tag(const struct journal *j, const struct slot *s)
{
	return has_tag(s) ? j->tags[s - j->slots] : s->name;
}

/* Could a log process have left the slot like this? */
static bool
is_sound(const struct journal *j, const struct slot *s)
{
	return (s->state == SLOT_INTENT || s->state == SLOT_HAVE) &&
	    s->len > 0 && s->len <= JOURNAL_BYTES && s->done <= s->end &&
	    s->end <= s->len && s->stamplen <= STAMP_LENGTH && s->offset >= 0 &&
	    s->limit >= 0 && s->keep >= 0 && s->keep <= DEFINITION_KEEP_MAX &&
	    s->to <= LOG_TO_STDOUT &&
	    memchr(s->name, '\0', sizeof(s->name)) != NULL &&
	    text_is_name(s->name) && s->form <= PREFIX_JSON &&
	    (!has_tag(s) ||
		memchr(journal_tag(j, s), '\0', JOURNAL_NAME) != NULL);
}

/*
 * Allocate a part of the file before the mapping of it is accessed.  The
 * kernel may have less memory later, and on a full file system the first read
 * or write of a hole raises SIGBUS.
 */
static int
allocate(int fd, size_t at, size_t len)
{
	int err;

	do
		err = posix_fallocate(fd, (off_t)at, (off_t)len);
	while (err == EINTR);
	errno = err;
	return err == 0 ? 0 : -1;
}

static size_t
buffer_offset(const struct journal *j, const struct slot *s)
{
	return HEAD + (size_t)(s - j->slots) * JOURNAL_BYTES;
}

char *
journal_buffer(struct journal *j, const struct slot *s)
{
	return (char *)j->map + buffer_offset(j, s);
}

/* Allocate the buffer of a slot, and map its pages. */
static int
make_ready(struct journal *j, struct slot *s)
{
	volatile char *p = journal_buffer(j, s);

	if (j->ready[s - j->slots])
		return 0;
	if (allocate(j->fd, buffer_offset(j, s), JOURNAL_BYTES) == -1)
		return -1;
	for (size_t i = 0; i < JOURNAL_BYTES; i += 4096)
		p[i] = p[i];
	j->ready[s - j->slots] = true;
	return 0;
}

/*
 * Do not access the buffer of a free slot: it may never have been allocated.
 * The buffer of a busy slot was allocated, and allocating it again needs no
 * memory; if that fails, the slot was not written by a log process.
 */
static void
recover(struct journal *j, struct slot *s)
{
	if (!journal_is_busy(s))
		return;
	if (!is_sound(j, s) || make_ready(j, s) == -1)
		journal_release(s);
	else if (s->state == SLOT_INTENT) {
		if ((uint8_t)*journal_buffer(j, s) == s->first)
			journal_release(s);
		else
			journal_have(s);
	}
}

static int
map_file(struct journal *j)
{
	struct head *head;
	struct stat st;

	if (fstat(j->fd, &st) == -1)
		return -1;
	if (st.st_size != (off_t)FILE_BYTES &&
	    (ftruncate(j->fd, 0) == -1 ||
		ftruncate(j->fd, (off_t)FILE_BYTES) == -1))
		return -1;
	if (allocate(j->fd, 0, HEAD) == -1)
		return -1;
	j->map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
	    j->fd, 0);
	if (j->map == MAP_FAILED)
		return -1;
	/* Keep touched pages in memory.  Useful, but not required. */
	mlock2(j->map, FILE_BYTES, MLOCK_ONFAULT);
	head = j->map;
	j->slots = head->slots;
	j->tags = head->tags;
	if (head->magic != MAGIC) {
		memset(head, 0, sizeof(*head));
		head->magic = MAGIC;
	}
	return 0;
}

int
journal_open(struct journal *j, int fd)
{
	struct flock fl;

	*j = (struct journal){.fd = fd, .map = MAP_FAILED};
	if (lock(fd, F_SETLK, &fl) == -1 || map_file(j) == -1) {
		journal_close(j);
		return -1;
	}
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		recover(j, &j->slots[i]);
	return 0;
}

void
journal_close(struct journal *j)
{
	int saved = errno;

	if (j->map != MAP_FAILED)
		munmap(j->map, FILE_BYTES);
	if (j->fd != -1)
		close(j->fd);
	*j = (struct journal){.fd = -1, .map = MAP_FAILED};
	errno = saved;
}

struct slot *
journal_slot(struct journal *j, int i)
{
	return &j->slots[i];
}

struct slot *
journal_take(struct journal *j, enum key_log to)
{
	int i = 0, end = JOURNAL_FILES;

	if (to == LOG_TO_SYSLOG) {
		i = end;
		end += JOURNAL_SYSLOG;
	} else if (to == LOG_TO_STDOUT) {
		i = end + JOURNAL_SYSLOG;
		end = JOURNAL_SLOTS;
	}
	errno = EBUSY;
	for (; i < end; i++)
		if (!journal_is_busy(&j->slots[i]) &&
		    make_ready(j, &j->slots[i]) == 0)
			return &j->slots[i];
	return NULL;
}

void
journal_intent(struct slot *s)
{
	atomic_store_explicit(&s->done, 0, memory_order_relaxed);
	atomic_store_explicit(&s->end, 0, memory_order_relaxed);
	atomic_store_explicit(&s->state, SLOT_INTENT, memory_order_release);
}

void
journal_have(struct slot *s)
{
	atomic_store_explicit(&s->state, SLOT_HAVE, memory_order_release);
}

void
journal_segment(struct slot *s, uint32_t end)
{
	atomic_store_explicit(&s->end, end, memory_order_release);
}

void
journal_segment_done(struct slot *s)
{
	atomic_store_explicit(&s->done, s->end, memory_order_release);
}

void
journal_release(struct slot *s)
{
	atomic_store_explicit(&s->state, SLOT_FREE, memory_order_release);
}

bool
journal_is_busy(const struct slot *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed) !=
	    SLOT_FREE;
}
