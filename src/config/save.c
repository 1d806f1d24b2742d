/*
 * save - a configuration written to disk, whole or not at all.
 */
#include <sys/sendfile.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/save.h"
#include "config/syntax.h"

#define COPY_CHUNK ((size_t)1 << 20)
#define COMPARE_CHUNK 16384

/* Does the file have the same contents as the descriptor? */
static bool
is_same(int fd, const char *file)
{
	char a[COMPARE_CHUNK], b[COMPARE_CHUNK];
	off_t offset = 0;
	ssize_t n, m = -1;
	int other;

	other = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (other == -1)
		return false;
	while ((n = pread(fd, a, sizeof(a), offset)) > 0 &&
	    (m = pread(other, b, sizeof(b), offset)) == n &&
	    memcmp(a, b, (size_t)n) == 0)
		offset += n;
	if (n == 0)
		m = pread(other, b, sizeof(b), offset);
	close(other);
	return n == 0 && m == 0;
}

/*
 * Print to a descriptor, sync and close it.  1: the file has the same contents
 * already, so nothing was synced; -1 with errno.
 */
static int
print_to(int fd, const struct config *config, const char *file)
{
	int err = 0, same = 0;
	FILE *f;

	if ((f = fdopen(fd, "w")) == NULL) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	if (syntax_print_saved(config, f) == -1)
		err = ENOMEM;
	else if (fflush(f) == EOF)
		err = errno;
	else if (is_same(fd, file))
		same = 1;
	else if (fsync(fd) == -1)
		err = errno;
	if (fclose(f) == EOF && err == 0)
		err = errno;
	errno = err;
	return err == 0 ? same : -1;
}

/* Copy the file to a descriptor, which it closes.  -1 with errno. */
static int
copy_to(int fd, const char *from)
{
	int in, err = 0;
	ssize_t n = -1;

	in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (in != -1)
		while ((n = sendfile(fd, in, NULL, COPY_CHUNK)) > 0)
			;
	if (n == -1)
		err = errno;
	if (in != -1)
		close(in);
	if (close(fd) == -1 && err == 0)
		err = errno;
	errno = err;
	return err == 0 ? 0 : -1;
}

/* Replace the file by a synced print of config, or if that is NULL a copy. */
static int
replace(const struct config *config, const char *from, const char *temp,
    const char *file)
{
	int fd, err, r;

	/* A crash may have left one. */
	if (unlink(temp) == -1 && errno != ENOENT)
		return -1;
	fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return -1;
	r = config != NULL ? print_to(fd, config, file) : copy_to(fd, from);
	if (r == 1)
		return unlink(temp);
	if (r == -1 || rename(temp, file) == -1) {
		err = errno;
		unlink(temp);
		errno = err;
		return -1;
	}
	return config != NULL ? file_sync(file) : 0;
}

static int
save(const struct config *config, const char *from, const char *file)
{
	char *temp;
	int r, err;

	if (asprintf(&temp, "%s.new", file) == -1) {
		errno = ENOMEM;
		return -1;
	}
	r = replace(config, from, temp, file);
	err = errno;
	free(temp);
	errno = err;
	return r;
}

int
save_config(const struct config *config, const char *file)
{
	return save(config, NULL, file);
}

int
save_copy(const char *from, const char *file)
{
	return save(NULL, from, file);
}
