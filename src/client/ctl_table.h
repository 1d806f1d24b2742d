/*
 * ctl_table - the answer to "status" as people read it.
 *
 * Layer 4.  Pure but for the stream.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "client/ctl_reply.h"

struct table_form {
	bool colour;
	bool details; /* all that is known of each program */
	time_t now;
};

/* 0, or -1 without memory. */
int table_print(FILE *, const struct reply *, const struct table_form *);

#endif
