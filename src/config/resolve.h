/*
 * resolve - finds what a definition names on this machine: users, groups,
 * environment files.
 *
 * The look-ups of accounts are passed in: process/accounts has the real ones,
 * which ask the name service.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <sys/types.h>

#include "config/config.h"

/* The result of a look-up. */
struct account {
	char *name;
	int err; /* 0: found; ENOENT: unknown name; else the errno */
	uid_t uid;
	gid_t gid;
	char *home;  /* users only */
	char *shell; /* users only */
	gid_t *gids; /* users only: all their groups, with gid */
	size_t ngids;
};

struct accounts;

/* How accounts are looked up. */
struct resolve_lookups {
	/* Open a cache, which owns the results.  NULL: no memory. */
	struct accounts *(*open)(void);
	void (*close)(struct accounts *); /* accepts NULL */
	/* Look up a name; check err of the result.  NULL: no memory. */
	const struct account *(*user)(struct accounts *, const char *name);
	const struct account *(*group)(struct accounts *, const char *name);
	/*
	 * The *n groups of a user whose primary group is to be gid.  The caller
	 * frees them.  NULL: no memory.
	 */
	gid_t *(*groups)(const struct account *user, gid_t gid, size_t *n);
};

struct resolver;

/*
 * For one reading of the configuration.  lenient: a missing environment file is
 * no error; this is for the accepted configuration at boot.  NULL: no memory.
 */
struct resolver *resolve_new(const struct resolve_lookups *, bool lenient);
void resolve_free(struct resolver *);
/* From here on warnings go to notes. */
void resolve_note(struct resolver *, struct diags *notes);

/*
 * Set uid to shell and env_digest of a definition, which must be as
 * definition_new made them.  -1: something does not exist or is not allowed,
 * and is reported with file and line.  An error in a key of the defaults is
 * only reported when the defaults are resolved.
 */
int resolve_definition(struct resolver *, struct definition *, const char *file,
    struct diags *);
/* Free what resolve_definition allocated. */
void resolve_clear(struct definition *);
/* Check that log-user and access-group exist.  -1: reported. */
int resolve_settings(struct resolver *, const struct settings *,
    const char *file, struct diags *);

#endif
