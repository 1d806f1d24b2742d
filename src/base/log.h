/*
 * log - the daemon's own log lines.
 *
 * Before the daemon detaches, and with -d, lines go to stderr.  Once an event
 * stream is attached they go there, and to syslog if that is on.  Every
 * function keeps errno.  Bytes that are not printable are escaped.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

/* to_stderr: print lines on stderr.  verbose: print those of log_debug too. */
void log_init(bool to_stderr, bool verbose);
/* Begin or stop printing on stderr. */
void log_stderr(bool on);
/* Print only warnings on stderr: for a start from a terminal. */
void log_quiet(bool on);
/* Send lines to syslog as well, facility daemon; never waits for it. */
void log_syslog(bool on);
/*
 * The event log cannot be written, or can be again: until then send lines to
 * syslog, or to stderr if there is no syslog.
 */
void log_fallback(bool on);
/*
 * Write lines to fd, a non-blocking FIFO; -1 detaches.  The caller owns the
 * descriptor.  While the FIFO is full, up to 64 KiB of lines are queued, and
 * the next call or log_flush writes them.  Further lines are dropped, and the
 * next line that fits is preceded by their number.
 */
void log_stream(int fd);
/*
 * While on, up to PIPE_BUF bytes of lines for the stream wait for log_flush:
 * a write and a wake-up of the reader for each line would cost more than most
 * of the logged actions.
 */
void log_hold(bool on);
/* Write the queued lines; true if none is left. */
bool log_flush(void);

void log_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));
/* Only before the loop runs: print the reason on stderr, then exit(1). */
_Noreturn void log_fatal(const char *, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void log_fatalx(const char *, ...)
    __attribute__((format(printf, 1, 2)));

#endif
