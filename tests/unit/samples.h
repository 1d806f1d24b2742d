/*
 * samples - the answers that the tests of "hupctl top" have taken.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "client/sample.h"

static struct samples samples;

static int
clear(void **state)
{
	(void)state;
	sample_clear(&samples);
	return 0;
}

/* An answer at that time. */
static void
take(int64_t ms, const char *lines)
{
	struct reply reply = {0};

	assert_int_equal(reply_add_all(&reply, lines), 0);
	assert_int_equal(sample_take(&samples, &reply,
			     clock_add_ms((struct mono){0}, ms)),
	    0);
	reply_clear(&reply);
}

#endif
