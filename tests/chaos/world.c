/*
 * world - the folder, the programs and the daemon that chaos is done to.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos.h"

/* Lines of the event log that are shown after a violation. */
#define LOG_TAIL 60

static const struct program programs[] = {
    {.name = "plain0", .kind = KIND_PLAIN, .autostart = true},
    {.name = "plain1", .kind = KIND_PLAIN, .autostart = true},
    {.name = "user0",
	.kind = KIND_PLAIN,
	.autostart = true,
	.other_user = true},
    {.name = "flood0", .kind = KIND_FLOOD, .autostart = true},
    {.name = "crash0", .kind = KIND_CRASH, .autostart = true},
    {.name = "crash1", .kind = KIND_CRASH, .optional = true, .autostart = true},
    {.name = "once0", .kind = KIND_ONCE, .autostart = true},
    {.name = "once1", .kind = KIND_ONCE, .optional = true},
    {.name = "fd0", .kind = KIND_FD, .autostart = true},
    {.name = "notify0", .kind = KIND_NOTIFY, .autostart = true},
    {.name = "deaf0", .kind = KIND_DEAF, .autostart = true},
    {.name = "brood0", .kind = KIND_BROOD, .autostart = true},
    {.name = "base", .kind = KIND_FD, .autostart = true},
    {.name = "middle", .kind = KIND_NOTIFY, .needs = "base", .autostart = true},
    {.name = "leaf", .kind = KIND_PLAIN, .needs = "middle", .autostart = true},
    {.name = "extra0", .kind = KIND_PLAIN, .optional = true, .autostart = true},
    {.name = "extra1", .kind = KIND_BROOD, .optional = true, .autostart = true},
    {.name = "extra2", .kind = KIND_DEAF, .optional = true},
    {.name = "extra3", .kind = KIND_FD, .optional = true, .autostart = true},
};

static const char *const kind_names[] = {
    [KIND_PLAIN] = "plain",
    [KIND_FLOOD] = "flood",
    [KIND_CRASH] = "crash",
    [KIND_ONCE] = "once",
    [KIND_FD] = "fd",
    [KIND_NOTIFY] = "notify",
    [KIND_DEAF] = "deaf",
    [KIND_BROOD] = "brood",
};

struct program *
world_program(struct chaos *c, const char *name)
{
	unsigned i;

	for (i = 0; i < c->nprograms; i++)
		if (strcmp(c->programs[i].name, name) == 0)
			return &c->programs[i];
	return NULL;
}

bool
world_is_blocked(struct chaos *c, const struct program *p)
{
	const struct program *need;

	if (p->needs == NULL)
		return false;
	need = world_program(c, p->needs);
	return !need->wanted || world_is_blocked(c, need);
}

