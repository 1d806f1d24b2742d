/*
 * fuzz - functions of all harnesses.
 *
 * Each harness is one file with one LLVMFuzzerTestOneInput, which libFuzzer
 * calls, or main.c with the content of a file.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold: a finding if it does not. */
#define must(what)                                                         \
	do {                                                               \
		if (!(what)) {                                             \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, \
			    __LINE__, #what);                              \
			abort();                                           \
		}                                                          \
	} while (0)

/* The input as a string; what follows a NUL is not in it.  malloc'd. */
static inline char *
fuzz_string(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	must(s != NULL);
	if (size > 0)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

#endif
