/*
 * state - the daemon's own state: what main makes, and what the parts of the
 * daemon share.
 */
#ifndef STATE_H
#define STATE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "config/config.h"
#include "base/loop.h"
#include "process/process.h"
#include "program/programs.h"
#include "program/record.h"

struct control;
struct events;
struct handover;
struct helpers;
struct reload;
struct sockets;
struct inherit;
struct fdstore;
struct verdict;

#define CLAIMS 3

struct daemon {
	struct loop *loop;
	struct logger *logger;
	const char *warning; /* for status, as long as it runs; or NULL */
	struct programs programs;
	struct system *system; /* processes of programs */
	struct helpers *helpers;
	struct reload *reload;
	struct inherit *inherit; /* descriptors held for programs */
	struct fdstore *fdstore;
	struct sockets *sockets; /* NULL in a test */
	struct control *control;
	struct events *changes; /* of programs, for clients; NULL in a test */
	struct record *records;
	struct handover *handover;
	struct cgroup *cgroup; /* NULL: no cgroups */

	/* The configuration: where it comes from, and what is kept of it. */
	char *config;	 /* hupd.conf, absolute */
	bool must_exist; /* it was named on the command line */
	struct places places;
	struct settings effective; /* the settings as of the start */
	char *running;	/* file of the running set, for the next daemon */
	char *rejected; /* file of the last rejection, for the next daemon */
	char *accepted; /* file of the last accepted configuration */
	struct config *set; /* about to begin; the guard frees its copy */

	/* Descriptors and paths that the daemon owns. */
	int pidfile;	    /* see pidlock.h; or -1 */
	int claims[CLAIMS]; /* see claim.h; each may be -1 */
	char *socket;	    /* path of the control socket */
	struct stream *events;
	struct source events_source;
	char *log_error;  /* why the event log cannot be written; or NULL */
	time_t log_since; /* since when, Unix time */
	/* The log files are being reopened: a report waits for the outcome. */
	bool reopening;
	struct deadline reopen_late;
	TAILQ_HEAD(, verdict) reopeners; /* wait for it without a limit */
	char *notify_folder;		 /* of the notify sockets */
	/* The one that programs of version 0.1 share, NULL without them. */
	char *notify_path;
	struct notify_socket *shared_notify;
	int self;    /* the program file of hupd itself */
	char *exe;   /* its path, where a newer file may be */
	char **argv; /* to execute it with again */
	char *title; /* where ps(1) finds the arguments, and their last byte */
	char *title_end;

	/* How it began. */
	time_t started;	     /* Unix time, of the first daemon of these */
	bool adopting;	     /* an earlier daemon left programs */
	bool converted;	     /* the records were of another release */
	const char *untaken; /* why they are not taken over; else NULL */
	bool inherited;	 /* this process has that daemon's descriptors too */
	bool foreground; /* -d: no guard, the starter watches */

	/* How it ends. */
	bool stopping;
	int status; /* exit status */

	struct process guard; /* pid 0: none */
	struct source guard_source;
	struct deadline guard_again;
	pid_t self_pid; /* of the daemon, which the guard watches */
	int self_pidfd; /* of the same process; or -1 */
	int report[2];	/* a pipe: what the next daemon says at its start */
	bool unguarded; /* no guard could be made, and that was logged */

	/* The live settings, or the defaults of programs, have changed. */
	void (*adjusted)(struct daemon *, const struct config *);
	/* A reload, or the start, has come to its end. */
	void (*settled)(struct daemon *);
	/* Stop every program, and end. */
	void (*stop)(struct daemon *);
	/* Re-execute, and report to verdict; or stop reporting to it. */
	void (*reexec_begin)(struct daemon *, struct verdict *);
	void (*reexec_forget)(struct daemon *, struct verdict *);
	/* Reopen the log files: the same. */
	void (*reopen_begin)(struct daemon *, struct verdict *);
	void (*reopen_forget)(struct daemon *, struct verdict *);
};

#endif
