/*
 * logmsg - what the daemon and its log process tell each other.
 *
 * Over a SOCK_SEQPACKET pair; both ends are the same binary, so a message is
 * a struct.  A stream is an index, and a generation that tells streams apart
 * that had the same index.
 *
 * Layer 2.
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

/* How a program's output is written. */
struct stream_conf {
	enum key_log to; /* all but LOG_TO_NONE */
	bool timestamps;
	int64_t size; /* bytes; 0: never rotate */
	int keep;
};

#define MESSAGE_NAME 68
#define MESSAGE_TAIL 2048
#define MESSAGE_TAIL_LINES 10

struct message_id {
	uint32_t index;
	uint32_t gen;
};

enum message_type {
	/* to the process */
	MESSAGE_OPEN, /* with the FIFO */
	MESSAGE_SET,
	MESSAGE_ENDED, /* answered by itself, when all was written */
	MESSAGE_CLOSE, /* likewise */
	MESSAGE_RENEW, /* open all files again, in the folder sent */
	MESSAGE_QUIT,  /* close all streams, then exit(0) */
	/* to the daemon */
	MESSAGE_STUCK, /* the stream cannot be written: err; it is tried again
			*/
	MESSAGE_RECOVERED, /* it can again */
	MESSAGE_UNOPENED,  /* it could not be opened: err */
	MESSAGE_NO_FOLDER, /* the folder is gone */
	MESSAGE_FAILED,	   /* the process cannot begin: err */
	MESSAGE_LOST,	   /* nobody reads standard output any more: err */
};

struct message_order {
	enum message_type type;
	struct message_id id;
	uint32_t end; /* ENDED: its number, given back */
	bool want_tail;
	bool stuck; /* OPEN: the daemon has been told so */
	struct stream_conf conf;
	char name[MESSAGE_NAME];
};

/* Sent without the part of tail that is not used. */
struct message_reply {
	enum message_type type;
	struct message_id id;
	int err;
	uint32_t end;
	bool has_tail;
	char name[MESSAGE_NAME];
	uint32_t len;
	char tail[MESSAGE_TAIL + 1]; /* room for a NUL at the receiver's */
};

/* Send, with a descriptor unless it is -1.  -1 with errno; never blocks. */
int message_send(int sock, const void *, size_t, int fd);
/*
 * Receive; *fd is the descriptor that came along, else -1.  The length, 0
 * when the other end is gone, -1 with errno.
 */
ssize_t message_recv(int sock, void *, size_t, int *fd);

#endif
