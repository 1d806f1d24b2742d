/*
 * definition - the definition of one program: made, copied, compared, freed.
 *
 * The struct is in keys.h, because the key table refers to its fields.
 *
 * Pure.
 */
#ifndef DEFINITION_H
#define DEFINITION_H

#include "config/keys.h"
#include "base/strings.h"

/* A definition with the built-in defaults and no name; NULL: no memory. */
struct definition *definition_new(void);
/* A copy of the keys, without name, file and resolved fields. */
struct definition *definition_copy(const struct definition *);
/* Both accept NULL. */
struct definition *definition_ref(struct definition *);
void definition_unref(struct definition *);

/* Undo resolve: free and reset what it sets; of files: what it read. */
void definition_forget(struct definition *);
void definition_forget_files(struct definition *);

/*
 * Version 0.1 had other defaults.  Give the keys that were not given those, or
 * the present ones again; the values of such keys own no memory.
 */
void definition_use_former(struct definition *);
void definition_use_present(struct definition *);
/* "kill-mode = mixed, settle-time = 0": these keys; malloc'd, or NULL. */
char *definition_former(const struct definition *);

/* Was the key (its name in the file) given, by the file or by hupd.conf? */
bool definition_has(const struct definition *, const char *key);
/*
 * The line of its own file that gave the key, or the nth element of a
 * repeatable key; 0 if that came from the defaults.  For the key "program":
 * the line that begins the definition in a whole configuration.
 */
unsigned definition_line(const struct definition *, const char *key,
    size_t nth);

/* Does settle-time apply to it? */
bool definition_settles(const struct definition *);

/* The keys that differ.  Keys that are not live need a restart. */
struct keyset definition_diff(const struct definition *,
    const struct definition *);
/* Are all keys the same, whatever was resolved? */
bool definition_same_text(const struct definition *, const struct definition *);
/* The keys that differ, of the resolved fields only. */
struct keyset definition_diff_resolved(const struct definition *,
    const struct definition *);

/* The time of stop-post, ms, or VALUE_FOREVER. */
int64_t definition_stop_post_time(const struct definition *);

/*
 * "web@" is the name of a template, and "web@1" that of an instance.  The part
 * of an instance's name after the first @, NULL for other programs.
 */
bool definition_is_template(const char *name);
const char *definition_instance(const char *name);

/*
 * The text of a path with ${HUPD_INSTANCE} and ${HUPD_PROGRAM} replaced for the
 * instance of that name; malloc'd, NULL: no memory.  Does it have one of them?
 */
char *definition_expand(const char *name, const char *text);
bool definition_has_variable(const char *text);

#endif
