/*
 * cgroup - a cgroup v2 folder for each program, so that every process of the
 * program can be found and killed.
 *
 * Without limits no controller is enabled: the folders only hold processes
 * together, which works on unified and on hybrid hierarchies.  A limit needs
 * its controller in each folder above.  Only the root of the hierarchy may have
 * both controllers for the folders below and processes of its own, so the
 * processes of hupd itself move to a folder beside those of the programs where
 * they are in the way.
 *
 * Sources: cgroups(7), the kernel's cgroup-v2.rst.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct cgroup;

/*
 * Open the folder that holds the programs' folders.  setting is "auto", "off"
 * or the absolute path of a delegated folder; instance is the run folder, which
 * differs between daemons on one machine.  NULL if cgroups are off or cannot be
 * used; why is then the reason, empty for "off".
 */
struct cgroup *cgroup_open(const char *setting, const char *instance, char *why,
    size_t whysize);
/*
 * Free it, and remove its folders; a folder whose processes do not end within
 * seconds is left behind.  Accepts NULL.
 */
void cgroup_close(struct cgroup *);
const char *cgroup_path(const struct cgroup *);
/* Did hupd make the folder, so that cgroup_close removes it? */
bool cgroup_is_made(const struct cgroup *);
/* An earlier daemon did. */
void cgroup_claim(struct cgroup *);

/*
 * Make the folder of a program, or one below it, if needed, and open it.  -1
 * with errno.
 */
int cgroup_enter(struct cgroup *, const char *name);
/*
 * Send SIGKILL to every process in the folder and below.  Returns the number
 * of processes that had not been sent SIGKILL before; 0 if the folder is empty
 * or does not exist.
 */
int cgroup_kill(struct cgroup *, const char *name);
/*
 * Count the processes in the folder and below, but not that one, nor those in
 * the folders skip below it, a list that ends with NULL; NULL: none.  A process
 * that is being killed counts until it has ended.
 */
int cgroup_count(struct cgroup *, const char *name, const char *const *skip,
    pid_t except);
/* Send them a signal.  Returns how many got it. */
int cgroup_signal(struct cgroup *, const char *name, const char *const *skip,
    pid_t except, int sig);
/*
 * Open its cgroup.events, and watch that for EPOLLPRI: it reports that the last
 * process has ended.  -1 with errno.
 */
int cgroup_watch(struct cgroup *, const char *name);
/* Have all processes in the folder and below ended?  fd: of cgroup_watch. */
bool cgroup_is_empty(int fd);
/*
 * Move the processes in the folder, and those below it, to the folder below of
 * that name.  Returns how many are there then.
 */
int cgroup_set_aside(struct cgroup *, const char *name, const char *below);
/* Remove the folder and those below, if they exist and are empty. */
void cgroup_leave(struct cgroup *, const char *name);
/*
 * Store the name of the program whose folder the process is in.  False if it
 * is in none.
 */
bool cgroup_owner(struct cgroup *, pid_t, char *buf, size_t size);
/*
 * Can the controller be enabled for the folders of programs?  -1: no, and why
 * is the reason.
 */
int cgroup_offers(struct cgroup *, const char *controller, char *why,
    size_t whysize);
/*
 * Enable it; is_ours finds the processes of hupd.  -1: that is not possible,
 * and why is the reason.
 */
int cgroup_enable(struct cgroup *, const char *controller,
    bool (*is_ours)(pid_t, void *), void *arg, char *why, size_t whysize);
/* Write a file of the folder, even in a helper.  -1 with errno. */
int cgroup_write(const struct cgroup *, const char *name, const char *file,
    const char *text);
/* Let this user make folders below.  -1 with errno. */
int cgroup_delegate(struct cgroup *, const char *name, uid_t, gid_t);
/* Memory in use, in bytes; -1 if unknown. */
int64_t cgroup_memory(struct cgroup *, const char *name);
/* How many processes were killed because memory ran out?  0 if unknown. */
int64_t cgroup_oom_kills(struct cgroup *, const char *name);
/* Processor time of all that ever ran in it, in ms; -1 if unknown. */
int64_t cgroup_cpu(struct cgroup *, const char *name);
/*
 * Call fn for each process in the folder and below, except in the folders skip,
 * until fn returns false.  -1 with errno if the folder cannot be read.
 */
int cgroup_each(struct cgroup *, const char *name, const char *const *skip,
    bool (*fn)(pid_t, void *), void *);

#endif
