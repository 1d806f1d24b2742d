/*
 * hupctl - the client of hupd: what it can be told, and by whom it is done.
 */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/ctl.h"
#include "client/cmd.h"
#include "client/cmd.h"
#include "client/cmd.h"
#include "client/cmd.h"
#include "client/cmd.h"
#include "client/cmd.h"
#include "client/cmd.h"
#include "client/cmd.h"
#include "client/cmd.h"
#include "client/cmd.h"
#include "wire/line.h"
#include "base/text.h"

enum { OPT_NO_WAIT = 256 };

/* Seconds between two looks at most. */
#define DELAY_MAX 3600

static ctl_command help;

/*
 * options: the short ones that the command takes besides -h and -j, W for
 * --no-wait, C for a command line after "--".  min, max: how many operands; -a
 * stands for one.
 */
static const struct command {
	const char *name;
	const char *operands;
	const char *what;
	const char *options;
	int min;
	int max;
	ctl_command *run;
} commands[] = {
    {"status", "[NAME ...]", "show programs and the configuration", "", 0,
	INT_MAX, cmd_status_run},
    {"start", "[--no-wait] -a | NAME ...", "start programs", "aW", 1, INT_MAX,
	cmd_act_start},
    {"stop", "[--no-wait] -a | NAME ...", "stop programs", "aW", 1, INT_MAX,
	cmd_act_stop},
    {"restart", "[--no-wait] -a | NAME ...", "stop and start programs", "aW", 1,
	INT_MAX, cmd_act_restart},
    {"reload", "[--no-wait] [NAME ...]", "apply the files, or have NAME reload",
	"W", 0, INT_MAX, cmd_reload_run},
    {"signal", "SIGNAL NAME", "send a program a signal", "", 2, 2,
	cmd_plain_signal},
    {"add", "NAME [KEY=VALUE ...] -- COMMAND ... | NAME@INSTANCE",
	"write a program's file, and reload", "C", 1, INT_MAX, cmd_add_run},
    {"remove", "NAME", "delete a program's file, and reload", "", 1, 1,
	cmd_add_remove},
    {"check", "[FILE ...]", "validate, show what a reload would do", "", 0,
	INT_MAX, cmd_check_run},
    {"import", "[-w] FILE ...", "convert files of supervisord", "w", 1, INT_MAX,
	cmd_import_run},
    {"log", "[-f] [-n LINES] NAME", "show or follow a program's log", "fn", 1,
	1, cmd_log_run},
    {"metrics", "", "print OpenMetrics text", "", 0, 0, cmd_metrics_run},
    {"top", "[-d SECONDS]", "watch programs, with CPU and memory", "d", 0, 0,
	cmd_top_run},
    {"reopen", "", "close and open the log files", "", 0, 0, cmd_plain_reopen},
    {"reexec", "", "replace hupd by the newly installed one", "", 0, 0,
	cmd_reexec_run},
    {"ping", "", "does hupd answer?", "", 0, 0, cmd_plain_ping},
    {"version", "", "show the versions of hupctl and hupd", "", 0, 0,
	cmd_plain_version},
    {"help", "[COMMAND]", "show this, or how a command is used", "", 0, 1,
	help},
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

/* One that is too wide for its column becomes two. */
static void
usage_row(FILE *f, const struct command *command)
{
	const int width = 26;
	int n = (int)strlen(command->operands);

	fprintf(f, "  %-8s %-*s", command->name, width, command->operands);
	if (n > width)
		fprintf(f, "\n%*s", 11 + width, "");
	fprintf(f, " %s\n", command->what);
}

static void
usage(FILE *f)
{
	const char *meaning;
	size_t i;

	fputs("usage: hupctl [-j] [-f FILE | -s SOCKET] COMMAND [ARGUMENT ...]"
	      "\n\ncommands:\n",
	    f);
	for (i = 0; i < NCOMMANDS; i++)
		usage_row(f, &commands[i]);
	fputs("\noptions:\n"
	      "  -f, --config FILE    the configuration file of the daemon "
	      "that is meant\n"
	      "  -s, --socket SOCKET  the socket of the daemon that is meant\n"
	      "  -j, --json           print JSON\n"
	      "  -h, --help           show this\n"
	      "  -V, --version        show the version of hupctl\n"
	      "  --no-wait            do not wait for the outcome\n"
	      "  -a, --all            all programs\n"
	      "\nexit status:\n",
	    f);
	for (int status = 0; status <= STATUS_MAX; status++)
		if ((meaning = names_status(status)) != NULL)
			fprintf(f, "  %d  %s\n", status, meaning);
}

static int
short_usage(void)
{
	size_t i;

	fputs("usage: hupctl [-j] [-f FILE | -s SOCKET] COMMAND [ARGUMENT ...]"
	      "\ncommands:",
	    stderr);
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(stderr, " %s", commands[i].name);
	fputs("\nSee hupctl help, or hupctl(1).\n", stderr);
	return STATUS_USAGE;
}

static int
command_usage(const struct command *command, FILE *f)
{
	fprintf(f, "usage: hupctl %s%s%s\n", command->name,
	    *command->operands != '\0' ? " " : "", command->operands);
	return STATUS_USAGE;
}

/* How it is used, and what its options do. */
static void
command_help(const struct command *command)
{
	static const struct {
		char letter;
		const char *form;
		const char *what;
	} options[] = {
	    {'a', "-a, --all", "all programs"},
	    {'d', "-d, --delay SECONDS", "between two looks, 2 by default"},
	    {'f', "-f, --follow", "go on with what is added"},
	    {'n', "-n, --lines LINES", "how many lines, 10 by default"},
	    {'w', "-w, --write", "write the files, not only show them"},
	    {'W', "--no-wait", "do not wait for the outcome"},
	};
	size_t i;

	command_usage(command, stdout);
	printf("%s\n", command->what);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strchr(command->options, options[i].letter) != NULL)
			printf("  %-20s %s\n", options[i].form,
			    options[i].what);
	}
}

