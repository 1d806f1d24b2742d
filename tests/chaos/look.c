/*
 * look - what runs, by /proc.
 */
#include <sys/types.h>

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos.h"

size_t
look_proc(pid_t pid, const char *file, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* The n-th string of a command line. */
static const char *
word(const char *args, size_t len, unsigned n)
{
	const char *p = args, *end = args + len;

	while (n-- > 0 && p < end)
		p += strlen(p) + 1;
	return p < end ? p : "";
}

static void
add_numbers(struct chaos *c, struct seen *s)
{
	char args[512];
	size_t len;

	len = look_proc(s->pid, "cmdline", args, sizeof(args));
	s->program = world_program(c, word(args, len, 3));
	if (s->program == NULL)
		return; /* about to execute */
	if (strcmp(word(args, len, 2), "child") == 0) {
		s->what = 'c';
		s->program->children++;
		return;
	}
	s->what = 'm';
	s->program->main = s->pid;
	s->program->mains++;
	s->program->seen_version = (unsigned)atoi(word(args, len, 4));
}

static void
add_hupd(struct chaos *c, struct seen *s)
{
	char comm[64];

	look_proc(s->pid, "comm", comm, sizeof(comm));
	c->nhupd++;
	if (strcmp(comm, "hupd: guard\n") == 0) {
		s->what = 'g';
		c->guard = s->pid;
	} else if (strcmp(comm, "hupd: log\n") == 0) {
		s->what = 'l';
		c->logger = s->pid;
	} else {
		/* A child that is about to execute looks the same. */
		s->what = 'd';
		if (c->daemon == 0 || s->pid == c->said_pid)
			c->daemon = s->pid;
	}
}

static void
add(struct chaos *c, pid_t pid)
{
	struct seen *s = &c->seen[c->nseen];
	char link[64], exe[PATH_MAX];
	size_t len = strlen(c->top);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, exe, sizeof(exe) - 1);
	if (n <= (ssize_t)len)
		return; /* a zombie, the kernel's, or not for us to know */
	exe[n] = '\0';
	if (strncmp(exe, c->top, len) != 0 || exe[len] != '/')
		return;
	if (++c->nseen == MAX_PROCESSES)
		violation(c, "%u processes", c->nseen);
	*s = (struct seen){.pid = pid, .what = '?'};
	if (strncmp(exe + len, "/numbers", 8) == 0)
		add_numbers(c, s);
	else
		add_hupd(c, s);
}

void
look(struct chaos *c)
{
	struct dirent *d;
	struct program *p;
	DIR *proc;

	for (p = c->programs; p < c->programs + c->nprograms; p++) {
		p->mains = p->children = 0;
		p->main = 0;
	}
	c->nseen = c->nhupd = 0;
	c->daemon = c->guard = c->logger = 0;
	proc = opendir("/proc");
	if (proc == NULL)
		err(1, "/proc");
	while ((d = readdir(proc)) != NULL)
		if (isdigit((unsigned char)d->d_name[0]))
			add(c, (pid_t)atoi(d->d_name));
	closedir(proc);
}

char
look_what(const struct chaos *c, pid_t pid)
{
	unsigned i;

	for (i = 0; i < c->nseen; i++)
		if (c->seen[i].pid == pid)
			return c->seen[i].what;
	return '?';
}

/* Only what is still ours is killed. */
void
look_kill(struct chaos *c, pid_t pid, int sig)
{
	unsigned i;

	if (pid <= 1)
		return;
	for (i = 0; i < c->nseen; i++)
		if (c->seen[i].pid == pid && kill(pid, sig) == 0 &&
		    sig == SIGKILL)
			ends_expect(c, pid);
}
