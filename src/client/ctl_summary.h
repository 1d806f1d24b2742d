/*
 * ctl_summary - the configuration's part of a "status" answer: what runs,
 * whether the files on disk differ, the last rejected reload.
 *
 * Layer 4.  Pure but for the stream.
 */
#ifndef CTL_SUMMARY_H
#define CTL_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "client/ctl_reply.h"

void summary_print(FILE *, const struct reply *, bool colour, time_t now);

#endif
