/*
 * target - the daemon that a command is about: its configuration file, its
 * folders, its socket.
 *
 * Root means the system's daemon.  Another user means his own daemon if its
 * socket exists; else the system's if that socket exists; else the configured
 * one.  -f and -s name another.
 */
#ifndef TARGET_H
#define TARGET_H

#include "client/ctl.h"
#include "client/talk.h"
#include "config/load.h"

struct target {
	struct places places;
	char *config; /* the daemon's file */
	bool named;   /* by -f: it must exist */
	char *program_dir;
	char *log_dir;
	char *pidfile;
	char *socket;
};

/* Returns STATUS_OK, or prints what failed and returns the exit status. */
int target_find(struct target *, const struct ctl *);
void target_clear(struct target *);

/* Connect.  Returns as target_find; talk_close is needed in any case. */
int target_connect(const struct ctl *, struct talk *);
/* Ask, and take the whole answer.  Returns as target_find. */
int target_ask(const struct ctl *, const struct line_text *, struct reply *);

/*
 * If the daemon runs but its socket was removed, have it make the socket again,
 * and wait for that.  Prints what was done; what failed shows when connecting.
 */
void target_revive(const struct target *);

/*
 * Ask the daemon which files it reads, and put them into the target.  Without
 * an answer from a daemon (none runs, or asking is not permitted) the target
 * stays as it is, unless needed.  Returns as target_find.
 */
int target_locate(const struct ctl *, struct target *, bool needed);

/*
 * target_find, and target_locate unless -f names the files; -s needs the
 * answer.  Returns as target_find.
 */
int target_find_files(const struct ctl *, struct target *);

/*
 * What would a reload do with these files instead of those of their names?  The
 * daemon's answer: see "plan" of request.h.  Returns as talk_ask.
 */
int target_plan(const struct target *, const struct candidate *, size_t n,
    struct talk *, struct reply *);
/* Load the files, as a daemon that starts would; see load_config. */
int target_load(const struct target *, const struct candidate *, size_t n,
    struct config *, struct diags *);
/*
 * Collect warnings about the target's files as they are, with v in their
 * places: those of reading them, and those of advice.h about the programs and
 * folders that they name.  reply: the daemon's to a plan, or NULL.  Files that
 * this user cannot read have none.
 */
void target_advise(const struct target *, const struct candidate *v, size_t n,
    const struct reply *, struct diags *notes);

#endif
