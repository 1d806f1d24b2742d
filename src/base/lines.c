/*
 * lines - the lines of a text, one after another.
 */
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"

int
lines_each(const char *bytes, size_t len, void (*fn)(void *, char *, size_t),
    void *arg)
{
	char *copy, *at, *end;
	size_t size;

	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	if ((copy = malloc(len + 1)) == NULL)
		return -1;
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	for (at = copy; at < copy + len; at += size + 1) {
		end = memchr(at, '\n', len - (size_t)(at - copy));
		size = (size_t)((end == NULL ? copy + len : end) - at);
		at[size] = '\0';
		fn(arg, at, size);
	}
	free(copy);
	return 0;
}
