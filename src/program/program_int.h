/*
 * program_int - what prog, progs, progspawn and action share among themselves.
 */
#ifndef PROG_INT_H
#define PROG_INT_H

#include "program/program.h"

/*
 * SIGKILL is repeated so often, ms: a process in uninterruptible sleep does
 * not hear it.  Who waits for its end is told that it may not come.
 */
#define PROG_KILL_AGAIN 5000

/* progs.c: the index of main processes, and work for the end of the turn. */
bool programs_has_pid(struct programs *, pid_t);
void programs_add_pid(struct program *);
void programs_remove_pid(struct program *);
void programs_queue(struct program *);
void programs_drain_later(struct programs *);
void programs_sweep_later(struct programs *);
void programs_bury(struct program *);
void programs_unlink(struct program *);

/*
 * progrecord.c: what a later daemon needs.  Where spawn stores the pid, its
 * main process (or that there is none), and all the rest.
 */
volatile int32_t *record_pid(struct program *);
void record_main(struct program *, pid_t);
void record_note(struct program *);
/* prog.c: free what is in no list of the set any more. */
void program_free(struct program *);
/* prog.c: its process may have ended.  progask.c: its neighbours changed. */
void program_exited(struct program *);
void program_look_again(struct program *);
/* proginfo.c: it waits for what will not become ready, or not soon. */
bool outcome_is_hopeless(const struct program *);
/* proginfo.c: what it is being ended for, though it is wanted. */
enum program_late outcome_late(const struct program *);
/* proginfo.c: how a process ended, in words. */
void describe_exit(const struct process_end *, char *buf, size_t size);

/*
 * proghealth.c: its state has changed; its definition has, was old; what an
 * earlier daemon counted, and going on from there; its end.
 */
void health_follow(struct program *);
void health_adjust(struct program *, const struct definition *old);
void health_restore(struct program *, uint32_t failures);
void health_resume(struct program *);
void health_free(struct program *);
/* Have enough checks failed? */
bool health_is_failing(const struct program *);
/* What is wrong: "unhealthy 2/3: exited, status 1"; or "". */
void health_text(const struct program *, char *buf, size_t size);

/* prog.c: end what its process left, which has ended, and let go of it. */
void program_sweep(struct program *);
/* The one way in for every event; the deadline of its state, from then on. */
void program_feed(struct program *, enum program_event);
void program_arm(struct program *, struct mono from);
/* A wait for a restart is no longer than its definition, changed, has it. */
void program_shorten_wait(struct program *);
/* Is it to give signs of life? */
bool program_is_watched(const struct program *);
/* Those who watch take note, and act at the end of the turn. */
void program_changed(struct program *);
/* A newline came on the descriptor of READY_FD. */
void program_became_ready(struct program *);

/*
 * start.c: create its process, see spawn(); p->exec gets its report.  -1 with
 * p->end filled in.
 */
int start_main(struct program *);
/* What is to run with a program's attributes and in its environment. */
struct program_command {
	char *const *argv;
	uint64_t run;	    /* its mark */
	pid_t mainpid;	    /* 0: it is itself the main process */
	const char *cgroup; /* the name of its folder */
	bool is_logged;	    /* what it prints goes where the program's goes */
	const struct spawn_fd *fds;
	size_t nfds;
};

/*
 * As spawn().  env_failed: the environment could not be made, see the error in
 * the report.
 */
int start_command(struct program *, const struct program_command *,
    struct process *, struct spawn_report *, bool *env_failed);
/* As one of the program's own processes. */
int start_helper(struct program *, char *const *argv, struct process *,
    struct spawn_report *);
/* Note in p->end that it could not be started. */
void start_failed(struct program *, enum program_end_kind,
    const struct spawn_error *);
/* The readiness descriptor: set up once, and let go. */
void program_init_ready(struct program *);
void start_close_ready(struct program *);
/* Open, adjust or close its stream as its definition says; -1 with errno. */
int start_open_stream(struct program *);
/* Its live settings only. */
void start_adjust_stream(struct program *);

#endif
