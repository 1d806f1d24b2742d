/*
 * ctl_import - "import": what supervisord's configuration is in hupd's files;
 * with -w those are written.
 *
 * Layer 4.
 */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include "client/ctl.h"

ctl_command ctl_import;

#endif
