/*
 * sdnotify - the text of the messages that programs send to the notify socket.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "wire/sdnotify.h"

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

static void
parse_line(struct sdnotify *m, const char *line)
{
	uint64_t n;

	if (strcmp(line, "READY=1") == 0)
		m->ready = true;
	else if (strcmp(line, "RELOADING=1") == 0)
		m->reloading = true;
	else if (strcmp(line, "STOPPING=1") == 0)
		m->stopping = true;
	else if (strcmp(line, "WATCHDOG=1") == 0)
		m->watchdog = true;
	else if (strncmp(line, "STATUS=", 7) == 0) {
		m->has_status = true;
		strlcpy(m->status, line + 7, sizeof(m->status));
	} else if (strncmp(line, "MAINPID=", 8) == 0) {
		if (number(line + 8, &n) && n > 1 && n <= INT_MAX)
			m->mainpid = (pid_t)n;
	} else if (strncmp(line, "ERRNO=", 6) == 0) {
		if (number(line + 6, &n) && n <= INT_MAX)
			m->err = (int)n;
	} else if (strncmp(line, "MONOTONIC_USEC=", 15) == 0) {
		if (number(line + 15, &n))
			m->monotonic_usec = n;
	}
}

void
sdnotify_parse(struct sdnotify *m, const char *bytes, size_t len)
{
	char line[SDNOTIFY_STATUS_MAX + 16];
	const char *end, *p;
	size_t kept, n;

	memset(m, 0, sizeof(*m));
	for (p = bytes; len > 0; len -= n, p += n) {
		end = memchr(p, '\n', len);
		n = end != NULL ? (size_t)(end - p) : len;
		/* Only a status may be longer than this; it is cut. */
		kept = n < sizeof(line) ? n : sizeof(line) - 1;
		memcpy(line, p, kept);
		line[kept] = '\0';
		parse_line(m, line);
		if (end != NULL)
			n++;
	}
}
