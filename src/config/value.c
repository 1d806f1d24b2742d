/*
 * value - the kinds of value that keys have: how each is held, read, printed
 * and compared.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "base/strings.h"
#include "config/address.h"
#include "config/environ.h"
#include "config/foreign.h"
#include "config/value.h"

int
value_refuse(char why[static VALUE_WHY_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, VALUE_WHY_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

static int
no_memory(char *why)
{
	return value_refuse(why, "out of memory");
}

/* Each reload prints every key that is in effect, so avoid fprintf. */
int
value_put(const char *key, const char *text, FILE *f)
{
	fputs(key, f);
	fputs(" = ", f);
	fputs(text, f);
	putc('\n', f);
	return 0;
}

bool
value_equal(const void *a, const void *b, const struct value *value)
{
	const struct value_store *store = value->kind->store;

	if (store->equal == NULL)
		return memcmp(a, b, store->size) == 0;
	return store->equal(a, b, value);
}

int
value_copy(void *to, const void *from, const struct value *value)
{
	const struct value_store *store = value->kind->store;

	if (store->copy != NULL)
		return store->copy(to, from, value);
	memcpy(to, from, store->size);
	return 0;
}

size_t
value_count(const void *field, const struct value *value)
{
	const struct value_store *store = value->kind->store;

	return store->count == NULL ? 0 : store->count(field, value);
}

void
value_clear(void *field, const struct value *value)
{
	const struct value_store *store = value->kind->store;

	if (store->clear != NULL)
		store->clear(field, value);
	else
		memset(field, 0, store->size);
}

/* Fields that own no memory. */

static const struct value_store store_bool = {.size = sizeof(bool)};
static const struct value_store store_int = {.size = sizeof(int)};
static const struct value_store store_int64 = {.size = sizeof(int64_t)};
static const struct value_store store_exits = {
    .size = sizeof(struct value_exits)};

/* Strings. */

static bool
string_equal(const void *a, const void *b, const struct value *value)
{
	char *const *x = a, *const *y = b;

	(void)value;
	return *x == *y || (*x != NULL && *y != NULL && strcmp(*x, *y) == 0);
}

static int
string_copy(void *to, const void *from, const struct value *value)
{
	char *const *s = from;
	char **copy = to;

	(void)value;
	if (*s == NULL)
		return 0;
	return (*copy = strdup(*s)) == NULL ? -1 : 0;
}

static void
string_clear(void *field, const struct value *value)
{
	char **s = field;

	(void)value;
	free(*s);
	*s = NULL;
}

static const struct value_store store_string = {.equal = string_equal,
    .copy = string_copy,
    .clear = string_clear};

static int
string_set(void *field, const char *text, char *why)
{
	char **s = field, *copy;

	if ((copy = strdup(text)) == NULL)
		return no_memory(why);
	free(*s);
	*s = copy;
	return 0;
}

static int
string_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	char *const *s = field;

	(void)value;
	return *s != NULL ? value_put(key, *s, f) : 0;
}

static int
path_parse(void *field, const struct value *value, const char *text, char *why)
{
	(void)value;
	if (text[0] != '/')
		return value_refuse(why, "\"%.80s\" is not an absolute path",
		    text);
	return string_set(field, text, why);
}

const struct value_kind value_path = {&store_string, path_parse, string_print};

/* passwd(5) and group(5) allow no names with these characters. */
static int
check_account(const char *text, char *why)
{
	if (text[strcspn(text, " \t,:/")] != '\0')
		return value_refuse(why,
		    "\"%.80s\" is not the name of an account", text);
	return 0;
}

static int
account_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	(void)value;
	if (check_account(text, why) == -1)
		return -1;
	return string_set(field, text, why);
}

const struct value_kind value_account = {&store_string, account_parse,
    string_print};

/*
 * The tag of a syslog message ends at a blank, ":" or "[": RFC 3164, and what
 * log daemons do.
 */
