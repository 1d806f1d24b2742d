/*
 * specifier - the specifiers of systemd's units, "%i" and the like, replaced.
 *
 * Source: systemd.unit(5), "SPECIFIERS", and for escapes systemd-escape(1).
 *
 * Pure.
 */
#ifndef SPECIFIER_H
#define SPECIFIER_H

/*
 * Stands for the name of the instance in a template's values, where it is not
 * known yet.  No value contains it otherwise.
 */
#define SPECIFIER_INSTANCE '\001'

/* The machine and the service manager.  NULL: unknown. */
struct specifier_host {
	const char *host;	/* %H; %l up to the first dot */
	const char *kernel;	/* %v */
	const char *machine_id; /* %m */
	const char *os_id;	/* %o */
	const char *os_version; /* %w */
	const char *user;	/* %u */
	const char *uid;	/* %U */
	const char *group;	/* %g */
	const char *gid;	/* %G */
	const char *home;	/* %h */
	const char *shell;	/* %s */
	const char *run;	/* %t */
	const char *state;	/* %S */
	const char *cache;	/* %C */
	const char *logs;	/* %L */
	const char *config;	/* %E */
};

/* The system's service manager on a machine that is not known further. */
extern const struct specifier_host specifier_system;

struct specifier_unit {
	const struct specifier_host *host;
	const char *name; /* "web@1.service" */
	const char *path; /* of its file */
};

/*
 * The text with its specifiers replaced; malloc'd.  NULL: *why has the reason,
 * which names the specifier, static or in buf.
 */
char *specifier_expand(const char *text, const struct specifier_unit *,
    char buf[static 64], const char **why);
/* The same with "-" as "/" and "\x2d" as "-"; malloc'd, or NULL. */
char *specifier_unescape(const char *text, unsigned long len);

#endif
