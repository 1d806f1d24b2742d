/*
 * fsm - one program as a state machine: from state, step, want and event to
 * the next state, the next step, the next want and a few actions.
 *
 * Pure.  The first comment of fsm.c explains states, steps, wants and events.
 */
#ifndef FSM_H
#define FSM_H

#include <stdbool.h>

#include "wire/names.h"

/* The next step of a program that ended while it was wanted. */
enum fsm_fate {
	FATE_NEXT,  /* it ended well and has another command */
	FATE_AGAIN, /* wait for a deadline, then start again */
	FATE_DONE,  /* it ended well and is not restarted */
	FATE_FAIL,  /* it failed and is not restarted */
	FATE_UNMET, /* a condition is not met: no start, and no failure */
};

/* The facts that the machine needs besides the event. */
struct fsm_facts {
	bool blocked; /* a dependency is not ready: do not spawn */
	bool held;    /* a dependent that is leaving is alive: do not stop */
	bool main;    /* the main process exists */
	/* Commands around it are configured, and due at this event. */
	bool has_pre;
	bool has_post;
	bool has_stop_command;
	bool has_stop_post;
	bool awaited; /* once executed, it has to become READY or to end well */
	bool settles; /* then it has to live for a time */
	/*
	 * Processes that have to end exist besides the main process, or of an
	 * earlier start.
	 */
	bool left;
	bool together; /* they get the stop signal when the main process does */
	bool at_once;  /* SIGKILL instead of the stop signal */
	bool spared;   /* no SIGKILL follows the stop signal */
	enum fsm_fate fate; /* for events that may end the run */
};

enum {
	ACT_SPAWN = 1 << 0,  /* create the process of its first command */
	ACT_SIGNAL = 1 << 1, /* send the stop signal; at LEFT, to the rest */
	ACT_KILL = 1 << 2,   /* send SIGKILL; at LEFT, to the rest */
	ACT_LINGER = 1 << 3, /* reap the main process, and watch the rest */
	ACT_FINISH = 1 << 4, /* all that have to end have: reap the main one */
	ACT_FREE = 1 << 5,   /* the definition is gone: free it */
	ACT_NEXT = 1 << 6,   /* create the process of its next command */
	ACT_HOOK = 1 << 7,   /* run the commands of the step */
	ACT_SEARCH = 1 << 8, /* search for its next main process */
};

struct fsm_next {
	enum program_state state;
	enum program_step step;
	enum program_want want;
	unsigned actions; /* ACT_ bits */
};

struct fsm_next fsm_step(enum program_state, enum program_step,
    enum program_want, enum program_event, struct fsm_facts);

/* Can a program in this state be at that step?  Where does it begin? */
bool fsm_has_step(enum program_state, enum program_step);
enum program_step fsm_first_step(enum program_state);
/* Does a process exist in this state?  Is it ready, or done? */
bool fsm_is_alive(enum program_state);
bool fsm_is_ready(enum program_state);

#endif
