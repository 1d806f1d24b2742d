/*
 * writer - write the rest of a batch of the journal to its log file, to
 * syslog, or to standard output.
 *
 * No write waits for the receiver.  Standard output is the one that the daemon
 * was started with.  Syslog is written with level info; a longer line than it
 * takes is sent in pieces.
 */
#ifndef WRITER_H
#define WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/devlog.h"
#include "output/journal.h"
#include "output/loglines.h"
#include "output/logfile.h"

/* Output with stamps is put together in pieces of this size. */
#define WRITER_BUF ((size_t)128 * 1024)

struct writer {
	struct journal *journal;
	struct logdir dir;
	int console;	 /* standard output; the owner's */
	int console_err; /* errno if it takes no more output, or 0 */
	struct devlog syslog;
	int syslog_err; /* errno: output for it is dropped; or 0 */
	char buf[WRITER_BUF];
};

/*
 * dir, a folder, becomes the writer's, and at most max files are open at once.
 * The journal, console and the string devlog ("/dev/log") stay the caller's.
 */
void writer_init(struct writer *, struct journal *, int dir, unsigned max,
    int console, const char *devlog);
void writer_free(struct writer *);

/*
 * Write the batch of a slot at HAVE; *written grows by the bytes written to
 * its file.  -1 with errno: a part is left, call again later.  A file that
 * cannot be rotated grows beyond its limit: that is better than silence.
 * Standard output without a reader takes everything, and console_err is set.
 */
int writer_write(struct writer *, struct slot *, struct logfile **,
    int64_t *written);

/*
 * Open again the file that fd refers to, close-on-exec, and non-blocking
 * unless other owners of fd would notice.  Returns a descriptor.  -1 with
 * errno.
 */
int writer_open_console(int fd);

#endif
