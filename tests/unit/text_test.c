/* text: durations, sizes, signals, near misses, names, lines. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

#define DAY INT64_C(86400000)

static void
durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
		const char *printed;
	} good[] = {
	    {"0", 0, "0"},
	    {"000", 0, "0"},
	    {"0s", 0, "0"},
	    {"1ms", 1, "1ms"},
	    {"1s", 1000, "1s"},
	    {"90s", 90000, "90s"},
	    {"60s", 60000, "1m"},
	    {"1500ms", 1500, "1500ms"},
	    {"2m", 120000, "2m"},
	    {"24h", DAY, "1d"},
	    {"36h", 3 * DAY / 2, "36h"},
	    {"007d", 7 * DAY, "7d"},
	    {"3650d", 3650 * DAY, "3650d"},
	    {"315360000000ms", 3650 * DAY, "3650d"},
	};
	static const char *const bad[] = {"", "s", "ms", "5", "-1s", "+1s",
	    " 1s", "1s ", "1 s", "1S", "1.5s", "1sec", "1s1s", "0x1s", "3651d",
	    "315360000001ms", "9223372036854775807s", "9223372036854775808ms",
	    "18446744073709551617ms",
	    "99999999999999999999999999999999999999999d", "d3"};
	char buf[TEXT_NUMBER_MAX];
	const char *why;
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		assert_int_equal(text_duration(good[i].text, &ms, &why), 0);
		assert_int_equal(ms, good[i].ms);
		text_print_duration(ms, buf);
		assert_string_equal(buf, good[i].printed);
	}
	for (size_t i = 0; i < nitems(bad); i++) {
		why = NULL;
		ms = 42;
		assert_int_equal(text_duration(bad[i], &ms, &why), -1);
		assert_non_null(why);
		assert_int_equal(ms, 42);
	}
}

/* A printed duration parses to the same value. */
static void
printed_durations_parse(void **state)
{
	char buf[TEXT_NUMBER_MAX];
	const char *why;
	int64_t back;

	(void)state;
	for (int64_t ms = 0; ms <= 3650 * DAY; ms = ms * 3 + 1) {
		text_print_duration(ms, buf);
		assert_int_equal(text_duration(buf, &back, &why), 0);
		assert_int_equal(back, ms);
		text_print_duration(ms * 60000 % (3650 * DAY), buf);
		assert_int_equal(text_duration(buf, &back, &why), 0);
		assert_int_equal(back, ms * 60000 % (3650 * DAY));
	}
	text_print_duration(INT64_MIN, buf);
	assert_string_equal(buf, "-9223372036854775808ms");
}

static void
humane_durations(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
	    {INT64_MIN, "0s"},
	    {-1, "0s"},
	    {0, "0s"},
	    {350, "350ms"},
	    {999, "999ms"},
	    {1000, "1s"},
	    {4999, "4s"},
	    {59999, "59s"},
	    {60000, "1m"},
	    {725999, "12m 5s"},
	    {3600000, "1h"},
	    {3659999, "1h"},
	    {3660000, "1h 1m"},
	    {DAY - 1, "23h 59m"},
	    {DAY, "1d"},
	    {3 * DAY + 4 * 3600000 + 59999, "3d 4h"},
	    {3 * DAY + 59 * 60000, "3d"},
	    {INT64_MAX, "106751991167d 7h"},
	};
	char buf[TEXT_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		text_humane_duration(cases[i].ms, buf);
		assert_string_equal(buf, cases[i].text);
	}
}

static void
humane_agos(void **state)
{
	static const struct {
		int64_t when, now;
		const char *text;
	} cases[] = {
	    {1000, 1000, "0s"},
	    {1000, 1005, "5s"},
	    {1005, 1000, "0s"},
	    {INT64_MAX, 1000, "0s"},
	    {INT64_MAX, INT64_MIN, "0s"},
	    {INT64_MAX / 1000 + 1, 0, "0s"},
	    {INT64_MIN, INT64_MAX, "106751991167d 7h"},
	    {INT64_MIN / 100, 0, "106751991167d 7h"},
	};
	char buf[TEXT_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_humane_ago(cases[i].when, cases[i].now, buf);
		assert_string_equal(buf, cases[i].text);
	}
}

