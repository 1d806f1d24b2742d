/* present_text: the status of programs and configuration as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/present.h"

#define NOW 1000000

/* Check the text of the lines. */
static void
check(const char *lines, bool colour, bool details, const char *expected)
{
	struct reply reply = {0};
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct ctl ctl = {.out = f, .colour = colour, .now = NOW};

	assert_non_null(f);
	assert_int_equal(reply_add_all(&reply, lines), 0);
	present_text.status(&ctl, &reply, details);
	fclose(f);
	assert_string_equal(text, expected);
	free(text);
	reply_clear(&reply);
}

static void
aligns(void **state)
{
	(void)state;
	check(
	    "program name=web state=up want=run ready=yes pid=1234 "
	    "since=99000000 uptime=99000000 restarts=3 "
	    "exit=exited,%20status%201 code=1 memory=13002342 "
	    "reason=pid%201234\n"
	    "program name=a-longer-one state=failed want=run ready=no "
	    "restarts=15 exit=killed%20by%20SIGKILL,%20core%20dumped signal=9 "
	    "reason=given%20up\n"
	    "program name=off state=down want=rest ready=no restarts=0 "
	    "reason=stopped\n"
	    "program name=bad state=wait want=run ready=no restarts=1 "
	    "exit=exec:%20No%20such%20file stage=exec reason=again%20in%201s\n"
	    "program name=dep state=down want=run ready=no restarts=0 "
	    "reason=waits%20for%20bad\n",
	    false, false,
	    "NAME          STATE    PID  UPTIME  RESTARTS  EXIT        MEM  "
	    "READY\n"
	    "a-longer-one  failed     -       -        15  SIGKILL       -  "
	    "-\n"
	    "  given up\n"
	    "bad           wait       -       -         1  exec          -  "
	    "-\n"
	    "  again in 1s\n"
	    "dep           down       -       -         0  -             -  "
	    "-\n"
	    "  waits for bad\n"
	    "off           down       -       -         0  -             -  "
	    "-\n"
	    "web           up      1234   1d 3h         3  status 1  12.3M  "
	    "yes\n");
}

static void
colours_the_state_alone(void **state)
{
	(void)state;
	check("program name=a state=up ready=yes restarts=0\n"
	      "program name=b state=wait restarts=0\n"
	      "program name=c state=up ready=yes restarts=0 health=healthy\n"
	      "program name=d state=up ready=yes restarts=0 health=unhealthy "
	      "reason=unhealthy%201/3\n",
	    true, false,
	    "NAME  STATE  PID  UPTIME  RESTARTS  EXIT  MEM  READY\n"
	    "b     \033[33mwait\033[0m     -       -         0  -       -  "
	    "-\n"
	    "d     \033[33mup\033[0m       -       -         0  -       -  "
	    "yes\n"
	    "  unhealthy 1/3\n"
	    "a     \033[32mup\033[0m       -       -         0  -       -  "
	    "yes\n"
	    "c     \033[32mup\033[0m       -       -         0  -       -  "
	    "yes\n");
}

/* The status of 500 programs on a terminal of that width; the caller frees. */
static char *
screen(int columns)
{
	struct line_text lines = {0};
	struct reply reply = {0};
	char *text, name[64];
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct ctl ctl = {.out = f, .columns = columns, .now = NOW};

	for (int i = 500; i > 0; i--) {
		line_begin(&lines, "program");
		snprintf(name, sizeof(name), "worker-of-the-long-queue@%d", i);
		line_put(&lines, "name", name);
		line_put(&lines, "state", i == 300 ? "failed" : "up");
		line_put(&lines, "want", "run");
		line_put(&lines, "ready", i == 300 ? "no" : "yes");
		line_put_number(&lines, "restarts", 0);
		if (i == 300)
			line_put_number(&lines, "code", 3);
		else {
			line_put_number(&lines, "pid", 10000 + i);
			line_put_number(&lines, "uptime", 3600000);
			line_put_number(&lines, "memory", 1048576);
		}
		line_end(&lines);
	}
	line_begin(&lines, "config");
	line_put_number(&lines, "programs", 500);
	line_put_number(&lines, "time", NOW);
	line_put(&lines, "differs", "no");
	line_end(&lines);
	assert_int_equal(reply_add_all(&reply, lines.s), 0);
	present_text.status(&ctl, &reply, false);
	fclose(f);
	line_text_clear(&lines);
	reply_clear(&reply);
	return text;
}

/* The screen begins so, and no line of its table is longer than the head. */
static void
check_screen(int columns, const char *beginning)
{
	static const char end[] =
	    "\n500 programs: 1 failed, 499 up\n"
	    "generation 0, accepted 1970-01-12T13:46:40+00:00 (0s ago)\n"
	    "files on disk: as running\n";
	char *text = screen(columns), *line = text;
	size_t width = strcspn(text, "\n");

	setenv("TZ", "UTC", 1);
	assert_int_equal(strncmp(text, beginning, strlen(beginning)), 0);
	for (int i = 0; i < 501; i++) {
		assert_in_range(strcspn(line, "\n"), 1, width);
		line += strcspn(line, "\n") + 1;
	}
	assert_string_equal(line, end);
	free(text);
}

