/*
 * report - the outcome of a reload: as lines on the wire, and as the text
 * that people read, the same in the event log and on the terminal.
 */
#ifndef REPORT_H
#define REPORT_H

#include "config/config.h"
#include "config/plan.h"
#include "wire/line.h"

/* The report of a plan: its head, its changes, and deferred settings. */
void report_plan(struct line_text *, const struct plan *, uint64_t generation);
/* A "chain" line, if programs of the set settle one after the other. */
void report_chain(struct line_text *, const struct config *);
/* One "warning" line for each note of a configuration. */
void report_warnings(struct line_text *, const struct diags *notes);
/* One "error" line for each diagnostic. */
void report_errors(struct line_text *, const struct diags *);

/* One "tail" line for each line of a program's last output; NULL: none. */
void report_tail(struct line_text *, const char *name, const char *tail);

/* A "logerror" line: the output of the program cannot be written. */
void report_log_error(struct line_text *, const char *name, const char *why);

/*
 * One line of a report as text, without newline, escaped; malloc'd, or NULL
 * if the line is none of a report's.  width: the longest program name, for
 * the columns; 0 for none.
 *
 *	report generation=7 added=1 removed=1 restarted=1 started=1
 *		adjusted=1 unchanged=12
 *	change kind=added name=cache reason=added
 *	change kind=restarted name=web reason=with%20db with=db
 *	change kind=started name=db reason=for%20web with=web
 *	deferred reason=run-dir%20changed
 *	chain ms=3000 names=db,%20app,%20web
 *	rolledback name=web ready=yes
 *	trouble name=web how=exited,%20status%201
 *	pending name=web state=starting
 *	superseded
 *	logerror name=web reason=/var/log/hupd/web.log:%20Permission%20denied
 *	tail name=web text=bind:%20address%20in%20use
 *	warning text=FILE:LINE:%20KEY:%20reason file= line= key= reason=
 *	error text=FILE:LINE:%20KEY:%20reason file= line= key= reason=
 */
char *report_text(const struct line *, int width);
/* The longest name among the change lines of a report, for width. */
int report_width(const char *lines);

#endif
