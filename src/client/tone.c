/*
 * tone - what a state of a program means to those who look at it.
 */
#include <string.h>

#include "client/tone.h"

/* Those that need attention first. */
static const struct state {
	const char *name;
	enum tone tone;
} states[] = {
    {"failed", TONE_BAD},
    {"killing", TONE_MOVING},
    {"stopping", TONE_MOVING},
    {"wait", TONE_MOVING},
    {"starting", TONE_MOVING},
    {TONE_UNHEALTHY, TONE_MOVING},
    {"up", TONE_GOOD},
    {"done", TONE_QUIET},
    {"down", TONE_QUIET},
};
#define NSTATES (sizeof(states) / sizeof(states[0]))
_Static_assert(NSTATES == TONE_RANK_MAX, "each state has a rank");

static const struct state *
of_rank(int rank)
{
	return &states[TONE_RANK_MAX - rank];
}

int
tone_rank(const char *state)
{
	int rank;

	for (rank = TONE_RANK_MAX; rank > 0; rank--) {
		if (strcmp(of_rank(rank)->name, state) == 0)
			break;
	}
	return rank;
}

enum tone
tone_of(const char *state)
{
	int rank = tone_rank(state);

	return rank == 0 ? TONE_QUIET : of_rank(rank)->tone;
}

const char *
tone_name(int rank)
{
	return of_rank(rank)->name;
}
