/*
 * start - create a process from a definition: environment, output, readiness
 * descriptor and the request to the system.
 */
#ifndef START_H
#define START_H

#include "program/data.h"

/* A command that runs with a program's attributes and environment. */
struct start_command {
	char *const *argv;
	pid_t mainpid;	    /* for MAINPID; 0: do not set it */
	const char *folder; /* the name of its cgroup */
	bool is_logged;	    /* its output goes where the program's goes */
	bool is_privileged; /* it keeps the ids and the rights of the daemon */
	/* For SERVICE_RESULT, EXIT_CODE and EXIT_STATUS; NULL: do not set. */
	const struct program_end *end;
	bool was_asked; /* for them: somebody asked for that end */
	/* For HUPD_STATE and HUPD_REASON; NULL: do not set. */
	const char *state;
	const char *reason;
	bool begins; /* it is the first process of a start */
	const struct system_fd *fds;
	size_t nfds;
	size_t nlisten;	   /* for LISTEN_FDS; 0: it is not set */
	const char *names; /* for LISTEN_FDNAMES */
	volatile int32_t *record;
};

/*
 * Get ready to start the program, before the first process of the start; so
 * does start_main.  -1: p->end says why not.
 */
int start_prepare(struct program *);
/*
 * Start the program.  The events of p->child follow.  -1: no process was
 * created; p->end says why.
 */
int start_main(struct program *);
/*
 * Start a command as the child, with child->run as its mark.  Events follow.
 * -1 with errno: an environment file could not be read.
 */
int start_command(struct program *, const struct start_command *,
    struct child *);
/* The main process could not be started: fill in p->end. */
void start_failed(struct program *, enum program_end_kind,
    const struct spawn_error *);
/* Open, adjust or close its stream as its definition says; -1 with errno. */
int start_open_stream(struct program *);
/*
 * Open its notify socket, or close it, as its definition says.  again: a
 * process of it knows the path.  inherited: its descriptor from an earlier
 * daemon, or -1. -1 with errno.
 */
int start_open_notify(struct program *, bool again, int inherited);
/* Close the readiness descriptor. */
void start_close_ready(struct program *);
/* Is the program to send WATCHDOG=1? */
bool start_is_watched(const struct program *);

#endif
