/*
 * order - sorts nodes by their needs, and finds a cycle.
 *
 * The nodes are numbers: the algorithm knows nothing of programs.  Pure.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>
#include <stdint.h>

struct order_edge {
	size_t node;
	size_t needs; /* comes before node */
};

/*
 * Sort n nodes so that each comes after all it needs; ties keep the order of
 * the indexes.  out has room for n.
 *
 * Returns the number of sorted nodes.  If it is below n there is a cycle: out
 * then has the sorted nodes, followed by the *ncycle nodes of one cycle.  Each
 * of these needs the next one, and the last needs the first.  (size_t)-1: no
 * memory.
 */
size_t order_sort(size_t n, const struct order_edge *, size_t nedges,
    size_t *out, size_t *ncycle);

/*
 * The greatest sum of the weights of nodes that follow each other, along the
 * edges.  weight has n numbers, none below 0; each becomes the greatest sum of
 * a chain that ends with this node.  INT64_MAX: a sum that is too large for
 * any number.  -1: no memory, or a cycle.
 */
int64_t order_longest(size_t n, const struct order_edge *, size_t nedges,
    int64_t *weight);

#endif
