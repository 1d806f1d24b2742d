/*
 * accounts - looks up users and groups, each once.
 *
 * Ten thousand programs of one user query the user database once.  The cache
 * owns the results; it lives as long as one reading of the configuration.
 *
 * Sources: getpwnam(3), getgrnam(3), getgrouplist(3).
 */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <sys/types.h>

#include <stddef.h>

struct accounts;

struct account {
	char *name;
	int err; /* 0: found; ENOENT: no such name; else the errno */
	uid_t uid;
	gid_t gid;
	char *home;  /* users only */
	char *shell; /* users only */
	gid_t *gids; /* users only: all their groups, with gid */
	size_t ngids;
};

/* NULL: no memory. */
struct accounts *accounts_new(void);
void accounts_free(struct accounts *);

/* Look up a name; err tells whether it was found.  NULL: no memory. */
const struct account *accounts_user(struct accounts *, const char *name);
const struct account *accounts_group(struct accounts *, const char *name);
/*
 * The *n groups of a user whose primary group is to be gid.  The caller frees
 * them.  NULL: no memory.
 */
gid_t *accounts_groups(const struct account *user, gid_t gid, size_t *n);

#endif
