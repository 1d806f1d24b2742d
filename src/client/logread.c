/*
 * logread - print a log from its last lines on, through every rotation.
 *
 * A file is left for the next newer one only when that exists, and after its
 * end was read once more: the log process writes to the new file from then
 * on.  The file before it is held open too, so that its inode is not reused
 * and marks the place in the chain should the current file be removed.
 */
#include <sys/inotify.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/present.h"
#include "client/ctl.h"
#include "client/chain.h"
#include "client/logread.h"
#include "client/utf8.h"

#define BLOCK 65536
/* The last N lines are shown up to N times this number of bytes. */
#define LINE_SHARE INT64_C(65536)
/* Milliseconds between two looks where the kernel does not notify. */
#define POLL_MS 1000

struct walk {
	const char *path;
	struct emit *emit;
	int fd;	   /* the file that is read, or -1 */
	int older; /* the one before it, or -1 */
	/* what wakes us */
	int notify;
	int dir_watch;
	int file_watch;
};

/* Make fd the file that is read. */
static void
enter(struct walk *walk, int fd)
{
	if (walk->file_watch != -1)
		inotify_rm_watch(walk->notify, walk->file_watch);
	walk->file_watch = -1;
	if (walk->fd != -1)
		close(walk->fd);
	if (walk->older != -1)
		close(walk->older);
	walk->fd = fd;
	walk->older = chain_older(walk->path, fd);
}

