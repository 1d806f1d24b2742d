/*
 * check - one run of a program's health-command.
 *
 * It runs as the program does, but in a cgroup below the program's and with a
 * mark of its own (see orphan.h): so it can be ended with all that it started,
 * by a later daemon too.
 *
 * Layer 3.
 */
#ifndef PROGCHECK_H
#define PROGCHECK_H

#include "program/program_int.h"

/* What is kept of what a check prints: the end of it. */
#define CHECK_WORDS 256

struct check {
	LIST_ENTRY(check) entry; /* while it is under way */
	struct program *program;
	/* It was carried out; how, with its last line, if it was not good. */
	void (*ended)(struct check *, bool good, const char *how);
	/* It could not be carried out: at what it failed, and errno. */
	void (*failed)(struct check *, const char *what, int err);
	struct deadline deadline;
	struct process child; /* pid 0: it is not under way */
	struct spawn_report exec;
	struct source exit;
	struct source output;
	char words[CHECK_WORDS];
	size_t nwords;
};

void check_init(struct check *, struct program *,
    void (*ended)(struct check *, bool good, const char *how),
    void (*failed)(struct check *, const char *what, int err));
/* One of the two is called once, perhaps before this returns. */
void check_begin(struct check *);
/* End it and all that it started, unheard; harmless if it is not under way. */
void check_cancel(struct check *);
/* The same with what an earlier daemon began. */
void check_cancel_old(struct program *);

/* Is the child a check?  SIGCHLD told of it.  Is the mark that of one? */
bool check_is_child(const struct programs *, pid_t);
void check_died(const struct programs *, pid_t);
bool check_is_run(const struct programs *, uint64_t run);

#endif
