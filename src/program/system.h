/*
 * system - the interface of program/ to the operating system: processes, their
 * descriptors, cgroups and sockets, and their output.
 *
 * The rest of program/ goes through the functions of a struct system.
 * system.c is the real implementation; unit tests have one without processes.
 *
 * A folder is the name of a cgroup: that of a program, or one below it.
 * Without cgroups, a mark in the environment of each process replaces them;
 * see orphan.h.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <sys/types.h>
#include <sys/tree.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/loop.h"
#include "config/definition.h"
#include "wire/ending.h"
#include "wire/sdnotify.h"

/*
 * The folders of the health checks, and of the commands around a program, in
 * that of their program.
 */
#define SYSTEM_CHECK_FOLDER "hupd-check"
#define SYSTEM_HOOK_FOLDER "hupd-hook"

struct cgroup;
struct child;
struct helpers;
struct logger;
struct mainpid;
struct notify_socket;
struct stream;

struct spawning;
struct rest;

/*
 * The events of a child.  After each spawn comes executed, failed or lost;
 * failed may come before spawn returns, if no process was created.
 *
 * A child that has ended keeps its pid, and with it its process group, until
 * its owner releases it.  If the owner does not, the event is repeated in the
 * next turn, provided that the child has a pidfd.
 */
struct child_events {
	/* It has executed its program. */
	void (*executed)(struct child *);
	/*
	 * It has ended before it executed its program, or could not be created.
	 */
	void (*failed)(struct child *, const struct spawn_error *);
	/*
	 * The kernel has killed it at birth: release it and spawn it again, or
	 * return false to get its end as an event.
	 */
	bool (*lost)(struct child *);
	/* It has ended. */
	void (*ended)(struct child *, const struct process_end *);
	/* After linger: all that it left has ended. */
	void (*gone)(struct child *);
};

/* One process; embedded in its owner. */
struct child {
	RB_ENTRY(child) by_pid;
	const struct child_events *events;
	void *owner;
	pid_t pid;	     /* 0: no process */
	int pidfd;	     /* -1: none */
	uint64_t run;	     /* the mark in its environment */
	uint64_t start_time; /* clock ticks since boot; 0: not known */
	struct source exit;
	struct spawning *spawning; /* system.c's, until it is executed */
	struct rest *rest;	   /* system.c's, from linger to finish */
	int64_t ooms; /* processes killed for lack of memory, when it began */
	const char *why; /* during failed: the error in words, or NULL */
	bool is_pending; /* created, but has not executed its program yet */
	bool was_lost;	 /* the last one was killed at birth */
	bool is_leader;	 /* of the session that spawn made */
	bool is_main;	 /* of a program; else a command that helps one */
	/* Processes that keep has kept are not its own, see left. */
	bool keeps;
	/*
	 * Its pid file may name a process that nothing but its birth during the
	 * start, and its user (0: any), shows to be its own.
	 */
	bool claims;
	uid_t claims_uid;
};

/* A descriptor that the child gets as number to. */
struct system_fd {
	int from;
	int to;
};

/* Sockets, stored descriptors, and the one for readiness. */
#define SYSTEM_FDS (DEFINITION_LISTEN_MAX + DEFINITION_STORE_MAX + 2)
/* Room for a pid in decimal digits, with a NUL. */
#define SYSTEM_PID_MAX 12

struct system_request {
	const struct definition *conf; /* user, limits, directory ... */
	char *const *argv;
	char *const *envp;
	const char *path;   /* PATH, to find argv[0] in */
	const char *folder; /* of the process */
	const char *notify; /* NOTIFY_SOCKET, or NULL */
	/* Its network is that of this process; NULL: of its own */
	const struct child *main;
	struct stream *output; /* of descriptors 1 and 2; NULL: /dev/null */
	/* The first process of a start: conditions and folders come first. */
	bool begins;
	const struct system_fd *fds; /* at most SYSTEM_FDS */
	size_t nfds;
	/* It keeps the ids and the rights of the daemon. */
	bool is_privileged;
	char *pid; /* the child prints its pid there, see SYSTEM_PID_MAX */
	/* Where the child stores its pid first of all, or NULL. */
	volatile int32_t *record;
};

/* A process that an earlier daemon recorded. */
struct system_former {
	pid_t pid;
	uint64_t start_time; /* 0: it had only just been made */
	int pidfd;	     /* inherited; -1: none */
	bool is_spawned;     /* it may not have executed its program yet */
};

