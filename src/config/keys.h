/*
 * keys - every key of the configuration, in one table, and the structs that
 * hold the values.
 *
 * A key is one row of the table.  The parser, the printer, the comparison, the
 * defaults, the check of the manual page and the completion come from the row;
 * the place that uses the value is all that a new key needs besides.
 *
 * Pure.
 */
#ifndef KEYS_H
#define KEYS_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/file.h"
#include "config/cpus.h"
#include "config/folder.h"
#include "config/hardening.h"
#include "config/resource.h"
#include "config/value.h"

/* A number that has no default and was not given. */
#define DEFINITION_UNSET INT_MIN

/* The most sockets of a program, and the most descriptors that it may store. */
#define DEFINITION_LISTEN_MAX 64
#define DEFINITION_STORE_MAX 64

/* The largest log-keep. */
#define DEFINITION_KEEP_MAX 1000

enum key_restart {
	RESTART_ALWAYS,
	RESTART_ON_FAILURE,
	RESTART_ON_SUCCESS,
	RESTART_ON_ABNORMAL,
	RESTART_ON_ABORT,
	RESTART_ON_WATCHDOG,
	RESTART_NEVER,
};
enum key_ready {
	READY_STARTED,
	READY_NOTIFY,
	READY_FD,
	READY_FORKS,
	READY_EXITED,
};
enum key_kill_mode {
	KILL_MAIN_FIRST,
	KILL_CONTROL_GROUP,
	KILL_MIXED,
	KILL_PROCESS,
};
enum key_cpu_policy {
	KEY_CPU_OTHER,
	KEY_CPU_BATCH,
	KEY_CPU_IDLE,
	KEY_CPU_FIFO,
	KEY_CPU_RR,
};
/* The numbers of ioprio_set(2). */
enum key_io_class {
	KEY_IO_NONE,
	KEY_IO_REALTIME,
	KEY_IO_BEST_EFFORT,
	KEY_IO_IDLE,
};
enum key_log { LOG_TO_FILE, LOG_TO_SYSLOG, LOG_TO_STDOUT, LOG_TO_NONE };
enum key_prefix { PREFIX_NAME, PREFIX_NONE, PREFIX_JSON };

/* There may be this many keys; at most 255, see struct definition_line. */
#define KEYS_MAX 192

/* A set of keys.  All zero: the empty one. */
struct keyset {
	uint64_t word[KEYS_MAX / 64];
};

/* One key. */
struct key {
	const char *name;
	const char *former;   /* its name in earlier releases, or NULL */
	const char *fallback; /* the default, as text; NULL: none */
	const char *before;   /* that of version 0.1, if it was another */
	bool live;	      /* a change needs no restart */
	bool repeat;	      /* may be given again, and adds to its list */
	bool daemon;	      /* in struct settings, hupd.conf only */
	bool own;	      /* of a program only, not in hupd.conf */
	bool boxed;	      /* in struct hardening of the definition */
	bool expands;	      /* names of instances, see definition_expand */
	size_t offset;	      /* of its field in the struct */
	struct value value;   /* what the field holds */
};

/* Where a key was given, for diagnostics that come after the parser's. */
struct definition_line {
	uint32_t line;
	uint16_t nth; /* repeatable keys: the first element of this line */
	uint8_t key;  /* its index; keys_count: "program = NAME" */
};

/*
 * The definition of one program.  Shared by reference, and not changed once it
 * is complete.  String lists are NULL-terminated, each in one allocation, or
 * NULL when empty.
 */
struct definition {
	unsigned refs;
	char *name;
	char *file;    /* its own, or NULL in a whole configuration */
	bool disabled; /* by a file beside its own: autostart = no */
	struct keyset given;
	struct definition_line *lines; /* of its file; not of the defaults */
	size_t nlines;
	struct file_stamp stamp; /* of its file when read; or all zero */

	/* process keys: a change restarts the program */
	char **command;
	char **more_commands; /* READY_EXITED: the lines of the next ones */
	char *directory;
	char *user;
	char *group;
	char **groups;	   /* separated by blanks or commas in the file */
	int umask;	   /* default 022 */
	int nice;	   /* DEFINITION_UNSET: the daemon's own */
	int oom_score_adj; /* DEFINITION_UNSET: the daemon's own */
	enum key_cpu_policy cpu_policy;
	int cpu_priority; /* KEY_CPU_FIFO, KEY_CPU_RR; DEFINITION_UNSET: 1 */
	enum key_io_class io_class;
	int io_priority;    /* DEFINITION_UNSET: that of the class */
	char *cpu_affinity; /* see cpus.h; NULL: the daemon's own */
	bool delegate;
	bool no_new_privs;
	struct value_rlimits rlimits;
	char **env;	 /* K=V, later entries win */
	char **env_file; /* absolute paths, "-" in front: may be absent */
	bool env_clear;
	char **pass_environment;       /* names */
	struct folder_list folders;    /* made before the start */
	enum folder_preserve preserve; /* of the runtime folders */
	/* Paths, "!" in front: must not exist.  Looked at before the start. */
	char **conditions;
	/* The contents of env_file and their digest; set by resolve. */
	char **env_read; /* K=V */
	uint64_t env_digest;
	bool env_kept; /* they come from a saved file */
	enum key_ready ready;
	int ready_fd;	  /* READY_FD: the descriptor in the program, 3..1023 */
	char *pid_file;	  /* READY_FORKS: absolute; NULL: none */
	int64_t watchdog; /* READY_NOTIFY; 0: none */
	enum key_log log;
	enum key_prefix log_prefix; /* LOG_TO_STDOUT */
	char *syslog_identifier;    /* LOG_TO_SYSLOG; NULL: the name */
	char **listen_stream;	    /* canonical addresses, see address.h */
	char *socket_user;	    /* who owns those that are paths */
	char *socket_group;
	int socket_mode;
	int socket_fd; /* the number of the first; DEFINITION_UNSET: none */
	struct hardening *hardening; /* NULL: no key of the sandbox is given */

