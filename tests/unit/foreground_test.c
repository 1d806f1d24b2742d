/* foreground: a daemon is known by its file name, whatever its version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "program/foreground.h"

static const char *
option_of(char *program)
{
	char *command[] = {program, NULL};

	return foreground_option(command);
}

static void
knows_daemons(void **state)
{
	char nginx[] = "/usr/sbin/nginx", memcached[] = "memcached",
	     php[] = "php-fpm8.2", redis[] = "/opt/redis-7.2/redis-server",
	     pure[] = "pure-ftpd", exim[] = "exim-4.96";

	(void)state;
	assert_string_equal(option_of(nginx), "with -g 'daemon off;'");
	assert_string_equal(option_of(memcached), "without -d");
	assert_string_equal(option_of(php), "with --nodaemonize");
	assert_string_equal(option_of(redis), "with --daemonize no");
	assert_string_equal(option_of(pure), "without -B");
	assert_string_equal(option_of(exim), "with -bdf instead of -bd");
}

static void
does_not_guess(void **state)
{
	char own[] = "/srv/nginx-like", script[] = "nginx.sh", sh[] = "sh";

	(void)state;
	assert_ptr_equal(option_of(own), option_of(sh));
	assert_ptr_equal(option_of(script), option_of(sh));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_daemons),
	    cmocka_unit_test(does_not_guess),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
