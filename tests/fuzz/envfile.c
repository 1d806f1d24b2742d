/*
 * envfile - an environment file to variables, each NAME=VALUE.
 */
#include "config/environ.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_string(data, size), **vars;
	unsigned badline;

	if (environ_parse(bytes, size, &vars, &badline) == -1)
		must(badline > 0);
	else {
		for (size_t i = 0; vars[i] != NULL; i++)
			must(strchr(vars[i], '=') > vars[i]);
		free(vars);
	}
	free(bytes);
	return 0;
}
