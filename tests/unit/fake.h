/*
 * fake - programs without a process: a loop whose time the test moves, and a
 * system that creates no process but notes each call.
 *
 * A test that includes this defines the loop for all that it links, and cannot
 * create a process: whatever would is an error.
 */
#ifndef FAKE_H
#define FAKE_H

#include <sys/mman.h>
#include <sys/types.h>

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/diag.h"
#include "base/log.h"
#include "config/syntax.h"
#include "program/program.h"
#include "program/programs.h"
#include "program/record.h"
#include "program/takeover.h"

#include "fakenotify.h"

#define FAKE_MAX 32

/* No test of these may create a process. */
int spawn(void);

int
spawn(void)
{
	fail_msg("spawn was called");
	return -1;
}

pid_t
fork(void)
{
	fail_msg("fork was called");
	return -1;
}

int
clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	(void)fn;
	(void)stack;
	(void)flags;
	(void)arg;
	fail_msg("clone was called");
	return -1;
}

/* The loop: nothing happens but by fake_turn and fake_pass. */
struct loop {
	struct mono now;
	struct deadline *deadlines[FAKE_MAX];
	struct {
		void (*fn)(void *);
		void *arg;
	} after[FAKE_MAX];
	size_t nafter;
};

static struct {
	struct system system;
	struct loop loop;
	struct programs programs;
	struct record *records;
	struct child *children[FAKE_MAX]; /* held, or not executed yet */
	char calls[1024];		  /* what the system was asked for */
	pid_t next_pid;
	int refuse; /* errno of the next spawns; 0: they work */
	bool later; /* the test calls fake_executed or fake_failed */
	bool gone;  /* former processes are */
	bool oom;   /* memory ran out */
	int left;   /* processes besides the main one */
	pid_t root; /* the one of them whose parent is another's; or 0 */
	void (*pid_read)(void *, pid_t, const char *); /* see fake_pid */
	void *pid_arg;
	int event_log;
	time_t trouble; /* since when no output is written */
	char
	    kept[4096]; /* the failure of the only program with one; "": none */
	char env[1024]; /* of the last spawn: HUPD_STATE, SERVICE_RESULT ... */
	char input[256]; /* its standard input */
} fake;

struct mono
loop_now(const struct loop *l)
{
	return l->now;
}

void
loop_cancel(struct loop *l, struct deadline *d)
{
	for (size_t i = 0; i < FAKE_MAX; i++)
		if (l->deadlines[i] == d)
			l->deadlines[i] = NULL;
	d->at.ns = 0;
}

void
loop_at(struct loop *l, struct deadline *d, struct mono at)
{
	size_t i = 0;

	loop_cancel(l, d);
	while (l->deadlines[i] != NULL)
		assert_true(++i < FAKE_MAX);
	l->deadlines[i] = d;
	d->at = at;
}

void
loop_after(struct loop *l, void (*fn)(void *), void *arg)
{
	assert_true(l->nafter < FAKE_MAX);
	l->after[l->nafter].fn = fn;
	l->after[l->nafter++].arg = arg;
}

int
loop_watch(struct loop *l, struct source *s, int fd, uint32_t events)
{
	(void)l;
	(void)events;
	s->fd = fd;
	return 0;
}

void
loop_unwatch(struct loop *l, struct source *s)
{
	(void)l;
	s->fd = -1;
}

/* The end of a turn, and of those that it brings about. */
static void
fake_turn(void)
{
	struct loop *l = &fake.loop;
	void (*fn)(void *);
	void *arg;
	size_t i, n;

	for (int turns = 0; l->nafter > 0; turns++) {
		assert_true(turns < 100);
		n = --l->nafter;
		fn = l->after[0].fn;
		arg = l->after[0].arg;
		for (i = 0; i < n; i++)
			l->after[i] = l->after[i + 1];
		fn(arg);
	}
}

