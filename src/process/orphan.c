/*
 * orphan - find and kill the processes that programs left, without cgroups.
 *
 * A survey reads one line of each process of the machine.  Environments, which
 * a program can make large, are read once for a process and only in part.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/tree.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/orphan.h"
#include "process/process.h"

/* Generations of parents that orphan_leader follows. */
#define DEPTH_MAX 64
/* Surveys that orphan_kill_runs makes at most. */
#define PASSES_MAX 16
/* Strangers that a sweep reports at most: a program decides how many it has. */
#define STRANGERS_MAX 8
/* The bytes of an environment that are read. */
#define ENVIRON_MAX (32 << 10)

/* A process that was looked at, until it has ended. */
struct seen {
	RB_ENTRY(seen) by_pid;
	pid_t pid;
	uint64_t start_time;
	uint64_t run;	  /* 0: none was found */
	bool is_child;	  /* an orphan: the pid is its own until it is reaped */
	bool is_read;	  /* its environment, or what may be read of it */
	bool is_reported; /* as a stranger */
	bool is_killed;	  /* it was sent SIGKILL */
	bool is_awaited;  /* and as an orphan, so that it is reaped by us */
	unsigned survey;  /* the last one in which it was there */
};

RB_HEAD(orphan_pids, seen);

struct orphans {
	struct orphan_rule rule;
	struct orphan_pids seen;
	unsigned surveys;
	int nawaited; /* orphans that are killed and not reaped yet */
};

static int
compare_seen(const struct seen *a, const struct seen *b)
{
	return (a->pid > b->pid) - (a->pid < b->pid);
}

RB_PROTOTYPE(orphan_pids, seen, by_pid, compare_seen)
RB_GENERATE(orphan_pids, seen, by_pid, compare_seen)

