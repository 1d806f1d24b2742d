/*
 * escape - foreign bytes made safe: to print, and as tokens of a line.
 *
 * Layer 0.  Pure.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Bytes that we did not create, made safe to print: control characters (those
 * of ISO 6429 at U+0080 to U+009F as well, which terminals obey), DEL, those
 * that change the direction of text or begin a line (U+202E and its kin) and
 * bytes that are not valid UTF-8 become \ooo (vis(3), VIS_OCTAL) and a
 * backslash becomes \\.  TAB is kept when keep_tab.  Returns the length
 * written, NUL not counted; dst of 4 * n + 1 always holds it, a smaller dst
 * holds what fits, whole escapes and whole characters only.
 */
size_t escape_bytes(char *dst, size_t dstsize, const char *src, size_t n,
    bool keep_tab);

/*
 * As escape_bytes, but for backslashes, which stay as they are: for text of
 * which much has been escaped before, and must read as it did there.  TAB is
 * kept.  dstsize is not 0.
 */
size_t escape_again(char *dst, size_t dstsize, const char *s);

/*
 * The value of a %XX escaped token in place; -1 for a bad escape, and for
 * %00, which a string cannot hold.
 */
int escape_decode_token(char *s);
/*
 * src as one token: bytes that are not printable ASCII, and blank % = are
 * written %XX.  out has room for three times as many and a NUL; the length.
 */
size_t escape_token(char *out, const char *src);

#endif
