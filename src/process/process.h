/*
 * process - data of the kernel about a process, and signals to it.
 *
 * Sources: proc(5), pidfd_open(2), pidfd_send_signal(2), waitid(2),
 * PIDFD_GET_INFO in linux/pidfd.h.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ending.h"

/* A process that we hold. */
struct process {
	pid_t pid; /* 0: none */
	int pidfd; /* close-on-exec; -1: the kernel has none */
};

/* Open a pidfd, close-on-exec.  -1 with errno. */
int process_open(pid_t);
/*
 * Send a signal through the pidfd, or with kill(2) if pidfd is -1.  Without a
 * pidfd the process must be a child that has not been reaped.  -1 with errno,
 * ESRCH if there is no process.
 */
int process_signal(const struct process *, int sig);
/*
 * The process that a descriptor of somebody else refers to; 0 if it is no
 * pidfd, or the process is gone.  It never blocks.
 */
pid_t process_of_pidfd(int fd);
/*
 * The number of the mount that an open file of this process is on, from
 * /proc/PID/fdinfo, proc(5); -1 without /proc.
 */
int process_mount(int fd);
/*
 * Send a signal to the process that began at start_time, and to no other that
 * has got its number since.  -1 with errno, ESRCH if it is gone.
 */
int process_signal_exact(pid_t, uint64_t start_time, int sig);

/* The values of one reading of /proc/PID/stat. */
struct process_facts {
	pid_t pid;
	pid_t parent;
	pid_t session;
	uint64_t start_time; /* clock ticks since boot */
	bool is_dying;	     /* sent SIGKILL, or ended */
	bool is_ended;	     /* a zombie */
	bool is_fork;	     /* it has not executed anything since it began */
};

/* False if the process is gone. */
bool process_facts(pid_t, struct process_facts *);
/* The real user; (uid_t)-1 if the process is gone. */
uid_t process_user(pid_t);
/* The parent, or -1 if the process is gone. */
pid_t process_parent(pid_t);
/* The start time in clock ticks since boot; 0 if the process is gone. */
uint64_t process_start_time(pid_t);
/* Has it been sent SIGKILL, or ended?  True also if it is gone. */
bool process_is_dying(pid_t);
/* Resident memory in bytes; 0 if the process is gone. */
int64_t process_memory(pid_t);
/* Processor time in ms, with the time of the children that it reaped. */
int64_t process_cpu(pid_t);
/*
 * How long it could have run but had to wait for a processor, in ms, without
 * the time since it last ran; 0 also if the kernel does not count it.
 */
int64_t process_starved(pid_t);
/* Does it run, or wait for a processor? */
bool process_is_runnable(pid_t);
/* Call fn for every process of the system, zombies too. */
void process_each(void (*fn)(pid_t, void *), void *);
/* Call fn for every child of this process, zombies too. */
void process_each_child(void (*fn)(pid_t, void *), void *);
/* Count the processes of a process group, zombies too. */
int process_count_group(pid_t pgid);
/* The command name, "?" if the process is gone.  It is not escaped. */
#define PROCESS_COMM_MAX 32
void process_comm(pid_t, char buf[static PROCESS_COMM_MAX]);

/*
 * Has the process ended?  This does not reap a child: its pid, and the number
 * of its process group, are not reused before process_reap.  pidfd may be -1
 * for a child.
 */
bool process_ended(pid_t, int pidfd, struct process_end *);
void process_reap(pid_t, int pidfd);
/* Is it our child, alive or a zombie? */
bool process_is_child(pid_t);

#endif
