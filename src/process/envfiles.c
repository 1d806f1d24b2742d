/*
 * envfiles - the contents of environment files whose file system may not
 * answer.
 */
#include <sys/queue.h>

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/envfiles.h"
#include "wire/line.h"

#define TAG "envfile"

/* A file that was asked for. */
struct asked {
	struct envfile file; /* first: the one is the other */
	TAILQ_ENTRY(asked) link;
};

struct envfiles {
	void *paths; /* tsearch(3) */
	TAILQ_HEAD(, asked) entries;
};

struct envfiles *
envfiles_new(void)
{
	struct envfiles *fs;

	if ((fs = calloc(1, sizeof(*fs))) != NULL)
		TAILQ_INIT(&fs->entries);
	return fs;
}

static void
asked_free(struct asked *e)
{
	if (e == NULL)
		return;
	free(e->file.path);
	free(e->file.bytes);
	free(e);
}

static void
keep(void *asked)
{
	(void)asked;
}

void
envfiles_free(struct envfiles *fs)
{
	struct asked *e;

	if (fs == NULL)
		return;
	tdestroy(fs->paths, keep);
	while ((e = TAILQ_FIRST(&fs->entries)) != NULL) {
		TAILQ_REMOVE(&fs->entries, e, link);
		asked_free(e);
	}
	free(fs);
}

static int
compare(const void *a, const void *b)
{
	const struct envfile *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static struct envfile *
find(struct envfiles *fs, const char *path)
{
	struct asked *e, **slot;

	if ((e = calloc(1, sizeof(*e))) == NULL ||
	    (e->file.path = strdup(path)) == NULL ||
	    (slot = tsearch(e, &fs->paths, compare)) == NULL) {
		asked_free(e);
		return NULL;
	}
	if (*slot != e) {
		asked_free(e);
		return &(*slot)->file;
	}
	e->file.err = EINPROGRESS;
	TAILQ_INSERT_TAIL(&fs->entries, e, link);
	return &e->file;
}

const struct envfile *
envfiles_known(struct envfiles *fs, const char *path)
{
	return find(fs, path);
}

bool
envfiles_lack(const struct envfiles *fs)
{
	const struct asked *e;

	TAILQ_FOREACH (e, &fs->entries, link)
		if (e->file.err == EINPROGRESS)
			return true;
	return false;
}

void
envfiles_give_up(struct envfiles *fs, int err)
{
	struct asked *e;

	TAILQ_FOREACH (e, &fs->entries, link)
		if (e->file.err == EINPROGRESS)
			e->file.err = err;
}

static void
print(const struct envfile *file, int out)
{
	struct line_text text = {0};
	size_t done = 0;
	ssize_t n;

	line_begin(&text, TAG);
	line_put(&text, "path", file->path);
	line_put_number(&text, "found", file->found);
	line_put(&text, "why", file->found == -1 ? file->why : NULL);
	line_put(&text, "bytes", file->bytes);
	line_end(&text);
	while (!text.failed && done < text.len) {
		if ((n = write(out, text.s + done, text.len - done)) == -1)
			break;
		done += (size_t)n;
	}
	line_text_clear(&text);
}

void
envfiles_answer(struct envfiles *fs, int out)
{
	struct asked *e;

	TAILQ_FOREACH (e, &fs->entries, link) {
		if (e->file.err != EINPROGRESS)
			continue;
		resolve_read(&e->file);
		print(&e->file, out);
	}
}

static void
learn(struct envfiles *fs, const struct line *line)
{
	const char *path = line_get(line, "path"), *why = line_get(line, "why");
	const char *bytes = line_get(line, "bytes");
	struct envfile *file;

	if (!line_is(line, TAG) || path == NULL ||
	    (file = find(fs, path)) == NULL)
		return;
	file->err = 0;
	file->found = (int)line_get_number(line, "found", -1);
	strlcpy(file->why, why != NULL ? why : "", sizeof(file->why));
	free(file->bytes);
	file->bytes = bytes != NULL ? strdup(bytes) : NULL;
	file->len = file->bytes != NULL ? strlen(file->bytes) : 0;
	if (file->found == 1 && file->bytes == NULL)
		file->err = ENOMEM;
}

/* A line that is cut short is no answer. */
void
envfiles_learn(struct envfiles *fs, const char *answers)
{
	const char *at, *end;
	struct line line;
	char *copy;

	for (at = answers; at != NULL && (end = strchr(at, '\n')) != NULL;
	     at = end + 1) {
		if (strncmp(at, TAG " ", strlen(TAG " ")) != 0 ||
		    (copy = strndup(at, (size_t)(end - at))) == NULL)
			continue;
		if (line_parse(&line, copy) == 0) {
			learn(fs, &line);
			line_clear(&line);
		}
		free(copy);
	}
}