static void
fits_500_programs_to_the_screen(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	check_screen(40,
	    "NAME               STATE     PID  UPTIME\n"
	    "worker-o~ueue@300  failed      -       -\n"
	    "worker-o~-queue@1  up      10001      1h\n"
	    "worker-o~-queue@2  up      10002      1h\n");
	check_screen(80,
	    "NAME                       STATE     PID  UPTIME  RESTARTS  "
	    "EXIT      MEM  READY\n"
	    "worker-of-th~ng-queue@300  failed      -       -         0  "
	    "status 3    -  -\n"
	    "worker-of-th~long-queue@1  up      10001      1h         0  "
	    "-          1M  yes\n");
	check_screen(200,
	    "NAME                          STATE     PID  UPTIME  RESTARTS  "
	    "EXIT      MEM  READY\n"
	    "worker-of-the-long-queue@300  failed      -       -         0  "
	    "status 3    -  -\n"
	    "worker-of-the-long-queue@1    up      10001      1h         0  "
	    "-          1M  yes\n");
}

static void
tells_details(void **state)
{
	(void)state;
	check("program name=a state=up want=run ready=yes since=5000 "
	      "restarts=0 exit=exited,%20status%200 code=0 ended=996400 "
	      "status=busy%1b[31m conf=/c/a.conf log=/l/a.log\n"
	      "details name=a command=sleep%20%1b\n"
	      "need of=a name=b state=up ready=yes\n"
	      "need of=a name=c state=wait ready=no\n"
	      "need of=x name=y state=up ready=yes\n",
	    false, true,
	    "NAME  STATE  PID  UPTIME  RESTARTS  EXIT      MEM  READY\n"
	    "a     up       -       -         0  status 0    -  yes\n"
	    "  state     up for 5s, wanted: run\n"
	    "  status    busy\\033[31m\n"
	    "  last end  exited, status 0, 1h ago\n"
	    "  needs     b (up), c (wait)\n"
	    "  command   sleep \\033\n"
	    "  file      /c/a.conf\n"
	    "  log       /l/a.log\n");
}

static void
tells_the_next_start(void **state)
{
	(void)state;
	check("program name=a state=wait want=run since=5000 again=3500 "
	      "reason=exited,%20status%201,%20again%20in%208500ms\n",
	    false, true,
	    "NAME  STATE  PID  UPTIME  RESTARTS  EXIT  MEM  READY\n"
	    "a     wait     -       -         -  -       -  -\n"
	    "  state     wait for 5s, wanted: run\n"
	    "  next      start in 3s\n"
	    "  reason    exited, status 1, again in 8500ms\n");
}

static void
tells_health(void **state)
{
	(void)state;
	check("program name=a state=up want=run ready=yes since=5000 "
	      "restarts=0 reason=pid%201 health=healthy\n",
	    false, true,
	    "NAME  STATE  PID  UPTIME  RESTARTS  EXIT  MEM  READY\n"
	    "a     up       -       -         0  -       -  yes\n"
	    "  state     up for 5s, wanted: run\n"
	    "  health    healthy\n");
	check("program name=a state=up want=run ready=yes since=5000 "
	      "restarts=0 reason=unhealthy%201/3:%20x health=unhealthy\n",
	    false, true,
	    "NAME  STATE  PID  UPTIME  RESTARTS  EXIT  MEM  READY\n"
	    "a     up       -       -         0  -       -  yes\n"
	    "  state     up for 5s, wanted: run\n"
	    "  reason    unhealthy 1/3: x\n");
}

static void
survives_absent_fields(void **state)
{
	(void)state;
	check("program\n", false, true,
	    "NAME  STATE    PID  UPTIME  RESTARTS  EXIT  MEM  READY\n"
	    "?     unknown    -       -         -  -       -  -\n");
	check("", false, true, "");
	check("", false, false,
	    "no program is configured; "
	    "'hupctl add NAME -- COMMAND' adds one\n");
}

static void
tells_the_configuration(void **state)
{
	setenv("TZ", "UTC", 1);
	(void)state;
	check("config generation=7 time=999995 source=files differs=no "
	      "programs=1\n",
	    false, false,
	    "no program is configured; "
	    "'hupctl add NAME -- COMMAND' adds one\n\n"
	    "generation 7, accepted 1970-01-12T13:46:35+00:00 (5s ago), "
	    "1 program\n"
	    "files on disk: as running\n");
	check("config generation=0 time=999995 source=accepted "
	      "differs=rejected programs=2\n"
	      "rejected time=999940 count=3\n"
	      "error text=x.conf:3:%20comand:%20unknown%20key "
	      "file=x.conf line=3 key=comand reason=unknown%20key\n",
	    false, false,
	    "no program is configured; "
	    "'hupctl add NAME -- COMMAND' adds one\n\n"
	    "generation 0, accepted 1970-01-12T13:46:35+00:00 (5s ago), "
	    "2 programs\n"
	    "files on disk: rejected (see hupctl check)\n"
	    "running the last accepted configuration: the files on disk were "
	    "rejected\n"
	    "last reload rejected at 1970-01-12T13:45:40+00:00 (1m ago):\n"
	    "  x.conf:3: comand: unknown key\n"
	    "  and 2 more\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(aligns),
	    cmocka_unit_test(colours_the_state_alone),
	    cmocka_unit_test(fits_500_programs_to_the_screen),
	    cmocka_unit_test(tells_details),
	    cmocka_unit_test(tells_the_next_start),
	    cmocka_unit_test(tells_health),
	    cmocka_unit_test(survives_absent_fields),
	    cmocka_unit_test(tells_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
