/*
 * hardening - the keys of the sandbox: what they hold, and their kinds of
 * value.
 *
 * Most programs have none of these keys, so they are in an object of their own.
 *
 * Sources: systemd.exec(5), capabilities(7), namespaces(7),
 * address_families(7).
 *
 * Pure.
 */
#ifndef HARDENING_H
#define HARDENING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/value.h"

/* The keys.  Kept in records: do not renumber. */
enum hardening_key {
	HARDENING_SANDBOX,
	HARDENING_BOUNDING,
	HARDENING_AMBIENT,
	HARDENING_TMP,
	HARDENING_DEVICES,
	HARDENING_NETWORK,
	HARDENING_SYSTEM,
	HARDENING_HOME,
	HARDENING_PROC,
	HARDENING_TUNABLES,
	HARDENING_MODULES,
	HARDENING_KERNEL_LOGS,
	HARDENING_CONTROL_GROUPS,
	HARDENING_CLOCK,
	HARDENING_HOSTNAME,
	HARDENING_READ_ONLY,
	HARDENING_READ_WRITE,
	HARDENING_INACCESSIBLE,
	HARDENING_ROOT,
	HARDENING_WRITE_EXECUTE,
	HARDENING_FAMILIES,
	HARDENING_NAMESPACES,
	HARDENING_REALTIME,
	HARDENING_SUID_SGID,
	HARDENING_PERSONALITY,
	HARDENING_ARCHITECTURES,
	HARDENING_KEYS,
};

enum hardening_mode {
	HARDENING_ENFORCE, /* what the kernel cannot do is an error */
	HARDENING_TRY,	   /* is left out */
	HARDENING_OFF,
};
enum hardening_system { SYSTEM_NO, SYSTEM_YES, SYSTEM_FULL, SYSTEM_STRICT };
enum hardening_home { HOME_NO, HOME_YES, HOME_READ_ONLY, HOME_TMPFS };
enum hardening_proc {
	PROC_DEFAULT,
	PROC_NOACCESS,
	PROC_INVISIBLE,
	PROC_PTRACEABLE,
};

/*
 * The values.  All zero: the defaults, nothing is restricted.  In a mask, the
 * number of a bit is that of the capability or the address family, or the
 * index of the word.
 */
struct hardening {
	uint64_t bounding_without; /* not in the bounding set */
	uint64_t ambient;
	uint64_t families_denied;
	uint64_t namespaces_denied;
	uint64_t architectures; /* 0: all */
	char **read_only;	/* "-" in front: may be absent */
	char **read_write;
	char **inaccessible;
	char *root; /* NULL: that of the daemon */
	enum hardening_mode mode;
	enum hardening_system system;
	enum hardening_home home;
	enum hardening_proc proc;
	bool tmp;
	bool devices;
	bool network;
	bool tunables;
	bool modules;
	bool kernel_logs;
	bool control_groups;
	bool clock;
	bool hostname;
	bool write_execute;
	bool realtime;
	bool suid_sgid;
	bool personality;
};

/* Words of choices, and the names of the bits; "" for a bit without name. */
extern const char *const hardening_mode_words[];
extern const char *const hardening_system_words[];
extern const char *const hardening_home_words[];
extern const char *const hardening_proc_words[];
extern const char *const hardening_capabilities[];
extern const char *const hardening_families[];
extern const char *const hardening_namespace_words[];
extern const char *const hardening_architecture_words[];

/*
 * Lists of names, "~" in front: all but these; "none": the empty set.  also of
 * struct value says what a name is.  The field of a denied list has the names
 * that are not in it.
 */
extern const struct value_kind hardening_granted;    /* uint64_t */
extern const struct value_kind hardening_denied;     /* uint64_t */
extern const struct value_kind hardening_namespaces; /* uint64_t */
/* NULL: no memory.  Both other functions accept NULL. */
struct hardening *hardening_new(void);
void hardening_free(struct hardening *);
/* Is anything restricted, or given? */
bool hardening_is_on(const struct hardening *);
/* The capabilities that are not in the bounding set. */
uint64_t hardening_taken(const struct hardening *);
/* The key that takes this one out of the set, or NULL. */
const char *hardening_taken_by(const struct hardening *, unsigned capability);

#endif