static int
identifier_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	(void)value;
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || strchr(":[]", *c) != NULL)
			return value_refuse(why,
			    "\"%.80s\": an identifier has no blank, no "
			    "\":\", \"[\" or \"]\", and only ASCII "
			    "characters",
			    text);
	if (strlen(text) > VALUE_IDENTIFIER_MAX)
		return value_refuse(why,
		    "\"%.80s\" is longer than %d characters", text,
		    VALUE_IDENTIFIER_MAX);
	return string_set(field, text, why);
}

const struct value_kind value_identifier = {&store_string, identifier_parse,
    string_print};

static int
cgroup_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	(void)value;
	if (strcmp(text, "auto") != 0 && strcmp(text, "off") != 0 &&
	    text[0] != '/')
		return value_refuse(why,
		    "\"%.80s\" is none of auto, off, an absolute path", text);
	return string_set(field, text, why);
}

const struct value_kind value_cgroup = {&store_string, cgroup_parse,
    string_print};

/* One of the words, or the name of a program; each word is a valid name. */
static int
exit_on_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	if (!text_is_name(text))
		return value_refuse(why,
		    "\"%.80s\" is none of %s, %s, the name of a program", text,
		    value->words[0], value->words[1]);
	return string_set(field, text, why);
}

const struct value_kind value_exit_on = {&store_string, exit_on_parse,
    string_print};

/* Choices: the field is an enumeration or a bool. */

int
value_choose(const struct value *value, const char *text,
    char why[static VALUE_WHY_MAX])
{
	const char *near = foreign_value(text, value->words);
	char all[VALUE_WHY_MAX / 2] = "";
	int i;

	for (i = 0; value->words[i] != NULL; i++) {
		if (strcmp(text, value->words[i]) == 0)
			return i;
		strlcat(all, i == 0 ? "" : ", ", sizeof all);
		strlcat(all, value->words[i], sizeof all);
	}
	if (value->also != NULL && strcmp(text, value->also) == 0)
		return i - 1;
	if (near == NULL)
		near = text_near(text, value->words, NULL);
	return value_refuse(why, "\"%.40s\" is none of %s%s%s%s", text, all,
	    near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
	    near == NULL ? "" : "?");
}

static int
choice_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	int choice, *at = field;

	if ((choice = value_choose(value, text, why)) == -1)
		return -1;
	*at = choice;
	return 0;
}

static int
choice_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const int *choice = field;

	return value_put(key, value->words[*choice], f);
}

const struct value_kind value_choice = {&store_int, choice_parse, choice_print};

static const char *const bool_words[] = {"no", "yes", NULL};

static int
bool_parse(void *field, const struct value *value, const char *text, char *why)
{
	const struct value choices = {.words = bool_words};
	bool *at = field;
	int choice;

	(void)value;
	if ((choice = value_choose(&choices, text, why)) == -1)
		return -1;
	*at = choice == 1;
	return 0;
}

static int
bool_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const bool *on = field;

	(void)value;
	return value_put(key, bool_words[*on ? 1 : 0], f);
}

const struct value_kind value_bool = {&store_bool, bool_parse, bool_print};

/* Numbers. */

static int
number_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	int *at = field;
	const char *errstr;
	long long n;

	n = strtonum(text, value->min, value->max, &errstr);
	if (errstr != NULL)
		return value_refuse(why,
		    "\"%.40s\" is not a number from %d to %d", text, value->min,
		    value->max);
	*at = (int)n;
	return 0;
}

static int
number_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const int *n = field;

	(void)value;
	fprintf(f, "%s = %d\n", key, *n);
	return 0;
}

const struct value_kind value_number = {&store_int, number_parse, number_print};

int
value_mode(const char *text, int most, int *mode)
{
	size_t len = strlen(text);

	if (len == 0 || len > 4 || strspn(text, "01234567") != len ||
	    strtol(text, NULL, 8) > most)
		return -1;
	*mode = (int)strtol(text, NULL, 8);
	return 0;
}

static int
octal_parse(void *field, const struct value *value, const char *text, char *why)
{
	(void)value;
	if (value_mode(text, 0777, field) == -1)
		return value_refuse(why,
		    "\"%.40s\" is not an octal number up to 777", text);
	return 0;
}

