/*
 * ctl_top - "top": the programs and what they use, as it changes.
 *
 * Signals are taken in the loop, so that the terminal is given back before any
 * of them ends or stops us, and the rest is left to the signal itself.
 */
#include <sys/signalfd.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/ctl_display.h"
#include "client/ctl_feed.h"
#include "client/ctl_place.h"
#include "client/ctl_top.h"
#include "base/text.h"

/* After so long without an answer that is told; nothing else is done. */
#define PATIENCE_MS 5000
/* What is used is known after the second answer: it is not waited for long. */
#define SECOND_MS 1000

enum { FD_TERMINAL, FD_SIGNALS, FD_FEED, FDS };

struct top {
	struct feed feed;
	struct samples samples;
	struct view view;
	struct display display;
	int signals;
	struct mono asked;
	struct mono deadline; /* to ask again, or for the answer */
	bool again;	      /* to ask, as soon as there is an answer */
	char trouble[256];    /* empty: there is none */
	bool quit;
	int signal;	   /* by which it ended, or 0 */
	const char *error; /* likewise, or NULL */
};

/* The default action of a signal that was blocked. */
static void
act_on(int sig)
{
	struct sigaction action = {.sa_handler = SIG_DFL}, former;
	sigset_t set;

	sigaction(sig, &action, &former);
	kill(getpid(), sig);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(sig, &former, NULL);
}

/* What is ignored stays so.  -1: with errno. */
static int
take_signals(struct top *top)
{
	static const int wanted[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP,
	    SIGCONT, SIGWINCH};
	struct sigaction action;
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (sigaction(wanted[i], NULL, &action) == 0 &&
		    action.sa_handler != SIG_IGN)
			sigaddset(&set, wanted[i]);
	}
	top->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (top->signals == -1)
		return -1;
	return sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
end_by(struct top *top, int sig)
{
	top->signal = sig;
	top->quit = true;
}

static void
handle_signals(struct top *top)
{
	struct signalfd_siginfo info;
	int sig;

	while (read(top->signals, &info, sizeof(info)) == sizeof(info)) {
		sig = (int)info.ssi_signo;
		if (sig == SIGTSTP) {
			display_leave();
			act_on(sig);
		}
		if (sig == SIGTSTP || sig == SIGCONT || sig == SIGWINCH)
			display_enter();
		else
			end_by(top, sig);
	}
}

static void
say_trouble(struct top *top, const char *why)
{
	text_escape(top->trouble, sizeof(top->trouble), why, strlen(why),
	    false);
}

/* The next question comes as long after the last one as is wished. */
static void
schedule(struct top *top, int64_t delay_ms)
{
	top->deadline = mono_add_ms(top->asked, delay_ms);
}

/* An answer, whole or broken off. */
static void
take_answer(struct top *top)
{
	const struct feed *feed = &top->feed;

	schedule(top, top->again ? 0 : 1000 * top->view.delay);
	top->again = false;
	if (feed->status != STATUS_OK) {
		say_trouble(top, feed->why != NULL ? feed->why : "no answer");
		return;
	}
	if (samples_take(&top->samples, &feed->reply, mono_now()) == -1) {
		top->error = strerror(ENOMEM);
		top->quit = true;
		return;
	}
	*top->trouble = '\0';
}

static void
ask(struct top *top)
{
	top->asked = mono_now();
	if (feed_ask(&top->feed) == -1)
		take_answer(top);
	else
		schedule(top, PATIENCE_MS);
}

static void
handle_deadline(struct top *top)
{
	if (!feed_asks(&top->feed)) {
		ask(top);
		return;
	}
	/* It may still come, or the connection breaks. */
	say_trouble(top, "hupd does not answer");
	schedule(top, INT64_MAX);
}

static void
handle_keys(struct top *top)
{
	int key;

	while (!top->quit && (key = display_key()) != -1) {
		switch (view_key(&top->view, key, top->samples.n)) {
		case WISH_NOTHING:
			break;
		case WISH_ANSWER:
			top->again = feed_asks(&top->feed);
			if (!top->again)
				ask(top);
			break;
		case WISH_REPAINT:
			display_enter();
			break;
		case WISH_QUIT:
			top->quit = true;
			break;
		}
	}
}

