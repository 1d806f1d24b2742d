/*
 * kept - what resolve found, as lines of a saved file.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "config/definition.h"
#include "config/environ.h"
#include "config/kept.h"

/* The words of a program. */
enum { UID, GID, LOGIN, HOME, SHELL, GROUPS };
/* Those of the settings. */
enum { LOG_UID, LOG_GID, ACCESS_GID, SETTINGS_WORDS };

static int
print_accounts(const struct definition *d, FILE *f)
{
	static char none[] = "";
	char *const names[] = {d->login != NULL ? d->login : none,
	    d->home != NULL ? d->home : none,
	    d->shell != NULL ? d->shell : none, NULL};
	char *text;

	if ((d->user == NULL && d->group == NULL && d->groups == NULL &&
		d->socket_user == NULL && d->socket_group == NULL) ||
	    d->waits_for != NULL)
		return 0;
	if ((text = words_join(names)) == NULL)
		return -1;
	fprintf(f, KEPT_MARK KEPT_KEY " = %u %u %s", d->uid, d->gid, text);
	for (size_t i = 0; i < d->ngids; i++)
		fprintf(f, " %u", d->gids[i]);
	putc('\n', f);
	free(text);
	return 0;
}

static bool
is_plain(char c)
{
	return c > ' ' && c <= '~' && c != '%';
}

static void
print_files(const struct definition *d, FILE *f)
{
	if (d->env_read == NULL)
		return;
	fprintf(f, KEPT_MARK KEPT_FILES_KEY " = %016" PRIx64, d->env_digest);
	for (char *const *kv = d->env_read; kv != NULL && *kv != NULL; kv++) {
		putc(' ', f);
		for (const char *s = *kv; *s != '\0'; s++)
			if (is_plain(*s))
				putc(*s, f);
			else
				fprintf(f, "%%%02x", (unsigned char)*s);
	}
	putc('\n', f);
}

int
kept_print(const struct definition *d, FILE *f)
{
	print_files(d, f);
	if (print_accounts(d, f) == -1)
		return -1;
	/* This follows what print_accounts has printed. */
	if ((d->socket_user != NULL || d->socket_group != NULL) &&
	    d->waits_for == NULL)
		fprintf(f, KEPT_MARK KEPT_SOCKET_KEY " = %u %u\n",
		    d->socket_uid, d->socket_gid);
	return 0;
}

void
kept_print_settings(const struct settings *s, FILE *f)
{
	/* The next reader looks up again an account that is missing. */
	if ((s->log_user != NULL && s->log_uid == (uid_t)-1) ||
	    (s->access_group != NULL && s->access_gid == (gid_t)-1))
		return;
	fprintf(f, KEPT_MARK KEPT_KEY " = %u %u %u\n", s->log_uid, s->log_gid,
	    s->access_gid);
}

/* The id that a word is; sets *bad if it is none. */
static uid_t
id_of(const char *word, bool *bad)
{
	const char *errstr;
	long long id = strtonum(word, 0, UINT32_MAX, &errstr);

	if (errstr != NULL)
		*bad = true;
	return (uid_t)id;
}

/* -1: no memory. */
static int
keep_name(char **name, const char *word)
{
	if (*word == '\0')
		return 0;
	return (*name = strdup(word)) == NULL ? -1 : 0;
}

static int
keep(struct definition *d, char *const *words, size_t n, char *why)
{
	bool bad = n < GROUPS;

	if (!bad) {
		d->uid = id_of(words[UID], &bad);
		d->gid = id_of(words[GID], &bad);
	}
	if (!bad &&
	    (keep_name(&d->login, words[LOGIN]) == -1 ||
		keep_name(&d->home, words[HOME]) == -1 ||
		keep_name(&d->shell, words[SHELL]) == -1 ||
		(d->gids = calloc(n, sizeof *d->gids)) == NULL))
		return value_refuse(why, "out of memory");
	for (size_t i = GROUPS; !bad && i < n; i++)
		d->gids[d->ngids++] = id_of(words[i], &bad);
	if (bad)
		return value_refuse(why, "is damaged");
	d->kept = true;
	return 0;
}

int
kept_parse(struct definition *d, const char *text,
    char why[static VALUE_WHY_MAX])
{
	const char *reason;
	char **words;
	size_t n;
	int r;

	definition_forget(d);
	if (words_split(text, &words, &n, &reason) == -1)
		return value_refuse(why, "%s", reason);
	r = keep(d, words, n, why);
	free(words);
	if (r == -1)
		definition_forget(d);
	return r;
}

int
kept_parse_socket(struct definition *d, const char *text,
    char why[static VALUE_WHY_MAX])
{
	const char *reason;
	bool bad = false;
	char **words;
	size_t n;

	if (words_split(text, &words, &n, &reason) == -1)
		return value_refuse(why, "%s", reason);
	if (n == 2) {
		d->socket_uid = id_of(words[0], &bad);
		d->socket_gid = id_of(words[1], &bad);
	}
	free(words);
	return n == 2 && !bad ? 0 : value_refuse(why, "is damaged");
}

/* The byte that two digits mean, -1: they are none, or it is a NUL. */
static int
hex_byte(const char *s)
{
	char digits[3] = {s[0], s[0] != '\0' ? s[1] : '\0', '\0'}, *end;
	unsigned long byte = strtoul(digits, &end, 16);

	return end == digits + 2 && byte != 0 ? (int)byte : -1;
}

/* Undo the escapes of a word, in place.  -1: it is damaged. */
static int
unescape(char *s)
{
	char *to = s;
	int byte;

	for (; *s != '\0'; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if ((byte = hex_byte(s + 1)) == -1)
			return -1;
		*to++ = (char)byte;
		s += 2;
	}
	*to = '\0';
	return 0;
}

/* words: DIGEST NAME=VALUE ... */
static int
keep_files(struct definition *d, char *words, char *why)
{
	struct environment env = {0};
	char *word = strsep(&words, " "), *end, **vars;
	bool bad;
	int r;

	d->env_digest = strtoull(word, &end, 16);
	bad = *end != '\0' || end == word;
	while (!bad && (word = strsep(&words, " ")) != NULL) {
		bad = unescape(word) == -1 || strchr(word, '=') == NULL;
		if (!bad)
			environ_set(&env, word);
	}
	vars = environ_vector(&env);
	r = vars != NULL && !bad ? strings_copy(&d->env_read, vars) : -1;
	environ_clear(&env);
	if (r == -1)
		return value_refuse(why, bad ? "is damaged" : "out of memory");
	d->env_kept = true;
	return 0;
}

int
kept_parse_files(struct definition *d, const char *text,
    char why[static VALUE_WHY_MAX])
{
	char *words;
	int r;

	definition_forget_files(d);
	if ((words = strdup(text)) == NULL)
		return value_refuse(why, "out of memory");
	r = keep_files(d, words, why);
	free(words);
	return r;
}

int
kept_parse_settings(struct settings *s, const char *text,
    char why[static VALUE_WHY_MAX])
{
	const char *reason;
	bool bad = false;
	char **words;
	size_t n;

	if (words_split(text, &words, &n, &reason) == -1)
		return value_refuse(why, "%s", reason);
	if (n == SETTINGS_WORDS) {
		s->log_uid = id_of(words[LOG_UID], &bad);
		s->log_gid = id_of(words[LOG_GID], &bad);
		s->access_gid = id_of(words[ACCESS_GID], &bad);
	}
	free(words);
	if (n != SETTINGS_WORDS || bad)
		return value_refuse(why, "is damaged");
	s->kept = true;
	return 0;
}
