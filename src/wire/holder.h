/*
 * holder - which process is the daemon of a run folder, by its locks.
 *
 * The daemon locks RUN/records and its pidfile for writing (F_OFD_SETLK,
 * fcntl(2)).  Only its user can do that, because a write lock needs a
 * descriptor that is open for writing.  To look for the lock takes none, so
 * that no observer can keep a daemon from its start.
 */
#ifndef HOLDER_H
#define HOLDER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#define HOLDER_MAGIC "hupdrec"

/* The beginning of the records, which is the same in every release. */
struct holder_head {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint32_t slot_size;
	uint32_t nslots;
	char boot[40];
	int32_t pid; /* of the daemon */
	uint32_t execs;
	uint64_t generation;
	int64_t accepted_at;
	int64_t started;
	uint32_t from_accepted;
	uint32_t stopping; /* it was asked to end */
};

struct holder {
	pid_t pid;     /* 0: not known yet, the daemon is starting */
	bool stopping; /* it stops its programs, and ends then */
};

/* Lock an open file for writing, as its only holder.  -1 with errno. */
int holder_lock(int fd);
/*
 * Is there a daemon that has the records of this folder?  A caller who may not
 * read them sees none.
 */
bool holder_of_records(struct holder *, const char *run_dir);
/*
 * Is there a daemon that has this pidfile?  Only a regular file counts that
 * nobody but root and ourselves can write.
 */
bool holder_of_pidfile(struct holder *, const char *path);

#endif
