/*
 * sandbox - the restrictions of a program: compiled from its definition, and
 * entered by its process before it executes the program.
 *
 * The daemon makes a struct sandbox for each start; filters of system calls are
 * kept, for a program is started again and many programs have the same keys.
 * The child enters the sandbox in three steps, for each needs other rights:
 *
 *	sandbox_enter	as root
 *	sandbox_become	after the change of ids
 *	sandbox_seal	last
 *
 * Sources: systemd.exec(5), capabilities(7), seccomp(2).
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/definition.h"

/* The longest reason, with its NUL. */
#define SANDBOX_WHY_MAX 256

/* The folder of private-tmp, below the state folder: a folder each program. */
#define SANDBOX_TMP "tmp"

struct sandbox;

/* The surroundings of one process.  Borrowed, until the child was made. */
struct sandbox_run {
	const char *run_dir;   /* of the daemon */
	const char *state_dir; /* of the daemon */
	const char *notify;    /* NOTIFY_SOCKET, or NULL */
	/* The bases of the program's own folders, by enum folder_kind. */
	const char *const *bases;
	/* The process whose network it joins; pid 0: none. */
	pid_t main;
	uint64_t main_start; /* its start time, clock ticks since boot */
};

/* An error, and the key that it is about. */
struct sandbox_error {
	enum hardening_key key;
	char why[SANDBOX_WHY_MAX]; /* words that follow the key */
};

/* The failure of a step in the child; errno says why. */
struct sandbox_failure {
	enum hardening_key key;
	char path[PATH_MAX]; /* "": none */
};

/* A key that is not possible, and why, as words that follow it. */
typedef void sandbox_lack(void *arg, enum hardening_key, const char *why);

/* With sandbox = try: call each with the keys that are left out. */
void sandbox_lacks(const struct definition *, sandbox_lack *each, void *arg);
/*
 * Can a program have the sandbox of this definition?  The next sandbox_new is
 * fast then.  -1 with the first key that is not possible.
 */
int sandbox_check(const struct definition *, struct sandbox_error *);
/*
 * The sandbox, in *sandbox, or NULL if the definition has none.  -1 with the
 * error.
 */
int sandbox_new(const struct definition *, const struct sandbox_run *,
    struct sandbox **sandbox, struct sandbox_error *);
/* Does it use the folder SANDBOX_TMP? */
bool sandbox_has_tmp(const struct definition *);
/* Accepts NULL. */
void sandbox_free(struct sandbox *);

/* For the child.  -1 with errno and the failure. */
int sandbox_enter(struct sandbox *, struct sandbox_failure *);
int sandbox_become(struct sandbox *, struct sandbox_failure *);
int sandbox_seal(struct sandbox *, struct sandbox_failure *);

#endif
