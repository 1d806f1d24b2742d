/*
 * inherit - the list of the descriptors that the daemon holds for programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "process/inherit.h"

#define BLOCK 512
#define MAGIC "hupd.fds"
#define VERSION 1
/* A file with more is damaged. */
#define ENTRIES_MAX (1 << 20)

struct head {
	char magic[8];
	uint32_t version;
	char unused[BLOCK - 12];
};

_Static_assert(sizeof(struct head) == BLOCK &&
	sizeof(struct inherit_entry) == BLOCK,
    "no block crosses a page");

struct inherit {
	char *path;
	int fd; /* -1: there is no file yet */
	int n;	/* blocks after the first */
	uint8_t *used;
};

static char *
path_of(const char *run_dir)
{
	char *path;

	return asprintf(&path, "%s/descriptors", run_dir) != -1 ? path : NULL;
}

static off_t
offset_of(int index)
{
	return (off_t)(index + 1) * BLOCK;
}

struct inherit *
inherit_new(const char *run_dir)
{
	struct inherit *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	in->fd = -1;
	if ((in->path = path_of(run_dir)) != NULL)
		return in;
	free(in);
	return NULL;
}

void
inherit_free(struct inherit *in, bool remove)
{
	if (in == NULL)
		return;
	if (remove)
		unlink(in->path);
	if (in->fd != -1)
		close(in->fd);
	free(in->used);
	free(in->path);
	free(in);
}

/* Open the list of an earlier daemon; -1: it does not exist. */
static int
open_list(const char *path, int flags)
{
	struct head head;
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1)
		return -1;
	if (pread(fd, &head, sizeof(head), 0) == sizeof(head) &&
	    memcmp(head.magic, MAGIC, sizeof(head.magic)) == 0 &&
	    head.version == VERSION)
		return fd;
	close(fd);
	return -1;
}

static bool
read_entry(int fd, int index, struct inherit_entry *e)
{
	return index < ENTRIES_MAX &&
	    pread(fd, e, sizeof(*e), offset_of(index)) == sizeof(*e);
}

static bool
is_sound(const struct inherit_entry *e)
{
	return (e->kind == INHERIT_SOCKET || e->kind == INHERIT_STORED) &&
	    e->fd > STDERR_FILENO &&
	    memchr(e->owner, '\0', sizeof(e->owner)) != NULL &&
	    memchr(e->name, '\0', sizeof(e->name)) != NULL;
}

static int
make_list(struct inherit *in)
{
	const struct head head = {.magic = MAGIC, .version = VERSION};

	in->fd = open(in->path,
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (in->fd == -1)
		return -1;
	if (pwrite(in->fd, &head, sizeof(head), 0) == sizeof(head))
		return 0;
	close(in->fd);
	in->fd = -1;
	return -1;
}

static int
note_used(struct inherit *in, int index, bool used)
{
	uint8_t *grown;
	int n;

	if (index >= in->n) {
		n = index + 16;
		if ((grown = realloc(in->used, (size_t)n)) == NULL)
			return -1;
		memset(grown + in->n, 0, (size_t)(n - in->n));
		in->used = grown;
		in->n = n;
	}
	in->used[index] = used;
	return 0;
}

void
inherit_load(struct inherit *in, enum inherit_kind kind,
    void (*each)(void *arg, int index, const struct inherit_entry *), void *arg)
{
	struct inherit_entry e;

	if (in->fd == -1 && (in->fd = open_list(in->path, O_RDWR)) == -1)
		return;
	for (int i = 0; read_entry(in->fd, i, &e); i++) {
		if (note_used(in, i, is_sound(&e)) == -1)
			return;
		if (is_sound(&e) && e.kind == (uint32_t)kind)
			each(arg, i, &e);
	}
}

void
inherit_forget(struct inherit *in)
{
	if (unlink(in->path) == -1 && errno != ENOENT)
		log_warn("%s", in->path);
}

static int
write_entry(struct inherit *in, int index, const struct inherit_entry *e)
{
	ssize_t n = pwrite(in->fd, e, sizeof(*e), offset_of(index));

	if (n == sizeof(*e))
		return 0;
	if (n != -1)
		errno = ENOSPC;
	return -1;
}

int
inherit_add(struct inherit *in, const struct inherit_entry *e)
{
	int index = 0;

	if (in->fd == -1 && make_list(in) == -1)
		return -1;
	while (index < in->n && in->used[index])
		index++;
	if (write_entry(in, index, e) == -1 || note_used(in, index, true) == -1)
		return -1;
	return index;
}

void
inherit_change(struct inherit *in, int index, const struct inherit_entry *e)
{
	if (write_entry(in, index, e) == -1)
		log_warn("%s", in->path);
}

void
inherit_remove(struct inherit *in, int index)
{
	static const struct inherit_entry none;

	if (index == -1)
		return;
	inherit_change(in, index, &none);
	in->used[index] = 0;
}

void
inherit_pass(const char *run_dir, bool on)
{
	struct inherit_entry e;
	char *path = path_of(run_dir);
	int fd = path != NULL ? open_list(path, O_RDONLY) : -1;

	for (int i = 0; fd != -1 && read_entry(fd, i, &e); i++)
		if (is_sound(&e))
			fcntl(e.fd, F_SETFD, on ? 0 : FD_CLOEXEC);
	if (fd != -1)
		close(fd);
	free(path);
}
