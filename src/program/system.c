/*
 * system - the real implementation of system.h: processes and their output.
 *
 * Every child of the daemon that belongs to a program is in one index by pid:
 * main processes, health checks and reload commands.  A child is watched
 * through its pidfd; without pidfds SIGCHLD is enough.  It is reaped last of
 * all: as long as it is a zombie, the kernel reuses neither its pid nor its
 * process group.
 *
 * This is the only file of program/ that includes headers of process/ and
 * output/.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "output/logger.h"
#include "process/cgroup.h"
#include "process/directory.h"
#include "process/helper.h"
#include "process/mainpid.h"
#include "process/notify.h"
#include "process/orphan.h"
#include "process/process.h"
#include "process/starter.h"
#include "process/rlimit.h"
#include "process/sandbox.h"
#include "process/spawn.h"
#include "program/system.h"

/* One SIGCHLD may stand for several deaths: look for more after this, ms. */
#define REAP_DELAY 1000
/* A process without its mark is examined again: tries, and ms between them. */
#define YOUNG_TRIES 100
#define YOUNG_WAIT 10
/* Between two looks at a child of an earlier daemon that executes nothing. */
#define FORMER_WAIT 100
/* Looks at a rest without cgroups: ms before the first two, and the most. */
#define REST_FIRST 100
#define REST_MOST 1000
/* The folder of processes that outlive a start, below that of the program. */
#define KEPT_FOLDER "hupd-left"
/* The deadline of a change of limits, ms. */
#define ADJUST_TIME 10000
/* In the folder of private-tmp: the folders that a helper removes. */
#define TMP_ASIDE ".old"
/* Below the run folder. */
#define FAILURES "failures"
/* The size of a file there: two failures, each with its last output. */
#define KEPT_MAX ((size_t)64 * 1024)
/* The deadline of a removal of runtime directories, ms. */
#define REMOVAL_TIME 30000
/* Looks for orphans: ms between two, and the number allowed at once. */
#define LOOK_EVERY 1000
#define LOOKS_AT_ONCE 10

/* Their processes are none that a program started. */
static const char *const helper_folders[] = {SYSTEM_CHECK_FOLDER,
    SYSTEM_HOOK_FOLDER, NULL};
/* Nor do those that are kept belong to the present start. */
static const char *const other_folders[] = {SYSTEM_CHECK_FOLDER,
    SYSTEM_HOOK_FOLDER, KEPT_FOLDER, NULL};
_Static_assert(SYSTEM_FDS <= SPAWN_FDS && SYSTEM_PID_MAX >= SPAWN_PID_MAX,
    "spawn has room for a request");

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

RB_HEAD(system_pids, child);

/* The processes that a main process left, until they have ended. */
struct rest {
	TAILQ_ENTRY(rest) entry;
	struct real *real;
	struct child *child;
	struct source events; /* with cgroups: cgroup.events */
	struct deadline look; /* look whether it has ended */
	int64_t wait;	      /* ms, until the next look; without cgroups */
	pid_t session;	      /* that of the main process, or 0 */
	char *folder;	      /* of the program */
	bool is_own;	      /* the main process was a child */
};

TAILQ_HEAD(rests, rest);

/* Runtime folders that a helper removes. */
struct removal {
	TAILQ_ENTRY(removal) entry;
	struct real *real;
	struct helper job;
	char *program;
	char *const *names; /* borrowed */
};

TAILQ_HEAD(removals, removal);

/* Limits that a helper sets. */
struct adjustment {
	TAILQ_ENTRY(adjustment) entry;
	struct real *real;
	struct helper job;
	char *program;
	struct {
		enum resource_kind kind;
		char text[RESOURCE_TEXT_MAX];
	} v[RESOURCE_KINDS];
	size_t n;
};

TAILQ_HEAD(adjustments, adjustment);

/* A child that has not executed its program yet. */
struct spawning {
	struct spawn_report report;
	/* An earlier daemon created it, and has got its report. */
	struct deadline look;
};

struct real {
	struct system base; /* first: the one is the other */
	struct system_parts parts;
	struct system_pids children;
	struct rests rests;
	struct removals removals;
	struct adjustments adjustments;
	struct helper tmp_job; /* removes the folders that were set aside */
	bool has_tmp;	       /* there may be folders of private-tmp */
	bool tmp_again;	       /* more were set aside meanwhile */
	struct deadline reap;
	struct notify *notify;
	/* Without cgroups. */
	struct orphans *orphans; /* NULL: there are cgroups */
	uint32_t *kept;		 /* upper halves of runs that are kept */
	size_t nkept;
	bool has_strays;       /* processes of programs may be no children */
	struct mono looked;    /* when a look is free again, see may_look */
	struct mono seen;      /* the turn of the last orphan_see */
	struct deadline sweep; /* of a look that was put off */
};

static int
compare_pids(const struct child *a, const struct child *b)
{
	return (a->pid > b->pid) - (a->pid < b->pid);
}

RB_PROTOTYPE(system_pids, child, by_pid, compare_pids)
RB_GENERATE(system_pids, child, by_pid, compare_pids)

static struct real *
real_of(struct system *sys)
{
	return (struct real *)sys;
}

static struct child *
find(struct real *r, pid_t pid)
{
	struct child key = {.pid = pid};

	return RB_FIND(system_pids, &r->children, &key);
}

static int
send_signal(const struct child *c, int sig)
{
	struct process process = {c->pid, c->pidfd};

	return process_signal(&process, sig);
}

static void
end_spawning(struct child *c)
{
	c->is_pending = false;
	if (c->spawning == NULL)
		return;
	spawn_forget(&c->spawning->report);
	loop_cancel(c->spawning->report.loop, &c->spawning->look);
	free(c->spawning);
	c->spawning = NULL;
}

/* If the program was not executed, the end of the process follows. */
static void
decided(struct spawn_report *report)
{
	struct child *c = report->arg;

	if (report->outcome != SPAWN_EXECUTED)
		return;
	end_spawning(c);
	c->events->executed(c);
}

/* It has ended.  Did it execute its program?  False: the event was sent. */
static bool
was_executed(struct child *c)
{
	static char why[FAILURE_MAX];
	enum spawn_outcome outcome;
	struct spawn_error error;

	if (c->spawning == NULL)
		return true;
	outcome = spawn_look(&c->spawning->report);
	if (outcome != SPAWN_FAILED && outcome != SPAWN_LOST)
		return true;
	error = c->spawning->report.error;
	strlcpy(why, c->spawning->report.why, sizeof(why));
	end_spawning(c);
	if (outcome == SPAWN_FAILED) {
		c->why = why;
		c->events->failed(c, &error);
		return false;
	}
	c->was_lost = true;
	return !c->events->lost(c);
}

/* It may have ended. */
static void
look(struct child *c)
{
	struct process_end end;

	if (process_ended(c->pid, c->pidfd, &end) && was_executed(c))
		c->events->ended(c, &end);
}

static void
exit_ready(struct source *s, uint32_t events)
{
	(void)events;
	look(s->arg);
}

