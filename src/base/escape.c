/*
 * escape - make foreign bytes safe: to print, and as tokens of a line.
 *
 * vis(3) works on bytes or in the current locale, but a daemon must keep UTF-8
 * whole in the C locale too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

/* The longest form of one character: four bytes of UTF-8, or \ooo. */
#define UNIT_MAX 4

/* The highest code point, and the range of the surrogates: RFC 3629. */
#define CODE_MAX 0x10ffff
#define SURROGATE_LOW 0xd800
#define SURROGATE_HIGH 0xdfff
/* Stands for bytes that are no character. */
#define REPLACEMENT 0xfffd

/* The length of a character that begins with this byte; 0: none does. */
static size_t
utf8_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc0)
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead < 0xf0)
		return 3;
	return lead < 0xf8 ? 4 : 0;
}

/*
 * Does the character change the order in which others are shown, or begin a
 * line?  Text with such characters can mislead its reader: UTS #55.
 */
static bool
is_misleading(uint32_t code)
{
	return code == 0x61c || code == 0x200e || code == 0x200f ||
	    (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069);
}

/* The character that the n > 0 bytes begin with; 0: no well-formed one. */
static size_t
decode(const unsigned char *s, size_t n, uint32_t *code)
{
	/* The lowest code point by length; shorter forms are invalid. */
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = utf8_length(s[0]);

	if (len == 0 || len > n)
		return 0;
	*code = len == 1 ? s[0] : s[0] & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < least[len] || *code > CODE_MAX ||
	    (*code >= SURROGATE_LOW && *code <= SURROGATE_HIGH))
		return 0;
	return len;
}

static bool
is_safe(uint32_t code)
{
	return code >= ' ' && (code < 0x7f || code > 0x9f) &&
	    !is_misleading(code);
}

size_t
escape_printable(const unsigned char *s, size_t n)
{
	uint32_t code;
	size_t len = decode(s, n, &code);

	return len > 0 && is_safe(code) ? len : 0;
}

/*
 * Write the safe form of the character or byte at s, which has *used bytes.
 * Returns the length written.
 */
static size_t
unit(char out[static UNIT_MAX], const unsigned char *s, size_t n, bool keep_tab,
    size_t *used)
{
	size_t len = escape_printable(s, n);

	*used = len > 0 ? len : 1;
	if (s[0] == '\\') {
		out[0] = out[1] = '\\';
		return 2;
	}
	if (len > 0 || (s[0] == '\t' && keep_tab)) {
		memcpy(out, s, *used);
		return *used;
	}
	out[0] = '\\';
	out[1] = (char)('0' + (s[0] >> 6));
	out[2] = (char)('0' + (s[0] >> 3 & 7));
	out[3] = (char)('0' + (s[0] & 7));
	return 4;
}

size_t
escape_bytes(char *dst, size_t dstsize, const char *src, size_t n,
    bool keep_tab)
{
	const unsigned char *s = (const unsigned char *)src;
	char out[UNIT_MAX];
	size_t done = 0, used, len;

	if (dstsize == 0)
		return 0;
	for (; n > 0; s += used, n -= used) {
		len = unit(out, s, n, keep_tab, &used);
		if (len >= dstsize - done)
			break;
		memcpy(dst + done, out, len);
		done += len;
	}
	dst[done] = '\0';
	return done;
}

/* One character, or a byte that is part of none.  Returns its length. */
static size_t
json_unit(char **out, const unsigned char *s, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t code;
	size_t len = decode(s, n, &code);

	if (len == 0)
		code = REPLACEMENT;
	if (code == '"' || code == '\\' || code == '\n' || code == '\t') {
		*(*out)++ = '\\';
		*(*out)++ = code == '\n' ? 'n'
		    : code == '\t'	 ? 't'
					 : (char)code;
		return len;
	}
	if (len > 0 && is_safe(code)) {
		memcpy(*out, s, len);
		*out += len;
		return len;
	}
	/* All that is not safe is below U+10000. */
	memcpy(*out, "\\u", 2);
	*out += 2;
	for (int shift = 12; shift >= 0; shift -= 4)
		*(*out)++ = digits[code >> shift & 15];
	return len > 0 ? len : 1;
}

size_t
escape_json(char *dst, const char *src, size_t n)
{
	const unsigned char *s = (const unsigned char *)src;
	char *out = dst;
	size_t used;

	for (; n > 0; s += used, n -= used)
		used = json_unit(&out, s, n);
	return (size_t)(out - dst);
}

size_t
escape_again(char *dst, size_t dstsize, const char *s, bool keep_tab)
{
	size_t done = 0, n;

	dst[0] = '\0';
	for (;;) {
		n = strcspn(s, "\\");
		done +=
		    escape_bytes(dst + done, dstsize - done, s, n, keep_tab);
		s += n;
		/* With less room an escape may have been cut off. */
		if (*s == '\0' || dstsize - done <= UNIT_MAX)
			return done;
		dst[done++] = *s++;
		dst[done] = '\0';
	}
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
escape_decode_token(char *s)
{
	char *out = s;
	int high, low;

	while (*s != '\0') {
		if (*s != '%') {
			*out++ = *s++;
			continue;
		}
		if ((high = hex(s[1])) == -1 || (low = hex(s[2])) == -1 ||
		    (high == 0 && low == 0))
			return -1;
		*out++ = (char)(high << 4 | low);
		s += 3;
	}
	*out = '\0';
	return 0;
}

size_t
escape_token(char *token, const char *src)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = token;

	for (; *src != '\0'; src++) {
		unsigned char c = (unsigned char)*src;

		if (c > ' ' && c < 0x7f && c != '%' && c != '=') {
			*out++ = *src;
			continue;
		}
		*out++ = '%';
		*out++ = digits[c >> 4];
		*out++ = digits[c & 15];
	}
	*out = '\0';
	return (size_t)(out - token);
}
