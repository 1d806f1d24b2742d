/*
 * command - the command line of hupctl: its commands and options as tables.
 */
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "base/text.h"
#include "client/cmd.h"
#include "client/command.h"
#include "client/hosts.h"
#include "client/present.h"
#include "client/talk.h"
#include "wire/line.h"
#include "wire/names.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static ctl_command help;

/*
 * options: the keys of the options that the command takes besides those of
 * every command, C if a command line may follow after "--", and H if -H may
 * have other machines run it.  min, max: the number of operands; -a counts as
 * one.
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
    {"status", "[--failed] [--names | --tree] [NAME ...]",
	"show programs and the configuration", "eNtH", 0, INT_MAX,
	cmd_status_run},
    {"start", "[--no-wait] -a | NAME ...", "start programs", "aWH", 1, INT_MAX,
	cmd_act_run},
    {"stop", "[--no-wait] -a | NAME ...", "stop programs", "aWH", 1, INT_MAX,
	cmd_act_run},
    {"restart", "[--no-wait] -a | NAME ...", "stop and start programs", "aWH",
	1, INT_MAX, cmd_act_run},
    {"reload", "[--no-wait] [--timeout TIME] [NAME ...]",
	"apply the files, or have NAME reload", "WTH", 0, INT_MAX,
	cmd_reload_run},
    {"is-active", "NAME ...", "print the state alone", "H", 1, INT_MAX,
	cmd_status_is_active},
    {"wait", "[--for STATE] [--timeout TIME] NAME ...",
	"wait until programs are ready, or STATE", "GTH", 1, INT_MAX,
	cmd_act_wait},
    {"signal", "SIGNAL NAME ...", "send programs a signal", "", 2, INT_MAX,
	cmd_plain_signal},
    {"add", "NAME [--all] [KEY=VALUE ...] -- COMMAND ... | NAME@INSTANCE",
	"write a program's file, and reload", "AC", 1, INT_MAX, cmd_add_run},
    {"remove", "[--all] NAME ...", "delete programs' files, and reload", "A", 1,
	INT_MAX, cmd_add_remove},
    {"edit", "[--all] NAME", "edit a program's file, and reload", "A", 1, 1,
	cmd_edit_run},
    {"enable", "[--all] NAME ...", "have programs start with hupd again", "A",
	1, INT_MAX, cmd_enable_run},
    {"disable", "[--all] NAME ...", "do not start programs with hupd", "A", 1,
	INT_MAX, cmd_enable_disable},
    {"check", "[--as NAME] [FILE ...]", "validate, show what a reload would do",
	"m", 0, INT_MAX, cmd_check_run},
    {"cat", "NAME ...", "print files, and what they inherit", "", 1, INT_MAX,
	cmd_keys_cat},
    {"list-keys", "", "list the keys of the configuration", "", 0, 0,
	cmd_keys_list},
    {"import", "[-w] FILE ...", "convert files of supervisord", "w", 1, INT_MAX,
	cmd_import_run},
    {"log", "[-f] [-n N] [-g RE] [--raw] [--since T] [--until T] [NAME ...]",
	"show or follow logs", "FgnRSUH", 0, INT_MAX, cmd_log_run},
    {"events", "[-f] [-n N] [NAME ...]", "show or follow changes of programs",
	"Fn", 0, INT_MAX, cmd_events_run},
    {"metrics", "", "print OpenMetrics text", "", 0, 0, cmd_status_metrics},
    {"top", "[-d SECONDS]", "watch programs, with CPU and memory", "d", 0, 0,
	cmd_top_run},
    {"reopen", "", "close and open the log files", "", 0, 0, cmd_plain_reopen},
    {"reexec", "", "replace hupd by the newly installed one", "", 0, 0,
	cmd_reexec_run},
    {"shutdown", "[--no-wait] [--timeout TIME]",
	"stop all programs, then hupd itself", "WT", 0, 0, cmd_shutdown_run},
    {"ping", "", "does hupd answer?", "H", 0, 0, cmd_plain_ping},
    {"version", "", "show the versions of hupctl and hupd", "H", 0, 0,
	cmd_plain_version},
    {"help", "[COMMAND]", "show this, or how a command is used", "", 0, 1,
	help},
};

/*
 * Words of other tools.  A command: it does the same.  A hint: a word that
 * ends or deletes something is explained and not obeyed, for it might do more
 * than its user means.
 */
