/*
 * conflist - how the values of several parts are read and printed: lists,
 * sets of exits, limits.
 */
#include <stdlib.h>
#include <string.h>

#include "config/conflist.h"
#include "config/conftype.h"
#include "base/text.h"
#include "base/words.h"

/* A command line, split as a shell does. */

static int
words_parse(void *base, const struct conf_row *row, const char *text, char *why)
{
	char ***field = conf_field(base, row), **words, **copy;
	const char *reason;
	size_t n;
	int r;

	if (words_split(text, &words, &n, &reason) == -1)
		return conf_refuse(why, "%s", reason);
	if (n == 0 || words[0][0] == '\0') {
		free(words);
		return conf_refuse(why, "the first word is empty");
	}
	/* The copy is as small as can be; it stays as long as the program. */
	r = strings_copy(&copy, words);
	free(words);
	if (r == -1)
		return conf_no_memory(why);
	free(*field);
	*field = copy;
	return 0;
}

static int
words_print(const void *base, const struct conf_row *row, FILE *f)
{
	char *const *const *field = conf_value(base, row);
	char *text;

	if ((text = words_join(*field)) == NULL)
		return -1;
	conf_put(row, text, f);
	free(text);
	return 0;
}

const struct conf_type type_words = {&store_list, words_parse, words_print};

/* Names separated by blanks or commas. */

/*
 * Call each with every name of text; *n is how many there were.  Stops at the
 * first that returns -1.
 */
static int
for_each_name(const char *text, const char *separators,
    int (*each)(void *arg, const char *name, char *why), void *arg, char *why)
{
	char *copy, *rest, *name;
	size_t n = 0;
	int r = 0;

	if ((copy = strdup(text)) == NULL)
		return conf_no_memory(why);
	rest = copy;
	while (r == 0 && (name = strsep(&rest, separators)) != NULL) {
		if (*name == '\0')
			continue;
		n++;
		r = each(arg, name, why);
	}
	free(copy);
	if (r == 0 && n == 0)
		return conf_refuse(why, "\"%.80s\" names nothing", text);
	return r;
}

static int
add_once(char ***list, const char *item, char *why)
{
	if (strings_has(*list, item))
		return 0;
	return strings_add(list, item) == -1 ? conf_no_memory(why) : 0;
}

static int
each_account(void *arg, const char *name, char *why)
{
	if (name[strcspn(name, ":/")] != '\0')
		return conf_refuse(why,
		    "\"%.80s\" is not the name of an account", name);
	return add_once(arg, name, why);
}

static int
accounts_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	char ***field = conf_field(base, row), **list = NULL;

	if (for_each_name(text, " \t,", each_account, &list, why) == -1) {
		free(list);
		return -1;
	}
	free(*field);
	*field = list;
	return 0;
}

static int
names_print(const void *base, const struct conf_row *row, FILE *f)
{
	char *const *const *field = conf_value(base, row);

	fprintf(f, "%s =", row->key.name);
	for (char *const *name = *field; *name != NULL; name++)
		fprintf(f, " %s", *name);
	fprintf(f, "\n");
	return 0;
}

const struct conf_type type_accounts = {&store_list, accounts_parse,
    names_print};

struct programs {
	const struct conf *conf;
	char **list;
};

static int
each_program(void *arg, const char *name, char *why)
{
	struct programs *p = arg;

	if (!text_is_name(name))
		return conf_refuse(why, "\"%.80s\" is not a program name",
		    name);
	if (p->conf->name != NULL && strcmp(name, p->conf->name) == 0)
		return conf_refuse(why, "%s cannot depend on itself", name);
	return add_once(&p->list, name, why);
}

static int
programs_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	char ***field = conf_field(base, row);
	struct programs p = {.conf = base};

	if (strings_copy(&p.list, *field) == -1)
		return conf_no_memory(why);
	if (for_each_name(text, " \t,", each_program, &p, why) == -1) {
		free(p.list);
		return -1;
	}
	free(*field);
	*field = p.list;
	return 0;
}

const struct conf_type type_programs = {&store_list, programs_parse,
    names_print};

/* Lists of one element a line. */

static int
lines_print(const void *base, const struct conf_row *row, FILE *f)
{
	char *const *const *field = conf_value(base, row);

	for (char *const *line = *field; *line != NULL; line++)
		conf_put(row, *line, f);
	return 0;
}

static int
paths_parse(void *base, const struct conf_row *row, const char *text, char *why)
{
	if (text[0] != '/')
		return conf_refuse(why, "\"%.80s\" is not an absolute path",
		    text);
	return add_once(conf_field(base, row), text, why);
}

const struct conf_type type_paths = {&store_list, paths_parse, lines_print};

