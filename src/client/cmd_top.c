/*
 * cmd_top - "top": the programs and what they use, as it changes.
 *
 * Signals are taken in the loop, so that the terminal is given back before any
 * of them ends or stops us, and the rest is left to the signal itself.
 *
 * Source: curs_initscr(3X), resizeterm(3X).
 */
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "client/reply.h"
#include "client/present.h"
#include "client/sample.h"
#include "client/talk.h"
#include "client/target.h"
#include "client/cmd.h"
#include "client/tone.h"
#include "client/view.h"

/* Without an answer for this time the screen says so, and waits on. */
#define PATIENCE_MS 5000
/* The second answer comes early: CPU use needs two. */
#define SECOND_MS 1000

enum { FD_TERMINAL, FD_SIGNALS, FD_FEED, FDS };

/*
 * The daemon's answers, one after another.  After feed_ask the loop polls the
 * connection, so that no answer is waited for.
 */
struct feed {
	const char *path; /* of the socket */
	struct line_text request;
	struct talk talk; /* its fd is -1 while no question is open */
	struct reply reply;
	int status; /* of the last answer, or of the failure */
	char *why;  /* its text, or NULL */
};

static void
feed_init(struct feed *feed, const char *path)
{
	*feed = (struct feed){.path = path, .talk = {.fd = -1}};
	line_begin(&feed->request, "status");
	line_put(&feed->request, "cpu", "yes");
	line_end(&feed->request);
}

static void
feed_clear(struct feed *feed)
{
	talk_close(&feed->talk);
	reply_clear(&feed->reply);
	line_text_clear(&feed->request);
	free(feed->why);
	feed->why = NULL;
}

static bool
feed_asks(const struct feed *feed)
{
	return feed->talk.fd != -1;
}

/* Close the question.  Returns 1 or -1, as its answer was. */
static int
feed_end(struct feed *feed)
{
	free(feed->why);
	feed->why = feed->talk.why;
	feed->talk.why = NULL;
	feed->status = feed->talk.status;
	talk_close(&feed->talk);
	return feed->status == STATUS_OK ? 1 : -1;
}

/* Ask.  -1: failed, see status and why. */
static int
feed_ask(struct feed *feed)
{
	reply_clear(&feed->reply);
	if (talk_open(&feed->talk, feed->path) == STATUS_OK &&
	    talk_send(&feed->talk, &feed->request) == STATUS_OK)
		return 0;
	return feed_end(feed);
}

/*
 * Read what has come, or wait for it.  1: the whole answer is in reply; 0: not
 * yet; -1: failed, see status and why.
 */
static int
feed_read(struct feed *feed)
{
	if (talk_receive(&feed->talk) == -1)
		return feed_end(feed);
	while (talk_ready(&feed->talk)) {
		if (talk_next(&feed->talk, &feed->reply) != 1)
			return feed_end(feed);
	}
	return 0;
}

/* The terminal: nothing else knows curses. */

/* Lines: summary, states, view, heads; then the programs. */
enum { LINE_SUMMARY, LINE_STATES, LINE_VIEW, LINE_HEADS, LINE_PROGRAMS };

/* How long an escape may be the begin of a key, in milliseconds. */
#define ESCAPE_MS 25

struct display {
	struct screen *screen; /* of curses */
	bool colour;
	bool utf8;
};

static void
prepare_colours(void)
{
	start_color();
	use_default_colors();
	init_pair(1 + TONE_GOOD, COLOR_GREEN, -1);
	init_pair(1 + TONE_BAD, COLOR_RED, -1);
	init_pair(1 + TONE_MOVING, COLOR_YELLOW, -1);
}

/* Absent is NULL or -1: terminfo(3X). */
static bool
has_string(const char *capability)
{
	const char *s = tigetstr(capability);

	return s != NULL && (intptr_t)s != -1;
}

/* Give it back as it was. */
static void
screen_close(struct display *display)
{
	endwin();
	delscreen(display->screen);
	display->screen = NULL;
}

/*
 * Take the terminal that is standard input and output.  NULL, or why it will
 * not do; nothing has been done to it then.
 */
static const char *
screen_open(struct display *display, bool colour)
{
	setlocale(LC_CTYPE, "");
	display->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	display->screen = newterm(NULL, stdout, stdin);
	if (display->screen == NULL)
		return "its kind, TERM, is not known";
	if (!has_string("cup")) {
		screen_close(display);
		return "it has no way to move the cursor";
	}
	display->colour = colour && has_colors();
	if (display->colour)
		prepare_colours();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	return NULL;
}

