/*
 * confexit - is what exit-on waits for something that can come to pass?
 */
#include <string.h>

#include "config/conf.h"
#include "base/text.h"

void
confset_check_exit(const struct confset *set, struct diags *diags)
{
	const char *name = set->settings.exit_on;
	const struct conf *conf;
	unsigned line = settings_line(&set->settings, "exit-on");

	if (name == NULL || strcmp(name, CONF_ANY_FAILED) == 0 ||
	    strcmp(name, CONF_ALL_DONE) == 0)
		return;
	conf = confset_find(set, name);
	if (conf == NULL)
		diag_add(diags, set->file, line, "exit-on",
		    "there is no program %s", name);
	else if (conf->command != NULL && conf->restart == RESTART_ALWAYS &&
	    conf->restart_limit == 0)
		diag_add(diags, set->file, line, "exit-on",
		    "%s is always started again: give it restart = never or "
		    "on-failure, or a restart-limit",
		    name);
}
