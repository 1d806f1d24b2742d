/*
 * program - one program: the only writer of its state, and the functions that
 * others call.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "program/data.h"

/* A new program, DOWN.  Takes a reference to conf.  NULL with errno. */
struct program *program_new(struct programs *, struct definition *conf);
/* Take it out of every list of the set; it is freed at the turn's end. */
void program_retire(struct program *);
/* Free one that is in no list of the set. */
void program_free(struct program *);

/*
 * A request of an administrator or a reload.  START and RESTART start its
 * dependencies too, and forget the restart history.  STOP stops its dependents
 * too, which remain wanted: the next start brings them back.
 */
void program_request(struct program *, enum program_event);
/* START of this program alone: a dependency that was stopped stays so. */
void program_retry(struct program *);
/* RESTART by an administrator: its dependents stop, and start after it. */
void program_restart(struct program *);
/* Was a start of it ever tried? */
bool program_was_started(const struct program *);
/* Would a START of a program that depends on it start it, too? */
bool program_awaits_start(const struct program *);
/* Every event enters here. */
void program_feed(struct program *, enum program_event);
/* It has become ready: restart what restarts with it, unless it is the first
 * time. */
void program_lead(struct program *);
/* A neighbour has changed. */
void program_look_again(struct program *);
/* Have program_look_again called at the end of the turn. */
void program_queue(struct program *);
/*
 * A message of the notify socket, from one of its processes; sender 0: not
 * known.  Or one that was dropped.
 */
void program_notified(struct program *, const struct sdnotify *, pid_t sender);
void program_not_notified(struct program *);
/*
 * Give it another definition; void, because it must not fail.  Live keys take
 * effect at once, the others with the next start.
 */
void program_set_conf(struct program *, struct definition *);
/* Send its main process a signal.  -1 with errno. */
int program_signal(struct program *, int sig);
/*
 * How many processes has it left: those that have to end before the next
 * start, or those that kill-mode = process keeps?
 */
int program_left(const struct program *);
/* A comparison for qsort(3): dependents come before their dependencies. */
int program_leaves_before(const struct program *a, const struct program *b);

/* Be notified of changes; or no longer. */
void program_watch(struct program *, struct watch *);
void program_unwatch(struct watch *);

/*
 * For takeover.c: state, step and want as recorded, without an event; the
 * deadline of the state, counted from the given time; the end of the main
 * process, see p->end; that of one whose state has been left, or that left
 * processes which have to end.
 */
void program_restore(struct program *, enum program_state, enum program_step,
    enum program_want);
void program_arm(struct program *, struct mono from);
void program_main_ended(struct program *);
void program_finish(struct program *);
void program_linger(struct program *);

int program_names_cmp(struct program *, struct program *);
RB_PROTOTYPE(program_names, program, by_name, program_names_cmp)

#endif
