/*
 * syntax, with definition, settings and config, which texts make: parsing,
 * defaults, the canonical form, comparison, whole configurations.  What
 * a value may be and what is said of a bad one stands in tests/golden/.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/syntax.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static struct diags diags;

static int
setup(void **state)
{
	(void)state;
	diag_init(&diags);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	diag_clear(&diags);
	return 0;
}

static struct definition *
parse(const char *name, const char *text, const struct definition *defaults)
{
	return syntax_parse(name, "FILE", text, strlen(text), defaults, &diags);
}

static struct definition *
good(const char *name, const char *text, const struct definition *defaults)
{
	struct definition *conf = parse(name, text, defaults);
	char buf[256];

	for (size_t i = 0; i < diags.n; i++) {
		diag_print(&diags.v[i], buf, sizeof(buf));
		print_message("# %s\n", buf);
	}
	assert_non_null(conf);
	assert_int_equal(diags.n, 0);
	return conf;
}

/* The set that text is, with n complaints after checking it. */
static void
load(struct config *set, const char *text, size_t n)
{
	struct places places = {.root = true};
	char buf[256];
	bool whole;

	assert_int_equal(config_init(set, &places), 0);
	syntax_parse_config(set, "FILE", text, strlen(text), &whole, &diags);
	config_check(set, &diags);
	if (diags.n != n)
		for (size_t i = 0; i < diags.n; i++) {
			diag_print(&diags.v[i], buf, sizeof(buf));
			print_message("# %s\n", buf);
		}
	assert_int_equal(diags.n, n);
}

static void
assert_complaint(size_t i, const char *text)
{
	char buf[256];

	assert_in_range(i, 0, diags.n - 1);
	diag_print(&diags.v[i], buf, sizeof(buf));
	assert_string_equal(buf, text);
}

