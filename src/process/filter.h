/*
 * filter - filters of system calls, for a sandbox.
 *
 * A filter allows every call but those that its rules refuse; a refused one
 * fails with an error.  It is compiled by libseccomp in the daemon, so that the
 * child of a start only hands it to the kernel.  Compiled filters are kept, and
 * shared by programs with the same rules.
 *
 * Sources: seccomp(2), systemd.exec(5).
 */
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* The calls that are refused.  All zero: none. */
struct filter_rules {
	uint64_t families;	/* address families of socket(2) */
	uint64_t namespaces;	/* see hardening_namespace_words */
	uint64_t architectures; /* the only ones; 0: all */
	bool write_execute;	/* memory that is writable and executable */
	bool realtime;
	bool suid_sgid;
	bool personality;
	bool clock;
	bool hostname;
	bool modules;
	bool kernel_logs;
	bool raw_io;
	bool sysctl;
};

struct filter;

/* Compiled, or found; NULL with errno.  filter_release follows. */
struct filter *filter_get(const struct filter_rules *);
/* Accepts NULL. */
void filter_release(struct filter *);
/*
 * For the child: apply it to this process and all that it makes.  Without the
 * rights of CAP_SYS_ADMIN, the process has no_new_privs then.  -1 with errno.
 */
int filter_apply(const struct filter *);

#endif
