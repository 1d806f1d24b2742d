/*
 * tone - how urgent a state of a program is.
 *
 * Short, for it is one table, which the text and the screen both colour by.
 */
#include <string.h>

#include "client/tone.h"
#include "wire/names.h"

/* The most urgent first.  Unhealthy is no state of the daemon's. */
#define UNHEALTHY (-1)
static const struct {
	int state;
	enum tone tone;
} states[] = {
    {STATE_FAILED, TONE_BAD},
    {STATE_KILLING, TONE_MOVING},
    {STATE_STOPPING, TONE_MOVING},
    {STATE_WAIT, TONE_MOVING},
    {STATE_STARTING, TONE_MOVING},
    {UNHEALTHY, TONE_MOVING},
    {STATE_UP, TONE_GOOD},
    {STATE_DONE, TONE_QUIET},
    {STATE_DOWN, TONE_QUIET},
};
#define NSTATES (sizeof(states) / sizeof(states[0]))
_Static_assert(NSTATES == TONE_RANK_MAX, "each state has a rank");
_Static_assert(NSTATES == PROGRAM_STATES + 1, "each state is here");

const char *
tone_name(int rank)
{
	int state = states[TONE_RANK_MAX - rank].state;

	return state == UNHEALTHY ? NAMES_UNHEALTHY
				  : names_state((enum program_state)state);
}

int
tone_rank(const char *state)
{
	int rank;

	for (rank = TONE_RANK_MAX; rank > 0; rank--) {
		if (strcmp(tone_name(rank), state) == 0)
			break;
	}
	return rank;
}

enum tone
tone_of(const char *state)
{
	int rank = tone_rank(state);

	return rank == 0 ? TONE_QUIET : states[TONE_RANK_MAX - rank].tone;
}
