/*
 * process - what the kernel tells of a process that is known by pid or pidfd.
 *
 * Layer 2.  Sources: proc(5), pidfd_open(2), waitid(2), PIDFD_GET_INFO in
 * linux/pidfd.h.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A pidfd, close-on-exec, or -1 with errno. */
int process_open(pid_t);
/* Its parent, or -1 if it is gone. */
pid_t process_parent(pid_t);
/* When it was started, in clock ticks since boot; 0 if it is gone. */
uint64_t process_start_time(pid_t);
/* Has it been sent SIGKILL, or ended, and is only not gone yet? */
bool process_is_dying(pid_t);
/* Resident memory in bytes, 0 if it is gone. */
int64_t process_memory(pid_t);
/* Processor time of it and of its children that it has seen end, ms. */
int64_t process_cpu(pid_t);
/* Call fn for each process that there is, zombies too. */
void process_each(void (*fn)(pid_t, void *), void *);
/* How many processes, zombies too, have that process group. */
int process_count_group(pid_t pgid);
/* Its command name, "?" if it is gone; not escaped. */
#define PROCESS_COMM_MAX 32
void process_comm(pid_t, char buf[static PROCESS_COMM_MAX]);

/* How a process ended. */
struct process_end {
	bool known;  /* false: nobody can say any more */
	bool signal; /* code is a signal, else an exit status */
	bool core;   /* it dumped core */
	int code;
};

/*
 * Has it ended?  A child is looked at and not reaped, so that its pid, and
 * with it its process group, cannot become another's before process_reap.
 * pidfd may be -1 for a child.
 */
bool process_ended(pid_t, int pidfd, struct process_end *);
void process_reap(pid_t, int pidfd);
/* Is it a child of ours, perhaps a dead one? */
bool process_is_child(pid_t);

#endif