void
world_write_as(struct chaos *c, const struct program *p, const char *kind,
    const char *line)
{
	char path[128], temporary[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/hupd.d/%s.conf", c->top, p->name);
	snprintf(temporary, sizeof(temporary), "%s/new", c->top);
	f = fopen(temporary, "we");
	if (f == NULL)
		err(1, "%s", temporary);
	fprintf(f, "command = %s/numbers %s/counts %s %s %u\n", c->top, c->top,
	    kind, p->name, p->version);
	fprintf(f, "autostart = %s\n", p->autostart ? "yes" : "no");
	fprintf(f, "restart-delay = 5ms\nrestart-delay-max = 20ms\n");
	/* Small enough to be rotated, large enough for none to be lost. */
	fprintf(f, "log-keep = 1000\nlog-size = %u\n",
	    (65536 + 16384 * (p->live % 4)) * (p->kind == KIND_FLOOD ? 8 : 1));
	fprintf(f, "log-timestamps = %s\n", p->live % 2 == 0 ? "no" : "yes");
	if (p->kind == KIND_ONCE)
		fprintf(f, "restart = never\n");
	if (p->kind == KIND_FD)
		fprintf(f, "ready = fd:5\n");
	if (p->kind == KIND_NOTIFY)
		fprintf(f, "ready = notify\n");
	if (p->kind == KIND_DEAF)
		fprintf(f, "stop-timeout = 50ms\n");
	if (p->needs != NULL)
		fprintf(f, "depends-on = %s\n", p->needs);
	if (p->other_user && c->root)
		fprintf(f, "user = nobody\n");
	fprintf(f, "%s\n", line);
	if (fclose(f) == EOF || rename(temporary, path) == -1)
		err(1, "%s", path);
}

void
world_write(struct chaos *c, const struct program *p)
{
	char path[128];

	if (p->defined) {
		world_write_as(c, p, kind_names[p->kind], "");
		return;
	}
	snprintf(path, sizeof(path), "%s/hupd.d/%s.conf", c->top, p->name);
	if (unlink(path) == -1 && errno != ENOENT)
		err(1, "%s", path);
}

void
world_write_all(struct chaos *c)
{
	unsigned i;

	for (i = 0; i < c->nprograms; i++)
		world_write(c, &c->programs[i]);
}

/* Replace the file by a copy, as a package manager does. */
static void
copy(struct chaos *c, const char *from, const char *name)
{
	char buf[65536], to[128], temporary[128];
	ssize_t n;
	int in, out;

	snprintf(to, sizeof(to), "%s/%s", c->top, name);
	snprintf(temporary, sizeof(temporary), "%s/copy", c->top);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (in == -1 || out == -1)
		err(1, "%s to %s", from, temporary);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			err(1, "%s", temporary);
	close(in);
	close(out);
	if (n == -1 || rename(temporary, to) == -1)
		err(1, "%s", to);
}

void
world_install(struct chaos *c, const char *from)
{
	char path[300];

	if (from == NULL) {
		snprintf(path, sizeof(path), "%s/hupd", c->build);
		from = path;
	}
	copy(c, from, "hupd");
}

static void
make_folder(struct chaos *c, const char *name, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", c->top, name);
	if (mkdir(path, 0700) == -1 || chmod(path, mode) == -1)
		err(1, "%s", path);
}

static void
write_settings(struct chaos *c)
{
	FILE *f;

	f = fopen(c->conf, "we");
	if (f == NULL)
		err(1, "%s", c->conf);
	fprintf(f, "program-dir = %s/hupd.d\n", c->top);
	fprintf(f, "log-dir = %s/log\n", c->top);
	fprintf(f, "run-dir = %s/run\n", c->top);
	fprintf(f, "state-dir = %s/state\n", c->top);
	fprintf(f, "pidfile = %s/hupd.pid\n", c->top);
	fprintf(f, "settle-time = 0\n");
	fprintf(f, "pass-environment = ASAN_OPTIONS UBSAN_OPTIONS\n");
	if (c->root)
		fprintf(f, "log-user = nobody\n");
	fprintf(f, "cgroup = %s\n", c->cgroups ? "auto" : "off");
	if (fclose(f) == EOF)
		err(1, "%s", c->conf);
}

void
world_make(struct chaos *c)
{
	char path[300];
	unsigned i;

	strlcpy(c->top, "/tmp/chaos.XXXXXX", sizeof(c->top));
	if (mkdtemp(c->top) == NULL || chmod(c->top, 0755) == -1)
		err(1, "%s", c->top);
	snprintf(c->conf, sizeof(c->conf), "%s/hupd.conf", c->top);
	snprintf(c->socket, sizeof(c->socket), "%s/run/hupd.sock", c->top);
	snprintf(c->binary, sizeof(c->binary), "%s/hupd", c->top);
	make_folder(c, "hupd.d", 0755);
	make_folder(c, "counts", 01777);
	make_folder(c, "sanitizer", 01777);
	snprintf(path, sizeof(path), "%s/chaos/numbers", c->build);
	copy(c, path, "numbers");
	world_install(c, NULL);
	write_settings(c);
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		c->programs[i] = programs[i];
		c->programs[i].defined = !programs[i].optional;
		c->programs[i].wanted =
		    !programs[i].optional && programs[i].autostart;
		c->programs[i].touched = true;
		world_write(c, &c->programs[i]);
	}
	c->nprograms = i;
	snprintf(path, sizeof(path), "log_path=%s/sanitizer/report", c->top);
	setenv("ASAN_OPTIONS", path, 1);
	setenv("UBSAN_OPTIONS", path, 1);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void
world_remove(struct chaos *c)
{
	if (nftw(c->top, remove_one, 16, FTW_DEPTH | FTW_PHYS) == -1)
		warn("%s", c->top);
}

int
world_start(struct chaos *c)
{
	char said[128];
	int fd, status;
	pid_t pid;

	snprintf(said, sizeof(said), "%s/said", c->top);
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		fd = open(said, O_WRONLY | O_CREAT | O_APPEND, 0644);
		if (fd == -1 || dup2(fd, STDERR_FILENO) == -1)
			_exit(127);
		execl(c->binary, "hupd", "-f", c->conf, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* A killed process may leave others behind for a moment. */
void
world_kill(struct chaos *c)
{
	unsigned i, quiet = 0;

	while (quiet < 3) {
		look(c);
		quiet = c->nseen == 0 ? quiet + 1 : 0;
		for (i = 0; i < c->nseen; i++)
			kill(c->seen[i].pid, SIGKILL);
		moment(c);
	}
}

static void
print_tail(const char *path)
{
	char *lines[LOG_TAIL] = {NULL}, *line = NULL;
	size_t cap = 0;
	unsigned i, n = 0;
	FILE *f;

	f = fopen(path, "re");
	if (f == NULL)
		return;
	while (getline(&line, &cap, f) != -1) {
		if (strstr(line, " crash0:") != NULL ||
		    strstr(line, " crash1:") != NULL)
			continue; /* there is no end of those */
		free(lines[n % LOG_TAIL]);
		lines[n++ % LOG_TAIL] = strdup(line);
	}
	free(line);
	fclose(f);
	printf("# --- %s\n", path);
	for (i = 0; i < LOG_TAIL; i++) {
		line = lines[(n + i) % LOG_TAIL];
		if (line != NULL)
			printf("# %s", line);
		free(line);
	}
}

void
world_print_log(struct chaos *c)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/log/hupd.log", c->top);
	print_tail(path);
	snprintf(path, sizeof(path), "%s/said", c->top);
	print_tail(path);
}
