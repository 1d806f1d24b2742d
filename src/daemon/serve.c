/*
 * serve - the daemon from its first descriptor to its last.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <limits.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/takeover.h"
#include "daemon/claim.h"
#include "daemon/control.h"
#include "daemon/events.h"
#include "daemon/exiton.h"
#include "daemon/fdstore.h"
#include "daemon/guard.h"
#include "daemon/handover.h"
#include "daemon/pidlock.h"
#include "base/log.h"
#include "daemon/reload.h"
#include "daemon/serve.h"
#include "daemon/sockets.h"
#include "base/file.h"
#include "daemon/request.h"
#include "process/helper.h"
#include "process/inherit.h"
#include "process/orphan.h"
#include "base/text.h"
#include "config/resolve.h"
#include "program/program.h"
#include "program/runtime.h"
#include "output/logger.h"
#include "process/cgroup.h"

/* At the end, the log process gets this long for the last output; ms. */
#define LOG_DRAIN_TIMEOUT 5000
/* The report of a reload waits this long for the log files; ms. */
#define REPORT_TIMEOUT 1000

static struct daemon *unfinished; /* a daemon whose start may still fail */

static bool
is_ours(pid_t pid, void *arg)
{
	struct daemon *d = arg;

	return pid == logger_pid(d->logger) || pid == d->guard.pid ||
	    helper_is_child(d->helpers, pid) ||
	    handover_is_child(d->handover, pid);
}

