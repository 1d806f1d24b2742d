/*
 * reexec - the newly installed binary takes the place of this one.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/control.h"
#include "config/environ.h"
#include "daemon/guard.h"
#include "base/log.h"
#include "daemon/reexec.h"
#include "daemon/reload.h"

/* A trial that takes longer has failed, ms. */
#define TRIAL_TIMEOUT 10000
/* A reload under way is waited for in such steps, ms. */
#define RELOAD_WAIT 50
/* The descriptors of a trial. */
#define TRIAL_RECORDS 3

extern char **environ;

TAILQ_HEAD(verdicts, verdict);

struct reexec {
	struct daemon *daemon;
	struct verdicts waiting;
	struct deadline deadline;
	struct process child; /* the trial; pid 0: none */
	struct source exit;
	int words[2]; /* what the trial says, a pipe */
	bool wanted;
};

static void try_it(struct reexec *);

static void
fail(struct reexec *x, const char *why)
{
	struct line_text text = {0};
	struct verdict *v;

	log_warnx("re-execution failed, nothing was changed: %s", why);
	x->wanted = false;
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
end_trial(struct reexec *x)
{
	struct loop *loop = x->daemon->loop;

	loop_cancel(loop, &x->deadline);
	loop_unwatch(loop, &x->exit);
	if (x->child.pid != 0) {
		process_signal(&x->child, SIGKILL);
		while (waitpid(x->child.pid, NULL, 0) == -1 && errno == EINTR)
			;
		close(x->child.pidfd);
	}
	x->child.pid = 0;
	close(x->words[0]);
}

/* The trial succeeded: this is the last that this program does, or not. */
static void
execute(struct reexec *x)
{
	struct daemon *d = x->daemon;
	struct verdict *v;
	char why[256];
	int fd;

	fd = open(d->exe, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		snprintf(why, sizeof(why), "%.128s: %s", d->exe,
		    strerror(errno));
		fail(x, why);
		return;
	}
	log_info("executing %s in place", d->exe);
	TAILQ_FOREACH (v, &x->waiting, entry)
		v->given(v, "executing\n", -1);
	control_hand_over(d->control);
	log_flush();
	guard_execute(d, fd);
	snprintf(why, sizeof(why), "%.128s: %s", d->exe, strerror(errno));
	close(fd);
	fail(x, why);
}

static void
trial_ended(struct source *s, uint32_t events)
{
	struct reexec *x = s->arg;
	struct process_end end;
	char words[200], why[256];
	ssize_t n;

	(void)events;
	if (!process_ended(x->child.pid, x->child.pidfd, &end))
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
	snprintf(why, sizeof(why), "its trial %s %d%s%s",
	    end.signal ? "was killed by signal" : "ended with status", end.code,
	    *words != '\0' ? ": " : "", words);
	fail(x, why);
}

static void
due(struct deadline *dl)
{
	struct reexec *x = dl->arg;

	if (x->child.pid == 0) {
		try_it(x);
		return;
	}
	end_trial(x);
	fail(x, "its trial did not end in time");
}

/* "hupd -n" with the records: understand them, accept what runs, end. */
static int
spawn_trial(struct reexec *x, struct spawn_error *error)
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
	    .execfd = -1,
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
		rv = spawn(&req, &x->child, error);
	else
		*error = (struct spawn_error){SPAWN_CLONE, 0, errno};
	environ_clear(&env);
	return rv;
}

static void
try_it(struct reexec *x)
{
	struct daemon *d = x->daemon;
	struct loop *loop = d->loop;
	struct spawn_error error;
	char why[256];

	if (!reload_is_idle(d->reload)) {
		loop_at(loop, &x->deadline,
		    clock_add_ms(loop_now(loop), RELOAD_WAIT));
		return;
	}
	if (pipe2(x->words, O_CLOEXEC | O_NONBLOCK) == -1) {
		fail(x, strerror(errno));
		return;
	}
	if (spawn_trial(x, &error) == -1) {
		x->child.pid = 0;
		close(x->words[0]);
		close(x->words[1]);
		snprintf(why, sizeof(why), "%.128s: %s", d->exe,
		    strerror(error.err));
		fail(x, why);
		return;
	}
	close(x->words[1]);
	loop_at(loop, &x->deadline,
	    clock_add_ms(loop_now(loop), TRIAL_TIMEOUT));
	if (loop_watch(loop, &x->exit, x->child.pidfd, EPOLLIN) == -1) {
		end_trial(x);
		fail(x, "its trial cannot be watched");
	}
}

void
reexec_request(struct reexec *x)
{
	if (x->wanted || x->daemon->stopping)
		return;
	x->wanted = true;
	try_it(x);
}

void
reexec_wait(struct reexec *x, struct verdict *v)
{
	v->waiting = true;
	TAILQ_INSERT_TAIL(&x->waiting, v, entry);
}

void
reexec_forget(struct reexec *x, struct verdict *v)
{
	if (!v->waiting)
		return;
	v->waiting = false;
	TAILQ_REMOVE(&x->waiting, v, entry);
}

bool
reexec_is_child(const struct reexec *x, pid_t pid)
{
	return x->child.pid != 0 && x->child.pid == pid;
}

struct reexec *
reexec_new(struct daemon *d)
{
	struct reexec *x;

	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return NULL;
	x->daemon = d;
	TAILQ_INIT(&x->waiting);
	x->deadline.due = due;
	x->deadline.arg = x;
	x->exit.fd = -1;
	x->exit.ready = trial_ended;
	x->exit.arg = x;
	return x;
}

void
reexec_free(struct reexec *x)
{
	if (x != NULL && x->child.pid != 0)
		end_trial(x);
	free(x);
}
