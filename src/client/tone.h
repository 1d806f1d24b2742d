/*
 * tone - how urgent a state of a program is.  A program that is up but
 * unhealthy counts as in a state of its own, NAMES_UNHEALTHY.
 *
 * Pure.
 */
#ifndef TONE_H
#define TONE_H

enum tone {
	TONE_GOOD,   /* up */
	TONE_BAD,    /* failed */
	TONE_MOVING, /* on its way */
	TONE_QUIET,  /* no process, and none is wanted now */
};

/* Ranks go up to this one. */
#define TONE_RANK_MAX 9

/* A state that is not known is quiet. */
enum tone tone_of(const char *state);
/* The more it needs attention, the higher; 0: it is not known. */
int tone_rank(const char *state);
/* The state that has it, from 1 on. */
const char *tone_name(int rank);

#endif
