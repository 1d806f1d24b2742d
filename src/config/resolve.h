/*
 * resolve - finds what a definition names on this machine: users, groups,
 * environment files.
 *
 * The look-ups of accounts are passed in: process/accounts has the real ones,
 * which ask the name service.  So is the reading of environment files that are
 * not with the configuration: their file system may not answer.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <sys/types.h>

#include "base/file.h"
#include "config/config.h"

/* The result of a look-up. */
struct account {
	char *name; /* as it was asked for; a number is a name, too */
	/*
	 * 0: found; ENOENT: unknown name; ETIMEDOUT: there was no answer within
	 * 2 s; EINPROGRESS: no answer yet; else the errno.
	 */
	int err;
	uid_t uid;
	gid_t gid;
	char *login; /* users only; NULL: a number without an entry */
	char *home;  /* users only */
	char *shell; /* users only */
	gid_t *gids; /* users only: the groups that list the user */
	size_t ngids;
};

/* An environment file; the len bytes are malloc'd. */
struct envfile {
	char *path;
	int err;   /* 0, or as in struct account */
	int found; /* as file_read returns it; -1 with why */
	char *bytes;
	size_t len;
	char why[FILE_WHY_MAX];
};

struct accounts;
struct envfiles;

/* How accounts are looked up. */
struct resolve_lookups {
	struct accounts *shared; /* NULL: each reading opens its own */
	/* Open a cache, which owns the results.  NULL: no memory. */
	struct accounts *(*open)(void);
	void (*close)(struct accounts *); /* accepts NULL */
	/* Look up a name; check err of the result.  NULL: no memory. */
	const struct account *(*user)(struct accounts *, const char *name);
	const struct account *(*group)(struct accounts *, const char *name);
	/*
	 * Read an environment file that is not with the configuration.  NULL:
	 * no memory.  Without this function they are read at once, as the
	 * others are.
	 */
	const struct envfile *(*file)(struct envfiles *, const char *path);
	struct envfiles *files;
};

/* The user of the log process, if log-user is not set. */
#define RESOLVE_LOG_USER "hupd"

struct resolver;

/*
 * For one reading of the configuration.  root: the daemon of this configuration
 * is root's, even if another user reads it.  lenient: the configuration is a
 * saved one, what was kept there is not looked up; if something does not exist,
 * that is no error, but the program waits for it.  NULL: no memory.
 */
struct resolver *resolve_new(const struct resolve_lookups *, bool root,
    bool lenient);
void resolve_free(struct resolver *);
/*
 * former is what was accepted before, or NULL.  A missing account is no error
 * in a definition that is the same in former.  While the daemon runs, the ids
 * stay that were found for former.  When it starts, the program waits, unless
 * only the answer is missing.
 */
void resolve_accepted(struct resolver *, const struct config *former,
    bool starting);
/*
 * The file system of /etc, and of the folders that hold hupd.conf and the
 * programs, has to answer: environment files there are read at once.
 */
void resolve_near(struct resolver *, const char *conf, const struct settings *);
/* From here on warnings go to notes. */
void resolve_note(struct resolver *, struct diags *notes);

/*
 * Set uid to waits_for and env_digest of a definition, which must be as
 * definition_new or kept_parse made them.  -1: something does not exist or is
 * not allowed, and is reported with file and line.  An error in a key of the
 * defaults is only reported when the defaults are resolved.
 */
int resolve_definition(struct resolver *, struct definition *, const char *file,
    struct diags *);
/* Look up the missing accounts again.  True: it waits no longer. */
bool resolve_again(struct resolver *, struct definition *);
/* Read the file of that path, and fill in the rest. */
void resolve_read(struct envfile *);
/* Find log-user and access-group.  -1: reported. */
int resolve_settings(struct resolver *, struct settings *, const char *file,
    struct diags *);

#endif
