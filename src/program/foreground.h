/*
 * foreground - how well-known daemons are kept in the foreground.
 *
 * Sources: their manual pages.
 */
#ifndef FOREGROUND_H
#define FOREGROUND_H

/*
 * How this command stays in the foreground: "with -D", "without -d"; in general
 * words for a program that is not known.
 */
const char *foreground_option(char *const *command);

#endif
