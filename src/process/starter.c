/*
 * starter - what stays of the environment that the daemon was started with.
 */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/strings.h"
#include "config/environ.h"
#include "process/starter.h"

extern char **environ;

static char *first, *last; /* where the kernel put the variables */
static char **base;	   /* the environment of programs */

/* The kernel puts the strings one behind the other. */
void
starter_remember(char *const *envp)
{
	first = last = *envp;
	for (; *envp != NULL && *envp == last; envp++)
		last = *envp + strlen(*envp) + 1;
}

/* Does another tool, or hupd itself, mean hupd by the variable? */
static bool
is_for_hupd(const char *kv)
{
	static const char *const names[] = {"LISTEN_FDS", "LISTEN_FDNAMES",
	    "LISTEN_PID", "MAINPID", "NOTIFY_SOCKET", "WATCHDOG_PID",
	    "WATCHDOG_USEC"};
	size_t len = strcspn(kv, "=");

	if (strncmp(kv, "HUPD_", 5) == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && strncmp(kv, names[i], len) == 0)
			return true;
	return false;
}

static bool
is_passed(const struct config *set, const char *kv)
{
	char name[128];
	size_t len = strcspn(kv, "=");

	if (len >= sizeof(name))
		return false;
	memcpy(name, kv, len);
	name[len] = '\0';
	if (strings_has(set->defaults->pass_environment, name))
		return true;
	for (size_t i = 0; i < set->nprograms; i++)
		if (strings_has(set->programs[i]->pass_environment, name))
			return true;
	return false;
}

/* Add NAME=VALUE to base; -1: no memory. */
static int
add(const char *name, const char *value)
{
	char *kv;
	int r;

	if (asprintf(&kv, "%s=%s", name, value) == -1)
		return -1;
	r = strings_add(&base, kv);
	free(kv);
	return r;
}

/*
 * Root's line of passwd(5), without the name service: it may not answer at
 * boot, and root is always in the file.
 */
static int
add_root(void)
{
	const struct passwd usual = {.pw_name = (char[]){"root"},
	    .pw_dir = (char[]){"/root"},
	    .pw_shell = (char[]){"/bin/sh"}};
	const struct passwd *pw = NULL;
	FILE *f = NULL;
	int fd, r;

	fd = open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1 && (f = fdopen(fd, "r")) == NULL)
		close(fd);
	if (f != NULL)
		while ((pw = fgetpwent(f)) != NULL && pw->pw_uid != 0)
			;
	if (pw == NULL)
		pw = &usual;
	r = add("HOME", pw->pw_dir) | add("USER", pw->pw_name) |
	    add("LOGNAME", pw->pw_name) |
	    add("SHELL", *pw->pw_shell != '\0' ? pw->pw_shell : usual.pw_shell);
	if (f != NULL)
		fclose(f);
	return r;
}

static int
make_base(bool detached)
{
	const char *path = getenv("PATH");

	if (detached)
		return strings_add(&base, ENVIRON_PATH) | add_root();
	for (char **kv = environ; *kv != NULL; kv++)
		if (strncmp(*kv, "PATH=", 5) != 0 &&
		    strings_add(&base, *kv) == -1)
			return -1;
	if (path == NULL || *path == '\0')
		return strings_add(&base, ENVIRON_PATH);
	return add("PATH", path);
}

/* Clear what does not stay: /proc/PID/environ shows this memory. */
static void
wipe(const struct config *set)
{
	size_t size;

	for (char *kv = first; kv < last; kv += size) {
		size = strlen(kv) + 1;
		if (is_for_hupd(kv) || !is_passed(set, kv))
			explicit_bzero(kv, size);
	}
}

int
starter_settle(bool detached, const struct config *set)
{
	char **kept = NULL;
	size_t n = 0;

	while (environ != NULL && environ[n] != NULL)
		n++;
	if ((kept = calloc(n + 1, sizeof(*kept))) == NULL)
		return -1;
	n = 0;
	for (char **kv = environ; kv != NULL && *kv != NULL; kv++)
		if (!is_for_hupd(*kv) && (!detached || is_passed(set, *kv)) &&
		    (kept[n++] = strdup(*kv)) == NULL)
			return -1;
	environ = kept;
	if (detached)
		wipe(set);
	tzset();
	return make_base(detached);
}

char *const *
starter_environment(void)
{
	return base;
}
