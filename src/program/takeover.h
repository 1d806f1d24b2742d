/*
 * takeover - continue to supervise the programs that an earlier daemon
 * recorded.
 */
#ifndef TAKEOVER_H
#define TAKEOVER_H

#include "config/definition.h"
#include "program/data.h"

struct config;

/*
 * Take over every program that has a record, with its definition in running;
 * one without a definition is removed.  Then create the programs that are only
 * in running, and start those with autostart.  inherited: this process has the
 * descriptors that the records name.  -1 without memory.
 */
int takeover_all(struct programs *, const struct config *running,
    bool inherited);

#endif
