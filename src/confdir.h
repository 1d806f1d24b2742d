/*
 * confdir - the configuration as it lies on disk: safe reading of hupd.conf
 * and the program folder, users and groups looked up.
 *
 * A file is refused unless it is regular, of at most CONF_FILE_MAX bytes,
 * owned by root or the daemon's user and writable by none else; a symbolic
 * link is followed if its own owner is trusted as well.  What changes while
 * it is read is read again.
 *
 * Layer 2.
 */
#ifndef CONFDIR_H
#define CONFDIR_H

#include "conf.h"

/* Places for this user: the system's for root, else the XDG folders. */
int confdir_places(struct conf_places *, char **config_file);

/*
 * Read everything.  file: the daemon's file (may be absent unless must_exist).
 * known: a set read earlier, or NULL; a program file that did not change
 * since is not parsed again, its definition is shared.  0, or -1 with
 * diagnostics; set is then empty.
 */
int confdir_load(struct confset *, const struct conf_places *, const char *file,
    bool must_exist, const struct confset *known, struct diags *);

/* One file as a program's definition, name from the file's. */
struct conf *confdir_load_file(const char *file, const struct conf *defaults,
    struct diags *);

/* A whole configuration from one file (the accepted one). */
int confdir_load_whole(struct confset *, const struct conf_places *,
    const char *file, struct diags *);

/* Write it, canonical, to file: a new file, mode 0600, renamed into place. */
int confdir_save(const struct confset *, const char *file);

#endif
