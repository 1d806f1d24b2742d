/*
 * load - the configuration as it lies on disk: hupd.conf, the folder of
 * programs, templates; read safely, parsed and resolved.
 *
 * base/file.h defines when a file is safe; the folder must be safe as well.
 */
#ifndef LOAD_H
#define LOAD_H

#include "config/config.h"
#include "config/resolve.h"

/*
 * Read everything.  file: hupd.conf; if it is a whole configuration, the
 * program folder is not read.
 *
 * A program folder that does not exist is an error, and so is a hupd.conf that
 * does not exist if must_exist, or if it was part of the last accepted
 * configuration: a folder or file that vanishes must not stop every program.
 * Only if no configuration was ever accepted, a missing folder is empty, with a
 * note.
 *
 * running: what the daemon runs, or NULL.  A program file that has not changed
 * since is not parsed again: its definition is shared.  The program folder is
 * that of running, even if the file has another one by now; the other one is
 * only checked.
 *
 * Returns 0, or -1 with diagnostics: all errors of all files.  The
 * configuration then has the settings that could be read, and no program.  The
 * caller clears it in both cases.
 */
int load_config(struct config *, const struct places *, const char *file,
    bool must_exist, const struct config *running,
    const struct resolve_lookups *, struct diags *);

/*
 * The file of the folder that defines the program: its own, or its template if
 * its own is a link to that, or empty.  malloc'd; NULL with errno.
 */
char *load_file_of(const char *folder, const char *name);

/*
 * Define the program of that name, NULL for the name of the file, by one file;
 * or by the text that the file would have.  NULL with diagnostics.
 */
struct definition *load_file(const char *file, const char *name,
    const struct definition *defaults, const struct resolve_lookups *,
    struct diags *);
struct definition *load_text(const char *file, const char *bytes, size_t len,
    const struct definition *defaults, const struct resolve_lookups *,
    struct diags *);

/*
 * Read a file that replaces the file of its name: the name of the program or
 * template, and the text, which is that of the template if the file is empty.
 * Both are malloc'd.  -1 with diagnostics.
 */
int load_proposal(const char *file, char **name, char **text, struct diags *);

/*
 * Read a saved configuration, see syntax_print_saved.  Missing or
 * unsafe environment files are no error here: the start of the program reports
 * them.  Accounts that the file has kept are not looked up.
 */
int load_whole(struct config *, const struct places *, const char *file,
    const struct resolve_lookups *, struct diags *);

#endif
