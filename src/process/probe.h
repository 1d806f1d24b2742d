/*
 * probe - what this kernel, this build and the rights of this process allow a
 * sandbox to do.
 *
 * Each ability is tried once, when it is first needed; a container may refuse
 * what the kernel has.
 *
 * Sources: capabilities(7), seccomp(2), unshare(2), proc(5).
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum probe_ability {
	PROBE_BOUNDING, /* to reduce the capability bounding set */
	PROBE_AMBIENT,	/* to give ambient capabilities */
	PROBE_SECCOMP,	/* to filter system calls */
	PROBE_MOUNTS,	/* to have mounts of its own */
	PROBE_PROC,	/* to have a /proc of its own with hidepid */
	PROBE_NETWORK,	/* to have a network of its own */
	PROBE_HOSTNAME, /* to have a host name of its own */
	PROBE_ABILITIES,
};

/* Room for the reason. */
#define PROBE_WHY_MAX 128

/*
 * Why it is not possible, "needs the capability CAP_SETPCAP"; NULL: it is.  The
 * words stay.
 */
const char *probe_lacks(enum probe_ability);
/* The permitted capabilities of this process: bit N is capability N. */
uint64_t probe_capabilities(void);

#endif
