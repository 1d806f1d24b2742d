/*
 * conffile - the file of one program: what its name says, and its definition.
 */
#include <stdlib.h>
#include <string.h>

#include "config/conffile.h"
#include "base/text.h"

#define SUFFIX_LEN (sizeof(CONF_SUFFIX) - 1)

int
conffile_no_memory(struct diags *diags, const char *file)
{
	diag_add(diags, file, 0, NULL, "out of memory");
	return -1;
}

/* "web" of "web.conf"; false if there is no such suffix or no room. */
static bool
program_name(const char *entry, char name[static CONF_NAME_SIZE])
{
	size_t len = strlen(entry);

	if (len < SUFFIX_LEN ||
	    strcmp(entry + len - SUFFIX_LEN, CONF_SUFFIX) != 0 ||
	    len - SUFFIX_LEN >= CONF_NAME_SIZE)
		return false;
	memcpy(name, entry, len - SUFFIX_LEN);
	name[len - SUFFIX_LEN] = '\0';
	return true;
}

/* The name that the file gives its program, or complaints. */
int
conffile_name(const char *path, const char *entry,
    char name[static CONF_NAME_SIZE], struct diags *diags)
{
	if (!program_name(entry, name) || !text_is_name(name)) {
		diag_add(diags, path, 0, NULL,
		    "not a program name: letters, digits and _ . @ -, the "
		    "first a letter or digit, 64 at most, then .conf");
		return -1;
	}
	if (strcasecmp(name, "hupd") == 0) {
		diag_add(diags, path, 0, NULL,
		    "the name hupd is reserved for the daemon itself");
		return -1;
	}
	return 0;
}

/* Parse what was read and resolve it. */
struct conf *
conffile_make(const char *name, const char *path, const char *bytes, size_t len,
    const struct conf *defaults, struct resolver *resolver, struct diags *diags)
{
	struct conf *conf;

	conf = conf_parse(name, path, bytes, len, defaults, diags);
	if (conf != NULL && resolve(resolver, conf, path, diags) == -1) {
		conf_unref(conf);
		return NULL;
	}
	return conf;
}
