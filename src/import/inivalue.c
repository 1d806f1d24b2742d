/*
 * inivalue - the meaning of a value in supervisord's configuration: its
 * expansion, a list of variables, the words of a command.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/definition.h"
#include "base/words.h"
#include "import/inivalue.h"

#define BLANKS " \t\r\n\v\f"

/* The largest width of %(NAME)99d. */
#define WIDTH_MAX 64

int
inivalue_bool(const char *s)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off",
	    "on", "0", "1"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(s, words[i]) == 0)
			return i % 2 == 1;
	return -1;
}

/* The value of a variable in a vector of K=V (or NULL), or NULL. */
static const char *
variable(char *const *vector, const char *name)
{
	size_t len = strlen(name);

	for (; vector != NULL && *vector != NULL; vector++)
		if (strncmp(*vector, name, len) == 0 && (*vector)[len] == '=')
			return *vector + len + 1;
	return NULL;
}

struct expander {
	const struct ini_key *key;
	const struct inivalue_names *names;
	struct diags *diags;
	struct diags *notes; /* or NULL */
	FILE *out;
};

/* ENV_NAME; the program's own variables come first. */
static const char *
env_value(const struct expander *x, const char *name)
{
	const char *value;

	for (size_t i = 0; i < 2; i++)
		if ((value = variable(x->names->env[i], name)) != NULL)
			return value;
	if ((value = variable(x->names->environ, name)) != NULL &&
	    x->notes != NULL)
		ini_complain(x->key, x->notes,
		    "%%(ENV_%s)s is replaced by its present value, \"%.80s\"",
		    name, value);
	return value;
}

/* The value of a name; a number is printed to buf. */
static const char *
name_value(const struct expander *x, const char *name, char buf[static 32],
    bool *number)
{
	const struct inivalue_names *n = x->names;
	bool one = strcmp(name, "process_num") == 0;

	*number = one || strcmp(name, "numprocs") == 0;
	if (*number) {
		snprintf(buf, 32, "%ld", one ? n->process : n->processes);
		return buf;
	}
	if (strcmp(name, "here") == 0)
		return x->key->source->here;
	if (strcmp(name, "host_node_name") == 0)
		return n->host;
	if (strcmp(name, "program_name") == 0)
		return n->program;
	if (strcmp(name, "group_name") == 0)
		return n->group;
	return strncmp(name, "ENV_", 4) == 0 ? env_value(x, name + 4) : NULL;
}

/* Print the value in the format after %(NAME): an optional width, s or d. */
static const char *
put_formatted(const struct expander *x, const char *s, const char *value,
    bool number)
{
	bool zeros = *s == '0';
	size_t width = 0, len = strlen(value);

	for (; isdigit((unsigned char)*s) && width <= WIDTH_MAX; s++)
		width = width * 10 + (size_t)(*s - '0');
	if ((*s != 's' && !(*s == 'd' && number)) || width > WIDTH_MAX)
		return NULL;
	for (; width > len; width--)
		putc(zeros && *s == 'd' ? '0' : ' ', x->out);
	fputs(value, x->out);
	return s + 1;
}

/* Expand the % at s.  Returns its end, or NULL after an error. */
static const char *
expand_one(const struct expander *x, const char *s)
{
	char name[128], buf[32];
	const char *value, *end;
	bool number;
	size_t len;

	if (s[1] == '%') {
		putc('%', x->out);
		return s + 2;
	}
	len = s[1] == '(' ? strcspn(s + 2, ")") : 0;
	if (len == 0 || len >= sizeof(name) || s[2 + len] == '\0') {
		ini_complain(x->key, x->diags,
		    "\"%.20s\": write %%%% for a percent sign, or %%(NAME)s",
		    s);
		return NULL;
	}
	memcpy(name, s + 2, len);
	name[len] = '\0';
	if ((value = name_value(x, name, buf, &number)) == NULL) {
		ini_complain(x->key, x->diags, "%%(%s)s is not defined", name);
		return NULL;
	}
	end = put_formatted(x, s + 2 + len + 1, value, number);
	if (end == NULL)
		ini_complain(x->key, x->diags,
		    "\"%.*s\": expected %%(NAME)s, or %%(NAME)d for a "
		    "number",
		    (int)len + 6, s);
	return end;
}

char *
inivalue_expand(const struct ini_key *key, const struct inivalue_names *names,
    struct diags *diags, struct diags *notes)
{
	struct expander x = {key, names, diags, notes, NULL};
	const char *s = key->value;
	char *text = NULL;
	size_t size;

