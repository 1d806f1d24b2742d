/*
 * system - what program/ needs from the operating system: processes with all
 * that belongs to them, and a place for what they print.
 *
 * The rest of program/ goes through the functions of a struct system.
 * system.c has the real ones; a unit test has its own, without a process.
 *
 * A folder is the name of a cgroup: that of a program, or one below it.  Where
 * there are no cgroups, a mark in the environment of each process takes their
 * place; see orphan.h.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <sys/types.h>
#include <sys/tree.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "config/definition.h"
#include "wire/ending.h"
#include "wire/sdnotify.h"

struct cgroup;
struct child;
struct logger;
struct notify_socket;
struct stream;

struct spawning;

/*
 * What becomes of a child.  After each spawn comes executed, failed or lost;
 * failed may come before spawn returns, if there is no process at all.
 *
 * A child that has ended keeps its pid, and with it its process group, until
 * its owner lets it go.  An owner that does not gets the event again in the
 * next turn, if the child has a pidfd.
 */
struct child_events {
	/* It executes its program from now on. */
	void (*executed)(struct child *);
	/* It has ended, or could not be made, before it executed anything. */
	void (*failed)(struct child *, const struct spawn_error *);
	/*
	 * The kernel has killed it at birth: let it go and spawn it again, or
	 * return false to have the end as an event.
	 */
	bool (*lost)(struct child *);
	/* It has ended. */
	void (*ended)(struct child *, const struct process_end *);
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
	bool is_pending;	   /* made, but has not executed anything yet */
	bool was_lost;		   /* the last one was killed at birth */
	bool is_leader;		   /* of the session that spawn made */
	bool is_main; /* of a program; else a command that helps one */
};

/* A descriptor that the child gets as number to. */
struct system_fd {
	int from;
	int to;
};

struct system_request {
	const struct definition *conf; /* user, limits, directory ... */
	char *const *argv;
	char *const *envp;
	const char *path;      /* PATH, to find argv[0] in */
	const char *folder;    /* of the process */
	struct stream *output; /* of descriptors 1 and 2; NULL: /dev/null */
	const struct system_fd *fds;
	size_t nfds;
	/* Where the child stores its pid first of all, or NULL. */
	volatile int32_t *record;
};

/* A process that an earlier daemon recorded. */
struct system_former {
	pid_t pid;
	uint64_t start_time; /* 0: it had only just been made */
	int pidfd;	     /* inherited; -1: none */
};

struct system {
	/* Create a process with child->run as its mark. */
	void (*spawn)(struct system *, struct child *,
	    const struct system_request *);
	/* -1 with errno; ESRCH if there is no process. */
	int (*signal)(struct system *, const struct child *, int sig);
	/* SIGKILL to the child and to all that it started. */
	void (*kill)(struct system *, const struct child *, const char *folder);
	/*
	 * The main process has ended: kill all that it left and reap it.
	 * Returns how many processes it had left.  release follows.
	 */
	int (*finish)(struct system *, struct child *, const char *folder);
	/* A child has ended: let it go.  Harmless without a process. */
	void (*release)(struct system *, struct child *);
	/*
	 * Kill a helper, its process group and what is in its folder (NULL:
	 * none), and let it go; no event follows.  Harmless without a process.
	 */
	void (*cancel)(struct system *, struct child *, const char *folder);

	/* Is the process one of the children? */
	bool (*holds)(struct system *, pid_t);
	/*
	 * Hold what is proven to be the former process, of which child->run is
	 * the mark.  False: it is gone.
	 */
	bool (*hold)(struct system *, struct child *,
	    const struct system_former *);
	/*
	 * Make another process of the program its main one: 1.  0: it is none
	 * of the program's.  -1 with errno: it cannot be held.
	 */
	int (*replace)(struct system *, struct child *, pid_t,
	    const char *folder);
	/*
	 * Whose process is it, by what the kernel says?  The main process, or
	 * NULL and the folder ("": nobody's).
	 */
	struct child *(*owner)(struct system *, pid_t, char *folder,
	    size_t size);
	/* Resident memory, bytes, and processor time, ms, of all of it. */
	int64_t (*memory)(struct system *, const struct child *,
	    const char *folder);
	int64_t (*cpu)(struct system *, const struct child *,
	    const char *folder);

	/* Kill what is in a folder; remove an empty one. */
	void (*clear_folder)(struct system *, const char *folder);
	void (*remove_folder)(struct system *, const char *folder);
	/* Kill what the runs left that are over; how many there were. */
	int (*kill_runs)(struct system *, bool (*over)(uint64_t run, void *),
	    void *);
	/* Kill orphans.  Returns how many children are still to die. */
	int (*sweep)(struct system *);

	/* Open, adjust or close the stream as conf says.  -1 with errno. */
	int (*open_stream)(struct system *, const struct definition *conf,
	    struct stream **);
	/* Its live settings only. */
	void (*adjust_stream)(struct system *, const struct definition *conf,
	    struct stream *);
	/* The program is about to start; see logger_stream_renew. */
	int (*renew_stream)(struct system *, const struct definition *conf,
	    struct stream *);
	/* What printed to it has ended; see logger_stream_ended. */
	void (*end_stream)(struct system *, struct stream *,
	    void (*tail)(void *arg, const char *bytes, size_t len), void *);
	void (*close_stream)(struct system *, struct stream *);

	/*
	 * Open the socket for notify messages to a program, unless it is open
	 * for the user of conf already; see process/notify.h.  -1 with errno.
	 */
	int (*open_notify)(struct system *, const struct definition *conf,
	    int number, int inherited, void *owner, struct notify_socket **);
	const char *(*notify_path)(struct system *,
	    const struct notify_socket *);
	int (*notify_fd)(struct system *, const struct notify_socket *);
	/* Accepts NULL. */
	void (*close_notify)(struct system *, struct notify_socket *);

	/*
	 * Set by programs_init.  A notify message; owner: that of the socket,
	 * NULL if all programs share it; sender: 0 if it has ended.
	 */
	void (*notified)(void *arg, void *owner, const struct sdnotify *,
	    pid_t sender);
	/* There may be orphans, call sweep. */
	void (*sweep_due)(void *arg);
	/* An orphan of that run was killed. */
	void (*orphan_killed)(void *arg, uint64_t run, pid_t);
	void *arg;
};

/* What the real one is made of; all borrowed. */
struct system_parts {
	struct loop *loop;
	struct logger *logger;
	struct cgroup *cgroup; /* NULL: process groups and marks */
	const char *notify;    /* the folder of the notify sockets */
	bool foreground;       /* the daemon has a standard output */
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
/* SIGCHLD named this child. */
void system_child_died(struct system *, pid_t);

#endif
