/*
 * settings - the settings of the daemon: made, copied, compared, freed.
 *
 * The struct is in keys.h, like that of a definition.
 *
 * Pure.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "config/keys.h"
#include "config/places.h"

/* The built-in values, with the places of this user.  -1: no memory. */
int settings_init(struct settings *, const struct places *);
/* to is overwritten; -1: no memory. */
int settings_copy(struct settings *to, const struct settings *from);
/* Free the contents.  Accepts a zeroed one. */
void settings_clear(struct settings *);
/* The keys that differ. */
struct keyset settings_diff(const struct settings *, const struct settings *);
/* The line that gave the key (its name in the file), or 0. */
unsigned settings_line(const struct settings *, const char *key);

#endif
