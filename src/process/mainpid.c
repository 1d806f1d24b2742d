/* mainpid - read the pid file of a classical daemon. */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/mainpid.h"

/* The answer of the helper begins with one of these. */
#define FOUND '+'
#define REFUSED '-'

struct mainpid {
	struct helper job;
	char *path;
	struct timespec oldest;
	void (*done)(void *, pid_t, const char *);
	void *arg;
};

/*
 * The kernel takes the time of a file from a clock that moves once a tick;
 * file systems without nanoseconds count in steps of up to two seconds.
 */
static bool
is_older(const struct timespec *written, const struct timespec *oldest)
{
	const int64_t step = written->tv_nsec == 0 ? 2000 : 20;
	const int64_t ms = (int64_t)(oldest->tv_sec - written->tv_sec) * 1000 +
	    (oldest->tv_nsec - written->tv_nsec) / 1000000;

	return ms > step;
}

/* Why may the file not be read?  NULL: it may. */
static const char *
objection(const struct stat *st, const struct timespec *oldest)
{
	if (S_ISLNK(st->st_mode))
		return "is a symbolic link";
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (is_older(&st->st_mtim, oldest))
		return "is older than this start";
	if (st->st_size > MAINPID_SIZE)
		return "is too large for a pid file";
	return NULL;
}

/*
 * The file is examined before it is opened for reading, because opening a
 * device can have effects.
 */
static ssize_t
read_file(const struct mainpid *m, char text[static MAINPID_SIZE + 2],
    const char **why)
{
	char link[40];
	struct stat st;
	ssize_t n;
	int fd, file;

	fd = open(m->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1) {
		*why = errno == ENOENT ? "does not exist" : strerror(errno);
		return -1;
	}
	if ((*why = objection(&st, &m->oldest)) != NULL)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	file = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (file == -1 || (n = read(file, text, MAINPID_SIZE + 1)) == -1) {
		*why = strerror(errno);
		return -1;
	}
	text[n] = '\0';
	return n;
}

/* The number, with blanks around it; 0: the text is something else. */
static pid_t
number_in(const char *text, ssize_t len)
{
	long pid = 0;

	if (len > MAINPID_SIZE || strlen(text) != (size_t)len)
		return 0;
	text += strspn(text, " \t");
	for (; *text >= '0' && *text <= '9'; text++)
		if ((pid = pid * 10 + (*text - '0')) > INT_MAX)
			return 0;
	return text[strspn(text, " \t\r\n")] == '\0' ? (pid_t)pid : 0;
}

/* The helper.  Its answer never has bytes of the file. */
static void
work(void *arg, int out)
{
	const struct mainpid *m = arg;
	char text[MAINPID_SIZE + 2];
	const char *why;
	ssize_t n = read_file(m, text, &why);
	pid_t pid;

	if (n == -1)
		dprintf(out, "%c%s", REFUSED, why);
	else if ((pid = number_in(text, n)) <= 1)
		dprintf(out, "%cdoes not hold the pid of a process", REFUSED);
	else
		dprintf(out, "%c%d", FOUND, (int)pid);
}

static void
done(struct helper *job)
{
	struct mainpid *m = job->owner;
	char why[128] = "could not be read within 2 s";

	if (!job->late && job->len > 1 && *job->answer == FOUND) {
		m->done(m->arg, (pid_t)atoi(job->answer + 1), NULL);
		return;
	}
	if (!job->late && job->len > 1)
		strlcpy(why, job->answer + 1, sizeof(why));
	m->done(m->arg, 0, why);
}

struct mainpid *
mainpid_read(struct helpers *helpers, const char *path, struct timespec oldest,
    void (*fn)(void *, pid_t, const char *), void *arg)
{
	struct mainpid *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	if ((m->path = strdup(path)) == NULL) {
		free(m);
		return NULL;
	}
	m->oldest = oldest;
	m->done = fn;
	m->arg = arg;
	m->job =
	    (struct helper){.work = work, .done = done, .arg = m, .owner = m};
	helper_begin(helpers, &m->job, MAINPID_TIME);
	return m;
}

void
mainpid_forget(struct mainpid *m)
{
	if (m == NULL)
		return;
	helper_cancel(&m->job);
	free(m->path);
	free(m);
}
