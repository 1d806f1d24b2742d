/*
 * logread - the last lines of a log.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/present.h"
#include "client/chain.h"
#include "client/logread.h"
#include "client/utf8.h"

#define BLOCK 65536
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
