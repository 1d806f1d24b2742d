/* resolve: what the look-ups return, with look-ups that ask no name service. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
	static struct account found = {.name = root,
	    .home = home,
	    .shell = shell};
	static struct account missing = {.name = other};

	(void)accounts;
	found.uid = geteuid();
	found.gid = getegid();
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

static gid_t *
groups_fake(const struct account *user, gid_t gid, size_t *n)
{
	gid_t *gids;

	(void)user;
	if ((gids = calloc(2, sizeof(*gids))) == NULL)
		return NULL;
	gids[0] = gid + 7;
	gids[1] = gid;
	*n = 2;
	return gids;
}

static const struct resolve_lookups lookups = {open_fake, close_fake, find_fake,
    find_fake, groups_fake};

/* Resolve the text; returns the definition, with the result in *r. */
static struct definition *
resolve(const char *text, int *r)
{
	struct resolver *resolver;
	struct definition *d;

	diag_init(&diags);
	d = syntax_parse("web", "FILE", text, strlen(text), NULL, &diags);
	assert_non_null(d);
	resolver = resolve_new(&lookups, false);
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
	resolve_clear(d);
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
	char buf[256];
	int r;

	(void)state;
	d = resolve("command = x\nuser = nobody-here\ngroup = slow\n", &r);
	assert_int_equal(r, -1);
	assert_int_equal(diags.n, 2);
	diag_print(&diags.v[0], buf, sizeof(buf));
	assert_string_equal(buf, "FILE:2: user: there is no user nobody-here");
	diag_print(&diags.v[1], buf, sizeof(buf));
	assert_string_equal(buf,
	    "FILE:3: group: cannot look up group slow: Input/output error");
	definition_unref(d);
	diag_clear(&diags);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fills_in),
	    cmocka_unit_test(refuses_the_id_of_none),
	    cmocka_unit_test(reports_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
