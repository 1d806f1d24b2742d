/*
 * sdnotify - the text of the messages that programs send to the notify socket.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "wire/sdnotify.h"

/* The kernel has no larger number for an error. */
#define ERRNO_MAX 4095
#define BARRIER "BARRIER"
/* The longest time, ms. */
#define TIME_MAX (INT64_C(31) * 24 * 60 * 60 * 1000)

/* Read a decimal number without sign or spaces.  False leaves *out alone. */
static bool
number(const char *s, uint64_t *out)
{
	char *end;
	uint64_t n;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*out = n;
	return true;
}

/* Rounded up, and at most a month. */
static int64_t
to_ms(uint64_t usec)
{
	const uint64_t ms = usec / 1000 + (usec % 1000 > 0);

	return ms < TIME_MAX ? (int64_t)ms : TIME_MAX;
}

static bool
is_yes(const char *value)
{
	return strcmp(value, "1") == 0;
}

/*
 * The variables, each with a function.
 */

static void
parse_ready(struct sdnotify *m, const char *value)
{
	m->ready |= is_yes(value);
}

static void
parse_reloading(struct sdnotify *m, const char *value)
{
	m->reloading |= is_yes(value);
}

static void
parse_stopping(struct sdnotify *m, const char *value)
{
	m->stopping |= is_yes(value);
}

static void
parse_monotonic(struct sdnotify *m, const char *value)
{
	number(value, &m->monotonic_usec);
}

static void
parse_status(struct sdnotify *m, const char *value)
{
	m->has_status = true;
	strlcpy(m->status, value, sizeof(m->status));
}

static void
parse_access(struct sdnotify *m, const char *word)
{
	static const char *const words[] = {
	    [SDNOTIFY_ALL] = "all",
	    [SDNOTIFY_EXEC] = "exec",
	    [SDNOTIFY_MAIN] = "main",
	    [SDNOTIFY_NONE] = "none",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0) {
			m->has_access = true;
			m->access = (enum sdnotify_access)i;
		}
}

static void
parse_errno(struct sdnotify *m, const char *value)
{
	uint64_t n;

	if (!number(value, &n) || n > ERRNO_MAX)
		return;
	m->has_err = true;
	m->err = (int)n;
}

static void
parse_exit_status(struct sdnotify *m, const char *value)
{
	uint64_t n;

	if (!number(value, &n) || n > UINT8_MAX)
		return;
	m->has_exit_status = true;
	m->exit_status = (int)n;
}

static void
parse_mainpid(struct sdnotify *m, const char *value)
{
	uint64_t n;

	if (number(value, &n) && n > 1 && n <= INT_MAX)
		m->mainpid = (pid_t)n;
}

static void
parse_mainpidfd(struct sdnotify *m, const char *value)
{
	m->mainpidfd |= is_yes(value);
}

static void
parse_watchdog(struct sdnotify *m, const char *value)
{
	m->watchdog |= is_yes(value);
	m->trigger |= strcmp(value, "trigger") == 0;
}

static void
parse_watchdog_usec(struct sdnotify *m, const char *value)
{
	uint64_t n;

	if (!number(value, &n))
		return;
	m->has_watchdog_time = true;
	m->watchdog_time = to_ms(n);
}

static void
parse_extend(struct sdnotify *m, const char *value)
{
	uint64_t n;

	if (number(value, &n))
		m->extend = to_ms(n);
}

static void
parse_store(struct sdnotify *m, const char *value)
{
	m->store |= is_yes(value);
}

static void
parse_store_remove(struct sdnotify *m, const char *value)
{
	m->store_remove |= is_yes(value);
}

/* A colon separates the names in LISTEN_FDNAMES. */
static void
parse_fdname(struct sdnotify *m, const char *value)
{
	const char *c = value;

	while (*c > ' ' && *c <= '~' && *c != ':')
		c++;
	if (*c == '\0' && (size_t)(c - value) < sizeof(m->fdname))
		strlcpy(m->fdname, value, sizeof(m->fdname));
}

static void
parse_fdpoll(struct sdnotify *m, const char *value)
{
	m->no_poll |= strcmp(value, "0") == 0;
}

/* BARRIER is handled before the others; NULL: ignored, the manual says why. */
static const struct variable {
	const char *name;
	void (*parse)(struct sdnotify *, const char *value);
} variables[] = {
    {"READY", parse_ready},
    {"RELOADING", parse_reloading},
    {"MONOTONIC_USEC", parse_monotonic},
    {"STOPPING", parse_stopping},
    {"STATUS", parse_status},
    {"ERRNO", parse_errno},
    {"EXIT_STATUS", parse_exit_status},
    {"MAINPID", parse_mainpid},
    {"MAINPIDFD", parse_mainpidfd},
    {"WATCHDOG", parse_watchdog},
    {"WATCHDOG_USEC", parse_watchdog_usec},
    {"EXTEND_TIMEOUT_USEC", parse_extend},
    {"NOTIFYACCESS", parse_access},
    {"FDSTORE", parse_store},
    {"FDSTOREREMOVE", parse_store_remove},
    {"FDNAME", parse_fdname},
    {"FDPOLL", parse_fdpoll},
    {BARRIER, NULL},
    {"MAINPIDFDID", NULL},
    {"BUSERROR", NULL},
    {"VARLINKERROR", NULL},
    {"RESTART_RESET", NULL},
    {"X_SYSTEMD_", NULL},
};
#define NVARIABLES (sizeof(variables) / sizeof(variables[0]))

const char *
sdnotify_variable(size_t i, bool *acts)
{
	if (i >= NVARIABLES)
		return NULL;
	*acts = variables[i].parse != NULL ||
	    strcmp(variables[i].name, BARRIER) == 0;
	return variables[i].name;
}

static void
parse_assignment(struct sdnotify *m, const char *name, const char *value)
{
	for (size_t i = 0; i < NVARIABLES; i++)
		if (strcmp(variables[i].name, name) == 0 &&
		    variables[i].parse != NULL)
			variables[i].parse(m, value);
}

void
sdnotify_parse(struct sdnotify *m, const char *bytes, size_t len)
{
	char line[SDNOTIFY_STATUS_MAX + 16];
	const char *end, *p;
	size_t kept, n;
	bool barrier = false;
	char *value;

	memset(m, 0, sizeof(*m));
	for (p = bytes; len > 0; len -= n, p += n) {
		end = memchr(p, '\n', len);
		n = end != NULL ? (size_t)(end - p) : len;
		/* Only a status may be longer than this; it is cut. */
		kept = n < sizeof(line) ? n : sizeof(line) - 1;
		memcpy(line, p, kept);
		line[kept] = '\0';
		if (strcmp(line, BARRIER "=1") == 0)
			barrier = true;
		if ((value = strchr(line, '=')) != NULL) {
			*value++ = '\0';
			parse_assignment(m, line, value);
		}
		if (end != NULL)
			n++;
	}
	if (barrier)
		memset(m, 0, sizeof(*m));
}
