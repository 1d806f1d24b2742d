/*
 * onfailure - on-failure-command.
 *
 * The program may start again while the command runs, and what a program leaves
 * has to end before that.  So the command has a cgroup beside the program's and
 * a mark of its own.
 *
 * A failure is kept in a file until its command has ended.  The next daemon
 * kills a command that it finds, and runs it again.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "program/describe.h"
#include "program/onfailure.h"
#include "program/start.h"
#include "wire/line.h"

/* The least time from one command to the next, and its time limit, ms. */
#define ONFAILURE_APART 60000
/* How long to wait for the last output of the program, ms. */
#define TAIL_TIMEOUT 1000
/* The lines of the file. */
#define TAG_RUN "run"	      /* began=TIME id=MARK */
#define TAG_BEGUN "begun"     /* the failure whose command runs, and */
#define TAG_WAITING "waiting" /* the one that waits: see put_mishap */
/* The name of a cgroup; no program's name begins with "+". */
#define FOLDER_MAX 128

/* A failure that the command is to report. */
struct mishap {
	struct program_end end;
	enum program_state state;
	char *reason;
	char *tail; /* the last output, or NULL */
};

struct onfailure {
	struct program *program;
	struct mishap waiting;	/* reason NULL: none waits */
	struct mishap reported; /* by the command that runs */
	bool has_tail;		/* the last output has come, or will not come */
	struct mono began;	/* the last command */
	/* The time of the running command, or the wait before the next one. */
	struct deadline deadline;
	struct child child; /* pid 0: none runs */
	bool is_lenient;    /* its failure is not logged */
};

static void
folder_of(const struct program *p, char name[static FOLDER_MAX])
{
	snprintf(name, FOLDER_MAX, "+%s", p->conf->name);
}

static void
forget(struct mishap *m)
{
	free(m->reason);
	free(m->tail);
	memset(m, 0, sizeof(*m));
}

/* The start of a program's marks, which no other program of this boot has. */
static int64_t
id_of(const struct program *p)
{
	return (int64_t)(p->child.run >> 32);
}

/* A line with all that the command is given. */
static void
put_mishap(struct line_text *t, const char *tag, const struct mishap *m)
{
	const struct program_end *e = &m->end;

	if (m->reason == NULL)
		return;
	line_begin(t, tag);
	line_put_number(t, "state", m->state);
	line_put_number(t, "kind", e->kind);
	line_put_number(t, "late", e->late);
	line_put_number(t, "hook", e->is_hook);
	line_put_number(t, "known", e->process.known);
	line_put_number(t, "signal", e->process.signal);
	line_put_number(t, "core", e->process.core);
	line_put_number(t, "oom", e->process.oom);
	line_put_number(t, "code", e->process.code);
	line_put_number(t, "stage", (int64_t)e->error.stage);
	line_put(t, "reason", m->reason);
	line_put(t, "tail", m->tail);
	line_end(t);
}

/* Write the file.  Without failures it has the time of the last command. */
static void
keep(struct onfailure *n)
{
	struct program *p = n->program;
	struct system *sys = p->programs->system;
	struct line_text t = {.s = NULL};

	line_begin(&t, TAG_RUN);
	line_put_number(&t, "began", n->began.ns);
	line_put_number(&t, "id", id_of(p));
	line_end(&t);
	put_mishap(&t, TAG_BEGUN, &n->reported);
	put_mishap(&t, TAG_WAITING, &n->waiting);
	if (t.failed)
		errno = ENOMEM;
	if (t.failed || sys->keep_failure(sys, p->conf->name, t.s) == -1)
		log_warn("%s: cannot keep its failure; if hupd is killed, "
			 "on-failure-command may not run",
		    p->conf->name);
	line_text_clear(&t);
}

/* Kill what is left of the command. */
static void
cancel(struct onfailure *n)
{
	struct programs *ps = n->program->programs;
	char folder[FOLDER_MAX];

	loop_cancel(ps->loop, &n->deadline);
	folder_of(n->program, folder);
	ps->system->cancel(ps->system, &n->child, folder);
	ps->system->remove_folder(ps->system, folder);
}

static void look(struct onfailure *);

static void
finish(struct onfailure *n, const char *trouble)
{
	if (trouble != NULL && !n->is_lenient)
		log_warnx("%s: on-failure-command: %s", n->program->conf->name,
		    trouble);
	cancel(n);
	forget(&n->reported);
	keep(n);
	look(n);
}

