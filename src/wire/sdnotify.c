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
parse_number(struct sdnotify *m, const char *key, const char *value)
{
	uint64_t n;

	if (!number(value, &n))
		return;
	if (strcmp(key, "MAINPID") == 0 && n > 1 && n <= INT_MAX)
		m->mainpid = (pid_t)n;
	else if (strcmp(key, "ERRNO") == 0 && n <= ERRNO_MAX) {
		m->has_err = true;
		m->err = (int)n;
	} else if (strcmp(key, "EXIT_STATUS") == 0 && n <= UINT8_MAX) {
		m->has_exit_status = true;
		m->exit_status = (int)n;
	} else if (strcmp(key, "WATCHDOG_USEC") == 0) {
		m->has_watchdog_time = true;
		m->watchdog_time = to_ms(n);
	} else if (strcmp(key, "EXTEND_TIMEOUT_USEC") == 0)
		m->extend = to_ms(n);
	else if (strcmp(key, "MONOTONIC_USEC") == 0)
		m->monotonic_usec = n;
}

/* "READY=1" and the like; no other value has a meaning. */
static bool
parse_flag(struct sdnotify *m, const char *key, const char *value)
{
	const struct {
		const char *key;
		bool *set;
	} flags[] = {
	    {"READY", &m->ready},
	    {"RELOADING", &m->reloading},
	    {"STOPPING", &m->stopping},
	    {"WATCHDOG", &m->watchdog},
	    {"MAINPIDFD", &m->mainpidfd},
	};

	if (strcmp(value, "1") != 0)
		return false;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(key, flags[i].key) == 0)
			return *flags[i].set = true;
	return false;
}

static void
parse_assignment(struct sdnotify *m, const char *key, const char *value)
{
	if (parse_flag(m, key, value))
		return;
	if (strcmp(key, "STATUS") == 0) {
		m->has_status = true;
		strlcpy(m->status, value, sizeof(m->status));
	} else if (strcmp(key, "NOTIFYACCESS") == 0)
		parse_access(m, value);
	else if (strcmp(key, "WATCHDOG") == 0 && strcmp(value, "trigger") == 0)
		m->trigger = true;
	else
		parse_number(m, key, value);
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
		if (strcmp(line, "BARRIER=1") == 0)
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
