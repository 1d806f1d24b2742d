/*
 * hook - the commands around a program.
 *
 * A command runs like the program, but in a cgroup below the program's and with
 * a mark of its own.  So this daemon, or a later one, can kill it with all its
 * processes, and what it leaves is no process of the program.
 */
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strings.h"
#include "program/hook.h"
#include "program/start.h"

/* The name of a cgroup below a program's. */
#define FOLDER_MAX 128
/* The text of a command in messages. */
#define TEXT_MAX 240

struct hook {
	struct program *program;
	struct definition *conf; /* a reference: the list is its */
	enum program_step step;
	size_t at;	 /* the command, from 0 */
	bool is_lenient; /* its failure does not count */
	bool lingers;	 /* it has ended, but not what it left */
	struct child child;
	struct process_end how; /* while it lingers: how it ended */
};

bool
hook_is_step(enum program_step step)
{
	return step == STEP_PRE || step == STEP_POST || step == STEP_COMMAND ||
	    step == STEP_STOP_POST;
}

/* The commands of a step, or NULL. */
static char *const *
list_of(const struct definition *c, enum program_step step)
{
	switch (step) {
	case STEP_PRE:
		return c->start_pre;
	case STEP_POST:
		return c->start_post;
	case STEP_COMMAND:
		return c->stop_command;
	case STEP_STOP_POST:
		return c->stop_post;
	case STEP_NONE:
	case STEP_EXEC:
	case STEP_READY:
	case STEP_SETTLE:
	case STEP_SIGNAL:
	case STEP_LEFT:
	case STEP_OWN:
	case STEP_FORKED:
		return NULL;
	}
	__builtin_unreachable();
}

/* The command that is to run now, or NULL: there is no other. */
static const char *
line_of(const struct hook *h)
{
	char *const *list = list_of(h->conf, h->step);

	return list != NULL && h->at < strings_count(list) ? list[h->at] : NULL;
}

static void
folder_of(const struct program *p, char name[static FOLDER_MAX])
{
	snprintf(name, FOLDER_MAX, "%s/" SYSTEM_HOOK_FOLDER, p->conf->name);
}

/* "start-pre /bin/true" */
static void
text_of(const struct hook *h, char text[static TEXT_MAX])
{
	const char *line = line_of(h);

	snprintf(text, TEXT_MAX, "%s %s", names_step(h->step),
	    line != NULL ? line : "");
}

void
hook_blame(struct program *p)
{
	char text[TEXT_MAX];

	if (p->hook == NULL)
		return;
	text_of(p->hook, text);
	free(p->blamed);
	p->blamed = strdup(text);
}

/* The start has ended with this command. */
static void
note_end(struct hook *h, enum program_end_kind kind,
    const struct process_end *how, const struct spawn_error *error)
{
	struct program *p = h->program;

	if (h->step != STEP_PRE && h->step != STEP_POST)
		return;
	hook_blame(p);
	memset(&p->end, 0, sizeof(p->end));
	p->end.kind = kind;
	p->end.is_hook = true;
	/* After a signal, start-pre is not the reason. */
	p->end.late = p->state == STATE_STARTING ? LATE_HOOK : p->late;
	if (how != NULL)
		p->end.process = *how;
	if (error != NULL)
		p->end.error = *error;
	p->end.at = clock_wall().tv_sec;
	free(p->why);
	p->why = h->child.why != NULL ? strdup(h->child.why) : NULL;
}

void
hook_end(struct program *p)
{
	struct system *sys = p->programs->system;
	struct hook *h = p->hook;
	char folder[FOLDER_MAX];

	if (h == NULL)
		return;
	p->hook = NULL;
	folder_of(p, folder);
	if (h->lingers) {
		sys->kill(sys, &h->child, folder);
		sys->finish(sys, &h->child, folder);
	}
	sys->cancel(sys, &h->child, folder);
	definition_unref(h->conf);
	free(h);
}

