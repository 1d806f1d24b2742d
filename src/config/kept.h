/*
 * kept - what resolve found, as lines of a saved file.  The reader of that file
 * needs no name service and no other file.
 *
 *	#: resolved = UID GID LOGIN HOME SHELL GID ...
 *
 * belongs to a program that names an account; the words are those of
 * struct definition, with 4294967295 for no id and "" for no text.  Before the
 * first program, the same key has the ids of the settings:
 *
 *	#: resolved = LOG-UID LOG-GID ACCESS-GID
 *
 * A program with socket-user or socket-group has also their ids:
 *
 *	#: socket = UID GID
 *
 * A program with environment files has what was read from them, as a digest in
 * hexadecimal digits and the variables:
 *
 *	#: environment = DIGEST NAME=VALUE ...
 *
 * A byte that is not printable, a blank or a % is written as % and its number.
 *
 * Version 0.1 wrote no such lines.
 *
 * Pure.
 */
#ifndef KEPT_H
#define KEPT_H

#include <stdio.h>

#include "config/keys.h"

/* How the lines of a saved file begin that are comments to other readers. */
#define KEPT_MARK "#: "
#define KEPT_KEY "resolved"
#define KEPT_FILES_KEY "environment"
#define KEPT_SOCKET_KEY "socket"

/* Print the lines, if there is anything to keep.  -1: no memory. */
int kept_print(const struct definition *, FILE *);
void kept_print_settings(const struct settings *, FILE *);

/* Read the value of such a line.  -1: it is not one, why says the reason. */
int kept_parse(struct definition *, const char *text,
    char why[static VALUE_WHY_MAX]);
int kept_parse_files(struct definition *, const char *text,
    char why[static VALUE_WHY_MAX]);
int kept_parse_socket(struct definition *, const char *text,
    char why[static VALUE_WHY_MAX]);
int kept_parse_settings(struct settings *, const char *text,
    char why[static VALUE_WHY_MAX]);

#endif
