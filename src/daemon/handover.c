/*
 * handover - how a daemon gives its place to the next one, and how the next
 * one begins.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/load.h"
#include "config/save.h"
#include "base/file.h"
#include "daemon/control.h"
#include "config/environ.h"
#include "daemon/guard.h"
#include "base/log.h"
#include "daemon/lookup.h"
#include "daemon/handover.h"
#include "daemon/reload.h"
#include "process/spawn.h"

/* A trial that takes longer has failed; ms. */
#define TRIAL_TIMEOUT 10000
/* Look again after this whether a reload has come to its end; ms. */
#define RELOAD_WAIT 50
/* More bytes than hupd ever has. */
#define PROGRAM_MAX ((size_t)1 << 30)
/* The descriptor of the records in a trial. */
#define TRIAL_RECORDS 3

extern char **environ;

TAILQ_HEAD(verdicts, verdict);

struct handover {
	struct daemon *daemon;
	struct verdicts waiting;
	struct deadline deadline;
	struct process child; /* the trial; pid 0: none */
	struct spawn_report exec;
	struct source exit;
	int words[2]; /* a pipe: standard error of the trial */
	int program;  /* the file that is tried and then executed; or -1 */
	bool wanted;
};

static void try_it(struct handover *);

static void
close_program(struct handover *x)
{
	if (x->program != -1)
		close(x->program);
	x->program = -1;
}

static void
fail(struct handover *x, const char *why)
{
	struct line_text text = {0};
	struct verdict *v;

	log_warnx("re-execution failed, nothing was changed: %s", why);
	x->wanted = false;
	close_program(x);
	line_begin(&text, "failed");
	line_put(&text, "how", why);
	line_end(&text);
	while ((v = TAILQ_FIRST(&x->waiting)) != NULL) {
		TAILQ_REMOVE(&x->waiting, v, entry);
		v->waiting = false;
		v->given(v, text.s != NULL ? text.s : "", STATUS_FAILED);
	}
	line_text_clear(&text);
}

static void
fail_exec(struct handover *x, int err)
{
	char why[256];

	snprintf(why, sizeof(why), "%.128s: %s", x->daemon->exe, strerror(err));
	fail(x, why);
}

static void
end_trial(struct handover *x)
{
	struct loop *loop = x->daemon->loop;

	loop_cancel(loop, &x->deadline);
	loop_unwatch(loop, &x->exit);
	spawn_forget(&x->exec);
	if (x->child.pid != 0) {
		process_signal(&x->child, SIGKILL);
		/* If it has not ended yet, it is reaped as an orphan. */
		process_reap(x->child.pid, x->child.pidfd);
		close(x->child.pidfd);
	}
	x->child.pid = 0;
	close(x->words[0]);
}

/* The trial succeeded.  Returns only if the new program is not executed. */
static void
execute(struct handover *x)
{
	struct daemon *d = x->daemon;
	struct verdict *v;

	log_info("executing %s in place", d->exe);
	TAILQ_FOREACH (v, &x->waiting, entry)
		v->given(v, "executing\n", -1);
	control_hand_over(d->control);
	log_flush();
	guard_execute(d, x->program);
	fail_exec(x, errno);
}

static void
exec_decided(struct spawn_report *r)
{
	struct handover *x = r->arg;

	if (r->outcome != SPAWN_FAILED)
		return;
	end_trial(x);
	fail_exec(x, r->error.err);
}

