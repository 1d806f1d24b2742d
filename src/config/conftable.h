/*
 * conftable - the key table.
 *
 * Layer 1.  Private to conf; others see it through conf_key().
 */
#ifndef CONFTABLE_H
#define CONFTABLE_H

#include <stdint.h>

#include "config/confstore.h"

extern const struct conf_row conf_rows[];
extern const size_t conf_nrows;
extern const struct conf_row settings_rows[CONF_SETTINGS];

/* The row of a key, or NULL. */
const struct conf_row *conf_find(const char *key);
const struct conf_row *settings_find(const char *key);
/* Its bit in given and in a difference. */
uint64_t conf_bit(const struct conf_row *);
uint64_t settings_bit(const struct conf_row *);

#endif