static void
sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
		const char *printed;
	} good[] = {
	    {"0", 0, "0"},
	    {"0G", 0, "0"},
	    {"1023", 1023, "1023"},
	    {"1024", 1024, "1K"},
	    {"10M", 10 << 20, "10M"},
	    {"1536K", 1536 << 10, "1536K"},
	    {"2048M", INT64_C(2) << 30, "2G"},
	    {"8589934591G", INT64_C(8589934591) << 30, "8589934591G"},
	    {"9223372036854775806", INT64_MAX - 1, "9223372036854775806"},
	};
	static const char *const bad[] = {"", "K", "-1", "+1", " 1", "1 ", "1k",
	    "1KB", "1T", "1.5M", "0x10", "9223372036854775807",
	    "9223372036854775808", "8589934592G", "99999999999999999999K",
	    "18446744073709551616"};
	char buf[TEXT_NUMBER_MAX];
	const char *why;
	int64_t bytes;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		assert_int_equal(text_size(good[i].text, &bytes, &why), 0);
		assert_int_equal(bytes, good[i].bytes);
		text_print_size(bytes, buf);
		assert_string_equal(buf, good[i].printed);
	}
	for (size_t i = 0; i < nitems(bad); i++) {
		why = NULL;
		bytes = 42;
		assert_int_equal(text_size(bad[i], &bytes, &why), -1);
		assert_non_null(why);
		assert_int_equal(bytes, 42);
	}
}

static void
humane_sizes(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = {
	    {-5, "0B"},
	    {0, "0B"},
	    {1023, "1023B"},
	    {1024, "1K"},
	    {1126, "1K"},
	    {1127, "1.1K"},
	    {640 << 10, "640K"},
	    {(640 << 10) + 600, "640K"},
	    {(1 << 20) - 1, "1023K"},
	    {13002343, "12.4M"},
	    {(99 << 20) + (1 << 19), "99.5M"},
	    {(100 << 20) + (1 << 19), "100M"},
	    {INT64_C(1) << 40, "1024G"},
	    {INT64_MAX, "8589934591G"},
	};
	char buf[TEXT_NUMBER_MAX];

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		text_humane_size(cases[i].bytes, buf);
		assert_string_equal(buf, cases[i].text);
	}
}

static void
reads_signals(void **state)
{
	const struct {
		const char *text;
		int sig;
	} good[] = {
	    {"TERM", SIGTERM},
	    {"SIGTERM", SIGTERM},
	    {"term", SIGTERM},
	    {"sigTerm", SIGTERM},
	    {"15", 15},
	    {"1", 1},
	    {"31", 31},
	    {"SYS", SIGSYS},
	    {"POLL", SIGIO},
	    {"IOT", SIGABRT},
	    {"RTMIN", SIGRTMIN},
	    {"RTMIN+0", SIGRTMIN},
	    {"RTMIN+3", SIGRTMIN + 3},
	    {"sigrtmin+3", SIGRTMIN + 3},
	    {"RTMAX", SIGRTMAX},
	    {"RTMAX-2", SIGRTMAX - 2},
	    {"64", SIGRTMAX},
	};
	static const char *const bad[] = {"", "SIG", "0", "-1", "32", "33",
	    "65", "15 ", "SIG15", "SIGSIGTERM", "TERMINATE", "TER",
	    "4294967311", "99999999999999999999", "RTMIN-1", "RTMAX+1",
	    "RTMIN+", "RTMIN+x", "RTMIN+3x", "RTMIN+31", "RTMAX-31",
	    "RTMIN+4294967296", "RTMIN3", "RT"};
	const char *why;
	int sig;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		assert_int_equal(text_signal(good[i].text, &sig, &why), 0);
		assert_int_equal(sig, good[i].sig);
	}
	for (size_t i = 0; i < nitems(bad); i++) {
		why = NULL;
		sig = 42;
		assert_int_equal(text_signal(bad[i], &sig, &why), -1);
		assert_non_null(why);
		assert_int_equal(sig, 42);
	}
}

