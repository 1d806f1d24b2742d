/*
 * logmsg - what the daemon and its log process tell each other.
 *
 * Over a SOCK_SEQPACKET pair; both ends are the same binary, so a message is
 * a struct.  A stream is an index, and a generation that tells streams apart
 * that had the same index.
 *
 * Layer 2.
 */
#ifndef LOGMSG_H
#define LOGMSG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/streamconf.h"

/* The descriptors that the log process is started with. */
#define LOGMSG_SOCKET 3
#define LOGMSG_JOURNAL 4
#define LOGMSG_FOLDER 5
#define LOGMSG_CONSOLE 6

#define LOGMSG_NAME 68
#define LOGMSG_TAIL 2048
#define LOGMSG_TAIL_LINES 10

struct logmsg_id {
	uint32_t index;
	uint32_t gen;
};

enum logmsg_type {
	/* to the process */
	LOGMSG_OPEN, /* with the FIFO */
	LOGMSG_SET,
	LOGMSG_ENDED, /* answered by itself, when all was written */
	LOGMSG_CLOSE, /* likewise */
	LOGMSG_RENEW, /* open all files again, in the folder sent */
	LOGMSG_QUIT,  /* close all streams, then exit(0) */
	/* to the daemon */
	LOGMSG_STUCK, /* the stream cannot be written: err; it is tried again */
	LOGMSG_MENDED,	 /* it can again */
	LOGMSG_UNOPENED, /* it could not be opened: err */
	LOGMSG_NODIR,	 /* the folder is gone */
	LOGMSG_FAILED,	 /* the process cannot begin: err */
	LOGMSG_LOST,	 /* nobody reads standard output any more: err */
};

struct logmsg_order {
	enum logmsg_type type;
	struct logmsg_id id;
	uint32_t end; /* ENDED: its number, given back */
	bool want_tail;
	bool stuck; /* OPEN: the daemon has been told so */
	struct stream_conf conf;
	char name[LOGMSG_NAME];
};

/* Sent without the part of tail that is not used. */
struct logmsg_reply {
	enum logmsg_type type;
	struct logmsg_id id;
	int err;
	uint32_t end;
	bool has_tail;
	char name[LOGMSG_NAME];
	uint32_t len;
	char tail[LOGMSG_TAIL + 1]; /* room for a NUL at the receiver's */
};

/* Send, with a descriptor unless it is -1.  -1 with errno; never blocks. */
int logmsg_send(int sock, const void *, size_t, int fd);
/*
 * Receive; *fd is the descriptor that came along, else -1.  The length, 0
 * when the other end is gone, -1 with errno.
 */
ssize_t logmsg_recv(int sock, void *, size_t, int *fd);

#endif