/*
 * Give it back for a while.  Done twice, the cursor would be put where it was
 * before the first time.
 */
static void
screen_leave(void)
{
	if (!isendwin())
		endwin();
}

/* Take it again: its size and modes may have changed. */
static void
screen_enter(void)
{
	struct winsize size;

	/* Whoever had the terminal may have changed its modes. */
	screen_leave();
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
	    size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	clearok(curscr, TRUE);
}

/* The number of programs that fit. */
static size_t
screen_rows(void)
{
	return LINES > LINE_PROGRAMS ? (size_t)(LINES - LINE_PROGRAMS) : 0;
}

/* The next key, a character or one of view's; -1: none was pressed. */
static int
screen_key(void)
{
	int key = getch();

	switch (key) {
	case ERR:
		return -1;
	case KEY_UP:
		return VIEW_LINE_UP;
	case KEY_DOWN:
		return VIEW_LINE_DOWN;
	case KEY_PPAGE:
		return VIEW_SCREEN_UP;
	case KEY_NPAGE:
		return VIEW_SCREEN_DOWN;
	case KEY_HOME:
		return VIEW_FIRST;
	case KEY_END:
		return VIEW_LAST;
	default:
		/* Another key of curses is one that does nothing. */
		return key < KEY_MIN ? key : 0;
	}
}

/* A line, cut where the screen ends. */
static void
put_line(int y, const char *s, attr_t attributes)
{
	attrset(attributes);
	mvaddnstr(y, 0, s, -1);
	/* Clear what has wrapped into the next line. */
	if (getcury(stdscr) > y && y + 1 < LINES) {
		move(y + 1, 0);
		clrtobot();
	}
	attrset(A_NORMAL);
}

static attr_t
attributes_of(const struct display *display, const char *state)
{
	enum tone tone = tone_of(state);

	if (!display->colour)
		return A_NORMAL;
	return tone == TONE_QUIET ? A_DIM : COLOR_PAIR(1 + tone);
}

static void
draw_sample(const struct display *display, const struct layout *layout,
    const struct sample *sample, int64_t now, int y)
{
	int width = layout->width[CELL_STATE];
	char line[VIEW_LINE_SIZE];
	attr_t attributes;

	view_sample(layout, sample, now, display->utf8, line);
	put_line(y, line, A_NORMAL);
	attributes = attributes_of(display, sample->state);
	if (width > 0)
		mvchgat(y, layout->x[CELL_STATE], width, attributes & ~A_COLOR,
		    (short)PAIR_NUMBER(attributes), NULL);
}

static void
draw_samples(const struct display *display, const struct samples *samples,
    const struct view *view)
{
	struct layout layout;
	char line[VIEW_LINE_SIZE];
	size_t i;

	view_layout(&layout, samples, COLS);
	view_heads(&layout, line);
	put_line(LINE_HEADS, line, A_NORMAL);
	mvchgat(LINE_HEADS, 0, -1, A_REVERSE, 0, NULL);
	for (i = view->first; i < samples->n && i - view->first < view->rows;
	     i++)
		draw_sample(display, &layout, &samples->v[i], samples->second,
		    LINE_PROGRAMS + (int)(i - view->first));
}

static void
draw_help(void)
{
	int y;

	for (y = 0; view_help[y] != NULL && LINE_HEADS + y < LINES; y++)
		put_line(LINE_HEADS + y, view_help[y], A_NORMAL);
}

/* trouble: why these are not as of now, or NULL. */
static void
screen_draw(const struct display *display, const struct samples *samples,
    const struct view *view, const char *trouble)
{
	char line[VIEW_LINE_SIZE];

	erase();
	view_summary(samples, line);
	put_line(LINE_SUMMARY, trouble != NULL ? trouble : line,
	    trouble != NULL ? A_REVERSE | A_BOLD : A_NORMAL);
	view_states(samples, line);
	put_line(LINE_STATES, line, A_NORMAL);
	view_print(view, line);
	put_line(LINE_VIEW, line, A_NORMAL);
	if (view->help)
		draw_help();
	else
		draw_samples(display, samples, view);
	refresh();
}

/* The loop. */

