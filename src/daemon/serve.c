/*
 * serve - the daemon from its first descriptor to its last.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/action.h"
#include "program/takeover.h"
#include "daemon/control.h"
#include "daemon/exiton.h"
#include "daemon/guard.h"
#include "daemon/inherit.h"
#include "base/log.h"
#include "daemon/opening.h"
#include "daemon/reexec.h"
#include "daemon/reload.h"
#include "daemon/serve.h"
#include "base/text.h"

/* At the end, what the programs printed last gets this long, ms. */
#define LOG_DRAIN_TIMEOUT 5000

static struct daemon *unfinished; /* its start may still fail */

static bool
is_ours(pid_t pid, void *arg)
{
	struct daemon *d = arg;

	return pid == logger_pid(d->logger) || pid == d->guard.pid ||
	    reexec_is_child(d->reexec, pid) ||
	    action_is_child(&d->programs, pid);
}

static void
ours_died(pid_t pid, void *arg)
{
	struct daemon *d = arg;

	if (pid == logger_pid(d->logger))
		logger_died(d->logger);
	else
		action_child_died(&d->programs, pid);
}

/* Stop every program; the loop ends once they have ended. */
static void
stop(struct daemon *d)
{
	if (d->stopping)
		return;
	d->stopping = true;
	record_header(d->records)->stopping = 1;
	programs_stop_all(&d->programs);
}

/* The end of all, or of what exit-on waits for. */
static void
look_for_end(struct daemon *d)
{
	if (!d->stopping && exiton_is_due(d, &d->status))
		stop(d);
	if (d->stopping && d->programs.nalive == 0 &&
	    d->programs.nstrangers == 0)
		loop_end(d->loop);
}

static void
programs_changed(void *arg)
{
	look_for_end(arg);
}

static void
settled(struct daemon *d)
{
	look_for_end(d);
}

/* "Daemon start up at 2026-11-22T13:17:05+00:00" */
static void
log_moment(const char *what)
{
	char when[CLOCK_WALL_MAX];

	clock_print_wall(clock_wall().tv_sec, when);
	log_info("Daemon %s at %s", what, when);
}

static void
log_sender(const struct signalfd_siginfo *si)
{
	char name[TEXT_NUMBER_MAX], comm[PROCESS_COMM_MAX];

	if (si->ssi_code > 0) {
		log_info("SIG%s from the kernel",
		    text_signal_name((int)si->ssi_signo, name));
		return;
	}
	if (si->ssi_pid == 0) {
		log_info("SIG%s from outside of this PID namespace, uid %d",
		    text_signal_name((int)si->ssi_signo, name),
		    (int)si->ssi_uid);
		return;
	}
	process_comm((pid_t)si->ssi_pid, comm);
	log_info("SIG%s from pid %d, uid %d (%s)",
	    text_signal_name((int)si->ssi_signo, name), (int)si->ssi_pid,
	    (int)si->ssi_uid, comm);
}

static void
signalled(const struct signalfd_siginfo *si, void *arg)
{
	struct daemon *d = arg;
	int sig = (int)si->ssi_signo;

	if (sig == SIGCHLD) {
		programs_child_died(&d->programs, (pid_t)si->ssi_pid);
		return;
	}
	/* That it was heard can be seen while it is acted on. */
	if (sig == SIGHUP) {
		log_moment("reload");
		log_flush();
	}
	log_sender(si);
	log_flush();
	if (sig == SIGHUP) {
		logger_reopen(d->logger);
		reload_request(d->reload);
	} else if (sig == SIGUSR1)
		logger_reopen(d->logger);
	else if (sig == SIGUSR2)
		reexec_request(d->reexec);
	else if (sig == SIGTERM || sig == SIGINT)
		stop(d);
}

static void
make_paths(struct daemon *d)
{
	const struct settings *s = &d->effective;

	if (asprintf(&d->socket, "%s/hupd.sock", s->run_dir) == -1 ||
	    asprintf(&d->notify_path, "%s/notify", s->run_dir) == -1 ||
	    asprintf(&d->running, "%s/running", s->run_dir) == -1 ||
	    asprintf(&d->rejected, "%s/rejected", s->run_dir) == -1 ||
	    asprintf(&d->accepted, "%s/accepted", s->state_dir) == -1)
		log_fatal("paths");
}

const int serve_signals[] = {SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGCHLD,
    0};

static void
make_loop(struct daemon *d)
{
	sigset_t mask;

	sigemptyset(&mask);
	for (const int *sig = serve_signals; *sig != 0; sig++)
		sigaddset(&mask, *sig);
	d->loop = loop_new(&mask, signalled, d);
	if (d->loop == NULL)
		log_fatal("the event loop cannot be made");
}

static void
adjusted(struct daemon *d, const struct config *set)
{
	struct stream_conf sc = opening_events(set->defaults);

	log_syslog(set->settings.syslog);
	control_set_group(d->control, set->settings.control_group);
	logger_stream_adjust(d->events, &sc);
}

static void
remove_unfinished(void)
{
	struct daemon *d = unfinished;

	if (d == NULL)
		return;
	if (d->guard.pid != 0)
		guard_end(d);
	if (d->socket != NULL)
		unlink(d->socket);
	if (d->notify_path != NULL)
		unlink(d->notify_path);
	pidfile_remove(d->pidfile);
}

void
serve_guard(struct daemon *d)
{
	unfinished = d;
	if (atexit(remove_unfinished) != 0)
		log_fatalx("atexit");
}

