/*
 * keys - print a table of the source, for tests that compare it with a manual.
 *
 * usage: keys [TABLE]
 *	keys		of a definition: name, default, and the words live and
 *			repeatable as they apply; the default
 *	notify		variables of notify messages, and whether they are
 *			"used" or "ignored"
 *	options		of hupctl: the command, or "-" for those before it; the
 *			option; the name of its argument
 *	signals		that the daemon acts on
 *	states		of a program
 *	statuses	exit statuses, with their meaning
 *	supervisord	keys of supervisord's programs
 *	systemd		settings of systemd's units: section, name, the key of
 *			hupd, or "lost" or "no effect"
 *	top		keys of hupctl top, each with its line of the help
 *
 * One row a line, columns separated by tabs; "-" is an empty column.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/command.h"
#include "client/view.h"
#include "config/config.h"
#include "daemon/serve.h"
#include "import/supervisord.h"
#include "import/systemd.h"
#include "wire/line.h"
#include "wire/names.h"
#include "wire/sdnotify.h"

static void
print_keys(void)
{
	const struct key *key;

	for (size_t i = 0; (key = keys_at(i)) != NULL; i++)
		printf("%s\t%s\t%s\t%s\n", key->name,
		    key->fallback != NULL ? key->fallback : "-",
		    key->live ? "live" : "-", key->repeat ? "repeatable" : "-");
}

static void
print_notify(void)
{
	const char *name;
	bool acts;

	for (size_t i = 0; (name = sdnotify_variable(i, &acts)) != NULL; i++)
		printf("%s\t%s\n", name, acts ? "used" : "ignored");
}

static void
print_options(void)
{
	command_list(stdout);
}

static void
print_signals(void)
{
	char buf[TEXT_NUMBER_MAX];

	for (const int *sig = serve_signals; *sig != 0; sig++)
		printf("SIG%s\n", text_signal_name(*sig, buf));
}

static void
print_states(void)
{
	for (int i = 0; i < PROGRAM_STATES; i++)
		printf("%s\n", names_state((enum program_state)i));
}

static void
print_statuses(void)
{
	const char *meaning;

	for (int i = 0; i <= STATUS_MAX; i++)
		if ((meaning = names_status(i)) != NULL)
			printf("%d\t%s\n", i, meaning);
}

static void
print_supervisord(void)
{
	const char *name;

	for (size_t i = 0; (name = supervisord_key(i)) != NULL; i++)
		printf("%s\n", name);
}

static void
print_systemd(void)
{
	struct systemd_setting setting;

	for (size_t i = 0; systemd_setting(i, &setting); i++)
		printf("%s\t%s\t%s\n", setting.section, setting.name,
		    setting.fate == DRAFT_TRANSLATED ? setting.key
			: setting.fate == DRAFT_LOST ? "lost"
						     : "no effect");
}

/* Does the key change a view, or ask for something? */
static bool
acts(char key)
{
	struct view view = {.order = ORDER_NAME, .reverse = true, .rows = 1};
	enum wish wish = view_key(&view, key, 0);

	return wish != WISH_NOTHING || view.order != ORDER_NAME ||
	    !view.reverse || view.help;
}

/* The line "  K  TEXT" or "  K, K" of the help. */
static const char *
help_of(char key)
{
	for (const char *const *line = view_help; *line != NULL; line++)
		if (strncmp(*line, "  ", 2) == 0 &&
		    ((*line)[2] == key ||
			((*line)[3] == ',' && (*line)[5] == key)))
			return *line + 2;
	return "-";
}

static void
print_top(void)
{
	for (char key = '!'; key <= '~'; key++)
		if (acts(key))
			printf("%c\t%s\n", key, help_of(key));
}

static const struct {
	const char *name;
	void (*print)(void);
} tables[] = {
    {"keys", print_keys},
    {"notify", print_notify},
    {"options", print_options},
    {"signals", print_signals},
    {"states", print_states},
    {"statuses", print_statuses},
    {"supervisord", print_supervisord},
    {"systemd", print_systemd},
    {"top", print_top},
};

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "keys";

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(tables[i].name, name) == 0) {
			tables[i].print();
			return EXIT_SUCCESS;
		}
	fprintf(stderr, "keys: no table '%s'\n", name);
	return EXIT_FAILURE;
}