static void
names_signals(void **state)
{
	char buf[TEXT_NUMBER_MAX];
	const char *why;
	int back;

	(void)state;
	assert_string_equal(text_signal_name(SIGTERM, buf), "TERM");
	assert_string_equal(text_signal_name(SIGABRT, buf), "ABRT");
	assert_string_equal(text_signal_name(SIGIO, buf), "IO");
	assert_string_equal(text_signal_name(SIGRTMIN, buf), "RTMIN");
	assert_string_equal(text_signal_name(SIGRTMIN + 3, buf), "RTMIN+3");
	assert_string_equal(text_signal_name(0, buf), "0");
	assert_string_equal(text_signal_name(32, buf), "32");
	assert_string_equal(text_signal_name(-7, buf), "-7");
	assert_string_equal(text_signal_name(SIGRTMAX + 1, buf), "65");
	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		const char *name = text_signal_name(sig, buf);

		if (sig > 31 && sig < SIGRTMIN)
			continue;
		/* Every one has a name, not a number. */
		assert_true(name[0] < '0' || name[0] > '9');
		assert_int_equal(text_signal(name, &back, &why), 0);
		assert_int_equal(back, sig);
	}
}

static void
finds_near_misses(void **state)
{
	static const char *const keys[] = {"command", "directory", "env",
	    "env-file", "user", "stop-signal", "stop-timeout", "nice", NULL};
	static const char *const none[] = {NULL};
	static const struct {
		const char *word;
		const char *near;
	} cases[] = {
	    {"comand", "command"},
	    {"comamnd", "command"},
	    {"COMMAND", "command"},
	    {"commandos", "command"},
	    {"commandoss", NULL},
	    {"cmnd", NULL},
	    {"kommandt", "command"},
	    {"directroy", "directory"},
	    {"stop_signal", "stop-signal"},
	    {"stop-timout", "stop-timeout"},
	    {"env-fil", "env-file"},
	    {"envf", "env"},
	    {"evn", "env"},
	    {"en", "env"},
	    {"e", NULL},
	    {"usr", "user"},
	    {"usre", "user"},
	    {"nikey", "nice"},
	    {"uers", NULL},
	    {"", NULL},
	    {"something-else", NULL},
	};
	char huge[1000];

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		const char *near = text_near(cases[i].word, keys, NULL);

		if (cases[i].near == NULL)
			assert_null(near);
		else
			assert_string_equal(near, cases[i].near);
	}
	assert_null(text_near("command", none, NULL));
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	assert_null(text_near(huge, keys, NULL));
	const char *const list[] = {huge, huge + sizeof(huge) - 65, NULL};

	assert_ptr_equal(text_near(huge + sizeof(huge) - 65, list, NULL),
	    list[1]);
	assert_ptr_equal(text_near(huge + sizeof(huge) - 63, list, NULL),
	    list[1]);
	assert_null(text_near(huge + sizeof(huge) - 62, list, NULL));
}

static void
finds_names_with_another_part(void **state)
{
	static const char *const list[] = {"redis-server", "db", "web@1",
	    "web@2", "worker", NULL};

	(void)state;
	assert_string_equal(text_near("redis", list, NULL), "redis-server");
	assert_string_equal(text_near("db.service", list, NULL), "db");
	assert_string_equal(text_near("DB.service", list, NULL), "db");
	/* Two would do. */
	assert_null(text_near("web", list, NULL));
	assert_string_equal(text_near("web", list, "web@1"), "web@2");
	assert_null(text_near("work", list, NULL));
	assert_null(text_near(".service", list, NULL));
}

static void
never_finds_the_exception(void **state)
{
	static const char *const list[] = {"web", "wab", NULL};

	(void)state;
	assert_string_equal(text_near("wbe", list, NULL), "web");
	assert_string_equal(text_near("wbe", list, "wab"), "web");
	assert_string_equal(text_near("wab", list, "web"), "wab");
	assert_null(text_near("wbe", list, "web"));
}