static void
draw(struct top *top)
{
	samples_sort(&top->samples, top->view.order, top->view.reverse);
	top->view.rows = display_rows();
	view_fit(&top->view, top->samples.n);
	display_draw(&top->display, &top->samples, &top->view,
	    *top->trouble != '\0' ? top->trouble : NULL);
}

static int
wait_ms(const struct top *top)
{
	int64_t ms = mono_diff_ms(top->deadline, mono_now()) + 1;

	if (ms < 0)
		return 0;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

static void
turn(struct top *top)
{
	struct pollfd fds[FDS] = {
	    [FD_TERMINAL] = {.fd = STDIN_FILENO, .events = POLLIN},
	    [FD_SIGNALS] = {.fd = top->signals, .events = POLLIN},
	    [FD_FEED] = {.fd = top->feed.conn.fd, .events = POLLIN},
	};

	if (poll(fds, FDS, wait_ms(top)) == -1 && errno != EINTR) {
		top->error = strerror(errno);
		top->quit = true;
		return;
	}
	/* The signal may be late, or not come as it is another's terminal. */
	if ((fds[FD_TERMINAL].revents & ~POLLIN) != 0)
		end_by(top, SIGHUP);
	if (fds[FD_SIGNALS].revents != 0)
		handle_signals(top);
	if (fds[FD_FEED].revents != 0 && feed_read(&top->feed) != 0)
		take_answer(top);
	if (!mono_before(mono_now(), top->deadline))
		handle_deadline(top);
	if (fds[FD_TERMINAL].revents != 0)
		handle_keys(top);
}

/* The first answer, before anything is done to the terminal. */
static int
begin(const struct ctl *ctl, struct top *top)
{
	int more;

	ask(top);
	do
		more = feed_asks(&top->feed) ? feed_read(&top->feed) : -1;
	while (more == 0);
	take_answer(top);
	if (top->error != NULL)
		return ctl_fail(ctl, STATUS_FAILED, "%s", top->error);
	if (top->feed.status != STATUS_OK)
		return ctl_fail(ctl, top->feed.status, "%s", top->trouble);
	if (top->view.delay * 1000 > SECOND_MS)
		schedule(top, SECOND_MS);
	return STATUS_OK;
}

/* From taking the terminal to giving it back. */
static int
show(const struct ctl *ctl, struct top *top)
{
	const char *why;

	if ((why = display_open(&top->display, ctl->colour)) != NULL)
		return ctl_fail(ctl, STATUS_FAILED, "the terminal: %s", why);
	while (!top->quit) {
		draw(top);
		turn(top);
	}
	display_close(&top->display);
	if (top->signal != 0)
		act_on(top->signal);
	if (top->error != NULL)
		return ctl_fail(ctl, STATUS_FAILED, "%s", top->error);
	return top->signal != 0 ? STATUS_FAILED : STATUS_OK;
}

int
ctl_top(const struct ctl *ctl, int argc, char **argv)
{
	struct top top = {.view = {.order = ORDER_CPU, .delay = ctl->delay}};
	struct place place;
	int status;

	(void)argc;
	(void)argv;
	if (ctl->json)
		return ctl_fail(ctl, STATUS_USAGE,
		    "top is no JSON: see 'hupctl -j status'");
	if (!ctl->terminal || !isatty(STDIN_FILENO))
		return ctl_fail(ctl, STATUS_USAGE,
		    "top needs a terminal: see 'hupctl status'");
	if ((status = place_find(&place, ctl)) != STATUS_OK)
		return status;
	feed_init(&top.feed, place.socket);
	if ((status = begin(ctl, &top)) == STATUS_OK) {
		if (take_signals(&top) == -1)
			status = ctl_fail(ctl, STATUS_FAILED, "signals: %s",
			    strerror(errno));
		else
			status = show(ctl, &top);
	}
	if (top.signals > 0)
		close(top.signals);
	feed_clear(&top.feed);
	samples_clear(&top.samples);
	place_clear(&place);
	return status;
}
