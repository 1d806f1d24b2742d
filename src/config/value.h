/*
 * value - the kinds of value that keys have: how each is held, read, printed
 * and compared.
 *
 * A kind knows nothing of the keys.  It works on a field, the object that holds
 * the value; a struct value says what the key allows.
 *
 * Pure.
 */
#ifndef VALUE_H
#define VALUE_H

#include <sys/resource.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for the reason why a value was refused. */
#define VALUE_WHY_MAX 256

struct value_rlimit {
	int which; /* RLIMIT_NOFILE ... */
	rlim_t soft;
	rlim_t hard;
};

/* One field holds the limits of all sixteen keys. */
struct value_rlimits {
	struct value_rlimit *v;
	size_t n;
};

/* A set of exit codes and signals. */
struct value_exits {
	uint64_t codes[4]; /* bit N: exit code N */
	uint64_t signals;  /* bit N: signal N + 1 */
};

/* A command of a key that takes prefixes. */
struct value_command {
	char **words;	 /* as words_split has them: free(3) */
	bool privileged; /* "+": runs as the daemon's user */
	bool lenient;	 /* "-": its failure does not count */
};

struct value_kind;

/* The value of a key: its kind, and the parameters of the kind. */
struct value {
	const struct value_kind *kind;
	const char *const *words; /* choices: the word of each value */
	const char *also;	  /* choices: another word for the last one */
	int min;		  /* numbers: the range */
	int max;
	int which;  /* limits: RLIMIT_ */
	bool bytes; /* limits: counted in bytes */
};

/* How a field is held.  One without functions is a plain object of that size.
 */
struct value_store {
	size_t size;
	bool (*equal)(const void *a, const void *b, const struct value *);
	int (*copy)(void *to, const void *from, const struct value *);
	void (*clear)(void *field, const struct value *);
	/* Of lists: the elements. */
	size_t (*count)(const void *field, const struct value *);
};

struct value_kind {
	const struct value_store *store;
	/*
	 * Replaces the value, or adds to it if the key is repeatable.  -1: the
	 * text is refused, and why says the reason.
	 */
	int (*parse)(void *field, const struct value *, const char *text,
	    char why[static VALUE_WHY_MAX]);
	/* Prints whole lines "KEY = text".  -1: no memory. */
	int (*print)(const void *field, const struct value *, const char *key,
	    FILE *);
};

/* The duration "infinity". */
#define VALUE_FOREVER INT64_MAX
/* The longest identifier, as long as the name of a program. */
#define VALUE_IDENTIFIER_MAX 64

/* The kinds, with the C type of the field. */
extern const struct value_kind value_bool;	 /* bool */
extern const struct value_kind value_choice;	 /* an enumeration */
extern const struct value_kind value_number;	 /* int */
extern const struct value_kind value_octal;	 /* int */
extern const struct value_kind value_duration;	 /* int64_t, ms */
extern const struct value_kind value_timeout;	 /* or VALUE_FOREVER */
extern const struct value_kind value_limit;	 /* 0, or "infinity": none */
extern const struct value_kind value_size;	 /* int64_t, bytes */
extern const struct value_kind value_signal;	 /* int */
extern const struct value_kind value_path;	 /* char *, absolute */
extern const struct value_kind value_account;	 /* char * */
extern const struct value_kind value_cgroup;	 /* char * */
extern const struct value_kind value_identifier; /* char * */
extern const struct value_kind value_exit_on;	 /* char * */
extern const struct value_kind value_words;	 /* char **, a command line */
extern const struct value_kind value_hook;	 /* char *, a line */
extern const struct value_kind value_hooks;	/* char **, repeatable, lines */
extern const struct value_kind value_accounts;	/* char ** */
extern const struct value_kind value_programs;	/* char **, repeatable */
extern const struct value_kind value_variables; /* char **, repeatable */
extern const struct value_kind value_env;	/* char **, repeatable */
extern const struct value_kind value_paths;	/* char **, repeatable */
extern const struct value_kind value_conditions; /* char **, repeatable */
extern const struct value_kind value_addresses;	 /* char **, repeatable */
extern const struct value_kind value_pathlist;	 /* char **, repeatable */
extern const struct value_kind value_exits;	 /* struct value_exits */
extern const struct value_kind value_rlimit;	 /* struct value_rlimits */

bool value_equal(const void *a, const void *b, const struct value *);
/* to must be zero, or hold nothing that must be freed.  -1: no memory. */
int value_copy(void *to, const void *from, const struct value *);
/* The elements of the field of a repeatable key. */
size_t value_count(const void *, const struct value *);
/* Free what the field owns, and set it to zero. */
void value_clear(void *field, const struct value *);

/* For kinds that are made elsewhere: write the reason, return -1. */
int value_refuse(char why[static VALUE_WHY_MAX], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* An octal number of at most four digits, up to most.  -1: it is none. */
int value_mode(const char *text, int most, int *mode);
/* The index of the text among the words, or -1 and the reason. */
int value_choose(const struct value *, const char *text,
    char why[static VALUE_WHY_MAX]);
/* Print "KEY = text".  Always 0, as print has it. */
int value_put(const char *key, const char *text, FILE *);

/*
 * Split a line of value_hook or value_hooks.  -1 with errno: no memory, since
 * the line was accepted.
 */
int value_split(const char *line, struct value_command *);

/* Set the limit of limit->which, or replace it.  -1: no memory. */
int value_set_rlimit(struct value_rlimits *, const struct value_rlimit *);

#endif
