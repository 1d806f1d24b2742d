/*
 * adopt - records of an earlier daemon to running programs.
 *
 * Layer 3.
 */
#ifndef ADOPT_H
#define ADOPT_H

#include "program/program.h"

/*
 * Take over every program that the record file names, with its definition in
 * running; one that is not there was about to be removed, and is.  Then those
 * that are only in running are made, and started where autostart says so.
 * inherited: the descriptors in the records are ours.  -1 without memory.
 */
int takeover_all(struct programs *, const struct config *running,
    bool inherited);

/*
 * Before an exec that another daemon is to follow: let it have the
 * descriptors that the records name; or, if it came to nothing, do not.
 */
void record_pass_on(struct record *, bool on);

#endif
