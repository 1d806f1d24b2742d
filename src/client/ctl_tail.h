/*
 * ctl_tail - where the last lines of a log begin.
 *
 * Layer 4.
 */
#ifndef CTL_TAIL_H
#define CTL_TAIL_H

#include <stdint.h>

/*
 * Count at most n lines from the end of the file fd; an unfinished last line
 * is one.  *left: how many more there should have been; the file's offset is
 * where the first of those found begins.  -1 with errno.
 */
int tail_seek(int fd, int64_t n, int64_t *left);

#endif
