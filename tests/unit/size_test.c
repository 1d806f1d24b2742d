/* The memory of a program: its structs against the table of docs/design.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "output/logger.h"
#include "output/logproc.h"
#include "program/data.h"
#include "program/record.h"

/* A bound that is further away than this bounds nothing. */
#define SLACK 64

/* The number in the row of the table that is about the struct, or 0. */
static size_t
bound(const char *name)
{
	char line[256], row[64];
	size_t n, found = 0;
	FILE *f;

	snprintf(row, sizeof(row), "| `%s` | ", name);
	f = fopen("docs/design.md", "r");
	assert_non_null(f);
	while (found == 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, row, strlen(row)) == 0 &&
		    sscanf(line + strlen(row), "%zu", &n) == 1)
			found = n;
	fclose(f);
	return found;
}

static void
structs_are_no_larger_than_said(void **state)
{
	static const struct {
		const char *name;
		size_t size;
	} structs[] = {
	    {"definition", sizeof(struct definition)},
	    {"program", sizeof(struct program)},
	    {"stream", sizeof(struct stream)},
	    {"record_slot", sizeof(struct record_slot)},
	    {"entry", sizeof(struct entry)},
	};
	size_t most;

	(void)state;
	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++) {
		most = bound(structs[i].name);
		print_message("# %s: %zu of %zu\n", structs[i].name,
		    structs[i].size, most);
		assert_in_range(structs[i].size,
		    sizeof(void *) == 8 ? most - SLACK : 1, most);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(structs_are_no_larger_than_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
