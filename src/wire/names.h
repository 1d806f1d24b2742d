/*
 * names - the words that daemon and client share: exit statuses; the states
 * and wants of a program, and the events between them.  Log, replies, status
 * and metrics all use these.
 *
 * The enums stand here and not with the state machine, so that a word cannot
 * get out of step with its enum.
 */
#ifndef NAMES_H
#define NAMES_H

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
	EVENT_TIMEOUT, /* the deadline of the state has passed */
	EVENT_UNHEALTHY,
};
#define PROGRAM_EVENTS 10

/* "down", "starting", "up" ... */
const char *names_state(enum program_state);
/* "run", "rest", "restart", "remove". */
const char *names_want(enum program_want);
/* An event, as it reads in a state: "stop", "ready", "delay over" ... */
const char *names_event(enum program_event, enum program_state);

/* The verdict of health checks. */
#define NAMES_HEALTHY "healthy"
#define NAMES_UNHEALTHY "unhealthy"

/* The meaning of an exit status in a few words; NULL: it is not in use. */
const char *names_status(int status);
/* The variable that marks the processes of one start of a program. */
#define NAMES_MARK "HUPD_RUN"

#endif
