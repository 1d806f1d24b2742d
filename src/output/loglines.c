/*
 * loglines - turn the output of a program into the lines of its log file.
 */
#include "output/loglines.h"

#include <string.h>
#include <sys/param.h>

#include "base/stamp.h"

/* The longest character of UTF-8: RFC 3629. */
#define CHARACTER_MAX 4
/* Bytes that a cut leaves free. */
#define CUT_ROOM CHARACTER_MAX
/* Bytes by which an unfinished line may grow without being cut, at most. */
#define GROW_MAX 4096

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

/* The length of the character of UTF-8 that begins with this byte; or 1. */
static size_t
character_length(unsigned char lead)
{
	if (lead < 0xc2 || lead > 0xf4)
		return 1;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t
loglines_whole(const char *raw, size_t at)
{
	size_t i = 1;

	while (i < CHARACTER_MAX && i < at && is_continuation(raw[at - i]))
		i++;
	if (i <= at && character_length((unsigned char)raw[at - i]) > i)
		return at - i;
	return at;
}

/*
 * How much of a line that is too long goes into this file.  CUT_ROOM stays
 * free for the bytes that may come next: the rest of a character that
 * was begun in the last batch, and the newline.
 */
static size_t
cut(const char *raw, size_t len, int64_t room)
{
	size_t n = 0;

	if (room >= (int64_t)(len + CUT_ROOM))
		return len;
	if (room > CUT_ROOM)
		return loglines_whole(raw, (size_t)room - CUT_ROOM);
	while (n < len && n < CHARACTER_MAX - 1 && is_continuation(raw[n]))
		n++;
	return (int64_t)n < room ? n : 0;
}

/* The same for an empty file, which must take something. */
static size_t
cut_first(const char *raw, size_t len, int64_t room)
{
	size_t n = cut(raw, len, room);

	return n > 0 ? n : MIN(len, character_length((unsigned char)raw[0]));
}

size_t
loglines_fit(const struct loglines *l, int64_t size, int64_t limit)
{
	const int64_t grow = MIN(GROW_MAX, limit / 4);
	size_t at = 0, n, stamp;
	bool bol = l->bol, whole;
	int64_t need, room;

	if (limit == 0)
		return l->len;
	/* No search if it fits even with a stamp for every byte. */
	if ((int64_t)(l->len * (l->stamplen + 1)) + grow + CUT_ROOM <=
	    limit - size)
		return l->len;
	while (at < l->len) {
		n = line_length(l->raw + at, l->len - at, &whole);
		stamp = bol ? l->stamplen : 0;
		room = limit - size - (int64_t)stamp;
		need = (int64_t)n;
		if (!whole)
			need += bol ? grow + CUT_ROOM : CUT_ROOM;
		if (need > room) {
			if (bol && size > 0)
				return at;
			n = size == 0 ? cut_first(l->raw + at, n, room)
				      : cut(l->raw + at, n, room);
			return at + n;
		}
		size += (int64_t)(stamp + n);
		at += n;
		bol = whole;
	}
	return at;
}

static size_t
strip_stamps(char *bytes, size_t len)
{
	size_t in = 0, out = 0, n;
	bool whole;

	while (in < len) {
		if (stamp_parse(bytes + in, len - in, NULL) == STAMP_LENGTH)
			in += STAMP_LENGTH;
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
