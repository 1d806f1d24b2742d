/*
 * ctl_place - which daemon is meant: its configuration file, its folders,
 * its socket.
 *
 * Root means the system's.  Another user means his own daemon if it has a
 * socket; else the system's if that has one; else whichever is configured.
 *
 * Layer 4.
 */
#ifndef CTL_PLACE_H
#define CTL_PLACE_H

#include "config/conf.h"
#include "client/ctl.h"

struct place {
	struct conf_places places;
	char *config; /* the daemon's file */
	bool named;   /* by -f: it must exist */
	char *program_dir;
	char *log_dir;
	char *socket;
};

/* 0, or an exit status after having said what failed. */
int place_find(struct place *, const struct ctl *);
void place_clear(struct place *);

#endif