/* Add a child to the index and watch for its end. */
static void
add(struct real *r, struct child *c)
{
	c->exit.fd = -1;
	c->exit.ready = exit_ready;
	c->exit.arg = c;
	RB_INSERT(system_pids, &r->children, c);
	if (c->pidfd != -1 &&
	    loop_watch(r->parts.loop, &c->exit, c->pidfd, EPOLLIN) == -1)
		log_warn("cannot watch process %d; its end is noticed late",
		    (int)c->pid);
}

/* Forget a child, alive or not. */
static void
drop(struct real *r, struct child *c)
{
	end_spawning(c);
	RB_REMOVE(system_pids, &r->children, c);
	loop_unwatch(r->parts.loop, &c->exit);
	if (c->pidfd != -1)
		close(c->pidfd);
	c->pid = 0;
	c->pidfd = -1;
}

/*
 * The folder of a program that may make others below has no process, if the
 * program has enabled controllers for those: begin with a new one.  A command
 * that helps such a program is in the folder of the health checks.
 */
static int
enter_delegated(struct real *r, const struct system_request *req)
{
	const struct definition *conf = req->conf;
	char below[NAME_MAX + sizeof("/" SYSTEM_CHECK_FOLDER)];
	int fd;

	if (!req->begins) {
		snprintf(below, sizeof(below), "%s/" SYSTEM_CHECK_FOLDER,
		    conf->name);
		return cgroup_enter(r->parts.cgroup, below);
	}
	cgroup_leave(r->parts.cgroup, req->folder);
	fd = cgroup_enter(r->parts.cgroup, req->folder);
	if (fd != -1 && conf->uid != (uid_t)-1 &&
	    cgroup_delegate(r->parts.cgroup, req->folder, conf->uid,
		conf->gid) == -1)
		log_warn("%s: cannot give it its cgroup", req->folder);
	return fd;
}

static int
enter_folder(struct real *r, const struct system_request *req)
{
	int fd;

	if (r->parts.cgroup == NULL)
		return -1;
	if (req->conf->delegate)
		fd = enter_delegated(r, req);
	else
		fd = cgroup_enter(r->parts.cgroup, req->folder);
	if (fd == -1)
		log_warn("%s: cannot create its cgroup, starting it without",
		    req->folder);
	return fd;
}

static int
real_check_limit(struct system *sys, enum resource_kind kind, bool prepare,
    char *why, size_t size)
{
	struct real *r = real_of(sys);
	struct cgroup *cg = r->parts.cgroup;
	const char *controller = resource_controller(kind);

	if (cg == NULL) {
		strlcpy(why, "needs cgroups of version 2", size);
		return -1;
	}
	if (prepare)
		return cgroup_enable(cg, controller, r->parts.is_ours,
		    r->parts.arg, why, size);
	return cgroup_offers(cg, controller, why, size);
}

/* In the helper.  Without a folder, or a controller, there is no limit. */
static void
adjust_work(void *arg, int out)
{
	const struct adjustment *a = arg;

	for (size_t i = 0; i < a->n; i++)
		if (cgroup_write(a->real->parts.cgroup, a->program,
			resource_file(a->v[i].kind), a->v[i].text) == -1 &&
		    errno != ENOENT)
			dprintf(out, "%s: %s\n", resource_key(a->v[i].kind),
			    strerror(errno));
}

static void
free_adjustment(struct adjustment *a)
{
	TAILQ_REMOVE(&a->real->adjustments, a, entry);
	if (a->job.work != NULL)
		helper_cancel(&a->job);
	free(a->program);
	free(a);
}

