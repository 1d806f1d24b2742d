/*
 * chaos - the model of the expected state, and the observed state that is
 * compared with it.
 */
#ifndef CHAOS_H
#define CHAOS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#define MAX_PROGRAMS 32
#define MAX_PROCESSES 128

enum kind {
	KIND_PLAIN,
	KIND_FLOOD,
	KIND_CRASH,
	KIND_ONCE,
	KIND_FD,
	KIND_NOTIFY,
	KIND_DEAF,
	KIND_BROOD,
};

/* One program: the model, what was seen of it, what hupd says of it. */
struct program {
	const char *name;
	enum kind kind;
	const char *needs; /* the one that it depends on, or NULL */
	bool optional;	   /* may be removed and added */
	bool autostart;
	bool other_user;

	/* The model. */
	bool defined;
	bool wanted;
	unsigned version; /* of its process keys */
	unsigned live;	  /* of its live keys */

	/* The effects of this step on it. */
	bool touched; /* its process may be another now */
	bool unsure;  /* the request may or may not have been heard */
	pid_t dying;  /* its process, which will be gone */
	bool broken;  /* a one-shot that may not have ended by itself */

	/* Seen in /proc; pid and restarts as of the end of the last step. */
	pid_t main;
	unsigned mains;
	unsigned children;
	unsigned seen_version;
	pid_t pid;
	int64_t restarts;

	/* Said by hupd. */
	bool listed;
	char state[12];
	char want[12];
	pid_t said_pid;
	int64_t said_restarts;
};

/* One process that printed lines. */
struct instance {
	struct instance *next;
	struct program *program;
	char id[64];
	pid_t pid;
	uint64_t seen; /* the last number found in the log */
	bool dead;
	bool drained; /* and all that it printed was taken */
	bool lossy;   /* it ended while nobody held its output */
};

struct seen {
	pid_t pid;
	char what; /* d daemon, g guard, l log, m main, c child, ? other */
	struct program *program;
};

struct chaos {
	uint64_t seed;
	uint64_t random;
	unsigned step;
	bool verbose;
	bool keep; /* the folder, at the end */
	bool root;
	bool cgroups;

	char top[64]; /* the folder of this run */
	char conf[96];
	char socket[96];
	char binary[96];
	char build[256];

	struct program programs[MAX_PROGRAMS];
	unsigned nprograms;
	struct instance *instances[4096]; /* by hash */

	/* The effects of this step. */
	char what[4096];
	bool unsure;	 /* the files may or may not have been read */
	bool may_vanish; /* daemon and guard may both be gone */
	bool over;	 /* a violation was found */

	/* Seen in /proc. */
	struct seen seen[MAX_PROCESSES];
	unsigned nseen;
	pid_t daemon;
	pid_t guard;
	pid_t logger;
	unsigned nhupd;

	/* As of the end of the last step; and which were killed since. */
	struct {
		pid_t daemon;
		pid_t guard;
		pid_t logger;
		int64_t execs;
	} former;
	bool killed_daemon;
	bool killed_guard;
	bool killed_logger;
	pid_t killed[MAX_PROCESSES]; /* all of these */
	unsigned nkilled;

	/* Said by hupd. */
	pid_t said_pid;
	int64_t execs;
	bool reloading;

	/* Figures. */
	unsigned daemon_kills;
	unsigned hand_starts;
	unsigned adoptions;
	unsigned reloads;
	unsigned instances_checked;
	uint64_t lines_checked;
	int64_t longest_absence; /* ms, guard as successor */
	unsigned most_fds;
};

/* chaos.c: a violation ends all. */
_Noreturn void violation(struct chaos *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Note an action of the step. */
void did(struct chaos *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
unsigned below(struct chaos *, unsigned n);
int64_t now_ms(void);
/* Between two looks at something that is awaited. */
void moment(struct chaos *);
/* Random delay of up to us microseconds. */
void jitter(struct chaos *, unsigned us);

/* world.c */
void world_make(struct chaos *);
void world_remove(struct chaos *);
struct program *world_program(struct chaos *, const char *name);
/* Does it wait for a program that was stopped? */
bool world_is_blocked(struct chaos *, const struct program *);
/* Write, or remove, the file of a program as the model has it. */
void world_write(struct chaos *, const struct program *);
void world_write_all(struct chaos *);
/* The same with another kind, or with a line that is rejected. */
void world_write_as(struct chaos *, const struct program *, const char *kind,
    const char *line);
/* Run hupd; its exit status. */
int world_start(struct chaos *);
void world_install(struct chaos *, const char *from);
/* End every process of this world. */
void world_kill(struct chaos *);
void world_print_log(struct chaos *);

/* ask.c: the control socket. */
enum {
	ASK_LOST = -1, /* the connection ended without a verdict */
	ASK_NONE = -2, /* nobody listens */
	ASK_LATE = -3, /* no verdict in time */
};
/* Connect and send one line; the descriptor, or ASK_NONE. */
int ask_begin(struct chaos *, const char *line);
/* The rest of the reply is malloc'd, if reply is not NULL. */
int ask_end(struct chaos *, int fd, char **reply);
int ask(struct chaos *, const char *line);
/* As hupctl does it: SIGHUP once the daemon says that it waits. */
int ask_reload(struct chaos *);
/* Fill in the answer of hupd; false if it does not answer. */
bool ask_status(struct chaos *);

/* look.c */
void look(struct chaos *);
/* The kind of the process at the last look, as in struct seen. */
char look_what(const struct chaos *, pid_t);
void look_kill(struct chaos *, pid_t, int sig);
/* A file of /proc/PID; returns the number of bytes read. */
size_t look_proc(pid_t, const char *file, char *buf, size_t size);

/* ends.c */
/* Reap; a crash is a violation. */
void ends_reap(struct chaos *);
/* Those of hupd that were not killed are those that there were. */
void ends_check(struct chaos *);
/* All were ended; the next will be others. */
void ends_forget(struct chaos *);
/* A process of hupd was killed: it is seen until it is gone. */
void ends_expect(struct chaos *, pid_t);
bool ends_is_expected(const struct chaos *, pid_t);
/* Are all of these processes and their descriptors gone? */
bool ends_came(const struct chaos *);
/* The guard follows the next daemon that ends without a pause. */
void ends_forgive(struct chaos *);

/* trouble.c: what is not as the model has it, or NULL. */
const char *trouble(struct chaos *, const struct program **who);

/* settle.c */
/* Wait until a daemon answers, starting it by hand where it may be gone. */
void settle_up(struct chaos *);
/* Wait until all is as the model has it. */
void settle(struct chaos *);
/* Wait until no process of this world is left. */
void settle_gone(struct chaos *);

/* lines.c */
/* Find new instances, and which have ended; newly dead ones may be lossy. */
void lines_refresh(struct chaos *, bool lossy);
/* Wait until all that the dead have printed is taken out of their FIFOs. */
void lines_drain(struct chaos *);
/* No daemon runs: every line is there once, in order.  Then forget them. */
void lines_check(struct chaos *);

/* steps.c */
void step_random(struct chaos *);
/* End the daemon, check what it leaves, start it again if so wished. */
void step_stop_all(struct chaos *, bool again);

#endif
