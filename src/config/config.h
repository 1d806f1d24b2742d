/*
 * config - the whole configuration: the settings of the daemon and all
 * programs, with the checks that no single file can make.
 *
 * Pure.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>

#include "base/diag.h"
#include "config/definition.h"
#include "config/settings.h"

struct config {
	char *file; /* hupd.conf, or that of the whole configuration */
	struct settings settings;
	struct definition *defaults;  /* the program keys of hupd.conf */
	struct definition **programs; /* sorted by name (strcmp) */
	size_t nprograms;
	size_t size;	    /* of programs */
	struct diags notes; /* what is accepted, but worth a warning */
	char *origin;	    /* the hupd.conf that was read; NULL: none */
	bool no_folder;	    /* the program folder did not exist */
	/* Where the folders of programs are; borrowed from struct places. */
	const char *bases[FOLDER_KINDS];
};

/*
 * Built-in settings and defaults, no program.  The places outlive it.  -1: no
 * memory.
 */
int config_init(struct config *, const struct places *);
/* Free the contents.  Accepts a zeroed one. */
void config_clear(struct config *);
/* Free its programs only. */
void config_clear_programs(struct config *);
/* Add a program at the end and take over its reference.  -1: no memory. */
int config_add(struct config *, struct definition *);
/* The program of that name, or NULL; binary search. */
struct definition *config_find(const struct config *, const char *name);
/*
 * Sort the programs and check what no single file shows: names that differ at
 * most in case, dependencies that do not exist, cycles over all keys that order
 * programs, an exit-on that could never end the daemon, folders that belong to
 * two users or to hupd.  -1: diagnostics were added.  Warnings go to the notes
 * of the configuration.
 */
int config_check(struct config *, struct diags *);
/*
 * The chain of dependencies that takes the longest time to settle when the
 * daemon starts all programs: their names in the order of their starts,
 * malloc'd, and the sum of their settle-times in *ms.  NULL: there are no two
 * that settle one after the other, or no memory.  After config_check only.
 */
char *config_longest_chain(const struct config *, int64_t *ms);
/*
 * The longest time that the end of all programs may take, in ms: the greatest
 * sum of the stop-timeouts of programs that stop one after the other.  The
 * dependencies have no cycle.  -1: no memory.
 */
int64_t config_stop_time(const struct config *);

#endif
