/*
 * flood - a program that prints: a number of bytes in lines of 100, one chunk
 * after another, and then a line END.
 *
 *	flood BOARD SLOT BYTES CHUNK GO
 *
 * It begins when the file GO is there; it notes that it runs before and then.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

#define LINE 100

static void
put(const char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(STDOUT_FILENO, p, len)) == -1)
			err(1, "write");
}

static char *
text(size_t chunk)
{
	char *p = malloc(chunk + LINE);
	size_t i;

	if (p == NULL)
		err(1, "malloc");
	memset(p, 'x', chunk + LINE);
	for (i = LINE - 1; i < chunk; i += LINE)
		p[i] = '\n';
	p[chunk - 1] = '\n';
	return p;
}

int
main(int argc, char **argv)
{
	const struct timespec step = {0, 1000000};
	struct board *b;
	size_t chunk;
	long long left;
	char *p;

	if (argc < 6)
		errx(2, "usage: flood BOARD SLOT BYTES CHUNK GO");
	b = board_map(argv[1], 0);
	left = atoll(argv[3]);
	chunk = (size_t)atol(argv[4]);
	p = text(chunk);
	board_note(b, (uint32_t)atoi(argv[2]));
	while (access(argv[5], F_OK) == -1)
		nanosleep(&step, NULL);
	board_note(b, (uint32_t)atoi(argv[2]));
	for (; left > 0; left -= (long long)chunk)
		put(p, chunk);
	put("END\n", 4);
	for (;;)
		pause();
}
