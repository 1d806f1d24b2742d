/*
 * strings - lists of strings.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"

size_t
strings_count(char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

bool
strings_has(char *const *list, const char *item)
{
	for (; list != NULL && *list != NULL; list++) {
		if (strcmp(*list, item) == 0)
			return true;
	}
	return false;
}

bool
strings_equal(char *const *a, char *const *b)
{
	size_t n = strings_count(a);

	if (n != strings_count(b))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

/* A list of the first n strings of from, and of item unless it is NULL. */
static char **
make(char *const *from, size_t n, const char *item)
{
	size_t total = n + (item != NULL), bytes = 0, len;
	const char *s;
	char **list, *at;

	for (size_t i = 0; i < total; i++)
		bytes += strlen(i < n ? from[i] : item) + 1;
	if ((list = malloc((total + 1) * sizeof *list + bytes)) == NULL)
		return NULL;
	at = (char *)(list + total + 1);
	for (size_t i = 0; i < total; i++) {
		s = i < n ? from[i] : item;
		len = strlen(s) + 1;
		list[i] = memcpy(at, s, len);
		at += len;
	}
	list[total] = NULL;
	return list;
}

int
strings_add(char ***list, const char *item)
{
	char **made;

	if ((made = make(*list, strings_count(*list), item)) == NULL)
		return -1;
	free(*list);
	*list = made;
	return 0;
}

int
strings_copy(char ***to, char *const *from)
{
	char **made;

	if (from == NULL) {
		*to = NULL;
		return 0;
	}
	if ((made = make(from, strings_count(from), NULL)) == NULL)
		return -1;
	*to = made;
	return 0;
}

void
strings_remove(char ***list, size_t i)
{
	char **v = *list;

	for (; v[i] != NULL; i++)
		v[i] = v[i + 1];
	if (v[0] == NULL) {
		free(v);
		*list = NULL;
	}
}
