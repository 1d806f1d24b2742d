/* order: dependency order, ties, cycles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/order.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))
#define MOST 8

static void
sorts(void **state)
{
	static const struct {
		size_t n;
		struct order_edge edges[MOST];
		size_t nedges;
		size_t out[MOST];
	} cases[] = {
	    {0, {{0, 0}}, 0, {0}},
	    {1, {{0, 0}}, 0, {0}},
	    {4, {{0, 0}}, 0, {0, 1, 2, 3}},
	    {2, {{0, 1}}, 1, {1, 0}},
	    {2, {{1, 0}}, 1, {0, 1}},
	    /* The same need twice. */
	    {2, {{0, 1}, {0, 1}, {0, 1}}, 3, {1, 0}},
	    /* A chain against the indexes. */
	    {4, {{0, 1}, {1, 2}, {2, 3}}, 3, {3, 2, 1, 0}},
	    /* A diamond; what is free goes by index. */
	    {5, {{0, 2}, {0, 3}, {2, 4}, {3, 4}}, 4, {1, 4, 2, 3, 0}},
	    /* A node set free late goes before larger ones. */
	    {4, {{0, 1}}, 1, {1, 0, 2, 3}},
	    {6, {{1, 5}, {0, 4}}, 2, {2, 3, 4, 0, 5, 1}},
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		size_t out[MOST], ncycle = 99;

		assert_int_equal(order_sort(cases[i].n, cases[i].edges,
				     cases[i].nedges, out, &ncycle),
		    cases[i].n);
		assert_int_equal(ncycle, 0);
		assert_memory_equal(out, cases[i].out,
		    cases[i].n * sizeof(out[0]));
	}
}

static void
adds_up_the_longest_chain(void **state)
{
	static const struct {
		size_t n;
		struct order_edge edges[MOST];
		size_t nedges;
		int64_t weight[MOST];
		int64_t most;
	} cases[] = {
	    {0, {{0, 0}}, 0, {0}, 0},
	    {1, {{0, 0}}, 0, {7}, 7},
	    /* Without edges the heaviest. */
	    {3, {{0, 0}}, 0, {3, 9, 5}, 9},
	    /* A chain, whichever way it points. */
	    {3, {{0, 1}, {1, 2}}, 2, {1, 2, 4}, 7},
	    {3, {{2, 1}, {1, 0}}, 2, {1, 2, 4}, 7},
	    /* The heavy side of a diamond. */
	    {4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}}, 4, {1, 10, 20, 2}, 23},
	    /* A short chain may take longer. */
	    {5, {{0, 1}, {1, 2}, {3, 4}}, 3, {1, 1, 1, 5, 5}, 10},
	    /* No number is large enough: no limit. */
	    {2, {{0, 1}}, 1, {INT64_MAX, 10}, INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		int64_t weight[MOST];

		memcpy(weight, cases[i].weight, sizeof(weight));
		assert_int_equal(order_longest(cases[i].n, cases[i].edges,
				     cases[i].nedges, weight),
		    cases[i].most);
	}
}

static void
sorts_nothing(void **state)
{
	size_t ncycle = 99;

	(void)state;
	assert_int_equal(order_sort(0, NULL, 0, NULL, &ncycle), 0);
	assert_int_equal(ncycle, 0);
}

static bool
has_edge(const struct order_edge *edges, size_t nedges, size_t node,
    size_t needs)
{
	for (size_t i = 0; i < nedges; i++)
		if (edges[i].node == node && edges[i].needs == needs)
			return true;
	return false;
}

/* Each of the cycle needs the next, no node is in it twice. */
static void
assert_cycle(const struct order_edge *edges, size_t nedges, const size_t *cycle,
    size_t n)
{
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		assert_true(has_edge(edges, nedges, cycle[i],
		    cycle[(i + 1) % n]));
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(cycle[i], cycle[j]);
	}
}