/* The length of the variable's name in K=V, or 0 if there is none. */
static size_t
variable_length(const char *text)
{
	size_t len;

	len = strspn(text,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz_0123456789");
	if (text[len] != '=' || (text[0] >= '0' && text[0] <= '9'))
		return 0;
	return len;
}

/* The later one of a name wins. */
static int
env_parse(void *base, const struct conf_row *row, const char *text, char *why)
{
	char ***field = conf_field(base, row);
	size_t len = variable_length(text), i = 0;

	if (len == 0)
		return conf_refuse(why, "\"%.80s\" is not NAME=VALUE", text);
	if (strings_add(field, text) == -1)
		return conf_no_memory(why);
	while (strncmp((*field)[i], text, len + 1) != 0)
		i++;
	if ((*field)[i + 1] != NULL)
		strings_remove(field, i);
	return 0;
}

const struct conf_type type_env = {&store_list, env_parse, lines_print};

/* Exit codes and signals. */

static int
each_exit(void *arg, const char *name, char *why)
{
	struct conf_exits *exits = arg;
	const char *reason;
	long long code;
	int sig;

	if (name[0] >= '0' && name[0] <= '9') {
		code = strtonum(name, 0, 255, &reason);
		if (reason != NULL)
			return conf_refuse(why,
			    "\"%.40s\" is not an exit code from 0 to 255",
			    name);
		exits->codes[code / 64] |= UINT64_C(1) << (code % 64);
		return 0;
	}
	if (text_signal(name, &sig, &reason) == -1)
		return conf_refuse(why, "\"%.40s\": %s", name, reason);
	exits->signals |= UINT64_C(1) << (sig - 1);
	return 0;
}

static int
exits_parse(void *base, const struct conf_row *row, const char *text, char *why)
{
	struct conf_exits *field = conf_field(base, row);
	struct conf_exits exits = {.signals = 0};

	if (for_each_name(text, " \t,", each_exit, &exits, why) == -1)
		return -1;
	*field = exits;
	return 0;
}

static int
exits_print(const void *base, const struct conf_row *row, FILE *f)
{
	const struct conf_exits *exits = conf_value(base, row);
	char buf[TEXT_NUMBER_MAX];

	fprintf(f, "%s =", row->key.name);
	for (unsigned i = 0; i < 256; i++) {
		if ((exits->codes[i / 64] >> (i % 64) & 1) != 0)
			fprintf(f, " %u", i);
	}
	for (int i = 0; i < 64; i++) {
		if ((exits->signals >> i & 1) != 0)
			fprintf(f, " %s", text_signal_name(i + 1, buf));
	}
	fprintf(f, "\n");
	return 0;
}

const struct conf_type type_exits = {&store_exits, exits_parse, exits_print};

/* Limits: "soft" or "soft:hard". */

static int
one_limit(const struct conf_row *row, const char *text, rlim_t *limit,
    char *why)
{
	const char *reason;
	int64_t n;

	if (strcmp(text, "unlimited") == 0) {
		*limit = RLIM_INFINITY;
		return 0;
	}
	if (row->bytes) {
		if (text_size(text, &n, &reason) == -1)
			return conf_refuse(why, "\"%.40s\": %s", text, reason);
	} else {
		n = strtonum(text, 0, INT64_MAX, &reason);
		if (reason != NULL)
			return conf_refuse(why,
			    "\"%.40s\" is neither a number nor unlimited",
			    text);
	}
	*limit = (rlim_t)n;
	return 0;
}

static int
rlimit_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	struct conf_rlimit limit = {.which = row->which};
	char soft[TEXT_NUMBER_MAX];
	size_t len = strcspn(text, ":");

	if (len >= sizeof soft)
		return conf_refuse(why, "\"%.40s\" is not a limit", text);
	memcpy(soft, text, len);
	soft[len] = '\0';
	if (one_limit(row, soft, &limit.soft, why) == -1)
		return -1;
	limit.hard = limit.soft;
	if (text[len] == ':' &&
	    one_limit(row, text + len + 1, &limit.hard, why) == -1)
		return -1;
	/* RLIM_INFINITY is the largest value. */
	if (limit.soft > limit.hard)
		return conf_refuse(why,
		    "\"%.60s\": the soft limit is above the hard one", text);
	return conf_set_rlimit(base, &limit) == -1 ? conf_no_memory(why) : 0;
}

static void
limit_print(const struct conf_row *row, rlim_t limit, FILE *f)
{
	char buf[TEXT_NUMBER_MAX];

	if (limit == RLIM_INFINITY) {
		fprintf(f, "unlimited");
	} else if (row->bytes) {
		text_print_size((int64_t)limit, buf);
		fprintf(f, "%s", buf);
	} else {
		fprintf(f, "%llu", (unsigned long long)limit);
	}
}

static int
rlimit_print(const void *base, const struct conf_row *row, FILE *f)
{
	const struct conf_rlimit *limit = conf_rlimit(base, row->which);

	fprintf(f, "%s = ", row->key.name);
	limit_print(row, limit->soft, f);
	if (limit->hard != limit->soft) {
		fprintf(f, ":");
		limit_print(row, limit->hard, f);
	}
	fprintf(f, "\n");
	return 0;
}

const struct conf_type type_rlimit = {&store_rlimit, rlimit_parse,
    rlimit_print};
