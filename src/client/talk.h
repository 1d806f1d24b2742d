/*
 * talk - one question to the daemon and its answer: a request out, lines in.
 * Whatever the daemon sends, time and size are bounded.
 */
#ifndef TALK_H
#define TALK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "client/ctl.h"
#include "client/reply.h"
#include "wire/holder.h"
#include "wire/line.h"

struct talk {
	int fd;	      /* -1: not connected */
	pid_t peer;   /* the listener's pid, from the kernel */
	char *buf;    /* LINE_REPLY_MAX bytes */
	size_t start; /* the bytes not yet handed out */
	size_t end;
	size_t total; /* bytes received */
	int status;   /* of the "end" line, or of the failure */
	char *why;    /* its text, or what failed; NULL: nothing to say */
};

/*
 * Connect to the socket at path.  Returns an exit status; unless it is
 * STATUS_OK, why has the reason.  talk_close is needed in any case.  A socket
 * whose listener (SO_PEERCRED of unix(7)) is neither root nor the caller is
 * refused; root is only warned of it.
 */
int talk_open(struct talk *, const char *path);
void talk_close(struct talk *);
/* From now on a socket of another user brings only a warning. */
void talk_trust_everybody(void);

/*
 * Whether a daemon runs is decided by its locks: on the records beside its
 * socket, or on this pidfile, which is copied; NULL: none is known.
 */
void talk_use_pidfile(const char *pidfile);
/* Is there a daemon whose socket is, or was, at path? */
bool talk_holder(const char *path, struct holder *);
/* Signal that daemon, not a later process of its pid.  -1 with errno. */
int talk_signal(const char *path, const struct holder *, int sig);

/* Send.  Returns STATUS_OK, or STATUS_FAILED with the reason in why. */
int talk_send(struct talk *, const struct line_text *request);
/* Wait without limit from now on, or five seconds at most for each byte. */
void talk_patience(struct talk *, bool endless);

/*
 * Wait at most ms until a byte is there, or the end.  False: nothing yet.
 */
bool talk_wait(struct talk *, int64_t ms);

/*
 * Add the next line to reply.  Returns 1; 0 after the last line, "end", which
 * is not added: status and why are set; -1 if the connection broke, with
 * status and why.
 */
int talk_next(struct talk *, struct reply *);
/* A complete line is here: talk_next will not wait. */
bool talk_ready(const struct talk *);
/* Receive what is there, or wait for it.  -1: the connection broke. */
int talk_receive(struct talk *);

/* Connect, send, and add every line of the answer.  Returns the status. */
int talk_ask(struct talk *, const char *path, const struct line_text *request,
    struct reply *);

/* Print the daemon's text or the failure, if any.  Returns the status. */
int talk_verdict(const struct ctl *, const struct talk *);

/* Fail unless all are program names, of programs that exist or not. */
bool talk_are_names(const struct ctl *, int n, char **names);

#endif
