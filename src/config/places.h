/*
 * places - where things are: the folders of this user, and the log files.
 *
 * Source: the XDG Base Directory Specification; it says that relative values
 * are to be ignored.
 */
#ifndef PLACES_H
#define PLACES_H

#include <stdbool.h>

#include "config/folder.h"

/*
 * The default places: for root those of the system, for another user folders
 * named hupd in the folders of that user.  All are absolute.
 */
struct places {
	bool root;
	char *config_home; /* $XDG_CONFIG_HOME/hupd; NULL for root */
	char *runtime_dir; /* $XDG_RUNTIME_DIR/hupd */
	char *state_home;  /* $XDG_STATE_HOME/hupd */
	/* Where the folders of programs are, by enum folder_kind. */
	char *bases[FOLDER_KINDS];
};

/* The places of this user, and the file hupd.conf.  -1 with errno. */
int places_find(struct places *, char **config_file);
void places_clear(struct places *);
/* A configuration file that root owns is about root's daemon and its places. */
void places_adopt(struct places *, const char *config_file);

/* The base of the folders of that kind. */
const char *places_base(const struct places *, enum folder_kind);

/* The file of the last accepted configuration; malloc'd, or NULL. */
char *places_accepted(const char *state_dir);

/* The name of a log file is that of its program and this. */
#define PLACES_LOG_SUFFIX ".log"
/* And this, after the name of a log file, of that for standard error alone. */
#define PLACES_ERROR_SUFFIX ".err"

/*
 * The log file of the program in that folder; malloc'd, or NULL.  The events of
 * the daemon are in the log file of "hupd".
 */
char *places_log(const char *log_dir, const char *name);

#endif