	if ((x.out = open_memstream(&text, &size)) == NULL) {
		ini_complain(key, diags, "out of memory");
		return NULL;
	}
	while (s != NULL && *s != '\0') {
		if (*s == '%')
			s = expand_one(&x, s);
		else
			putc(*s++, x.out);
	}
	if (fclose(x.out) == EOF) {
		ini_complain(key, diags, "out of memory");
		s = NULL;
	}
	if (s != NULL)
		return text;
	free(text);
	return NULL;
}

/* The length of the word at s by the rules of shlex without POSIX mode. */
static size_t
token_length(const char *s)
{
	const char *end;

	if (*s == '"' || *s == '\'') {
		end = strchr(s + 1, *s);
		return end == NULL ? 0 : (size_t)(end - s) + 1;
	}
	for (end = s; *end != '\0'; end++)
		if (!isalnum((unsigned char)*end) &&
		    (unsigned char)*end < 0x80 &&
		    strchr("_/.+-():'\"", *end) == NULL)
			break;
	return (size_t)(end - s);
}

/* Add one KEY=value to the list.  Returns its end, or NULL after an error. */
static const char *
add_pair(const struct ini_key *key, const char *s, char ***list,
    struct diags *diags)
{
	static const char quotes[] = "'\"";
	size_t name = token_length(s), len;
	const char *value = s + name + strspn(s + name, BLANKS), *end;
	char *pair;
	int r;

	if (name == 0 || *value != '=') {
		ini_complain(key, diags, "\"%.40s\" is not KEY=value", s);
		return NULL;
	}
	value++;
	value += strspn(value, BLANKS);
	if ((len = token_length(value)) == 0) {
		ini_complain(key, diags,
		    "%.*s has no value, or a quote "
		    "is not closed",
		    (int)name, s);
		return NULL;
	}
	end = value + len;
	for (; len > 0 && strchr(quotes, value[len - 1]) != NULL; len--)
		;
	for (; len > 0 && strchr(quotes, *value) != NULL; len--)
		value++;
	if (asprintf(&pair, "%.*s=%.*s", (int)name, s, (int)len, value) == -1)
		pair = NULL;
	r = pair == NULL ? -1 : strings_add(list, pair);
	free(pair);
	if (r == -1)
		ini_complain(key, diags, "out of memory");
	return r == -1 ? NULL : end;
}

int
inivalue_pairs(const struct ini_key *key, const char *s, char ***list,
    struct diags *diags)
{
	for (s += strspn(s, BLANKS); *s != '\0'; s += strspn(s, BLANKS)) {
		if ((s = add_pair(key, s, list, diags)) == NULL)
			return -1;
		s += strspn(s, BLANKS);
		if (*s == '\0')
			break;
		if (*s != ',') {
			ini_complain(key, diags,
			    "\"%.40s\": a comma is "
			    "missing, or the value needs quotes",
			    s);
			return -1;
		}
		s++;
	}
	return 0;
}

/*
 * Between double quotes shlex knows two escapes, \" and \\; words_split() knows
 * \$ and \` as well.  Double the backslash of those.
 */
static char *
requote(const char *s)
{
	char *text, *out, quote = '\0';

	if ((text = reallocarray(NULL, strlen(s) + 1, 2)) == NULL)
		return NULL;
	for (out = text; *s != '\0'; *out++ = *s++) {
		if (quote == '\0' && (*s == '"' || *s == '\'')) {
			quote = *s;
		} else if (*s == quote) {
			quote = '\0';
		} else if (*s == '\\' && quote != '\'' && s[1] != '\0') {
			if (quote == '"' && (s[1] == '$' || s[1] == '`'))
				*out++ = '\\';
			*out++ = *s++;
		}
	}
	*out = '\0';
	return text;
}

char *
inivalue_command(const struct ini_key *key, const char *s, struct diags *diags)
{
	char *text, **words = NULL, *joined = NULL;
	const char *why = "out of memory";
	size_t n;

	if ((text = requote(s)) != NULL &&
	    words_split(text, &words, &n, &why) == 0) {
		if ((joined = words_join(words)) == NULL)
			why = "out of memory";
		else if (strchr(joined, '\n') != NULL) {
			why = "a word cannot contain a newline";
			free(joined);
			joined = NULL;
		}
	}
	free(words);
	free(text);
	if (joined == NULL)
		ini_complain(key, diags, "%s", why);
	return joined;
}
