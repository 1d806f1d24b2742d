/* sdnotify: what messages mean, and that garbage does no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/sdnotify.h"

static struct sdnotify
parsed(const char *text)
{
	struct sdnotify m;
	char *bytes;

	/* On the heap and not terminated, so that a sanitizer sees its end. */
	bytes = malloc(strlen(text) + 1);
	assert_non_null(bytes);
	memcpy(bytes, text, strlen(text));
	sdnotify_parse(&m, bytes, strlen(text));
	free(bytes);
	return m;
}

static void
test_assignments(void **state)
{
	struct sdnotify m;

	(void)state;
	m = parsed("READY=1\nSTATUS=all is well\nMAINPID=42");
	assert_true(m.ready);
	assert_true(m.has_status);
	assert_string_equal(m.status, "all is well");
	assert_int_equal(m.mainpid, 42);
	assert_false(m.reloading || m.stopping || m.watchdog);
	m = parsed("RELOADING=1\nMONOTONIC_USEC=18446744073709551615\n");
	assert_true(m.reloading);
	assert_true(m.monotonic_usec == UINT64_MAX);
	m = parsed("STOPPING=1\nERRNO=2\nWATCHDOG=1\nSTATUS=");
	assert_true(m.stopping && m.watchdog && m.has_status);
	assert_int_equal(m.err, 2);
	assert_string_equal(m.status, "");
	m = parsed("EXTEND_TIMEOUT_USEC=5000000\nWATCHDOG_USEC=0");
	assert_int_equal(m.extend, 5000);
	assert_true(m.has_watchdog_time && m.watchdog_time == 0);
	m = parsed("WATCHDOG=trigger\nEXIT_STATUS=1\nMAINPIDFD=1\nERRNO=0");
	assert_true(m.trigger && m.mainpidfd && !m.watchdog);
	assert_true(m.has_exit_status && m.has_err);
	assert_int_equal(m.exit_status, 1);
	m = parsed("NOTIFYACCESS=main\nEXTEND_TIMEOUT_USEC=1");
	assert_true(m.has_access && m.access == SDNOTIFY_MAIN);
	assert_int_equal(m.extend, 1);
	m = parsed("WATCHDOG_USEC=18446744073709551615");
	assert_true(m.watchdog_time > 0 && m.watchdog_time < UINT32_MAX);
	m = parsed("STATUS=one\nSTATUS=two");
	assert_string_equal(m.status, "two");
}

static void
test_garbage(void **state)
{
	static const char *const nothing[] = {"", "\n", "\n\n\n", "READY",
	    "READY=", "READY=0", "READY=11", "ready=1", " READY=1", "READY=1 ",
	    "XREADY=1", "MAINPID=", "MAINPID=0", "MAINPID=1", "MAINPID=-5",
	    "MAINPID=+5", "MAINPID= 5", "MAINPID=5x", "MAINPID=4294967296",
	    "MAINPID=99999999999999999999", "ERRNO=-1", "ERRNO=4096",
	    "MONOTONIC_USEC=18446744073709551616", "MONOTONIC_USEC=0x10", "=",
	    "=1", "BARRIER=1", "EXTEND_TIMEOUT_USEC=", "EXTEND_TIMEOUT_USEC=-1",
	    "WATCHDOG=0", "WATCHDOG=Trigger", "WATCHDOG_USEC=1s",
	    "NOTIFYACCESS=", "NOTIFYACCESS=1", "NOTIFYACCESS=mains",
	    "EXIT_STATUS=256", "EXIT_STATUS=", "MAINPIDFD=2", "MAINPIDFDID=77",
	    "READY=1\nBARRIER=1", "BARRIER=1\nSTATUS=x"};
	const struct sdnotify zero = {0};
	struct sdnotify m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		m = parsed(nothing[i]);
		assert_memory_equal(&m, &zero, sizeof(m));
	}
}

static void
test_nul_and_length(void **state)
{
	char bytes[4096];
	struct sdnotify m;

	(void)state;
	sdnotify_parse(&m, "READY=1\0\nSTATUS=a\0b", 19);
	assert_true(m.ready);
	assert_string_equal(m.status, "a");
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "STATUS=", 7);
	memcpy(bytes + sizeof(bytes) - 8, "\nREADY=1", 8);
	sdnotify_parse(&m, bytes, sizeof(bytes));
	assert_int_equal(strlen(m.status), SDNOTIFY_STATUS_MAX - 1);
	assert_true(m.ready);
	/* A value that is cut is not taken for a shorter word. */
	memset(bytes, '1', sizeof(bytes));
	memcpy(bytes, "READY=1", 7);
	sdnotify_parse(&m, bytes, sizeof(bytes));
	assert_false(m.ready);
	/* Any byte after any other is taken without harm. */
	arc4random_buf(bytes, sizeof(bytes));
	sdnotify_parse(&m, bytes, sizeof(bytes));
}

/* Names that could not stand in LISTEN_FDNAMES do not count. */
static void
test_store(void **state)
{
	char longest[SDNOTIFY_NAME_MAX + 32] = "FDSTORE=1\nFDNAME=";
	size_t lead = strlen(longest);
	struct sdnotify m;

	(void)state;
	m = parsed("FDSTORE=1\nFDNAME=web.1\nFDPOLL=0");
	assert_true(m.store && m.no_poll && !m.store_remove);
	assert_string_equal(m.fdname, "web.1");
	m = parsed("FDSTOREREMOVE=1\nFDNAME=a b");
	assert_true(m.store_remove && !m.store && !m.no_poll);
	assert_string_equal(m.fdname, "");
	m = parsed("FDNAME=a:b\nFDSTORE=0\nFDPOLL=1");
	assert_false(m.store || m.no_poll);
	assert_string_equal(m.fdname, "");
	memset(longest + lead, 'x', SDNOTIFY_NAME_MAX - 1);
	m = parsed(longest);
	assert_int_equal(strlen(m.fdname), SDNOTIFY_NAME_MAX - 1);
	longest[lead + SDNOTIFY_NAME_MAX - 1] = 'x';
	m = parsed(longest);
	assert_string_equal(m.fdname, "");
	assert_true(m.store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_assignments),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_nul_and_length),
	    cmocka_unit_test(test_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