struct top {
	struct feed feed;
	struct samples samples;
	struct view view;
	struct display display;
	int signals;
	struct mono asked;
	struct mono deadline; /* to ask again, or for the answer */
	bool again;	      /* to ask, as soon as there is an answer */
	char trouble[256];    /* or empty */
	bool quit;
	int signal;	   /* by which it ended, or 0 */
	const char *error; /* why it ended, or NULL */
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

/* An ignored signal stays ignored.  -1 with errno. */
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
			screen_leave();
			act_on(sig);
		}
		if (sig == SIGTSTP || sig == SIGCONT || sig == SIGWINCH)
			screen_enter();
		else
			end_by(top, sig);
	}
}

static void
say_trouble(struct top *top, const char *why)
{
	escape_bytes(top->trouble, sizeof(top->trouble), why, strlen(why),
	    false);
}

/* The next question comes as long after the last one as is wished. */
static void
schedule(struct top *top, int64_t delay_ms)
{
	top->deadline = clock_add_ms(top->asked, delay_ms);
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
	if (sample_take(&top->samples, &feed->reply, clock_now()) == -1) {
		top->error = strerror(ENOMEM);
		top->quit = true;
		return;
	}
	*top->trouble = '\0';
}

static void
ask(struct top *top)
{
	top->asked = clock_now();
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

	while (!top->quit && (key = screen_key()) != -1) {
		switch (view_key(&top->view, key, top->samples.n)) {
		case WISH_NOTHING:
			break;
		case WISH_ANSWER:
			top->again = feed_asks(&top->feed);
			if (!top->again)
				ask(top);
			break;
		case WISH_REPAINT:
			screen_enter();
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
	sample_sort(&top->samples, top->view.order, top->view.reverse);
	top->view.rows = screen_rows();
	view_fit(&top->view, top->samples.n);
	screen_draw(&top->display, &top->samples, &top->view,
	    *top->trouble != '\0' ? top->trouble : NULL);
}

static int
wait_ms(const struct top *top)
{
	int64_t ms = clock_diff_ms(top->deadline, clock_now()) + 1;

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
	    [FD_FEED] = {.fd = top->feed.talk.fd, .events = POLLIN},
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
	if (!clock_before(clock_now(), top->deadline))
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
		return present_fail(ctl, STATUS_FAILED, "%s", top->error);
	if (top->feed.status != STATUS_OK)
		return present_fail(ctl, top->feed.status, "%s", top->trouble);
	if (top->view.delay * 1000 > SECOND_MS)
		schedule(top, SECOND_MS);
	return STATUS_OK;
}

/* From taking the terminal to giving it back. */
static int
show(const struct ctl *ctl, struct top *top)
{
	const char *why;

	if ((why = screen_open(&top->display, ctl->colour)) != NULL)
		return present_fail(ctl, STATUS_FAILED, "the terminal: %s",
		    why);
	while (!top->quit) {
		draw(top);
		turn(top);
	}
	screen_close(&top->display);
	if (top->signal != 0)
		act_on(top->signal);
	if (top->error != NULL)
		return present_fail(ctl, STATUS_FAILED, "%s", top->error);
	return top->signal != 0 ? STATUS_FAILED : STATUS_OK;
}

int
cmd_top_run(const struct ctl *ctl, int argc, char **argv)
{
	struct top top = {.view = {.order = ORDER_CPU, .delay = ctl->delay}};
	struct target target;
	int status;

	(void)argc;
	(void)argv;
	if (ctl->present != &present_text)
		return present_fail(ctl, STATUS_USAGE,
		    "top is no JSON: see 'hupctl -j status'");
	if (!ctl->terminal || !isatty(STDIN_FILENO))
		return present_fail(ctl, STATUS_USAGE,
		    "top needs a terminal: see 'hupctl status'");
	if ((status = target_find(&target, ctl)) != STATUS_OK)
		return status;
	feed_init(&top.feed, target.socket);
	if ((status = begin(ctl, &top)) == STATUS_OK) {
		if (take_signals(&top) == -1)
			status = present_fail(ctl, STATUS_FAILED, "signals: %s",
			    strerror(errno));
		else
			status = show(ctl, &top);
	}
	if (top.signals > 0)
		close(top.signals);
	feed_clear(&top.feed);
	sample_clear(&top.samples);
	target_clear(&target);
	return status;
}