/* The deadline that is due first by then, or NULL. */
static struct deadline *
fake_first_due(struct mono by)
{
	struct deadline *d, *first = NULL;

	for (size_t i = 0; i < FAKE_MAX; i++) {
		d = fake.loop.deadlines[i];
		if (d != NULL && !clock_before(by, d->at) &&
		    (first == NULL || clock_before(d->at, first->at)))
			first = d;
	}
	return first;
}

/* Let so much time pass. */
static void
fake_pass(int64_t ms)
{
	struct mono end = clock_add_ms(fake.loop.now, ms);
	struct deadline *d;

	while ((d = fake_first_due(end)) != NULL) {
		fake.loop.now = d->at;
		loop_cancel(&fake.loop, d);
		d->due(d);
		fake_turn();
	}
	fake.loop.now = end;
	fake_turn();
}

__attribute__((format(printf, 1, 2))) static void
fake_note(const char *fmt, ...)
{
	size_t len = strlen(fake.calls);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake.calls + len, sizeof(fake.calls) - len, fmt, ap);
	va_end(ap);
}

/* The calls of the system since the last check. */
static void
assert_calls(const char *expected)
{
	assert_string_equal(fake.calls, expected);
	*fake.calls = '\0';
}

static const char *
fake_name(const struct child *c)
{
	const struct program *p = c->owner;

	return c->is_main ? p->conf->name : "helper";
}

static void
fake_add(struct child *c)
{
	size_t i = 0;

	while (fake.children[i] != NULL)
		assert_true(++i < FAKE_MAX);
	fake.children[i] = c;
}

static void
fake_drop(struct child *c)
{
	for (size_t i = 0; i < FAKE_MAX; i++)
		if (fake.children[i] == c)
			fake.children[i] = NULL;
	c->pid = 0;
	c->is_pending = false;
}

/* The child executes its program. */
static void
fake_executed(struct child *c)
{
	assert_true(c->is_pending);
	c->is_pending = false;
	c->events->executed(c);
	fake_turn();
}

/* The child has ended without executing anything. */
static inline void
fake_failed(struct child *c, int err)
{
	struct spawn_error error = {SPAWN_EXEC, 0, err};

	assert_true(c->is_pending);
	c->is_pending = false;
	c->events->failed(c, &error);
	fake_turn();
}

static void
fake_execute(void *arg)
{
	struct child *c = arg;

	if (c->is_pending)
		fake_executed(c);
}

