/*
 * steps - what the files of steps share; each step is done to the world and
 * to the model.
 */
#ifndef STEPS_H
#define STEPS_H

#include <stdbool.h>

#include "chaos.h"

enum verb { START, STOP, RESTART };

/* steps.c: any program, and any that is defined. */
struct program *step_pick_any(struct chaos *);
struct program *step_pick(struct chaos *);

/* step_request.c */
void step_request(struct chaos *);
void step_requests(struct chaos *);
void step_stopped_program(struct chaos *);
void step_strangers(struct chaos *);
/* The model of one that is wanted from now on. */
void step_want(struct chaos *, struct program *, bool again);
/* A request that may have been heard: what it would change is unsure. */
void step_make_unsure(struct chaos *, struct program *);
/* Ask, and do not wait for the verdict: the descriptor of ask_end. */
int step_begin(struct chaos *, const struct program *, enum verb);

/* step_files.c */
void step_reload(struct chaos *);
void step_hup(struct chaos *);
void step_bad_reload(struct chaos *);
void step_rollback(struct chaos *);
/* Good changes to some files; true if they include one that may fail. */
bool step_change_files(struct chaos *);
/* Make a file bad, or several; none of it is in the model. */
void step_spoil_files(struct chaos *);

/* step_kill.c */
void step_kill_programs(struct chaos *);
void step_signal(struct chaos *);
void step_kill_daemon(struct chaos *);
void step_kill_guard(struct chaos *);
void step_kill_logger(struct chaos *);
void step_kill_several(struct chaos *);
void step_kill_twice(struct chaos *);
void step_kill_during(struct chaos *);
void step_kill_both(struct chaos *);
void step_bad_start(struct chaos *);
/* The SIGKILL alone. */
void step_end_daemon(struct chaos *);

/* step_exec.c */
void step_reexec(struct chaos *);
void step_bad_reexec(struct chaos *);
void step_kill_reexec(struct chaos *);

#endif