static void
ours_died(pid_t pid, void *arg)
{
	struct daemon *d = arg;

	if (pid == logger_pid(d->logger))
		logger_died(d->logger);
	helper_died(d->helpers, pid);
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

/* End the loop once everything has ended; exit-on may begin that. */
static void
look_for_end(struct daemon *d)
{
	if (!d->stopping && exiton_is_due(d, &d->status))
		stop(d);
	if (d->stopping && programs_are_ended(&d->programs) &&
	    sockets_are_gone(d->sockets))
		loop_end(d->loop);
}

/* See share_notify. */
static void
stop_sharing(struct daemon *d)
{
	struct program *p;

	if (d->shared_notify == NULL)
		return;
	for (p = programs_first(&d->programs); p != NULL; p = programs_next(p))
		if (p->child.pid != 0 && p->conf->ready == READY_NOTIFY &&
		    p->notify == NULL)
			return;
	d->system->close_notify(d->system, d->shared_notify);
	d->shared_notify = NULL;
	record_header(d->records)->notify_fd = -1;
}

static void
programs_changed(void *arg)
{
	stop_sharing(arg);
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

int
serve_make_run_dir(const struct settings *s, char why[static FILE_WHY_MAX])
{
	return file_make_folder(s->run_dir, geteuid() == 0 ? 0711 : 0700, why);
}

/* Somebody may have removed it, with the folder or alone. */
static void
renew_socket(struct daemon *d)
{
	char why[FILE_WHY_MAX];

	/* Without the folder, the next step says so. */
	(void)serve_make_run_dir(&d->effective, why);
	switch (control_renew(d->control)) {
	case 1:
		log_warnx("%s was removed; it is made again", d->socket);
		record_header(d->records)->control_fd = control_fd(d->control);
		break;
	case -1:
		log_warn("%s was removed and cannot be made again", d->socket);
		break;
	}
}

/* A report of a reload need not wait for them any more. */
static void
await_no_logs(struct daemon *d)
{
	d->reopening = false;
	loop_cancel(d->loop, &d->reopen_late);
	reload_reopened(d->reload);
}

static void
reopen_late(struct deadline *deadline)
{
	await_no_logs(deadline->arg);
}

static void
forget_reopening(struct daemon *d, struct verdict *v)
{
	if (!v->waiting)
		return;
	v->waiting = false;
	TAILQ_REMOVE(&d->reopeners, v, entry);
}

static void
logs_reopened(void *arg)
{
	struct daemon *d = arg;
	struct line_text text = {0};
	struct verdict *v;
	int status;

	await_no_logs(d);
	reload_put_log_errors(d->reload, &text);
	status = text.s == NULL && !text.failed ? STATUS_OK : STATUS_FAILED;
	while ((v = TAILQ_FIRST(&d->reopeners)) != NULL) {
		forget_reopening(d, v);
		v->given(v, text.s != NULL ? text.s : "", status);
	}
	line_text_clear(&text);
}

static void
begin_reopening(struct daemon *d, struct verdict *v)
{
	v->waiting = true;
	TAILQ_INSERT_TAIL(&d->reopeners, v, entry);
	logger_reopen(d->logger);
}

static void
reopen_logs(struct daemon *d)
{
	/* More requests meanwhile do not delay a report that waits already. */
	if (!d->reopening)
		loop_at(d->loop, &d->reopen_late,
		    clock_add_ms(loop_now(d->loop), REPORT_TIMEOUT));
	d->reopening = true;
	logger_reopen(d->logger);
}

static void
signalled(const struct signalfd_siginfo *si, void *arg)
{
	struct daemon *d = arg;
	int sig = (int)si->ssi_signo;

	if (sig == SIGCHLD) {
		system_child_died(d->system, (pid_t)si->ssi_pid);
		return;
	}
	/* The next lines have the time zone of now. */
	if (sig == SIGHUP || sig == SIGUSR1)
		reopen_logs(d);
	/* Log first: acting on it may take a while. */
	if (sig == SIGHUP) {
		log_moment("reload");
		log_flush();
	}
	log_sender(si);
	log_flush();
	if (sig == SIGHUP || sig == SIGUSR1)
		renew_socket(d);
	if (sig == SIGHUP)
		reload_request(d->reload);
	else if (sig == SIGUSR2)
		handover_request(d->handover);
	else if (sig == SIGTERM || sig == SIGINT)
		stop(d);
}

static void
make_paths(struct daemon *d)
{
	const struct settings *s = &d->effective;

	if (asprintf(&d->socket, "%s/hupd.sock", s->run_dir) == -1 ||
	    asprintf(&d->notify_path, "%s/notify", s->run_dir) == -1 ||
	    asprintf(&d->notify_folder, "%s/notify.d", s->run_dir) == -1 ||
	    asprintf(&d->running, "%s/running", s->run_dir) == -1 ||
	    asprintf(&d->rejected, "%s/rejected", s->run_dir) == -1 ||
	    (d->accepted = places_accepted(s->state_dir)) == NULL)
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

/*
 * The user of the log process: log-user, else hupd, else root.  Version 0.1 did
 * not keep the ids of log-user; if it cannot be found any more, the owner of
 * the log folder is who it was.
 */
static void
find_log_user(struct daemon *d, struct logger_conf *lc)
{
	const struct settings *s = &d->effective;
	struct stat st;

	lc->uid = (uid_t)-1;
	lc->gid = lc->log_gid = getegid();
	if (geteuid() != 0)
		return;
	if (s->log_uid != (uid_t)-1) {
		lc->uid = s->log_uid;
		lc->gid = lc->log_gid = s->log_gid;
		return;
	}
	d->warning = "user " RESOLVE_LOG_USER
		     " does not exist; the log process runs as root";
	if (s->log_user != NULL && stat(s->log_dir, &st) == 0) {
		d->warning = "log-user cannot be found; the log process runs "
			     "as the owner of log-dir";
		lc->uid = st.st_uid;
		lc->gid = lc->log_gid = st.st_gid;
	}
	log_warnx("%s", d->warning);
}

static void
events_writable(struct source *s, uint32_t events)
{
	(void)s;
	(void)events;
	log_flush();
}

static struct stream_conf
events_conf(const struct definition *defaults)
{
	return (struct stream_conf){
	    .timestamps = true,
	    .size = defaults->log_size,
	    .keep = defaults->log_keep,
	};
}

/* Keep for status why the event log cannot be written. */
static void
log_trouble(void *arg, const struct stream *s)
{
	struct daemon *d = arg;
	char why[PATH_MAX + 128];

	if (s != d->events)
		return;
	d->log_since = logger_stream_trouble(s, why, sizeof(why));
	free(d->log_error);
	d->log_error = d->log_since != 0 ? strdup(why) : NULL;
	log_fallback(d->log_since != 0);
}

static void
open_logs(struct daemon *d, const struct definition *defaults)
{
	struct logger_conf lc = {
	    .log_dir = d->effective.log_dir,
	    .run_dir = d->effective.run_dir,
	    .self = d->self,
	};
	const struct logger_calls calls = {log_trouble, logs_reopened, d};
	struct stream_conf sc = events_conf(defaults);
	struct file_trust trust = {.any_group = true};
	char why[FILE_WHY_MAX];

	find_log_user(d, &lc);
	/* A user who can replace a parent folder could redirect the logs. */
	trust.owner = lc.uid;
	if (file_check_path(AT_FDCWD, lc.log_dir, &trust, why) == -1)
		log_fatalx("%s: %s", lc.log_dir, why);
	d->logger = logger_new(d->loop, &lc, why, sizeof(why));
	if (d->logger == NULL)
		log_fatalx("%s", why);
	d->events = logger_stream_open(d->logger, "hupd", (uid_t)-1, &sc);
	if (d->events == NULL)
		log_fatal("the event log cannot be opened");
	logger_call(d->logger, &calls);
	d->reopen_late = (struct deadline){.due = reopen_late, .arg = d};
	TAILQ_INIT(&d->reopeners);
	log_stream(logger_stream_fd(d->events));
	/* An event comes only when a full FIFO can take more. */
	d->events_source.ready = events_writable;
	if (loop_watch(d->loop, &d->events_source, logger_stream_fd(d->events),
		EPOLLOUT | EPOLLET) == -1)
		log_fatal("the event log cannot be watched");
}

/*
 * A start by hand has claimed the folders that there were; the log folder may
 * be new.  A daemon that follows another has its claims, and the programs run:
 * if that was an earlier release, it can only warn.
 */
static void
claim_folders(struct daemon *d)
{
	char why[FILE_WHY_MAX];

	if (claim_take(d, why) == 0)
		return;
	if (!d->inherited)
		log_fatalx("%s", why);
	log_warnx("%s", why);
}

static void
open_cgroup(struct daemon *d)
{
	const struct record_header *rh = record_header(d->records);
	const char *setting = d->effective.cgroup;
	char why[PATH_MAX];

	/* Programs that are taken over stay where they are. */
	if (d->adopting)
		setting = rh->cgroup[0] != '\0' ? rh->cgroup : "off";
	d->cgroup =
	    cgroup_open(setting, d->effective.run_dir, why, sizeof(why));
	if (d->cgroup == NULL && *why != '\0')
		log_debug("no cgroups: %s", why);
	/* An earlier release did not record it. */
	if (d->cgroup != NULL && d->adopting &&
	    (rh->cgroup_made == 1 ||
		(d->inherited && strcmp(d->effective.cgroup, "auto") == 0)))
		cgroup_claim(d->cgroup);
	if (orphan_init() == -1)
		log_warn("orphans of programs cannot be found");
}

/*
 * Programs that version 0.1 started share a socket.  It stays for as long as
 * such a program runs.
 */
static void
share_notify(struct daemon *d)
{
	int fd = d->inherited ? record_header(d->records)->notify_fd : -1;

	if (!d->adopting || (fd == -1 && access(d->notify_path, F_OK) == -1))
		return;
	d->shared_notify = system_share_notify(d->system, d->notify_path, fd);
	if (d->shared_notify == NULL)
		log_warn("%s: the messages of programs that version 0.1 "
			 "started are lost until they are restarted",
		    d->notify_path);
}

static void
open_control(struct daemon *d)
{
	int fd = -1;

	if (d->inherited)
		fd = record_header(d->records)->control_fd;
	if (fd != -1 && fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		fd = -1;
	d->control = control_open(d->loop, d->socket, fd, request_handle, d);
	if (d->control == NULL)
		log_fatal("%s", d->socket);
}

static void
adjusted(struct daemon *d, const struct config *set)
{
	struct stream_conf sc = events_conf(set->defaults);

	log_syslog(set->settings.syslog);
	if (set->settings.access_group != NULL &&
	    set->settings.access_gid == (gid_t)-1)
		log_warnx("access-group %s cannot be found; nobody is admitted "
			  "by it",
		    set->settings.access_group);
	control_set_group(d->control, set->settings.access_gid);
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
	claim_release(d);
	pidlock_remove(d->effective.pidfile, d->pidfile);
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
	handover_wait(d->handover, v);
	handover_request(d->handover);
}

static void
forget_reexec(struct daemon *d, struct verdict *v)
{
	handover_forget(d->handover, v);
}

/*
 * From now on the pidfile has the pid of this process.  For a daemon that
 * follows another it is no condition: the programs must be taken over, even if
 * the file system is full.
 */
static void
write_pidfile(struct daemon *d)
{
	const char *path = d->effective.pidfile;
	char why[FILE_WHY_MAX];
	int former = d->pidfile;

	if (!d->inherited) {
		if (pidlock_write(d->pidfile) == -1)
			log_fatal("%s", path);
	} else if ((d->pidfile = pidlock_renew(path, former, why)) == -1) {
		log_warnx("%s: %s; it names another process now", path, why);
		d->pidfile = former;
	}
	/* A guard must not find a closed descriptor there. */
	record_header(d->records)->pidfile_fd = d->pidfile;
	if (former != -1 && former != d->pidfile)
		close(former);
}

/* Record what the next daemon needs. */
static void
record_daemon(struct daemon *d)
{
	struct record_header *rh = record_header(d->records);

	rh->pid = getpid();
	rh->control_fd = control_fd(d->control);
	claim_record(d);
	rh->notify_fd = -1;
	if (d->shared_notify != NULL)
		rh->notify_fd =
		    d->system->notify_fd(d->system, d->shared_notify);
	/* A start by hand begins without a pause after the next crash. */
	if (!d->inherited)
		rh->crashed = rh->pause = 0;
	if (d->adopting)
		rh->execs++;
	else
		rh->started = clock_wall().tv_sec;
	d->started = rh->started;
	strlcpy(rh->run_dir, d->effective.run_dir, sizeof(rh->run_dir));
	strlcpy(rh->cgroup, d->cgroup != NULL ? cgroup_path(d->cgroup) : "",
	    sizeof(rh->cgroup));
	rh->cgroup_made = d->cgroup != NULL && cgroup_is_made(d->cgroup);
}

/*
 * The daemon before this one died while it was ending: end.  But if somebody
 * has started hupd since, start the programs.
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
 * Take over the programs of an earlier daemon as they are.  If that daemon was
 * killed and somebody has started this one, reload afterwards: the files may
 * have changed.
 */
static void
begin_programs(struct daemon *d, struct config *set, const struct diags *errors)
{
	struct record_header *rh;
	struct config running;

	if (d->untaken != NULL)
		log_warnx("%s/records: %s, nothing is taken over",
		    d->effective.run_dir, d->untaken);
	if (d->converted)
		log_warnx("%s/records: its format is of another release; only "
			  "the processes of programs are taken over",
		    d->effective.run_dir);
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
	sockets_adopt(d->sockets);
	fdstore_adopt(d->fdstore);
	rh = record_header(d->records); /* takeover_all may have moved it */
	if (rh->stopping)
		end_or_begin(d);
	rh->stopping = d->stopping;
	if (!d->inherited)
		reload_request(d->reload);
}

/*
 * After a re-execution, the guard of the former daemon is a child of this
 * process and still watches it.  Start the new guard first: a crash in between
 * needs one.  If both see the crash, the records admit one; see record_claim.
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

static void
make_system(struct daemon *d)
{
	static const char *bases[FOLDER_KINDS];
	const struct system_parts parts = {
	    .loop = d->loop,
	    .logger = d->logger,
	    .cgroup = d->cgroup,
	    .notify = d->notify_folder,
	    .run_dir = d->effective.run_dir,
	    .state_dir = d->effective.state_dir,
	    .helpers = d->helpers,
	    .bases = bases,
	    .foreground = d->foreground,
	    .is_ours = is_ours,
	    .ours_died = ours_died,
	    .arg = d,
	};

	for (size_t i = 0; i < FOLDER_KINDS; i++)
		bases[i] = places_base(&d->places, (enum folder_kind)i);
	d->system = system_new(&parts);
	if (d->system == NULL)
		log_fatal("programs");
}

static void
make_programs(struct daemon *d)
{
	d->helpers = helper_open(d->loop);
	if (d->helpers == NULL)
		log_fatal("helpers");
	make_system(d);
	programs_init(&d->programs, d->loop, d->system, d->records);
	d->programs.changed = programs_changed;
	d->programs.arg = d;
	if ((d->changes = events_new()) == NULL)
		log_fatal("events");
	d->programs.note = events_note;
	d->programs.note_arg = d->changes;
}

/* The descriptors that are held for programs. */
static void
make_held(struct daemon *d)
{
	d->inherit = inherit_new(d->effective.run_dir);
	if (d->inherit == NULL)
		log_fatal("descriptors");
	if (!d->adopting)
		inherit_forget(d->inherit);
	d->sockets = sockets_new(d);
	if (d->sockets == NULL)
		log_fatal("sockets");
	d->fdstore = fdstore_new(d);
	if (d->fdstore == NULL)
		log_fatal("stored descriptors");
}

/* Reload and handover, and what they call above them. */
static void
make_parts(struct daemon *d)
{
	d->adjusted = adjusted;
	d->settled = settled;
	d->stop = stop;
	d->reload = reload_new(d);
	if (d->reload == NULL)
		log_fatal("reload");
	d->handover = handover_new(d);
	if (d->handover == NULL)
		log_fatal("handover");
	d->reexec_begin = begin_reexec;
	d->reexec_forget = forget_reexec;
	d->reopen_begin = begin_reopening;
	d->reopen_forget = forget_reopening;
}

void
serve_begin(struct daemon *d, struct config *set, const struct diags *errors)
{
	make_loop(d);
	make_paths(d);
	open_cgroup(d);
	open_logs(d, set->defaults);
	claim_folders(d);
	make_programs(d);
	share_notify(d);
	make_parts(d);
	make_held(d);
	open_control(d);
	adjusted(d, set);
	write_pidfile(d);
	record_daemon(d);
	log_moment("start up");
	log_hold(true);
	/* Early, while there is little memory that the copy would keep. */
	d->set = set;
	replace_guard(d);
	d->set = NULL;
	begin_programs(d, set, errors);
	/* Messages about their starts reach the terminal of the starter. */
	programs_start_due(&d->programs);
	unfinished = NULL;
}

void
serve_end(struct daemon *d)
{
	struct program *p;

	guard_end(d);
	control_close(d->control);
	programs_report_left(&d->programs);
	log_moment("stop");
	loop_unwatch(d->loop, &d->events_source);
	log_flush();
	log_stream(-1);
	logger_call(d->logger, NULL);
	loop_cancel(d->loop, &d->reopen_late);
	while ((p = programs_first(&d->programs)) != NULL)
		programs_drop(p);
	runtime_free(&d->programs);
	sockets_free(d->sockets);
	fdstore_free(d->fdstore);
	inherit_free(d->inherit, true);
	system_free(d->system); /* asks until now which children are ours */
	handover_free(d->handover);
	events_free(d->changes);
	reload_free(d->reload);
	helper_close(d->helpers);
	logger_stream_close(d->events);
	logger_free(d->logger, LOG_DRAIN_TIMEOUT);
	cgroup_close(d->cgroup);
	loop_free(d->loop);
	close(d->self);
	free(d->notify_path);
	free(d->notify_folder);
	free(d->socket);
	free(d->accepted);
	free(d->log_error);
	handover_remove(d);
	claim_release(d);
	pidlock_remove(d->effective.pidfile, d->pidfile);
	record_close(d->records, true);
	settings_clear(&d->effective);
}
