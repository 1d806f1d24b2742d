/*
 * notify - a message of a program.
 */
#include "fuzz.h"
#include "wire/sdnotify.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdnotify m;
	char *exact = malloc(size);

	/* Of exactly this size: the message need not end with a NUL. */
	if (size > 0)
		memcpy(exact, data, size);
	sdnotify_parse(&m, exact, size);
	must(memchr(m.status, '\0', sizeof(m.status)) != NULL);
	must(m.mainpid == 0 || m.mainpid > 1);
	must(m.err >= 0 && m.err <= 4095);
	must(m.exit_status >= 0 && m.exit_status <= 255);
	must(m.access <= SDNOTIFY_NONE);
	free(exact);
	return 0;
}
