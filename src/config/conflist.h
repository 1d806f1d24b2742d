/*
 * conflist - how the values of several parts are read and printed.
 *
 * Layer 1.  Private to conf.
 */
#ifndef CONFLIST_H
#define CONFLIST_H

#include "config/confstore.h"

extern const struct conf_type type_words;
extern const struct conf_type type_accounts;
extern const struct conf_type type_programs;
extern const struct conf_type type_env;
extern const struct conf_type type_paths;
extern const struct conf_type type_exits;
extern const struct conf_type type_rlimit;

#endif
