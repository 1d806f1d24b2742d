/* execfile: the reasons why a file cannot be executed. */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/execfile.h"

static char dir[] = "/tmp/execfile.XXXXXX";
static char path[64], why[EXECFILE_WHY_MAX];
static const struct execfile_user me = {.uid = (uid_t)-1};

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void
put(const char *text, size_t len, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static const char *
trouble(const char *text)
{
	put(text, strlen(text), 0755);
	return execfile_trouble(path, "/nowhere:/bin:/usr/bin", &me, why);
}

static void
accepts(void **state)
{
	(void)state;
	assert_null(trouble("#!/bin/sh\n"));
	assert_null(trouble("#! /bin/sh -e\necho\n"));
	assert_null(trouble("#!/usr/bin/env sh\n"));
	assert_null(trouble("#!/usr/bin/env -S sh -e\n"));
	assert_null(trouble("#!/bin/sh"));
	assert_null(execfile_trouble("/proc/self/exe", NULL, &me, why));
	/* The kernel may have been taught it. */
	put("\177MZ\0\1", 5, 0755);
	assert_null(execfile_trouble(path, NULL, &me, why));
}

static void
explains(void **state)
{
	(void)state;
	assert_string_equal(trouble("#!/no/such/sh\n"),
	    "its interpreter '/no/such/sh' does not exist");
	assert_string_equal(trouble("#!/bin/sh\r\necho\r\n"),
	    "its interpreter '/bin/sh\\r' does not exist (CR LF line ends?)");
	assert_string_equal(trouble("#!/usr/bin/env sh\r\n"),
	    "its interpreter 'sh\\r' is not in PATH (CR LF line ends?)");
	assert_string_equal(trouble("#!/usr/bin/env no-such\n"),
	    "its interpreter 'no-such' is not in PATH");
	assert_string_equal(trouble("#!/etc/passwd\n"),
	    "its interpreter '/etc/passwd' is not executable");
	assert_string_equal(trouble("#!\n"),
	    "its first line has no interpreter after #!");
	assert_non_null(strstr(trouble("echo hello\n"), "without #!"));
	assert_string_equal(trouble(""), "is empty");
	put("#!/bin/sh\n", 10, 0644);
	assert_string_equal(execfile_trouble(path, NULL, &me, why),
	    "is not executable");
	assert_string_equal(execfile_trouble(dir, NULL, &me, why),
	    "is a folder");
	assert_string_equal(execfile_trouble("/no/such", NULL, &me, why),
	    "does not exist");
}

/* A dynamic linker that is not there: ENOENT as well. */
static void
reads_the_linker(void **state)
{
	char bytes[65536], *linker;
	size_t n;
	FILE *f;

	(void)state;
	f = fopen("/bin/sh", "r");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	linker = memmem(bytes, n < 4096 ? n : 4096, "/lib", 4);
	if (linker == NULL)
		skip();
	memcpy(linker, "/bil", 4);
	put(bytes, n, 0755);
	assert_non_null(execfile_trouble(path, NULL, &me, why));
	assert_non_null(strstr(why, "its interpreter '/bil"));
}

static void
sees_with_the_eyes_of_the_user(void **state)
{
	const gid_t group = 4000;
	const struct execfile_user other = {4001, 4001, &group, 1};

	(void)state;
	put("#!/bin/sh\n", 10, 0700);
	assert_string_equal(execfile_trouble(path, NULL, &other, why),
	    "is not executable");
	put("#!/bin/sh\n", 10, 0705);
	assert_null(execfile_trouble(path, NULL, &other, why));
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(path, 0, 4000), 0);
	assert_string_equal(execfile_trouble(path, NULL, &other, why),
	    "is not executable");
	assert_int_equal(chmod(path, 0750), 0);
	assert_null(execfile_trouble(path, NULL, &other, why));
}

static void
searches(void **state)
{
	char found[128], search[128];

	(void)state;
	put("#!/bin/sh\n", 10, 0755);
	snprintf(search, sizeof(search), "/nowhere::%s", dir);
	assert_true(execfile_find("file", search, &me, found, sizeof(found)));
	assert_string_equal(found, path);
	assert_false(execfile_find("other", search, &me, found, sizeof(found)));
	assert_false(execfile_find("file", "", &me, found, sizeof(found)));
	put("#!/bin/sh\n", 10, 0644);
	assert_false(execfile_find("file", search, &me, found, sizeof(found)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepts),
	    cmocka_unit_test(explains),
	    cmocka_unit_test(reads_the_linker),
	    cmocka_unit_test(sees_with_the_eyes_of_the_user),
	    cmocka_unit_test(searches),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
