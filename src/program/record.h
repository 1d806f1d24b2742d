/*
 * record - the data that a later daemon needs to take programs over.  It
 * survives SIGKILL and exec: it is a shared mapping of one file in the run
 * folder, with a slot of fixed size for each program.
 *
 * A write is a store into memory and no system call.  The process of a slot is
 * valid if its pid is not 0.  The pid is written last when a process is
 * created (by the child itself, before it executes), and first when the
 * process is gone.  If the daemon is killed in between, at most a pid is left
 * that cannot be proven to be the program's.
 *
 * Numbers are in the byte order of the machine, because records of another
 * boot are not used.
 *
 * Every release can read the records of every other one so far that it starts
 * no program twice.  All have the header in common, to which a later release
 * may add, and struct record_prefix, with which a slot begins; their sizes are
 * in the header.  Any other change of a slot needs another RECORD_VERSION.
 */
#ifndef RECORD_H
#define RECORD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_VERSION 1
#define RECORD_NAME 68 /* a program's name and padding */
#define RECORD_PATH 256
#define RECORD_STATUS 84 /* the status text that a program sent */
/* struct record_slot: the fields after it are valid; no part of a text. */
#define RECORD_EXTENDED UINT32_C(0x00020000)

/*
 * Bits of past; see was_up, had_outcome, is_former, former_told in data.h, and
 * oom of the end.
 */
#define RECORD_WAS_UP 1
#define RECORD_HAD_OUTCOME 2
#define RECORD_FORMER 4
#define RECORD_FORMER_TOLD 8
#define RECORD_OOM 16

struct record_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint32_t slot_size;
	uint32_t nslots;
	char boot[40]; /* of /proc/sys/kernel/random/boot_id */

	int32_t pid;	/* of the daemon */
	uint32_t execs; /* how many daemons took over from another */
	uint64_t generation;
	int64_t accepted_at; /* Unix time */
	int64_t started;     /* Unix time of the first of them */
	uint32_t from_accepted;
	uint32_t stopping; /* it was asked to end */

	/* Descriptors that a successor inherits; -1: none. */
	int32_t control_fd;
	int32_t notify_fd; /* the socket that programs of version 0.1 share */
	int32_t pidfile_fd;
	int32_t guard_pid;
	int64_t crashed; /* when the last daemon ended unasked, ns since boot */
	int64_t pause;	 /* the guard waited that long after it, ms */
	int64_t cgroup_made; /* 1: the daemon made the folder of cgroup */
	int32_t claims[4];   /* inherited as well; 0: none.  See claim.h */
	int64_t unused[3];
	char cgroup[RECORD_PATH];
	char run_dir[RECORD_PATH];
};

/* The part of a slot that is the same in all releases. */
struct record_prefix {
	char name[RECORD_NAME];
	int32_t pid;
	uint64_t start_time;
};

struct record_slot {
	char name[RECORD_NAME]; /* empty: a free slot */
	int32_t pid;		/* 0: no process */
	uint64_t start_time;	/* clock ticks since boot; 0: not yet known */
	uint64_t run;
	uint8_t state;
	uint8_t want;
	uint8_t leader;
	uint8_t end_kind;
	uint8_t end_late;
	uint8_t end_known;
	uint8_t end_signal;
	uint8_t end_core;
	int32_t end_code;
	int32_t end_stage;
	int32_t end_which;
	int32_t end_err;
	int64_t end_at;
	int64_t since;	 /* ns since boot */
	int64_t started; /* ns since boot */
	int64_t started_at;
	int64_t delay; /* ms */
	uint32_t restarts;
	uint32_t quick;
	int32_t pidfd;	     /* descriptors that a successor inherits, or -1 */
	int32_t ready_fd;    /* of READY_FD, or the notify socket */
	uint64_t env_digest; /* of its environment files as it read them */
	char status[RECORD_STATUS];
	/*
	 * Version 0.1 has here the end of a longer status text, and leaves
	 * extended 0 or overwrites it.
	 */
	uint32_t extended;
	int64_t settling; /* ns since boot */
	uint8_t step;
	uint8_t past; /* RECORD_WAS_UP ... */
	uint8_t access;
	uint8_t late; /* of the state */
	uint16_t said_err;
	uint16_t said_exit;
	int64_t until;	   /* the deadline of the state, ns since boot; or 0 */
	uint32_t watchdog; /* ms + 1; 0: as configured */
	uint8_t reloading;
	uint8_t end_late_exact; /* end_late has what version 0.1 knows */
	uint16_t command;
	uint32_t due; /* a reload has still to restart it */
	uint32_t failed_checks;
};

struct program;
struct record;

/*
 * Open run_dir/records, or make it, and lock it.  This lock decides who is the
 * daemon: only the daemon's user can open the file.  Guard and exec keep it,
 * so that it is never released between one daemon and the next.  NULL with
 * errno; EWOULDBLOCK: another daemon has it, *holder is its pid, or 0 while
 * that daemon starts.
 */
struct record *record_open(const char *run_dir, pid_t *holder);
/*
 * The records of the daemon before this one, by the descriptor that it left.
 * The folder is in the header.  A file that is no record stays as it is.  NULL
 * with errno.
 */
struct record *record_take_over(int fd);
/* The same for a trial: nothing is locked, and no store reaches the file. */
struct record *record_look(int fd);
/*
 * Make next the daemon, if that is still the process former.  Of two guards
 * that see the same daemon end, one succeeds.
 */
bool record_claim(struct record *, pid_t former, pid_t next);
void record_close(struct record *, bool remove);
int record_fd(const struct record *);
/* Another process may have made the file longer.  -1 with errno. */
int record_refresh(struct record *);
struct record_header *record_header(struct record *);
/*
 * Are there records of an earlier daemon of this boot?  If not, why is the
 * reason, "" for a new file.
 */
bool record_is_valid(struct record *, const char **why);
/*
 * Are they of this boot, and of a release whose slots have only the prefix in
 * common with these?
 */
bool record_is_foreign(struct record *);
/*
 * Write such records again, in this release's form: each program that had a
 * process is up.  -1 with errno.
 */
int record_convert(struct record *);
/* Continue with these records, or clear them.  -1 with errno. */
int record_adopt(struct record *);
int record_reset(struct record *);
/* All running programs are recorded: the records are valid from now on. */
void record_begin(struct record *);

/* A slot for name, kept by its index since the mapping may move; or -1. */
int record_take(struct record *, const char *name);
void record_give(struct record *, int slot);
struct record_slot *record_slot(struct record *, int slot);
int record_count(const struct record *);
/*
 * Let a program that is executed next have the descriptors that the records
 * name; or, if the exec failed, not any more.
 */
void record_inherit(struct record *, bool on);

/*
 * Give a program a slot, if it has none: a program without a slot is not
 * started, since a later daemon would start it again.  -1 with errno.
 */
int record_assign(struct program *);
/* Before a new process is made: where it stores its pid.  NULL: no slot. */
volatile int32_t *record_pid(struct program *);
/* The main process is p->child; or it is gone. */
void record_main(struct program *);
void record_no_main(struct program *);
/* Record everything else about the program. */
void record_note(struct program *);
/*
 * A reload that is about to be committed will restart the program: a later
 * daemon does if this one does not live to do it.  Or: it has been done.
 */
void record_set_due(struct program *, bool due);
bool record_is_due(const struct program *);

#endif