static int
octal_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const int *n = field;

	(void)value;
	fprintf(f, "%s = %03o\n", key, (unsigned)*n);
	return 0;
}

const struct value_kind value_octal = {&store_int, octal_parse, octal_print};

static int
duration_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	const char *reason;
	int64_t *ms = field;

	if (text_duration(text, ms, &reason) == -1)
		return value_refuse(why, "\"%.40s\": %s", text, reason);
	if (*ms < value->min)
		return value_refuse(why, "\"%.40s\": must be more than 0",
		    text);
	return 0;
}

static int
duration_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	char buf[TEXT_NUMBER_MAX];
	const int64_t *ms = field;

	(void)value;
	text_print_duration(*ms, buf);
	return value_put(key, buf, f);
}

const struct value_kind value_duration = {&store_int64, duration_parse,
    duration_print};

static int
timeout_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	int64_t *ms = field;

	if (strcmp(text, "infinity") != 0)
		return duration_parse(field, value, text, why);
	*ms = VALUE_FOREVER;
	return 0;
}

/* No limit is 0 as well. */
static int
limit_parse(void *field, const struct value *value, const char *text, char *why)
{
	int64_t *ms = field;

	if (strcmp(text, "infinity") != 0)
		return duration_parse(field, value, text, why);
	*ms = 0;
	return 0;
}

const struct value_kind value_limit = {&store_int64, limit_parse,
    duration_print};

static int
timeout_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const int64_t *ms = field;

	if (*ms != VALUE_FOREVER)
		return duration_print(field, value, key, f);
	return value_put(key, "infinity", f);
}

const struct value_kind value_timeout = {&store_int64, timeout_parse,
    timeout_print};

static int
size_parse(void *field, const struct value *value, const char *text, char *why)
{
	const char *reason;

	(void)value;
	if (text_size(text, field, &reason) == -1)
		return value_refuse(why, "\"%.40s\": %s", text, reason);
	return 0;
}

static int
size_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	char buf[TEXT_NUMBER_MAX];
	const int64_t *bytes = field;

	(void)value;
	text_print_size(*bytes, buf);
	return value_put(key, buf, f);
}

const struct value_kind value_size = {&store_int64, size_parse, size_print};

static int
signal_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	const char *reason;

	(void)value;
	if (text_signal(text, field, &reason) == -1)
		return value_refuse(why, "\"%.40s\": %s", text, reason);
	return 0;
}

static int
signal_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	char buf[TEXT_NUMBER_MAX];
	const int *sig = field;

	(void)value;
	return value_put(key, text_signal_name(*sig, buf), f);
}

const struct value_kind value_signal = {&store_int, signal_parse, signal_print};

/* Lists of strings. */

static bool
strings_field_equal(const void *a, const void *b, const struct value *value)
{
	char *const *const *x = a, *const *const *y = b;

	(void)value;
	return strings_equal(*x, *y);
}

static int
strings_field_copy(void *to, const void *from, const struct value *value)
{
	char *const *const *list = from;

	(void)value;
	return strings_copy(to, *list);
}

static void
strings_field_clear(void *field, const struct value *value)
{
	char ***list = field;

	(void)value;
	free(*list);
	*list = NULL;
}

static size_t
strings_field_count(const void *field, const struct value *value)
{
	char *const *const *list = field;

	(void)value;
	return strings_count(*list);
}

static const struct value_store store_strings = {.equal = strings_field_equal,
    .copy = strings_field_copy,
    .clear = strings_field_clear,
    .count = strings_field_count};

/* A command line, split as a shell does. */

/* *words: free(3). */
static int
split_command(const char *text, char ***words, char *why)
{
	const char *reason;
	size_t n;

	if (words_split(text, words, &n, &reason) == -1)
		return value_refuse(why, "%s", reason);
	if (n > 0 && (*words)[0][0] != '\0')
		return 0;
	free(*words);
	return value_refuse(why, "the first word is empty");
}

