/*
 * check - one run of a program's health-command.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "program/check.h"
#include "base/text.h"

/* A flood is not waited for to end, when the check has. */
#define DRAIN_MAX 16
/* The name of a cgroup below a program's. */
#define FOLDER_MAX 128

/* No start of the program has this mark. */
static uint64_t
run_of(const struct program *p)
{
	return p->run | UINT64_C(1) << 31;
}

static void
folder_of(const struct program *p, char name[static FOLDER_MAX])
{
	snprintf(name, FOLDER_MAX, "%s/hupd-check", p->conf->name);
}

static void
kill_folder(struct program *p)
{
	char folder[FOLDER_MAX];

	if (p->programs->cgroup == NULL)
		return;
	folder_of(p, folder);
	cgroup_kill(p->programs->cgroup, folder);
}

static void
close_output(struct check *c)
{
	int fd = c->output.fd;

	if (fd == -1)
		return;
	loop_unwatch(c->program->programs->loop, &c->output);
	close(fd);
}

void
check_cancel(struct check *c)
{
	struct programs *ps = c->program->programs;

	if (c->child.pid == 0)
		return;
	loop_cancel(ps->loop, &c->deadline);
	spawn_forget(&c->exec);
	close_output(c);
	/* Not reaped yet, so that pid and group are its own. */
	kill(-c->child.pid, SIGKILL);
	process_signal(&c->child, SIGKILL);
	kill_folder(c->program);
	loop_unwatch(ps->loop, &c->exit);
	/* If it has not ended yet it is reaped as a stranger. */
	process_reap(c->child.pid, c->child.pidfd);
	if (c->child.pidfd != -1)
		close(c->child.pidfd);
	c->child.pid = 0;
	LIST_REMOVE(c, entry);
	programs_sweep_later(ps);
}

void
check_cancel_old(struct program *p)
{
	/* Without cgroups it ends as what a run left that is over. */
	kill_folder(p);
}

static void
keep_words(struct check *c, const char *bytes, size_t n)
{
	size_t over;

	if (n > sizeof(c->words)) {
		bytes += n - sizeof(c->words);
		n = sizeof(c->words);
	}
	over = c->nwords + n > sizeof(c->words)
	    ? c->nwords + n - sizeof(c->words)
	    : 0;
	c->nwords -= over;
	memmove(c->words, c->words + over, c->nwords);
	memcpy(c->words + c->nwords, bytes, n);
	c->nwords += n;
}

/* False: there is nothing more, for now or for good. */
static bool
read_words(struct check *c)
{
	char buf[4096];
	ssize_t n;

	if (c->output.fd == -1)
		return false;
	n = read(c->output.fd, buf, sizeof(buf));
	if (n > 0)
		keep_words(c, buf, (size_t)n);
	else if (n == 0)
		close_output(c);
	return n > 0;
}

static void
output_ready(struct source *s, uint32_t events)
{
	(void)events;
	read_words(s->arg);
}

/* Of a check that has ended: how, and its last line that is not blank. */
static void
describe(struct check *c, const char *how, char *buf, size_t size)
{
	size_t begin, end;
	int n;

	for (n = 0; n < DRAIN_MAX && read_words(c); n++)
		;
	end = c->nwords;
	while (end > 0 && (unsigned char)c->words[end - 1] <= ' ')
		end--;
	for (begin = end; begin > 0 && c->words[begin - 1] != '\n'; begin--)
		;
	snprintf(buf, size, "%s%s%.*s", how, end > begin ? ": " : "",
	    (int)(end - begin), c->words + begin);
}

static void
look(struct check *c)
{
	struct process_end end;
	char how[64], words[64 + CHECK_WORDS];

	if (!process_ended(c->child.pid, c->child.pidfd, &end))
		return;
	/* What it reported comes first, and may be the end of this check. */
	if (spawn_look(&c->exec) != SPAWN_EXECUTED)
		return;
	describe_exit(&end, how, sizeof(how));
	describe(c, how, words, sizeof(words));
	check_cancel(c);
	c->ended(c, end.known && !end.signal && end.code == 0, words);
}

static void
exit_ready(struct source *s, uint32_t events)
{
	(void)events;
	look(s->arg);
}

