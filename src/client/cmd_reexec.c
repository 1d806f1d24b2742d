/*
 * cmd_reexec - "reexec": the daemon is replaced by its newly installed
 * program file.
 *
 * The daemon that follows answers on the same socket, and its pong says that
 * one more has followed.  Under the same pid it is the new program; under
 * another the new program died, and the guard has put the former one back.
 */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "client/present.h"
#include "client/reply.h"
#include "client/talk.h"
#include "client/target.h"
#include "client/cmd.h"

/* The time for the next daemon to answer, in ms. */
#define TAKEOVER_TIMEOUT 10000
/* ms between two attempts to reach it. */
#define AGAIN 20

/* The daemon that answered. */
struct pong {
	int64_t pid;
	int64_t execs;
	char version[64];
};

/* Ask whichever daemon listens; print nothing if it fails. */
static int
ask(struct talk *talk, const char *socket, const char *tag, struct reply *reply)
{
	struct line_text question = {0};
	int status;

	line_begin(&question, tag);
	line_end(&question);
	status = talk_ask(talk, socket, &question, reply);
	line_text_clear(&question);
	return status;
}

static int
ping(struct talk *talk, const char *socket, struct pong *pong)
{
	struct reply reply = {0};
	const struct line *line;
	const char *version;
	int status;

	*pong = (struct pong){.execs = -1};
	status = ask(talk, socket, "ping", &reply);
	if ((line = reply_find(&reply, "pong")) != NULL) {
		pong->pid = line_get_number(line, "pid", 0);
		pong->execs = line_get_number(line, "execs", -1);
		version = line_get(line, "version");
		strlcpy(pong->version, version != NULL ? version : "?",
		    sizeof(pong->version));
	}
	reply_clear(&reply);
	return status;
}

/* Wait for the daemon that follows the one that was asked before. */
static bool
await_next(const char *socket, const struct pong *before, struct pong *after)
{
	const struct timespec pause = {.tv_nsec = AGAIN * 1000000L};
	const struct mono until = clock_add_ms(clock_now(), TAKEOVER_TIMEOUT);
	struct talk talk;
	int status;

	do {
		status = ping(&talk, socket, after);
		talk_close(&talk);
		if (status == STATUS_OK && after->execs != before->execs)
			return true;
		nanosleep(&pause, NULL);
	} while (clock_before(clock_now(), until));
	return false;
}

/* The number of running programs; -1: unknown. */
static int64_t
count_running(const char *socket)
{
	struct reply reply = {0};
	struct talk talk;
	int64_t n = -1;
	size_t i;

	if (ask(&talk, socket, "status", &reply) == STATUS_OK)
		for (i = 0, n = 0; i < reply.n; i++)
			n += reply_is(&reply.v[i], "program") &&
			    line_get(&reply.v[i], "pid") != NULL;
	talk_close(&talk);
	reply_clear(&reply);
	return n;
}

static int
follow(const struct ctl *ctl, const char *socket, const struct pong *before)
{
	struct pong after;

	if (!await_next(socket, before, &after))
		return present_fail(ctl, STATUS_FAILED,
		    "no daemon has answered within %d seconds of the "
		    "re-execution",
		    TAKEOVER_TIMEOUT / 1000);
	if (after.pid != before->pid)
		return present_fail(ctl, STATUS_FAILED,
		    "the daemon that was executed has died: the former one, "
		    "hupd %s, is back as pid %lld",
		    after.version, (long long)after.pid);
	ctl->present->successor(ctl,
	    &(struct successor){after.pid, after.version,
		count_running(socket)});
	return STATUS_OK;
}

/* "executing", after which it says no more; or why it is not. */
static int
request(const struct ctl *ctl, const char *socket, const struct pong *before)
{
	struct line_text text = {0};
	struct reply reply = {0};
	const struct line *failed;
	const char *how = NULL;
	struct talk talk;
	int status;

	line_begin(&text, "reexec");
	line_end(&text);
	if (talk_open(&talk, socket) == STATUS_OK &&
	    talk_send(&talk, &text) == STATUS_OK) {
		/* The trial and a reload under way take their time. */
		talk_patience(&talk, true);
		while (talk_next(&talk, &reply) == 1)
			;
	}
	if ((failed = reply_find(&reply, "failed")) != NULL)
		how = line_get(failed, "how");
	if (how != NULL)
		status = present_fail(ctl, STATUS_FAILED,
		    "re-execution failed, nothing was changed: %s", how);
	else if (reply_find(&reply, "executing") != NULL)
		status = follow(ctl, socket, before);
	else
		status = talk_verdict(ctl, &talk);
	talk_close(&talk);
	reply_clear(&reply);
	line_text_clear(&text);
	return status;
}

int
cmd_reexec_run(const struct ctl *ctl, int argc, char **argv)
{
	struct target target;
	struct pong before;
	struct talk talk;
	int status;

	(void)argc;
	(void)argv;
	if ((status = target_find(&target, ctl)) != STATUS_OK)
		return status;
	if (ping(&talk, target.socket, &before) == STATUS_OK)
		status = request(ctl, target.socket, &before);
	else
		status = talk_verdict(ctl, &talk);
	talk_close(&talk);
	target_clear(&target);
	return status;
}