static int
words_parse(void *field, const struct value *value, const char *text, char *why)
{
	char ***at = field, **words, **copy;
	int r;

	(void)value;
	if (*text == '+' || *text == '-')
		return value_refuse(why,
		    "the prefix \"%c\" is not possible here; + and - work for "
		    "start-pre, start-post, stop-command, stop-post, "
		    "reload-command and on-failure-command",
		    *text);
	if (split_command(text, &words, why) == -1)
		return -1;
	/* The copy is as small as possible: it lives as long as the program. */
	r = strings_copy(&copy, words);
	free(words);
	if (r == -1)
		return no_memory(why);
	free(*at);
	*at = copy;
	return 0;
}

static int
words_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	char *const *const *words = field;
	char *text;

	(void)value;
	if ((text = words_join(*words)) == NULL)
		return -1;
	value_put(key, text, f);
	free(text);
	return 0;
}

const struct value_kind value_words = {&store_strings, words_parse,
    words_print};

/* Names separated by blanks or commas. */

/* Call each with every name of text; stop at the first that returns -1. */
static int
for_each_name(const char *text,
    int (*each)(void *arg, const char *name, char *why), void *arg, char *why)
{
	char *copy, *rest, *name;
	size_t n = 0;
	int r = 0;

	if ((copy = strdup(text)) == NULL)
		return no_memory(why);
	rest = copy;
	while (r == 0 && (name = strsep(&rest, " \t,")) != NULL) {
		if (*name == '\0')
			continue;
		n++;
		r = each(arg, name, why);
	}
	free(copy);
	if (r == 0 && n == 0)
		return value_refuse(why, "\"%.80s\" contains no name", text);
	return r;
}

static int
add_once(char ***list, const char *item, char *why)
{
	if (strings_has(*list, item))
		return 0;
	return strings_add(list, item) == -1 ? no_memory(why) : 0;
}

static int
names_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	char *const *const *names = field;

	(void)value;
	fprintf(f, "%s =", key);
	for (char *const *name = *names; *name != NULL; name++)
		fprintf(f, " %s", *name);
	fprintf(f, "\n");
	return 0;
}

static int
each_account(void *arg, const char *name, char *why)
{
	if (check_account(name, why) == -1)
		return -1;
	return add_once(arg, name, why);
}

static int
accounts_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	char ***at = field, **list = NULL;

	(void)value;
	if (for_each_name(text, each_account, &list, why) == -1) {
		free(list);
		return -1;
	}
	free(*at);
	*at = list;
	return 0;
}

const struct value_kind value_accounts = {&store_strings, accounts_parse,
    names_print};

static int
each_program(void *arg, const char *name, char *why)
{
	if (!text_is_name(name))
		return value_refuse(why, "\"%.80s\" is not a program name",
		    name);
	return add_once(arg, name, why);
}

/* Add the names of text to the list, or none of them. */
static int
add_names(char ***at, const char *text,
    int (*each)(void *arg, const char *name, char *why), char *why)
{
	char **list;

	if (strings_copy(&list, *at) == -1)
		return no_memory(why);
	if (for_each_name(text, each, &list, why) == -1) {
		free(list);
		return -1;
	}
	free(*at);
	*at = list;
	return 0;
}

static int
programs_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	(void)value;
	return add_names(field, text, each_program, why);
}

const struct value_kind value_programs = {&store_strings, programs_parse,
    names_print};

static int
each_variable(void *arg, const char *name, char *why)
{
	if (!environ_is_name(name))
		return value_refuse(why,
		    "\"%.80s\" is not the name of a variable", name);
	return add_once(arg, name, why);
}

static int
variables_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	(void)value;
	return add_names(field, text, each_variable, why);
}

const struct value_kind value_variables = {&store_strings, variables_parse,
    names_print};

/* Lists of one element a line. */

static int
lines_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	char *const *const *lines = field;

	(void)value;
	for (char *const *line = *lines; *line != NULL; line++)
		value_put(key, *line, f);
	return 0;
}

