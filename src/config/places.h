/*
 * places - where things are: the folders of this user, and the log files.
 *
 * Source: the XDG Base Directory Specification, which has relative values
 * ignored.
 */
#ifndef PLACES_H
#define PLACES_H

#include <stdbool.h>

/*
 * Where things are by default: for root in the system's folders, for other
 * users in folders of hupd's own among theirs.  All are absolute.
 */
struct places {
	bool root;
	char *config_home; /* $XDG_CONFIG_HOME/hupd; NULL for root */
	char *runtime_dir; /* $XDG_RUNTIME_DIR/hupd */
	char *state_home;  /* $XDG_STATE_HOME/hupd */
};

/* The places of this user, and the file hupd.conf.  -1 with errno. */
int places_find(struct places *, char **config_file);
void places_clear(struct places *);

/* The log file of a program is its name and this. */
#define PLACES_LOG_SUFFIX ".log"

/* The log file of the program in that folder; malloc'd, or NULL.  The events
 * of the daemon are in that of the program "hupd". */
char *places_log(const char *log_dir, const char *name);

#endif
