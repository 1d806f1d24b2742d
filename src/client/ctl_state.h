/*
 * ctl_state - what a state of a program means to those who look at it.  To
 * them one that is up but unhealthy is in a state of its own.
 *
 * Layer 4.  Pure.
 */
#ifndef CTL_STATE_H
#define CTL_STATE_H

enum tone {
	TONE_GOOD,   /* up */
	TONE_BAD,    /* failed */
	TONE_MOVING, /* on its way */
	TONE_QUIET,  /* no process, and none is wanted now */
};

#define STATE_UNHEALTHY "unhealthy"

/* Ranks go up to this one. */
#define STATE_RANK_MAX 9

/* A state that is not known is quiet. */
enum tone state_tone(const char *state);
/* The more it needs attention, the higher; 0: it is not known. */
int state_rank(const char *state);
/* The state that has it, from 1 on. */
const char *state_name(int rank);

#endif
