/*
 * candidate - a program file that a user proposes: it replaces the file of its
 * name.
 */
#include <stdlib.h>
#include <string.h>

#include "config/candidate.h"
#include "config/resolve.h"
#include "config/syntax.h"
#include "base/strings.h"
#include "base/text.h"

/* Resolve all but the environment files; see candidate.h. */
static int
resolve_distrusted(struct resolver *resolver, struct definition *conf,
    const char *file, const struct config *running, struct diags *diags)
{
	const struct definition *known = config_find(running, conf->name);
	char **files = conf->env_file;
	int r;

	conf->env_file = NULL;
	r = resolve_definition(resolver, conf, file, diags);
	conf->env_file = files;
	if (known != NULL && strings_equal(known->env_file, files))
		conf->env_digest = known->env_digest;
	return r;
}

/* Define the program of that name by the candidate; NULL with diagnostics. */
static struct definition *
make(const struct candidate *c, const char *name,
    const struct definition *defaults, const struct config *distrust,
    const struct resolve_lookups *lookups, struct diags *diags,
    struct diags *notes)
{
	struct resolver *resolver = resolve_new(lookups, false);
	struct definition *conf = NULL;
	int r;

	if (resolver == NULL)
		diag_no_memory(diags, c->file);
	else {
		resolve_note(resolver, notes);
		conf = syntax_parse(name, c->file, c->text, c->len, defaults,
		    diags);
	}
	if (conf != NULL) {
		r = distrust == NULL
		    ? resolve_definition(resolver, conf, c->file, diags)
		    : resolve_distrusted(resolver, conf, c->file, distrust,
			  diags);
		if (r == -1) {
			definition_unref(conf);
			conf = NULL;
		}
	}
	resolve_free(resolver);
	return conf;
}

/* Replace the definition of its name, or add it.  Takes the reference. */
static int
put(struct config *config, struct definition *conf, const char *file,
    struct diags *diags)
{
	for (size_t i = 0; i < config->nprograms; i++) {
		if (strcmp(config->programs[i]->name, conf->name) != 0)
			continue;
		definition_unref(config->programs[i]);
		config->programs[i] = conf;
		return 0;
	}
	if (config_add(config, conf) == 0)
		return 0;
	definition_unref(conf);
	return diag_no_memory(diags, file);
}

/* Does the template of that name define this program? */
static bool
is_instance_of(const struct definition *conf, const char *template)
{
	const char *instance = definition_instance(conf->name), *entry;
	size_t len = strlen(template);

	if (instance == NULL || (size_t)(instance - conf->name) != len ||
	    strncmp(conf->name, template, len) != 0 || conf->file == NULL ||
	    (entry = strrchr(conf->file, '/')) == NULL)
		return false;
	return strncmp(entry + 1, template, len) == 0 && entry[1 + len] == '.';
}

static int
put_instances(struct config *config, const struct candidate *c,
    const struct config *distrust, const struct resolve_lookups *lookups,
    struct diags *diags)
{
	struct definition *conf;

	for (size_t i = 0; i < config->nprograms; i++) {
		if (!is_instance_of(config->programs[i], c->name))
			continue;
		conf = make(c, config->programs[i]->name, config->defaults,
		    distrust, lookups, diags, &config->notes);
		if (conf == NULL)
			return -1;
		definition_unref(config->programs[i]);
		config->programs[i] = conf;
	}
	return 0;
}

int
candidate_put(struct config *config, const struct candidate *c,
    const struct config *distrust, const struct resolve_lookups *lookups,
    struct diags *diags)
{
	struct definition *conf;

	if (!text_is_name(c->name) || strcasecmp(c->name, "hupd") == 0) {
		diag_add(diags, c->file, 0, NULL, "not a program name: %.64s",
		    c->name);
		return -1;
	}
	conf = make(c, c->name, config->defaults, distrust, lookups, diags,
	    &config->notes);
	if (conf == NULL)
		return -1;
	if (!definition_is_template(c->name))
		return put(config, conf, c->file, diags);
	definition_unref(conf);
	return put_instances(config, c, distrust, lookups, diags);
}
