/*
 * change - a change of files in the program folder: the daemon is asked what
 * it would do with them before anything is written, and a reload applies them.
 *
 * Where the daemon gives no verdict (it was killed, say) its successor may
 * well have applied the files: what was asked for then stands.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "client/ctl.h"
#include "client/target.h"

struct change {
	const struct ctl *ctl;
	struct target target;
	char *const *names; /* of the programs and templates; borrowed */
};

/*
 * Find the daemon, which must run.  Returns STATUS_OK, or prints what failed
 * and returns the exit status; change_end is needed in any case.
 */
int change_begin(struct change *, const struct ctl *, char *const *names);
void change_end(struct change *);

/* The file of that name in the program folder; NULL: no memory, printed. */
char *change_path(const struct change *, const char *name, const char *suffix);
/* Is there a file of any kind?  Otherwise errno has the reason. */
bool change_is_there(const char *file);

/*
 * Would the daemon accept the candidates, together with the other files on
 * disk?  It is refused, too, if the reload would apply changes of programs that
 * are not named, which somebody else may be working on; unless ctl->others.
 * Prints the warnings about the candidates.  Returns as change_begin.
 */
int change_validate(const struct change *, const struct candidate *, size_t n);

#endif
