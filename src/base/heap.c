/*
 * heap - the memory of malloc(3) as the kernel sees it.
 */
#include <malloc.h>

#include "base/heap.h"

void
heap_trim(void)
{
#ifdef __GLIBC__
	/* Others do so by themselves. */
	malloc_trim(0);
#endif
}