static char *
print(const struct definition *conf)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(syntax_print(conf, f), 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* The difference, "user, group changed"; "" if both are equal. */
static const char *
difference(const struct definition *a, const struct definition *b)
{
	static char buf[256];
	struct keyset keys = definition_diff(a, b);
	char *text = keys_changed(keys);

	assert_non_null(text);
	assert_true(keys_equal(keys, definition_diff(b, a)));
	strlcpy(buf, keys_none(keys) ? "" : text, sizeof(buf));
	free(text);
	return buf;
}

static void
has_defaults(void **state)
{
	struct definition *c = definition_new();

	(void)state;
	assert_non_null(c);
	assert_true(keys_none(c->given));
	assert_null(c->command);
	assert_int_equal(c->umask, 022);
	assert_int_equal(c->nice, DEFINITION_UNSET);
	assert_int_equal(c->oom_score_adj, DEFINITION_UNSET);
	assert_false(c->no_new_privs);
	assert_true(c->autostart);
	assert_int_equal(c->restart, RESTART_ALWAYS);
	assert_int_equal(c->restart_delay, 100);
	assert_int_equal(c->restart_delay_max, 30000);
	assert_int_equal(c->restart_reset, 10000);
	assert_int_equal(c->restart_limit, 0);
	assert_int_equal(c->success_exit.codes[0], 1);
	assert_int_equal(c->success_exit.signals, 0);
	assert_int_equal(c->stop_signal, SIGTERM);
	assert_int_equal(c->stop_timeout, 10000);
	assert_int_equal(c->reload_signal, 0);
	assert_int_equal(c->ready, READY_STARTED);
	assert_int_equal(c->start_timeout, 30000);
	assert_int_equal(c->log, LOG_TO_FILE);
	assert_int_equal(c->log_size, 10 * 1024 * 1024);
	assert_int_equal(c->log_keep, 10);
	assert_true(c->log_timestamps);
	assert_int_equal(c->uid, (uid_t)-1);
	assert_int_equal(c->gid, (gid_t)-1);
	definition_unref(c);
	definition_unref(NULL);
}

static void
parses_values(void **state)
{
	struct definition *c = good("web",
	    "command = a 'b c'\nnice = 0\nrlimit-nofile = 10:20\n"
	    "rlimit-core = unlimited\nsuccess-exit = 3 TERM\n"
	    "ready = fd:7\nreload-signal = HUP\numask = 0",
	    NULL);

	(void)state;
	assert_string_equal(c->name, "web");
	assert_string_equal(c->file, "FILE");
	assert_string_equal(c->command[0], "a");
	assert_string_equal(c->command[1], "b c");
	assert_null(c->command[2]);
	assert_int_equal(c->nice, 0);
	assert_true(definition_has(c, "nice"));
	assert_false(definition_has(c, "user"));
	assert_false(definition_has(c, "no-such-key"));
	assert_int_equal(c->rlimits.n, 2);
	assert_int_equal(c->rlimits.v[0].which, RLIMIT_NOFILE);
	assert_int_equal(c->rlimits.v[0].soft, 10);
	assert_int_equal(c->rlimits.v[0].hard, 20);
	assert_int_equal(c->rlimits.v[1].which, RLIMIT_CORE);
	assert_true(c->rlimits.v[1].hard == RLIM_INFINITY);
	assert_int_equal(c->success_exit.codes[0], 1 << 3);
	assert_int_equal(c->success_exit.signals, 1 << (SIGTERM - 1));
	assert_int_equal(c->ready, READY_FD);
	assert_int_equal(c->ready_fd, 7);
	assert_int_equal(c->reload_signal, SIGHUP);
	assert_int_equal(c->umask, 0);
	definition_unref(c);
}

static void
knows_its_lines(void **state)
{
	struct definition *c = good("web",
	    "command = x\n\ndepends-on = a b\n# c\ndepends-on = b c\n", NULL);

	(void)state;
	assert_int_equal(definition_line(c, "command", 0), 1);
	assert_int_equal(definition_line(c, "depends-on", 0), 3);
	assert_int_equal(definition_line(c, "depends-on", 1), 3);
	assert_int_equal(definition_line(c, "depends-on", 2), 5);
	assert_int_equal(definition_line(c, "nice", 0), 0);
	definition_unref(c);
}

static void
inherits_defaults(void **state)
{
	struct config set;
	struct definition *c;

	(void)state;
	load(&set,
	    "stop-timeout = 3s\nnice = 4\nenv = A=1\nenv = B=1\n"
	    "reload-command = x y\nrlimit-as = 1M\n"
	    "groups = a b\nenv-file = /a\n",
	    0);
	c = good("web",
	    "command = c\nenv = A=2\nenv = C=3\n"
	    "reload-signal = HUP\ngroups = c\nenv-file = /b\n",
	    set.defaults);
	assert_int_equal(c->stop_timeout, 3000);
	assert_int_equal(c->nice, 4);
	assert_true(definition_has(c, "nice"));
	assert_int_equal(definition_line(c, "nice", 0), 0);
	assert_string_equal(c->env[0], "B=1");
	assert_string_equal(c->env[1], "A=2");
	assert_string_equal(c->env[2], "C=3");
	assert_null(c->env[3]);
	assert_int_equal(definition_line(c, "env-file", 0), 0);
	assert_int_equal(definition_line(c, "env-file", 1), 6);
	assert_string_equal(c->env_file[0], "/a");
	assert_string_equal(c->env_file[1], "/b");
	assert_string_equal(c->groups[0], "c");
	assert_null(c->groups[1]);
	assert_int_equal(c->rlimits.v[0].which, RLIMIT_AS);
	/* One excludes the other, and the program's own wins. */
	assert_null(c->reload_command);
	assert_false(definition_has(c, "reload-command"));
	assert_int_equal(c->reload_signal, SIGHUP);
	definition_unref(c);

	c = good("db", "command = c\n", set.defaults);
	assert_string_equal(c->reload_command[0], "x y");
	definition_unref(c);
	config_clear(&set);
}

/* The printed form must parse. */
static void
watches_only_who_can_be(void **state)
{
	struct config set;
	struct definition *c;

	(void)state;
	load(&set, "watchdog = 5s\n", 0);
	c = good("web", "command = c\nready = notify\n", set.defaults);
	assert_int_equal(c->watchdog, 5000);
	definition_unref(c);
	c = good("db", "command = c\n", set.defaults);
	assert_int_equal(c->watchdog, 0);
	assert_false(definition_has(c, "watchdog"));
	definition_unref(c);
	config_clear(&set);
}

static void
checks_times_against_defaults(void **state)
{
	struct config set;

	(void)state;
	load(&set, "restart-delay-max = 1s\n", 0);
	assert_null(parse("web", "command = x\nrestart-delay = 2s\n",
	    set.defaults));
	assert_complaint(0,
	    "FILE:2: restart-delay: restart-delay is longer than "
	    "restart-delay-max");
	config_clear(&set);
}

static void
reports_everything(void **state)
{
	(void)state;
	assert_null(parse("web", "a\nb = 1\nnice = x\n", NULL));
	assert_int_equal(diags.n, 4);
	assert_complaint(0, "FILE:1: \"a\" has no \"= VALUE\"");
	assert_complaint(1, "FILE:2: b: unknown key");
	assert_complaint(3, "FILE: command: is missing");
}

static void
truncates_complaints(void **state)
{
	char buf[16];

	(void)state;
	diag_add(&diags, "F", 1, "k", "%s", "\x01\x02\x03\x04\x05");
	diag_print(&diags.v[0], buf, sizeof(buf));
	assert_string_equal(buf, "F:1: k: \\001");
	diag_print(&diags.v[0], buf, 1);
	assert_string_equal(buf, "");
}

static void
compares(void **state)
{
	static const struct {
		const char *a, *b, *text;
		bool live;
	} cases[] = {
	    {"nice = 0\n", "", "nice changed", false},
	    {"nice = 0\n", "nice = 0\n", "", false},
	    {"umask = 022\n", "", "", false},
	    {"env = A=1\nenv=A=2\n", "env=A=2\n", "", false},
	    {"env = A=1\n", "env=B=2\n", "env changed", false},
	    {"depends-on = a b\n", "depends-on = a\ndepends-on = b\n", "",
		false},
	    {"stop-timeout = 60s\n", "stop-timeout = 1m\n", "", false},
	    {"stop-timeout = 60s\n", "", "stop-timeout changed", true},
	    {"ready = fd:3\n", "ready = fd:4\n", "ready changed", false},
	    {"rlimit-as = 1K\n", "rlimit-as = 1024:1024\n", "", false},
	    {"rlimit-as = 1K\n", "rlimit-core = 1K\n",
		"rlimit-as, rlimit-core changed", false},
	    {"success-exit = 0 1\n", "success-exit = 1,0\n", "", false},
	    {"success-exit = 0 1\n", "log-keep = 3\n",
		"success-exit, log-keep changed", true},
	    {"directory = /a\n", "directory = /b\nlog-keep = 3\n",
		"directory, log-keep changed", false},
	    {"reload-command = a\n", "reload-signal = HUP\n",
		"reload-signal, reload-command changed", true},
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		char a[128], b[128];
		struct definition *x, *y;

		snprintf(a, sizeof(a), "command = x\n%s", cases[i].a);
		snprintf(b, sizeof(b), "%scommand = x\n", cases[i].b);
		x = good("web", a, NULL);
		y = good("web", b, NULL);
		assert_string_equal(difference(x, y), cases[i].text);
		if (*cases[i].text != '\0')
			assert_int_equal(
			    keys_none(keys_not_live(definition_diff(x, y))),
			    cases[i].live);
		definition_unref(x);
		definition_unref(y);
	}
}

static void
compares_what_was_resolved(void **state)
{
	struct definition *a = good("web", "command = x\n", NULL);
	struct definition *b = definition_copy(a);
	gid_t gids[] = {1};

	(void)state;
	assert_string_equal(difference(a, b), "");
	b->env_digest = 7;
	assert_string_equal(difference(a, b), "env-file changed");
	b->uid = 3;
	assert_string_equal(difference(a, b), "user, env-file changed");
	b->gid = 3;
	b->gids = gids;
	b->ngids = 1;
	b->env_digest = 0;
	assert_string_equal(difference(a, b), "user, group, groups changed");
	b->gids = NULL;
	definition_unref(a);
	definition_unref(b);
}

static void
compares_settings(void **state)
{
	struct config a, b;
	struct keyset keys;
	char *text;

	(void)state;
	load(&a, "", 0);
	load(&b, "run-dir = /x\nsyslog = yes\nlog-dir = /var/log/hupd\n", 0);
	keys = settings_diff(&a.settings, &b.settings);
	text = keys_changed(keys);
	assert_string_equal(text, "run-dir, syslog changed");
	free(text);
	text = keys_changed(keys_not_live(keys));
	assert_string_equal(text, "run-dir changed");
	free(text);
	assert_int_equal(settings_line(&b.settings, "run-dir"), 1);
	assert_int_equal(settings_line(&b.settings, "pidfile"), 0);
	config_clear(&a);
	config_clear(&b);
}

static void
has_places(void **state)
{
	char config[] = "/c/hupd", runtime[] = "/r/hupd", state_home[] = "/s";
	struct places places = {.config_home = config,
	    .runtime_dir = runtime,
	    .state_home = state_home};
	struct config set;

	(void)state;
	assert_int_equal(config_init(&set, &places), 0);
	assert_string_equal(set.settings.program_dir, "/c/hupd/hupd.d");
	assert_string_equal(set.settings.run_dir, "/r/hupd");
	assert_string_equal(set.settings.pidfile, "/r/hupd/hupd.pid");
	assert_string_equal(set.settings.state_dir, "/s");
	assert_string_equal(set.settings.log_dir, "/s/log");
	assert_string_equal(set.settings.cgroup, "auto");
	config_clear(&set);

	places.root = true;
	assert_int_equal(config_init(&set, &places), 0);
	assert_string_equal(set.settings.run_dir, "/run/hupd");
	assert_string_equal(set.settings.pidfile, "/run/hupd.pid");
	assert_null(set.settings.log_user);
	config_clear(&set);
}

static void
checks_the_whole(void **state)
{
	struct config set;

	(void)state;
	load(&set,
	    "program = b\ncommand = x\ndepends-on = a\n"
	    "program = a\ncommand = x\ndepends-on = c\n"
	    "program = c\ncommand = x\n",
	    0);
	assert_int_equal(set.nprograms, 3);
	assert_string_equal(set.programs[0]->name, "a");
	assert_ptr_equal(config_find(&set, "c"), set.programs[2]);
	assert_null(config_find(&set, "d"));
	assert_null(set.programs[0]->file);
	config_clear(&set);
	assert_null(config_find(&set, "c"));
}

/* A program cannot wait for itself. */
static void
never_suggests_the_program_itself(void **state)
{
	struct config set;

	(void)state;
	load(&set, "", 0);
	config_add(&set, good("web", "command = x\ndepends-on = wbe\n", NULL));
	config_add(&set,
	    good("app", "command = x\ndepends-on = web.service\n", NULL));
	assert_int_equal(config_check(&set, &diags), -1);
	assert_int_equal(diags.n, 2);
	assert_complaint(0,
	    "FILE:2: depends-on: there is no program web.service; did you "
	    "mean web?");
	assert_complaint(1, "FILE:2: depends-on: there is no program wbe");
	config_clear(&set);
}

/* The order of starts may name programs that do not exist; see notes. */
static void
notes_what_is_not_there(void **state)
{
	static const char note[] =
	    "FILE:2: after: there is no program wbe; did you mean web?";
	struct config set;
	char text[128];

	(void)state;
	load(&set, "", 0);
	config_add(&set, good("web", "command = x\n", NULL));
	config_add(&set, good("app", "command = x\nafter = wbe web\n", NULL));
	assert_int_equal(config_check(&set, &diags), 0);
	assert_int_equal(set.notes.n, 1);
	diag_print(&set.notes.v[0], text, sizeof(text));
	assert_string_equal(text, note);
	/* Once, however often it is checked. */
	assert_int_equal(config_check(&set, &diags), 0);
	assert_int_equal(set.notes.n, 1);
	config_clear(&set);
}

/* The order of a start leaves out what is not started, that of a stop not. */
static void
finds_the_longest_chains(void **state)
{
	struct config set;
	char *names;
	int64_t ms;

	(void)state;
	load(&set,
	    "program = a\ncommand = x\n"
	    "program = b\ncommand = x\nrestart-with = a\n"
	    "program = c\ncommand = x\nautostart = no\nafter = b\n"
	    "program = d\ncommand = x\nafter = c\nstop-timeout = 1s\n",
	    0);
	assert_int_equal(config_check(&set, &diags), 0);
	names = config_longest_chain(&set, &ms);
	assert_string_equal(names, "a, b");
	assert_int_equal(ms, 2000);
	free(names);
	assert_int_equal(config_stop_time(&set), 31000);
	config_clear(&set);
}

/* Keys with every kind of value, good and bad. */
static const char *const values[] = {"yes", "no", "/a/b", "/x y", "1", "0",
    "-3", "100", "10s", "1m", "250ms", "3K", "unlimited", "5:9", "TERM",
    "RTMIN+2", "HUP 3", "notify", "fd:9", "always", "never", "file", "none",
    "A=1", "A=b  c", "_x='\"", "B=#\\", "a 'b c' \"d\\\"e\"", "x\\ y \\\\",
    "a,b c", "web", "\xc3\xbc", "\xff\x01", "''", "\"", "", "auto", "022",
    "a\tb", "a\rb", "a\vb '\f'"};

static void
add_random(char *text, size_t size, unsigned *seed)
{
	const struct key *k;
	size_t len = strlen(text), n;

	for (n = 0; keys_at(n) != NULL; n++)
		;
	k = keys_at((size_t)rand_r(seed) % n);
	snprintf(text + len, size - len, "%s = %s\n", k->name,
	    values[(size_t)rand_r(seed) % nitems(values)]);
}

/*
 * Each accepted text prints to a text that parses to the same, and prints
 * alike.
 */
static void
prints_what_it_parses(void **state)
{
	unsigned seed = 1, accepted = 0;
	char text[8192], *first, *second;
	struct definition *a, *b;

	(void)state;
	for (int i = 0; i < 8000; i++) {
		strlcpy(text, "command = x 'y z'\n", sizeof(text));
		for (int n = rand_r(&seed) % 3; n >= 0; n--)
			add_random(text, sizeof(text), &seed);
		a = parse("me", text, NULL);
		diag_clear(&diags);
		if (a == NULL)
			continue;
		accepted++;
		first = print(a);
		b = good("me", first, NULL);
		assert_string_equal(difference(a, b), "");
		second = print(b);
		assert_string_equal(first, second);
		free(first);
		free(second);
		definition_unref(a);
		definition_unref(b);
	}
	assert_in_range(accepted, 200, 8000);
}

/* Bytes of any kind: complaints, but no crash and no leak. */
static void
survives_garbage(void **state)
{
	struct places places = {.root = true};
	unsigned seed = 7;
	char text[2048];
	struct config set;
	size_t len;
	bool whole;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		text[0] = '\0';
		for (int n = rand_r(&seed) % 8; n >= 0; n--) {
			add_random(text, sizeof(text), &seed);
			if (rand_r(&seed) % 4 == 0)
				strlcat(text, "program = p\ncommand = x\n",
				    sizeof(text));
		}
		len = strlen(text);
		for (int n = rand_r(&seed) % 6; n > 0; n--)
			text[(size_t)rand_r(&seed) % len] = (char)rand_r(&seed);
		definition_unref(syntax_parse("me", "FILE", text, len, NULL,
		    &diags));
		assert_int_equal(config_init(&set, &places), 0);
		syntax_parse_config(&set, "FILE", text, len, &whole, &diags);
		config_check(&set, &diags);
		config_clear(&set);
		diag_clear(&diags);
	}
}

static void
shares(void **state)
{
	struct definition *c = good("web", "command = x\n", NULL);

	(void)state;
	assert_ptr_equal(definition_ref(c), c);
	definition_unref(c);
	assert_string_equal(c->name, "web");
	definition_unref(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_defaults),
	    cmocka_unit_test_setup_teardown(parses_values, setup, teardown),
	    cmocka_unit_test_setup_teardown(knows_its_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(inherits_defaults, setup, teardown),
	    cmocka_unit_test_setup_teardown(watches_only_who_can_be, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(checks_times_against_defaults,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(reports_everything, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(truncates_complaints, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(compares, setup, teardown),
	    cmocka_unit_test_setup_teardown(compares_what_was_resolved, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(compares_settings, setup, teardown),
	    cmocka_unit_test_setup_teardown(has_places, setup, teardown),
	    cmocka_unit_test_setup_teardown(checks_the_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(never_suggests_the_program_itself,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(notes_what_is_not_there, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(finds_the_longest_chains, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(prints_what_it_parses, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(survives_garbage, setup, teardown),
	    cmocka_unit_test_setup_teardown(shares, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
