/*
 * cmd - the commands of hupctl, one file each: argv are the operands, the
 * result is the exit status.
 */
#ifndef CMD_H
#define CMD_H

#include "client/ctl.h"

ctl_command cmd_act_run; /* start, stop, restart; reload with names */
ctl_command cmd_act_wait;
ctl_command cmd_add_remove;
ctl_command cmd_add_run;
ctl_command cmd_check_run;
ctl_command cmd_edit_run;
ctl_command cmd_enable_disable;
ctl_command cmd_enable_run;
ctl_command cmd_events_run;
ctl_command cmd_import_run;
ctl_command cmd_keys_cat;
ctl_command cmd_keys_list;
ctl_command cmd_log_run;
ctl_command cmd_plain_ping;
ctl_command cmd_plain_reopen;
ctl_command cmd_plain_signal;
ctl_command cmd_plain_version;
ctl_command cmd_reexec_run;
ctl_command cmd_reload_run;
ctl_command cmd_shutdown_run;
ctl_command cmd_status_is_active;
ctl_command cmd_status_metrics;
ctl_command cmd_status_run;
ctl_command cmd_top_run;

#endif