struct system {
	/* Create a process with child->run as its mark. */
	void (*spawn)(struct system *, struct child *,
	    const struct system_request *);
	/* -1 with errno; ESRCH if there is no process. */
	int (*signal)(struct system *, const struct child *, int sig);
	/*
	 * SIGKILL to the child and to all that it started.  Returns how many
	 * others had not been sent it before.
	 */
	int (*kill)(struct system *, const struct child *, const char *folder);
	/*
	 * How many processes has a child started or left that have not ended?
	 * Health checks and commands around the program are none of those of a
	 * main process.  Before the first start: how many has an earlier one
	 * left?
	 */
	int (*left)(struct system *, const struct child *, const char *folder);
	/*
	 * The same without helpers of the program and what is kept: how many?
	 * *root is the only one whose parent is none of them, else 0.
	 */
	int (*members)(struct system *, const struct child *,
	    const char *folder, pid_t *root);
	/* A signal to them.  Returns how many got it. */
	int (*signal_left)(struct system *, const struct child *,
	    const char *folder, int sig);
	/*
	 * The child has ended: reap and release it, and send the event gone
	 * when the processes that it left have ended, unless replace comes
	 * first; if it lingers already, look again.  -1 with errno: their end
	 * cannot be watched, and nothing was done.
	 */
	int (*linger)(struct system *, struct child *, const char *folder);
	/*
	 * The child has ended: kill the processes that it left and reap it, or
	 * end its lingering.  Returns how many it left.  release follows.
	 */
	int (*finish)(struct system *, struct child *, const char *folder);
	/*
	 * The same, but let the processes that it left live, and separate them
	 * from those of the next start.
	 */
	int (*keep)(struct system *, struct child *, const char *folder);
	/* How many of those that were kept have not ended? */
	int (*kept)(struct system *, const struct child *, const char *folder);
	/* Processes that programs left may be no children of this daemon. */
	void (*expect_strays)(struct system *);
	/*
	 * A child has ended: reap and forget it.  Harmless without a process.
	 */
	void (*release)(struct system *, struct child *);
	/*
	 * Kill a helper, its process group and the processes in its folder
	 * (NULL: none), and forget it; no event follows.  Harmless without a
	 * process.
	 */
	void (*cancel)(struct system *, struct child *, const char *folder);

	/* Is the process one of the children? */
	bool (*holds)(struct system *, pid_t);
	/*
	 * Open the recorded process, if it is proven to be the same;
	 * child->run is its mark.  False: it is gone.
	 */
	bool (*hold)(struct system *, struct child *,
	    const struct system_former *);
	/*
	 * Make another process of the program the main one, also after linger.
	 * 1: done.  0: it does not belong to the program.  -1 with errno: it
	 * cannot be opened.
	 */
	int (*replace)(struct system *, struct child *, pid_t,
	    const char *folder);
	/* See process/mainpid.h. */
	struct mainpid *(*read_pid)(struct system *, const char *path,
	    struct timespec oldest,
	    void (*done)(void *arg, pid_t, const char *why), void *arg);
	void (*forget_pid)(struct system *, struct mainpid *);
	/*
	 * The owner of a process, as the kernel reports it: the main process,
	 * or NULL and the folder ("": no owner).
	 */
	struct child *(*owner)(struct system *, pid_t, char *folder,
	    size_t size);
	/* Resident memory, bytes, and processor time, ms, of all processes. */
	int64_t (*memory)(struct system *, const struct child *,
	    const char *folder);
	int64_t (*cpu)(struct system *, const struct child *,
	    const char *folder);

	/*
	 * Can the limit be set?  prepare: make what the kernel needs for it.
	 * -1: no, and why is the reason.
	 */
	int (*check_limit)(struct system *, enum resource_kind, bool prepare,
	    char *why, size_t size);
	/* Set the limits of now, for a program that runs with those of old. */
	void (*adjust_limits)(struct system *, const struct definition *old,
	    const struct definition *now);
	/* Memory that counts against memory-max, in bytes; -1 if unknown. */
	int64_t (*memory_charged)(struct system *, const char *folder);
	/* Was its process, which SIGKILL ended, killed for lack of memory? */
	bool (*was_oom)(struct system *, const struct child *,
	    const char *folder);

	/* Kill the processes in a folder; remove an empty folder. */
	void (*clear_folder)(struct system *, const char *folder);
	void (*remove_folder)(struct system *, const char *folder);
	/* Kill the processes of runs that are over.  Returns how many. */
	int (*kill_runs)(struct system *, bool (*over)(uint64_t run, void *),
	    void *);
	/*
	 * Kill orphans.  Returns how many are still to die; not 0 also if it is
	 * too soon to look, and sweep_due comes later.
	 */
	int (*sweep)(struct system *);

