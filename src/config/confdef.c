/*
 * confdef - the parts of a definition that take more than an assignment.
 */
#include <stdlib.h>
#include <string.h>

#include "config/confdef.h"

const char *
conf_instance(const char *name)
{
	const char *at = strchr(name, '@');

	return at != NULL && at[1] != '\0' ? at + 1 : NULL;
}

bool
conf_is_template(const char *name)
{
	const char *at = strchr(name, '@');

	return at != NULL && at[1] == '\0';
}

const struct conf_rlimit *
conf_rlimit(const struct conf *conf, int which)
{
	for (size_t i = 0; i < conf->nrlimits; i++) {
		if (conf->rlimits[i].which == which)
			return &conf->rlimits[i];
	}
	return NULL;
}

int
conf_set_rlimit(struct conf *conf, const struct conf_rlimit *limit)
{
	struct conf_rlimit *v;

	for (size_t i = 0; i < conf->nrlimits; i++) {
		if (conf->rlimits[i].which == limit->which) {
			conf->rlimits[i] = *limit;
			return 0;
		}
	}
	v = reallocarray(conf->rlimits, conf->nrlimits + 1, sizeof *v);
	if (v == NULL)
		return -1;
	conf->rlimits = v;
	v[conf->nrlimits++] = *limit;
	return 0;
}
