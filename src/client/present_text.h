/*
 * present_text - the answer to "status" as people read it.
 *
 * Writes to the stream that it is given, and does nothing else.
 */
#ifndef PRESENT_TEXT_H
#define PRESENT_TEXT_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/diag.h"
#include "client/ctl.h"
#include "client/reply.h"

struct table_form {
	bool colour;
	bool details; /* all that is known of each program */
	time_t now;
};

/* 0, or -1 without memory. */
int table_print(FILE *, const struct reply *, const struct table_form *);

/* program: its line of the answer. */
void details_print(FILE *, const struct reply *, const struct line *program,
    time_t now);
/* Its "details" line, or NULL. */
const struct line *details_find(const struct reply *, const char *name);
/* Have its health checks found something wrong? */
bool details_is_ill(const struct line *program);
/* Is the line about a dependency of that program? */
bool details_is_need(const struct line *, const char *name);

void summary_print(FILE *, const struct reply *, bool colour, time_t now);

/* Lines from..to of it as people read them: errors on stderr. */
void report_show(const struct reply *, size_t from, size_t to);
/* One line of it, if it is one of a report's. */
void report_show_line(FILE *, const struct line *, int width);

/*
 * Errors that were found here, without the daemon, as a report of them is
 * shown; with -j by json.  An exit status.
 */
int report_rejection(const struct ctl *, const struct diags *,
    void (*json)(const struct reply *));

/* Its keys, into an object that is open. */
void report_json(struct json *, const struct reply *);
/* The "errors" array alone. */
void errors_json(struct json *, const struct reply *);

#endif
