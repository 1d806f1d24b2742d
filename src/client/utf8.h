/*
 * ctl_utf8 - where a character of UTF-8 ends.
 *
 * Pure.  Source: RFC 3629.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

#define UTF8_MAX 4

/*
 * The length of the character that the n > 0 bytes at s begin with; 0: they
 * are none; -1: they may become one with more bytes.
 */
int utf8_length(const char *s, size_t n);
/* How many bytes at the end of s may become a character with more bytes. */
size_t utf8_unfinished(const char *s, size_t n);

#endif
