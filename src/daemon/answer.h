/*
 * answer - the reply to one request, as the request writes it.
 *
 * The answer lies between two files that do not know each other: control owns
 * the connection and sends the text, request fills it in.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <sys/types.h>

#include <stdbool.h>

#include "wire/line.h"

struct answer {
	/* By the owner of the connection. */
	uid_t uid; /* of the client */
	pid_t pid; /* of the client; 0: in another PID namespace */
	/*
	 * Lines were added.  They are sent at the end of the turn, and only
	 * then can the connection close: the caller may add more to the answer.
	 */
	void (*changed)(struct answer *);

	/* By the request. */
	struct line_text text; /* not sent yet */
	bool ended;	       /* the last line is there */
	void *waiter;	       /* a request that waits for its outcome */
	/* A further line of the client; NULL: ignored. */
	void (*more)(struct answer *, const struct line *);
	/* The connection closes: forget it.  NULL unless a request waits. */
	void (*forget)(struct answer *);
	bool next_daemon; /* the reply comes from the next daemon */
};

/* Lines were added, and more may follow. */
void answer_more(struct answer *);
/* Add "end STATUS [text=MESSAGE]".  fmt may be NULL. */
void answer_end(struct answer *, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The client gets no more lines; its request continues. */
void answer_forget(struct answer *);
/* Free the text, and forget. */
void answer_clear(struct answer *);

#endif