	/*
	 * Remove runtime directories, a list as in base/strings.h, which is
	 * borrowed until removed is called.  program is for the event log.  -1
	 * with errno.
	 */
	int (*remove_runtime)(struct system *, const char *program,
	    char *const *names);

	/*
	 * The /tmp of a program with private-tmp is not that of the next start:
	 * remove it.  removed is called, with NULL, once nothing is left to
	 * remove.
	 */
	void (*end_tmp)(struct system *, const char *program);
	/*
	 * Keep a text about a failure of the program for the next daemon, or
	 * drop it (NULL).  -1 with errno.
	 */
	int (*keep_failure)(struct system *, const char *program,
	    const char *text);
	/* The text, which the caller frees; NULL: none was kept. */
	char *(*kept_failure)(struct system *, const char *program);
	/* Call each with the keys that sandbox = try leaves out. */
	void (*lacks)(const struct definition *,
	    void (*each)(void *arg, enum hardening_key, const char *why),
	    void *arg);
	/* Is a helper removing such folders? */
	bool (*ends_tmp)(const struct system *);

	/* Open, adjust or close the stream as conf says.  -1 with errno. */
	int (*open_stream)(struct system *, const struct definition *conf,
	    struct stream **);
	/* Its live settings only. */
	void (*adjust_stream)(struct system *, const struct definition *conf,
	    struct stream *);
	/* The program is about to start; see logger_stream_renew. */
	int (*renew_stream)(struct system *, const struct definition *conf,
	    struct stream *);
	/* The writing process has ended; see logger_stream_ended. */
	void (*end_stream)(struct system *, struct stream *,
	    void (*tail)(void *arg, const char *bytes, size_t len), void *);
	void (*close_stream)(struct system *, struct stream *);
	/* Its output cannot be written; see logger_stream_trouble. */
	time_t (*stream_trouble)(struct system *, const struct stream *,
	    char *why, size_t size);

	/*
	 * Open the socket for notify messages to a program, unless it is open
	 * for the user of conf already; again: see process/notify.h.  -1 with
	 * errno.
	 */
	int (*open_notify)(struct system *, const struct definition *conf,
	    int number, bool again, int inherited, void *owner,
	    struct notify_socket **);
	const char *(*notify_path)(struct system *,
	    const struct notify_socket *);
	int (*notify_fd)(struct system *, const struct notify_socket *);
	/* Accepts NULL. */
	void (*close_notify)(struct system *, struct notify_socket *);

	/*
	 * Set by programs_init.  A notify message, NULL if it was dropped;
	 * owner: that of the socket, NULL if all programs share it; sender: 0
	 * if it has ended.
	 */
	void (*notified)(void *arg, void *owner, const struct sdnotify *,
	    pid_t sender);
	/* A removal has come to its end; names is the list itself. */
	void (*removed)(void *arg, char *const *names);
	/* There may be orphans: call sweep. */
	void (*sweep_due)(void *arg);
	/*
	 * The run of the only program that can have made an orphan of this
	 * user at that time, in clock ticks since boot; 0: none, or several.
	 */
	uint64_t (*run_of_user)(void *arg, uid_t, uint64_t start_time);
	/* An orphan of that run was killed. */
	void (*orphan_killed)(void *arg, uint64_t run, pid_t);
	void *arg;
	/* The beginning of each environment, with PATH; borrowed. */
	char *const *environment;
	/* The bases of the folders of programs, by kind; borrowed. */
	const char *const *bases;
};

/* The parts of the real system; all borrowed. */
struct system_parts {
	struct loop *loop;
	struct logger *logger;
	struct cgroup *cgroup; /* NULL: process groups and marks */
	const char *notify;    /* the folder of the notify sockets */
	const char *run_dir;   /* of the daemon */
	const char *state_dir; /* of the daemon */
	struct helpers *helpers;
	const char *const *bases; /* of the folders, by enum folder_kind */
	bool foreground;	  /* the daemon has a standard output */
	/* Is the child one of the daemon's own?  Its owner reaps it. */
	bool (*is_ours)(pid_t, void *);
	/* Such a child has ended. */
	void (*ours_died)(pid_t, void *);
	void *arg;
};

/* NULL with errno. */
struct system *system_new(const struct system_parts *);
/* Accepts NULL. */
void system_free(struct system *);
/*
 * The socket of version 0.1 for all programs, see notify_open_shared.  Returns
 * it, or NULL with errno.
 */
struct notify_socket *system_share_notify(struct system *, const char *path,
    int inherited);
/* SIGCHLD reported this child. */
void system_child_died(struct system *, pid_t);

#endif
