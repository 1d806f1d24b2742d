/*
 * keys - print the key table, one key a line: name, default, and the words
 * live and repeatable as they apply, separated by tabs.
 */
#include <stdio.h>

#include "config/config.h"

int
main(void)
{
	const struct key *key;

	for (size_t i = 0; (key = keys_at(i)) != NULL; i++)
		printf("%s\t%s\t%s\t%s\n", key->name,
		    key->fallback != NULL ? key->fallback : "-",
		    key->live ? "live" : "-", key->repeat ? "repeatable" : "-");
	return 0;
}
