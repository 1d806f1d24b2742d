/*
 * ctl - how hupctl says that something failed.
 */
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl.h"
#include "client/json.h"
#include "wire/line.h"
#include "base/text.h"

void
ctl_puts(const char *s, FILE *f)
{
	size_t len = strlen(s);
	char *safe;

	if ((safe = reallocarray(NULL, len + 1, 4)) == NULL)
		err(STATUS_FAILED, NULL);
	escape_bytes(safe, 4 * (len + 1), s, len, false);
	fputs(safe, f);
	free(safe);
}

static char *format(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

static char *
format(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) == -1)
		err(STATUS_FAILED, NULL);
	return s;
}

static void
say(const char *s)
{
	fflush(stdout);
	fputs("hupctl: ", stderr);
	ctl_puts(s, stderr);
	fputc('\n', stderr);
}

int
ctl_fail(const struct ctl *ctl, int status, const char *fmt, ...)
{
	struct json json;
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = format(fmt, ap);
	va_end(ap);
	say(s);
	if (ctl->json) {
		json_begin(&json, stdout);
		json_object(&json, NULL);
		json_string(&json, "error", s);
		json_number(&json, "status", status);
		json_end(&json);
	}
	free(s);
	return status;
}

void
ctl_warn(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = format(fmt, ap);
	va_end(ap);
	say(s);
	free(s);
}

int
ctl_finish(int status)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		warn("standard output");
		return STATUS_FAILED;
	}
	return status;
}

bool
ctl_are_names(const struct ctl *ctl, int n, char **names)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!text_is_name(names[i])) {
			ctl_fail(ctl, STATUS_USAGE, "'%s' is no program's name",
			    names[i]);
			return false;
		}
	}
	return true;
}
