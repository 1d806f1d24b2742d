/*
 * heap - the memory of malloc(3).
 */
#ifndef HEAP_H
#define HEAP_H

/* Return free memory to the kernel, also from between blocks in use. */
void heap_trim(void);

#endif
