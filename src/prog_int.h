/*
 * prog_int - what prog, progs, progspawn and action share among themselves.
 */
#ifndef PROG_INT_H
#define PROG_INT_H

#include "prog.h"

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
/* prog.c: end what its process left, which has ended, and let go of it. */
void prog_sweep(struct prog *);
/* The one way in for every event; the deadline of its state, from then on. */
void prog_feed(struct prog *, enum fsm_event);
void prog_arm(struct prog *, struct mono from);
/* Is it to give signs of life? */
bool prog_is_watched(const struct prog *);
/* Those who watch take note, and act at the end of the turn. */
void prog_tell(struct prog *);
/* A newline came on the descriptor of READY_FD. */
void prog_became_ready(struct prog *);

/* progspawn.c: create its process; -1 with p->end filled in. */
int prog_spawn(struct prog *);
/* Its attributes, environment and containment for another command. */
int prog_spawn_helper(struct prog *, char *const *argv, struct spawn_child *,
    struct spawn_error *);
/* The readiness descriptor: set up once, and let go. */
void prog_init_ready(struct prog *);
void prog_close_ready(struct prog *);
/* Open, adjust or close its stream as its definition says; -1 with errno. */
int prog_open_stream(struct prog *);
/* Its live settings only. */
void prog_adjust_stream(struct prog *);

#endif
