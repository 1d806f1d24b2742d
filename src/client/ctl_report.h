/*
 * ctl_report - a reload's report, and the lines of a program that failed, on
 * the terminal and as JSON.
 *
 * Layer 4.
 */
#ifndef CTL_REPORT_H
#define CTL_REPORT_H

#include <stdio.h>

#include "client/ctl.h"
#include "client/ctl_reply.h"
#include "base/diag.h"

/* Lines from..to of it as people read them: errors on stderr. */
void report_show(const struct reply *, size_t from, size_t to);
/* One line of it, if it is one of a report's. */
void report_show_line(FILE *, const struct proto_line *, int width);

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
