/*
 * walk - read a log from some place on, through every rotation.
 *
 * A file is left for the next newer one only when that exists, and after its
 * end was read once more: the log process writes to the new file from then
 * on.  The file before it is held open too, so that its inode is not reused
 * and marks the place in the chain should the current file be removed.
 */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/stamp.h"
#include "client/chain.h"
#include "client/logread.h"
#include "client/present.h"
#include "client/walk.h"

/* The last N lines are shown up to N times this number of bytes. */
#define LINE_SHARE INT64_C(65536)
/* The number of bytes in which a line is looked for. */
#define BLOCK 65536

void
walk_init(struct walk *walk, const char *path)
{
	*walk = (struct walk){.path = path, .fd = -1, .older = -1, .newer = -1};
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

void
walk_close(struct walk *walk)
{
	close_fd(&walk->fd);
	close_fd(&walk->older);
	close_fd(&walk->newer);
}

/* Make fd the file that is read. */
static void
enter(struct walk *walk, int fd)
{
	close_fd(&walk->fd);
	close_fd(&walk->older);
	walk->fd = fd;
	walk->older = chain_older(walk->path, fd);
	walk->entered = true;
}

/* Is the place in the file that of a line which begins in the older file? */
static bool
is_continued(int older, int fd)
{
	struct stat st;
	char last;

	return lseek(fd, 0, SEEK_CUR) == 0 && fstat(fd, &st) == 0 &&
	    st.st_size > 0 && fstat(older, &st) == 0 && st.st_size > 0 &&
	    pread(older, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

/* Open the newest file, unless no file exists yet.  -1 with errno. */
static int
open_newest(struct walk *walk)
{
	walk->fd = chain_newest(walk->path);
	walk->entered = true;
	return walk->fd == -1 && errno != ENOENT ? -1 : 0;
}

int
walk_to_last(struct walk *walk, int64_t lines)
{
	int64_t left = lines, room = INT64_MAX;
	int fd;

	if (lines < INT64_MAX / LINE_SHARE)
		room = lines * LINE_SHARE;
	if (open_newest(walk) == -1)
		return -1;
	while (walk->fd != -1) {
		if (logread_seek(walk->fd, left, &left, &room) == -1)
			return -1;
		if (room == 0 && lines > 0)
			present_warn("%s: long lines; showing only the last "
				     "%" PRId64 " KiB of them",
			    walk->path, lines * LINE_SHARE / 1024);
		if ((fd = chain_older(walk->path, walk->fd)) == -1)
			return 0;
		if (is_continued(fd, walk->fd))
			left++;
		if (room == 0 || left == 0) {
			walk->older = fd;
			return 0;
		}
		close(walk->fd);
		walk->fd = fd;
	}
	return 0;
}

/*
 * The first line with a time that begins after from and before end, within a
 * block; *at: where it begins.
 */
static bool
find_stamp(int fd, off_t from, off_t end, off_t *at, int64_t *ms)
{
	char buf[BLOCK];
	const char *s = buf, *last;
	ssize_t n;

	if ((n = pread(fd, buf, sizeof(buf), from)) <= 0)
		return false;
	last = buf + n;
	while ((s = memchr(s, '\n', (size_t)(last - s))) != NULL &&
	    from + (++s - buf) < end) {
		*at = from + (s - buf);
		if (stamp_parse(s, (size_t)(last - s), ms) > 0)
			return true;
	}
	return false;
}

/*
 * Go to a line in the file that is not later than ms, close to the first that
 * is.  Times that go back, after the clock was set, only make it less close.
 */
static int
seek_time(int fd, int64_t ms)
{
	off_t low = 0, high, middle, at;
	struct stat st;
	int64_t found;

	if (fstat(fd, &st) == -1)
		return -1;
	for (high = st.st_size; high - low > BLOCK;) {
		middle = low + (high - low) / 2;
		if (find_stamp(fd, middle, high, &at, &found) && found < ms)
			low = at;
		else
			high = middle;
	}
	return lseek(fd, low, SEEK_SET) == -1 ? -1 : 0;
}

/* The time of the last write, rounded up. */
static int64_t
written_at(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return INT64_MAX;
	return ((int64_t)st.st_mtim.tv_sec + 1) * 1000;
}

/* No line is later than the last write to its file. */
int
walk_to_time(struct walk *walk, int64_t ms)
{
	int fd;

	if (open_newest(walk) == -1)
		return -1;
	while (walk->fd != -1) {
		fd = chain_older(walk->path, walk->fd);
		if (fd == -1 || written_at(fd) < ms) {
			walk->older = fd;
			return seek_time(walk->fd, ms);
		}
		close(walk->fd);
		walk->fd = fd;
	}
	return 0;
}

/* A file that became shorter is read from its beginning. */
static bool
is_truncated(const struct walk *walk)
{
	struct stat st;

	if (fstat(walk->fd, &st) == -1 ||
	    st.st_size >= lseek(walk->fd, 0, SEEK_CUR))
		return false;
	present_warn("%s: truncated", walk->path);
	return lseek(walk->fd, 0, SEEK_SET) == 0;
}

static ssize_t
read_file(struct walk *walk, char *buf, size_t size)
{
	ssize_t n;

	if (walk->fd == -1)
		return 0;
	do
		n = read(walk->fd, buf, size);
	while ((n == -1 && errno == EINTR) || (n == 0 && is_truncated(walk)));
	return n;
}

ssize_t
walk_read(struct walk *walk, char *buf, size_t size)
{
	ssize_t n;

	while ((n = read_file(walk, buf, size)) == 0) {
		if (walk->newer != -1) {
			enter(walk, walk->newer);
			walk->newer = -1;
			continue;
		}
		walk->newer = chain_newer(walk->path, walk->fd, walk->older);
		if (walk->newer == -1)
			break;
	}
	return n;
}

/* The line that begins last; 1: it has a time, 0: it has none, -1: none does.
 */
static int
has_last_time(int fd, bool first)
{
	char buf[BLOCK];
	const char *s = buf, *newline;
	struct stat st;
	ssize_t n;
	off_t from;

	if (fstat(fd, &st) == -1)
		return -1;
	from = st.st_size > BLOCK ? st.st_size - BLOCK : 0;
	if ((n = pread(fd, buf, sizeof(buf), from)) <= 1)
		return -1;
	if ((newline = memrchr(buf, '\n', (size_t)n - 1)) != NULL)
		s = newline + 1;
	else if (from > 0 || !first)
		return -1;
	return stamp_parse(s, (size_t)(buf + n - s), NULL) > 0;
}

bool
walk_has_times(const char *path)
{
	int fd, older, has = -1;

	for (fd = chain_newest(path); fd != -1 && has == -1; fd = older) {
		older = chain_older(path, fd);
		has = has_last_time(fd, older == -1);
		close(fd);
		if (has != -1 && older != -1)
			close(older);
	}
	return has != 0;
}
