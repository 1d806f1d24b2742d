/*
 * text - the small languages of hupd: durations, sizes, signals, names, lines.
 *
 * No function here uses a descriptor, a clock or a global.  Every function
 * that parses returns 0, or -1 and points *why at a static reason.
 */
#ifndef TEXT_H
#define TEXT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough for any formatted duration or size, the NUL included. */
#define TEXT_NUMBER_MAX 32

/*
 * A duration is a decimal number and a unit, ms s m h d; 0 needs none.
 * Milliseconds, at most 3650 days.
 */
int text_duration(const char *s, int64_t *ms, const char **why);
/* In the largest unit that divides it: 90000 is "90s", 60000 is "1m". */
void text_print_duration(int64_t ms, char buf[static TEXT_NUMBER_MAX]);
/* For people, two units at most: "3d 4h", "12m 5s", "4s", "350ms". */
void text_humane_duration(int64_t ms, char buf[static TEXT_NUMBER_MAX]);
/* Likewise the time between two Unix times; "0s" if when is not before now. */
void text_humane_ago(int64_t when, int64_t now,
    char buf[static TEXT_NUMBER_MAX]);

/* A size is a decimal number and an optional unit K M G (of 1024); bytes. */
int text_size(const char *s, int64_t *bytes, const char **why);
void text_print_size(int64_t bytes, char buf[static TEXT_NUMBER_MAX]);
/* For people: "12.4M", "640K", "0B". */
void text_humane_size(int64_t bytes, char buf[static TEXT_NUMBER_MAX]);

/* A signal: "TERM", "SIGTERM", "term", "15", "RTMIN+3", "RTMAX-1". */
int text_signal(const char *s, int *sig, const char **why);
/* Its name without SIG: "TERM", "RTMIN+3"; static, or in buf. */
const char *text_signal_name(int sig, char buf[static TEXT_NUMBER_MAX]);

/*
 * The entry of the NULL-terminated list that is nearest to word by edit
 * distance, for "did you mean".  Case is ignored, and two swapped letters are
 * one edit.  If none is within 2 edits, or 1 for words of up to 4 bytes: the
 * only entry that has one part more than word, or less; "-@._" begin a part
 * ("redis" and "redis-server", "db.service" and "db").  NULL: none.
 * except is never the answer; it may be NULL.
 */
const char *text_near(const char *word, const char *const *list,
    const char *except);

/* A program's name: [A-Za-z0-9][A-Za-z0-9_.@-]{0,63}. */
bool text_is_name(const char *s);

/*
 * Copy s to buf.  If it is longer than width, its middle is replaced by a "~":
 * names of a kind often differ at one of their ends.
 */
void text_shorten(const char *s, size_t width, char *buf, size_t size);

/* Is the word in a list that blanks separate? */
bool text_has_word(const char *list, const char *word);

/* Cut the bytes of blanks off both ends, in place; returns the new start. */
char *text_trim(char *s, const char *blanks);

/*
 * Call fn for each line of the text, in a copy that fn may change: len bytes
 * without the newline, followed by a NUL.  A byte order mark at the beginning
 * of the text is left out.  -1: no memory for the copy.
 */
int text_each_line(const char *bytes, size_t len,
    void (*fn)(void *arg, char *line, size_t len), void *arg);

#endif
