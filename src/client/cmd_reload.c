/*
 * cmd_reload - "reload": the daemon's transaction, and its verdict.
 *
 * The daemon is sent the very SIGHUP that any administrator would send.  Its
 * pid is the one that the kernel names as the socket's, and it is held by a
 * pidfd that was opened before the request: the answer proves that the
 * process lived after that, so the pidfd is no later process of the same pid.
 */
#include <sys/syscall.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/reply.h"
#include "client/target.h"
#include "client/cmd.h"
#include "client/talk.h"
#include "client/cmd_reload.h"
#include "client/present.h"
#include "wire/report.h"

static int
request(struct talk *talk, const char *tag, bool no_wait)
{
	struct line_text text = {0};
	int status;

	line_begin(&text, tag);
	line_put(&text, "wait", no_wait ? "no" : NULL);
	line_end(&text);
	status = talk_send(talk, &text);
	line_text_clear(&text);
	return status;
}

/* The daemon's pid, from its "waiting" line; -1: it gave none. */
static pid_t
await_waiting(struct talk *talk)
{
	struct reply reply = {0};
	pid_t pid = -1;

	if (talk_next(talk, &reply) == 1 && reply_is(&reply.v[0], "waiting"))
		pid = (pid_t)line_get_number(&reply.v[0], "pid", -1);
	reply_clear(&reply);
	return pid;
}

/*
 * Send SIGHUP.  Whoever may not, or sees the daemon under another pid (it
 * runs in a container, say), has the daemon do it.
 */
static int
hang_up(struct talk *talk, int pidfd, pid_t pid)
{
	if (pidfd != -1 && pid == talk->peer &&
	    syscall(SYS_pidfd_send_signal, pidfd, SIGHUP, NULL, 0) == 0)
		return STATUS_OK;
	return request(talk, "hup", false);
}

static enum reload_fate
fate_of(const struct talk *talk, const struct reply *reply)
{
	if (talk->status == STATUS_REJECTED)
		return RELOAD_REJECTED;
	return reply_find(reply, "report") != NULL ? RELOAD_APPLIED
						   : RELOAD_UNKNOWN;
}

/* When --timeout is over, ask the daemon to end its answer early. */
static void
limit(struct talk *talk, int64_t timeout, struct mono start)
{
	int64_t left = timeout;

	while (left > 0) {
		if (talk_wait(talk, left))
			return;
		left = timeout - clock_diff_ms(clock_now(), start);
	}
	request(talk, "enough", false);
	talk_patience(talk, false);
}

/* Show the report as it comes; lines that come together are shown together. */
static int
report(const struct ctl *ctl, struct talk *talk, enum reload_fate *fate)
{
	struct reply reply = {0};
	size_t shown = 0;
	bool ended;

	do {
		ended = talk_next(talk, &reply) != 1;
		if (!ended && talk_ready(talk))
			continue;
		ctl->present->progress(ctl, &reply, shown);
		shown = reply.n;
	} while (!ended);
	ctl->present->reload(ctl,
	    &(struct outcome){talk->status, talk->why, &reply});
	if (talk->why != NULL)
		present_warn("%s", talk->why);
	else if (talk->status == STATUS_REJECTED)
		present_warn("reload rejected, nothing was changed");
	*fate = fate_of(talk, &reply);
	reply_clear(&reply);
	return talk->status;
}

static int
transaction(const struct ctl *ctl, struct talk *talk, int pidfd,
    enum reload_fate *fate)
{
	pid_t pid;

	if (request(talk, "reload", ctl->no_wait) != STATUS_OK ||
	    (pid = await_waiting(talk)) == -1 ||
	    hang_up(talk, pidfd, pid) != STATUS_OK) {
		if (talk->status == STATUS_OK)
			return present_fail(ctl, STATUS_FAILED,
			    "hupd's answer is not understood");
		return talk_verdict(ctl, talk);
	}
	*fate = RELOAD_UNKNOWN;
	if (ctl->no_wait) {
		/* The daemon carries it out without us. */
		ctl->present->reload(ctl,
		    &(struct outcome){.reply = &(struct reply){0}});
		return STATUS_OK;
	}
	talk_patience(talk, true);
	if (ctl->timeout != -1)
		limit(talk, ctl->timeout, clock_now());
	return report(ctl, talk, fate);
}

int
cmd_reload_files(const struct ctl *ctl, enum reload_fate *fate)
{
	struct target target;
	struct talk talk;
	int pidfd, status;

	*fate = RELOAD_NOT_ASKED;
	if ((status = target_find(&target, ctl)) != STATUS_OK)
		return status;
	target_revive(&target);
	target_clear(&target);
	if ((status = target_connect(ctl, &talk)) == STATUS_OK) {
		/* Close-on-exec by itself; -1 on kernels before 5.3. */
		pidfd = (int)syscall(SYS_pidfd_open, talk.peer, 0);
		status = transaction(ctl, &talk, pidfd, fate);
		if (pidfd != -1)
			close(pidfd);
	}
	talk_close(&talk);
	return status;
}

void
cmd_reload_refused(const struct ctl *ctl, const struct reply *errors)
{
	ctl->present->progress(ctl, errors, 0);
	ctl->present->reload(ctl,
	    &(struct outcome){STATUS_REJECTED, NULL, errors});
	present_warn("rejected, nothing was changed");
}

int
cmd_reload_run(const struct ctl *ctl, int argc, char **argv)
{
	enum reload_fate fate;

	if (argc > 0 && ctl->timeout != -1)
		return present_fail(ctl, STATUS_USAGE,
		    "--timeout cannot be combined with names");
	if (argc > 0)
		return cmd_act_run(ctl, argc, argv);
	return cmd_reload_files(ctl, &fate);
}
