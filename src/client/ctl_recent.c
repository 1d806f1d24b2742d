/*
 * ctl_recent - the last few lines of a log, or of what the event log says of
 * one program.
 */
#include <sys/stat.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl.h"
#include "client/ctl_chain.h"
#include "client/ctl_recent.h"

#define LINES 5
/* Of each file only the last so many bytes are looked at. */
#define REACH ((off_t)1024 * 1024)

/* The latest lines; the oldest of them is the next to go. */
struct recent {
	char *line[LINES];
	size_t next;
};

static void
push(struct recent *recent, const char *line)
{
	char *copy = strdup(line);

	if (copy == NULL)
		return;
	free(recent->line[recent->next]);
	recent->line[recent->next] = copy;
	recent->next = (recent->next + 1) % LINES;
}

/* Is it "TIME NAME: ..."? */
static bool
is_about(const char *line, const char *name)
{
	const char *said = strchr(line, ' ');
	size_t n = strlen(name);

	return said != NULL && strncmp(said + 1, name, n) == 0 &&
	    said[1 + n] == ':';
}

/* Up to where it ended: it may grow as fast as it is read.  Closes fd. */
static void
scan(struct recent *recent, int fd, const char *name)
{
	char *line = NULL;
	struct stat st;
	size_t size = 0;
	ssize_t n;
	off_t left;
	bool cut;
	FILE *f;

	if (fstat(fd, &st) == -1 || (f = fdopen(fd, "r")) == NULL) {
		close(fd);
		return;
	}
	cut = st.st_size > REACH;
	if (cut && fseeko(f, -REACH, SEEK_END) == -1)
		cut = false;
	left = cut ? REACH : st.st_size;
	for (; left > 0 && (n = getline(&line, &size, f)) > 0; left -= n) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		/* The first one may have begun before. */
		if (!cut && (name == NULL || is_about(line, name)))
			push(recent, line);
		cut = false;
	}
	free(line);
	fclose(f);
}

void
recent_print(FILE *f, const char *title, const char *log, const char *name)
{
	struct recent recent = {0};
	const char *line;
	int fd, older;
	size_t i;

	if (log == NULL || (fd = chain_newest(log)) == -1)
		return;
	if ((older = chain_older(log, fd)) != -1)
		scan(&recent, older, name);
	scan(&recent, fd, name);
	for (i = 0; i < LINES; i++) {
		line = recent.line[(recent.next + i) % LINES];
		if (line == NULL)
			continue;
		if (title != NULL)
			fprintf(f, "\n%s\n", title);
		title = NULL;
		fputs("  ", f);
		ctl_puts(line, f);
		fputc('\n', f);
	}
	for (i = 0; i < LINES; i++)
		free(recent.line[i]);
}
