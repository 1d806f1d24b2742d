/*
 * ctl_utf8 - where a character of UTF-8 ends.
 */
#include "client/utf8.h"

/*
 * The first byte settles the length and which second byte is allowed, so
 * that overlong forms, surrogates and what is beyond U+10FFFF are refused.
 */
static int
head(unsigned char c, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (c < 0xe0)
		return 2;
	if (c == 0xe0)
		*low = 0xa0;
	else if (c == 0xed)
		*high = 0x9f;
	else if (c == 0xf0)
		*low = 0x90;
	else if (c == 0xf4)
		*high = 0x8f;
	return c < 0xf0 ? 3 : 4;
}

int
utf8_length(const char *s, size_t n)
{
	unsigned char low, high, c;
	int length, i;

	length = head((unsigned char)s[0], &low, &high);
	for (i = 1; i < length; i++) {
		if ((size_t)i == n)
			return -1;
		c = (unsigned char)s[i];
		if (c < low || c > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

size_t
utf8_unfinished(const char *s, size_t n)
{
	size_t i;

	for (i = 1; i < UTF8_MAX && i <= n; i++) {
		if (utf8_length(s + n - i, i) == -1)
			return i;
	}
	return 0;
}