/* Of two as near the first, of all the nearest. */
static void
prefers_the_nearest(void **state)
{
	static const char *const list[] = {"abcdeXY", "abcdeX", "abcdeY", NULL};

	(void)state;
	assert_string_equal(text_near("abcde", list, NULL), "abcdeX");
}

static void
program_names(void **state)
{
	static const char *const good[] = {"a", "0", "Z9", "web", "a.b_c@d-e"};
	static const char *const bad[] = {"", ".a", "-a", "_a", "@a", "a b",
	    "a/b", "a\n", "a\xc3\xa4", "a:b", "a~", ".."};
	char name[66];

	(void)state;
	for (size_t i = 0; i < nitems(good); i++)
		assert_true(text_is_name(good[i]));
	for (size_t i = 0; i < nitems(bad); i++)
		assert_false(text_is_name(bad[i]));
	memset(name, 'n', 65);
	name[65] = '\0';
	assert_false(text_is_name(name));
	assert_true(text_is_name(name + 1));
}

static char seen[256];

static void
note(void *arg, char *line, size_t len)
{
	int *n = arg;

	assert_int_equal(line[len], '\0');
	strcat(seen, "[");
	strncat(seen, line, len);
	strcat(seen, "]");
	line[0] = 'x';
	++*n;
}

static void
assert_lines(const char *text, size_t len, int n, const char *expected)
{
	int count = 0;

	seen[0] = '\0';
	assert_int_equal(text_each_line(text, len, note, &count), 0);
	assert_string_equal(seen, expected);
	assert_int_equal(count, n);
}

static void
splits_lines(void **state)
{
	(void)state;
	assert_lines("", 0, 0, "");
	assert_lines("\n", 1, 1, "[]");
	assert_lines("one", 3, 1, "[one]");
	assert_lines("one\n", 4, 1, "[one]");
	assert_lines("one\n\ntwo\r\n", 10, 3, "[one][][two\r]");
	/* Bytes after the end are not read. */
	assert_lines("one\ntwo", 5, 2, "[one][t]");
}

static void
leaves_out_the_byte_order_mark(void **state)
{
	(void)state;
	assert_lines("\xef\xbb\xbfone\n", 7, 1, "[one]");
	assert_lines("\xef\xbb\xbf", 3, 0, "");
	assert_lines("\xef\xbb", 2, 1, "[\xef\xbb]");
	assert_lines("one\n\xef\xbb\xbf", 7, 2, "[one][\xef\xbb\xbf]");
}

static void
gives_the_length_of_a_line(void **state)
{
	(void)state;
	/* The length is more than strlen(3) finds. */
	assert_lines("a\0b\nc", 5, 2, "[a][c]");
}

static void
cuts_blanks_off(void **state)
{
	static const struct {
		const char *from;
		const char *to;
	} cases[] = {
	    {"", ""},
	    {" \t ", ""},
	    {"a", "a"},
	    {"\t a b ", "a b"},
	    {" a\r", "a\r"},
	};
	char s[16];

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		strlcpy(s, cases[i].from, sizeof(s));
		assert_string_equal(text_trim(s, " \t"), cases[i].to);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations),
	    cmocka_unit_test(printed_durations_parse),
	    cmocka_unit_test(humane_durations),
	    cmocka_unit_test(humane_agos),
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(humane_sizes),
	    cmocka_unit_test(reads_signals),
	    cmocka_unit_test(names_signals),
	    cmocka_unit_test(finds_near_misses),
	    cmocka_unit_test(finds_names_with_another_part),
	    cmocka_unit_test(never_finds_the_exception),
	    cmocka_unit_test(prefers_the_nearest),
	    cmocka_unit_test(program_names),
	    cmocka_unit_test(cuts_blanks_off),
	    cmocka_unit_test(splits_lines),
	    cmocka_unit_test(leaves_out_the_byte_order_mark),
	    cmocka_unit_test(gives_the_length_of_a_line),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
