/*
 * advice - warnings about what a configuration means on this machine.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/execfile.h"
#include "base/hardlimit.h"
#include "base/strings.h"
#include "base/words.h"
#include "config/advice.h"
#include "config/environ.h"

struct advisor {
	const struct config *config;
	const struct definition *conf; /* of the program, or NULL: defaults */
	struct diags *notes;
	const char *path; /* PATH of the program */
	bool root;	  /* is the daemon root's? */
	struct execfile_user user;
};

/* Add a warning at the line of the key, in the program's file or hupd.conf. */
static void __attribute__((format(printf, 3, 4)))
warn_of(const struct advisor *a, const char *key, const char *fmt, ...)
{
	const struct definition *defaults = a->config->defaults;
	unsigned line = definition_line(a->conf, key, 0);
	const char *file = a->conf->file;
	va_list ap;
	char *text;
	int n;

	if (line == 0 && definition_line(defaults, key, 0) != 0) {
		line = definition_line(defaults, key, 0);
		file = NULL;
	}
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n == -1)
		return;
	diag_add_once(a->notes, file != NULL ? file : a->config->file, line,
	    key, "%s", text);
	free(text);
}

/* Variables and patterns were warned of when the file was read. */
static bool
needs_shell(const char *word)
{
	return *word == '~' || strchr(word, '$') != NULL ||
	    environ_name(word) > 0;
}

static void
look_at_command(const struct advisor *a, const char *key, char *const *words)
{
	const char *folder = a->conf->directory, *trouble;
	char file[PATH_MAX], why[EXECFILE_WHY_MAX];

	if (words == NULL || needs_shell(words[0]))
		return;
	if (strchr(words[0], '/') == NULL) {
		if (!execfile_find(words[0], a->path, &a->user, file,
			sizeof(file))) {
			warn_of(a, key, "%.80s is not in the PATH %.300s",
			    words[0], a->path);
			return;
		}
	} else if (words[0][0] == '/')
		strlcpy(file, words[0], sizeof(file));
	else
		snprintf(file, sizeof(file), "%s/%s",
		    folder != NULL ? folder : "", words[0]);
	trouble = execfile_trouble(file, a->path, &a->user, why);
	if (trouble != NULL)
		warn_of(a, key, "%.200s: %s", file, trouble);
}

static void
look_at_line(const struct advisor *a, const char *key, const char *line)
{
	const char *why;
	char **words;
	size_t n;

	if (words_split(line, &words, &n, &why) == -1)
		return;
	look_at_command(a, key, words);
	free(words);
}

/* A command with prefixes; "+" runs it as the daemon's user. */
static void
look_at_hook(const struct advisor *a, const char *key, const char *line)
{
	struct advisor daemons = *a;
	struct value_command command;

	if (value_split(line, &command) == -1)
		return;
	if (command.privileged)
		daemons.user = (struct execfile_user){a->root ? 0 : (uid_t)-1,
		    (gid_t)-1, NULL, 0};
	look_at_command(&daemons, key, command.words);
	free(command.words);
}

static void
look_at_key(const struct advisor *a, const struct key *key)
{
	const void *field = keys_value(a->conf, key);
	char *const *line;

	if (key->value.kind == &value_words)
		look_at_command(a, key->name, *(char **const *)field);
	else if (key->value.kind == &value_hook &&
	    *(char *const *)field != NULL)
		look_at_hook(a, key->name, *(char *const *)field);
	else if (key->value.kind == &value_hooks)
		for (line = *(char **const *)field;
		     line != NULL && *line != NULL; line++)
			look_at_hook(a, key->name, *line);
}

/* Is the folder made before the start, or one on the way to such a folder? */
static bool
is_made(const struct advisor *a, const char *folder)
{
	const struct folder *f = a->conf->folders.v;
	char path[PATH_MAX];

	for (size_t i = 0; i < a->conf->folders.n; i++, f++) {
		snprintf(path, sizeof(path), "%s/%s", a->config->bases[f->kind],
		    f->name);
		if (folder_has(folder, path))
			return true;
	}
	return false;
}

