/*
 * logger_int - what the parts of logger share.
 *
 * Layer 2.
 */
#ifndef LOGGER_INT_H
#define LOGGER_INT_H

#include <sys/queue.h>

#include "config/config.h"
#include "output/message.h"
#include "base/loop.h"
#include "process/spawn.h"

/* What the process has still to be told of a stream; bits, in this order. */
enum untold {
	UNTOLD_OPEN = 1,
	UNTOLD_SET = 2,
	UNTOLD_ENDED = 4,
	UNTOLD_CLOSE = 8,
};

/* Somebody waits for the last lines. */
struct tail {
	struct deadline late;
	void (*done)(void *arg, const char *bytes, size_t len);
	void *arg;
};

struct stream {
	TAILQ_ENTRY(stream) dirty; /* while untold is not 0 */
	LIST_ENTRY(stream) going;  /* while closing */
	struct logger *logger;
	char *name;
	struct tail *tail; /* or NULL */
	struct stream_conf conf;
	struct message_id id;
	int fd;
	uint32_t end; /* the number of the last end */
	uint8_t untold;
	bool closing;
	bool ended;    /* and the process has not said that all is written */
	bool stuck;    /* cannot be written, which is in the log */
	bool unopened; /* the process could not take it */
};

struct logger {
	struct loop *loop;
	struct definition *as; /* how the process runs */
	char *log_dir;
	gid_t log_gid;
	int self;
	int outdir;
	int journal;
	int console; /* standard output */
	bool lost;   /* which nobody reads any more */

	struct stream **streams; /* by index */
	uint32_t size;		 /* of streams and of spare */
	uint32_t *spare;	 /* the indexes not in use */
	uint32_t nspare;
	uint32_t gen;
	TAILQ_HEAD(, stream) dirty;
	LIST_HEAD(, stream) going;
	bool renew;   /* the process has to be told to open its files anew */
	bool blocked; /* its socket takes no more for now */

	struct process child; /* pid -1: there is none */
	int fd;		      /* the socket to it; -1 likewise */
	struct source sock;
	struct source pidfd;
	struct mono began;
	int64_t delay; /* ms before the next start */
	struct deadline start;
	struct deadline again; /* for what failed for want of memory or so */
	struct deadline found; /* then FIFOs that nobody wants are emptied */
};

/* logger.c */
/* Give the last lines to who waits for them; NULL: none are known. */
void stream_tail(struct stream *, const char *bytes, size_t len);
void stream_free(struct stream *);

/* logger_link.c */
void stream_mark(struct stream *, uint8_t untold);
void stream_unmark(struct stream *, uint8_t untold);
/* Untold is all, as to a process that does not have the stream. */
void stream_mark_anew(struct stream *);
/* Tell what the socket takes. */
void logger_tell(struct logger *);
/* Act on the replies that have come. */
void logger_listen(struct logger *);
/* There is a new process, which knows of nothing. */
void logger_introduce(struct logger *);
/* For l->again and l->sock. */
void logger_again(struct deadline *);
void logger_sock_ready(struct source *, uint32_t events);

/* logger_life.c */
/* Start the process, and again when it dies.  -1 with a reason. */
int logger_start(struct logger *, char *why, size_t whysize);
/*
 * Let it write all and end; kill it if it has not by then.  True if all is
 * written.
 */
bool logger_finish(struct logger *, struct mono until);
/* End the process of a daemon that is no more.  -1 with errno. */
int logger_end_former(struct logger *);
/* The folder of the log files, made if need be; -1 with errno. */
int logger_open_folder(struct logger *);

#endif
