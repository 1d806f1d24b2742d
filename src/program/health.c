/*
 * proghealth - has a program that is up checked by its health-command, and
 * tells the machine once too many checks have failed in a row.
 *
 * A check that cannot be carried out says nothing about the program: it is
 * tried again, and not counted.
 */
#include <sys/types.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "program/check.h"

enum verdict {
	VERDICT_NONE, /* no check has ended since the program became ready */
	VERDICT_GOOD,
	VERDICT_BAD,
	VERDICT_UNKNOWN, /* the last one could not be carried out */
};

struct health {
	struct check check; /* first: the one is the other */
	struct deadline next;
	enum verdict verdict;
	uint32_t failures; /* in a row */
	char why[192];	   /* if the verdict is not good */
};

static void
check_later(struct health *h)
{
	struct program *p = h->check.program;

	loop_at(p->programs->loop, &h->next,
	    clock_add_ms(loop_now(p->programs->loop),
		p->conf->health_interval));
}

static void
next_due(struct deadline *d)
{
	struct health *h = d->arg;

	check_begin(&h->check);
}

static void
check_failed(struct check *c, const char *what, int err)
{
	struct health *h = (struct health *)c;

	snprintf(h->why, sizeof(h->why), "%s: %s", what, strerror(err));
	log_warnx("%s: health-command: %s, it is tried again",
	    h->check.program->conf->name, h->why);
	h->verdict = VERDICT_UNKNOWN;
	check_later(h);
}

static void
found_good(struct health *h)
{
	struct program *p = h->check.program;

	if (h->failures > 0)
		log_info("%s: healthy again", p->conf->name);
	h->verdict = VERDICT_GOOD;
	h->failures = 0;
	record_note(p);
}

static void
found_bad(struct health *h, const char *how)
{
	struct program *p = h->check.program;

	h->verdict = VERDICT_BAD;
	if (h->failures < UINT32_MAX)
		h->failures++;
	strlcpy(h->why, how, sizeof(h->why));
	log_warnx("%s: unhealthy %" PRIu32 "/%d: %s", p->conf->name,
	    h->failures, p->conf->health_retries, h->why);
	record_note(p);
	if (health_is_failing(p))
		program_feed(p, EVENT_UNHEALTHY);
}

static void
check_ended(struct check *c, bool good, const char *how)
{
	struct health *h = (struct health *)c;

	check_later(h);
	if (good)
		found_good(h);
	else
		found_bad(h, how);
}

int
health_prepare(struct program *p, const struct definition *conf)
{
	struct health *h;

	if (conf->health_command == NULL || p->health != NULL)
		return 0;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return -1;
	check_init(&h->check, p, check_ended, check_failed);
	h->next.due = next_due;
	h->next.arg = h;
	p->health = h;
	return 0;
}

static void
end_checks(struct health *h)
{
	loop_cancel(h->check.program->programs->loop, &h->next);
	check_cancel(&h->check);
}

void
health_free(struct program *p)
{
	if (p->health != NULL)
		end_checks(p->health);
	free(p->health);
	p->health = NULL;
}

void
health_follow(struct program *p)
{
	struct health *h = p->health;

	if (h == NULL)
		return;
	end_checks(h);
	if (p->state != STATE_UP)
		return;
	h->verdict = VERDICT_NONE;
	h->failures = 0;
	if (p->conf->health_command != NULL)
		check_later(h);
}

void
health_adjust(struct program *p, const struct definition *old)
{
	const struct definition *c = p->conf;

	if (p->state == STATE_UP &&
	    (!strings_equal(c->health_command, old->health_command) ||
		c->health_interval != old->health_interval ||
		c->health_timeout != old->health_timeout ||
		c->health_retries != old->health_retries))
		health_follow(p);
}

void
health_restore(struct program *p, uint32_t failures)
{
	if (p->health == NULL)
		return;
	p->health->failures = failures;
	p->health->verdict = failures > 0 ? VERDICT_BAD : VERDICT_NONE;
}

void
health_resume(struct program *p)
{
	if (p->health == NULL)
		return;
	check_cancel_old(p);
	if (p->state == STATE_UP)
		check_later(p->health);
}

bool
health_is_failing(const struct program *p)
{
	return p->health != NULL &&
	    p->health->failures >= (uint32_t)p->conf->health_retries;
}

const char *
health_verdict(const struct program *p)
{
	static const char *const names[] = {
	    [VERDICT_NONE] = NULL,
	    [VERDICT_GOOD] = "healthy",
	    [VERDICT_BAD] = "unhealthy",
	    [VERDICT_UNKNOWN] = "unknown",
	};

	if (p->health == NULL || p->conf->health_command == NULL ||
	    p->state != STATE_UP)
		return NULL;
	return names[p->health->verdict];
}

uint32_t
health_failures(const struct program *p)
{
	return p->health != NULL ? p->health->failures : 0;
}

void
health_text(const struct program *p, char *buf, size_t size)
{
	const struct health *h = p->health;

	*buf = '\0';
	if (health_verdict(p) == NULL)
		return;
	switch (h->verdict) {
	case VERDICT_NONE:
	case VERDICT_GOOD:
		break;
	case VERDICT_BAD:
		snprintf(buf, size, "unhealthy %" PRIu32 "/%d%s%s", h->failures,
		    p->conf->health_retries, *h->why != '\0' ? ": " : "",
		    h->why);
		break;
	case VERDICT_UNKNOWN:
		snprintf(buf, size, "health unknown: %s", h->why);
		break;
	}
}
