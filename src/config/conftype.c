/*
 * conftype - how the simple values of the key table are read and printed:
 * numbers, times, choices, strings.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/conftype.h"
#include "base/text.h"

int
conf_refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, CONF_WHY_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

int
conf_no_memory(char *why)
{
	return conf_refuse(why, "out of memory");
}

/* Every word that is in effect is printed at each reload: no format. */
int
conf_put(const struct conf_row *row, const char *text, FILE *f)
{
	fputs(row->key.name, f);
	fputs(" = ", f);
	fputs(text, f);
	putc('\n', f);
	return 0;
}

/* Strings. */

static int
set_string(void *base, const struct conf_row *row, const char *text, char *why)
{
	char **field = conf_field(base, row), *copy;

	if ((copy = strdup(text)) == NULL)
		return conf_no_memory(why);
	free(*field);
	*field = copy;
	return 0;
}

static int
string_print(const void *base, const struct conf_row *row, FILE *f)
{
	char *const *field = conf_value(base, row);

	return *field != NULL ? conf_put(row, *field, f) : 0;
}

static int
path_parse(void *base, const struct conf_row *row, const char *text, char *why)
{
	if (text[0] != '/')
		return conf_refuse(why, "\"%.80s\" is not an absolute path",
		    text);
	return set_string(base, row, text, why);
}

const struct conf_type type_path = {&store_string, path_parse, string_print};

/* What passwd(5) and group(5) cannot hold is no name of an account. */
static int
check_account(const char *text, char *why)
{
	if (text[strcspn(text, " \t,:/")] != '\0')
		return conf_refuse(why,
		    "\"%.80s\" is not the name of an account", text);
	return 0;
}

static int
account_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	if (check_account(text, why) == -1)
		return -1;
	return set_string(base, row, text, why);
}

const struct conf_type type_account = {&store_string, account_parse,
    string_print};

static int
cgroup_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	if (strcmp(text, "auto") != 0 && strcmp(text, "off") != 0 &&
	    text[0] != '/')
		return conf_refuse(why,
		    "\"%.80s\" is none of auto, off, an absolute path", text);
	return set_string(base, row, text, why);
}

const struct conf_type type_cgroup = {&store_string, cgroup_parse,
    string_print};

static int
exit_on_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	if (!text_is_name(text))
		return conf_refuse(why,
		    "\"%.80s\" is none of " CONF_ANY_FAILED ", " CONF_ALL_DONE
		    ", the name of a program",
		    text);
	return set_string(base, row, text, why);
}

const struct conf_type type_exit_on = {&store_string, exit_on_parse,
    string_print};

/* Choices: the field is an enumeration or a bool. */

static int
choose(const struct conf_row *row, const char *text, char *why)
{
	const char *near = text_near(text, row->words);
	char all[CONF_WHY_MAX / 2] = "";
	int i;

	for (i = 0; row->words[i] != NULL; i++) {
		if (strcmp(text, row->words[i]) == 0)
			return i;
		strlcat(all, i == 0 ? "" : ", ", sizeof all);
		strlcat(all, row->words[i], sizeof all);
	}
	return conf_refuse(why, "\"%.40s\" is none of %s%s%s%s", text, all,
	    near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
	    near == NULL ? "" : "?");
}

static int
choice_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	int choice, *field = conf_field(base, row);

	if ((choice = choose(row, text, why)) == -1)
		return -1;
	*field = choice;
	return 0;
}

static int
choice_print(const void *base, const struct conf_row *row, FILE *f)
{
	const int *field = conf_value(base, row);

	return conf_put(row, row->words[*field], f);
}

const struct conf_type type_choice = {&store_int, choice_parse, choice_print};

static int
bool_parse(void *base, const struct conf_row *row, const char *text, char *why)
{
	bool *field = conf_field(base, row);
	int choice;

	if ((choice = choose(row, text, why)) == -1)
		return -1;
	*field = choice == 1;
	return 0;
}

static int
bool_print(const void *base, const struct conf_row *row, FILE *f)
{
	const bool *field = conf_value(base, row);

	return conf_put(row, row->words[*field ? 1 : 0], f);
}

const struct conf_type type_bool = {&store_bool, bool_parse, bool_print};

/* Numbers. */

