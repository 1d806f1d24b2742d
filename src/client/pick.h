/*
 * pick - the programs that the operands of a command mean: names, and patterns
 * of glob(7) such as "worker@*".
 *
 * A pattern means the programs that the daemon has at this time.  It is matched
 * here: the time that a pattern costs is that of the user who wrote it.
 */
#ifndef PICK_H
#define PICK_H

#include <stdbool.h>

#include "client/ctl.h"
#include "client/reply.h"

/* No name contains one of the characters of a pattern. */
bool pick_is_pattern(const char *word);

/*
 * Make *names the list (strings.h) of all names that the words mean: in the
 * order of the words, each once.  The daemon is asked only if a word is a
 * pattern; a name may be that of no program.  Returns STATUS_OK, or prints what
 * failed and returns the exit status: a word is no name, or a pattern means
 * no program.
 */
int pick_names(const struct ctl *, int n, char **words, char ***names);

/*
 * The same in two steps, for a caller that knows other names: is each word a
 * name or a pattern (*patterns: one is); and which of the "known" lines do they
 * mean?
 */
int pick_check(const struct ctl *, int n, char **words, bool *patterns);
int pick_from(const struct ctl *, int n, char **words, const struct reply *all,
    char ***names);

#endif
