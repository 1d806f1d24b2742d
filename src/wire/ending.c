/*
 * ending - how a process ended, or why it could not be started, in words.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/keys.h"
#include "wire/ending.h"

void
ending_exit(const struct process_end *e, char *buf, size_t size)
{
	char name[TEXT_NUMBER_MAX];

	if (!e->known)
		strlcpy(buf, "ended, nobody knows how", size);
	else if (e->signal)
		snprintf(buf, size, "killed by SIG%s%s%s",
		    text_signal_name(e->code, name),
		    e->core ? ", core dumped" : "",
		    e->oom ? ", out of memory" : "");
	else
		snprintf(buf, size, "exited, status %d", e->code);
}

void
ending_failure(const struct spawn_error *e, const char *why, char *buf,
    size_t size)
{
	if (why != NULL && *why != '\0')
		snprintf(buf, size, "%s %s", ending_stage(e), why);
	else
		snprintf(buf, size, "%s: %s", ending_stage(e),
		    strerror(e->err));
}

const char *
ending_stage(const struct spawn_error *e)
{
	switch (e->stage) {
	case SPAWN_RECORD:
		return "record";
	case SPAWN_CLONE:
		return "clone";
	case SPAWN_SESSION:
		return "session";
	case SPAWN_CGROUP:
		return "cgroup";
	case SPAWN_OUTPUT:
		return "output";
	case SPAWN_DESCRIPTORS:
		return "descriptors";
	case SPAWN_OOM:
		return "oom-score-adj";
	case SPAWN_NICE:
		return "nice";
	case SPAWN_RLIMIT:
		return keys_rlimit_name(e->which);
	case SPAWN_GROUPS:
		return "groups";
	case SPAWN_GROUP:
		return "group";
	case SPAWN_USER:
		return "user";
	case SPAWN_DIRECTORY:
		return "directory";
	case SPAWN_PRIVS:
		return "no-new-privs";
	case SPAWN_EXEC:
		return "exec";
	case SPAWN_CONDITION:
		return "condition-path-exists";
	case SPAWN_FOLDER:
		return "folder";
	case SPAWN_AFFINITY:
		return "cpu-affinity";
	case SPAWN_CPU_POLICY:
		return "cpu-scheduling-policy";
	case SPAWN_IO_CLASS:
		return "io-scheduling-class";
	case SPAWN_SANDBOX:
		return keys_hardening_name(e->which);
	}
	return "unknown";
}
