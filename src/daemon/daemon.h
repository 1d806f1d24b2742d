/*
 * daemon - the daemon's own state, which reload and control act on.
 *
 * Layer 3; main fills it in.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "config/conf.h"
#include "base/loop.h"
#include "program/prog.h"

struct reload;
struct control;
struct verdict;

struct hupd {
	struct loop *loop;
	struct logger *logger;
	struct progs progs;
	struct reload *reload;
	struct control *control;
	struct records *records;

	const char *config; /* hupd.conf, absolute */
	bool must_exist;    /* it was named on the command line */
	struct conf_places places;
	struct settings effective; /* as they were at the start */
	char *running;		   /* what runs, for a successor */
	char *rejected;		   /* what was not accepted since, likewise */
	char *accepted;		   /* file of the last accepted configuration */
	char *socket;

	time_t started;
	bool stopping;
	/* The live settings, and the defaults of programs, are others now. */
	void (*adjusted)(struct hupd *, const struct confset *);
	/* A reload, or the start, has come to its end. */
	void (*settled)(struct hupd *);
	/* Re-execute, and say what becomes of it; or say it to nobody. */
	void (*reexec)(struct hupd *, struct verdict *);
	void (*reexec_forget)(struct hupd *, struct verdict *);
};

/* Stop every program, then end the loop. */
void hupd_stop(struct hupd *);

#endif
