/*
 * ctl - what every command of hupctl shares: its options, and how it fails.
 */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ctl {
	/* before the command */
	const char *socket; /* -s, or NULL */
	const char *config; /* -f, or NULL */
	bool json;
	/* after the command */
	bool all;
	bool no_wait;
	bool follow;
	bool write;
	int64_t lines;
	int64_t delay;	      /* s */
	char *const *command; /* after "--", NULL-terminated; or NULL */
	/* where stdout goes */
	bool terminal;
	bool colour;
};

/* A command: argv are its operands.  Returns the exit status. */
typedef int ctl_command(const struct ctl *, int argc, char **argv);

/*
 * Say on stderr what failed, escaped, and with -j as a document on stdout as
 * well.  Returns status.
 */
int ctl_fail(const struct ctl *, int status, const char *, ...)
    __attribute__((format(printf, 3, 4)));
/* The same on stderr alone. */
void ctl_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
/* Text that came from elsewhere, escaped, without newline. */
void ctl_puts(const char *, FILE *);
/* Print a message unless all are program names, existing or not. */
bool ctl_are_names(const struct ctl *, int n, char **names);
/* stdout could be written: status, else STATUS_FAILED with a message. */
int ctl_finish(int status);

#endif