	/* live keys: a change is applied without a restart */
	struct resource_list resources;
	bool autostart;
	enum key_restart restart;
	struct value_exits restart_prevent; /* exit codes and signals */
	struct value_exits restart_force;
	int64_t restart_delay; /* ms, this and all durations */
	int64_t restart_delay_max;
	int64_t restart_reset;
	int restart_limit; /* 0: never give up */
	struct value_exits success_exit;
	int stop_signal;
	int64_t stop_timeout; /* or VALUE_FOREVER */
	enum key_kill_mode kill_mode;
	bool send_sigkill;
	int reload_signal; /* 0: none */
	/* commands, each a line: see value_split */
	char **start_pre;
	char **start_post;
	char **stop_command;
	char **stop_post;
	char **reload_command;
	char *on_failure_command; /* NULL: none */
	bool reload_rollback;
	int64_t settle_time;   /* READY_STARTED, READY_FORKS; 0: up at once */
	int64_t start_timeout; /* 0: no limit */
	char **health_command; /* NULL: none */
	int64_t health_interval;
	int64_t health_timeout;
	int health_retries;
	char **depends_on;
	char **after;
	char **restart_with;
	int64_t log_size; /* bytes; 0: never rotate */
	int log_keep;
	bool log_timestamps;
	bool log_stderr; /* LOG_TO_FILE: in a file of its own */

	/* set by resolve; part of the text of a saved file only */
	bool kept;   /* they come from a saved file */
	uid_t uid;   /* (uid_t)-1: the daemon's own */
	gid_t gid;   /* (gid_t)-1: the daemon's own */
	gid_t *gids; /* supplementary groups; none: leave the daemon's */
	size_t ngids;
	char *login; /* the name of user; NULL: it has no entry */
	char *home;  /* of user, or NULL */
	char *shell;
	uid_t socket_uid; /* (uid_t)-1: the daemon's own */
	gid_t socket_gid;
	/*
	 * A missing account, "user web (does not exist)"; or NULL.  The
	 * fields above are not set then: the program must not be started.
	 */
	char *waits_for;
};

/* The values of exit_on that do not name a program. */
#define SETTINGS_ANY_FAILED "any-failed"
#define SETTINGS_ALL_DONE "all-done"

/* The settings of the daemon.  Strings are owned by the struct. */
struct settings {
	struct keyset given;	  /* those that differ from the default */
	unsigned lines[KEYS_MAX]; /* by index: where it was given, or 0 */
	char *program_dir;
	char *log_dir;
	char *run_dir;
	char *state_dir;
	char *pidfile;
	char *log_user;	    /* NULL: hupd where that user exists */
	char *access_group; /* NULL: none */
	bool syslog;
	char *cgroup;  /* "auto", "off" or an absolute path */
	char *exit_on; /* SETTINGS_ANY_FAILED, _ALL_DONE, a name; or NULL */

	/* set by resolve; part of the text of a saved file only */
	bool kept;     /* they come from a saved file */
	uid_t log_uid; /* of log-user, or of hupd; (uid_t)-1: neither exists */
	gid_t log_gid;
	gid_t access_gid; /* (gid_t)-1: none */
};

/*
 * The table, in the order of the canonical form.  The keys of programs are
 * fields of struct definition, those of the daemon of struct settings.
 */
extern const struct key keys_table[];
extern const size_t keys_count;

/* The key of that index, NULL past the end; the index of a key. */
const struct key *keys_at(size_t i);
size_t keys_index(const struct key *);
/* The key of that name, or NULL. */
const struct key *keys_find(const char *name);
/* Is its value a command line? */
bool keys_is_command(const struct key *);
/* The name of the key for RLIMIT_ which; "rlimit" without such a key. */
const char *keys_rlimit_name(int which);

/* The name of the key for a value of enum hardening_key. */
const char *keys_hardening_name(int which);

/* The value of a key; base is the definition or the settings. */
const void *keys_value(const void *base, const struct key *);
/* Do two structs hold the same value? */
bool keys_same(const void *a, const void *b, const struct key *);
/* Read the text into the field, or print its lines; see struct value_kind. */
int keys_parse(void *base, const struct key *, const char *text,
    char why[static VALUE_WHY_MAX]);
int keys_print(const void *base, const struct key *, FILE *);
/* Set the field to the default, if there is one.  -1: no memory. */
int keys_set_default(void *base, const struct key *);
/* Set it to the default of version 0.1, which differs.  -1: no memory. */
int keys_set_former(void *base, const struct key *);
/* to's field is zero, or holds nothing that must be freed.  -1: no memory. */
int keys_copy(void *to, const void *from, const struct key *);
/* Free what the field owns, and set it to zero. */
void keys_clear(void *base, const struct key *);

void keys_add(struct keyset *, const struct key *);
void keys_remove(struct keyset *, const struct key *);
bool keys_has(struct keyset, const struct key *);
bool keys_none(struct keyset);
bool keys_equal(struct keyset, struct keyset);
/* The members that are not live: if there are any, a restart is needed. */
struct keyset keys_not_live(struct keyset);
/* The member that follows, the first for NULL; NULL after the last. */
const struct key *keys_next(struct keyset, const struct key *);
/* "command, env changed"; malloc'd, or NULL. */
char *keys_changed(struct keyset);

#endif