static void
look_at_folder(const struct advisor *a)
{
	const char *folder = a->conf->directory;
	struct stat st;

	if (folder == NULL || is_made(a, folder))
		return;
	if (stat(folder, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			warn_of(a, "directory", "%.200s is not a folder",
			    folder);
	} else if (errno == ENOENT || errno == ENOTDIR)
		warn_of(a, "directory", "%.200s does not exist", folder);
}

/* The PATH that the keys of the program set, or NULL. */
static const char *
own_path(const struct definition *conf)
{
	const char *found = NULL;

	/* Of two in the files the last counts. */
	for (size_t i = 0; i < strings_count(conf->env_read); i++)
		if (strncmp(conf->env_read[i], "PATH=", 5) == 0)
			found = conf->env_read[i];
	if (found == NULL)
		found = environ_find(conf->env, "PATH");
	if (found != NULL)
		return found + strlen("PATH=");
	return strings_has(conf->pass_environment, "PATH") ? getenv("PATH")
							   : NULL;
}

static void
look_at_program(struct advisor *a, const char *path)
{
	const struct definition *conf = a->conf;
	const char *own = own_path(conf);

	/* Its paths are those of another root. */
	if (hardening_is_on(conf->hardening) && conf->hardening->root != NULL)
		return;
	a->path = own != NULL ? own : path;
	a->user = (struct execfile_user){conf->uid, conf->gid, conf->gids,
	    conf->ngids};
	if (a->root && conf->uid == (uid_t)-1)
		a->user.uid = 0;
	look_at_command(a, "command", conf->command);
	for (size_t i = 0; i < strings_count(conf->more_commands); i++)
		look_at_line(a, "command", conf->more_commands[i]);
	for (size_t i = 0; i < keys_count; i++)
		look_at_key(a, &keys_table[i]);
	look_at_folder(a);
}

const char *
advice_path(bool fixed)
{
	const char *path = fixed ? NULL : getenv("PATH");

	if (path == NULL || *path == '\0')
		path = &ENVIRON_PATH[strlen("PATH=")];
	return path;
}

void
advice_files(const struct config *config, bool root, const char *path,
    struct diags *notes)
{
	struct advisor a = {.config = config, .notes = notes, .root = root};

	for (size_t i = 0; i < config->nprograms; i++) {
		a.conf = config->programs[i];
		look_at_program(&a, path);
	}
}

/* "65536", or "unlimited". */
static void
print_limit(rlim_t limit, char buf[static 24])
{
	if (limit == RLIM_INFINITY)
		strlcpy(buf, "unlimited", 24);
	else
		snprintf(buf, 24, "%llu", (unsigned long long)limit);
}

/* Why the limit cannot be set, malloc'd; NULL: it can. */
static char *
limit_trouble(const struct value_rlimit *limit)
{
	struct rlimit most = {limit->soft, limit->hard};
	char wanted[24], used[24], *text;

	if (hardlimit_allows(limit->which, &most))
		return NULL;
	print_limit(limit->hard, wanted);
	print_limit(most.rlim_max, used);
	if (asprintf(&text,
		"%s is above the hard limit of the daemon; %s is used", wanted,
		used) == -1)
		return NULL;
	return text;
}

/* Why its oom-score-adj cannot be set, malloc'd; NULL: it can. */
static char *
oom_trouble(const struct definition *conf)
{
	char *text;

	if (!definition_has(conf, "oom-score-adj") ||
	    hardlimit_allows_oom(conf->oom_score_adj) ||
	    asprintf(&text,
		"%d is below the least that the daemon may set; that of the "
		"daemon is used",
		conf->oom_score_adj) == -1)
		return NULL;
	return text;
}

void
advice_limits(const struct config *config, struct diags *notes)
{
	struct advisor a = {.config = config, .notes = notes};
	const struct value_rlimits *limits;
	char *text;

	for (size_t i = 0; i < config->nprograms; i++) {
		a.conf = config->programs[i];
		if ((text = oom_trouble(a.conf)) != NULL)
			warn_of(&a, "oom-score-adj", "%s", text);
		free(text);
		limits = &a.conf->rlimits;
		for (size_t j = 0; j < limits->n; j++) {
			if ((text = limit_trouble(&limits->v[j])) == NULL)
				continue;
			warn_of(&a, keys_rlimit_name(limits->v[j].which), "%s",
			    text);
			free(text);
		}
	}
}

char *
advice_limit(const struct definition *conf)
{
	const struct value_rlimits *limits = &conf->rlimits;
	char *why, *text;

	for (size_t i = 0; i < limits->n; i++) {
		if ((why = limit_trouble(&limits->v[i])) == NULL)
			continue;
		if (asprintf(&text, "%s: %s",
			keys_rlimit_name(limits->v[i].which), why) == -1)
			text = NULL;
		free(why);
		return text;
	}
	if ((why = oom_trouble(conf)) == NULL ||
	    asprintf(&text, "oom-score-adj: %s", why) == -1)
		text = NULL;
	free(why);
	return text;
}
