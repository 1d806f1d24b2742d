/*
 * look - what runs, by /proc, and whether that is as the model has it.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

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
#include <time.h>
#include <unistd.h>

#include "chaos.h"
#include "record.h"

/* All is as it should be in this time, ms. */
#define SETTLE_MS 20000
/* Nobody there for so long, and nobody comes any more, ms. */
#define ABSENCE_MS 1000
/* The guard's limit, as guard.c has it. */
#define CRASHES 5
#define CRASH_PERIOD ((int64_t)60 * 1000 * 1000 * 1000)
/* Descriptors that a daemon may have, besides two for each program. */
#define FDS 40

static size_t
read_proc(pid_t pid, const char *file, char *buf, size_t size)
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

	len = read_proc(s->pid, "cmdline", args, sizeof(args));
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

	read_proc(s->pid, "comm", comm, sizeof(comm));
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

/* Only what is still ours is killed. */
void
look_kill(struct chaos *c, pid_t pid, int sig)
{
	unsigned i;

	if (pid <= 1)
		return;
	for (i = 0; i < c->nseen; i++)
		if (c->seen[i].pid == pid)
			kill(pid, sig);
}

static struct record_header *
map_records(struct chaos *c)
{
	char path[128];
	void *map;
	int fd;

	snprintf(path, sizeof(path), "%s/run/records", c->top);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	map = mmap(NULL, sizeof(struct record_header), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

bool
look_guard_gives_up(struct chaos *c)
{
	struct record_header *h = map_records(c);
	struct timespec now;
	bool yes;

	if (h == NULL)
		violation(c, "no records");
	clock_gettime(CLOCK_BOOTTIME, &now);
	yes = h->crashes[CRASHES - 1] != 0 &&
	    (int64_t)now.tv_sec * 1000000000 + now.tv_nsec -
		    h->crashes[CRASHES - 1] <=
		CRASH_PERIOD;
	munmap(h, sizeof(*h));
	return yes;
}

/* As if much time had passed. */
void
look_forgive(struct chaos *c)
{
	struct record_header *h = map_records(c);

	if (h == NULL)
		violation(c, "no records");
	memset(h->crashes, 0, sizeof(h->crashes));
	munmap(h, sizeof(*h));
}

static void
start_by_hand(struct chaos *c)
{
	bool unheard;
	int status;

	look(c);
	if (c->daemon != 0 || c->guard != 0)
		return;
	if (!c->may_vanish)
		violation(c, "neither daemon nor guard is left");
	/* A younger log process may not have been told what to hold yet. */
	unheard = c->logger == 0 || c->logger != c->hearer;
	status = world_start(c);
	did(c, "start by hand: %d", status);
	if (status != 0)
		violation(c, "a start by hand ends with %d", status);
	c->hand_starts++;
	lines_refresh(c, unheard);
}

void
look_up(struct chaos *c)
{
	const int64_t until = now_ms() + SETTLE_MS;
	int64_t absent = 0;

	while (now_ms() < until) {
		look(c);
		if (c->daemon == 0 && c->guard == 0) {
			if (absent == 0)
				absent = now_ms();
			if (c->may_vanish || now_ms() - absent > ABSENCE_MS)
				start_by_hand(c);
		} else {
			absent = 0;
			if (ask_status(c))
				return;
		}
		moment(c);
	}
	violation(c, "no daemon answers");
}

static unsigned
count_fds(pid_t pid)
{
	struct dirent *d;
	char path[64];
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	while ((d = readdir(dir)) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

/* Has the process that file open, with a lock?  As the kernel tells it. */
static bool
holds_lock(pid_t pid, const struct stat *st)
{
	char path[64], link[64], info[512];
	struct stat other;
	struct dirent *d;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!found && (d = readdir(dir)) != NULL) {
		if (fstatat(dirfd(dir), d->d_name, &other, 0) == -1 ||
		    other.st_ino != st->st_ino || other.st_dev != st->st_dev)
			continue;
		snprintf(link, sizeof(link), "fdinfo/%.16s", d->d_name);
		found = read_proc(pid, link, info, sizeof(info)) > 0 &&
		    strstr(info, "FLOCK") != NULL;
	}
	closedir(dir);
	return found;
}

static const char *
pidfile_trouble(struct chaos *c)
{
	char path[128], text[32] = "";
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), "%s/hupd.pid", c->top);
	f = fopen(path, "re");
	if (f == NULL)
		return "no pidfile";
	if (fgets(text, sizeof(text), f) == NULL)
		*text = '\0';
	if (fstat(fileno(f), &st) == -1)
		err(1, "%s", path);
	fclose(f);
	if (atoi(text) != c->daemon)
		return "the pidfile does not name the daemon";
	if (!holds_lock(c->daemon, &st))
		return "the pidfile is not locked by the daemon";
	return NULL;
}

static const char *
daemon_trouble(struct chaos *c)
{
	unsigned i, n = 0, fds;

	if (c->daemon == 0)
		return "no daemon";
	if (c->guard == 0)
		return "no guard";
	if (c->logger == 0)
		return "no log process";
	if (c->nhupd != 3)
		return "more than three processes of hupd";
	if (c->said_pid != c->daemon)
		return "another daemon answers";
	if (c->reloading)
		return "a reload is under way";
	for (i = 0; i < c->nprograms; i++)
		n += c->programs[i].defined;
	fds = count_fds(c->daemon);
	if (fds > c->most_fds)
		c->most_fds = fds;
	if (fds > FDS + 2 * n)
		return "the daemon has too many descriptors";
	if (count_fds(c->logger) > FDS + 2 * n)
		return "the log process has too many descriptors";
	return pidfile_trouble(c);
}

static const char *
state_trouble(const struct program *p)
{
	if (!p->wanted)
		return strcmp(p->state, "down") == 0 ? NULL : "is not down";
	if (strcmp(p->want, "run") != 0)
		return "is not wanted";
	if (p->kind == KIND_CRASH)
		return strcmp(p->state, "up") == 0 ? NULL : "is not up";
	if (p->kind == KIND_ONCE) {
		if (strcmp(p->state, "done") == 0 ||
		    (p->broken && strcmp(p->state, "failed") == 0))
			return NULL;
		return "is not done";
	}
	return strcmp(p->state, "up") == 0 ? NULL : "is not up";
}

static const char *
program_trouble(const struct program *p)
{
	const char *trouble;
	unsigned mains = p->wanted && p->kind != KIND_ONCE;
	unsigned children = mains && p->kind == KIND_BROOD ? 2 : 0;

	if (!p->defined) {
		if (p->listed)
			return "is still there";
		mains = children = 0;
	} else if (!p->listed)
		return "is not there";
	else if ((trouble = state_trouble(p)) != NULL)
		return trouble;
	if (p->kind == KIND_CRASH && mains == 1)
		return p->mains > 1 ? "runs twice" : NULL;
	if (p->mains != mains)
		return p->mains > mains ? "has a process too many"
					: "has no process";
	if (p->children != children)
		return "has another number of children";
	if (mains == 0)
		return NULL;
	if (p->main == p->dying)
		return "has a process that should have ended";
	if (p->said_pid != p->main)
		return "is said to have another pid";
	if (p->seen_version != p->version)
		return "runs with another definition";
	return NULL;
}

/* What is not as the model has it, or NULL. */
static const char *
trouble(struct chaos *c, const struct program **who)
{
	const char *what;
	unsigned i;

	*who = NULL;
	if (!ask_status(c))
		return "the daemon does not answer";
	look(c);
	if ((what = daemon_trouble(c)) != NULL)
		return what;
	for (i = 0; i < c->nprograms; i++) {
		*who = &c->programs[i];
		if ((what = program_trouble(*who)) != NULL)
			return what;
	}
	*who = NULL;
	for (i = 0; i < c->nseen; i++)
		if (c->seen[i].what == '?')
			return "a process that is nobody's";
	return NULL;
}

/* Whoever was left alone has the pid that it had. */
static void
check_untouched(struct chaos *c)
{
	struct program *p;

	for (p = c->programs; p < c->programs + c->nprograms; p++) {
		if (!p->touched && p->kind != KIND_CRASH && p->pid != p->main)
			violation(c, "%s: pid %d, was %d", p->name,
			    (int)p->main, (int)p->pid);
		if (!p->touched && p->kind != KIND_CRASH && p->defined &&
		    p->restarts != p->said_restarts)
			violation(c, "%s: %lld restarts, had %lld", p->name,
			    (long long)p->said_restarts,
			    (long long)p->restarts);
		p->touched = false;
		p->dying = 0;
		p->pid = p->main;
		p->restarts = p->said_restarts;
	}
	c->may_vanish = false;
	c->hearer = c->logger;
	lines_drain(c);
}

static void
check_sanitizer(struct chaos *c)
{
	char path[128], found[400];
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sanitizer", c->top);
	dir = opendir(path);
	if (dir == NULL)
		err(1, "%s", path);
	*found = '\0';
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			snprintf(found, sizeof(found), "%s/%s", path,
			    d->d_name);
	closedir(dir);
	if (*found != '\0')
		violation(c, "a sanitizer has found something: %s", found);
}

/* Whether it was heard nobody knows: make it so that all was. */
static void
converge(struct chaos *c)
{
	struct program *p;
	int status;

	world_write_all(c);
	status = ask_reload(c);
	if (status != 0 && status != 1)
		violation(c, "a reload of good files: %d", status);
	c->unsure = false;
	look_up(c);
	for (p = c->programs; p < c->programs + c->nprograms; p++) {
		if (p->unsure && p->defined)
			p->wanted = strcmp(p->want, "rest") != 0;
		if (p->unsure)
			p->dying = 0;
		p->unsure = false;
	}
}

static bool
is_unsure(const struct chaos *c)
{
	unsigned i;

	for (i = 0; i < c->nprograms; i++)
		if (c->programs[i].unsure)
			return true;
	return c->unsure;
}

void
look_settle(struct chaos *c)
{
	const int64_t until = now_ms() + SETTLE_MS;
	const struct program *who = NULL;
	const char *what;

	look_up(c);
	if (is_unsure(c))
		converge(c);
	while ((what = trouble(c, &who)) != NULL) {
		if (now_ms() > until && who == NULL)
			violation(c, "%s", what);
		/* One that crashes all the time is the last to be blamed. */
		if (now_ms() > until &&
		    (who->kind != KIND_CRASH || now_ms() > until + 2000))
			violation(c, "%s %s (%s, %s)", who->name, what,
			    who->state, who->want);
		if (c->daemon == 0 && c->guard == 0)
			look_up(c);
		moment(c);
	}
	check_untouched(c);
	check_sanitizer(c);
}

void
look_gone(struct chaos *c)
{
	const int64_t until = now_ms() + SETTLE_MS;
	unsigned i;

	for (look(c); c->nseen > 0; look(c)) {
		if (now_ms() > until) {
			for (i = 0; i < c->nseen; i++)
				did(c, "left: %d %c %s", (int)c->seen[i].pid,
				    c->seen[i].what,
				    c->seen[i].program != NULL
					? c->seen[i].program->name
					: "");
			violation(c, "%u processes are left", c->nseen);
		}
		moment(c);
	}
}