static void
begin_reexec(struct daemon *d, struct verdict *v)
{
	reexec_wait(d->reexec, v);
	reexec_request(d->reexec);
}

static void
forget_reexec(struct daemon *d, struct verdict *v)
{
	reexec_forget(d->reexec, v);
}

/* For whoever follows us. */
static void
record_daemon(struct daemon *d)
{
	struct record_header *rh = record_header(d->records);

	rh->pid = getpid();
	rh->control_fd = control_fd(d->control);
	rh->notify_fd = d->notify.fd;
	rh->pidfile_fd = pidfile_fileno(d->pidfile);
	/* Whoever started us by hand begins to count anew. */
	if (!d->inherited)
		memset(rh->crashes, 0, sizeof(rh->crashes));
	if (d->adopting)
		rh->execs++;
	else
		rh->started = clock_wall().tv_sec;
	d->started = rh->started;
	strlcpy(rh->run_dir, d->effective.run_dir, sizeof(rh->run_dir));
	strlcpy(rh->cgroup, d->cgroup != NULL ? cgroup_path(d->cgroup) : "",
	    sizeof(rh->cgroup));
}

/*
 * The daemon before us was told to stop and did not come to its end: we do.
 * But whoever has started us since wants the programs to run.
 */
static void
end_or_begin(struct daemon *d)
{
	struct program *p;

	if (d->inherited) {
		stop(d);
		return;
	}
	for (p = programs_first(&d->programs); p != NULL; p = programs_next(p))
		if (p->conf->autostart && p->want == WANT_REST)
			program_request(p, EVENT_START);
}

/*
 * Those of an earlier daemon are taken over as they are.  Where that was
 * killed and somebody has started this one, the files count then as well.
 */
static void
begin_programs(struct daemon *d, struct config *set, const struct diags *errors)
{
	struct record_header *rh;
	struct config running;

	if (d->untaken != NULL)
		log_warnx("%s/records: %s, nothing is taken over",
		    d->effective.run_dir, d->untaken);
	if (!d->adopting) {
		if (reload_begin(d->reload, set, errors) == -1)
			log_fatal("the programs cannot be started");
		return;
	}
	if (!d->inherited)
		log_info("the daemon before this one was killed, its programs "
			 "are taken over");
	running = *set;
	memset(set, 0, sizeof(*set));
	reload_resume(d->reload, &running);
	if (takeover_all(&d->programs, reload_running(d->reload),
		d->inherited) == -1)
		log_fatal("the programs cannot be taken over");
	rh = record_header(d->records); /* taking over may have moved it */
	if (rh->stopping)
		end_or_begin(d);
	rh->stopping = d->stopping;
	if (!d->inherited)
		reload_request(d->reload);
}

/*
 * The guard of the daemon whose place we took by exec: it watched this very
 * process, in case that it failed until now, and is a child of ours.  There
 * is a new one first, so that there is always one; should both follow, the
 * lock of the pidfile lets one of them in.
 */
static void
replace_guard(struct daemon *d)
{
	pid_t former = record_header(d->records)->guard_pid;

	record_header(d->records)->guard_pid = 0;
	if (!d->foreground)
		guard_start(d);
	if (!d->inherited || former <= 1 || !process_is_child(former))
		return;
	kill(former, SIGKILL);
	while (waitpid(former, NULL, 0) == -1 && errno == EINTR)
		;
}

void
serve_begin(struct daemon *d, struct config *set, const struct diags *errors)
{
	umask(0);
	make_loop(d);
	make_paths(d);
	opening_cgroup(d);
	opening_logs(d, set->defaults);
	programs_init(&d->programs, d->loop, d->logger, d->cgroup,
	    d->notify_path, d->records);
	d->programs.foreground = d->foreground;
	d->programs.is_ours = is_ours;
	d->programs.ours_died = ours_died;
	d->programs.changed = programs_changed;
	d->programs.arg = d;
	opening_notify(d);
	d->adjusted = adjusted;
	d->settled = settled;
	d->reload = reload_new(d);
	if (d->reload == NULL)
		log_fatal("reload");
	d->reexec = reexec_new(d);
	if (d->reexec == NULL)
		log_fatal("reexec");
	d->reexec_begin = begin_reexec;
	d->reexec_forget = forget_reexec;
	opening_control(d);
	adjusted(d, set);
	if (pidfile_write(d->pidfile) == -1)
		log_fatal("%s", d->effective.pidfile);
	record_daemon(d);
	log_moment("start up");
	log_hold(true);
	/* While there is little in memory that its copy would keep. */
	d->set = set;
	replace_guard(d);
	d->set = NULL;
	begin_programs(d, set, errors);
	unfinished = NULL;
}

void
serve_end(struct daemon *d)
{
	struct program *p;

	guard_end(d);
	control_close(d->control);
	reexec_free(d->reexec);
	log_moment("stop");
	loop_unwatch(d->loop, &d->events_source);
	log_flush();
	log_stream(-1);
	while ((p = programs_first(&d->programs)) != NULL)
		programs_drop(p);
	reload_free(d->reload);
	logger_stream_close(d->events);
	logger_free(d->logger, LOG_DRAIN_TIMEOUT);
	cgroup_close(d->cgroup);
	close(d->notify.fd);
	unlink(d->notify_path);
	loop_free(d->loop);
	close(d->self);
	free(d->notify_path);
	free(d->socket);
	free(d->accepted);
	inherit_forget(d);
	record_close(d->records, true);
	settings_clear(&d->effective);
	pidfile_remove(d->pidfile);
}
