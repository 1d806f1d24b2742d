/*
 * lookup - the accounts that a configuration names, found without waiting for
 * the name service.
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

int
lookup_begin(struct lookup *l)
{
	if ((l->accounts = accounts_new()) == NULL)
		return -1;
	l->known = accounts_known(l->accounts);
	l->left = LOOKUP_MS;
	l->job = (struct helper){.work = accounts_answer,
	    .done = done,
	    .arg = l->accounts,
	    .owner = l};
	return 0;
}

bool
lookup_lacks(const struct lookup *l)
{
	return accounts_lacks(l->accounts);
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

struct accounts *
lookup_take(struct lookup *l)
{
	struct accounts *as = l->accounts;

	l->accounts = NULL;
	lookup_clear(l);
	return as;
}

void
lookup_clear(struct lookup *l)
{
	helper_cancel(&l->job);
	accounts_free(l->accounts);
	l->accounts = NULL;
}
