/*
 * loglines - output to lines: however it is cut, the same bytes come out, as
 * many as were announced, and no line is without its stamp.
 */
#include "fuzz.h"
#include "base/stamp.h"
#include "output/loglines.h"

static const char stamp[] = "2026-11-22T13:17:05.123+00:00 ";

_Static_assert(sizeof(stamp) - 1 == STAMP_LENGTH, "form of a stamp");

struct out {
	char *s;
	size_t len;
};

static struct loglines
lines(const char *raw, size_t len, bool stamped, bool bol)
{
	return (struct loglines){
	    .raw = raw,
	    .len = len,
	    .stamp = stamp,
	    .stamplen = stamped ? STAMP_LENGTH : 0,
	    .bol = bol,
	};
}

/* All of it, through a buffer of that size. */
static struct out
all(struct loglines l, size_t bufsize)
{
	struct out out = {0};
	char buf[256];
	const char *piece;
	int64_t length = loglines_length(&l);
	size_t n;
	FILE *f = open_memstream(&out.s, &out.len);

	must(f != NULL);
	while ((n = loglines_next(&l, buf, bufsize, &piece)) > 0) {
		must(fwrite(piece, 1, n, f) == n);
		length -= (int64_t)n;
		must(loglines_length(&l) == length);
	}
	must(length == 0 && fclose(f) == 0);
	return out;
}

/* The files of a rotating writer, limit bytes each, joined. */
static void
rotated(struct loglines l, int64_t limit, const struct out *whole)
{
	const bool stamped = l.stamplen > 0;
	int64_t size = 0;
	size_t done = 0, fit;
	struct loglines part;
	struct out out;

	while (l.len > 0) {
		fit = loglines_fit(&l, size, limit);
		must(fit <= l.len);
		if (fit == 0) {
			must(size > 0);
			size = 0;
			continue;
		}
		part = lines(l.raw, fit, stamped, l.bol);
		out = all(part, 256);
		must(out.len <= whole->len - done);
		must(memcmp(out.s, whole->s + done, out.len) == 0);
		done += out.len;
		/* Only a file that just holds a character may be too long. */
		must(limit == 0 || size + (int64_t)out.len <= limit ||
		    (size == 0 && fit <= 4));
		size += (int64_t)out.len;
		l.bol = l.raw[fit - 1] == '\n';
		l.raw += fit;
		l.len -= fit;
		free(out.s);
	}
	must(done == whole->len);
}

static void
tail(const struct out *whole, size_t n, bool stamped)
{
	char *copy = fuzz_string((const uint8_t *)whole->s, whole->len);
	size_t len;

	len = loglines_tail(copy, whole->len, n % 12 + 1, 4 * n, stamped);
	must(len <= 4 * n && len <= whole->len);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loglines l;
	struct out whole, cut;
	char *raw;
	bool stamped, bol;

	if (size < 3 || size > 4096)
		return 0;
	stamped = data[0] & 1;
	bol = data[0] & 2;
	raw = fuzz_string(data + 3, size - 3);
	l = lines(raw, size - 3, stamped, bol);
	whole = all(l, 256);
	cut = all(l, data[1] > 0 ? data[1] : 1);
	must(cut.len == whole.len && memcmp(cut.s, whole.s, cut.len) == 0);
	must(stamped ||
	    (whole.len == l.len && memcmp(whole.s, raw, l.len) == 0));
	rotated(l, data[2] == 0 ? 0 : data[2] * 8, &whole);
	tail(&whole, data[1], stamped);
	free(whole.s);
	free(cut.s);
	free(raw);
	return 0;
}
