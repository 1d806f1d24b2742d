/*
 * accounts - looks up users and groups, each once.
 *
 * First the look-ups themselves, then the answers that a helper passes on.
 */
#include <sys/queue.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "process/accounts.h"

/* The answer for one name. */
struct known {
	struct account account; /* first: the one is the other */
	bool is_user;
	TAILQ_ENTRY(known) link;
};

struct accounts {
	void *users; /* tsearch(3) */
	void *groups;
	TAILQ_HEAD(, known) entries;
};

struct accounts *
accounts_new(void)
{
	struct accounts *as;

	if ((as = calloc(1, sizeof(*as))) != NULL)
		TAILQ_INIT(&as->entries);
	return as;
}

static void
clear(struct account *a)
{
	free(a->login);
	free(a->home);
	free(a->shell);
	free(a->gids);
	*a = (struct account){.name = a->name};
}

static void
known_free(struct known *e)
{
	if (e == NULL)
		return;
	clear(&e->account);
	free(e->account.name);
	free(e);
}

static void
keep(void *known)
{
	(void)known;
}

void
accounts_forget(struct accounts *as)
{
	struct known *e;

	tdestroy(as->users, keep);
	tdestroy(as->groups, keep);
	as->users = as->groups = NULL;
	while ((e = TAILQ_FIRST(&as->entries)) != NULL) {
		TAILQ_REMOVE(&as->entries, e, link);
		known_free(e);
	}
}

void
accounts_free(struct accounts *as)
{
	if (as == NULL)
		return;
	accounts_forget(as);
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

/* The account of that name; *is_new: nothing is known of it yet. */
static struct account *
find(struct accounts *as, bool is_user, const char *name, bool *is_new)
{
	struct known *e, **slot;

	if ((e = calloc(1, sizeof(*e))) == NULL ||
	    (e->account.name = strdup(name)) == NULL ||
	    (slot = tsearch(e, is_user ? &as->users : &as->groups, compare)) ==
		NULL) {
		known_free(e);
		return NULL;
	}
	*is_new = *slot == e;
	if (!*is_new) {
		known_free(e);
		return &(*slot)->account;
	}
	e->is_user = is_user;
	TAILQ_INSERT_TAIL(&as->entries, e, link);
	return &e->account;
}

static void
ask(struct account *a, bool is_user)
{
	if ((is_user ? look_up_user(a) : look_up_group(a)) == 0)
		return;
	clear(a);
	a->err = ENOMEM;
}

static const struct account *
ask_user(struct accounts *as, const char *name)
{
	bool is_new;
	struct account *a = find(as, true, name, &is_new);

	if (a != NULL && is_new)
		ask(a, true);
	return a;
}

static const struct account *
ask_group(struct accounts *as, const char *name)
{
	bool is_new;
	struct account *a = find(as, false, name, &is_new);

	if (a != NULL && is_new)
		ask(a, false);
	return a;
}

const struct resolve_lookups accounts_lookups = {
    .open = accounts_new,
    .close = accounts_free,
    .user = ask_user,
    .group = ask_group,
};

/*
 * Answers that a helper found.
 */

static const struct account *
known_user(struct accounts *as, const char *name)
{
	bool is_new;
	struct account *a = find(as, true, name, &is_new);

	if (a != NULL && is_new)
		a->err = EINPROGRESS;
	return a;
}

static const struct account *
known_group(struct accounts *as, const char *name)
{
	bool is_new;
	struct account *a = find(as, false, name, &is_new);

	if (a != NULL && is_new)
		a->err = EINPROGRESS;
	return a;
}

struct resolve_lookups
accounts_known(struct accounts *as)
{
	return (struct resolve_lookups){
	    .shared = as,
	    .user = known_user,
	    .group = known_group,
	};
}

bool
accounts_lacks(const struct accounts *as)
{
	const struct known *e;

	TAILQ_FOREACH (e, &as->entries, link)
		if (e->account.err == EINPROGRESS)
			return true;
	return false;
}

void
accounts_give_up(struct accounts *as, int err)
{
	struct known *e;

	TAILQ_FOREACH (e, &as->entries, link)
		if (e->account.err == EINPROGRESS)
			e->account.err = err;
}

/* The words of a line of accounts_answer; the groups follow. */
enum { KIND, NAME, ERR, UID, GID, LOGIN, HOME, SHELL, GROUPS };

static int
print(const struct known *e, FILE *f)
{
	const struct account *a = &e->account;
	static char none[] = "";
	char *const name[] = {a->name, NULL};
	char *const rest[] = {a->login != NULL ? a->login : none,
	    a->home != NULL ? a->home : none,
	    a->shell != NULL ? a->shell : none, NULL};
	char *first = words_join(name), *last = words_join(rest);

	if (first != NULL && last != NULL) {
		fprintf(f, "%s %s %d %u %u %s", e->is_user ? "user" : "group",
		    first, a->err, a->uid, a->gid, last);
		for (size_t i = 0; i < a->ngids; i++)
			fprintf(f, " %u", a->gids[i]);
		putc('\n', f);
	}
	free(first);
	free(last);
	return fflush(f);
}

void
accounts_answer(void *accounts, int out)
{
	struct accounts *as = accounts;
	struct known *e;
	FILE *f;

	if ((f = fdopen(out, "w")) == NULL)
		return;
	TAILQ_FOREACH (e, &as->entries, link) {
		if (e->account.err != EINPROGRESS)
			continue;
		clear(&e->account);
		ask(&e->account, e->is_user);
		if (print(e, f) == EOF)
			return;
	}
}

/* -1: no memory.  The words are those of print. */
static int
fill(struct account *a, char *const *words, size_t n)
{
	const char *errstr;

	clear(a);
	a->err = (int)strtonum(words[ERR], 0, INT_MAX, &errstr);
	a->uid = (uid_t)strtonum(words[UID], 0, UINT32_MAX, &errstr);
	a->gid = (gid_t)strtonum(words[GID], 0, UINT32_MAX, &errstr);
	if ((*words[LOGIN] != '\0' &&
		(a->login = strdup(words[LOGIN])) == NULL) ||
	    (a->home = strdup(words[HOME])) == NULL ||
	    (a->shell = strdup(words[SHELL])) == NULL ||
	    (a->gids = calloc(n, sizeof(*a->gids))) == NULL)
		return -1;
	for (size_t i = GROUPS; i < n; i++)
		a->gids[a->ngids++] =
		    (gid_t)strtonum(words[i], 0, UINT32_MAX, &errstr);
	return 0;
}

/* A line that is cut short is no answer. */
static void
learn(struct accounts *as, char *const *words, size_t n)
{
	struct account *a;
	bool is_new;

	if (n < GROUPS)
		return;
	a = find(as, strcmp(words[KIND], "user") == 0, words[NAME], &is_new);
	if (a != NULL && fill(a, words, n) == -1) {
		clear(a);
		a->err = ENOMEM;
	}
}

void
accounts_learn(struct accounts *as, char *answers)
{
	char *line, *end, **words;
	const char *why;
	size_t n;

	for (line = answers; line != NULL && (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		*end = '\0';
		if (words_split(line, &words, &n, &why) == -1)
			continue;
		learn(as, words, n);
		free(words);
	}
}
