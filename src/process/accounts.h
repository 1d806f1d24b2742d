/*
 * accounts - users and groups, each looked up once.
 *
 * Ten thousand programs of one user ask the user database once.  What was
 * found belongs to the cache, which lives as long as one reading of the
 * configuration.
 *
 * Layer 2.
 */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <sys/types.h>

#include <stddef.h>

struct accounts;

struct account {
	char *name;
	int err; /* 0: found; ENOENT: there is none; else the errno */
	uid_t uid;
	gid_t gid;
	char *home;  /* of users */
	char *shell; /* likewise */
	gid_t *gids; /* of users, with gid: all that they are in */
	size_t ngids;
};

struct accounts *accounts_new(void); /* NULL: no memory */
void accounts_free(struct accounts *);

/* Never NULL but without memory: see err. */
const struct account *accounts_user(struct accounts *, const char *name);
const struct account *accounts_group(struct accounts *, const char *name);
/*
 * The groups of a user whose primary group is gid, *n of them; malloc'd.
 * NULL: no memory.
 */
gid_t *accounts_groups(const struct account *user, gid_t gid, size_t *n);

#endif