/* The command of that name, or NULL after having said what there is. */
static const struct command *
find(const struct ctl *ctl, const char *name)
{
	const char *names[NCOMMANDS + 1] = {NULL}, *near;
	size_t i;

	for (i = 0; i < NCOMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	if ((near = text_near(name, names)) != NULL)
		ctl_fail(ctl, STATUS_USAGE,
		    "there is no command '%s': did you mean '%s'?", name, near);
	else
		ctl_fail(ctl, STATUS_USAGE,
		    "there is no command '%s': see hupctl help", name);
	return NULL;
}

static int
help(const struct ctl *ctl, int argc, char **argv)
{
	const struct command *command;

	if (argc == 0) {
		usage(stdout);
		return STATUS_OK;
	}
	if ((command = find(ctl, argv[0])) == NULL)
		return STATUS_USAGE;
	command_help(command);
	return STATUS_OK;
}

/*
 * Options before the command.  Returns the index of the command, or -1 with
 * the exit status.
 */
static int
global_options(struct ctl *ctl, int argc, char **argv, int *status)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'f'},
	    {"help", no_argument, NULL, 'h'},
	    {"json", no_argument, NULL, 'j'},
	    {"socket", required_argument, NULL, 's'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*status = STATUS_OK;
	while ((c = getopt_long(argc, argv, "+f:hjs:V", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			ctl->config = optarg;
			break;
		case 'h':
			usage(stdout);
			return -1;
		case 'j':
			ctl->json = true;
			break;
		case 's':
			ctl->socket = optarg;
			break;
		case 'V':
			printf("hupctl %s\n", HUPD_VERSION);
			return -1;
		default:
			*status = short_usage();
			return -1;
		}
	}
	if (optind < argc)
		return optind;
	*status = short_usage();
	return -1;
}

static int
set_number(const struct ctl *ctl, int64_t *number, int64_t least, int64_t most,
    const char *what, const char *s)
{
	const char *why;

	*number = strtonum(s, least, most, &why);
	if (why == NULL)
		return 0;
	ctl_fail(ctl, STATUS_USAGE, "%s '%s': %s", what, s, why);
	return -1;
}

/* One option of a command.  -1: it is wrong, and that has been said. */
static int
command_option(struct ctl *ctl, const struct command *command, int c)
{
	if (c == 'j') {
		ctl->json = true;
		return 0;
	}
	if (c == '?' ||
	    strchr(command->options, c == OPT_NO_WAIT ? 'W' : c) == NULL) {
		if (c != '?')
			ctl_warn("%s takes no such option", command->name);
		command_usage(command, stderr);
		return -1;
	}
	switch (c) {
	case 'a':
		ctl->all = true;
		return 0;
	case 'd':
		return set_number(ctl, &ctl->delay, 1, DELAY_MAX, "seconds",
		    optarg);
	case 'f':
		ctl->follow = true;
		return 0;
	case 'n':
		return set_number(ctl, &ctl->lines, 0, LLONG_MAX,
		    "number of lines", optarg);
	case 'w':
		ctl->write = true;
		return 0;
	default:
		ctl->no_wait = true;
		return 0;
	}
}

/* Options after the command.  The exit status in *status, or go on. */
static bool
command_options(struct ctl *ctl, const struct command *command, int argc,
    char **argv, int *status)
{
	static const struct option options[] = {
	    {"all", no_argument, NULL, 'a'},
	    {"delay", required_argument, NULL, 'd'},
	    {"follow", no_argument, NULL, 'f'},
	    {"help", no_argument, NULL, 'h'},
	    {"json", no_argument, NULL, 'j'},
	    {"lines", required_argument, NULL, 'n'},
	    {"no-wait", no_argument, NULL, OPT_NO_WAIT},
	    {"write", no_argument, NULL, 'w'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	/* 0 has getopt_long(3) begin anew, as glibc and musl have it. */
	optind = 0;
	while ((c = getopt_long(argc, argv, "ad:fhjn:w", options, NULL)) !=
	    -1) {
		if (c == 'h') {
			command_help(command);
			*status = STATUS_OK;
			return false;
		}
		if (command_option(ctl, command, c) == -1) {
			*status = STATUS_USAGE;
			return false;
		}
	}
	return true;
}

/*
 * A command line after "--" is the program's.  getopt_long(3), which would mix
 * it with the operands before it, does not get to see it.  False: nothing
 * follows.
 */
static bool
split_command(struct ctl *ctl, const struct command *command, int *argc,
    char **argv)
{
	int i;

	if (strchr(command->options, 'C') == NULL)
		return true;
	for (i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++)
		;
	if (i == *argc)
		return true;
	if (i + 1 == *argc)
		return false;
	ctl->command = argv + i + 1;
	argv[i] = NULL;
	*argc = i;
	return true;
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	const struct command *command;
	char *self = argv[0];
	int at, operands, status;
	bool split;

	if ((at = global_options(ctl, argc, argv, &status)) == -1)
		return status;
	if ((command = find(ctl, argv[at])) == NULL)
		return STATUS_USAGE;
	/* getopt_long(3) names itself after the first. */
	argv += at;
	argc -= at;
	argv[0] = self;
	split = split_command(ctl, command, &argc, argv);
	if (!command_options(ctl, command, argc, argv, &status))
		return status;
	operands = argc - optind;
	if (!split || operands + ctl->all < command->min ||
	    operands > command->max)
		return command_usage(command, stderr);
	return command->run(ctl, operands, argv + optind);
}

int
main(int argc, char **argv)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct ctl ctl = {.lines = 10, .delay = 2};

	ctl.terminal = isatty(STDOUT_FILENO);
	ctl.colour = ctl.terminal &&
	    (no_colour == NULL || *no_colour == '\0') && term != NULL &&
	    strcmp(term, "dumb") != 0;
	return ctl_finish(run(&ctl, argc, argv));
}
