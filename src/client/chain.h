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
/* Open the next older file than fd.  -1: fd is the oldest. */
int chain_older(const char *base, int fd);
/*
 * Open the next newer file than fd, or the oldest if fd is -1.  If fd was
 * removed, it is the one after its older neighbour (older), or the oldest if
 * older is -1.  -1: no newer file exists yet.
 */
int chain_newer(const char *base, int fd, int older);
/* Bytes in all of them, 0 without any; -1 with errno. */
int64_t chain_size(const char *base);

#endif
