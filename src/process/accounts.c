/*
 * accounts - looks up users and groups, each once.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <search.h>
#include <stdbool.h>
#include <stdint.h>
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
	free(a->login);
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

/*
 * The groups that list the user.  getgrouplist(3) adds the group that it is
 * given, and expects one: the number that no group has comes first.
 */
static int
list_groups(struct account *a)
{
	gid_t *more;
	int size = 16, n;

	for (;;) {
		n = size;
		more = reallocarray(a->gids, (size_t)n, sizeof(*more));
		if (more == NULL)
			return -1;
		a->gids = more;
		if (getgrouplist(a->login, (gid_t)-1, more, &n) != -1)
			break;
		size = n > size ? n : size * 2;
	}
	for (int i = 0; i < n; i++)
		if (more[i] != (gid_t)-1)
			more[a->ngids++] = more[i];
	return 0;
}

/* The number that a name is.  False: it is none. */
static bool
is_number(const char *name, uint32_t *id)
{
	const char *errstr;

	if (name[strspn(name, "0123456789")] != '\0')
		return false;
	*id = (uint32_t)strtonum(name, 0, UINT32_MAX, &errstr);
	return errstr == NULL;
}

/*
 * A number needs no entry: then the group has the same number, as with
 * users that have a group of their own.
 */
static int
user_without_entry(struct account *a, uint32_t id)
{
	a->uid = id;
	a->gid = id;
	a->home = strdup("/");
	a->shell = strdup("/bin/sh");
	return a->home == NULL || a->shell == NULL ? -1 : 0;
}

static int
look_up_user(struct account *a)
{
	struct passwd *pw;
	uint32_t id = 0;
	bool number = is_number(a->name, &id);

	errno = 0;
	pw = getpwnam(a->name);
	if (pw == NULL && number && lookup_error(errno) == ENOENT) {
		errno = 0;
		pw = getpwuid(id);
	}
	if (pw == NULL) {
		a->err = lookup_error(errno);
		if (a->err != ENOENT || !number)
			return 0;
		a->err = 0;
		return user_without_entry(a, id);
	}
	a->uid = pw->pw_uid;
	a->gid = pw->pw_gid;
	a->login = strdup(pw->pw_name);
	a->home = strdup(pw->pw_dir);
	a->shell = strdup(pw->pw_shell);
	if (a->login == NULL || a->home == NULL || a->shell == NULL)
		return -1;
	return list_groups(a);
}

static int
look_up_group(struct account *a)
{
	struct group *gr;
	uint32_t id = 0;

	errno = 0;
	if ((gr = getgrnam(a->name)) != NULL)
		a->gid = gr->gr_gid;
	else if ((a->err = lookup_error(errno)) == ENOENT &&
	    is_number(a->name, &id)) {
		a->err = 0;
		a->gid = id;
	}
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

const struct resolve_lookups accounts_lookups = {
    .open = open_accounts,
    .close = close_accounts,
    .user = find_user,
    .group = find_group,
};
