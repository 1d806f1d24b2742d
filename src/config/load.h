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

/* NAME.disabled beside NAME.conf turns autostart off, whatever it contains. */
#define LOAD_DISABLED ".disabled"

/*
 * A program file that a user proposes: it stands in for the file of its name,
 * which need not exist.  An empty one of an instance means its template, as an
 * empty file does.
 */
struct candidate {
	const char *name; /* of its program, or of its template */
	const char *file; /* for diagnostics; it is not opened */
	const char *text; /* of len bytes, and a NUL; NULL: there is no file */
	size_t len;
};

/* Where a configuration is read from. */
struct load_source {
	const struct places *places;
	/* hupd.conf.  It may be a whole configuration; then it is all. */
	const char *file;
	bool must_exist; /* it was named */
	/* The running configuration, or NULL. */
	const struct config *running;
	/* A daemon that starts: what was accepted before, or NULL. */
	const struct config *accepted;
	const struct candidate *candidates;
	size_t ncandidates;
	/*
	 * The candidates come from a user who could not install them.  Their
	 * environment files are not opened: opening a file may block, and an
	 * error reveals its contents.  A file that the running program uses too
	 * counts as unchanged.
	 */
	bool distrust;
	const struct resolve_lookups *lookups;
};

/*
 * Read everything.
 *
 * A program folder that does not exist is an error, and so is a hupd.conf that
 * does not exist if must_exist, or if it was part of the last accepted
 * configuration: a folder or file that vanishes must not stop every program.
 * Only if no configuration was ever accepted, a missing folder is empty, with a
 * note.
 *
 * A file that has not changed since running was read is not parsed again: its
 * definition is shared.  The program folder is that of running, even if
 * hupd.conf has another one by now; the other one is only checked.
 *
 * Returns 0, or -1 with diagnostics: all errors of all files.  The
 * configuration then has the settings that could be read, and no program.  The
 * caller clears it in both cases.
 */
int load_config(struct config *, const struct load_source *, struct diags *);

/*
 * The file of the folder that defines the program: its own, or its template if
 * its own is a link to that, or empty.  malloc'd; NULL with errno.
 */
char *load_file_of(const char *folder, const char *name);

/*
 * Read a file that replaces the file of its name, or of as, unless that is
 * NULL: the name of the program or template, and the text, which is that of the
 * template beside it if the file has the name of an instance and is empty. Both
 * are malloc'd.  -1 with diagnostics.
 */
int load_proposal(const char *file, const char *as, char **name, char **text,
    struct diags *);

/*
 * Read a saved configuration, see syntax_print_saved.  Accounts
 * and environment files that it has kept are not looked up; a program waits for
 * those that were not kept and do not exist.
 */
int load_whole(struct config *, const struct places *, const char *file,
    const struct resolve_lookups *, struct diags *);

#endif