static int
paths_parse(void *field, const struct value *value, const char *text, char *why)
{
	(void)value;
	/* "-/path": the file may be absent. */
	if (text[text[0] == '-' ? 1 : 0] != '/')
		return value_refuse(why, "\"%.80s\" is not an absolute path",
		    text);
	return add_once(field, text, why);
}

const struct value_kind value_paths = {&store_strings, paths_parse,
    lines_print};

/*
 * Commands with prefixes: "+" and "-" in any order.  They are held as lines,
 * "+-" and the joined words.
 */

/* Where the command begins. */
static const char *
read_prefixes(const char *text, struct value_command *command)
{
	command->privileged = command->lenient = false;
	for (;; text++)
		if (*text == '+')
			command->privileged = true;
		else if (*text == '-')
			command->lenient = true;
		else
			return text;
}

/* The canonical line, malloc'd; NULL: refused. */
static char *
hook_line(const char *text, char *why)
{
	struct value_command command;
	char *joined, *line = NULL;

	text = read_prefixes(text, &command);
	if (*text != '\0' && strchr("@!:|", *text) != NULL) {
		value_refuse(why,
		    "the prefix \"%c\" is not known; the prefixes are + and -",
		    *text);
		return NULL;
	}
	if (split_command(text, &command.words, why) == -1)
		return NULL;
	if (strchr("+-", command.words[0][0]) != NULL) {
		value_refuse(why, "\"%.80s\" is no command", command.words[0]);
		free(command.words);
		return NULL;
	}
	joined = words_join(command.words);
	free(command.words);
	if (joined == NULL ||
	    asprintf(&line, "%s%s%s", command.privileged ? "+" : "",
		command.lenient ? "-" : "", joined) == -1) {
		line = NULL;
		no_memory(why);
	}
	free(joined);
	return line;
}

static int
hook_parse(void *field, const struct value *value, const char *text, char *why)
{
	char **at = field, *line;

	(void)value;
	if ((line = hook_line(text, why)) == NULL)
		return -1;
	free(*at);
	*at = line;
	return 0;
}

const struct value_kind value_hook = {&store_string, hook_parse, string_print};

static int
hooks_parse(void *field, const struct value *value, const char *text, char *why)
{
	char *line;
	int r;

	(void)value;
	if ((line = hook_line(text, why)) == NULL)
		return -1;
	r = strings_add(field, line);
	free(line);
	return r == -1 ? no_memory(why) : 0;
}

const struct value_kind value_hooks = {&store_strings, hooks_parse,
    lines_print};

int
value_split(const char *line, struct value_command *command)
{
	const char *why;
	size_t n;

	line = read_prefixes(line, command);
	if (words_split(line, &command->words, &n, &why) == 0)
		return 0;
	errno = ENOMEM;
	return -1;
}

static int
conditions_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	(void)value;
	/* "!/path": the path must not exist. */
	if (text[text[0] == '!' ? 1 : 0] != '/')
		return value_refuse(why,
		    "\"%.80s\" is neither an absolute path nor ! and one",
		    text);
	return add_once(field, text, why);
}

const struct value_kind value_conditions = {&store_strings, conditions_parse,
    lines_print};

/* Kept in the canonical form. */
static int
addresses_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	char canonical[ADDRESS_MAX];
	struct address address;
	const char *reason;

	(void)value;
	if (address_parse(&address, text, &reason) == -1)
		return value_refuse(why, "\"%.110s\": %s", text, reason);
	address_print(&address, canonical);
	return add_once(field, canonical, why);
}

const struct value_kind value_addresses = {&store_strings, addresses_parse,
    lines_print};

/* Does the path have a component ".."? */
static bool
goes_up(const char *path)
{
	for (const char *p = path; (p = strstr(p, "/..")) != NULL; p += 3)
		if (p[3] == '/' || p[3] == '\0')
			return true;
	return false;
}

