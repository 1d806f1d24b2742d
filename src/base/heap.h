/*
 * heap - the memory of malloc(3) as the kernel sees it.
 *
 * Layer 0.
 */
#ifndef HEAP_H
#define HEAP_H

/* Give the kernel back what is free, between what is in use too. */
void heap_trim(void);

#endif
