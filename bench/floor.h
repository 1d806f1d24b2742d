/*
 * floor - what the kernel asks for the same work, done by the least program
 * that can do it.
 */
#ifndef FLOOR_H
#define FLOOR_H

/* vfork|clone N PROGRAM...: ms to start, and ms to end and reap, N of them. */
void floor_start(char **argv);
/* COUNT PROGRAM: us from the death of a child to the next one. */
void floor_restart(char **argv);
/* FOLDER: ms to list it and look at each file. */
void floor_look(char **argv);
/* FILE COUNT: us from SIGHUP to a line in the file. */
void floor_line(char **argv);
/* CHUNK BYTES FILE: MB/s from a pipe to a file that is rotated at 10 MB. */
void floor_copy(char **argv);

#endif