void
hook_follow(struct program *p)
{
	if (p->hook != NULL && p->hook->step != p->step)
		hook_end(p);
}

static void
finish(struct hook *h, bool ok)
{
	struct program *p = h->program;

	hook_end(p);
	p->programs->feed(p, ok ? EVENT_HOOK_OK : EVENT_HOOK_FAIL);
}

static void begin(struct hook *);

/* Has it got the stop signal, or SIGKILL? */
static bool
is_stopped(const struct hook *h)
{
	switch (h->program->state) {
	case STATE_STARTING:
		return false;
	case STATE_STOPPING:
		return h->step == STEP_PRE;
	case STATE_KILLING:
		return true;
	case STATE_DOWN:
	case STATE_UP:
	case STATE_WAIT:
	case STATE_DONE:
	case STATE_FAILED:
		break;
	}
	return false;
}

/* The result of a failure, in words. */
static const char *
consequence(const struct hook *h)
{
	if (h->is_lenient)
		return "; its failure does not count (-)";
	return h->step == STEP_COMMAND || h->step == STEP_STOP_POST
	    ? "; the stop continues without the other commands of this key"
	    : "";
}

static void
log_failure(const struct hook *h, const char *how)
{
	char text[TEXT_MAX];

	text_of(h, text);
	log_warnx("%s: %s: %s%s", h->program->conf->name, text, how,
	    consequence(h));
}

static void
command_executed(struct child *c)
{
	(void)c;
}

/* Did the first process of a start find that the start is impossible? */
static bool
is_of_start(const struct spawn_error *error)
{
	return error->stage == SPAWN_CONDITION || error->stage == SPAWN_FOLDER;
}

/* The command is not to blame. */
static void
start_is_impossible(struct hook *h, const struct spawn_error *error)
{
	struct program *p = h->program;

	note_end(h, END_SPAWN, NULL, error);
	p->end.late = LATE_NOT;
	p->end.is_hook = false;
	free(p->blamed);
	p->blamed = NULL;
	finish(h, false);
}

/* It could not be started. */
static void
command_failed(struct child *c, const struct spawn_error *error)
{
	struct hook *h = c->owner;
	char how[ENDING_MAX];

	if (is_of_start(error)) {
		start_is_impossible(h, error);
		return;
	}
	ending_failure(error, c->why, how, sizeof(how));
	log_failure(h, how);
	if (h->is_lenient && !is_stopped(h)) {
		h->at++;
		h->program->programs->system
		    ->release(h->program->programs->system, c);
		begin(h);
		return;
	}
	note_end(h, END_SPAWN, NULL, error);
	finish(h, false);
}

static bool
command_lost(struct child *c)
{
	struct hook *h = c->owner;
	struct system *sys = h->program->programs->system;

	sys->release(sys, c);
	begin(h);
	return true;
}

/* The command and all that it left have ended. */
static void
look(struct hook *h)
{
	const struct process_end how = h->how;
	const bool ok = how.known && !how.signal && how.code == 0;
	char text[64];

	if (is_stopped(h)) {
		note_end(h, END_PROCESS, &how, NULL);
		finish(h, ok);
		return;
	}
	if (!ok) {
		ending_exit(&how, text, sizeof(text));
		log_failure(h, text);
	}
	if (ok || h->is_lenient) {
		h->at++;
		begin(h);
		return;
	}
	note_end(h, END_PROCESS, &how, NULL);
	finish(h, false);
}

static void
command_ended(struct child *c, const struct process_end *end)
{
	struct hook *h = c->owner;
	struct program *p = h->program;
	struct system *sys = p->programs->system;
	char folder[FOLDER_MAX];
	int n;

	h->how = *end;
	folder_of(p, folder);
	n = sys->left(sys, c, folder);
	if (n > 0) {
		log_info("%s: killed %d process%s that %s left behind",
		    p->conf->name, n, n == 1 ? "" : "es", names_step(h->step));
		sys->kill(sys, c, folder);
		h->lingers = sys->linger(sys, c, folder) == 0;
		if (h->lingers)
			return;
	}
	sys->finish(sys, c, folder);
	sys->release(sys, c);
	look(h);
}

