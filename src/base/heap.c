/*
 * heap - the memory of malloc(3).
 *
 * It is a file of its own, so that a function of glibc alone stays behind one
 * name.
 */
#include <malloc.h>

#include "base/heap.h"

void
heap_trim(void)
{
#ifdef __GLIBC__
	/* Other libraries do it themselves. */
	malloc_trim(0);
#endif
}
