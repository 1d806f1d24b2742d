/*
 * names - the words that daemon and client share: exit statuses; the states,
 * steps and wants of a program, and the events between them.  Log, replies,
 * status and metrics all use these.
 *
 * The enums stand here and not with the state machine, so that a word cannot
 * get out of step with its enum.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>

/*
 * The exit statuses of hupctl and hupd, and of a reply; after those of the
 * Linux Standard Base for init scripts.
 */
enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_UP = 3,
	STATUS_DENIED = 4,
	STATUS_REJECTED = 6,
	STATUS_NO_DAEMON = 7,
};
#define STATUS_MAX STATUS_NO_DAEMON

/* The state of a program.  Kept in records: do not renumber. */
enum program_state {
	STATE_DOWN,	/* no process; not wanted, or waits for a dependency */
	STATE_STARTING, /* a process exists, but is not ready */
	STATE_UP,	/* the process is ready */
	STATE_STOPPING, /* the stop signal was sent */
	STATE_KILLING,	/* SIGKILL was sent */
	STATE_WAIT,	/* the process ended; the restart delay is running */
	STATE_DONE,	/* the process ended well and is not restarted */
	STATE_FAILED,	/* the process failed and is not restarted */
};
#define PROGRAM_STATES 8

/*
 * The step of a state that has several.  Kept in records: do not renumber.
 * Records of version 0.1 have STEP_NONE.
 */
enum program_step {
	STEP_NONE,    /* the state has no steps */
	STEP_EXEC,    /* STARTING: the process has yet to execute the program */
	STEP_READY,   /* STARTING: it has yet to say that it is ready */
	STEP_SETTLE,  /* STARTING: it has to live for settle-time */
	STEP_SIGNAL,  /* STOPPING, KILLING: the main process got the signal */
	STEP_LEFT,    /* STOPPING, KILLING: it ended, and what it left got it */
	STEP_OWN,     /* STOPPING: it ends by itself, and got no signal */
	STEP_PRE,     /* STARTING: start-pre runs; later: it got the signal */
	STEP_POST,    /* STARTING: start-post runs */
	STEP_COMMAND, /* STOPPING: stop-command runs */
	STEP_STOP_POST, /* STOPPING, KILLING: stop-post runs */
	STEP_FORKED, /* STARTING, UP: another process is to be the main one */
};
#define PROGRAM_STEPS 12

/* The request for a program.  Kept in records: do not renumber. */
enum program_want {
	WANT_RUN,
	WANT_REST,
	WANT_RESTART, /* stop, then run */
	WANT_REMOVE,  /* stop, then forget the program */
};
#define PROGRAM_WANTS 4

enum program_event {
	EVENT_START, /* the first four are requests */
	EVENT_STOP,
	EVENT_RESTART,
	EVENT_REMOVE,
	EVENT_EXEC_OK,
	EVENT_EXEC_FAIL,
	EVENT_READY,
	EVENT_EXITED,
	EVENT_TIMEOUT, /* the deadline of the state and step has passed */
	EVENT_UNHEALTHY,
	EVENT_NEED_STOPS, /* somebody stops or restarts a dependency */
	EVENT_GONE,	  /* the processes that the main process left, too */
	EVENT_STOPPING,	  /* it says STOPPING=1 */
	EVENT_TRIGGER,	  /* it says WATCHDOG=trigger */
	EVENT_HOOK_OK,	  /* the commands of the step have ended well */
	EVENT_HOOK_FAIL,  /* one of them has failed, the others do not run */
	EVENT_DUE,	  /* start or restart it at the end of the turn */
	EVENT_FORKED,	  /* the main process ended, and has left another */
	EVENT_MAIN_FOUND, /* that other one is known */
};
#define PROGRAM_EVENTS 19

/* "down", "starting", "up" ... */
const char *names_state(enum program_state);
/* "run", "rest", "restart", "remove". */
const char *names_want(enum program_want);
/*
 * "", "exec", "ready", "settle", "signal", "left", "own", "forked"; those of
 * the steps that run commands are the keys: "start-pre", "start-post",
 * "stop-command", "stop-post".
 */
const char *names_step(enum program_step);
/* An event, as it reads in a state: "stop", "ready", "delay over" ... */
const char *names_event(enum program_event, enum program_state,
    enum program_step);

/* The states that hupctl wait can wait for. */
enum goal {
	GOAL_READY,   /* up, done, or not to be started as a condition says */
	GOAL_STOPPED, /* no process runs, and none will by itself */
	GOAL_UP,      /* the others are states in which a program can stay */
	GOAL_DOWN,
	GOAL_DONE,
	GOAL_FAILED,
};
#define GOALS 6

/* "ready", "stopped", "up", "down", "done", "failed". */
const char *names_goal(enum goal);
/* Find the goal of that name.  False: no goal has it. */
bool names_is_goal(const char *name, enum goal *);

/* The verdict of health checks. */
#define NAMES_HEALTHY "healthy"
#define NAMES_UNHEALTHY "unhealthy"

/* The meaning of an exit status in a few words; NULL: it is not in use. */
const char *names_status(int status);
/* The variable that marks the processes of one start of a program. */
#define NAMES_MARK "HUPD_RUN"

#endif