static void
adjust_done(struct helper *job)
{
	struct adjustment *a = job->owner;
	char *rest = job->answer, *line;

	if (job->late)
		log_warnx("%s: its limits were not set within %d s", a->program,
		    ADJUST_TIME / 1000);
	while (!job->late && rest != NULL &&
	    (line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			log_warnx("%s: cannot set %s", a->program, line);
	free_adjustment(a);
}

static bool
same_limit(const struct resource *a, const struct resource *b)
{
	return a == b || (a != NULL && b != NULL && a->value == b->value);
}

/* A lower limit has the kernel free memory first, so a helper sets it. */
static void
real_adjust_limits(struct system *sys, const struct definition *old,
    const struct definition *now)
{
	struct real *r = real_of(sys);
	const struct resource *was, *is;
	struct adjustment *a;

	if (r->parts.cgroup == NULL || (a = calloc(1, sizeof(*a))) == NULL)
		return;
	a->real = r;
	TAILQ_INSERT_TAIL(&r->adjustments, a, entry);
	a->program = strdup(now->name);
	for (int kind = 0; kind < RESOURCE_KINDS; kind++) {
		was = resource_find(&old->resources, (enum resource_kind)kind);
		is = resource_find(&now->resources, (enum resource_kind)kind);
		if (same_limit(was, is))
			continue;
		a->v[a->n].kind = (enum resource_kind)kind;
		resource_text((enum resource_kind)kind, is, a->v[a->n].text);
		a->n++;
	}
	if (a->program == NULL || a->n == 0) {
		free_adjustment(a);
		return;
	}
	a->job = (struct helper){.work = adjust_work,
	    .done = adjust_done,
	    .arg = a,
	    .owner = a};
	helper_begin(r->parts.helpers, &a->job, ADJUST_TIME);
}

static int64_t
real_memory_charged(struct system *sys, const char *folder)
{
	struct cgroup *cg = real_of(sys)->parts.cgroup;

	return cg != NULL ? cgroup_memory(cg, folder) : -1;
}

static bool
real_was_oom(struct system *sys, const struct child *c, const char *folder)
{
	struct cgroup *cg = real_of(sys)->parts.cgroup;

	return cg != NULL && cgroup_oom_kills(cg, folder) > c->ooms;
}

/*
 * Before the first process of a start: enable what its limits need.  Returns
 * why that is not possible, in why, or NULL; the child fails with it.
 */
static const char *
prepare_limits(struct real *r, const struct definition *conf, char *why,
    size_t size)
{
	const struct resource *v = conf->resources.v;
	static const enum resource_kind all[] = {RESOURCE_MEMORY_MAX,
	    RESOURCE_TASKS_MAX, RESOURCE_CPU_QUOTA, RESOURCE_IO_WEIGHT};
	const char *trouble = NULL;

	/* A program that may make folders below gets every controller. */
	for (size_t i = 0; conf->delegate && i < nitems(all); i++)
		real_check_limit(&r->base, all[i], true, why, size);
	for (size_t i = 0; i < conf->resources.n; i++) {
		if (real_check_limit(&r->base, v[i].kind, true, why, size) == 0)
			continue;
		if (resource_is_hard(v[i].kind))
			trouble = why;
		else
			log_warnx("%s: %s has no effect: %s", conf->name,
			    resource_key(v[i].kind), why);
		if (trouble != NULL)
			break;
	}
	return trouble;
}

static void
real_spawn(struct system *sys, struct child *c,
    const struct system_request *wanted)
{
	struct real *r = real_of(sys);
	struct spawn_fd fds[SPAWN_FDS];
	struct spawn_request req = {
	    .argv = wanted->argv,
	    .envp = wanted->envp,
	    .path = wanted->path,
	    .execfd = -1,
	    .conf = wanted->conf,
	    .outdir = -1,
	    .session = true,
	    .is_privileged = wanted->is_privileged,
	    .record = wanted->record,
	    .pid = wanted->pid,
	    .fds = fds,
	    .nfds = wanted->nfds,
	};
	struct spawning *spawning = calloc(1, sizeof(*spawning));
	struct spawn_error error = {SPAWN_CLONE, 0, ENOMEM};
	const struct sandbox_run run = {
	    .run_dir = r->parts.run_dir,
	    .state_dir = r->parts.state_dir,
	    .notify = wanted->notify,
	    .bases = r->base.bases,
	    .main = wanted->main != NULL ? wanted->main->pid : 0,
	    .main_start = wanted->main != NULL ? wanted->main->start_time : 0,
	};
	struct sandbox_error refused;
	struct sandbox *sandbox = NULL;
	struct process process;
	char why[400];
	size_t i;
	int rv;

	c->why = NULL;
	if (spawning == NULL) {
		c->events->failed(c, &error);
		return;
	}
	if (!wanted->is_privileged &&
	    sandbox_new(wanted->conf, &run, &sandbox, &refused) == -1) {
		error = (struct spawn_error){SPAWN_SANDBOX, (int)refused.key,
		    EPERM};
		free(spawning);
		c->why = refused.why;
		c->events->failed(c, &error);
		c->why = NULL;
		return;
	}
	req.sandbox = sandbox;
	r->has_tmp = r->has_tmp || sandbox_has_tmp(wanted->conf);
	spawn_report_init(&spawning->report, r->parts.loop, decided, c);
	if (c->was_lost)
		spawning->report.outcome = SPAWN_LOST;
	c->was_lost = false;

	for (i = 0; i < wanted->nfds; i++)
		fds[i] =
		    (struct spawn_fd){wanted->fds[i].from, wanted->fds[i].to};
	if (wanted->output != NULL) {
		req.outdir = logger_outdir(r->parts.logger);
		req.outname = logger_stream_name(wanted->output);
		req.errname = logger_stream_errors(wanted->output);
	}
	rlimit_reserve();
	if (wanted->begins) {
		req.bases = r->base.bases;
		req.limits_why =
		    prepare_limits(r, wanted->conf, why, sizeof(why));
	}
	req.cgroup = enter_folder(r, wanted);
	if (r->parts.cgroup != NULL && c->is_main)
		c->ooms = cgroup_oom_kills(r->parts.cgroup, wanted->folder);
	rv = spawn(&req, &process, &spawning->report);
	sandbox_free(sandbox);
	if (req.cgroup != -1)
		close(req.cgroup);
	rlimit_release();
	if (rv == -1) {
		error = spawning->report.error;
		free(spawning);
		c->events->failed(c, &error);
		return;
	}
	c->spawning = spawning;
	c->is_pending = true;
	c->pid = process.pid;
	c->pidfd = process.pidfd;
	c->start_time = process_start_time(c->pid);
	c->is_leader = true;
	add(r, c);
}

/* A child may end soon: keep what descends from it, once in a turn. */
static void
see_descent(struct real *r)
{
	if (r->orphans == NULL || r->seen.ns == loop_now(r->parts.loop).ns)
		return;
	r->seen = loop_now(r->parts.loop);
	orphan_see(r->orphans);
}

static int
real_signal(struct system *sys, const struct child *c, int sig)
{
	if (c->pid == 0) {
		errno = ESRCH;
		return -1;
	}
	see_descent(real_of(sys));
	return send_signal(c, sig);
}

/*
 * Is it a child, or was it?  The processes that a child leaves become children
 * of the daemon; those of a program that was taken over do not.
 */
static bool
is_own(const struct child *c)
{
	return c->rest != NULL ? c->rest->is_own : process_is_child(c->pid);
}

static int
real_kill(struct system *sys, const struct child *c, const char *folder)
{
	struct real *r = real_of(sys);
	bool was_dying = c->pid == 0 || process_is_dying(c->pid);
	int n;

	if (r->parts.cgroup != NULL)
		/* The main process is in the folder. */
		n = cgroup_kill(r->parts.cgroup, folder) - !was_dying;
	else
		n = orphan_kill_run(r->orphans, c->run, !is_own(c));
	if (c->pid == 0)
		return n;
	/* It may run outside its cgroup. */
	if (c->is_leader && process_is_child(c->pid))
		kill(-c->pid, SIGKILL);
	if (send_signal(c, SIGKILL) == -1 && errno != ESRCH)
		log_warn("%s: cannot send SIGKILL to pid %d", folder,
		    (int)c->pid);
	return n > 0 ? n : 0;
}

/* The folders below that of the program that hold others than its own. */
static const char *const *
not_its_own(const struct child *c)
{
	return c->keeps ? other_folders : helper_folders;
}

static int
real_left(struct system *sys, const struct child *c, const char *folder)
{
	struct real *r = real_of(sys);

	if (r->parts.cgroup != NULL)
		return cgroup_count(r->parts.cgroup, folder, not_its_own(c),
		    c->pid);
	if (c->pid == 0 && c->rest == NULL)
		return 0;
	if (c->rest != NULL)
		return orphan_count_run(r->orphans, c->run, !is_own(c));
	/* The main process has just ended: is there any?  This is cheap. */
	return orphan_left(r->orphans, c->run, !is_own(c));
}

static int
real_signal_left(struct system *sys, const struct child *c, const char *folder,
    int sig)
{
	struct real *r = real_of(sys);

	if (r->parts.cgroup != NULL)
		return cgroup_signal(r->parts.cgroup, folder, not_its_own(c),
		    c->pid, sig);
	return orphan_signal_run(r->orphans, c->run, !is_own(c), sig);
}

/* The processes of a program. */
struct members {
	struct real *real;
	struct process_facts *v; /* by pid, ascending */
	size_t n, max;
};

/* Without memory for it, a process is seen by a later look. */
static void
add_member(const struct process_facts *facts, void *arg)
{
	struct members *m = arg;
	struct process_facts *grown;
	size_t max;

	if (m->n == m->max) {
		max = m->max == 0 ? 16 : 2 * m->max;
		grown = reallocarray(m->v, max, sizeof(*m->v));
		if (grown == NULL)
			return;
		m->v = grown;
		m->max = max;
	}
	m->v[m->n++] = *facts;
}

/* Commands of the program, such as its reload-command, are in its folder. */
static bool
look_at_member(pid_t pid, void *arg)
{
	struct members *m = arg;
	struct process_facts facts;

	if (find(m->real, pid) == NULL && process_facts(pid, &facts) &&
	    !facts.is_ended)
		add_member(&facts, m);
	return true;
}

static int
compare_members(const void *a, const void *b)
{
	const struct process_facts *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* The only one whose parent is none of them, or 0. */
static pid_t
root_of(struct members *m)
{
	struct process_facts parent;
	pid_t root = 0;

	qsort(m->v, m->n, sizeof(*m->v), compare_members);
	for (size_t i = 0; i < m->n; i++) {
		parent.pid = m->v[i].parent;
		if (bsearch(&parent, m->v, m->n, sizeof(*m->v),
			compare_members) != NULL)
			continue;
		if (root != 0)
			return 0;
		root = m->v[i].pid;
	}
	return root;
}

static struct orphan_claim
claim_of(const struct child *c)
{
	return (struct orphan_claim){c->start_time, c->claims_uid};
}

/* How many processes of nobody may its pid file name? */
static int
count_claims(struct real *r, const struct child *c)
{
	const struct orphan_claim claim = claim_of(c);

	return r->orphans != NULL && c->claims
	    ? orphan_unclaimed(r->orphans, &claim)
	    : 0;
}

static int
real_members(struct system *sys, const struct child *c, const char *folder,
    pid_t *root)
{
	struct real *r = real_of(sys);
	struct members m = {.real = r};

	if (r->parts.cgroup != NULL)
		cgroup_each(r->parts.cgroup, folder, other_folders,
		    look_at_member, &m);
	else
		orphan_each(r->orphans, c->run, !is_own(c), add_member, &m);
	*root = m.n > 0 ? root_of(&m) : 0;
	free(m.v);
	if (m.n == 0 && r->orphans != NULL &&
	    !orphan_is_over(r->orphans, c->run, !is_own(c)))
		return 1;
	return (int)m.n + count_claims(r, c);
}

/*
 * SIGKILL to the group of a child that has ended, then reap it.  Returns the
 * number of other processes.  The child is still a zombie when its group is
 * signalled, so the group is certainly its own.
 */
static int
end_group(const struct child *c)
{
	pid_t pid = c->pid;

	if (c->is_leader)
		kill(-pid, SIGKILL);
	process_reap(pid, c->pidfd);
	return c->is_leader && kill(-pid, 0) == 0 ? process_count_group(pid)
						  : 0;
}

/* Without cgroups, the processes that are left must be searched for. */
static void
look_for_orphans(struct real *r)
{
	if (r->orphans != NULL)
		r->base.sweep_due(r->base.arg);
}

/*
 * A look reads much of /proc, and programs decide how often there is a reason
 * for one.
 */
static bool
may_look(struct real *r)
{
	struct mono now = loop_now(r->parts.loop);

	if (clock_diff_ms(r->looked, now) > (LOOKS_AT_ONCE - 1) * LOOK_EVERY)
		return false;
	if (r->looked.ns < now.ns)
		r->looked = now;
	r->looked = clock_add_ms(r->looked, LOOK_EVERY);
	return true;
}

static void
look_later(struct real *r)
{
	if (!clock_is_set(r->sweep.at))
		loop_at(r->parts.loop, &r->sweep,
		    clock_add_ms(loop_now(r->parts.loop), LOOK_EVERY));
}

static void
look_due(struct deadline *d)
{
	look_for_orphans(d->arg);
}

/* Kill what a run left, without cgroups.  Its main process is not reaped. */
static int
end_run(struct real *r, const struct child *c)
{
	int n;

	if (c->pid == 0 || !process_is_child(c->pid))
		return orphan_kill_run(r->orphans, c->run, true);
	/* Whatever it left has lost its parent, and is the daemon's child. */
	n = orphan_count(r->orphans, c->run);
	if (n > 0 && may_look(r))
		n = orphan_kill_run(r->orphans, c->run, false);
	else if (n > 0)
		look_later(r);
	if (c->is_leader)
		kill(-c->pid, SIGKILL);
	process_reap(c->pid, c->pidfd);
	look_for_orphans(r);
	return n;
}

static void
real_release(struct system *sys, struct child *c)
{
	if (c->pid == 0)
		return;
	process_reap(c->pid, c->pidfd);
	drop(real_of(sys), c);
}

/* Have all ended? */
static bool
is_over(const struct rest *rest)
{
	struct real *r = rest->real;

	if (rest->events.fd != -1 && !rest->child->keeps)
		return cgroup_is_empty(rest->events.fd);
	if (rest->events.fd != -1)
		return r->base.left(&r->base, rest->child, rest->folder) == 0;
	return orphan_is_over(r->orphans, rest->child->run, !rest->is_own) &&
	    count_claims(r, rest->child) == 0;
}

static void
rest_look(struct rest *rest)
{
	struct child *c = rest->child;

	if (is_over(rest)) {
		c->events->gone(c);
		return;
	}
	/* The folder also has processes that are kept, and is not empty. */
	if (rest->events.fd != -1 && !c->keeps)
		return;
	loop_at(rest->real->parts.loop, &rest->look,
	    clock_add_ms(loop_now(rest->real->parts.loop), rest->wait));
	if (rest->wait < REST_MOST)
		rest->wait *= 2;
}

static void
rest_due(struct deadline *d)
{
	rest_look(d->arg);
}

static void
rest_changed(struct source *s, uint32_t events)
{
	(void)events;
	rest_look(s->arg);
}

static void
end_rest(struct child *c)
{
	struct rest *rest = c->rest;
	int fd;

	if (rest == NULL)
		return;
	c->rest = NULL;
	TAILQ_REMOVE(&rest->real->rests, rest, entry);
	loop_cancel(rest->real->parts.loop, &rest->look);
	fd = rest->events.fd;
	if (fd != -1) {
		loop_unwatch(rest->real->parts.loop, &rest->events);
		close(fd);
	}
	free(rest->folder);
	free(rest);
}

/* An orphan has ended: look whether it was the last one of a rest. */
static void
look_at_rests(struct real *r)
{
	struct rest *rest;

	TAILQ_FOREACH (rest, &r->rests, entry)
		if (rest->events.fd == -1)
			loop_at(r->parts.loop, &rest->look,
			    loop_now(r->parts.loop));
}

/* Watch what it left.  -1 with errno. */
static int
begin_rest(struct real *r, struct child *c, const char *folder)
{
	struct rest *rest = calloc(1, sizeof(*rest));
	int fd = -1, saved;

	if (rest == NULL || (rest->folder = strdup(folder)) == NULL) {
		free(rest);
		return -1;
	}
	rest->real = r;
	rest->child = c;
	rest->events.fd = -1;
	rest->events.ready = rest_changed;
	rest->look.due = rest_due;
	rest->events.arg = rest->look.arg = rest;
	rest->wait = REST_FIRST;
	rest->is_own = is_own(c);
	rest->session = c->is_leader ? c->pid : 0;
	if (r->parts.cgroup != NULL) {
		fd = cgroup_watch(r->parts.cgroup, folder);
		if (fd == -1 ||
		    loop_watch(r->parts.loop, &rest->events, fd, EPOLLPRI) ==
			-1) {
			saved = errno;
			if (fd != -1)
				close(fd);
			free(rest->folder);
			free(rest);
			errno = saved;
			return -1;
		}
	}
	c->rest = rest;
	TAILQ_INSERT_TAIL(&r->rests, rest, entry);
	/* The last one may have ended before the watch began. */
	loop_at(r->parts.loop, &rest->look, loop_now(r->parts.loop));
	return 0;
}

static int
real_linger(struct system *sys, struct child *c, const char *folder)
{
	struct real *r = real_of(sys);

	if (c->rest != NULL) {
		loop_at(r->parts.loop, &c->rest->look, loop_now(r->parts.loop));
		return 0;
	}
	if (begin_rest(r, c, folder) == -1)
		return -1;
	real_release(sys, c);
	return 0;
}

/*
 * Processes of a run that is kept are neither left nor strangers.  Without
 * memory, they are killed when an orphan is next looked for.
 */
static void
keep_run(struct real *r, const struct child *c)
{
	const uint32_t program = (uint32_t)(c->run >> 32);
	uint32_t *grown;
	size_t i;

	for (i = 0; i < r->nkept; i++)
		if (r->kept[i] == program)
			return;
	grown = reallocarray(r->kept, r->nkept + 1, sizeof(*grown));
	if (grown == NULL)
		return;
	r->kept = grown;
	r->kept[r->nkept++] = program;
}

static int
real_keep(struct system *sys, struct child *c, const char *folder)
{
	struct real *r = real_of(sys);
	int n;

	if (r->parts.cgroup != NULL)
		n = cgroup_set_aside(r->parts.cgroup, folder, KEPT_FOLDER);
	else {
		n = real_left(sys, c, folder);
		keep_run(r, c);
	}
	if (c->pid != 0)
		process_reap(c->pid, c->pidfd);
	end_rest(c);
	return n;
}

static void
real_expect_strays(struct system *sys)
{
	real_of(sys)->has_strays = true;
}

static int
real_kept(struct system *sys, const struct child *c, const char *folder)
{
	struct real *r = real_of(sys);
	char below[NAME_MAX + sizeof("/" KEPT_FOLDER)];

	if (r->parts.cgroup == NULL) {
		/* A daemon that took over does not know them yet. */
		keep_run(r, c);
		return orphan_kept(r->orphans, (uint32_t)(c->run >> 32),
		    c->pid != 0 ? c->run : 0, r->has_strays);
	}
	snprintf(below, sizeof(below), "%s/%s", folder, KEPT_FOLDER);
	return cgroup_count(r->parts.cgroup, below, NULL, 0);
}

static int
real_finish(struct system *sys, struct child *c, const char *folder)
{
	struct real *r = real_of(sys);
	int left = 0, others = 0;

	if (c->rest != NULL) {
		/* The main process is reaped, and what it left has ended. */
		end_rest(c);
		look_for_orphans(r);
		return 0;
	}
	if (r->orphans != NULL)
		return end_run(r, c);
	left = cgroup_kill(r->parts.cgroup, folder);
	/* Kill its group too, because it may run outside its cgroup. */
	if (c->pid != 0 && process_is_child(c->pid))
		others = end_group(c);
	return others > left ? others : left;
}

static void
real_cancel(struct system *sys, struct child *c, const char *folder)
{
	struct real *r = real_of(sys);

	if (c->pid == 0)
		return;
	/* The processes that it left must be known before it is reaped. */
	if (r->orphans != NULL && process_is_dying(c->pid))
		orphan_count(r->orphans, c->run);
	else
		see_descent(r);
	/* It is not reaped yet, so that pid and group are its own. */
	kill(-c->pid, SIGKILL);
	send_signal(c, SIGKILL);
	if (folder != NULL && r->parts.cgroup != NULL)
		cgroup_kill(r->parts.cgroup, folder);
	/* If it has not ended yet it is reaped as an orphan. */
	real_release(sys, c);
	look_for_orphans(r);
}

static bool
real_holds(struct system *sys, pid_t pid)
{
	return find(real_of(sys), pid) != NULL;
}

/*
 * A process that was only just created is identified by the mark in its
 * environment, which it cannot have overwritten yet.  It has no mark until it
 * executes its program, which happens soon.
 */
static bool
gets_mark(const struct system_former *f, uint64_t wanted, int pidfd)
{
	struct pollfd pfd = {.fd = pidfd, .events = POLLIN};
	uint64_t run;
	int tries;

	for (tries = 0; tries < YOUNG_TRIES; tries++) {
		if (orphan_mark(f->pid, &run) && run == wanted)
			return true;
		if (poll(&pfd, 1, YOUNG_WAIT) == 1)
			return false;
	}
	return false;
}

/* Is the pid still the process that was recorded? */
static bool
is_the_same(const struct system_former *f, uint64_t run, int pidfd)
{
	if (f->start_time == 0)
		return gets_mark(f, run, pidfd);
	return process_start_time(f->pid) == f->start_time;
}

/*
 * A pidfd of the process.  An inherited pidfd is certain, and reports how the
 * process ended even after it was reaped.  Otherwise open a new pidfd and then
 * examine the process, so that its pid cannot be reused meanwhile.
 */
static int
pidfd_of(const struct system_former *f, uint64_t run)
{
	int fd;

	if (f->pidfd != -1 && fcntl(f->pidfd, F_SETFD, FD_CLOEXEC) == 0)
		return f->pidfd;
	fd = process_open(f->pid);
	if (fd == -1)
		return -1;
	if (is_the_same(f, run, fd))
		return fd;
	close(fd);
	return -1;
}

/* Has it executed its program?  No event says so: look again and again. */
static void
look_at_former(struct deadline *d)
{
	struct child *c = d->arg;
	struct process_facts facts;
	struct loop *loop = c->spawning->report.loop;

	if (!process_facts(c->pid, &facts) || facts.is_dying)
		return; /* its end follows */
	if (facts.is_fork) {
		loop_at(loop, d, clock_add_ms(loop_now(loop), FORMER_WAIT));
		return;
	}
	end_spawning(c);
	c->events->executed(c);
}

/* Continue to wait until it executes its program, if it has not yet. */
static void
await_former(struct real *r, struct child *c)
{
	struct process_facts facts;
	struct loop *loop = r->parts.loop;

	if (!process_facts(c->pid, &facts) || !facts.is_fork)
		return;
	/* Without memory it is taken for executed. */
	c->spawning = calloc(1, sizeof(*c->spawning));
	if (c->spawning == NULL)
		return;
	spawn_report_init(&c->spawning->report, loop, NULL, c);
	c->spawning->look = (struct deadline){.due = look_at_former, .arg = c};
	loop_at(loop, &c->spawning->look, loop_now(loop));
	c->is_pending = true;
}

static bool
real_hold(struct system *sys, struct child *c, const struct system_former *f)
{
	int pidfd = pidfd_of(f, c->run);

	/* If not, neither are the processes that programs have left. */
	if (!process_is_child(f->pid))
		real_expect_strays(sys);
	if (pidfd == -1)
		return false;
	c->pid = f->pid;
	c->pidfd = pidfd;
	c->start_time = process_start_time(f->pid);
	add(real_of(sys), c);
	if (f->is_spawned)
		await_former(real_of(sys), c);
	return true;
}

static bool
is_main(pid_t pid, void *arg)
{
	const struct child *c = find(arg, pid);

	return c != NULL && c->is_main;
}

static struct child *
real_owner(struct system *sys, pid_t pid, char *folder, size_t size)
{
	struct real *r = real_of(sys);
	pid_t leader;

	*folder = '\0';
	if (is_main(pid, r))
		return find(r, pid);
	if (r->parts.cgroup != NULL) {
		if (!cgroup_owner(r->parts.cgroup, pid, folder, size))
			*folder = '\0';
		return NULL;
	}
	leader = orphan_leader(pid, is_main, r);
	return leader != -1 ? find(r, leader) : NULL;
}

/*
 * Is the process one of those of the child, or in the folder?  A command that
 * hupd itself runs for the program is none of them.
 */
static bool
belongs_to(struct system *sys, const struct child *c, const char *folder,
    pid_t pid)
{
	struct real *r = real_of(sys);
	const struct orphan_claim claim = claim_of(c);
	const struct child *owner;
	char name[256];

	if (find(r, pid) != NULL || r->parts.is_ours(pid, r->parts.arg))
		return false;
	owner = real_owner(sys, pid, name, sizeof(name));
	if (owner != NULL)
		return owner == c;
	if (r->parts.cgroup != NULL)
		return strcmp(name, folder) == 0;
	return orphan_take(r->orphans, pid, c->run, !is_own(c),
	    c->claims ? &claim : NULL);
}

static int
real_replace(struct system *sys, struct child *c, pid_t pid, const char *folder)
{
	struct real *r = real_of(sys);
	struct process process = {.pid = pid};

	process.pidfd = process_open(pid);
	if (process.pidfd == -1)
		return -1;
	/* If it is alive after the check, the pid was not reused. */
	if (!belongs_to(sys, c, folder, pid) ||
	    process_signal(&process, 0) == -1) {
		close(process.pidfd);
		return 0;
	}
	see_descent(r);
	end_rest(c);
	if (c->pid != 0)
		drop(r, c);
	c->pid = pid;
	c->pidfd = process.pidfd;
	c->start_time = process_start_time(pid);
	/* Nobody else can put it, or a process, into a session of its own. */
	c->is_leader = getsid(pid) == pid;
	add(r, c);
	return 1;
}

static struct mainpid *
real_read_pid(struct system *sys, const char *path, struct timespec oldest,
    void (*done)(void *, pid_t, const char *), void *arg)
{
	return mainpid_read(real_of(sys)->parts.helpers, path, oldest, done,
	    arg);
}

static void
real_forget_pid(struct system *sys, struct mainpid *m)
{
	(void)sys;
	mainpid_forget(m);
}

static bool
add_memory(pid_t pid, void *arg)
{
	int64_t *sum = arg;

	*sum += process_memory(pid);
	return true;
}

static int64_t
real_memory(struct system *sys, const struct child *c, const char *folder)
{
	struct cgroup *cgroup = real_of(sys)->parts.cgroup;
	int64_t sum = 0;

	if (cgroup == NULL ||
	    cgroup_each(cgroup, folder, NULL, add_memory, &sum) == -1)
		sum = process_memory(c->pid);
	return sum;
}

static int64_t
real_cpu(struct system *sys, const struct child *c, const char *folder)
{
	struct cgroup *cgroup = real_of(sys)->parts.cgroup;
	int64_t ms = -1;

	if (cgroup != NULL)
		ms = cgroup_cpu(cgroup, folder);
	return ms != -1 ? ms : process_cpu(c->pid);
}

static void
real_clear_folder(struct system *sys, const char *folder)
{
	if (real_of(sys)->parts.cgroup != NULL)
		cgroup_kill(real_of(sys)->parts.cgroup, folder);
}

static void
real_remove_folder(struct system *sys, const char *folder)
{
	if (real_of(sys)->parts.cgroup != NULL)
		cgroup_leave(real_of(sys)->parts.cgroup, folder);
}

static int
real_kill_runs(struct system *sys, bool (*over)(uint64_t, void *), void *arg)
{
	struct real *r = real_of(sys);

	return r->orphans != NULL ? orphan_kill_runs(r->orphans, over, arg) : 0;
}

/*
 * The session of a main process that was reaped: its number is not reused as
 * long as a member is alive, and no process has it as its pid.
 */
static struct orphan_held
session_of_rest(const struct real *r, pid_t pid)
{
	const struct rest *rest;

	TAILQ_FOREACH (rest, &r->rests, entry)
		if (rest->session == pid && process_start_time(pid) == 0)
			return (struct orphan_held){rest->child->run, 0, true};
	return (struct orphan_held){.run = 0};
}

/* Is the process one of the children, or of the daemon's own? */
static bool
is_held(pid_t pid, struct orphan_held *held, void *arg)
{
	struct real *r = arg;
	const struct child *c = find(r, pid);

	if (c == NULL) {
		*held = session_of_rest(r, pid);
		return held->is_leader || r->parts.is_ours(pid, r->parts.arg);
	}
	*held = (struct orphan_held){c->run, c->start_time, c->is_leader};
	return true;
}

static bool
run_is_alive(uint64_t run, void *arg)
{
	struct real *r = arg;
	struct rest *rest;
	struct child *c;
	size_t i;

	RB_FOREACH (c, system_pids, &r->children)
		if (c->run == run)
			return true;
	TAILQ_FOREACH (rest, &r->rests, entry)
		if (rest->child->run == run)
			return true;
	for (i = 0; i < r->nkept; i++)
		if (r->kept[i] == run >> 32)
			return true;
	return false;
}

static uint64_t
run_of_user(uid_t uid, uint64_t start_time, void *arg)
{
	struct real *r = arg;

	return r->base.run_of_user(r->base.arg, uid, start_time);
}

static void
orphan_killed(uint64_t run, pid_t pid, void *arg)
{
	struct real *r = arg;

	r->base.orphan_killed(r->base.arg, run, pid);
}

static void
orphan_is_strange(pid_t pid, void *arg)
{
	char comm[PROCESS_COMM_MAX];

	(void)arg;
	process_comm(pid, comm);
	log_warnx("process %d (%s), uid %d, has lost its parent, and nothing "
		  "shows which program it belongs to; it is left running",
	    (int)pid, comm, (int)process_user(pid));
}

static int
real_sweep(struct system *sys)
{
	struct real *r = real_of(sys);

	if (r->orphans == NULL || orphan_none(r->orphans))
		return 0;
	if (may_look(r)) {
		loop_cancel(r->parts.loop, &r->sweep);
		return orphan_sweep(r->orphans);
	}
	look_later(r);
	/* There may be orphans: the daemon does not end before it knows. */
	return 1;
}

static void
reap_orphan(struct real *r, pid_t pid)
{
	process_reap(pid, -1);
	look_at_rests(r);
	/* Its children may have become ours. */
	if (r->orphans != NULL && orphan_reaped(r->orphans, pid))
		look_for_orphans(r);
}

static void
reap_later(struct real *r)
{
	if (!clock_is_set(r->reap.at))
		loop_at(r->parts.loop, &r->reap,
		    clock_add_ms(loop_now(r->parts.loop), REAP_DELAY));
}

static void
child_died(struct real *r, pid_t pid)
{
	struct child *c = find(r, pid);

	if (c != NULL)
		look(c);
	else if (r->parts.is_ours(pid, r->parts.arg))
		r->parts.ours_died(pid, r->parts.arg);
	else
		reap_orphan(r, pid);
}

/* Look at every dead child once.  O(children), in the kernel. */
static void
reap_all(struct deadline *d)
{
	struct real *r = d->arg;
	siginfo_t si;
	pid_t last = 0;

	for (;; last = si.si_pid) {
		si.si_pid = 0;
		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == -1 ||
		    si.si_pid == 0)
			return;
		if (si.si_pid == last) {
			/* Its owner has not reaped it yet. */
			reap_later(r);
			return;
		}
		child_died(r, si.si_pid);
	}
}

void
system_child_died(struct system *sys, pid_t pid)
{
	struct real *r = real_of(sys);
	const struct child *c = find(r, pid);

	/* A child with a pidfd is handled by its watch. */
	if (c == NULL || c->exit.fd == -1)
		child_died(r, pid);
	reap_later(r);
}

/* In the helper: remove what can be removed, and print why the rest stays. */
static void
remove_work(void *arg, int out)
{
	const struct removal *m = arg;
	char why[DIRECTORY_WHY_MAX];

	for (char *const *name = m->names; *name != NULL; name++)
		if (directory_remove(m->real->base.bases[FOLDER_RUNTIME], *name,
			why) == -1)
			dprintf(out, "%s\n", why);
}

static void
free_removal(struct removal *m)
{
	if (m == NULL)
		return;
	TAILQ_REMOVE(&m->real->removals, m, entry);
	helper_cancel(&m->job);
	free(m->program);
	free(m);
}

static void
remove_done(struct helper *job)
{
	struct removal *m = job->owner;
	struct real *r = m->real;
	char *const *names = m->names;
	char *rest = job->answer, *line;

	if (job->late)
		log_warnx("%s: its runtime-directory was not removed within "
			  "%d s; it stays",
		    m->program, REMOVAL_TIME / 1000);
	while (!job->late && rest != NULL &&
	    (line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			log_warnx("%s: cannot remove its runtime-directory "
				  "%s; it stays",
			    m->program, line);
	free_removal(m);
	r->base.removed(r->base.arg, names);
}

static int
real_remove_runtime(struct system *sys, const char *program, char *const *names)
{
	struct real *r = real_of(sys);
	struct removal *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return -1;
	if ((m->program = strdup(program)) == NULL) {
		free(m);
		return -1;
	}
	m->real = r;
	m->names = names;
	TAILQ_INSERT_TAIL(&r->removals, m, entry);
	m->job = (struct helper){.work = remove_work,
	    .done = remove_done,
	    .arg = m,
	    .owner = m};
	helper_begin(r->parts.helpers, &m->job, REMOVAL_TIME);
	return 0;
}

/*
 * The folders of private-tmp.  The next start does not wait for the removal:
 * the folder of a program is set aside at once, and a helper removes it.
 */

/* In the helper. */
static void
remove_tmp(void *arg, int out)
{
	const struct real *r = arg;
	char why[DIRECTORY_WHY_MAX], path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/" SANDBOX_TMP "/" TMP_ASIDE,
	    r->parts.state_dir);
	if ((dir = opendir(path)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (*entry->d_name != '.' &&
		    directory_remove(path, entry->d_name, why) == -1)
			dprintf(out, "%s", why);
	closedir(dir);
}

static void begin_tmp_job(struct real *);

static void
tmp_removed(struct helper *job)
{
	struct real *r = job->owner;

	if (job->late)
		log_warnx("the files of a private-tmp were not removed within "
			  "%d s; they stay until the next removal",
		    REMOVAL_TIME / 1000);
	else if (job->len > 0)
		log_warnx("cannot remove a private-tmp: %s; it stays",
		    job->answer);
	helper_cancel(job);
	if (r->tmp_again)
		begin_tmp_job(r);
	else
		r->base.removed(r->base.arg, NULL);
}

static void
begin_tmp_job(struct real *r)
{
	r->tmp_again = r->tmp_job.helpers != NULL;
	if (r->tmp_again)
		return;
	r->tmp_job = (struct helper){.work = remove_tmp,
	    .done = tmp_removed,
	    .arg = r,
	    .owner = r};
	helper_begin(r->parts.helpers, &r->tmp_job, REMOVAL_TIME);
}

static void
real_end_tmp(struct system *sys, const char *program)
{
	struct real *r = real_of(sys);
	char from[PATH_MAX], to[PATH_MAX];

	if (!r->has_tmp)
		return;
	snprintf(from, sizeof(from), "%s/" SANDBOX_TMP "/%s",
	    r->parts.state_dir, program);
	if (access(from, F_OK) == -1)
		return;
	snprintf(to, sizeof(to), "%s/" SANDBOX_TMP "/" TMP_ASIDE,
	    r->parts.state_dir);
	mkdir(to, 0700);
	snprintf(to, sizeof(to), "%s/" SANDBOX_TMP "/" TMP_ASIDE "/%s.%08x",
	    r->parts.state_dir, program, arc4random());
	if (rename(from, to) == -1)
		log_warn("%s: cannot empty its private-tmp", program);
	else
		begin_tmp_job(r);
}

static bool
real_ends_tmp(const struct system *sys)
{
	const struct real *r = (const struct real *)sys;

	return r->tmp_job.helpers != NULL;
}

/*
 * The failures that on-failure-command has to report: a file for each program.
 * A file is written whole, for a daemon that is killed meanwhile; the machine's
 * end is not survived, and need not be.
 */

static void
failure_path(const struct real *r, const char *program, const char *suffix,
    char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/" FAILURES "/%s%s", r->parts.run_dir,
	    program, suffix);
}

static int
write_failure(const char *path, const char *text)
{
	const size_t len = strlen(text);
	int fd, err = 0;
	ssize_t n;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return -1;
	if ((n = write(fd, text, len)) != (ssize_t)len)
		err = n == -1 ? errno : ENOSPC;
	close(fd);
	errno = err;
	return err == 0 ? 0 : -1;
}

static int
real_keep_failure(struct system *sys, const char *program, const char *text)
{
	struct real *r = real_of(sys);
	char path[PATH_MAX], temp[PATH_MAX], folder[PATH_MAX];

	failure_path(r, program, "", path);
	failure_path(r, "", "", folder);
	if (text == NULL) {
		unlink(path);
		rmdir(folder);
		return 0;
	}
	/* No name of a program begins with a dot. */
	failure_path(r, ".", program, temp);
	if (mkdir(folder, 0700) == -1 && errno != EEXIST)
		return -1;
	if (write_failure(temp, text) == 0 && rename(temp, path) == 0)
		return 0;
	unlink(temp);
	return -1;
}

static char *
real_kept_failure(struct system *sys, const char *program)
{
	char path[PATH_MAX], *text;
	size_t len;

	failure_path(real_of(sys), program, "", path);
	text = file_slurp(path, O_NOFOLLOW, KEPT_MAX, &len, NULL);
	if (text != NULL)
		text[len < KEPT_MAX ? len : KEPT_MAX - 1] = '\0';
	return text;
}

/* Folders of an earlier daemon: those that were set aside go now. */
static void
find_tmp(struct real *r)
{
	char path[PATH_MAX];

	if (r->parts.state_dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/" SANDBOX_TMP "/" TMP_ASIDE,
	    r->parts.state_dir);
	if (access(path, F_OK) == 0)
		begin_tmp_job(r);
	*strrchr(path, '/') = '\0';
	r->has_tmp = access(path, F_OK) == 0;
}

/* A daemon that has detached has no standard output. */
static bool
lacks_stdout(const struct real *r, const struct definition *conf)
{
	return conf->log == LOG_TO_STDOUT && !r->parts.foreground;
}

static struct stream_conf
stream_settings(const struct real *r, const struct definition *conf)
{
	return (struct stream_conf){
	    .to = lacks_stdout(r, conf) ? LOG_TO_FILE : conf->log,
	    .timestamps = conf->log_timestamps,
	    .size = conf->log_size,
	    .keep = conf->log_keep,
	    .prefix = conf->log_prefix,
	    .tag = conf->syslog_identifier,
	    .errors = conf->log_stderr && conf->log == LOG_TO_FILE,
	};
}

static int
real_open_stream(struct system *sys, const struct definition *conf,
    struct stream **stream)
{
	struct real *r = real_of(sys);
	struct stream_conf sc = stream_settings(r, conf);

	if (conf->log == LOG_TO_NONE) {
		if (*stream != NULL)
			logger_stream_close(*stream);
		*stream = NULL;
		return 0;
	}
	if (*stream != NULL) {
		logger_stream_adjust(*stream, &sc);
		return 0;
	}
	rlimit_reserve();
	*stream =
	    logger_stream_open(r->parts.logger, conf->name, conf->uid, &sc);
	rlimit_release();
	return *stream == NULL ? -1 : 0;
}

static int
real_renew_stream(struct system *sys, const struct definition *conf,
    struct stream *stream)
{
	int rv;

	if (lacks_stdout(real_of(sys), conf))
		log_warnx("%s: log = stdout needs a daemon in the foreground; "
			  "writing to its log file instead",
		    conf->name);
	rlimit_reserve();
	rv = logger_stream_renew(stream, conf->uid);
	rlimit_release();
	return rv;
}

static void
real_adjust_stream(struct system *sys, const struct definition *conf,
    struct stream *stream)
{
	struct stream_conf sc = stream_settings(real_of(sys), conf);

	logger_stream_adjust(stream, &sc);
}

static void
real_end_stream(struct system *sys, struct stream *stream,
    void (*tail)(void *, const char *, size_t), void *arg)
{
	(void)sys;
	logger_stream_ended(stream, tail, arg);
}

static void
real_close_stream(struct system *sys, struct stream *stream)
{
	(void)sys;
	logger_stream_close(stream);
}

static time_t
real_stream_trouble(struct system *sys, const struct stream *stream, char *why,
    size_t size)
{
	(void)sys;
	return logger_stream_trouble(stream, why, size);
}

static int
real_open_notify(struct system *sys, const struct definition *conf, int number,
    bool again, int inherited, void *owner, struct notify_socket **socket)
{
	if (*socket != NULL && notify_is_for(*socket, conf->uid))
		return 0;
	notify_close(*socket);
	rlimit_reserve();
	*socket = notify_open(real_of(sys)->notify, number, conf->uid, again,
	    inherited, owner);
	rlimit_release();
	return *socket != NULL ? 0 : -1;
}

static const char *
real_notify_path(struct system *sys, const struct notify_socket *socket)
{
	(void)sys;
	return notify_path(socket);
}

static int
real_notify_fd(struct system *sys, const struct notify_socket *socket)
{
	(void)sys;
	return notify_fd(socket);
}

static void
real_close_notify(struct system *sys, struct notify_socket *socket)
{
	(void)sys;
	notify_close(socket);
}

static void
message_came(void *arg, void *owner, const struct sdnotify *m, pid_t sender)
{
	struct real *r = arg;

	r->base.notified(r->base.arg, owner, m, sender);
}

struct notify_socket *
system_share_notify(struct system *sys, const char *path, int inherited)
{
	return notify_open_shared(real_of(sys)->notify, path, inherited);
}

struct system *
system_new(const struct system_parts *parts)
{
	static const struct system real = {
	    .spawn = real_spawn,
	    .signal = real_signal,
	    .kill = real_kill,
	    .left = real_left,
	    .members = real_members,
	    .signal_left = real_signal_left,
	    .linger = real_linger,
	    .finish = real_finish,
	    .keep = real_keep,
	    .kept = real_kept,
	    .expect_strays = real_expect_strays,
	    .release = real_release,
	    .cancel = real_cancel,
	    .holds = real_holds,
	    .hold = real_hold,
	    .replace = real_replace,
	    .read_pid = real_read_pid,
	    .forget_pid = real_forget_pid,
	    .owner = real_owner,
	    .memory = real_memory,
	    .cpu = real_cpu,
	    .clear_folder = real_clear_folder,
	    .remove_folder = real_remove_folder,
	    .kill_runs = real_kill_runs,
	    .sweep = real_sweep,
	    .check_limit = real_check_limit,
	    .adjust_limits = real_adjust_limits,
	    .memory_charged = real_memory_charged,
	    .was_oom = real_was_oom,
	    .remove_runtime = real_remove_runtime,
	    .end_tmp = real_end_tmp,
	    .ends_tmp = real_ends_tmp,
	    .keep_failure = real_keep_failure,
	    .kept_failure = real_kept_failure,
	    .lacks = sandbox_lacks,
	    .open_stream = real_open_stream,
	    .adjust_stream = real_adjust_stream,
	    .renew_stream = real_renew_stream,
	    .end_stream = real_end_stream,
	    .close_stream = real_close_stream,
	    .stream_trouble = real_stream_trouble,
	    .open_notify = real_open_notify,
	    .notify_path = real_notify_path,
	    .notify_fd = real_notify_fd,
	    .close_notify = real_close_notify,
	};
	struct orphan_rule rule = {
	    .held = is_held,
	    .alive = run_is_alive,
	    .of_user = run_of_user,
	    .killed = orphan_killed,
	    .stranger = orphan_is_strange,
	};
	struct real *r;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->base = real;
	r->base.environment = starter_environment();
	r->base.bases = parts->bases;
	r->parts = *parts;
	RB_INIT(&r->children);
	TAILQ_INIT(&r->rests);
	TAILQ_INIT(&r->removals);
	TAILQ_INIT(&r->adjustments);
	r->reap.due = reap_all;
	r->reap.arg = r;
	r->sweep.due = look_due;
	r->sweep.arg = r;
	rule.arg = r;
	r->notify = notify_new(parts->loop, parts->notify, message_came, r);
	if (parts->cgroup == NULL)
		r->orphans = orphan_new(&rule);
	if (r->notify == NULL ||
	    (parts->cgroup == NULL && r->orphans == NULL)) {
		system_free(&r->base);
		return NULL;
	}
	find_tmp(r);
	return &r->base;
}

void
system_free(struct system *sys)
{
	struct adjustment *a;
	struct removal *m;

	if (sys == NULL)
		return;
	while ((m = TAILQ_FIRST(&real_of(sys)->removals)) != NULL)
		free_removal(m);
	while ((a = TAILQ_FIRST(&real_of(sys)->adjustments)) != NULL)
		free_adjustment(a);
	helper_cancel(&real_of(sys)->tmp_job);
	notify_free(real_of(sys)->notify);
	loop_cancel(real_of(sys)->parts.loop, &real_of(sys)->reap);
	loop_cancel(real_of(sys)->parts.loop, &real_of(sys)->sweep);
	orphan_free(real_of(sys)->orphans);
	free(real_of(sys)->kept);
	free(sys);
}
