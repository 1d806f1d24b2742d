/*
 * chain - a log file and the older ones that rotation made of it:
 * BASE, BASE.1, BASE.2 ..., while they are being rotated.
 *
 * Rotation only ever moves a file to the next higher number, so that the
 * neighbour of a file that is held open can be found by its inode however
 * often the files have moved meanwhile.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include <stdint.h>

/* The newest file.  A descriptor, or -1 with errno. */
int chain_newest(const char *base);
/* The next older one of the file that fd is; -1: there is none. */
int chain_older(const char *base, int fd);
/*
 * The next newer one; -1: there is none (yet).  If fd was removed, what
 * follows its older neighbour does (older, or -1), else the oldest there is.
 * fd -1: the oldest there is.
 */
int chain_newer(const char *base, int fd, int older);
/* Bytes in all of them, 0 without any; -1 with errno. */
int64_t chain_size(const char *base);

#endif