/* Note what a command around a program is given. */
static void
fake_note_request(const struct system_request *req)
{
	static const char *const names[] = {"EXIT_CODE=", "EXIT_STATUS=",
	    "HUPD_REASON=", "HUPD_STATE=", "MAINPID=", "SERVICE_RESULT="};
	ssize_t len = 0;

	*fake.env = '\0';
	for (size_t i = 0; req->envp[i] != NULL; i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
			if (strncmp(req->envp[i], names[k], strlen(names[k])) ==
			    0) {
				strlcat(fake.env, req->envp[i],
				    sizeof(fake.env));
				strlcat(fake.env, "\n", sizeof(fake.env));
			}
	for (size_t i = 0; i < req->nfds; i++)
		if (req->fds[i].to == STDIN_FILENO)
			len = read(req->fds[i].from, fake.input,
			    sizeof(fake.input) - 1);
	fake.input[len > 0 ? len : 0] = '\0';
}

static void
fake_spawn(struct system *sys, struct child *c,
    const struct system_request *req)
{
	struct spawn_error error = {SPAWN_EXEC, 0, fake.refuse};

	(void)sys;
	assert_int_equal(c->pid, 0);
	fake_note("spawn %s %s\n", req->folder, req->argv[0]);
	fake_note_request(req);
	if (fake.refuse != 0) {
		c->events->failed(c, &error);
		return;
	}
	c->pid = fake.next_pid++;
	c->start_time = (uint64_t)c->pid * 100;
	c->is_leader = true;
	if (req->record != NULL)
		*req->record = c->pid;
	c->is_pending = true;
	fake_add(c);
	if (!fake.later)
		loop_after(&fake.loop, fake_execute, c);
}

static int
fake_signal(struct system *sys, const struct child *c, int sig)
{
	(void)sys;
	if (c->pid == 0) {
		errno = ESRCH;
		return -1;
	}
	if (sig != SIGCONT)
		fake_note("signal %s %d\n", fake_name(c), sig);
	return 0;
}

static int
fake_kill(struct system *sys, const struct child *c, const char *folder)
{
	(void)sys;
	(void)folder;
	fake_note("kill %s\n", fake_name(c));
	return fake.left;
}

static int
fake_left(struct system *sys, const struct child *c, const char *folder)
{
	(void)sys;
	(void)c;
	(void)folder;
	return fake.left;
}

/* The fake pid is above 1000: see fake_replace. */
static int
fake_members(struct system *sys, const struct child *c, const char *folder,
    pid_t *root)
{
	(void)sys;
	(void)c;
	(void)folder;
	*root = fake.root;
	return fake.left;
}

static struct mainpid *
fake_read_pid(struct system *sys, const char *path, struct timespec oldest,
    void (*done)(void *, pid_t, const char *), void *arg)
{
	(void)sys;
	(void)oldest;
	fake_note("read-pid %s\n", path);
	fake.pid_read = done;
	fake.pid_arg = arg;
	return (struct mainpid *)&fake;
}

static void
fake_forget_pid(struct system *sys, struct mainpid *m)
{
	(void)sys;
	if (m != NULL)
		fake.pid_read = NULL;
}

/* The pid file has been read. */
static inline void
fake_pid(pid_t pid, const char *why)
{
	assert_non_null(fake.pid_read);
	fake.pid_read(fake.pid_arg, pid, why);
	fake_turn();
}

static int
fake_signal_left(struct system *sys, const struct child *c, const char *folder,
    int sig)
{
	(void)sys;
	(void)c;
	if (sig != SIGCONT)
		fake_note("signal-left %s %d\n", folder, sig);
	return fake.left;
}

static bool
fake_was_oom(struct system *sys, const struct child *c, const char *folder)
{
	(void)sys;
	(void)c;
	(void)folder;
	return fake.oom;
}

static int
fake_keep(struct system *sys, struct child *c, const char *folder)
{
	(void)sys;
	if (c->pid != 0)
		fake_note("keep %s\n", folder);
	return fake.left;
}

static int
fake_finish(struct system *sys, struct child *c, const char *folder)
{
	(void)c;
	fake_note("finish %s\n", folder);
	sys->sweep_due(sys->arg);
	return 0;
}

static void
fake_release(struct system *sys, struct child *c)
{
	(void)sys;
	fake_drop(c);
}

static int
fake_linger(struct system *sys, struct child *c, const char *folder)
{
	(void)sys;
	fake_note("linger %s\n", folder);
	fake_drop(c);
	return 0;
}

/* The last of the processes that it left has ended. */
static inline void
fake_all_gone(struct child *c)
{
	fake.left = 0;
	c->events->gone(c);
	fake_turn();
}

static void
fake_cancel(struct system *sys, struct child *c, const char *folder)
{
	(void)sys;
	if (c->pid == 0)
		return;
	fake_note("cancel %s\n", folder != NULL ? folder : "helper");
	fake_drop(c);
}

static struct child *
fake_child(pid_t pid)
{
	for (size_t i = 0; i < FAKE_MAX; i++)
		if (fake.children[i] != NULL && fake.children[i]->pid == pid)
			return fake.children[i];
	return NULL;
}

static void
fake_expect_strays(struct system *sys)
{
	(void)sys;
}

static bool
fake_holds(struct system *sys, pid_t pid)
{
	(void)sys;
	return fake_child(pid) != NULL;
}

static bool
fake_hold(struct system *sys, struct child *c, const struct system_former *f)
{
	(void)sys;
	if (fake.gone)
		return false;
	c->pid = f->pid;
	c->start_time = (uint64_t)f->pid * 100;
	fake_add(c);
	return true;
}

/* Pids above 1000 are other processes of the program, the rest is not. */
static int
fake_replace(struct system *sys, struct child *c, pid_t pid, const char *folder)
{
	(void)sys;
	(void)folder;
	if (pid <= 1000)
		return 0;
	fake_drop(c);
	c->pid = pid;
	c->start_time = (uint64_t)pid * 100;
	c->is_leader = false;
	fake_add(c);
	return 1;
}

static struct child *
fake_owner(struct system *sys, pid_t pid, char *folder, size_t size)
{
	(void)sys;
	(void)size;
	*folder = '\0';
	return fake_child(pid);
}

static int64_t
fake_usage(struct system *sys, const struct child *c, const char *folder)
{
	(void)sys;
	(void)folder;
	return c->pid;
}

static void
fake_folder(struct system *sys, const char *folder)
{
	(void)sys;
	(void)folder;
}

static int
fake_kill_runs(struct system *sys, bool (*over)(uint64_t, void *), void *arg)
{
	(void)sys;
	(void)over;
	(void)arg;
	return 0;
}

static void
fake_end_tmp(struct system *sys, const char *program)
{
	(void)sys;
	(void)program;
}

static bool
fake_ends_tmp(const struct system *sys)
{
	(void)sys;
	return false;
}

static int
fake_keep_failure(struct system *sys, const char *program, const char *text)
{
	(void)sys;
	(void)program;
	strlcpy(fake.kept, text != NULL ? text : "", sizeof(fake.kept));
	return 0;
}

static char *
fake_kept_failure(struct system *sys, const char *program)
{
	(void)sys;
	(void)program;
	return *fake.kept != '\0' ? strdup(fake.kept) : NULL;
}

static int
fake_sweep(struct system *sys)
{
	(void)sys;
	return 0;
}

static int
fake_open_stream(struct system *sys, const struct definition *conf,
    struct stream **stream)
{
	(void)sys;
	(void)conf;
	(void)stream;
	return 0;
}

static time_t
fake_stream_trouble(struct system *sys, const struct stream *stream, char *why,
    size_t size)
{
	(void)sys;
	(void)stream;
	strlcpy(why, "/log/web.log: full", size);
	return fake.trouble;
}

static void
fake_setup(void)
{
	static const struct system made = {
	    .spawn = fake_spawn,
	    .signal = fake_signal,
	    .kill = fake_kill,
	    .left = fake_left,
	    .members = fake_members,
	    .signal_left = fake_signal_left,
	    .was_oom = fake_was_oom,
	    .linger = fake_linger,
	    .finish = fake_finish,
	    .keep = fake_keep,
	    .kept = fake_left,
	    .expect_strays = fake_expect_strays,
	    .release = fake_release,
	    .cancel = fake_cancel,
	    .holds = fake_holds,
	    .hold = fake_hold,
	    .replace = fake_replace,
	    .read_pid = fake_read_pid,
	    .forget_pid = fake_forget_pid,
	    .owner = fake_owner,
	    .memory = fake_usage,
	    .cpu = fake_usage,
	    .clear_folder = fake_folder,
	    .remove_folder = fake_folder,
	    .kill_runs = fake_kill_runs,
	    .sweep = fake_sweep,
	    .end_tmp = fake_end_tmp,
	    .ends_tmp = fake_ends_tmp,
	    .keep_failure = fake_keep_failure,
	    .kept_failure = fake_kept_failure,
	    .open_notify = fake_open_notify,
	    .close_notify = fake_close_notify,
	    .open_stream = fake_open_stream,
	    .stream_trouble = fake_stream_trouble,
	};

	memset(&fake.loop, 0, sizeof(fake.loop));
	memset(fake.children, 0, sizeof(fake.children));
	fake.loop.now.ns = INT64_C(1000000000000);
	fake.system = made;
	fake.refuse = 0;
	fake.later = fake.gone = fake.oom = false;
	fake.left = 0;
	fake.root = 0;
	fake.pid_read = NULL;
	programs_init(&fake.programs, &fake.loop, &fake.system, fake.records);
}

/* Before each test: no program, and an empty file of records. */
static int
fake_begin(void **state)
{
	(void)state;
	log_init(false, false);
	fake.event_log = memfd_create("events", MFD_CLOEXEC);
	log_stream(fake.event_log);
	fake.records = record_take_over(memfd_create("records", MFD_CLOEXEC));
	if (fake.records == NULL || record_reset(fake.records) == -1)
		return -1;
	fake.next_pid = 101;
	*fake.calls = *fake.kept = '\0';
	fake_setup();
	return 0;
}

static void
fake_drop_programs(void)
{
	struct program *p;

	while ((p = programs_first(&fake.programs)) != NULL)
		programs_drop(p);
}

static int
fake_end(void **state)
{
	(void)state;
	fake_drop_programs();
	record_close(fake.records, false);
	log_stream(-1);
	close(fake.event_log);
	return 0;
}

/*
 * The daemon is killed, and another one has its records.  takeover_all
 * follows.
 */
static inline void
fake_kill_daemon(void)
{
	const struct mono then = fake.loop.now;
	char kept[sizeof(fake.kept)];
	struct program *p;
	int fd;

	/* Its memory is gone, but not the records. */
	memcpy(kept, fake.kept, sizeof(kept));
	for (p = programs_first(&fake.programs); p != NULL;
	     p = programs_next(p))
		p->slot = -1;
	fake_drop_programs();
	memcpy(fake.kept, kept, sizeof(kept));
	fd = dup(record_fd(fake.records));
	record_close(fake.records, false);
	fake.records = record_take_over(fd);
	assert_non_null(fake.records);
	*fake.calls = '\0';
	fake_setup();
	fake.loop.now = then;
	assert_int_equal(record_adopt(fake.records), 0);
}

static struct definition *
fake_definition(const char *name, const char *text)
{
	struct definition *c;
	struct diags diags;

	diag_init(&diags);
	c = syntax_parse(name, "FILE", text, strlen(text), NULL, &diags);
	assert_non_null(c);
	return c;
}

/* A program with this definition, without output; it need not settle. */
static struct program *
fake_program(const char *name, const char *text)
{
	char all[512];
	struct definition *c;
	struct program *p;

	snprintf(all, sizeof(all), "log = none\n%s%s",
	    strstr(text, "settle-time") == NULL ? "settle-time = 0\n" : "",
	    text);
	c = fake_definition(name, all);
	p = program_new(&fake.programs, c);
	assert_non_null(p);
	definition_unref(c);
	assert_int_equal(record_assign(p), 0);
	assert_int_equal(programs_link(&fake.programs), 0);
	return p;
}

static void
fake_request(struct program *p, enum program_event event)
{
	program_request(p, event);
	fake_turn();
}

/* The process exits with a status, or is killed by the signal -code. */
static void
fake_exits(struct child *c, int code)
{
	struct process_end end = {
	    .known = true,
	    .signal = code < 0,
	    .code = code < 0 ? -code : code,
	};

	assert_int_not_equal(c->pid, 0);
	c->events->ended(c, &end);
	fake_turn();
}

static inline void
fake_notify(struct program *p, const char *message)
{
	struct sdnotify m;

	sdnotify_parse(&m, message, strlen(message));
	program_notified(p, &m, p->child.pid);
	fake_turn();
}

static void
assert_is(const struct program *p, enum program_state state,
    enum program_want want)
{
	assert_string_equal(names_state(p->state), names_state(state));
	assert_string_equal(names_want(p->want), names_want(want));
}

/* How many lines of the event log contain the text. */
static inline int
fake_logged(const char *text)
{
	static char log[65536];
	ssize_t len;
	char *s;
	int n = 0;

	log_flush();
	len = pread(fake.event_log, log, sizeof(log) - 1, 0);
	assert_true(len >= 0);
	log[len] = '\0';
	for (s = log; (s = strstr(s, text)) != NULL; s++)
		n++;
	return n;
}

#endif