static const struct synonym {
	const char *word;
	const char *command; /* or NULL */
	const char *hint;
} synonyms[] = {
    {"list", "status", NULL},
    {"ps", "status", NULL},
    {"ls", "status", NULL},
    {"show", "status", NULL},
    {"describe", "status", NULL},
    {"tail", "log", NULL},
    {"logs", "log", NULL},
    {"up", "start", NULL},
    {"delete", NULL, "'hupctl remove NAME' stops it and deletes its file"},
    {"rm", NULL, "'hupctl remove NAME' stops it and deletes its file"},
    {"down", NULL,
	"'hupctl stop NAME' stops a program, 'hupctl stop -a' all, 'hupctl "
	"shutdown' hupd as well"},
    {"kill", NULL,
	"'hupctl stop NAME' stops a program, 'hupctl signal KILL NAME' kills "
	"its process"},
    {"halt", NULL, "'hupctl shutdown' stops all programs, then hupd"},
};

/* Where an option may stand: before the command, after every or some. */
enum { BEFORE = 1, EVERY = 2, SOME = 4, AFTER = EVERY | SOME };

/*
 * key: what a command's row calls it, and getopt_long(3) returns.  A flag, a
 * string, a number or a duration (in ms) is put into the member of struct ctl
 * at offset to; a number lies within least and most.
 */
static const struct option_row {
	int key;
	char letter; /* or 0 */
	const char *name;
	const char *argument; /* or NULL */
	const char *what;
	int where;
	enum { FLAG, STRING, NUMBER, DURATION, FORMAT, HELP, VERSION } kind;
	size_t to;
	int64_t least, most, fallback;
	const struct present *format;
} options[] = {
    {'f', 'f', "config", "FILE", "use the daemon whose configuration is FILE",
	BEFORE, STRING, .to = offsetof(struct ctl, config)},
    {'H', 'H', "hosts", "HOST,...", "use those of other machines, by ssh",
	BEFORE, STRING, .to = offsetof(struct ctl, hosts)},
    {'s', 's', "socket", "SOCKET", "use the daemon that listens on SOCKET",
	BEFORE, STRING, .to = offsetof(struct ctl, socket)},
    {'j', 'j', "json", NULL, "print JSON", BEFORE | EVERY, FORMAT,
	.format = &present_json},
    {'h', 'h', "help", NULL, "show this", BEFORE | EVERY, HELP, .to = 0},
    {'V', 'V', "version", NULL, "show the version of hupctl", BEFORE, VERSION,
	.to = 0},
    {'a', 'a', "all", NULL, "all programs", SOME, FLAG,
	.to = offsetof(struct ctl, all)},
    {'A', 0, "all", NULL, "apply changed files of other programs, too", SOME,
	FLAG, .to = offsetof(struct ctl, others)},
    {'m', 0, "as", "NAME", "check FILE as the file of NAME", SOME, STRING,
	.to = offsetof(struct ctl, as)},
    {'d', 'd', "delay", "SECONDS", "time between two looks", SOME, NUMBER,
	.to = offsetof(struct ctl, delay), 1, 3600, 2},
    {'e', 0, "failed", NULL, "only programs that fail", SOME, FLAG,
	.to = offsetof(struct ctl, failed)},
    {'N', 0, "names", NULL, "print names alone", SOME, FLAG,
	.to = offsetof(struct ctl, names_only)},
    {'t', 0, "tree", NULL, "with their dependencies, as a tree", SOME, FLAG,
	.to = offsetof(struct ctl, tree)},
    {'F', 'f', "follow", NULL, "print lines as they are added", SOME, FLAG,
	.to = offsetof(struct ctl, follow)},
    {'G', 0, "for", "STATE", "ready, stopped, up, down, done or failed", SOME,
	STRING, .to = offsetof(struct ctl, goal)},
    {'g', 'g', "grep", "REGEX", "only lines that match", SOME, STRING,
	.to = offsetof(struct ctl, pattern)},
    {'n', 'n', "lines", "LINES", "the last lines; 10, or all that are selected",
	SOME, NUMBER, .to = offsetof(struct ctl, lines), 0, INT64_MAX, -1},
    {'R', 0, "raw", NULL, "no names, and nothing is escaped", SOME, FLAG,
	.to = offsetof(struct ctl, raw)},
    {'S', 0, "since", "TIME", "from then on, for example '10 min ago'", SOME,
	STRING, .to = offsetof(struct ctl, since)},
    {'T', 0, "timeout", "TIME", "wait no longer, for example 90s", SOME,
	DURATION, .to = offsetof(struct ctl, timeout), .fallback = -1},
    {'U', 0, "until", "TIME", "up to then", SOME, STRING,
	.to = offsetof(struct ctl, until)},
    {'w', 'w', "write", NULL, "write the files, not only show them", SOME, FLAG,
	.to = offsetof(struct ctl, write)},
    {'W', 0, "no-wait", NULL, "do not wait for the outcome", SOME, FLAG,
	.to = offsetof(struct ctl, no_wait)},
};

