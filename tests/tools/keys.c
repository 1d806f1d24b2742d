/*
 * keys - print the key table, one key a line: name, default, and the words
 * live and repeatable as they apply, separated by tabs.
 */
#include <stdio.h>

#include "config/conf.h"

int
main(void)
{
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key(i)) != NULL; i++)
		printf("%s\t%s\t%s\t%s\n", key->name,
		    key->fallback != NULL ? key->fallback : "-",
		    key->live ? "live" : "-", key->repeat ? "repeatable" : "-");
	return 0;
}
