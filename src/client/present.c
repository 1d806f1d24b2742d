/*
 * present - how hupctl shows why a command failed.
 */
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "client/present.h"
#include "wire/line.h"
#include "wire/names.h"

void
present_puts(const char *s, FILE *f)
{
	size_t len = strlen(s);
	char *safe;

	if ((safe = reallocarray(NULL, len + 1, 4)) == NULL)
		err(STATUS_FAILED, NULL);
	escape_bytes(safe, 4 * (len + 1), s, len, false);
	fputs(safe, f);
	free(safe);
}

void
present_words(const char *s, FILE *f)
{
	size_t size = 4 * strlen(s) + 1;
	char *safe;

	if ((safe = malloc(size)) == NULL)
		err(STATUS_FAILED, NULL);
	escape_again(safe, size, s, true);
	fputs(safe, f);
	free(safe);
}

/* Print a message.  Returns it, malloc'd. */
static char *complain(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

static char *
complain(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) == -1)
		err(STATUS_FAILED, NULL);
	fflush(stdout);
	fputs("hupctl: ", stderr);
	present_puts(s, stderr);
	fputc('\n', stderr);
	return s;
}

int
present_fail(const struct ctl *ctl, int status, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = complain(fmt, ap);
	va_end(ap);
	ctl->present->failure(ctl, status, s);
	free(s);
	return status;
}

void
present_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	free(complain(fmt, ap));
	va_end(ap);
}

int
present_fail_errno(const struct ctl *ctl, const char *file)
{
	return present_fail(ctl,
	    errno == EACCES || errno == EPERM ? STATUS_DENIED : STATUS_FAILED,
	    "%s: %s", file, strerror(errno));
}

bool
present_is_failing(const struct line *program)
{
	const char *health = line_get(program, "health");

	return reply_has(program, "state", names_state(STATE_FAILED)) ||
	    reply_has(program, "state", names_state(STATE_WAIT)) ||
	    (health != NULL && strcmp(health, NAMES_UNHEALTHY) == 0);
}

int
present_finish(int status)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		warn("standard output");
		return STATUS_FAILED;
	}
	return status;
}
