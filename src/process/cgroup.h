/*
 * cgroup - a cgroup v2 folder for each program, so that what it leaves can be
 * found and ended.
 *
 * No controller is enabled: the folders only hold processes together, which
 * works on unified and on hybrid hierarchies.  The daemon stays outside them.
 *
 * Layer 2.  Source: cgroups(7), the kernel's cgroup-v2.rst.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct cgroup;

/*
 * setting: "auto", "off" or the absolute path of a delegated folder.
 * instance tells daemons on one machine apart (the run folder).  NULL if off
 * or not possible; why is then a sentence, or empty for "off".
 */
struct cgroup *cgroup_open(const char *setting, const char *instance, char *why,
    size_t whysize);
/*
 * Remove the folder and those in it, unless something lives there for long,
 * and free.  Accepts NULL.
 */
void cgroup_close(struct cgroup *);
const char *cgroup_path(const struct cgroup *);

/* Make the folder of a program and open it; -1 with errno. */
int cgroup_enter(struct cgroup *, const char *name);
/*
 * SIGKILL every process in it and in the folders that the program made below.
 * Returns how many there were that had not been sent it yet, 0 if it was empty
 * or there is no such folder.
 */
int cgroup_kill(struct cgroup *, const char *name);
/* Remove it and those below; harmless if not empty or not there. */
void cgroup_leave(struct cgroup *, const char *name);
/*
 * The program whose folder, or one below it, the process is in: its name into
 * buf.  False: none.
 */
bool cgroup_owner(struct cgroup *, pid_t, char *buf, size_t size);
/* Processor time of all that ever ran in it, ms; -1: the kernel has none. */
int64_t cgroup_cpu(struct cgroup *, const char *name);
/*
 * Call fn for each process in it and below, until fn returns false.  -1 with
 * errno if the folder cannot be read.
 */
int cgroup_each(struct cgroup *, const char *name, bool (*fn)(pid_t, void *),
    void *);

#endif