/* May the option stand there?  command: NULL before it. */
static bool
is_taken(const struct option_row *option, const struct command *command)
{
	if (command == NULL)
		return (option->where & BEFORE) != 0;
	return (option->where & EVERY) != 0 ||
	    ((option->where & SOME) != 0 &&
		strchr(command->options, option->key) != NULL);
}

/* A text that is too wide for its column gets a line of its own. */
static void
put_row(FILE *f, int width, const char *text, const char *what)
{
	fprintf(f, "  %-*s", width, text);
	if ((int)strlen(text) > width)
		fprintf(f, "\n%*s", 2 + width, "");
	fprintf(f, " %s\n", what);
}

static void
put_command(FILE *f, const struct command *command)
{
	char text[128];

	snprintf(text, sizeof(text), "%-8s %s", command->name,
	    command->operands);
	put_row(f, 35, text, command->what);
}

/* "  -n, --lines LINES    number of lines, 10 by default" */
static void
put_option(FILE *f, const struct option_row *option)
{
	char text[64] = "", what[128];

	if (option->letter != 0)
		snprintf(text, sizeof(text), "-%c, ", option->letter);
	strlcat(text, "--", sizeof(text));
	strlcat(text, option->name, sizeof(text));
	if (option->argument != NULL) {
		strlcat(text, " ", sizeof(text));
		strlcat(text, option->argument, sizeof(text));
	}
	if (option->kind == NUMBER && option->fallback >= 0)
		snprintf(what, sizeof(what), "%s, %lld by default",
		    option->what, (long long)option->fallback);
	else
		strlcpy(what, option->what, sizeof(what));
	put_row(f, 20, text, what);
}

static void
put_synopsis(FILE *f)
{
	fputs("usage: hupctl [-j] [-f FILE | -s SOCKET] [-H HOST,...] "
	      "COMMAND [ARGUMENT ...]\n",
	    f);
}

static void
usage(FILE *f)
{
	const char *meaning;
	size_t i;

	put_synopsis(f);
	fputs("\ncommands:\n", f);
	for (i = 0; i < COUNT(commands); i++)
		put_command(f, &commands[i]);
	fputs("\noptions:\n", f);
	for (i = 0; i < COUNT(options); i++) {
		if ((options[i].where & BEFORE) != 0)
			put_option(f, &options[i]);
	}
	fputs("\noptions of some commands:\n", f);
	for (i = 0; i < COUNT(options); i++) {
		if ((options[i].where & SOME) != 0)
			put_option(f, &options[i]);
	}
	fputs("\nexit status:\n", f);
	for (int status = 0; status <= STATUS_MAX; status++)
		if ((meaning = names_status(status)) != NULL)
			fprintf(f, "  %d  %s\n", status, meaning);
}