static void
rest_gone(struct child *c)
{
	struct hook *h = c->owner;
	struct system *sys = h->program->programs->system;
	char folder[FOLDER_MAX];

	folder_of(h->program, folder);
	h->lingers = false;
	sys->finish(sys, c, folder);
	look(h);
}

/* The process that the command is about; 0: it has none. */
static pid_t
main_of(const struct hook *h)
{
	const struct program *p = h->program;

	if (h->step == STEP_PRE)
		return 0;
	return p->child.pid != 0 ? p->child.pid : p->former;
}

/* Run the next command.  Events may come, and free h, before this returns. */
static void
begin(struct hook *h)
{
	struct program *p = h->program;
	const char *line = line_of(h);
	struct value_command command;
	char folder[FOLDER_MAX];
	struct start_command start = {
	    .mainpid = main_of(h),
	    .folder = folder,
	    .is_logged = true,
	    .begins = h->step == STEP_PRE && h->at == 0,
	    .end = h->step == STEP_STOP_POST ? &p->end : NULL,
	    .was_asked = p->want != WANT_RUN,
	};
	int rv, saved;

	if (line == NULL) {
		finish(h, true);
		return;
	}
	if (value_split(line, &command) == -1) {
		command_failed(&h->child,
		    &(struct spawn_error){SPAWN_CLONE, 0, errno});
		return;
	}
	folder_of(p, folder);
	h->is_lenient = command.lenient;
	h->child.why = NULL;
	h->child.run = p->child.run | PROGRAM_RUN_HOOK;
	start.argv = command.words;
	start.is_privileged = command.privileged;
	rv = start_command(p, &start, &h->child);
	saved = errno;
	free(command.words);
	if (rv == -1)
		command_failed(&h->child,
		    &(struct spawn_error){SPAWN_CLONE, 0, saved});
}

void
hook_begin(struct program *p)
{
	static const struct child_events events = {
	    .executed = command_executed,
	    .failed = command_failed,
	    .lost = command_lost,
	    .ended = command_ended,
	    .gone = rest_gone,
	};
	struct hook *h;

	hook_end(p);
	h = calloc(1, sizeof(*h));
	if (h == NULL) {
		log_warn("%s: cannot run %s", p->conf->name,
		    names_step(p->step));
		p->programs->feed(p, EVENT_HOOK_FAIL);
		return;
	}
	h->program = p;
	h->conf = definition_ref(p->conf);
	h->step = p->step;
	h->child.events = &events;
	h->child.owner = h;
	h->child.pidfd = -1;
	p->hook = h;
	begin(h);
}

void
hook_clear(struct program *p)
{
	struct system *sys = p->programs->system;
	char folder[FOLDER_MAX];

	/* Without cgroups, it is killed by its mark. */
	folder_of(p, folder);
	sys->clear_folder(sys, folder);
}

void
hook_signal(struct program *p, int sig)
{
	struct system *sys = p->programs->system;

	if (p->hook != NULL)
		sys->signal(sys, &p->hook->child, sig);
}

void
hook_kill(struct program *p)
{
	struct system *sys = p->programs->system;
	char folder[FOLDER_MAX];

	if (p->hook == NULL)
		return;
	folder_of(p, folder);
	sys->kill(sys, &p->hook->child, folder);
}

void
hook_describe(const struct program *p, char *buf, size_t size)
{
	char text[TEXT_MAX];

	*buf = '\0';
	if (p->hook == NULL)
		return;
	text_of(p->hook, text);
	if (p->hook->child.pid != 0)
		snprintf(buf, size, "%s, pid %d", text,
		    (int)p->hook->child.pid);
	else
		strlcpy(buf, text, size);
}
