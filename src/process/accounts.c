/*
 * accounts - looks up users and groups, each once.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "process/accounts.h"

struct accounts {
	void *users; /* tsearch(3) */
	void *groups;
};

static struct accounts *
open_accounts(void)
{
	return calloc(1, sizeof(struct accounts));
}

static void
account_free(void *p)
{
	struct account *a = p;

	if (a == NULL)
		return;
	free(a->name);
	free(a->home);
	free(a->shell);
	free(a->gids);
	free(a);
}

static void
close_accounts(struct accounts *as)
{
	if (as == NULL)
		return;
	tdestroy(as->users, account_free);
	tdestroy(as->groups, account_free);
	free(as);
}

static int
compare(const void *a, const void *b)
{
	const struct account *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Some values of errno of getpwnam(3) only mean an unknown name. */
static int
lookup_error(int err)
{
	switch (err) {
	case 0:
	case ESRCH:
	case EBADF:
	case EPERM:
		return ENOENT;
	default:
		return err;
	}
}

static gid_t *
all_groups(const char *user, gid_t gid, size_t *count)
{
	gid_t *gids = NULL, *more;
	int size = 16, n;

	for (;;) {
		n = size;
		if ((more = reallocarray(gids, (size_t)n, sizeof(*gids))) ==
		    NULL) {
			free(gids);
			return NULL;
		}
		gids = more;
		if (getgrouplist(user, gid, gids, &n) != -1)
			break;
		size = n > size ? n : size * 2;
	}
	*count = (size_t)n;
	return gids;
}

static int
look_up_user(struct account *a)
{
	struct passwd *pw;

	errno = 0;
	if ((pw = getpwnam(a->name)) == NULL) {
		a->err = lookup_error(errno);
		return 0;
	}
	a->uid = pw->pw_uid;
	a->gid = pw->pw_gid;
	a->home = strdup(pw->pw_dir);
	a->shell = strdup(pw->pw_shell);
	if (a->home == NULL || a->shell == NULL)
		return -1;
	a->gids = all_groups(a->name, a->gid, &a->ngids);
	return a->gids == NULL ? -1 : 0;
}

static int
look_up_group(struct account *a)
{
	struct group *gr;

	errno = 0;
	if ((gr = getgrnam(a->name)) == NULL)
		a->err = lookup_error(errno);
	else
		a->gid = gr->gr_gid;
	return 0;
}

static const struct account *
look_up(void **tree, const char *name, int (*fill)(struct account *))
{
	struct account *a, **slot;

	if ((a = calloc(1, sizeof(*a))) == NULL ||
	    (a->name = strdup(name)) == NULL ||
	    (slot = tsearch(a, tree, compare)) == NULL) {
		account_free(a);
		return NULL;
	}
	if (*slot != a) {
		account_free(a);
		return *slot;
	}
	if (fill(a) == -1) {
		tdelete(a, tree, compare);
		account_free(a);
		return NULL;
	}
	return a;
}

static const struct account *
find_user(struct accounts *as, const char *name)
{
	return look_up(&as->users, name, look_up_user);
}

static const struct account *
find_group(struct accounts *as, const char *name)
{
	return look_up(&as->groups, name, look_up_group);
}

static gid_t *
groups_of(const struct account *user, gid_t gid, size_t *n)
{
	gid_t *gids;

	if (gid != user->gid)
		return all_groups(user->name, gid, n);
	if ((gids = calloc(user->ngids, sizeof(*gids))) == NULL)
		return NULL;
	memcpy(gids, user->gids, user->ngids * sizeof(*gids));
	*n = user->ngids;
	return gids;
}

const struct resolve_lookups accounts_lookups = {
    .open = open_accounts,
    .close = close_accounts,
    .user = find_user,
    .group = find_group,
    .groups = groups_of,
};
