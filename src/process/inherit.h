/*
 * inherit - the list of the descriptors that the daemon holds for programs, for
 * the next daemon: sockets, and what programs have stored.
 *
 * It is a file in the run folder, with one block for each.  A descriptor is
 * listed after it is opened, and unlisted before it is closed, so that a listed
 * number is never another file's.  A block never crosses a page, so that
 * SIGKILL leaves it whole.  The guard, and the daemon before it executes
 * another, let these descriptors pass.
 */
#ifndef INHERIT_H
#define INHERIT_H

#include <stdbool.h>
#include <stdint.h>

#define INHERIT_NAME 256
#define INHERIT_OWNER 68

/* Kept in the file: do not renumber. */
enum inherit_kind { INHERIT_FREE, INHERIT_SOCKET, INHERIT_STORED };

struct inherit_entry {
	uint32_t kind;
	int32_t fd;
	uint64_t inode;	   /* of the socket; 0: it is none */
	uint64_t path_dev; /* of its path */
	uint64_t path_ino;
	uint32_t no_poll;	   /* a stored descriptor with FDPOLL=0 */
	char owner[INHERIT_OWNER]; /* the name of the program */
	char name[INHERIT_NAME];   /* its address, or its FDNAME */
	char unused[152];
};

struct inherit;

/* The file is made when it is needed.  NULL: no memory. */
struct inherit *inherit_new(const char *run_dir);
/* remove: the file, too.  Accepts NULL. */
void inherit_free(struct inherit *, bool remove);
/* Call each with every entry of that kind that an earlier daemon listed. */
void inherit_load(struct inherit *, enum inherit_kind,
    void (*each)(void *arg, int index, const struct inherit_entry *),
    void *arg);
/* There was none: remove an old list. */
void inherit_forget(struct inherit *);
/* List a descriptor.  Its index, or -1 with errno. */
int inherit_add(struct inherit *, const struct inherit_entry *);
/* The entry has another owner or descriptor. */
void inherit_change(struct inherit *, int index, const struct inherit_entry *);
/* Unlist it; index may be -1. */
void inherit_remove(struct inherit *, int index);

/*
 * Let a program that is executed next have the listed descriptors; or, if the
 * exec failed, not any more.
 */
void inherit_pass(const char *run_dir, bool on);

#endif
