/*
 * ctl - what every command of hupctl is given: the options, and where its
 * output goes.
 */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct present;

struct ctl {
	const char *name; /* of the command */
	/* options */
	const char *socket; /* -s, or NULL */
	const char *config; /* -f, or NULL */
	const char *hosts;  /* -H, or NULL */
	const struct present *present;
	bool all;
	bool others; /* apply the files of other programs, too */
	bool no_wait;
	bool follow;
	bool raw;	     /* print bytes of a log as they are */
	const char *since;   /* or NULL */
	const char *until;   /* or NULL */
	const char *pattern; /* -g, or NULL */
	const char *as;	     /* --as, or NULL */
	const char *goal;    /* --for, or NULL */
	bool write;
	bool failed;	      /* --failed */
	bool tree;	      /* --tree */
	bool names_only;      /* --names */
	int64_t lines;	      /* -1: not given */
	int64_t delay;	      /* s */
	int64_t timeout;      /* ms; -1: not given */
	char *const *command; /* after "--", NULL-terminated; or NULL */
	/* standard output and error */
	FILE *out;
	FILE *err;
	bool terminal;	  /* out is one */
	int columns;	  /* of it; 0: any number */
	bool colour;	  /* use colours */
	bool pass_colour; /* print those of programs */
	time_t now;
};

/* A command: argv are its operands.  Returns the exit status. */
typedef int ctl_command(const struct ctl *, int argc, char **argv);

#endif
