/*
 * unitexec - the command lines of systemd's services, and their form in
 * hupd.conf(5).
 *
 * systemd replaces "${NAME}" by a variable's value wherever it stands in a
 * word, and a word "$NAME", quoted or not, by the value's words.  hupd replaces
 * nothing, so a command with such words becomes a shell's.
 *
 * Source: systemd.service(5), "COMMAND LINES", and where that is silent
 * config_parse_exec in src/core/load-fragment.c and replace_env_argv in
 * src/basic/env-util.c.
 *
 * Pure.
 */
#ifndef UNITEXEC_H
#define UNITEXEC_H

#include <stdbool.h>

#include "import/specifier.h"

struct unitexec {
	bool ignore;  /* "-": its failure does not count */
	bool argv0;   /* "@": the second word was argument 0, and is left out */
	bool literal; /* ":": variables are not replaced */
	bool full;    /* "+": with all privileges */
	bool root;    /* "!": not as the service's user */
	bool shell;   /* "|": through the user's login shell */
	char **words; /* with specifiers replaced; as in base/strings.h */
};

/*
 * Take the next command from *s, which may have several, separated by ";".
 * 1: free it with unitexec_clear; 0: no more; -1: *why has the reason,
 * static or in buf.
 */
int unitexec_parse(const char **s, const struct specifier_unit *,
    struct unitexec *, char buf[static 64], const char **why);
void unitexec_clear(struct unitexec *);

/*
 * The command in hupd's form; malloc'd.  split, unless it is NULL, is set if
 * the command contains a variable that the shell splits into words.  NULL: *why
 * has the reason.
 */
char *unitexec_print(const struct unitexec *, bool *split, const char **why);
/* "HUP", if the command is "kill -HUP $MAINPID"; else NULL. */
const char *unitexec_kill(const struct unitexec *);

#endif
