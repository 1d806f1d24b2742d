/*
 * conftype - how the simple values of the key table are read and printed.
 *
 * Layer 1.  Private to conf.
 */
#ifndef CONFTYPE_H
#define CONFTYPE_H

#include "config/confstore.h"

/* Room for the reason why a value was refused. */
#define CONF_WHY_MAX 256

extern const struct conf_type type_path;
extern const struct conf_type type_account;
extern const struct conf_type type_cgroup;
extern const struct conf_type type_exit_on;
extern const struct conf_type type_bool;
extern const struct conf_type type_choice;
extern const struct conf_type type_number;
extern const struct conf_type type_octal;
extern const struct conf_type type_duration;
extern const struct conf_type type_size;
extern const struct conf_type type_signal;
extern const struct conf_type type_ready;

/* Write the reason, return -1. */
int conf_refuse(char *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int conf_no_memory(char *why);

/* Print "KEY = text".  Always 0, as conf_type's print has it. */
int conf_put(const struct conf_row *, const char *text, FILE *);

#endif