static void
finds_cycles(void **state)
{
	static const struct {
		size_t n;
		struct order_edge edges[MOST];
		size_t nedges;
		size_t sorted;
		size_t ncycle;
	} cases[] = {
	    {1, {{0, 0}}, 1, 0, 1},
	    {2, {{0, 1}, {1, 0}}, 2, 0, 2},
	    {3, {{0, 1}, {1, 2}, {2, 0}}, 3, 0, 3},
	    /*
	     * Programs that depend on the cycle are neither sorted nor part of
	     * it.
	     */
	    {5, {{0, 1}, {1, 2}, {2, 3}, {3, 2}}, 4, 1, 2},
	    /* Dependencies of the cycle are sorted. */
	    {4, {{0, 3}, {0, 1}, {1, 0}, {1, 2}}, 4, 2, 2},
	    /* Two cycles: one of them. */
	    {4, {{0, 1}, {1, 0}, {2, 3}, {3, 2}}, 4, 0, 2},
	    {3, {{2, 2}}, 1, 2, 1},
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		size_t out[MOST], ncycle;

		assert_int_equal(order_sort(cases[i].n, cases[i].edges,
				     cases[i].nedges, out, &ncycle),
		    cases[i].sorted);
		assert_int_equal(ncycle, cases[i].ncycle);
		assert_cycle(cases[i].edges, cases[i].nedges,
		    out + cases[i].sorted, ncycle);
	}
}

/* The order by the rule itself: the smallest that misses nothing. */
static size_t
reference(size_t n, const struct order_edge *edges, size_t nedges, size_t *out)
{
	bool sorted[MOST] = {false}, ready;
	size_t done = 0, i;

	do {
		for (i = 0; i < n; i++) {
			ready = !sorted[i];
			for (size_t j = 0; j < nedges; j++)
				if (edges[j].node == i &&
				    !sorted[edges[j].needs])
					ready = false;
			if (ready)
				break;
		}
		if (i < n) {
			sorted[i] = true;
			out[done++] = i;
		}
	} while (i < n);
	return done;
}

static void
agrees_with_the_rule(void **state)
{
	struct order_edge edges[2 * MOST];
	size_t out[MOST], expected[MOST], ncycle, cycles = 0;
	uint32_t random = 3;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		random = random * 1103515245 + 12345;
		size_t n = (random >> 16) % MOST + 1;
		size_t nedges = (random >> 24) % nitems(edges);

		for (size_t i = 0; i < nedges; i++) {
			random = random * 1103515245 + 12345;
			edges[i].node = (random >> 16) % n;
			random = random * 1103515245 + 12345;
			edges[i].needs = (random >> 16) % n;
		}
		size_t done = order_sort(n, edges, nedges, out, &ncycle);

		assert_int_equal(done, reference(n, edges, nedges, expected));
		assert_memory_equal(out, expected, done * sizeof(out[0]));
		assert_true(done + ncycle <= n);
		if (done < n) {
			assert_cycle(edges, nedges, out + done, ncycle);
			cycles++;
		} else
			assert_int_equal(ncycle, 0);
	}
	/* Both outcomes were met often enough to mean something. */
	assert_true(cycles > 1000 && cycles < 19000);
}

static void
sorts_much(void **state)
{
	enum { COUNT = 100000 };
	struct order_edge *edges = calloc(COUNT, sizeof(*edges));
	size_t *out = calloc(COUNT, sizeof(*out)), ncycle;

	(void)state;
	assert_non_null(edges);
	assert_non_null(out);
	for (size_t i = 0; i + 1 < COUNT; i++)
		edges[i] = (struct order_edge){i, i + 1};
	assert_int_equal(order_sort(COUNT, edges, COUNT - 1, out, &ncycle),
	    COUNT);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(out[i], COUNT - 1 - i);
	edges[COUNT - 1] = (struct order_edge){COUNT - 1, 0};
	assert_int_equal(order_sort(COUNT, edges, COUNT, out, &ncycle), 0);
	assert_int_equal(ncycle, COUNT);
	free(edges);
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sorts),
	    cmocka_unit_test(adds_up_the_longest_chain),
	    cmocka_unit_test(sorts_nothing),
	    cmocka_unit_test(finds_cycles),
	    cmocka_unit_test(agrees_with_the_rule),
	    cmocka_unit_test(sorts_much),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
