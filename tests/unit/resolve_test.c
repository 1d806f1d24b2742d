/* resolve: what the look-ups return, with look-ups that ask no name service. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/resolve.h"
#include "config/syntax.h"

struct accounts {
	unsigned nopen;
};

static struct accounts fake;
static struct diags diags;

static struct accounts *
open_fake(void)
{
	fake.nopen++;
	return &fake;
}

static void
close_fake(struct accounts *accounts)
{
	accounts->nopen--;
}

/*
 * "root" and "wheel" exist, "none" has the id that means none; the name service
 * does not answer about "slow".
 */
static const struct account *
find_fake(struct accounts *accounts, const char *name)
{
	static char root[] = "root", home[] = "/root", shell[] = "/bin/sh";
	static char other[64];
	static gid_t listed[2];
	static struct account found = {.name = root,
	    .login = root,
	    .home = home,
	    .shell = shell,
	    .gids = listed,
	    .ngids = 2};
	static struct account missing = {.name = other};

	(void)accounts;
	found.uid = geteuid();
	found.gid = getegid();
	listed[0] = getegid() + 7;
	listed[1] = getegid();
	if (strcmp(name, "root") == 0 || strcmp(name, "wheel") == 0)
		return &found;
	strlcpy(other, name, sizeof(other));
	missing.err = strcmp(name, "slow") == 0 ? EIO : ENOENT;
	missing.gid = 0;
	if (strcmp(name, "none") == 0) {
		missing.err = 0;
		missing.gid = (gid_t)-1;
	}
	return &missing;
}

static const struct resolve_lookups lookups = {NULL, open_fake, close_fake,
    find_fake, find_fake, NULL, NULL};

/* Resolve the text; returns the definition, with the result in *r. */
static struct definition *
resolve(const char *text, int *r)
{
	struct resolver *resolver;
	struct definition *d;

	diag_init(&diags);
	d = syntax_parse("web", "FILE", text, strlen(text), NULL, &diags);
	assert_non_null(d);
	resolver = resolve_new(&lookups, geteuid() == 0, false);
	assert_non_null(resolver);
	*r = resolve_definition(resolver, d, "FILE", &diags);
	resolve_free(resolver);
	assert_int_equal(fake.nopen, 0);
	return d;
}

static void
fills_in(void **state)
{
	struct definition *d;
	int r;

	(void)state;
	d = resolve("command = x\nuser = root\n", &r);
	assert_int_equal(r, 0);
	assert_string_equal(d->home, "/root");
	assert_string_equal(d->shell, "/bin/sh");
	if (geteuid() == 0) {
		assert_int_equal(d->uid, 0);
		assert_int_equal(d->gid, getegid());
		/* Sorted, so that another order is no change. */
		assert_int_equal(d->ngids, 2);
		assert_int_equal(d->gids[0], getegid());
		assert_int_equal(d->gids[1], getegid() + 7);
	}
	definition_forget(d);
	assert_null(d->home);
	assert_int_equal(d->uid, (uid_t)-1);
	definition_unref(d);
	diag_clear(&diags);
}

static void
refuses_the_id_of_none(void **state)
{
	char buf[256];
	int r;

	(void)state;
	definition_unref(resolve("command = x\nuser = none\n", &r));
	assert_int_equal(r, -1);
	diag_print(&diags.v[0], buf, sizeof(buf));
	assert_string_equal(buf,
	    "FILE:2: user: user none has the id 4294967295, which no process "
	    "can have");
	diag_clear(&diags);
}

static void
reports_all(void **state)
{
	struct definition *d;
	char buf[256], expected[256];
	int r;

	(void)state;
	d = resolve("command = x\nuser = nobody-here\ngroup = slow\n", &r);
	assert_int_equal(r, -1);
	assert_int_equal(diags.n, 2);
	diag_print(&diags.v[0], buf, sizeof(buf));
	assert_string_equal(buf, "FILE:2: user: there is no user nobody-here");
	diag_print(&diags.v[1], buf, sizeof(buf));
	snprintf(expected, sizeof(expected),
	    "FILE:3: group: group slow cannot be looked up: %s", strerror(EIO));
	assert_string_equal(buf, expected);
	definition_unref(d);
	diag_clear(&diags);
}

