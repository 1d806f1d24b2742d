/*
 * batch - a batch in the journal, as a log process has left it when it was
 * killed.
 */
#ifndef BATCH_H
#define BATCH_H

#include <fcntl.h>
#include <string.h>

#include "output/journal.h"

#define STAMP "2026-11-22T13:17:05.123+00:00 "

static const char raw[] = "one\ntwo\n\nthree and more\n";

/* The journal of a folder; made if it is missing. */
static inline int
journal_fd(int dir)
{
	return openat(dir, "journal", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* A batch that was read from the FIFO; NULL with errno if no slot is free. */
static inline struct slot *
have(struct journal *j, enum key_log to, bool stamps, int64_t limit)
{
	struct slot *s = journal_take(j, to);

	if (s == NULL)
		return NULL;
	strcpy(s->name, "web");
	s->to = (uint8_t)to;
	s->offset = 0;
	s->limit = limit;
	s->keep = 9;
	s->stamplen = stamps ? STAMP_LENGTH : 0;
	memcpy(s->stamp, STAMP, STAMP_LENGTH);
	s->len = sizeof(raw) - 1;
	journal_buffer(j, s)[0] = (char)~raw[0];
	s->first = (uint8_t)~raw[0];
	journal_intent(s);
	memcpy(journal_buffer(j, s), raw, s->len);
	journal_have(s);
	return s;
}

#endif
