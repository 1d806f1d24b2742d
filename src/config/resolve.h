/*
 * resolve - what a definition names, found on this machine: users, groups,
 * environment files.
 *
 * Layer 2.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdbool.h>

#include "config/config.h"

struct resolver;

/*
 * lenient: an environment file that is not there is no error, for the
 * accepted configuration at boot.  NULL: no memory.
 */
struct resolver *resolve_new(bool lenient);
void resolve_free(struct resolver *);

/*
 * Fill in uid to shell and env_digest, which must be as definition_new made
 * them. -1: something does not exist or is not allowed.  It is reported with
 * file and the line in it, but for what came from the defaults: that is
 * reported when they are resolved themselves.
 */
int resolve_definition(struct resolver *, struct definition *, const char *file,
    struct diags *);
/* Free what resolve allocated. */
void resolve_clear(struct definition *);
/* Do log-user and control-group exist?  -1: reported. */
int resolve_settings(struct resolver *, const struct settings *,
    const char *file, struct diags *);

#endif
