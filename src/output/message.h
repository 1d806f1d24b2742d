/*
 * message - what the daemon and its log process send each other.
 *
 * Orders go through a SOCK_SEQPACKET pair, because an order may carry a
 * descriptor.  Reports come back through a pipe, which carries only bytes: a
 * descriptor from a hijacked log process could block the daemon in close(2).
 * Both ends are the same binary, so a message is a struct.  A stream is
 * identified by an index, and by a generation that distinguishes streams that
 * had the same index.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/definition.h"

/* The descriptors that the log process is started with. */
#define MESSAGE_SOCKET 3
#define MESSAGE_JOURNAL 4
#define MESSAGE_FOLDER 5
#define MESSAGE_CONSOLE 6
#define MESSAGE_REPORTS 7

/* How a program's output is written. */
struct stream_conf {
	enum key_log to; /* all but LOG_TO_NONE */
	bool timestamps;
	bool errors;  /* LOG_TO_FILE: standard error has a stream of its own */
	int64_t size; /* bytes; 0: never rotate */
	int keep;
	enum key_prefix prefix; /* LOG_TO_STDOUT */
	char *tag; /* LOG_TO_SYSLOG: of its lines; NULL: the name */
};

/*
 * After the name of a program, which contains no colon: the stream of its
 * standard error.
 */
#define MESSAGE_ERRORS ":e"

#define MESSAGE_NAME 68
#define MESSAGE_TAIL 2048
#define MESSAGE_TAIL_LINES 10

struct message_id {
	uint32_t index;
	uint32_t gen;
};

enum message_type {
	/* To the log process. */
	MESSAGE_OPEN,  /* a stream, with its FIFO */
	MESSAGE_SET,   /* new settings */
	MESSAGE_ENDED, /* replied with ENDED when everything is written */
	MESSAGE_CLOSE, /* replied with CLOSE when everything is written */
	MESSAGE_DRAIN, /* the same once no writer is left */
	MESSAGE_RENEW, /* reopen all files, in the folder that is sent; replied
			  with RENEW after the reports on what is stuck */
	MESSAGE_QUIT,  /* close all streams, then exit(0) */
	/* To the daemon. */
	MESSAGE_STUCK,	   /* output cannot be written: err; it is retried */
	MESSAGE_RECOVERED, /* it is written again */
	MESSAGE_UNOPENED,  /* the stream could not be opened: err */
	MESSAGE_NO_FOLDER, /* the log folder is gone */
	MESSAGE_FAILED,	   /* the process cannot start: err */
	MESSAGE_LOST,	   /* nobody reads standard output any more: err */
};

struct message_order {
	enum message_type type;
	struct message_id id;
	uint32_t end;  /* ENDED: its number, for the reply */
	uint32_t left; /* ENDED, CLOSE: bytes to read before, at most */
	bool want_tail;
	bool stuck;		 /* OPEN: it was reported as stuck */
	bool zone;		 /* RENEW: the time zone has changed */
	struct stream_conf conf; /* without tag */
	char name[MESSAGE_NAME];
	char tag[MESSAGE_NAME]; /* "": none */
};

/* Sent without the unused part of tail. */
struct message_reply {
	enum message_type type;
	struct message_id id;
	int err;
	uint32_t end;
	bool has_tail;
	char name[MESSAGE_NAME];
	uint32_t len;
	char tail[MESSAGE_TAIL + 1]; /* the receiver adds a NUL */
};

/* Send, with a descriptor unless fd is -1.  -1 with errno; never blocks. */
int message_send(int sock, const void *, size_t, int fd);
/*
 * Receive; *fd is the descriptor that came with it, else -1.  Returns the
 * length, 0 when the other end is closed, -1 with errno.  Never blocks.
 */
ssize_t message_recv(int sock, void *, size_t, int *fd);

#endif
