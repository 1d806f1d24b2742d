/*
 * places - where things are: the folders of this user, and the log files.
 */
#include <sys/stat.h>

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/places.h"

static char *__attribute__((format(printf, 1, 2))) format(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n == -1 ? NULL : s;
}

/* An absolute path from the environment, or NULL. */
static const char *
absolute(const char *variable)
{
	const char *path = getenv(variable);

	return path != NULL && path[0] == '/' ? path : NULL;
}

/* The user's home, or NULL with errno. */
static const char *
home_folder(void)
{
	const char *home = absolute("HOME");
	struct passwd *pw;

	if (home != NULL)
		return home;
	errno = 0;
	pw = getpwuid(geteuid());
	if (pw != NULL && pw->pw_dir[0] == '/')
		return pw->pw_dir;
	if (errno == 0)
		errno = ENOENT;
	return NULL;
}

/* $variable/name, or HOME/fallback/name. */
static char *
user_folder(const char *variable, const char *fallback, const char *name)
{
	const char *base = absolute(variable), *home;

	if (base != NULL)
		return format("%s%s", base, name);
	if ((home = home_folder()) == NULL)
		return NULL;
	return format("%s/%s%s", home, fallback, name);
}

/* Without XDG_RUNTIME_DIR: the folder that a login manager makes, or /tmp. */
static char *
runtime_folder(void)
{
	const char *base = absolute("XDG_RUNTIME_DIR");
	unsigned uid = (unsigned)geteuid();
	struct stat st;
	char path[64];

	if (base != NULL)
		return format("%s/hupd", base);
	snprintf(path, sizeof(path), "/run/user/%u", uid);
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid)
		return format("%s/hupd", path);
	return format("/tmp/hupd-%u", uid);
}

/* Those of systemd.exec(5); without XDG_RUNTIME_DIR below that of hupd. */
static int
user_bases(struct places *places)
{
	char **bases = places->bases;
	const char *runtime = absolute("XDG_RUNTIME_DIR");

	bases[FOLDER_RUNTIME] =
	    format("%s", runtime != NULL ? runtime : places->runtime_dir);
	bases[FOLDER_STATE] = user_folder("XDG_STATE_HOME", ".local/state", "");
	bases[FOLDER_CACHE] = user_folder("XDG_CACHE_HOME", ".cache", "");
	bases[FOLDER_LOGS] =
	    user_folder("XDG_STATE_HOME", ".local/state", "/log");
	bases[FOLDER_CONFIGURATION] =
	    user_folder("XDG_CONFIG_HOME", ".config", "");
	for (size_t i = 0; i < FOLDER_KINDS; i++)
		if (bases[i] == NULL)
			return -1;
	return 0;
}

static int
user_places(struct places *places)
{
	places->config_home =
	    user_folder("XDG_CONFIG_HOME", ".config", "/hupd");
	places->state_home =
	    user_folder("XDG_STATE_HOME", ".local/state", "/hupd");
	places->runtime_dir = runtime_folder();
	return places->config_home == NULL || places->state_home == NULL ||
		places->runtime_dir == NULL
	    ? -1
	    : user_bases(places);
}

int
places_find(struct places *places, char **config_file)
{
	int err;

	*config_file = NULL;
	*places = (struct places){.root = geteuid() == 0};
	if (places->root)
		*config_file = strdup(HUPD_SYSCONFDIR "/hupd.conf");
	else if (user_places(places) == 0)
		*config_file = format("%s/hupd.conf", places->config_home);
	if (*config_file != NULL)
		return 0;
	err = errno;
	places_clear(places);
	errno = err;
	return -1;
}

void
places_adopt(struct places *places, const char *config_file)
{
	struct stat st;

	if (stat(config_file, &st) == 0 && st.st_uid == 0)
		places->root = true;
}

void
places_clear(struct places *places)
{
	free(places->config_home);
	free(places->runtime_dir);
	free(places->state_home);
	for (size_t i = 0; i < FOLDER_KINDS; i++)
		free(places->bases[i]);
	*places = (struct places){.root = places->root};
}

const char *
places_base(const struct places *places, enum folder_kind kind)
{
	if (places->root || places->bases[kind] == NULL)
		return folder_base(kind);
	return places->bases[kind];
}

char *
places_log(const char *log_dir, const char *name)
{
	return format("%s/%s" PLACES_LOG_SUFFIX, log_dir, name);
}

char *
places_accepted(const char *state_dir)
{
	return format("%s/accepted", state_dir);
}
