/*
 * order - dependency order and cycle check, Kahn's algorithm.
 *
 * Layer 1.  Pure.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>

struct order_edge {
	size_t node;
	size_t needs; /* comes before node */
};

/*
 * Sort n nodes so that each comes after all it needs; ties keep the order of
 * the indexes.  out has room for n.  Returns the number of nodes sorted: n,
 * or fewer if there is a cycle, and then the sorted nodes are followed in out
 * by the nodes of one cycle, *ncycle of them, each of which needs the next
 * and the last the first.  (size_t)-1: no memory.
 */
size_t order_sort(size_t n, const struct order_edge *, size_t nedges,
    size_t *out, size_t *ncycle);

#endif