static int
number_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	int *field = conf_field(base, row);
	const char *errstr;
	long long n;

	n = strtonum(text, row->min, row->max, &errstr);
	if (errstr != NULL)
		return conf_refuse(why,
		    "\"%.40s\" is not a number from %d to %d", text, row->min,
		    row->max);
	*field = (int)n;
	return 0;
}

static int
number_print(const void *base, const struct conf_row *row, FILE *f)
{
	const int *field = conf_value(base, row);

	fprintf(f, "%s = %d\n", row->key.name, *field);
	return 0;
}

const struct conf_type type_number = {&store_int, number_parse, number_print};

static int
octal_parse(void *base, const struct conf_row *row, const char *text, char *why)
{
	size_t len = strlen(text);
	int *field = conf_field(base, row);

	if (len > 4 || strspn(text, "01234567") != len ||
	    strtol(text, NULL, 8) > 0777)
		return conf_refuse(why,
		    "\"%.40s\" is not an octal number up to 777", text);
	*field = (int)strtol(text, NULL, 8);
	return 0;
}

static int
octal_print(const void *base, const struct conf_row *row, FILE *f)
{
	const int *field = conf_value(base, row);

	fprintf(f, "%s = %03o\n", row->key.name, (unsigned)*field);
	return 0;
}

const struct conf_type type_octal = {&store_int, octal_parse, octal_print};

static int
duration_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	const char *reason;

	if (text_duration(text, conf_field(base, row), &reason) == -1)
		return conf_refuse(why, "\"%.40s\": %s", text, reason);
	if (*(int64_t *)conf_field(base, row) < row->min)
		return conf_refuse(why, "\"%.40s\": must be more than 0", text);
	return 0;
}

static int
duration_print(const void *base, const struct conf_row *row, FILE *f)
{
	char buf[TEXT_NUMBER_MAX];
	const int64_t *field = conf_value(base, row);

	text_print_duration(*field, buf);
	return conf_put(row, buf, f);
}

const struct conf_type type_duration = {&store_int64, duration_parse,
    duration_print};

static int
size_parse(void *base, const struct conf_row *row, const char *text, char *why)
{
	const char *reason;

	if (text_size(text, conf_field(base, row), &reason) == -1)
		return conf_refuse(why, "\"%.40s\": %s", text, reason);
	return 0;
}

static int
size_print(const void *base, const struct conf_row *row, FILE *f)
{
	char buf[TEXT_NUMBER_MAX];
	const int64_t *field = conf_value(base, row);

	text_print_size(*field, buf);
	return conf_put(row, buf, f);
}

const struct conf_type type_size = {&store_int64, size_parse, size_print};

static int
signal_parse(void *base, const struct conf_row *row, const char *text,
    char *why)
{
	const char *reason;

	if (text_signal(text, conf_field(base, row), &reason) == -1)
		return conf_refuse(why, "\"%.40s\": %s", text, reason);
	return 0;
}

static int
signal_print(const void *base, const struct conf_row *row, FILE *f)
{
	char buf[TEXT_NUMBER_MAX];
	const int *field = conf_value(base, row);

	return conf_put(row, text_signal_name(*field, buf), f);
}

const struct conf_type type_signal = {&store_int, signal_parse, signal_print};

/* Readiness: "fd:N" is two fields. */

static int
ready_parse(void *base, const struct conf_row *row, const char *text, char *why)
{
	struct conf *conf = base;
	const char *errstr;
	long long fd;
	int choice;

	if (strncmp(text, "fd:", 3) == 0) {
		fd = strtonum(text + 3, row->min, row->max, &errstr);
		if (errstr != NULL)
			return conf_refuse(why,
			    "\"%.40s\": the descriptor is a number from %d to "
			    "%d",
			    text, row->min, row->max);
		conf->ready = READY_FD;
		conf->ready_fd = (int)fd;
		return 0;
	}
	if ((choice = choose(row, text, why)) == -1)
		return -1;
	if (choice == READY_FD)
		return conf_refuse(why, "\"%.40s\" lacks the descriptor", text);
	conf->ready = (enum conf_ready)choice;
	conf->ready_fd = 0;
	return 0;
}

static int
ready_print(const void *base, const struct conf_row *row, FILE *f)
{
	const struct conf *conf = base;

	if (conf->ready != READY_FD)
		return conf_put(row, row->words[conf->ready], f);
	fprintf(f, "%s = fd:%d\n", row->key.name, conf->ready_fd);
	return 0;
}

const struct conf_type type_ready = {&store_ready, ready_parse, ready_print};
