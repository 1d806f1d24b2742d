/*
 * main - run a harness on files, or on standard input: where there is no
 * fuzzer.
 */
#include <err.h>

#include "fuzz.h"

static void
run(FILE *f, const char *name)
{
	static uint8_t data[1024 * 1024];
	size_t size;

	size = fread(data, 1, sizeof(data), f);
	if (ferror(f))
		err(1, "%s", name);
	LLVMFuzzerTestOneInput(data, size);
}

int
main(int argc, char **argv)
{
	FILE *f;

	if (argc == 1)
		run(stdin, "stdin");
	for (int i = 1; i < argc; i++) {
		if ((f = fopen(argv[i], "re")) == NULL)
			err(1, "%s", argv[i]);
		run(f, argv[i]);
		fclose(f);
	}
	return 0;
}
