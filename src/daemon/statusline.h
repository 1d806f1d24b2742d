/*
 * statusline - one program as a line of the status reply, see control.h.
 *
 * Layer 3.
 */
#ifndef STATUSLINE_H
#define STATUSLINE_H

#include "program/program.h"
#include "wire/line.h"

/* cpu: with its processor time. */
void status_program(struct line_text *, const struct program *,
    const char *log_dir, bool cpu);
/* What is known of it besides, in lines of their own. */
void status_details(struct line_text *, const struct program *,
    const char *log_dir);

#endif
