/*
 * prog_int - what prog, progs, progspawn and action share among themselves.
 */
#ifndef PROG_INT_H
#define PROG_INT_H

#include "program/prog.h"

/*
 * SIGKILL is repeated so often, ms: a process in uninterruptible sleep does
 * not hear it.  Who waits for its end is told that it may not come.
 */
#define PROG_KILL_AGAIN 5000

/* progs.c: the index of main processes, and work for the end of the turn. */
bool progs_has_pid(struct progs *, pid_t);
void progs_add_pid(struct prog *);
void progs_remove_pid(struct prog *);
void progs_queue(struct prog *);
void progs_drain_later(struct progs *);
void progs_sweep_later(struct progs *);
void progs_bury(struct prog *);
void progs_unlink(struct prog *);

/*
 * progrecord.c: what a later daemon needs.  Where spawn stores the pid, its
 * main process (or that there is none), and all the rest.
 */
volatile int32_t *prog_record_pid(struct prog *);
void prog_record_main(struct prog *, pid_t);
void prog_note(struct prog *);
/* prog.c: free what is in no list of the set any more. */
void prog_free(struct prog *);
/* prog.c: its process may have ended.  progask.c: its neighbours changed. */
void prog_exited(struct prog *);
void prog_look_again(struct prog *);
/* proginfo.c: it waits for what will not become ready, or not soon. */
bool prog_is_hopeless(const struct prog *);
/* proginfo.c: what it is being ended for, though it is wanted. */
enum prog_late prog_is_late(const struct prog *);
/* proginfo.c: how a process ended, in words. */
void prog_exit_text(const struct process_end *, char *buf, size_t size);

/*
 * proghealth.c: its state has changed; its definition has, was old; what an
 * earlier daemon counted, and going on from there; its end.
 */
void prog_health_follow(struct prog *);
void prog_health_adjust(struct prog *, const struct conf *old);
void prog_health_restore(struct prog *, uint32_t failures);
void prog_health_resume(struct prog *);
void prog_health_free(struct prog *);
/* Have enough checks failed? */
bool prog_is_unhealthy(const struct prog *);
/* What is wrong: "unhealthy 2/3: exited, status 1"; or "". */
void prog_health_text(const struct prog *, char *buf, size_t size);

/* prog.c: end what its process left, which has ended, and let go of it. */
void prog_sweep(struct prog *);
/* The one way in for every event; the deadline of its state, from then on. */
void prog_feed(struct prog *, enum fsm_event);
void prog_arm(struct prog *, struct mono from);
/* A wait for a restart is no longer than its definition, changed, has it. */
void prog_shorten_wait(struct prog *);
/* Is it to give signs of life? */
bool prog_is_watched(const struct prog *);
/* Those who watch take note, and act at the end of the turn. */
void prog_tell(struct prog *);
/* A newline came on the descriptor of READY_FD. */
void prog_became_ready(struct prog *);

/* progspawn.c: create its process; -1 with p->end filled in. */
int prog_spawn(struct prog *);
/* What is to run with a program's attributes and in its environment. */
struct prog_command {
	char *const *argv;
	uint64_t run;	    /* its mark */
	pid_t mainpid;	    /* 0: it is itself the main process */
	const char *cgroup; /* the name of its folder */
	bool is_logged;	    /* what it prints goes where the program's goes */
	const struct spawn_fd *fds;
	size_t nfds;
};

/* env_failed: it was the environment that could not be made. */
int prog_spawn_command(struct prog *, const struct prog_command *,
    struct process *, struct spawn_error *, bool *env_failed);
/* As one of the program's own processes. */
int prog_spawn_helper(struct prog *, char *const *argv, struct process *,
    struct spawn_error *);
/* The readiness descriptor: set up once, and let go. */
void prog_init_ready(struct prog *);
void prog_close_ready(struct prog *);
/* Open, adjust or close its stream as its definition says; -1 with errno. */
int prog_open_stream(struct prog *);
/* Its live settings only. */
void prog_adjust_stream(struct prog *);

#endif
