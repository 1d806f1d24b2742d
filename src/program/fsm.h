/*
 * fsm - one program as a state machine: state x want x event to the next
 * state and at most a few actions.
 *
 * Layer 1.  Pure.  See fsm.c for the table's reasoning.
 */
#ifndef FSM_H
#define FSM_H

#include <stdbool.h>

enum fsm_state {
	STATE_DOWN,	/* no process; waits for START, or for a dependency */
	STATE_STARTING, /* a process exists and is not ready */
	STATE_UP,	/* ready */
	STATE_STOPPING, /* the stop signal was sent */
	STATE_KILLING,	/* SIGKILL was sent */
	STATE_WAIT,	/* ended; a deadline says when it is started again */
	STATE_DONE,	/* ended by itself, well, and is not restarted */
	STATE_FAILED,	/* given up */
};
#define FSM_STATES 8

enum fsm_want {
	WANT_RUN,
	WANT_REST,
	WANT_RESTART, /* stop, then as WANT_RUN */
	WANT_REMOVE,  /* stop, then free */
};
#define FSM_WANTS 4

enum fsm_event {
	EVENT_START,
	EVENT_STOP,
	EVENT_RESTART,
	EVENT_REMOVE,
	EVENT_EXEC_OK,
	EVENT_EXEC_FAIL,
	EVENT_READY,
	EVENT_EXITED,
	EVENT_TIMEOUT,
	EVENT_UNHEALTHY,
};
#define FSM_EVENTS 10

/* What is to become of a program that ended while it was wanted. */
enum fsm_fate {
	FATE_AGAIN, /* wait for a deadline, then start again */
	FATE_DONE,  /* it ended well and is not restarted */
	FATE_FAIL,  /* it failed and is not restarted */
};

/* What the machine has to be told besides the event. */
struct fsm_facts {
	bool blocked; /* a dependency is not ready: do not spawn */
	bool held;    /* a dependent that is leaving is alive: do not stop */
	enum fsm_fate fate; /* for EXITED and EXEC_FAIL */
};

enum {
	ACT_SPAWN = 1 << 0,  /* create the process */
	ACT_SIGNAL = 1 << 1, /* send the stop signal */
	ACT_KILL = 1 << 2,   /* SIGKILL to all of it */
	ACT_SWEEP = 1 << 3,  /* end what the program left */
	ACT_FREE = 1 << 4,   /* the definition is gone: free it */
};

struct fsm_next {
	enum fsm_state state;
	enum fsm_want want;
	unsigned actions; /* ACT_ bits */
};

struct fsm_next fsm_step(enum fsm_state, enum fsm_want, enum fsm_event,
    struct fsm_facts);

/* Does a process exist in this state?  Is it ready, or done? */
bool fsm_is_alive(enum fsm_state);
bool fsm_is_ready(enum fsm_state);
/* "up", "starting" ... as in status and in the log. */
const char *fsm_state_name(enum fsm_state);
const char *fsm_event_name(enum fsm_event);

#endif
