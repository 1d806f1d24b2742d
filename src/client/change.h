/*
 * change - a change of files in the program folder: the daemon is asked what
 * it would do with them before anything is written, and a reload applies them.
 *
 * Where the daemon gives no verdict (it was killed, say) its successor may
 * well have applied the files: what was asked for then stands.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "client/cmd_reload.h"
#include "client/ctl.h"
#include "client/target.h"

/* A file that was made, moved away or replaced. */
struct change_step {
	char *file;
	char *aside; /* where the former file is; NULL: there was none */
	bool replaced;
};

struct change {
	const struct ctl *ctl;
	struct target target;
	char *const *names; /* of the programs and templates; borrowed */
	struct change_step *steps;
	size_t nsteps;
};

/*
 * Find the daemon, which must run.  Returns STATUS_OK, or prints what failed
 * and returns the exit status; change_end is needed in any case.  It undoes
 * the steps that change_apply has not applied.
 */
int change_begin(struct change *, const struct ctl *, char *const *names);
void change_end(struct change *);

/* The file of that name in the program folder; NULL: no memory, printed. */
char *change_path(const struct change *, const char *name, const char *suffix);
/* Is there a file of any kind?  Otherwise errno has the reason. */
bool change_is_there(const char *file);
/* Fail unless each of the programs has a file.  Returns as change_begin. */
int change_check_files(const struct change *);

/*
 * Would the daemon accept the candidates, together with the other files on
 * disk?  It is refused, too, if the reload would apply changes of programs that
 * are not named, which somebody else may be working on; unless ctl->others.
 * Prints the warnings about the candidates.  Returns as change_begin.
 */
int change_validate(const struct change *, const struct candidate *, size_t n);
/* The same; plan: where the daemon's answer is added. */
int change_plan(const struct change *, const struct candidate *, size_t n,
    struct reply *plan);

/* The steps, as those of file.h.  They return as change_begin. */
int change_create(struct change *, const char *file, const char *bytes,
    size_t len, mode_t mode);
int change_link(struct change *, const char *file, const char *to);
int change_take_away(struct change *, const char *file);
/* ESTALE is left to the caller: STATUS_FAILED without a message. */
int change_replace(struct change *, const char *file, const struct stat *was,
    const char *bytes, size_t len);

/*
 * Have the steps applied by a reload, and show its verdict.  If it is rejected
 * or not carried out, they are undone.  Returns the exit status.
 */
int change_apply(struct change *, enum reload_fate *);

#endif
