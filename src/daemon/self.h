/*
 * self - what the process of the daemon holds, beside what its parts share.
 *
 * Layer 4.
 */
#ifndef SELF_H
#define SELF_H

#include <libutil.h>

#include "daemon/daemon.h"

struct reexec;

/* What main makes and the daemon's parts borrow. */
struct daemon {
	struct hupd hupd;
	struct pidfh *pidfile;
	struct cgroup *cgroup;
	struct stream *events;
	struct source events_source;
	struct source notify;
	char *notify_path;
	int self;  /* the program file of hupd itself */
	char *exe; /* its path, where a newer one may be */
	struct reexec *reexec;
	char **argv; /* to execute it with again */
	char *title; /* where ps(1) finds the arguments, and their last byte */
	char *title_end;

	bool adopting;	     /* an earlier daemon left programs */
	const char *untaken; /* or why they are not taken over; else NULL */
	bool inherited;	     /* and its descriptors: we follow it at once */
	bool foreground;     /* whoever started us watches: there is no guard */
	int status;	     /* to end with */
	struct confset *set; /* what is about to begin; of no use to a guard */
	int self_pidfd;
	struct spawn_child guard;
	struct source guard_source;
	struct deadline guard_again;
	bool unguarded; /* there could be no guard, and that was said */
};

#endif