static void
leave(struct walk *walk)
{
	if (walk->fd != -1)
		close(walk->fd);
	if (walk->older != -1)
		close(walk->older);
	if (walk->notify != -1)
		close(walk->notify);
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

/* Find the file and the place in it where the last lines begin. */
static int
begin(struct walk *walk, int64_t lines)
{
	int64_t left = lines, room = INT64_MAX;
	int fd;

	if (lines < INT64_MAX / LINE_SHARE)
		room = lines * LINE_SHARE;
	if ((walk->fd = chain_newest(walk->path)) == -1)
		return -1;
	for (;;) {
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
}

/* Print all there is now.  -1 with errno. */
static int
drain(struct walk *walk)
{
	char buf[BLOCK];
	struct stat st;
	ssize_t n;

	if (fstat(walk->fd, &st) == 0 &&
	    st.st_size < lseek(walk->fd, 0, SEEK_CUR)) {
		present_warn("%s: truncated", walk->path);
		lseek(walk->fd, 0, SEEK_SET);
	}
	while ((n = read(walk->fd, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			emit_bytes(walk->emit, buf, (size_t)n);
		if (ferror(walk->emit->f))
			return -1;
	}
	return 0;
}

/*
 * Print until the end of the newest file.  1: that is another file now; -1
 * with errno.
 */
static int
catch_up(struct walk *walk)
{
	int fd, moved;

	for (moved = 0;; moved = 1) {
		if (walk->fd != -1 && drain(walk) == -1)
			return -1;
		fd = chain_newer(walk->path, walk->fd, walk->older);
		if (fd == -1)
			return moved;
		if (walk->fd != -1 && drain(walk) == -1) {
			close(fd);
			return -1;
		}
		enter(walk, fd);
	}
}

/*
 * Watch the folder for new files and the file for new bytes.  The folder of
 * that name may be another one by now; for the same one this does nothing.
 */
static void
watch(struct walk *walk)
{
	char dir[PATH_MAX], self[64];
	int wd = -1;

	if (walk->notify == -1)
		return;
	if (strlcpy(dir, walk->path, sizeof(dir)) < sizeof(dir))
		wd = inotify_add_watch(walk->notify, dirname(dir),
		    IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF);
	if (walk->dir_watch != -1 && walk->dir_watch != wd)
		inotify_rm_watch(walk->notify, walk->dir_watch);
	walk->dir_watch = wd;
	if (walk->file_watch == -1 && walk->fd != -1) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", walk->fd);
		walk->file_watch = inotify_add_watch(walk->notify, self,
		    IN_MODIFY | IN_ATTRIB);
	}
}

/*
 * The kernel does not notify of more bytes: no watch could be made, or
 * the file was removed, maybe with its folder.  The kernel reports the end of
 * a folder only once no file of it is open.
 */
static bool
is_blind(const struct walk *walk)
{
	struct stat st;

	if (walk->notify == -1 || walk->dir_watch == -1)
		return true;
	return walk->fd != -1 &&
	    (walk->file_watch == -1 || fstat(walk->fd, &st) == -1 ||
		st.st_nlink == 0);
}

/* Wait until there may be more.  -1: nobody reads what we print. */
static int
wait_for_more(struct walk *walk)
{
	struct pollfd fds[2] = {{.fd = STDOUT_FILENO},
	    {.fd = walk->notify, .events = POLLIN}};
	char events[4096];

	if (poll(fds, 2, is_blind(walk) ? POLL_MS : -1) == -1)
		return errno == EINTR ? 0 : -1;
	if ((fds[0].revents & (POLLERR | POLLHUP)) != 0) {
		raise(SIGPIPE);
		errno = EPIPE;
		return -1;
	}
	/* Drop the events: the files themselves are looked at. */
	while ((fds[1].revents & POLLIN) != 0 &&
	    read(walk->notify, events, sizeof(events)) > 0)
		;
	return 0;
}

static int
follow(struct walk *walk)
{
	int moved;

	walk->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	for (;;) {
		/* catch_up sees all from before the watch; later bytes wake us.
		 */
		watch(walk);
		moved = catch_up(walk);
		if (moved == -1 || fflush(walk->emit->f) == EOF)
			return -1;
		if (!moved && wait_for_more(walk) == -1)
			return -1;
	}
}

int
logread_follow(const char *path, int64_t lines, bool stay, struct emit *emit)
{
	struct walk walk = {.path = path,
	    .emit = emit,
	    .fd = -1,
	    .older = -1,
	    .notify = -1,
	    .dir_watch = -1,
	    .file_watch = -1};
	int error = 0;

	if (begin(&walk, lines) == -1 && !(stay && errno == ENOENT))
		error = -1;
	if (error == 0)
		error = stay ? follow(&walk) : catch_up(&walk);
	error = error == -1 ? -1 : 0;
	emit_end(emit);
	leave(&walk);
	return error;
}

/* Read size bytes at offset, or what is left of a file that was truncated. */
static ssize_t
read_block(int fd, char *buf, size_t size, off_t offset)
{
	size_t done = 0;
	ssize_t n = 1;

	while (done < size && n != 0) {
		n = pread(fd, buf + done, size - done, offset + (off_t)done);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			done += (size_t)n;
	}
	return (ssize_t)done;
}

/* The same place, or the next at which a character begins. */
static off_t
at_character(int fd, off_t offset)
{
	char buf[UTF8_MAX];
	ssize_t n = pread(fd, buf, sizeof(buf), offset), i = 0;

	while (i < n && i < UTF8_MAX - 1 &&
	    ((unsigned char)buf[i] & 0xc0) == 0x80)
		i++;
	return offset + i;
}

static int
seek_to(int fd, off_t begin, off_t end, int64_t *room)
{
	*room -= end - begin;
	return lseek(fd, begin, SEEK_SET) == -1 ? -1 : 0;
}

int
logread_seek(int fd, int64_t n, int64_t *left, int64_t *room)
{
	char buf[BLOCK];
	struct stat st;
	off_t offset, end, low;
	ssize_t i;

	if (fstat(fd, &st) == -1)
		return -1;
	end = st.st_size;
	low = end > *room ? end - *room : 0;
	*left = n;
	for (offset = end; offset > low && n > 0;) {
		i = offset - low < BLOCK ? (ssize_t)(offset - low) : BLOCK;
		offset -= i;
		if ((i = read_block(fd, buf, (size_t)i, offset)) == -1)
			return -1;
		/* The newline before a line is what makes it complete. */
		while (i-- > 0) {
			if (offset + i + 1 == end || buf[i] != '\n')
				continue;
			if (--*left == 0)
				return seek_to(fd, offset + i + 1, end, room);
		}
	}
	if (n > 0 && low > 0) {
		*left = *room = 0;
		low = at_character(fd, low);
		return seek_to(fd, low, low, room);
	}
	if (n > 0 && end > 0)
		--*left;
	return seek_to(fd, n > 0 ? 0 : end, end, room);
}

#define LINES 5
/* The number of bytes at the end of each file that are read. */
#define REACH ((off_t)1024 * 1024)
/* The number of bytes of each line that are shown. */
#define SHOWN 1000

/* The latest lines; the oldest of them is the next to go. */
struct recent {
	char *line[LINES];
	size_t next;
};

static void
push(struct recent *recent, char *line)
{
	char *copy;

	if (strlen(line) > SHOWN)
		memcpy(line + SHOWN - 3, "...", 4);
	if ((copy = strdup(line)) == NULL)
		return;
	free(recent->line[recent->next]);
	recent->line[recent->next] = copy;
	recent->next = (recent->next + 1) % LINES;
}

/* Is it "TIME NAME: ..."? */
static bool
is_about(const char *line, const char *name)
{
	const char *said = strchr(line, ' ');
	size_t n = strlen(name);

	return said != NULL && strncmp(said + 1, name, n) == 0 &&
	    said[1 + n] == ':';
}

/* Up to where it ended: it may grow as fast as it is read.  Closes fd. */
static void
scan(struct recent *recent, int fd, const char *name)
{
	char *line = NULL;
	struct stat st;
	size_t size = 0;
	ssize_t n;
	off_t left;
	bool cut;
	FILE *f;

	if (fstat(fd, &st) == -1 || (f = fdopen(fd, "r")) == NULL) {
		close(fd);
		return;
	}
	cut = st.st_size > REACH;
	if (cut && fseeko(f, -REACH, SEEK_END) == -1)
		cut = false;
	left = cut ? REACH : st.st_size;
	for (; left > 0 && (n = getline(&line, &size, f)) > 0; left -= n) {
		/* The first one may have begun before; the last one is shown.
		 */
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		else
			cut = false;
		if (!cut && (name == NULL || is_about(line, name)))
			push(recent, line);
		cut = false;
	}
	free(line);
	fclose(f);
}

void
logread_recent(FILE *f, const char *title, const char *log, const char *name)
{
	struct recent recent = {0};
	const char *line;
	int fd, older;
	size_t i;

	if (log == NULL || (fd = chain_newest(log)) == -1)
		return;
	if ((older = chain_older(log, fd)) != -1)
		scan(&recent, older, name);
	scan(&recent, fd, name);
	for (i = 0; i < LINES; i++) {
		line = recent.line[(recent.next + i) % LINES];
		if (line == NULL)
			continue;
		if (title != NULL)
			fprintf(f, "\n%s\n", title);
		title = NULL;
		fputs("  ", f);
		present_puts(line, f);
		fputc('\n', f);
	}
	for (i = 0; i < LINES; i++)
		free(recent.line[i]);
}
