/*
 * conffile - the file of one program: what its name says, and its definition.
 *
 * Layer 2.  Private to confdir.
 */
#ifndef CONFFILE_H
#define CONFFILE_H

#include "config/conf.h"
#include "config/resolve.h"

#define CONF_SUFFIX ".conf"
/* Of what text_is_name accepts, and a NUL. */
#define CONF_NAME_SIZE 65

/* The name that the file gives its program, or complaints and -1. */
int conffile_name(const char *path, const char *entry,
    char name[static CONF_NAME_SIZE], struct diags *);
/* Parse what was read and resolve it.  NULL with diagnostics. */
struct conf *conffile_make(const char *name, const char *path,
    const char *bytes, size_t len, const struct conf *defaults,
    struct resolver *, struct diags *);
/* Always -1. */
int conffile_no_memory(struct diags *, const char *file);

#endif