static int
short_usage(void)
{
	size_t i;

	put_synopsis(stderr);
	fputs("commands:", stderr);
	for (i = 0; i < COUNT(commands); i++)
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

/* How it is used, and what its own options do. */
static void
command_help(const struct command *command)
{
	size_t i;

	command_usage(command, stdout);
	printf("%s\n", command->what);
	for (i = 0; i < COUNT(options); i++) {
		if ((options[i].where & SOME) != 0 &&
		    is_taken(&options[i], command))
			put_option(stdout, &options[i]);
	}
}

static const struct synonym *
find_synonym(const char *word)
{
	for (size_t i = 0; i < COUNT(synonyms); i++)
		if (strcmp(synonyms[i].word, word) == 0)
			return &synonyms[i];
	return NULL;
}

/* The command of that name; or NULL after a message. */
static const struct command *
find(const struct ctl *ctl, const char *name)
{
	const struct synonym *synonym = find_synonym(name);
	const char *names[COUNT(commands) + 1] = {NULL}, *near;
	size_t i;

	if (synonym != NULL && synonym->command == NULL) {
		present_fail(ctl, STATUS_USAGE, "there is no command '%s': %s",
		    name, synonym->hint);
		return NULL;
	}
	if (synonym != NULL)
		name = synonym->command;
	for (i = 0; i < COUNT(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	if ((near = text_near(name, names, NULL)) != NULL)
		present_fail(ctl, STATUS_USAGE,
		    "there is no command '%s': did you mean '%s'?", name, near);
	else
		present_fail(ctl, STATUS_USAGE,
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

/* The options of a place as getopt_long(3) takes them. */
struct accepted {
	char letters[2 * COUNT(options) + 2];
	struct option longs[COUNT(options) + 1];
};

/* Does the command have another option of this name? */
static bool
is_other(const struct option_row *option, const struct command *command)
{
	if (is_taken(option, command))
		return false;
	for (size_t i = 0; i < COUNT(options); i++)
		if (strcmp(options[i].name, option->name) == 0 &&
		    is_taken(&options[i], command))
			return true;
	return false;
}

static void
accept_options(struct accepted *accepted, const struct command *command)
{
	const int where = command == NULL ? BEFORE : AFTER;
	char *letter = accepted->letters;
	struct option *l = accepted->longs;
	size_t i;

	memset(accepted, 0, sizeof(*accepted));
	if (where == BEFORE)
		*letter++ = '+'; /* stop at the command */
	for (i = 0; i < COUNT(options); i++) {
		if ((options[i].where & where) == 0)
			continue;
		if (!is_other(&options[i], command))
			*l++ = (struct option){options[i].name,
			    options[i].argument != NULL ? required_argument
							: no_argument,
			    NULL, options[i].key};
		if (options[i].letter == 0)
			continue;
		*letter++ = options[i].letter;
		if (options[i].argument != NULL)
			*letter++ = ':';
	}
}

/* A key or a letter; NULL: it is no option there. */
static const struct option_row *
find_option(int c, const struct command *command)
{
	size_t i;

	for (i = 0; i < COUNT(options); i++) {
		if ((options[i].key == c || options[i].letter == c) &&
		    is_taken(&options[i], command))
			return &options[i];
	}
	return NULL;
}

static int
set_number(struct ctl *ctl, const struct option_row *option, int64_t *number)
{
	const char *why;

	*number = strtonum(optarg, option->least, option->most, &why);
	if (why == NULL)
		return 0;
	present_fail(ctl, STATUS_USAGE, "--%s %s: the number is %s",
	    option->name, optarg, why);
	return -1;
}

static int
set_duration(struct ctl *ctl, const struct option_row *option, int64_t *ms)
{
	const char *why;

	if (text_duration(optarg, ms, &why) == 0)
		return 0;
	present_fail(ctl, STATUS_USAGE, "--%s %s: %s", option->name, optarg,
	    why);
	return -1;
}

/* Do what the option says.  0: continue; -1: *status is the exit status. */
static int
apply(struct ctl *ctl, const struct option_row *option,
    const struct command *command, int *status)
{
	void *to = (char *)ctl + option->to;

	*status = STATUS_OK;
	switch (option->kind) {
	case FLAG:
		*(bool *)to = true;
		return 0;
	case STRING:
		*(const char **)to = optarg;
		return 0;
	case NUMBER:
		*status = STATUS_USAGE;
		return set_number(ctl, option, to);
	case DURATION:
		*status = STATUS_USAGE;
		return set_duration(ctl, option, to);
	case FORMAT:
		ctl->present = option->format;
		return 0;
	case HELP:
		if (command != NULL)
			command_help(command);
		else
			usage(stdout);
		return -1;
	case VERSION:
		printf("hupctl %s\n", HUPD_VERSION);
		return -1;
	}
	return 0;
}

static int
wrong_option(const struct command *command, int c)
{
	if (command == NULL)
		return short_usage();
	if (c != '?')
		present_warn("%s takes no such option", command->name);
	return command_usage(command, stderr);
}

/*
 * Parse the options before the command, or those after it.  0: optind is the
 * next argument; -1: *status is the exit status.
 */
static int
parse(struct ctl *ctl, const struct command *command, int argc, char **argv,
    int *status)
{
	const struct option_row *option;
	struct accepted accepted;
	int c;

	accept_options(&accepted, command);
	/* 0 resets getopt_long(3), with glibc as with musl. */
	optind = 0;
	while ((c = getopt_long(argc, argv, accepted.letters, accepted.longs,
		    NULL)) != -1) {
		if ((option = find_option(c, command)) == NULL) {
			*status = wrong_option(command, c);
			return -1;
		}
		if (apply(ctl, option, command, status) == -1)
			return -1;
	}
	return 0;
}

/*
 * A command line after "--" is the program's.  getopt_long(3), which would mix
 * it with the operands before it, does not see it.  False: it is empty.
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

static void
set_defaults(struct ctl *ctl)
{
	size_t i;

	for (i = 0; i < COUNT(options); i++) {
		if (options[i].kind == NUMBER || options[i].kind == DURATION)
			*(int64_t *)(void *)((char *)ctl + options[i].to) =
			    options[i].fallback;
	}
}

/* The command is run by other machines; words: as they were typed. */
static int
run_there(const struct ctl *ctl, const struct command *command,
    char *const *words)
{
	if (strchr(command->options, 'H') == NULL)
		return present_fail(ctl, STATUS_USAGE,
		    "-H is not for '%s': run it there by ssh(1)",
		    command->name);
	return hosts_run(ctl, words);
}

/* argv begins with the command; words: a copy of it if there are hosts. */
static int
run_command(struct ctl *ctl, char *self, int argc, char **argv,
    char *const *words)
{
	const struct command *command;
	int operands, status;
	bool split;

	if ((command = find(ctl, argv[0])) == NULL)
		return STATUS_USAGE;
	/* getopt_long(3) begins its messages with the first. */
	argv[0] = self;
	split = split_command(ctl, command, &argc, argv);
	if (parse(ctl, command, argc, argv, &status) == -1)
		return status;
	operands = argc - optind;
	if (!split || operands + ctl->all < command->min ||
	    operands > command->max)
		return command_usage(command, stderr);
	ctl->name = command->name;
	if (ctl->hosts != NULL)
		return run_there(ctl, command, words);
	return command->run(ctl, operands, argv + optind);
}

int
command_run(struct ctl *ctl, int argc, char **argv)
{
	char **words = NULL;
	int status;

	set_defaults(ctl);
	if (parse(ctl, NULL, argc, argv, &status) == -1)
		return status;
	if (optind >= argc)
		return short_usage();
	if (ctl->socket != NULL)
		talk_trust_everybody();
	if (ctl->hosts != NULL && strings_copy(&words, argv + optind) == -1)
		return present_fail(ctl, STATUS_FAILED, "out of memory");
	status = run_command(ctl, argv[0], argc - optind, argv + optind, words);
	free(words);
	return status;
}

static void
list_options(FILE *f, const struct command *command)
{
	size_t i;

	for (i = 0; i < COUNT(options); i++) {
		if (is_taken(&options[i], command))
			fprintf(f, "%s\t--%s\t%s\n",
			    command != NULL ? command->name : "-",
			    options[i].name,
			    options[i].argument != NULL ? options[i].argument
							: "-");
	}
}

void
command_list(FILE *f)
{
	size_t i;

	list_options(f, NULL);
	for (i = 0; i < COUNT(commands); i++)
		list_options(f, &commands[i]);
}
