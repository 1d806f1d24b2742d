/*
 * log - what the daemon says of itself.
 *
 * Before detaching, and with -d, lines go to stderr; once an event stream is
 * attached they go there, and to syslog where asked for.  Every function
 * keeps errno.  Bytes that did not originate here are escaped on the way.
 *
 * Layer 0.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

/* to_stderr: print lines on stderr; verbose: print log_debug as well. */
void log_init(bool to_stderr, bool verbose);
/* End or begin printing on stderr. */
void log_stderr(bool on);
/* Only warnings on stderr: what a terminal should see of a start. */
void log_quiet(bool on);
/* Send lines to syslog(3), facility daemon, as well. */
void log_syslog(bool on);
/*
 * Write lines to fd, a non-blocking FIFO, from now on; -1 detaches.  The
 * descriptor stays the caller's.  What the FIFO does not take is kept, up to
 * 64 KiB, and written by the next call or by log_flush; beyond that lines
 * are dropped, and the next line that fits says how many.
 */
void log_stream(int fd);
/*
 * While on, lines for the stream wait for log_flush, up to PIPE_BUF bytes: a
 * write for each, and a wake-up of who reads, would cost more than most deeds
 * that they tell of.
 */
void log_hold(bool on);
/* Write what is kept; true if nothing is left. */
bool log_flush(void);

void log_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));
/* For the time before the loop only: the reason on stderr, then exit(1). */
_Noreturn void log_fatal(const char *, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void log_fatalx(const char *, ...)
    __attribute__((format(printf, 1, 2)));

#endif