static int
add_paths(char ***list, char *const *words, char *why)
{
	for (; *words != NULL; words++) {
		/* "-/path": the path may be absent. */
		if ((*words)[**words == '-' ? 1 : 0] != '/')
			return value_refuse(why,
			    "\"%.80s\" is not an absolute path", *words);
		if (goes_up(*words))
			return value_refuse(why, "\"%.80s\" contains \"..\"",
			    *words);
		if (add_once(list, *words, why) == -1)
			return -1;
	}
	return 0;
}

static int
pathlist_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	char ***at = field, **words, **list;
	const char *reason;
	size_t n;
	int r;

	(void)value;
	if (words_split(text, &words, &n, &reason) == -1)
		return value_refuse(why, "%s", reason);
	if (strings_copy(&list, *at) == -1)
		r = no_memory(why);
	else if ((r = add_paths(&list, words, why)) == -1)
		free(list);
	free(words);
	if (r == -1)
		return -1;
	free(*at);
	*at = list;
	return 0;
}

static int
pathlist_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	char *const *const *list = field;

	return *list != NULL ? words_print(list, value, key, f) : 0;
}

const struct value_kind value_pathlist = {&store_strings, pathlist_parse,
    pathlist_print};

/* A later value of the same variable replaces the earlier one. */
static int
env_parse(void *field, const struct value *value, const char *text, char *why)
{
	char ***list = field, *plain;
	size_t len = environ_name(text), i = 0;
	const char *bad;
	int r;

	(void)value;
	if (len == 0)
		return value_refuse(why, "\"%.80s\" is not NAME=VALUE%s", text,
		    *text == '"' || *text == '\''
			? "; quotes belong around the value"
			: "");
	if ((plain = malloc(strlen(text) + 1)) == NULL)
		return no_memory(why);
	bad = environ_unquote(text, plain);
	r = bad == NULL ? strings_add(list, plain) : 0;
	free(plain);
	if (bad != NULL)
		return value_refuse(why, "%s", bad);
	if (r == -1)
		return no_memory(why);
	while (strncmp((*list)[i], text, len + 1) != 0)
		i++;
	if ((*list)[i + 1] != NULL)
		strings_remove(list, i);
	return 0;
}

static int
env_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	char *const *const *list = field;
	char *text;

	(void)value;
	for (char *const *kv = *list; *kv != NULL; kv++) {
		if ((text = environ_quote(*kv)) == NULL)
			return -1;
		value_put(key, text, f);
		free(text);
	}
	return 0;
}

const struct value_kind value_env = {&store_strings, env_parse, env_print};

/* Exit codes and signals. */

static int
each_exit(void *arg, const char *name, char *why)
{
	struct value_exits *exits = arg;
	const char *reason;
	long long code;
	int sig;

	if (name[0] >= '0' && name[0] <= '9') {
		code = strtonum(name, 0, 255, &reason);
		if (reason != NULL)
			return value_refuse(why,
			    "\"%.40s\" is not an exit code from 0 to 255",
			    name);
		exits->codes[code / 64] |= UINT64_C(1) << (code % 64);
		return 0;
	}
	if (text_signal(name, &sig, &reason) == -1)
		return value_refuse(why, "\"%.40s\": %s", name, reason);
	exits->signals |= UINT64_C(1) << (sig - 1);
	return 0;
}

static int
exits_parse(void *field, const struct value *value, const char *text, char *why)
{
	struct value_exits *at = field, exits = {.signals = 0};

	(void)value;
	if (for_each_name(text, each_exit, &exits, why) == -1)
		return -1;
	*at = exits;
	return 0;
}

static int
exits_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const struct value_exits *exits = field;
	char buf[TEXT_NUMBER_MAX];

	(void)value;
	fprintf(f, "%s =", key);
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

const struct value_kind value_exits = {&store_exits, exits_parse, exits_print};

/* Limits, "soft" or "soft:hard".  One array holds those of all keys. */

static const struct value_rlimit *
find_rlimit(const struct value_rlimits *limits, int which)
{
	for (size_t i = 0; i < limits->n; i++) {
		if (limits->v[i].which == which)
			return &limits->v[i];
	}
	return NULL;
}

