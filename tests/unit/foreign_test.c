/* foreign: the words of other tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/foreign.h"
#include "config/keys.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static bool
exists(const char *name)
{
	const struct key *key = keys_find(name);

	return key != NULL && !key->daemon;
}

static void
knows_the_keys_of_other_tools(void **state)
{
	static const char *const cases[][2] = {
	    {"environment", "env"},
	    {"Environment", "env"},
	    {"EnvironmentFile", "env-file"},
	    {"environment-file", "env-file"},
	    {"depend", "depends-on"},
	    {"requires", "depends-on"},
	    {"workingdirectory", "directory"},
	    {"WorkingDirectory", "directory"},
	    {"working_directory", "directory"},
	    {"ExecStart", "command"},
	    {"execreload", "reload-command"},
	    {"autorestart", "restart"},
	    {"stdout_logfile", "log"},
	    {"stdout_logfile_maxbytes", "log-size"},
	    {"stopwaitsecs", "stop-timeout"},
	    {"TimeoutStopSec", "stop-timeout"},
	    {"KillSignal", "stop-signal"},
	    {"exitcodes", "success-exit"},
	    {"LimitNOFILE", "rlimit-nofile"},
	    {"ulimit-nofile", "rlimit-nofile"},
	    {"NoNewPrivileges", "no-new-privs"},
	    {"WatchdogSec", "watchdog"},
	};
	char buf[FOREIGN_MAX], wanted[FOREIGN_MAX];

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		snprintf(wanted, sizeof(wanted), "did you mean %s?",
		    cases[i][1]);
		assert_non_null(keys_find(cases[i][1]));
		assert_string_equal(foreign_key(cases[i][0], exists, buf),
		    wanted);
	}
}

static void
says_what_needs_no_key(void **state)
{
	char buf[FOREIGN_MAX];

	(void)state;
	assert_non_null(strstr(foreign_key("numprocs", exists, buf),
	    "NAME@.conf"));
	assert_non_null(strstr(foreign_key("Description", exists, buf),
	    "comment"));
	assert_null(foreign_key("comand", exists, buf));
	assert_null(foreign_key("", exists, buf));
	assert_null(foreign_key("LimitNothing", exists, buf));
	assert_null(foreign_key("0123456789012345678901234567890123456789x",
	    exists, buf));
}

/* A key of hupd is never taken for a word of another tool that means less. */
static void
suggests_only_keys_of_programs(void **state)
{
	char buf[FOREIGN_MAX], name[FOREIGN_MAX];
	const char *answer;

	(void)state;
	for (size_t i = 0; i < keys_count; i++) {
		answer = foreign_key(keys_table[i].name, exists, buf);
		if (answer == NULL ||
		    sscanf(answer, "did you mean %90[^?]?", name) != 1)
			continue;
		assert_non_null(keys_find(name));
		assert_false(keys_find(name)->daemon);
	}
}

static void
knows_the_values_of_other_tools(void **state)
{
	static const char *const yes[] = {"no", "yes", NULL};
	static const char *const restart[] = {"always", "on-failure", "never",
	    NULL};

	(void)state;
	assert_string_equal(foreign_value("true", yes), "yes");
	assert_string_equal(foreign_value("Off", yes), "no");
	assert_string_equal(foreign_value("true", restart), "always");
	assert_string_equal(foreign_value("unexpected", restart), "on-failure");
	assert_null(foreign_value("alway", restart));
	assert_null(foreign_value("", restart));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_the_keys_of_other_tools),
	    cmocka_unit_test(says_what_needs_no_key),
	    cmocka_unit_test(suggests_only_keys_of_programs),
	    cmocka_unit_test(knows_the_values_of_other_tools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
