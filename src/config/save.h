/*
 * save - a configuration written to disk, whole or not at all.
 */
#ifndef SAVE_H
#define SAVE_H

#include "config/config.h"

/*
 * Write the saved form to a new file, mode 0600, sync it and rename it into
 * place.  A file with the same contents is left alone, which does not wait for
 * the disk.  -1 with errno.
 */
int save_config(const struct config *, const char *file);
/*
 * Copy a saved file, which is cheaper than to print again.  The copy only has
 * to last for this boot, so it is not synced.  -1 with errno.
 */
int save_copy(const char *from, const char *file);

#endif
