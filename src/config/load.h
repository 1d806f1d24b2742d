/*
 * load - the configuration as it lies on disk: hupd.conf, the folder of
 * programs, templates; read safely, parsed and resolved.
 *
 * safefile.h tells what makes a file safe; the folder must be safe as well.
 */
#ifndef LOAD_H
#define LOAD_H

#include "config/config.h"
#include "config/resolve.h"

/*
 * Read everything.  file: the daemon's file (may be absent unless must_exist);
 * if it is a whole configuration, the program folder is not read.
 * known: what runs, or NULL; a program file that did not change since is not
 * parsed again, its definition is shared, and the program folder is that of
 * known, whatever the file says now.  0, or -1 with
 * diagnostics; set then has the settings as far as they could be read and no
 * program, and is cleared by its owner all the same.
 */
int load_config(struct config *, const struct places *, const char *file,
    bool must_exist, const struct config *known, const struct resolve_lookups *,
    struct diags *);

/*
 * The file of the folder that defines the program: its own, or its template
 * where that is a link to it or empty.  malloc'd; NULL with errno.
 */
char *load_file_of(const char *folder, const char *name);

/*
 * One file as the definition of the program of that name, which for NULL is
 * the file's; or what would be in it.  NULL with diagnostics.
 */
struct definition *load_file(const char *file, const char *name,
    const struct definition *defaults, const struct resolve_lookups *,
    struct diags *);
struct definition *load_text(const char *file, const char *bytes, size_t len,
    const struct definition *defaults, const struct resolve_lookups *,
    struct diags *);

/*
 * A whole configuration from one file (the accepted one).  Environment files
 * that are missing or unsafe are no error here: each program meets them when
 * it starts.
 */
int load_whole(struct config *, const struct places *, const char *file,
    const struct resolve_lookups *, struct diags *);

#endif
