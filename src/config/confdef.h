/*
 * confdef - what definitions and settings are made of.
 *
 * Layer 1.  Pure.
 */
#ifndef CONFDEF_H
#define CONFDEF_H

#include <sys/types.h>
#include <sys/resource.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/strings.h"

/* A number that has no default and was not given. */
#define CONF_UNSET INT_MIN

/* The largest log-keep. */
#define CONF_KEEP_MAX 1000

enum conf_restart { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };
enum conf_ready { READY_STARTED, READY_NOTIFY, READY_FD };
enum conf_log { LOG_TO_FILE, LOG_TO_SYSLOG, LOG_TO_STDOUT, LOG_TO_NONE };

struct conf_rlimit {
	int which; /* RLIMIT_NOFILE ... */
	rlim_t soft;
	rlim_t hard;
};

/* Exit codes and signals that are no failure. */
struct conf_exits {
	uint64_t codes[4]; /* bit N: exit code N */
	uint64_t signals;  /* bit N: signal N + 1 */
};

/*
 * Which file a definition was read from, as it was then: unchanged values
 * mean unchanged bytes.  All zero: not from a file of its own.
 */
struct conf_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
	struct timespec ctime;
};

/* Where a key was given, for complaints that come after the parser's. */
struct conf_line {
	uint32_t line;
	uint16_t nth; /* repeatable keys: the first element of this line */
	uint8_t row;
};

/*
 * One program's definition.  Shared by reference and not changed once it is
 * complete.  String lists are NULL-terminated, each in one allocation, or
 * NULL when empty.
 */
struct conf {
	unsigned refs;
	char *name;
	char *file;		 /* its own, or NULL in a whole configuration */
	uint64_t given;		 /* bit N: row N of the key table was set */
	struct conf_line *lines; /* not from the defaults: the file's */
	size_t nlines;
	struct conf_stamp stamp;

	/* process keys: a change restarts the program */
	char **command;
	char *directory;
	char *user;
	char *group;
	char **groups;	   /* blank- or comma-separated in the file */
	int umask;	   /* default 022 */
	int nice;	   /* CONF_UNSET: the daemon's own */
	int oom_score_adj; /* likewise */
	bool no_new_privs;
	struct conf_rlimit *rlimits;
	size_t nrlimits;
	char **env;	 /* K=V, later entries win */
	char **env_file; /* absolute paths */
	bool env_clear;
	uint64_t env_digest; /* of the contents of env_file; set by confdir */
	enum conf_ready ready;
	int ready_fd;	  /* READY_FD: the descriptor in the program, 3..1023 */
	int64_t watchdog; /* READY_NOTIFY; 0: none */
	enum conf_log log;

	/* live keys: a change is applied without a restart */
	bool autostart;
	enum conf_restart restart;
	int64_t restart_delay; /* ms, this and all durations */
	int64_t restart_delay_max;
	int64_t restart_reset;
	int restart_limit; /* 0: never give up */
	struct conf_exits success_exit;
	int stop_signal;
	int64_t stop_timeout;
	int reload_signal;     /* 0: none */
	char **reload_command; /* NULL: none */
	int64_t start_timeout;
	char **health_command; /* NULL: none */
	int64_t health_interval;
	int64_t health_timeout;
	int health_retries;
	char **depends_on;
	int64_t log_size; /* bytes; 0: never rotate */
	int log_keep;
	bool log_timestamps;

	/* filled in by confdir, not part of the text */
	uid_t uid;   /* (uid_t)-1: the daemon's own */
	gid_t gid;   /* (gid_t)-1: likewise */
	gid_t *gids; /* supplementary groups; none: leave the daemon's */
	size_t ngids;
	char *home; /* of user, or NULL */
	char *shell;
};

/* The number of daemon settings. */
#define CONF_SETTINGS 11

/* What exit_on is, if it does not name a program. */
#define CONF_ANY_FAILED "any-failed"
#define CONF_ALL_DONE "all-done"

/* Settings of the daemon.  Strings are owned by the struct. */
struct settings {
	uint64_t given; /* bit N: row N differs from the built-in value */
	unsigned lines[CONF_SETTINGS]; /* where it was given, or 0 */
	char *program_dir;
	char *log_dir;
	char *run_dir;
	char *state_dir;
	char *pidfile;
	char *log_user;	     /* NULL: hupd where that user exists */
	char *control_group; /* NULL: none */
	bool syslog;
	bool reload_rollback;
	char *cgroup;  /* "auto", "off" or an absolute path */
	char *exit_on; /* CONF_ANY_FAILED, CONF_ALL_DONE, a name; or NULL */
};

/* The whole configuration. */
struct confset {
	char *file; /* hupd.conf, or the whole configuration's */
	struct settings settings;
	struct conf *defaults;	/* the program keys of hupd.conf */
	struct conf **programs; /* sorted by name (strcmp) */
	size_t nprograms;
	size_t size; /* of programs */
};

/* One key, as people know it. */
struct conf_key {
	const char *name;
	const char *fallback; /* the default, as text; NULL: none */
	bool live;
	bool repeat;
	bool daemon; /* a setting of the daemon, hupd.conf only */
};

/*
 * "web@" is the name of a template, "web@1" that of an instance: what follows
 * the first @, or NULL.
 */
bool conf_is_template(const char *name);
const char *conf_instance(const char *name);

/* The limit of RLIMIT_ which, or NULL. */
const struct conf_rlimit *conf_rlimit(const struct conf *, int which);
/* Set or replace it; -1: no memory. */
int conf_set_rlimit(struct conf *, const struct conf_rlimit *);

#endif