int
value_set_rlimit(struct value_rlimits *limits, const struct value_rlimit *limit)
{
	struct value_rlimit *v;

	for (size_t i = 0; i < limits->n; i++) {
		if (limits->v[i].which == limit->which) {
			limits->v[i] = *limit;
			return 0;
		}
	}
	v = reallocarray(limits->v, limits->n + 1, sizeof *v);
	if (v == NULL)
		return -1;
	limits->v = v;
	v[limits->n++] = *limit;
	return 0;
}

static bool
rlimit_equal(const void *a, const void *b, const struct value *value)
{
	const struct value_rlimit *x = find_rlimit(a, value->which);
	const struct value_rlimit *y = find_rlimit(b, value->which);

	if (x == NULL || y == NULL)
		return x == y;
	return x->soft == y->soft && x->hard == y->hard;
}

static int
rlimit_copy(void *to, const void *from, const struct value *value)
{
	const struct value_rlimit *limit = find_rlimit(from, value->which);

	return limit == NULL ? 0 : value_set_rlimit(to, limit);
}

/* Clears the limits of all keys; a definition is only cleared as a whole. */
static void
rlimit_clear(void *field, const struct value *value)
{
	struct value_rlimits *limits = field;

	(void)value;
	free(limits->v);
	*limits = (struct value_rlimits){.n = 0};
}

static const struct value_store store_rlimit = {.equal = rlimit_equal,
    .copy = rlimit_copy,
    .clear = rlimit_clear};

static int
one_limit(const struct value *value, const char *text, rlim_t *limit, char *why)
{
	const char *reason;
	int64_t n;

	if (strcmp(text, "unlimited") == 0) {
		*limit = RLIM_INFINITY;
		return 0;
	}
	if (value->bytes) {
		if (text_size(text, &n, &reason) == -1)
			return value_refuse(why, "\"%.40s\": %s", text, reason);
	} else {
		n = strtonum(text, 0, INT64_MAX, &reason);
		if (reason != NULL)
			return value_refuse(why,
			    "\"%.40s\" is neither a number nor unlimited",
			    text);
	}
	*limit = (rlim_t)n;
	return 0;
}

static int
rlimit_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	struct value_rlimit limit = {.which = value->which};
	char soft[TEXT_NUMBER_MAX];
	size_t len = strcspn(text, ":");

	if (len >= sizeof soft)
		return value_refuse(why, "\"%.40s\" is not a limit", text);
	memcpy(soft, text, len);
	soft[len] = '\0';
	if (one_limit(value, soft, &limit.soft, why) == -1)
		return -1;
	limit.hard = limit.soft;
	if (text[len] == ':' &&
	    one_limit(value, text + len + 1, &limit.hard, why) == -1)
		return -1;
	/* RLIM_INFINITY is the largest value. */
	if (limit.soft > limit.hard)
		return value_refuse(why,
		    "\"%.60s\": the soft limit is above the hard one", text);
	return value_set_rlimit(field, &limit) == -1 ? no_memory(why) : 0;
}

static void
limit_print(const struct value *value, rlim_t limit, FILE *f)
{
	char buf[TEXT_NUMBER_MAX];

	if (limit == RLIM_INFINITY) {
		fprintf(f, "unlimited");
	} else if (value->bytes) {
		text_print_size((int64_t)limit, buf);
		fprintf(f, "%s", buf);
	} else {
		fprintf(f, "%llu", (unsigned long long)limit);
	}
}

static int
rlimit_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const struct value_rlimit *limit = find_rlimit(field, value->which);

	if (limit == NULL)
		return 0;
	fprintf(f, "%s = ", key);
	limit_print(value, limit->soft, f);
	if (limit->hard != limit->soft) {
		fprintf(f, ":");
		limit_print(value, limit->hard, f);
	}
	fprintf(f, "\n");
	return 0;
}

const struct value_kind value_rlimit = {&store_rlimit, rlimit_parse,
    rlimit_print};
