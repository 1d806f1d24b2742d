/*
 * count - what an instance of numbers has printed, in a shared mapping that
 * outlives it.
 */
#ifndef COUNT_H
#define COUNT_H

#include <stdatomic.h>
#include <stdint.h>

struct count {
	_Atomic uint64_t begun; /* lines that it set out to print */
	_Atomic uint64_t done;	/* lines that it knows it has printed */
};

#endif