static void
check_due(struct deadline *d)
{
	struct check *c = d->arg;
	char time[TEXT_NUMBER_MAX], how[64], words[64 + CHECK_WORDS];

	text_print_duration(c->program->conf->health_timeout, time);
	snprintf(how, sizeof(how), "did not end in %s", time);
	describe(c, how, words, sizeof(words));
	check_cancel(c);
	c->ended(c, false, words);
}

static void
exec_decided(struct spawn_report *r)
{
	struct check *c = r->arg;
	if (r->outcome == SPAWN_EXECUTED)
		return;
	check_cancel(c);
	if (r->outcome == SPAWN_LOST)
		check_begin(c);
	else
		c->failed(c, spawn_stage_name(&r->error), r->error.err);
}

void
check_init(struct check *c, struct program *p,
    void (*ended)(struct check *, bool, const char *),
    void (*failed)(struct check *, const char *, int))
{
	memset(c, 0, sizeof(*c));
	c->program = p;
	c->ended = ended;
	c->failed = failed;
	spawn_report_init(&c->exec, p->programs->loop, exec_decided, c);
	c->deadline.due = check_due;
	c->child.pidfd = c->exit.fd = c->output.fd = -1;
	c->exit.ready = exit_ready;
	c->output.ready = output_ready;
	c->deadline.arg = c->exit.arg = c->output.arg = c;
}

static int
spawn_check(struct check *c, int fd, const char **what)
{
	struct program *p = c->program;
	struct spawn_fd fds[] = {{fd, STDOUT_FILENO}, {fd, STDERR_FILENO}};
	char folder[FOLDER_MAX];
	struct program_command command = {
	    .argv = p->conf->health_command,
	    .run = run_of(p),
	    .mainpid = p->child.pid,
	    .cgroup = folder,
	    .fds = fds,
	    .nfds = sizeof(fds) / sizeof(fds[0]),
	};
	bool env_failed;

	folder_of(p, folder);
	if (start_command(p, &command, &c->child, &c->exec, &env_failed) == 0)
		return 0;
	c->child.pid = 0;
	*what = env_failed ? "env-file" : spawn_stage_name(&c->exec.error);
	errno = c->exec.error.err;
	return -1;
}

/* The reader of what it prints is there before it is. */
static int
open_output(struct check *c)
{
	int pair[2], saved;

	if (pipe2(pair, O_CLOEXEC) == -1)
		return -1;
	if (fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 &&
	    loop_watch(c->program->programs->loop, &c->output, pair[0],
		EPOLLIN) == 0)
		return pair[1];
	saved = errno;
	close(pair[0]);
	close(pair[1]);
	errno = saved;
	return -1;
}

void
check_begin(struct check *c)
{
	struct program *p = c->program;
	struct loop *loop = p->programs->loop;
	const char *what = "output";
	int fd, rv, saved;

	c->nwords = 0;
	fd = open_output(c);
	if (fd == -1) {
		c->failed(c, what, errno);
		return;
	}
	rv = spawn_check(c, fd, &what);
	saved = errno;
	close(fd);
	if (rv == -1) {
		close_output(c);
		c->failed(c, what, saved);
		return;
	}
	LIST_INSERT_HEAD(&p->programs->checks, c, entry);
	/* If it cannot be watched its end is noticed by SIGCHLD. */
	if (c->child.pidfd != -1)
		loop_watch(loop, &c->exit, c->child.pidfd, EPOLLIN);
	loop_at(loop, &c->deadline,
	    clock_add_ms(loop_now(loop), p->conf->health_timeout));
}

static struct check *
find(const struct programs *ps, pid_t pid)
{
	struct check *c;

	LIST_FOREACH (c, &ps->checks, entry)
		if (c->child.pid == pid)
			return c;
	return NULL;
}

bool
check_is_child(const struct programs *ps, pid_t pid)
{
	return find(ps, pid) != NULL;
}

void
check_died(const struct programs *ps, pid_t pid)
{
	struct check *c = find(ps, pid);

	if (c != NULL)
		look(c);
}

bool
check_is_run(const struct programs *ps, uint64_t run)
{
	struct check *c;

	LIST_FOREACH (c, &ps->checks, entry)
		if (run_of(c->program) == run)
			return true;
	return false;
}
