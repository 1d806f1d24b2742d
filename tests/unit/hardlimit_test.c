/* hardlimit: the closest value is used, and a question changes nothing. */
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hardlimit.h"

static struct rlimit
now(int which)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(which, &limit), 0);
	return limit;
}

static void
caps_descriptors(void **state)
{
	const struct rlimit before = now(RLIMIT_NOFILE);
	struct rlimit want = {100, (rlim_t)1 << 40};

	(void)state;
	assert_false(hardlimit_allows(RLIMIT_NOFILE, &want));
	assert_true(want.rlim_max < (rlim_t)1 << 40);
	assert_true(want.rlim_max >= before.rlim_max);
	assert_int_equal(want.rlim_cur, 100);
	assert_memory_equal(&before, &(struct rlimit[]){now(RLIMIT_NOFILE)},
	    sizeof(before));
}

static void
allows_what_is_below(void **state)
{
	struct rlimit want = now(RLIMIT_CORE);

	(void)state;
	want.rlim_cur = 0;
	assert_true(hardlimit_allows(RLIMIT_CORE, &want));
	want.rlim_max = 0;
	assert_true(hardlimit_allows(RLIMIT_CORE, &want));
}

/* Without the right to raise it, the hard limit is the closest. */
static int
unprivileged(void)
{
	const struct rlimit low = {10, 20};
	struct rlimit want = {50, 100};

	if (setrlimit(RLIMIT_LOCKS, &low) == -1 ||
	    (geteuid() == 0 && setuid(65534) == -1))
		return 1;
	if (hardlimit_allows(RLIMIT_LOCKS, &want) || want.rlim_max != 20 ||
	    want.rlim_cur != 20)
		return 2;
	if (now(RLIMIT_LOCKS).rlim_cur != 10)
		return 3;
	want = (struct rlimit){15, 100};
	if (hardlimit_set(RLIMIT_LOCKS, &want) == -1 ||
	    now(RLIMIT_LOCKS).rlim_cur != 15 ||
	    now(RLIMIT_LOCKS).rlim_max != 20)
		return 4;
	return 0;
}

static void
uses_the_hard_limit(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if ((pid = fork()) == 0)
		_exit(unprivileged());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(caps_descriptors),
	    cmocka_unit_test(allows_what_is_below),
	    cmocka_unit_test(uses_the_hard_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
