/*
 * policy - has a program ended well, and is it restarted?
 *
 * Pure.  Source of the words: Restart= in systemd.service(5), which means the
 * same.
 */
#ifndef POLICY_H
#define POLICY_H

#include "config/definition.h"
#include "program/data.h"

/* An end that is no failure: the program ended by itself as success-exit says.
 */
bool policy_is_good(const struct definition *, const struct program_end *);
/* Shall a program be started again that ended, although it was wanted? */
bool policy_restarts(const struct definition *, const struct program_end *);
/*
 * The end in the words of SERVICE_RESULT in systemd.exec(5).  asked: somebody
 * asked for it.
 */
const char *policy_result(const struct definition *, const struct program_end *,
    bool asked);

#endif
