/*
 * escape - make foreign bytes safe: to print, and as tokens of a line.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Make bytes that we did not create safe to print.  These become \ooo (vis(3),
 * VIS_OCTAL): control characters, also those of ISO 6429 at U+0080 to U+009F,
 * which terminals obey; DEL; characters that change the direction of text or
 * begin a line, as U+202E does; and bytes that are not valid UTF-8.  A
 * backslash becomes \\.  TAB is kept if keep_tab.  Returns the length written
 * without the NUL.  A dst of 4 * n + 1 bytes holds everything; a smaller one
 * holds what fits, in whole escapes and whole characters.
 */
size_t escape_bytes(char *dst, size_t dstsize, const char *src, size_t n,
    bool keep_tab);

/*
 * The length of the well-formed character of UTF-8 that the n > 0 bytes at s
 * begin with, if it is safe to print; else 0.
 */
size_t escape_printable(const unsigned char *s, size_t n);

/*
 * The inside of a string of JSON (RFC 8259).  Characters that are not safe to
 * print become \\uXXXX, a byte that is part of no character U+FFFD.  Returns
 * the length; dst has ESCAPE_JSON bytes for each of the n, and gets no NUL.
 */
#define ESCAPE_JSON 6
size_t escape_json(char *dst, const char *src, size_t n);

/*
 * Like escape_bytes, but backslashes stay as they are: for text of which parts
 * are escaped already.  dstsize is not 0.
 */
size_t escape_again(char *dst, size_t dstsize, const char *s, bool keep_tab);

/*
 * Replace each %XX of the token by its byte, in place.  -1: a bad escape, or
 * %00, which a string cannot hold.
 */
int escape_decode_token(char *s);
/*
 * Write src as one token: a blank, % and = and bytes that are not printable
 * ASCII become %XX.  out has room for three times the length and a NUL.
 * Returns the length.
 */
size_t escape_token(char *out, const char *src);

#endif
