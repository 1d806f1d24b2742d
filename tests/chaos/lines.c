/*
 * lines - every line that was printed is in a log once, in order.
 *
 * The last line of an instance may be missing where it was killed while it
 * printed, and some where it ended while nobody held its output.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos.h"
#include "count.h"
#include "base/stamp.h"

/* Output is taken in this time, ms. */
#define DRAIN_MS 20000
#define BUCKETS (sizeof(((struct chaos *)0)->instances) / sizeof(void *))

static unsigned
bucket(const char *id)
{
	uint64_t hash = 14695981039346656037ULL;

	for (; *id != '\0'; id++)
		hash = (hash ^ (unsigned char)*id) * 1099511628211ULL;
	return (unsigned)(hash % BUCKETS);
}

static struct instance *
find(struct chaos *c, const char *id)
{
	struct instance *i;

	for (i = c->instances[bucket(id)]; i != NULL; i = i->next)
		if (strcmp(i->id, id) == 0)
			return i;
	return NULL;
}

static void
counts_path(const struct chaos *c, const struct instance *i, char *buf,
    size_t size)
{
	snprintf(buf, size, "%s/counts/%s.%s", c->top, i->program->name, i->id);
}

/* A file "NAME.PID.TIME". */
static void
add(struct chaos *c, char *file)
{
	struct instance *i, **place;
	char *id = strchr(file, '.');

	if (id == NULL || id == file || find(c, id + 1) != NULL)
		return;
	*id++ = '\0';
	i = calloc(1, sizeof(*i));
	if (i == NULL)
		err(1, "calloc");
	i->program = world_program(c, file);
	i->pid = (pid_t)atoi(id);
	strlcpy(i->id, id, sizeof(i->id));
	place = &c->instances[bucket(id)];
	i->next = *place;
	*place = i;
}

static bool
is_dead(pid_t pid)
{
	char link[64], exe[PATH_MAX];

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	return readlink(link, exe, sizeof(exe)) == -1;
}

static void
find_all(struct chaos *c)
{
	char path[256];
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/counts", c->top);
	dir = opendir(path);
	if (dir == NULL)
		err(1, "%s", path);
	while ((d = readdir(dir)) != NULL)
		add(c, d->d_name);
	closedir(dir);
}

void
lines_refresh(struct chaos *c, bool lossy)
{
	struct instance *i;
	unsigned b;

	find_all(c);
	for (b = 0; b < BUCKETS; b++)
		for (i = c->instances[b]; i != NULL; i = i->next)
			if (!i->dead && is_dead(i->pid)) {
				i->dead = true;
				i->lossy = lossy;
			}
}

/* Does its FIFO hold nothing, or is there none? */
static bool
is_drained(struct chaos *c, const struct program *p)
{
	char path[128];
	int fd, n = 0;

	snprintf(path, sizeof(path), "%s/run/out/%s", c->top, p->name);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return true;
	if (ioctl(fd, FIONREAD, &n) == -1)
		err(1, "%s", path);
	close(fd);
	return n == 0;
}

void
lines_drain(struct chaos *c)
{
	const int64_t until = now_ms() + DRAIN_MS;
	struct instance *i;
	unsigned b;

	lines_refresh(c, false);
	for (b = 0; b < BUCKETS; b++)
		for (i = c->instances[b]; i != NULL; i = i->next) {
			/* Others may print on: it is to be empty once. */
			while (i->dead && !i->drained &&
			    !is_drained(c, i->program)) {
				if (now_ms() > until)
					violation(c,
					    "the output of %s is not taken",
					    i->program->name);
				moment(c);
			}
			i->drained = i->dead;
		}
}

/* "[2026-11-22T13:17:05.123+00:00 ]ID NUMBER pad" */
static void
check_line(struct chaos *c, const struct program *p, const char *path,
    char *line)
{
	char *number;
	struct instance *i;
	uint64_t n;

	c->lines_checked++;
	if (strlen(line) > STAMP_LENGTH && line[4] == '-' &&
	    line[STAMP_LENGTH - 1] == ' ')
		line += STAMP_LENGTH;
	line[strcspn(line, "\n")] = '\0';
	number = strchr(line, ' ');
	if (number == NULL)
		violation(c, "%s: a line that is none: \"%s\"", path, line);
	*number++ = '\0';
	n = strtoull(number, NULL, 10);
	i = find(c, line);
	if (i == NULL || i->program != p)
		violation(c, "%s: a line of no program: \"%s %s\"", path, line,
		    number);
	if (n != i->seen + 1)
		violation(c, "%s: %s: line %llu follows %llu", path, i->id,
		    (unsigned long long)n, (unsigned long long)i->seen);
	i->seen = n;
}

static bool
check_file(struct chaos *c, const struct program *p, unsigned n)
{
	char path[256], *line = NULL;
	size_t cap = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log/%s.log", c->top, p->name);
	if (n > 0)
		snprintf(path, sizeof(path), "%s/log/%s.log.%u", c->top,
		    p->name, n);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	while (getline(&line, &cap, f) != -1)
		check_line(c, p, path, line);
	free(line);
	fclose(f);
	return true;
}

static void
remove_file(struct chaos *c, const struct program *p, unsigned n)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/log/%s.log", c->top, p->name);
	if (n > 0)
		snprintf(path, sizeof(path), "%s/log/%s.log.%u", c->top,
		    p->name, n);
	if (unlink(path) == -1 && errno != ENOENT)
		err(1, "%s", path);
}

static unsigned
newest_gap(struct chaos *c, const struct program *p)
{
	char path[256];
	unsigned n;

	for (n = 1;; n++) {
		snprintf(path, sizeof(path), "%s/log/%s.log.%u", c->top,
		    p->name, n);
		if (access(path, F_OK) == -1)
			return n;
	}
}

static void
check_instance(struct chaos *c, const struct instance *i)
{
	struct count count = {0};
	char path[256];
	int fd;

	counts_path(c, i, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* Empty where it was killed before it began. */
	if (fd == -1 || read(fd, &count, sizeof(count)) == -1)
		err(1, "%s", path);
	close(fd);
	c->instances_checked++;
	if (i->seen > count.begun)
		violation(c, "%s %s: %llu lines, printed %llu",
		    i->program->name, i->id, (unsigned long long)i->seen,
		    (unsigned long long)count.begun);
	if (i->seen < count.done && !i->lossy)
		violation(c, "%s %s: %llu lines, printed %llu",
		    i->program->name, i->id, (unsigned long long)i->seen,
		    (unsigned long long)count.done);
}

static void
forget(struct chaos *c, struct instance *i)
{
	char path[256];

	counts_path(c, i, path, sizeof(path));
	unlink(path);
	free(i);
}

void
lines_check(struct chaos *c)
{
	struct program *p;
	struct instance *i;
	unsigned b, n, gap;

	lines_refresh(c, false);
	for (p = c->programs; p < c->programs + c->nprograms; p++) {
		gap = newest_gap(c, p);
		for (n = gap; n-- > 0;)
			check_file(c, p, n);
	}
	for (b = 0; b < BUCKETS; b++)
		for (i = c->instances[b]; i != NULL; i = i->next)
			check_instance(c, i);
	for (b = 0; b < BUCKETS; b++)
		while ((i = c->instances[b]) != NULL) {
			c->instances[b] = i->next;
			forget(c, i);
		}
	for (p = c->programs; p < c->programs + c->nprograms; p++)
		for (n = newest_gap(c, p); n-- > 0;)
			remove_file(c, p, n);
}
