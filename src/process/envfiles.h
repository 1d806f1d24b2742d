/*
 * envfiles - the contents of environment files whose file system may not
 * answer: a helper reads them, each once.
 *
 * See accounts.h, which does the same for users and groups.
 */
#ifndef ENVFILES_H
#define ENVFILES_H

#include "config/resolve.h"

struct envfiles *envfiles_new(void);   /* NULL: no memory */
void envfiles_free(struct envfiles *); /* accepts NULL */
/*
 * The contents of the file, for struct resolve_lookups.  A file that was not
 * read yet has the error EINPROGRESS until then.
 */
const struct envfile *envfiles_known(struct envfiles *, const char *path);
/* Was a file asked for that was not read yet? */
bool envfiles_lack(const struct envfiles *);
/* The work of a helper, see helper.h: read those files. */
void envfiles_answer(struct envfiles *, int out);
/* Take the answers of a helper; other lines are ignored. */
void envfiles_learn(struct envfiles *, const char *answers);
/* Files without an answer have this error from now on. */
void envfiles_give_up(struct envfiles *, int err);

#endif
