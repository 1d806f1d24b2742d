/*
 * ctl_tail - where the last lines of a log begin.
 */
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl_tail.h"

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

int
tail_seek(int fd, int64_t n, int64_t *left)
{
	char buf[BLOCK];
	struct stat st;
	off_t offset, end;
	ssize_t i;

	if (fstat(fd, &st) == -1)
		return -1;
	end = st.st_size;
	*left = n;
	for (offset = end; offset > 0 && n > 0;) {
		i = offset < BLOCK ? (ssize_t)offset : BLOCK;
		offset -= i;
		if ((i = read_block(fd, buf, (size_t)i, offset)) == -1)
			return -1;
		/* The newline before a line is what makes it complete. */
		while (i-- > 0) {
			if (offset + i + 1 == end || buf[i] != '\n')
				continue;
			if (--*left == 0)
				return lseek(fd, offset + i + 1, SEEK_SET) == -1
				    ? -1
				    : 0;
		}
	}
	if (n > 0 && end > 0)
		--*left;
	return lseek(fd, n > 0 ? 0 : end, SEEK_SET) == -1 ? -1 : 0;
}
