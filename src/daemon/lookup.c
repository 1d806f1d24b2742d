/*
 * lookup - the accounts and the environment files that a configuration names,
 * found without waiting for a name service or a file system.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon/lookup.h"

/*
 * A helper that crashes leaves names without an answer, too.  The next one has
 * only the rest of the time.
 */
static void
learn(struct lookup *l)
{
	l->left -= clock_diff_ms(clock_now(), l->asked) - l->job.granted;
	/* Accounts come last: they change the answer. */
	envfiles_learn(l->files, l->job.answer);
	envfiles_give_up(l->files, l->job.late ? ETIMEDOUT : EIO);
	accounts_learn(l->accounts, l->job.answer);
	accounts_give_up(l->accounts, l->job.late ? ETIMEDOUT : EIO);
}

static void
done(struct helper *job)
{
	struct lookup *l = job->owner;

	learn(l);
	l->answered(l);
}

/* In the helper. */
static void
answer(void *lookup, int out)
{
	struct lookup *l = lookup;

	accounts_answer(l->accounts, out);
	envfiles_answer(l->files, out);
}

int
lookup_begin(struct lookup *l)
{
	l->accounts = accounts_new();
	l->files = envfiles_new();
	if (l->accounts == NULL || l->files == NULL) {
		lookup_clear(l);
		return -1;
	}
	l->known = accounts_known(l->accounts);
	l->known.file = envfiles_known;
	l->known.files = l->files;
	l->left = LOOKUP_MS;
	l->job =
	    (struct helper){.work = answer, .done = done, .arg = l, .owner = l};
	return 0;
}

bool
lookup_lacks(const struct lookup *l)
{
	return accounts_lacks(l->accounts) || envfiles_lack(l->files);
}

void
lookup_ask(struct lookup *l, struct helpers *helpers)
{
	l->asked = clock_now();
	helper_begin(helpers, &l->job, l->left);
}

/* Wait for the missing answers.  False: none is missing. */
static bool
wait_for_more(struct lookup *l)
{
	if (!lookup_lacks(l))
		return false;
	l->asked = clock_now();
	helper_wait(&l->job, l->left);
	learn(l);
	return true;
}

int
lookup_load(struct lookup *l, struct config *config,
    const struct load_source *source, struct diags *diags)
{
	int r;

	do {
		config_clear(config);
		diag_clear(diags);
		r = load_config(config, source, diags);
	} while (wait_for_more(l));
	return r;
}

int
lookup_load_whole(struct lookup *l, struct config *config,
    const struct places *places, const char *file, struct diags *diags)
{
	int r;

	do {
		config_clear(config);
		diag_clear(diags);
		r = load_whole(config, places, file, &l->known, diags);
	} while (wait_for_more(l));
	return r;
}

struct resolve_lookups
lookup_take(struct lookup *l)
{
	struct resolve_lookups known = l->known;

	l->accounts = NULL;
	l->files = NULL;
	lookup_clear(l);
	return known;
}

void
lookup_forget(struct resolve_lookups *known)
{
	accounts_free(known->shared);
	envfiles_free(known->files);
	*known = (struct resolve_lookups){0};
}

void
lookup_clear(struct lookup *l)
{
	helper_cancel(&l->job);
	accounts_free(l->accounts);
	envfiles_free(l->files);
	l->accounts = NULL;
	l->files = NULL;
}
