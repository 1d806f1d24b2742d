/*
 * sdnotify - the text of the messages that programs send to the notify socket.
 *
 * A message is a list of assignments, one a line, without a NUL at its end.
 * Pure: the socket is process/notify.  Source: sd_notify(3).
 */
#ifndef SDNOTIFY_H
#define SDNOTIFY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest status that is kept, with its NUL. */
#define SDNOTIFY_STATUS_MAX 256

/* The longest FDNAME, with its NUL. */
#define SDNOTIFY_NAME_MAX 256

/* NOTIFYACCESS: whose messages count. */
enum sdnotify_access {
	SDNOTIFY_ALL,  /* those of all its processes */
	SDNOTIFY_EXEC, /* of its main process and of its commands */
	SDNOTIFY_MAIN, /* of its main process */
	SDNOTIFY_NONE,
};

/* One message, parsed.  A field whose assignment is missing is zero. */
struct sdnotify {
	bool ready;
	bool reloading;
	bool stopping;
	bool watchdog;
	bool trigger;	/* WATCHDOG=trigger */
	bool mainpidfd; /* a descriptor of the main process came with it */
	pid_t mainpid;
	bool has_err;
	int err; /* ERRNO= */
	bool has_exit_status;
	int exit_status;
	bool has_access;
	enum sdnotify_access access;
	bool has_watchdog_time;
	int64_t watchdog_time; /* WATCHDOG_USEC=, in ms; 0: none */
	int64_t extend;	       /* EXTEND_TIMEOUT_USEC=, in ms */
	uint64_t monotonic_usec;
	bool store;	   /* FDSTORE=1 */
	bool store_remove; /* FDSTOREREMOVE=1 */
	bool no_poll;	   /* FDPOLL=0 */
	bool has_status;
	char status[SDNOTIFY_STATUS_MAX];
	char fdname[SDNOTIFY_NAME_MAX]; /* "": none */
	/*
	 * The descriptors that came with it; set by the reader of the socket,
	 * not by the parser.  Whoever keeps one puts -1 in its place; the
	 * others are closed.
	 */
	int *fds;
	size_t nfds;
};

/*
 * Parse len bytes.  Unknown and malformed assignments are ignored, and all of a
 * message with BARRIER=1, which has to be alone.
 */
void sdnotify_parse(struct sdnotify *, const char *bytes, size_t len);
/*
 * The variables of sd_notify(3), in the order of the manual: is it acted on?
 * NULL past the end.
 */
const char *sdnotify_variable(size_t i, bool *acts);

#endif