static void
trial_ended(struct source *s, uint32_t events)
{
	struct handover *x = s->arg;
	struct process_end end;
	char words[200], why[256];
	ssize_t n;

	(void)events;
	if (!process_ended(x->child.pid, x->child.pidfd, &end))
		return;
	if (spawn_look(&x->exec) == SPAWN_FAILED)
		return;
	n = read(x->words[0], words, sizeof(words) - 1);
	words[n > 0 ? n : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
	end_trial(x);
	if (x->daemon->stopping) {
		fail(x, "the daemon is ending");
		return;
	}
	if (!end.signal && end.code == 0) {
		execute(x);
		return;
	}
	snprintf(why, sizeof(why), "the trial %s %d%s%s",
	    end.signal ? "was killed by signal" : "ended with status", end.code,
	    *words != '\0' ? ": " : "", words);
	fail(x, why);
}

static void
due(struct deadline *dl)
{
	struct handover *x = dl->arg;

	if (x->child.pid == 0) {
		try_it(x);
		return;
	}
	end_trial(x);
	fail(x, "the trial did not end within 10 s");
}

/*
 * Open the program file once, for the trial and for the execution: what was
 * tried is what is executed.  Nobody but root and the daemon's own user can
 * have written it, or can exchange a folder on the path to it.
 */
static int
open_program(struct handover *x)
{
	const char *path = x->daemon->exe;
	char why[PATH_MAX + FILE_WHY_MAX];
	struct file f;

	switch (file_open(&f, AT_FDCWD, path, PROGRAM_MAX, &x->program)) {
	case 1:
		return 0;
	case 0:
		fail_exec(x, ENOENT);
		return -1;
	default:
		snprintf(why, sizeof(why), "%s: %s", path, f.why);
		fail(x, why);
		return -1;
	}
}

/* The trial is "hupd -n": read the records, accept what runs, exit. */
static int
spawn_trial(struct handover *x)
{
	struct daemon *d = x->daemon;
	char check[] = "-n";
	char *const argv[] = {d->exe, check, NULL};
	char variable[] = GUARD_VARIABLE "=3";
	struct spawn_fd fds[] = {
	    {record_fd(d->records), TRIAL_RECORDS},
	    {x->words[1], STDERR_FILENO},
	};
	struct spawn_request req = {
	    .argv = argv,
	    .execfd = x->program,
	    .cgroup = -1,
	    .outdir = -1,
	    .session = true,
	    .fds = fds,
	    .nfds = sizeof(fds) / sizeof(fds[0]),
	};
	struct environment env = {0};
	int rv = -1;

	environ_set_all(&env, environ);
	environ_set(&env, variable);
	req.envp = environ_vector(&env);
	if (req.envp != NULL)
		rv = spawn(&req, &x->child, &x->exec);
	else
		x->exec.error = (struct spawn_error){SPAWN_CLONE, 0, errno};
	environ_clear(&env);
	return rv;
}

static void
try_it(struct handover *x)
{
	struct daemon *d = x->daemon;
	struct loop *loop = d->loop;

	if (!reload_is_idle(d->reload)) {
		loop_at(loop, &x->deadline,
		    clock_add_ms(loop_now(loop), RELOAD_WAIT));
		return;
	}
	if (open_program(x) == -1)
		return;
	if (pipe2(x->words, O_CLOEXEC | O_NONBLOCK) == -1) {
		fail(x, strerror(errno));
		return;
	}
	if (spawn_trial(x) == -1) {
		x->child.pid = 0;
		close(x->words[0]);
		close(x->words[1]);
		fail_exec(x, x->exec.error.err);
		return;
	}
	close(x->words[1]);
	loop_at(loop, &x->deadline,
	    clock_add_ms(loop_now(loop), TRIAL_TIMEOUT));
	if (loop_watch(loop, &x->exit, x->child.pidfd, EPOLLIN) == -1) {
		end_trial(x);
		fail(x, "the trial cannot be watched");
	}
}

void
handover_request(struct handover *x)
{
	if (x->wanted || x->daemon->stopping)
		return;
	x->wanted = true;
	try_it(x);
}

void
handover_wait(struct handover *x, struct verdict *v)
{
	v->waiting = true;
	TAILQ_INSERT_TAIL(&x->waiting, v, entry);
}

void
handover_forget(struct handover *x, struct verdict *v)
{
	if (!v->waiting)
		return;
	v->waiting = false;
	TAILQ_REMOVE(&x->waiting, v, entry);
}

bool
handover_is_child(const struct handover *x, pid_t pid)
{
	return x->child.pid != 0 && x->child.pid == pid;
}

struct handover *
handover_new(struct daemon *d)
{
	struct handover *x;

	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return NULL;
	x->daemon = d;
	TAILQ_INIT(&x->waiting);
	x->deadline.due = due;
	x->deadline.arg = x;
	x->deadline.is_lenient = true;
	spawn_report_init(&x->exec, d->loop, exec_decided, x);
	x->program = -1;
	x->exit.fd = -1;
	x->exit.ready = trial_ended;
	x->exit.arg = x;
	return x;
}

void
handover_free(struct handover *x)
{
	if (x == NULL)
		return;
	if (x->child.pid != 0)
		end_trial(x);
	close_program(x);
	free(x);
}

/* run_dir/name; no memory is fatal. */
static char *
in_run_dir(const char *run_dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", run_dir, name) == -1)
		log_fatal("%s", name);
	return path;
}

/* A whole configuration from a file of the run folder; false: logged. */
static bool
load(struct daemon *d, const char *run_dir, const char *name,
    struct config *set)
{
	struct lookup lookup = {0};
	struct diags errors;
	char *path = in_run_dir(run_dir, name), text[1024];
	bool good;
	size_t i;

	diag_init(&errors);
	if (lookup_begin(&lookup) == -1)
		log_fatal("accounts");
	good = lookup_load_whole(&lookup, set, &d->places, path, &errors) == 0;
	lookup_clear(&lookup);
	for (i = 0; i < errors.n; i++) {
		diag_print(&errors.v[i], text, sizeof(text));
		log_warnx("%s", text);
	}
	if (!good)
		config_clear(set);
	diag_clear(&errors);
	free(path);
	return good;
}

/*
 * The programs came from files of their own, but the whole configuration does
 * not name them.
 */
static void
name_files(const struct config *set, const char *program_dir)
{
	struct definition *c;
	size_t i;

	for (i = 0; i < set->nprograms; i++) {
		c = set->programs[i];
		c->file = load_file_of(program_dir, c->name);
		if (c->file == NULL && errno == ENOMEM)
			log_fatal("%s", c->name);
	}
}

void
handover_inherit(struct daemon *d, int fd, bool trial, struct config *set)
{
	struct config settings = {0};
	const char *run_dir, *why;

	d->records = trial ? record_look(fd) : record_take_over(fd);
	if (d->records == NULL)
		log_fatal("the records");
	if (!record_is_valid(d->records, &why))
		log_fatalx("the records cannot be taken over: %s", why);
	run_dir = record_header(d->records)->run_dir;
	if (!load(d, run_dir, "settings", &settings) ||
	    !load(d, run_dir, "running", set))
		log_fatalx("what runs cannot be taken over");
	if (settings_copy(&d->effective, &settings.settings) == -1)
		log_fatal("settings");
	config_clear(&settings);
	name_files(set, d->effective.program_dir);
	if (!trial && record_adopt(d->records) == -1)
		log_fatal("the records");
	d->adopting = d->inherited = true;
}

void
handover_find(struct daemon *d, struct config *set)
{
	const char *run_dir = d->effective.run_dir, *why;
	struct config before = {0};

	d->adopting = record_is_valid(d->records, &why);
	if (!d->adopting && record_is_foreign(d->records)) {
		if (record_convert(d->records) == -1)
			log_fatal("%s/records", run_dir);
		d->adopting = d->converted = true;
	} else if (!d->adopting) {
		if (*why != '\0')
			d->untaken = why;
		if (record_reset(d->records) == -1)
			log_fatal("%s/records", run_dir);
	} else if (record_adopt(d->records) == -1)
		log_fatal("%s/records", run_dir);
	record_header(d->records)->pid = getpid();
	if (!d->adopting)
		return;
	if (load(d, run_dir, "running", &before)) {
		config_clear(set);
		*set = before;
		name_files(set, d->effective.program_dir);
	}
}

void
handover_keep(struct daemon *d)
{
	struct config none = {.settings = d->effective};
	char *path = in_run_dir(d->effective.run_dir, "settings");

	/* exit-on may name a program, and this file has none. */
	none.settings.exit_on = NULL;
	if (save_config(&none, path) == -1)
		log_warn("%s", path);
	free(path);
}

void
handover_remove(struct daemon *d)
{
	char *path = in_run_dir(d->effective.run_dir, "settings");

	unlink(path);
	unlink(d->running);
	unlink(d->rejected);
	free(d->running);
	free(d->rejected);
	free(path);
}
