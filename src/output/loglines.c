/*
 * loglines - turn the output of a program into the lines of its log file.
 */
#include "output/loglines.h"

#include <ctype.h>
#include <string.h>
#include <sys/param.h>

/* The length of the line at raw, its end included. */
static size_t
line_length(const char *raw, size_t len, bool *whole)
{
	const char *nl = memchr(raw, '\n', len);

	*whole = nl != NULL;
	return nl != NULL ? (size_t)(nl - raw) + 1 : len;
}

static size_t
put_stamp(struct loglines *l, char *buf, size_t room)
{
	size_t n = MIN(l->stamplen - l->stamp_done, room);

	memcpy(buf, l->stamp + l->stamp_done, n);
	l->stamp_done += n;
	if (l->stamp_done == l->stamplen) {
		l->stamp_done = 0;
		l->bol = false;
	}
	return n;
}

static size_t
put_line(struct loglines *l, char *buf, size_t room)
{
	bool whole;
	size_t n = line_length(l->raw, MIN(l->len, room), &whole);

	memcpy(buf, l->raw, n);
	l->raw += n;
	l->len -= n;
	l->bol = whole;
	return n;
}

size_t
loglines_next(struct loglines *l, char *buf, size_t bufsize, const char **piece)
{
	size_t n = 0;

	if (l->stamplen == 0) {
		*piece = l->raw;
		n = l->len;
		l->raw += n;
		l->len = 0;
		return n;
	}
	while (l->len > 0 && n < bufsize) {
		if (l->bol)
			n += put_stamp(l, buf + n, bufsize - n);
		else
			n += put_line(l, buf + n, bufsize - n);
	}
	*piece = buf;
	return n;
}

int64_t
loglines_length(const struct loglines *l)
{
	int64_t total = (int64_t)l->len - (int64_t)l->stamp_done;
	const char *raw = l->raw;
	size_t n, len = l->len;
	bool bol = l->bol;

	if (l->stamplen == 0)
		return total;
	while (len > 0) {
		if (bol)
			total += (int64_t)l->stamplen;
		n = line_length(raw, len, &bol);
		raw += n;
		len -= n;
	}
	return total;
}

size_t
loglines_fit(const struct loglines *l, int64_t size, int64_t limit)
{
	size_t at = 0, n;
	bool bol = l->bol, whole;
	int64_t need;

	if (limit == 0)
		return l->len;
	/* No search if it fits even with a stamp for every byte. */
	if ((int64_t)(l->len * (l->stamplen + 1)) <= limit - size)
		return l->len;
	while (at < l->len) {
		n = line_length(l->raw + at, l->len - at, &whole);
		need = (int64_t)(n + (bol ? l->stamplen : 0));
		if (bol && size > 0 && need > limit - size)
			return at;
		size += need;
		at += n;
		bol = whole;
	}
	return at;
}

/* Does it begin with a stamp? */
static bool
is_stamped(const char *s, size_t len)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddsdd:dd ";

	_Static_assert(sizeof(form) - 1 == LOGLINES_STAMP, "form of a stamp");
	if (len < LOGLINES_STAMP)
		return false;
	for (size_t i = 0; i < LOGLINES_STAMP; i++) {
		if (form[i] == 'd') {
			if (!isdigit((unsigned char)s[i]))
				return false;
		} else if (form[i] == 's') {
			if (s[i] != '+' && s[i] != '-')
				return false;
		} else if (s[i] != form[i])
			return false;
	}
	return true;
}

static size_t
strip_stamps(char *bytes, size_t len)
{
	size_t in = 0, out = 0, n;
	bool whole;

	while (in < len) {
		if (is_stamped(bytes + in, len - in))
			in += LOGLINES_STAMP;
		n = line_length(bytes + in, len - in, &whole);
		memmove(bytes + out, bytes + in, n);
		in += n;
		out += n;
	}
	return out;
}

size_t
loglines_tail(char *bytes, size_t len, size_t lines, size_t max, bool stamped)
{
	size_t at;

	if (stamped)
		len = strip_stamps(bytes, len);
	at = len;
	while (at > 0 && len - at < max) {
		if (at < len && bytes[at - 1] == '\n' && --lines == 0)
			break;
		at--;
	}
	memmove(bytes, bytes + at, len - at);
	return len - at;
}
