/*
 * envfile - an environment file to variables, each NAME=VALUE.
 */
#include "config/environ.h"
#include "fuzz.h"

static void
check_warning(void *arg, unsigned line, const char *why)
{
	const size_t *size = arg;

	must(line > 0 && line <= *size + 1);
	must(*why != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_string(data, size), **vars;

	must(environ_parse(bytes, size, &vars, check_warning, &size) == 0);
	for (size_t i = 0; vars[i] != NULL; i++)
		must(environ_name(vars[i]) > 0);
	free(vars);
	free(bytes);
	return 0;
}
