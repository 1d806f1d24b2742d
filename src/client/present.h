/*
 * present - how hupctl shows what a command found, or why it failed: one
 * presenter a format.
 *
 * A command builds its data, mostly the lines that the daemon answered, and
 * hands it to ctl->present, which writes to ctl->out.  A format is a file that
 * fills in this struct and a row of the options in command.c.
 */
#ifndef PRESENT_H
#define PRESENT_H

#include "client/ctl.h"
#include "client/emit.h"
#include "client/reply.h"
#include "import/draft.h"

/* The end of a request that the daemon carried out, or not. */
struct outcome {
	int status;
	const char *message; /* the daemon's, or NULL */
	const struct reply *reply;
};

/* The plan of a reload. */
struct planned {
	bool valid;
	const char *alone;	   /* why no daemon was asked, or NULL */
	const struct reply *reply; /* a report, or errors */
};

/* The daemon after a re-execution. */
struct successor {
	int64_t pid;
	const char *version;
	int64_t running; /* programs; -1: unknown */
};

/* The result of an import; paths has the path of each of its files. */
struct imported {
	bool valid;
	bool written;
	const struct draft *draft;
	char *const *paths;
	const struct diags *errors;
};

/* The file of a program, and what it inherits from the daemon's file. */
struct defined {
	const char *name;
	char *file; /* or that of its template, or of all programs */
	char *text; /* of that file, len bytes */
	size_t len;
	struct inherited {
		const char *file;
		unsigned line; /* that gave the value */
		const char *key;
		char *value;
	} * v;
	size_t n;
};

struct present {
	enum emit_form log;
	/* A command failed; stderr has the reason already. */
	void (*failure)(const struct ctl *, int status, const char *why);
	/* A request without further data was carried out. */
	void (*done)(const struct ctl *, const char *what);
	/* The line of the answer, or NULL if it lacks one. */
	void (*pong)(const struct ctl *, const struct line *);
	void (*version)(const struct ctl *, const struct line *);
	void (*successor)(const struct ctl *, const struct successor *);
	/* details: all that is known, for one program that was named */
	void (*status)(const struct ctl *, const struct reply *, bool details);
	/* The lines from this one on have just come; more may follow. */
	void (*progress)(const struct ctl *, const struct reply *, size_t from);
	/* The log files were reopened; the reply has those that cannot be. */
	void (*reopened)(const struct ctl *, const struct outcome *);
	/* All lines were shown as progress: start, stop, restart, ... */
	void (*results)(const struct ctl *, const struct outcome *);
	/* Likewise, of a reload of the files. */
	void (*reload)(const struct ctl *, const struct outcome *);
	void (*plan)(const struct ctl *, const struct planned *);
	void (*imported)(const struct ctl *, const struct imported *);
	void (*defined)(const struct ctl *, const struct defined *, size_t n);
	/* A change of a program, or a gap between changes. */
	void (*event)(const struct ctl *, const struct line *);
	/* The key table. */
	void (*keys)(const struct ctl *);
};

extern const struct present present_text;
extern const struct present present_json;
/* Has only status. */
extern const struct present present_openmetrics;

/*
 * Print on stderr what failed, escaped, and present it.  Returns status.
 */
int present_fail(const struct ctl *, int status, const char *, ...)
    __attribute__((format(printf, 3, 4)));
/* Print on stderr alone, escaped. */
void present_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
/* "FILE: reason", with the exit status that errno stands for. */
int present_fail_errno(const struct ctl *, const char *file);
/* Print text that came from elsewhere, escaped, without a newline. */
void present_puts(const char *, FILE *);
/* The same for the daemon's words, in which other bytes are escaped already. */
void present_words(const char *, FILE *);
/* Has the program failed, does it wait for a restart, or is it unhealthy? */
bool present_is_failing(const struct line *program);
/* Flush stdout.  Returns status, or STATUS_FAILED after a message. */
int present_finish(int status);

#endif