int
orphan_init(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

bool
orphan_mark(pid_t pid, uint64_t *run)
{
	static char text[ENVIRON_MAX + 1];
	char path[64];
	const char *p;
	size_t len = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	/* The kernel returns a page at a time. */
	while (len < ENVIRON_MAX &&
	    (n = read(fd, text + len, ENVIRON_MAX - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	for (p = text; p < text + len; p += strlen(p) + 1)
		if (strncmp(p, NAMES_MARK "=", sizeof(NAMES_MARK)) == 0) {
			*run = strtoull(p + sizeof(NAMES_MARK), NULL, 16);
			return true;
		}
	return false;
}

struct orphans *
orphan_new(const struct orphan_rule *rule)
{
	struct orphans *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->rule = *rule;
	RB_INIT(&o->seen);
	return o;
}

static struct seen *
find_seen(struct orphans *o, pid_t pid)
{
	struct seen key = {.pid = pid};

	return RB_FIND(orphan_pids, &o->seen, &key);
}

static void
forget(struct orphans *o, struct seen *s)
{
	if (s->is_awaited)
		o->nawaited--;
	RB_REMOVE(orphan_pids, &o->seen, s);
	free(s);
}

void
orphan_free(struct orphans *o)
{
	struct seen *s;

	if (o == NULL)
		return;
	while ((s = RB_ROOT(&o->seen)) != NULL)
		forget(o, s);
	free(o);
}

/* The entry of exactly this process, made if needed; NULL without memory. */
static struct seen *
keep(struct orphans *o, const struct process_facts *facts)
{
	struct seen *s = find_seen(o, facts->pid);

	if (s != NULL && s->start_time != facts->start_time) {
		forget(o, s);
		s = NULL;
	}
	if (s == NULL) {
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			return NULL;
		s->pid = facts->pid;
		s->start_time = facts->start_time;
		RB_INSERT(orphan_pids, &o->seen, s);
	}
	s->survey = o->surveys;
	if (facts->parent == getpid())
		s->is_child = true;
	return s;
}

/*
 * The run whose session a process is in.  A session keeps its number, which is
 * its leader's pid, as long as it has members.
 */
static uint64_t
run_of_session(struct orphans *o, const struct process_facts *facts)
{
	struct orphan_held held;

	if (facts->session <= 0 ||
	    !o->rule.held(facts->session, &held, o->rule.arg) ||
	    !held.is_leader || facts->start_time < held.start_time)
		return 0;
	return held.run;
}

/* The mark, else the user of an orphan.  A daemon as PID 1 has foreign ones. */
static uint64_t
run_by_looks(struct orphans *o, struct seen *s)
{
	uint64_t run = 0;

	if (!s->is_read && orphan_mark(s->pid, &run))
		s->run = run;
	s->is_read = true;
	if (s->run == 0 && s->is_child && getpid() != 1)
		s->run = o->rule.of_user(process_user(s->pid), s->start_time,
		    o->rule.arg);
	return s->run;
}

/* A process in a survey. */
struct look {
	struct process_facts facts;
	uint64_t run;
	bool is_held;
	bool is_below; /* it is the daemon, or descends from it */
};

struct survey {
	struct orphans *orphans;
	struct look *looks; /* by pid, ascending */
	size_t n, max;
};

static void
add_look(pid_t pid, void *arg)
{
	struct survey *v = arg;
	struct look *grown;
	size_t max;

	if (v->n == v->max) {
		max = v->max == 0 ? 256 : 2 * v->max;
		grown = reallocarray(v->looks, max, sizeof(*v->looks));
		if (grown == NULL)
			return; /* what is not seen now is an orphan later */
		v->looks = grown;
		v->max = max;
	}
	memset(&v->looks[v->n], 0, sizeof(*v->looks));
	if (process_facts(pid, &v->looks[v->n].facts))
		v->n++;
}

static int
compare_looks(const void *a, const void *b)
{
	const struct look *x = a, *y = b;

	return (x->facts.pid > y->facts.pid) - (x->facts.pid < y->facts.pid);
}

static struct look *
find_look(const struct survey *v, pid_t pid)
{
	struct look key = {.facts.pid = pid};

	return bsearch(&key, v->looks, v->n, sizeof(key), compare_looks);
}

/* The data of a process that need no look at others. */
static void
begin_look(const struct survey *v, struct look *x)
{
	struct orphans *o = v->orphans;
	struct orphan_held held = {.run = 0};
	struct look *leader;
	struct seen *s;

	if (x->facts.pid == getpid()) {
		x->is_held = x->is_below = true;
		return;
	}
	x->is_held = o->rule.held(x->facts.pid, &held, o->rule.arg);
	if (x->is_held) {
		x->run = held.run;
		return;
	}
	s = find_seen(o, x->facts.pid);
	if (s != NULL && s->start_time == x->facts.start_time)
		x->run = s->run;
	if (x->run != 0)
		return;
	/*
	 * A program that was taken over is reaped by its parent.  If its pid
	 * is another's by now, so is the session of that number.
	 */
	leader = find_look(v, x->facts.session);
	if (leader != NULL &&
	    o->rule.held(x->facts.session, &held, o->rule.arg) &&
	    held.start_time != leader->facts.start_time)
		return;
	x->run = run_of_session(o, &x->facts);
}

/* Take from a parent what it passes on.  True: that was news. */
static bool
inherit(struct look *x, const struct look *parent)
{
	bool is_news = false;

	if (parent->is_below && !x->is_below)
		x->is_below = is_news = true;
	if (parent->run != 0 && x->run == 0 && !x->is_held) {
		x->run = parent->run;
		is_news = true;
	}
	return is_news;
}

static void
descend(const struct survey *v)
{
	const struct look *parent;
	struct look *x;
	bool changed;
	int passes = 0;

	/* A child has a higher pid, unless the numbers have wrapped. */
	do {
		changed = false;
		for (x = v->looks; x < v->looks + v->n; x++) {
			parent = find_look(v, x->facts.parent);
			if (parent != NULL && inherit(x, parent))
				changed = true;
		}
	} while (changed && ++passes < DEPTH_MAX);
}

/* Look at orphans of which nothing is known, or at all such processes. */
static void
look_closer(const struct survey *v, bool all)
{
	struct look *x;
	struct seen *s;

	for (x = v->looks; x < v->looks + v->n; x++) {
		if (x->is_held || x->run != 0 || x->facts.is_dying ||
		    (!all && x->facts.parent != getpid()))
			continue;
		s = keep(v->orphans, &x->facts);
		if (s != NULL)
			x->run = run_by_looks(v->orphans, s);
	}
}

/* Keep what was found, and forget what has ended. */
static void
keep_all(const struct survey *v)
{
	struct orphans *o = v->orphans;
	const struct look *x;
	struct seen *s, *next;

	for (x = v->looks; x < v->looks + v->n; x++) {
		s = find_seen(o, x->facts.pid);
		if ((s == NULL && x->run == 0) || x->is_held)
			continue;
		s = keep(o, &x->facts);
		if (s != NULL && s->run == 0)
			s->run = x->run;
	}
	RB_FOREACH_SAFE (s, orphan_pids, &o->seen, next)
		if (s->survey != o->surveys)
			forget(o, s);
}

/* Look at every process.  The caller frees looks. */
static void
survey(struct survey *v, struct orphans *o, bool all)
{
	struct look *x;

	memset(v, 0, sizeof(*v));
	v->orphans = o;
	o->surveys++;
	process_each(add_look, v);
	if (v->n > 0)
		qsort(v->looks, v->n, sizeof(*v->looks), compare_looks);
	for (x = v->looks; x < v->looks + v->n; x++)
		begin_look(v, x);
	descend(v);
	look_closer(v, all);
	descend(v);
	keep_all(v);
}

void
orphan_see(struct orphans *o)
{
	struct survey v;

	survey(&v, o, false);
	free(v.looks);
}

struct killing {
	bool (*over)(uint64_t run, void *);
	void *arg;
	bool all;
	bool reports;
	int sig; /* 0: SIGKILL */
};

/*
 * Was it sent SIGKILL?  While it takes the signal it looks alive for a moment:
 * the signal is no longer pending, and the kernel's flag is not set yet.
 */
static bool
is_killed(const struct seen *s, const struct process_facts *facts)
{
	return s != NULL && s->start_time == facts->start_time && s->is_killed;
}

static bool
kill_look(struct orphans *o, const struct look *x, const struct killing *k)
{
	const int sig = k->sig != 0 ? k->sig : SIGKILL;
	struct seen *s = find_seen(o, x->facts.pid);

	if (is_killed(s, &x->facts))
		return false;
	if (process_signal_exact(x->facts.pid, x->facts.start_time, sig) == -1)
		return false;
	if (sig != SIGKILL)
		return true;
	if (s != NULL) {
		s->is_killed = true;
		s->is_awaited = s->is_child;
		o->nawaited += s->is_awaited;
	}
	if (k->reports)
		o->rule.killed(x->run, x->facts.pid, o->rule.arg);
	return true;
}

static int
kill_once(struct orphans *o, const struct killing *k)
{
	struct survey v;
	struct look *x;
	int n = 0;

	survey(&v, o, k->all);
	for (x = v.looks; x < v.looks + v.n; x++)
		if (x->run != 0 && !x->is_held && !x->facts.is_dying &&
		    (k->all || x->is_below) && k->over(x->run, k->arg) &&
		    kill_look(o, x, k))
			n++;
	free(v.looks);
	return n;
}

/* Repeat while processes are found: they may have forked meanwhile. */
static int
kill_all(struct orphans *o, const struct killing *k)
{
	int n, sum = 0, passes = 0;

	do {
		n = kill_once(o, k);
		sum += n;
	} while (n > 0 && ++passes < PASSES_MAX);
	return sum;
}

static bool
is_run(uint64_t run, void *arg)
{
	const uint64_t *that = arg;

	return run == *that;
}

int
orphan_kill_run(struct orphans *o, uint64_t run, bool all)
{
	return kill_all(o,
	    &(struct killing){.over = is_run, .arg = &run, .all = all});
}

int
orphan_signal_run(struct orphans *o, uint64_t run, bool all, int sig)
{
	return kill_once(o,
	    &(struct killing){.over = is_run,
		.arg = &run,
		.all = all,
		.sig = sig});
}

int
orphan_kill_runs(struct orphans *o, bool (*over)(uint64_t, void *), void *arg)
{
	return kill_all(o,
	    &(struct killing){.over = over, .arg = arg, .all = true});
}

/* A look at the daemon's children. */
struct children {
	struct orphans *orphans;
	void (*fn)(struct orphans *, struct seen *, void *);
	void *arg;
	bool all; /* those too that are dying, but have not ended */
	int ndying;
};

static void
look_at_child(pid_t pid, void *arg)
{
	struct children *c = arg;
	struct orphans *o = c->orphans;
	struct process_facts facts;
	struct orphan_held held;
	struct seen *s;

	if (o->rule.held(pid, &held, o->rule.arg) ||
	    !process_facts(pid, &facts))
		return;
	s = find_seen(o, pid);
	if (facts.is_dying || is_killed(s, &facts)) {
		c->ndying++;
		if (!c->all || facts.is_ended)
			return;
	}
	s = keep(o, &facts);
	if (s == NULL)
		return;
	if (s->run == 0)
		s->run = run_of_session(o, &facts);
	if (s->run == 0)
		run_by_looks(o, s);
	c->fn(o, s, c->arg);
}

/* Call fn for each orphan that is not dying.  Returns how many are. */
static int
each_orphan(struct orphans *o,
    void (*fn)(struct orphans *, struct seen *, void *), void *arg)
{
	struct children c = {o, fn, arg, false, 0};

	process_each_child(look_at_child, &c);
	return c.ndying;
}

struct counting {
	uint64_t run;
	int n;
	uint32_t program;
};

static void
count_orphan(struct orphans *o, struct seen *s, void *arg)
{
	struct counting *c = arg;

	(void)o;
	if (s->run == c->run)
		c->n++;
}

int
orphan_count(struct orphans *o, uint64_t run)
{
	struct counting c = {.run = run};

	each_orphan(o, count_orphan, &c);
	return c.n;
}

/* Count the processes in a survey that are not held and have not ended. */
static int
count_in_survey(struct orphans *o, bool all,
    bool (*picks)(uint64_t run, const struct counting *),
    const struct counting *c)
{
	const struct look *x;
	struct survey v;
	int n = 0;

	survey(&v, o, all);
	for (x = v.looks; x < v.looks + v.n; x++)
		if (x->run != 0 && picks(x->run, c) && !x->is_held &&
		    !x->facts.is_ended && (all || x->is_below))
			n++;
	free(v.looks);
	return n;
}

static bool
picks_run(uint64_t run, const struct counting *c)
{
	return run == c->run;
}

static bool
picks_kept(uint64_t run, const struct counting *c)
{
	return run >> 32 == c->program && run != c->run;
}

int
orphan_count_run(struct orphans *o, uint64_t run, bool all)
{
	return count_in_survey(o, all, picks_run,
	    &(struct counting){.run = run});
}

int
orphan_kept(struct orphans *o, uint32_t program, uint64_t except, bool all)
{
	return count_in_survey(o, all, picks_kept,
	    &(struct counting){.run = except, .program = program});
}

void
orphan_each(struct orphans *o, uint64_t run, bool all,
    void (*fn)(const struct process_facts *, void *), void *arg)
{
	const struct look *x;
	struct survey v;

	survey(&v, o, all);
	for (x = v.looks; x < v.looks + v.n; x++)
		if (x->run == run && !x->is_held && !x->facts.is_ended &&
		    (all || x->is_below))
			fn(&x->facts, arg);
	free(v.looks);
}

static bool
covers(const struct orphan_claim *claim, pid_t pid, uint64_t start_time)
{
	return claim != NULL && claim->since != 0 &&
	    start_time >= claim->since &&
	    (claim->uid == 0 || process_user(pid) == claim->uid);
}

bool
orphan_take(struct orphans *o, pid_t pid, uint64_t run, bool all,
    const struct orphan_claim *claim)
{
	const struct look *x;
	struct seen *s = NULL;
	struct survey v;
	bool is_its;

	survey(&v, o, all);
	x = find_look(&v, pid);
	is_its =
	    x != NULL && x->run == run && !x->is_held && (all || x->is_below);
	if (x != NULL && x->run == 0 && !x->is_held &&
	    x->facts.parent == getpid() &&
	    covers(claim, pid, x->facts.start_time))
		s = keep(o, &x->facts);
	if (s != NULL) {
		s->run = run;
		is_its = true;
	}
	free(v.looks);
	return is_its;
}

struct unclaimed {
	const struct orphan_claim *claim;
	int n;
};

static void
count_unclaimed(struct orphans *o, struct seen *s, void *arg)
{
	struct unclaimed *u = arg;

	(void)o;
	if (s->run == 0 && covers(u->claim, s->pid, s->start_time))
		u->n++;
}

int
orphan_unclaimed(struct orphans *o, const struct orphan_claim *claim)
{
	struct unclaimed u = {claim, 0};

	each_orphan(o, count_unclaimed, &u);
	return u.n;
}

int
orphan_left(struct orphans *o, uint64_t run, bool all)
{
	struct counting counting = {.run = run};
	struct children c = {o, count_orphan, &counting, true, 0};

	if (all)
		return orphan_count_run(o, run, true);
	process_each_child(look_at_child, &c);
	return counting.n;
}

static void
count_undecided(struct orphans *o, struct seen *s, void *arg)
{
	int *n = arg;

	(void)o;
	*n += s->run == 0 && process_is_dying(s->pid);
}

bool
orphan_is_over(struct orphans *o, uint64_t run, bool all)
{
	int undecided = 0;
	struct children c = {o, count_undecided, &undecided, true, 0};

	if (orphan_left(o, run, all) > 0)
		return false;
	process_each_child(look_at_child, &c);
	/* The children of a process that has ended meanwhile are ours now. */
	return undecided == 0 && orphan_left(o, run, all) == 0;
}

static bool
is_over(uint64_t run, void *arg)
{
	struct orphans *o = arg;

	return !o->rule.alive(run, o->rule.arg);
}

struct judging {
	int nover;
	int nstrangers;
};

static void
judge_orphan(struct orphans *o, struct seen *s, void *arg)
{
	struct judging *j = arg;

	if (s->run != 0)
		j->nover += is_over(s->run, o);
	else if (!s->is_reported && j->nstrangers++ < STRANGERS_MAX) {
		s->is_reported = true;
		o->rule.stranger(s->pid, o->rule.arg);
	}
}

int
orphan_sweep(struct orphans *o)
{
	struct killing over = {.over = is_over, .arg = o, .reports = true};
	struct judging j = {0, 0};
	int ndying;

	ndying = each_orphan(o, judge_orphan, &j);
	/* A survey comes before the first kill: it needs the parents. */
	return j.nover > 0 ? ndying + kill_all(o, &over) : ndying;
}

struct none {
	struct orphans *orphans;
	bool is_so;
};

static void
look_for_any(pid_t pid, void *arg)
{
	struct none *none = arg;
	const struct orphan_rule *rule = &none->orphans->rule;
	struct orphan_held held;

	if (none->is_so && !rule->held(pid, &held, rule->arg))
		none->is_so = false;
}

bool
orphan_none(struct orphans *o)
{
	struct none none = {o, true};

	process_each_child(look_for_any, &none);
	return none.is_so;
}

bool
orphan_reaped(struct orphans *o, pid_t pid)
{
	struct seen *s = find_seen(o, pid);

	if (s != NULL)
		forget(o, s);
	return o->nawaited == 0;
}

pid_t
orphan_leader(pid_t pid, bool (*known)(pid_t, void *), void *arg)
{
	pid_t sid;
	int depth;

	if (known(pid, arg))
		return pid;
	sid = getsid(pid);
	if (sid > 0 && known(sid, arg))
		return sid;
	for (depth = 0; depth < DEPTH_MAX && pid > 1; depth++) {
		pid = process_parent(pid);
		if (pid > 0 && known(pid, arg))
			return pid;
	}
	return -1;
}
