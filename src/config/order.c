/*
 * order - sorts nodes by their needs, and finds a cycle.
 *
 * Source: Kahn, Topological sorting of large networks (Communications of the
 * ACM 5:11, 1962).  A heap of the nodes that need nothing more keeps ties in
 * the order of the indexes.
 */
#include <sys/param.h>

#include <stdlib.h>

#include "config/order.h"

struct graph {
	size_t n;
	size_t *first;	    /* n + 1: where a node's dependents begin */
	size_t *dependents; /* one for each edge */
	size_t *missing;    /* how many of its needs are not sorted */
	size_t *heap;	    /* nodes that miss nothing, smallest on top */
	size_t nheap;
};

static void
graph_free(struct graph *g)
{
	free(g->first);
	free(g->dependents);
	free(g->missing);
	free(g->heap);
}

static int
graph_make(struct graph *g, size_t n, const struct order_edge *edges,
    size_t nedges)
{
	*g = (struct graph){.n = n};
	g->first = calloc(n + 1, sizeof(*g->first));
	g->dependents = calloc(nedges + 1, sizeof(*g->dependents));
	g->missing = calloc(n + 1, sizeof(*g->missing));
	g->heap = calloc(n + 1, sizeof(*g->heap));
	if (g->first == NULL || g->dependents == NULL || g->missing == NULL ||
	    g->heap == NULL) {
		graph_free(g);
		return -1;
	}
	for (size_t i = 0; i < nedges; i++) {
		g->missing[edges[i].node]++;
		g->first[edges[i].needs]++;
	}
	/*
	 * first[i] counts the dependents of i.  Summed up, it is the end of
	 * their slice; filling the slice from its end makes it the beginning.
	 */
	for (size_t i = 1; i <= n; i++)
		g->first[i] += g->first[i - 1];
	for (size_t i = nedges; i-- > 0;)
		g->dependents[--g->first[edges[i].needs]] = edges[i].node;
	return 0;
}

static void
heap_push(struct graph *g, size_t node)
{
	size_t i = g->nheap++, parent;

	for (; i > 0; i = parent) {
		parent = (i - 1) / 2;
		if (g->heap[parent] <= node)
			break;
		g->heap[i] = g->heap[parent];
	}
	g->heap[i] = node;
}

static size_t
heap_pop(struct graph *g)
{
	size_t top = g->heap[0], last = g->heap[--g->nheap], i = 0, child;

	while ((child = 2 * i + 1) < g->nheap) {
		if (child + 1 < g->nheap && g->heap[child + 1] < g->heap[child])
			child++;
		if (last <= g->heap[child])
			break;
		g->heap[i] = g->heap[child];
		i = child;
	}
	g->heap[i] = last;
	return top;
}

static size_t
sort(struct graph *g, size_t *out)
{
	size_t done = 0, node;

	for (size_t i = 0; i < g->n; i++)
		if (g->missing[i] == 0)
			heap_push(g, i);
	while (g->nheap > 0) {
		node = out[done++] = heap_pop(g);
		for (size_t i = g->first[node]; i < g->first[node + 1]; i++)
			if (--g->missing[g->dependents[i]] == 0)
				heap_push(g, g->dependents[i]);
	}
	return done;
}

/*
 * Find a cycle; each node comes before one that it needs.  Every node that was
 * not sorted needs another such node, so after n steps from need to need the
 * walk is in a cycle.  next has room for n.
 */
static size_t
find_cycle(const struct graph *g, const struct order_edge *edges, size_t nedges,
    size_t *next, size_t *out)
{
	size_t node = 0, first, len = 0;

	for (size_t i = nedges; i-- > 0;)
		if (g->missing[edges[i].needs] > 0)
			next[edges[i].node] = edges[i].needs;
	while (g->missing[node] == 0)
		node++;
	for (size_t i = 0; i < g->n; i++)
		node = next[node];
	first = node;
	do {
		out[len++] = node;
		node = next[node];
	} while (node != first);
	return len;
}

size_t
order_sort(size_t n, const struct order_edge *edges, size_t nedges, size_t *out,
    size_t *ncycle)
{
	struct graph g;
	size_t done;

	*ncycle = 0;
	if (graph_make(&g, n, edges, nedges) == -1)
		return (size_t)-1;
	done = sort(&g, out);
	/* The heap is empty now, so its memory serves as next. */
	if (done < n)
		*ncycle = find_cycle(&g, edges, nedges, g.heap, out + done);
	graph_free(&g);
	return done;
}

static int64_t
add(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

int64_t
order_longest(size_t n, const struct order_edge *edges, size_t nedges,
    int64_t *weight)
{
	int64_t most = 0, *before;
	size_t *order, ncycle, i, j;
	struct graph g;

	order = calloc(n + 1, sizeof(*order));
	before = calloc(n + 1, sizeof(*before));
	if (order == NULL || before == NULL ||
	    order_sort(n, edges, nedges, order, &ncycle) != n ||
	    graph_make(&g, n, edges, nedges) == -1) {
		free(order);
		free(before);
		return -1;
	}
	for (i = 0; i < n; i++) {
		const size_t node = order[i];

		weight[node] = add(weight[node], before[node]);
		most = MAX(most, weight[node]);
		for (j = g.first[node]; j < g.first[node + 1]; j++)
			before[g.dependents[j]] =
			    MAX(before[g.dependents[j]], weight[node]);
	}
	graph_free(&g);
	free(order);
	free(before);
	return most;
}
