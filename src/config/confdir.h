/*
 * confdir - the configuration as it lies on disk: safe reading of hupd.conf
 * and the program folder, users and groups looked up.
 *
 * What makes a file safe is told in safefile.h; the program folder itself
 * must be safe as well.
 *
 * Layer 2.
 */
#ifndef CONFDIR_H
#define CONFDIR_H

#include "config/conf.h"

/* The accepted configuration may have this many bytes. */
#define CONF_WHOLE_MAX ((size_t)256 * 1024 * 1024)

/*
 * Places for this user: the system's for root, else the XDG folders.
 * -1 with errno.
 */
int confdir_places(struct conf_places *, char **config_file);
void confdir_places_clear(struct conf_places *);

/*
 * Read everything.  file: the daemon's file (may be absent unless must_exist);
 * if it is a whole configuration, the program folder is not read.
 * known: what runs, or NULL; a program file that did not change since is not
 * parsed again, its definition is shared, and the program folder is that of
 * known, whatever the file says now.  0, or -1 with
 * diagnostics; set then has the settings as far as they could be read and no
 * program, and is cleared by its owner all the same.
 */
int confdir_load(struct confset *, const struct conf_places *, const char *file,
    bool must_exist, const struct confset *known, struct diags *);

/*
 * The file of the folder that defines the program: its own, or its template
 * where that is a link to it or empty.  malloc'd; NULL with errno.
 */
char *confdir_file_of(const char *folder, const char *name);

/*
 * One file as the definition of the program of that name, which for NULL is
 * the file's; or what would be in it.  NULL with diagnostics.
 */
struct conf *confdir_load_file(const char *file, const char *name,
    const struct conf *defaults, struct diags *);
struct conf *confdir_load_text(const char *file, const char *bytes, size_t len,
    const struct conf *defaults, struct diags *);

/*
 * A whole configuration from one file (the accepted one).  Environment files
 * that are missing or unsafe are no error here: each program meets them when
 * it starts.
 */
int confdir_load_whole(struct confset *, const struct conf_places *,
    const char *file, struct diags *);

/*
 * Write it, canonical, to file: a new file, mode 0600, renamed into place.  One
 * that holds the same stays, and nothing waits for the disk.
 */
int confdir_save(const struct confset *, const char *file);
/*
 * A copy of what was saved in another file: cheaper than to print again, and
 * for this boot, so that nothing waits for the disk.
 */
int confdir_save_copy(const char *from, const char *file);

/*
 * The variables of an environment file: a NULL-terminated list in one
 * allocation.  -1 with errno; EBADMSG is a line that cannot be read.
 */
int confdir_read_env(const char *path, char ***vars);

#endif
