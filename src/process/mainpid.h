/*
 * mainpid - read the pid file of a classical daemon: the file in which it
 * writes the pid of its main process.
 *
 * The path may belong to the program's user, so that a helper reads it.  The
 * file is regular, no link at the end of the path is followed, and it holds a
 * number alone, in at most MAINPID_SIZE bytes: postfix pads it to 33.
 */
#ifndef MAINPID_H
#define MAINPID_H

#include <sys/types.h>

#include <time.h>

#include "process/helper.h"

#define MAINPID_SIZE 64
/* The time that a reading may take, ms. */
#define MAINPID_TIME 2000

struct mainpid;

/*
 * Begin to read a file, unless it was written before oldest, in wall time.
 * done is called from the loop with the number, which is above 1, or with 0 and
 * a reason.  The reading is over then, but belongs to the caller until
 * mainpid_forget.  NULL with errno.
 */
struct mainpid *mainpid_read(struct helpers *, const char *path,
    struct timespec oldest, void (*done)(void *arg, pid_t, const char *why),
    void *arg);
/* Also ends it early, and done is not called.  Accepts NULL. */
void mainpid_forget(struct mainpid *);

#endif