static void
command_executed(struct child *c)
{
	(void)c;
}

static void
command_failed(struct child *c, const struct spawn_error *error)
{
	char how[ENDING_MAX];

	ending_failure(error, c->why, how, sizeof(how));
	finish(c->owner, how);
}

static void begin(struct onfailure *);

static bool
command_lost(struct child *c)
{
	struct onfailure *n = c->owner;
	struct system *sys = n->program->programs->system;

	sys->release(sys, c);
	begin(n);
	return true;
}

static void
command_ended(struct child *c, const struct process_end *end)
{
	char how[64];

	ending_exit(end, how, sizeof(how));
	finish(c->owner,
	    end->known && !end->signal && end->code == 0 ? NULL : how);
}

/* A descriptor to read the text from, or -1. */
static int
open_text(const char *text)
{
	const size_t len = strlen(text);
	int fd;

	fd = memfd_create("hupd: last output", MFD_CLOEXEC);
	if (fd == -1)
		return -1;
	if (write(fd, text, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Start the command.  -1 with errno. */
static int
start(struct onfailure *n, const struct value_command *line, int input)
{
	struct program *p = n->program;
	struct system_fd fd = {input, STDIN_FILENO};
	char folder[FOLDER_MAX];
	struct start_command command = {
	    .argv = line->words,
	    .folder = folder,
	    .is_logged = true,
	    .is_privileged = line->privileged,
	    .end = &n->reported.end,
	    .state = names_state(n->reported.state),
	    .reason = n->reported.reason,
	    .fds = &fd,
	    .nfds = input != -1,
	};

	folder_of(p, folder);
	n->is_lenient = line->lenient;
	n->child.why = NULL;
	n->child.run = p->child.run | PROGRAM_RUN_HELPERS;
	return start_command(p, &command, &n->child);
}

static void
begin(struct onfailure *n)
{
	struct program *p = n->program;
	struct value_command line = {.words = NULL};
	int input = -1, rv = -1, saved;

	n->began = loop_now(p->programs->loop);
	keep(n);
	loop_at(p->programs->loop, &n->deadline,
	    clock_add_ms(n->began, ONFAILURE_APART));
	if (n->reported.tail != NULL)
		input = open_text(n->reported.tail);
	if (value_split(p->conf->on_failure_command, &line) == 0)
		rv = start(n, &line, input);
	saved = errno;
	free(line.words);
	if (input != -1)
		close(input);
	if (rv == -1)
		finish(n, strerror(saved));
}

/* Is it time to report the failure that waits? */
static void
look(struct onfailure *n)
{
	struct program *p = n->program;
	struct loop *loop = p->programs->loop;
	struct mono next = clock_add_ms(n->began, ONFAILURE_APART);

	if (n->waiting.reason == NULL || n->child.pid != 0)
		return;
	if (p->conf->on_failure_command == NULL) {
		forget(&n->waiting);
		return;
	}
	if (!n->has_tail)
		next = clock_add_ms(loop_now(loop), TAIL_TIMEOUT);
	else if (!clock_is_set(n->began) ||
	    !clock_before(loop_now(loop), next)) {
		n->reported = n->waiting;
		memset(&n->waiting, 0, sizeof(n->waiting));
		begin(n);
		return;
	}
	loop_at(loop, &n->deadline, next);
}

static void
due(struct deadline *d)
{
	struct onfailure *n = d->arg;

	if (n->child.pid != 0) {
		n->is_lenient = false;
		finish(n, "did not end in 1m; killed");
		return;
	}
	n->has_tail = true;
	look(n);
}

static struct onfailure *
make(struct program *p)
{
	static const struct child_events events = {
	    .executed = command_executed,
	    .failed = command_failed,
	    .lost = command_lost,
	    .ended = command_ended,
	};
	struct onfailure *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->program = p;
	n->deadline.due = due;
	n->deadline.arg = n;
	n->child.events = &events;
	n->child.owner = n;
	n->child.pidfd = -1;
	return n;
}

void
onfailure_note(struct program *p)
{
	struct onfailure *n = p->onfailure;
	char reason[ENDING_MAX];

	if (p->conf->on_failure_command == NULL)
		return;
	if (n == NULL)
		n = p->onfailure = make(p);
	if (n == NULL) {
		log_warn("%s: cannot run on-failure-command", p->conf->name);
		return;
	}
	forget(&n->waiting);
	describe_end(p, reason, sizeof(reason));
	n->waiting.end = p->end;
	n->waiting.state = p->state;
	n->waiting.reason = strdup(reason);
	n->has_tail = false;
	keep(n);
	if (p->tail_due)
		look(n);
	else
		onfailure_look(p);
}

void
onfailure_look(struct program *p)
{
	struct onfailure *n = p->onfailure;

	if (n == NULL || n->waiting.reason == NULL || n->has_tail)
		return;
	n->has_tail = true;
	if (p->tail != NULL)
		n->waiting.tail = strdup(p->tail);
	if (n->waiting.tail != NULL)
		keep(n);
	look(n);
}

/* A number of a line; 0 if it is not from 0 to most. */
static int
number_of(const struct line *line, const char *key, int most)
{
	const int64_t v = line_get_number(line, key, 0);

	return v < 0 || v > most ? 0 : (int)v;
}

/* False: no memory, or a line without a reason. */
static bool
read_mishap(struct mishap *m, const struct line *line)
{
	const char *reason = line_get(line, "reason");
	const char *tail = line_get(line, "tail");
	struct program_end *e = &m->end;

	if (reason == NULL)
		return false;
	forget(m);
	m->state =
	    (enum program_state)number_of(line, "state", PROGRAM_STATES - 1);
	e->kind = (enum program_end_kind)number_of(line, "kind", END_ENV);
	e->late = (enum program_late)number_of(line, "late", PROGRAM_LATES - 1);
	e->is_hook = number_of(line, "hook", 1);
	e->process.known = number_of(line, "known", 1);
	e->process.signal = number_of(line, "signal", 1);
	e->process.core = number_of(line, "core", 1);
	e->process.oom = number_of(line, "oom", 1);
	e->process.code =
	    number_of(line, "code", e->process.signal ? SIGRTMAX : UINT8_MAX);
	/* There is no signal 0. */
	e->process.signal = e->process.signal && e->process.code > 0;
	e->error.stage =
	    (enum spawn_stage)number_of(line, "stage", SPAWN_STAGES - 1);
	m->reason = strdup(reason);
	if (tail != NULL)
		m->tail = strdup(tail);
	return m->reason != NULL;
}

/* False: the file is not about this program. */
static bool
read_line(struct onfailure *n, const struct line *line)
{
	if (line_is(line, TAG_RUN)) {
		n->began.ns = line_get_number(line, "began", 0);
		return line_get_number(line, "id", -1) == id_of(n->program);
	}
	if (line_is(line, TAG_BEGUN))
		return read_mishap(&n->reported, line);
	if (line_is(line, TAG_WAITING))
		return read_mishap(&n->waiting, line);
	return true;
}

static bool
read_kept(struct onfailure *n, char *text)
{
	struct line line;
	char *next;
	bool ok = true;

	while (ok && (next = strsep(&text, "\n")) != NULL && *next != '\0') {
		if (line_parse(&line, next) == -1)
			return false;
		ok = read_line(n, &line);
		line_clear(&line);
	}
	return ok;
}

void
onfailure_resume(struct program *p)
{
	struct system *sys = p->programs->system;
	struct onfailure *n;
	char *text;

	if (p->conf->on_failure_command == NULL || p->onfailure != NULL ||
	    (text = sys->kept_failure(sys, p->conf->name)) == NULL)
		return;
	if ((n = make(p)) != NULL && read_kept(n, text)) {
		p->onfailure = n;
		n->has_tail = true;
		if (n->reported.reason != NULL) {
			log_info("%s: running on-failure-command again",
			    p->conf->name);
			begin(n);
		} else
			look(n);
	} else {
		log_warnx("%s: cannot read the failure that a former hupd "
			  "kept; on-failure-command does not run",
		    p->conf->name);
		if (n != NULL) {
			forget(&n->reported);
			forget(&n->waiting);
		}
		free(n);
	}
	free(text);
}

void
onfailure_clear(struct program *p)
{
	struct system *sys = p->programs->system;
	char folder[FOLDER_MAX];

	/* Without cgroups, it is killed by its mark. */
	if (p->conf->on_failure_command == NULL)
		return;
	folder_of(p, folder);
	sys->clear_folder(sys, folder);
}

void
onfailure_free(struct program *p)
{
	struct system *sys = p->programs->system;
	struct onfailure *n = p->onfailure;

	if (n == NULL)
		return;
	p->onfailure = NULL;
	cancel(n);
	sys->keep_failure(sys, p->conf->name, NULL);
	forget(&n->waiting);
	forget(&n->reported);
	free(n);
}