/* A program of a saved configuration waits for a missing group. */
static void
waits_if_lenient(void **state)
{
	static const char text[] = "command = x\nuser = root\n"
				   "group = nobody-here\n";
	struct resolver *resolver;
	struct definition *d;

	(void)state;
	diag_init(&diags);
	d = syntax_parse("web", "FILE", text, strlen(text), NULL, &diags);
	resolver = resolve_new(&lookups, geteuid() == 0, true);
	assert_int_equal(resolve_definition(resolver, d, "FILE", &diags), 0);
	assert_int_equal(diags.n, 0);
	assert_string_equal(d->waits_for, "group nobody-here (does not exist)");
	/* No id is better than half of them. */
	assert_int_equal(d->uid, (uid_t)-1);
	assert_int_equal(d->gid, (gid_t)-1);
	assert_null(d->home);
	resolve_free(resolver);
	definition_unref(d);
}

/* Kept ids are not looked up. */
static void
uses_what_was_kept(void **state)
{
	static const char text[] =
	    "#: resolved = 7 8 9\n"
	    "log-user = nobody-here\n"
	    "access-group = nobody-here\n"
	    "program = web\n"
	    "command = x\n"
	    "user = nobody-here\n"
	    "#: resolved = 70 80 login '/ home' '' 80 90\n";
	const struct places places = {.root = true};
	struct resolver *resolver;
	struct config set;
	struct definition *d;
	char *printed = NULL;
	size_t len;
	FILE *f;

	(void)state;
	diag_init(&diags);
	assert_int_equal(config_init(&set, &places), 0);
	assert_int_equal(syntax_parse_saved(&set, "FILE", text, strlen(text),
			     &diags),
	    0);
	d = set.programs[0];
	resolver = resolve_new(&lookups, geteuid() == 0, true);
	assert_int_equal(resolve_definition(resolver, d, "FILE", &diags), 0);
	assert_int_equal(resolve_settings(resolver, &set.settings, "FILE",
			     &diags),
	    0);
	resolve_free(resolver);
	assert_int_equal(diags.n, 0);
	assert_null(d->waits_for);
	assert_int_equal(d->uid, 70);
	assert_int_equal(d->gid, 80);
	assert_int_equal(d->ngids, 2);
	assert_int_equal(d->gids[1], 90);
	assert_string_equal(d->login, "login");
	assert_string_equal(d->home, "/ home");
	assert_null(d->shell);
	assert_int_equal(set.settings.log_uid, 7);
	assert_int_equal(set.settings.log_gid, 8);
	assert_int_equal(set.settings.access_gid, 9);

	/* It is written as it was read. */
	assert_non_null(f = open_memstream(&printed, &len));
	assert_int_equal(syntax_print_saved(&set, f), 0);
	fclose(f);
	assert_non_null(strstr(printed, "#: resolved = 7 8 9\n"));
	assert_non_null(strstr(printed,
	    "#: resolved = 70 80 login '/ home' '' 80 90\n"));
	free(printed);
	config_clear(&set);
}

/* A damaged line is an error, and no file of a user may have one. */
static void
refuses_a_damaged_line(void **state)
{
	static const char *const lines[] = {"", "1", "1 2 3 4", "-1 2 a b c",
	    "4294967296 2 a b c", "1 2 a b c x", "1 2 'a b c"};
	const struct places places = {.root = true};
	struct config set;
	char text[128];
	bool whole;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		diag_init(&diags);
		assert_int_equal(config_init(&set, &places), 0);
		snprintf(text, sizeof(text),
		    "program = web\ncommand = x\nuser = root\n"
		    "#: resolved = %s\n",
		    lines[i]);
		assert_int_equal(syntax_parse_saved(&set, "FILE", text,
				     strlen(text), &diags),
		    -1);
		assert_int_equal(set.programs[0]->uid, (uid_t)-1);
		config_clear(&set);
		diag_clear(&diags);
	}
	diag_init(&diags);
	assert_int_equal(config_init(&set, &places), 0);
	snprintf(text, sizeof(text),
	    "program = web\ncommand = x\n#: resolved = 0 0 a b c\n");
	assert_int_equal(syntax_parse_config(&set, "FILE", text, strlen(text),
			     &whole, &diags),
	    0);
	assert_int_equal(set.programs[0]->uid, (uid_t)-1);
	config_clear(&set);
	diag_clear(&diags);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fills_in),
	    cmocka_unit_test(refuses_the_id_of_none),
	    cmocka_unit_test(reports_all),
	    cmocka_unit_test(waits_if_lenient),
	    cmocka_unit_test(uses_what_was_kept),
	    cmocka_unit_test(refuses_a_damaged_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
