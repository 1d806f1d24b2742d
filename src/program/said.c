/* said - what a program says of itself: keep it, and log what is new. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "program/said.h"
#include "program/start.h"

/* Its messages add at most SAID_MAX lines to the event log in SAID_MS. */
#define SAID_MAX 10
#define SAID_MS 60000

void
said_clear(struct program *p)
{
	free(p->status);
	p->status = NULL;
	p->access = SDNOTIFY_ALL;
	p->is_reloading = false;
	p->said_err = p->said_exit = 0;
	p->watchdog = start_is_watched(p) ? p->conf->watchdog : 0;
}

bool
said_is_heard(const struct program *p, pid_t sender)
{
	struct system *sys = p->programs->system;

	switch (p->access) {
	case SDNOTIFY_ALL:
		return true;
	case SDNOTIFY_EXEC:
		/* The socket, or the daemon, has checked whose process it is.
		 */
		return sender > 0 && sys->holds(sys, sender);
	case SDNOTIFY_MAIN:
		return sender > 0 && sender == p->child.pid;
	case SDNOTIFY_NONE:
		return false;
	}
	return false;
}

bool
said_may_be_logged(struct program *p)
{
	struct mono now = loop_now(p->programs->loop);

	if (clock_diff_ms(now, p->said_since) >= SAID_MS) {
		if (p->nunsaid > 0)
			log_info("%s: %u more notify messages were not logged",
			    p->conf->name, p->nunsaid);
		p->said_since = now;
		p->nsaid = p->nunsaid = 0;
	}
	if (p->nsaid < SAID_MAX) {
		p->nsaid++;
		return true;
	}
	if (p->nunsaid++ == 0)
		log_info("%s: sends many notify messages; those of the next "
			 "%d s are not logged",
		    p->conf->name, SAID_MS / 1000);
	return false;
}

static void
note_status(struct program *p, const char *status)
{
	free(p->status);
	p->status = *status != '\0' ? strdup(status) : NULL;
}

static void
note_error(struct program *p, int err)
{
	if (err != 0 && err != p->said_err && said_may_be_logged(p))
		log_info("%s: it reports error %d (%s)", p->conf->name, err,
		    strerror(err));
	p->said_err = (uint16_t)err;
}

void
said_note(struct program *p, const struct sdnotify *m)
{
	if (m->has_status)
		note_status(p, m->status);
	if (m->has_err)
		note_error(p, m->err);
	if (m->has_exit_status)
		p->said_exit = (uint16_t)(m->exit_status + 1);
	if (m->has_access)
		p->access = m->access;
	if (m->has_watchdog_time)
		p->watchdog = m->watchdog_time;
	if (m->reloading && !p->is_reloading && said_may_be_logged(p))
		log_info("%s: says that it is reloading", p->conf->name);
	p->is_reloading = (p->is_reloading || m->reloading) && !m->ready;
}
