/*
 * events - the last changes of programs, kept for hupctl events, and the
 * clients that follow them.
 *
 * Memory is bounded: the oldest change makes room for the newest, and a client
 * that does not read fast enough gets the number of the changes that it missed.
 * Nothing here waits for a client.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "daemon/answer.h"
#include "program/data.h"

struct events;

/* NULL with errno. */
struct events *events_new(void);
void events_free(struct events *);

/* A program has changed its state; arg: the events.  See struct programs. */
void events_note(void *arg, const struct program *,
    const struct program_change *);

/*
 * Answer the request "events" of request.h; a client that follows gets further
 * changes as they come.
 */
void events_answer(struct events *, struct answer *, const struct line *);

#endif
