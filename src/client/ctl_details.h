/*
 * ctl_details - all that a "status" answer tells of a program that was named.
 *
 * Layer 4.  Pure but for the stream.
 */
#ifndef CTL_DETAILS_H
#define CTL_DETAILS_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "client/ctl_reply.h"

/* program: its line of the answer. */
void details_print(FILE *, const struct reply *,
    const struct proto_line *program, time_t now);
/* Its "details" line, or NULL. */
const struct proto_line *details_find(const struct reply *, const char *name);
/* Have its health checks found something wrong? */
bool details_is_ill(const struct proto_line *program);
/* Is the line about a dependency of that program? */
bool details_is_need(const struct proto_line *, const char *name);

#endif
