/*
 * hupctl - the client of hupd.  The command line is parsed in client/command;
 * each command has a file client/cmd_*, each format a client/present_*.
 */
#include <sys/ioctl.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command.h"
#include "client/present.h"

/* Source: no-color.org. */
static bool
may_have_colours(const char *term)
{
	const char *no_colour = getenv("NO_COLOR");

	return (no_colour == NULL || *no_colour == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

/* The width of the terminal; 0: unknown, or no terminal. */
static int
width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int
main(int argc, char **argv)
{
	struct ctl ctl = {
	    .present = &present_text,
	    .out = stdout,
	    .err = stderr,
	    .terminal = isatty(STDOUT_FILENO),
	    .columns = width(),
	    .now = time(NULL),
	};
	const char *term = getenv("TERM");

	ctl.pass_colour = ctl.terminal && may_have_colours(term);
	ctl.colour = ctl.pass_colour && term != NULL;
	return present_finish(command_run(&ctl, argc, argv));
}
