/*
 * pick - the programs that the operands of a command mean.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "base/text.h"
#include "client/pick.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/target.h"

bool
pick_is_pattern(const char *word)
{
	return strpbrk(word, "*?[") != NULL;
}

/* May name be added for words[i], or do the words before it mean it, too? */
static bool
is_new(char *const *words, int i, const char *name)
{
	for (int before = 0; before < i; before++)
		if (pick_is_pattern(words[before])
			? fnmatch(words[before], name, 0) == 0
			: strcmp(words[before], name) == 0)
			return false;
	return true;
}

/* Pointers to the words and into the answer; there is room for all of them. */
struct names {
	char **v;
	size_t n;
};

static void
add(struct names *names, char *const *words, int i, char *name)
{
	if (is_new(words, i, name))
		names->v[names->n++] = name;
}

/* Add what words[i] means.  False: nothing. */
static bool
add_word(struct names *names, char *const *words, int i,
    const struct reply *all)
{
	char *name;
	bool any = false;

	if (!pick_is_pattern(words[i])) {
		add(names, words, i, words[i]);
		return true;
	}
	for (size_t k = 0; k < all->n; k++) {
		if (!reply_is(&all->v[k], "known") || all->v[k].n == 0)
			continue;
		name = all->v[k].v[0].value;
		if (fnmatch(words[i], name, 0) != 0)
			continue;
		add(names, words, i, name);
		any = true;
	}
	return any;
}

static int
add_words(const struct ctl *ctl, struct names *names, int n, char **words,
    const struct reply *all)
{
	for (int i = 0; i < n; i++)
		if (!add_word(names, words, i, all))
			return present_fail(ctl, STATUS_FAILED,
			    "no program matches '%s'", words[i]);
	return STATUS_OK;
}

/* The programs of the daemon, a "known" line each. */
static int
ask_names(const struct ctl *ctl, struct reply *all)
{
	struct line_text request = {0};
	int status;

	line_begin(&request, "names");
	line_end(&request);
	status = target_ask(ctl, &request, all);
	line_text_clear(&request);
	return status;
}

int
pick_check(const struct ctl *ctl, int n, char **words, bool *patterns)
{
	*patterns = false;
	for (int i = 0; i < n; i++) {
		if (pick_is_pattern(words[i]))
			*patterns = true;
		else if (!text_is_name(words[i]))
			return present_fail(ctl, STATUS_USAGE,
			    "'%s' is no program's name", words[i]);
	}
	return STATUS_OK;
}

int
pick_from(const struct ctl *ctl, int n, char **words, const struct reply *all,
    char ***names)
{
	struct names found = {0};
	int status;

	*names = NULL;
	found.v = calloc((size_t)n + all->n + 1, sizeof(*found.v));
	if (found.v == NULL)
		return present_fail(ctl, STATUS_FAILED, "out of memory");
	status = add_words(ctl, &found, n, words, all);
	if (status == STATUS_OK && strings_copy(names, found.v) == -1)
		status = present_fail(ctl, STATUS_FAILED, "out of memory");
	free(found.v);
	return status;
}

int
pick_names(const struct ctl *ctl, int n, char **words, char ***names)
{
	struct reply all = {0};
	bool patterns;
	int status;

	*names = NULL;
	status = pick_check(ctl, n, words, &patterns);
	if (status == STATUS_OK && patterns)
		status = ask_names(ctl, &all);
	if (status == STATUS_OK)
		status = pick_from(ctl, n, words, &all, names);
	reply_clear(&all);
	return status;
}
