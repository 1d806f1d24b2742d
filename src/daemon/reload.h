/*
 * reload - the transaction over the whole configuration.
 *
 * Its steps: collect, parse all, validate, plan, prepare, commit, settle,
 * report.  A failure before the commit changes nothing, and the commit cannot
 * fail.  Settling waits, in the loop, until every program that was started,
 * restarted or removed has an outcome.  A program that was up gets its previous
 * definition back if the changed one does not become ready.
 */
#ifndef RELOAD_H
#define RELOAD_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "config/load.h"
#include "daemon/state.h"
#include "wire/line.h"

struct attempt;

struct reload *reload_new(struct daemon *);
void reload_free(struct reload *);

/*
 * The first generation.  Takes the contents of set.  errors: why the files on
 * disk were rejected, if set is the last accepted configuration.
 */
int reload_begin(struct reload *, struct config *set,
    const struct diags *errors);

/*
 * Continue the work of an earlier daemon: set is the set that it ran, and its
 * generation is in the header of the records.  Takes the contents of set.
 */
void reload_resume(struct reload *, struct config *set);
/* Is no reload under way, or only one that may take any time? */
bool reload_is_idle(const struct reload *);
/* Is one under way that may still give a program its old definition back? */
bool reload_may_revert(const struct reload *);

/*
 * SIGHUP came: reload now, or once more after the one under way, but not after
 * programs whose start has no limit.
 */
void reload_request(struct reload *);
/*
 * The log files have been reopened, or that takes too long: a report waits for
 * it, because it names the files that cannot be written.
 */
void reload_reopened(struct reload *);

/* Put a "logerror" line for each log that cannot be written. */
void reload_put_log_errors(const struct reload *, struct line_text *);

/* A wait for the outcome of a reload; embedded in the owner. */
struct verdict {
	TAILQ_ENTRY(verdict) entry;
	bool waiting;
	/* lines: the report as in report.h; status: hupctl's exit status. */
	void (*given)(struct verdict *, const char *lines, int status);
	void *arg;
};
/* Wait for the first reload that begins from now on. */
void reload_wait(struct reload *, struct verdict *);
void reload_forget(struct reload *, struct verdict *);
/*
 * Append the report of the reload that the verdict waits for, as far as it is
 * known, with the programs that have no outcome yet.  False: that reload has
 * not begun.
 */
bool reload_so_far(const struct reload *, const struct verdict *,
    struct line_text *);

/* A question: what would a reload do?  Embedded in the owner. */
struct preview {
	/* Stand in for the files of their names. */
	const struct candidate *candidates;
	size_t ncandidates;
	bool trusted;		/* see struct load_source */
	struct line_text *text; /* for the answer */
	/*
	 * The text has the lines of its report (STATUS_OK), or the errors for
	 * which it would be rejected (STATUS_REJECTED).  STATUS_FAILED: there
	 * was no memory.
	 */
	void (*done)(struct preview *, int status);
	void *arg;
	struct attempt *attempt; /* under way, or NULL */
};
/*
 * Plan a reload, which changes nothing.  If accounts must be looked up, the
 * answer comes from the loop, else at once.
 */
void reload_plan(struct reload *, struct preview *);
void reload_plan_forget(struct preview *);

/*
 * Put a "pending" line of request.h for each of these programs whose file says
 * something else than what runs.
 */
void reload_put_pending(struct reload *, struct program *const *, size_t n,
    struct line_text *);
/*
 * Why there is no program of that name: "no program web", or that its file is
 * not loaded, and what would load it.
 */
void reload_explain(struct reload *, const char *name, char *why, size_t size);

/* The "config" line of status, and the last rejection: control.h. */
void reload_status(struct reload *, struct line_text *);
/* The running set. */
const struct config *reload_running(const struct reload *);

#endif
