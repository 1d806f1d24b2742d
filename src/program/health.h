/*
 * health - has a program that is up checked by its health-command, and feeds
 * EVENT_UNHEALTHY once too many checks in a row have failed.
 *
 * A check that cannot be started says nothing about the program: it is
 * repeated, and not counted.
 */
#ifndef HEALTH_H
#define HEALTH_H

#include "program/data.h"

/* Allocate what a definition with health checks needs.  -1 without memory. */
int health_prepare(struct program *, const struct definition *);
void health_free(struct program *);
/* The state has changed: begin or end checks. */
void health_follow(struct program *);
/* End the checks at once, before the state changes. */
void health_end(struct program *);
/* The definition has changed, from old. */
void health_adjust(struct program *, const struct definition *old);
/* Continue the count of an earlier daemon; call health_resume after it. */
void health_restore(struct program *, uint32_t failures);
void health_resume(struct program *);

/* Have enough checks failed? */
bool health_is_failing(const struct program *);
/* "healthy", "unhealthy", "unknown"; NULL: no checks, or none yet. */
const char *health_verdict(const struct program *);
/* The problem: "unhealthy 2/3: exited, status 1"; or "". */
void health_text(const struct program *, char *buf, size_t size);

#endif
