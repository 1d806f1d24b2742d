/*
 * reports - a log process that an attacker controls sends reports to the
 * daemon, while programs start and end.  The daemon frees no stream that is in
 * use, reports each end once, and leaves no descriptor open.
 *
 * The input is a list of steps, each an action of the daemon or a report.
 */
#include <sys/epoll.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/log.h"
#include "fuzz.h"
#include "output/logger.h"
#include "process/spawn.h"

#define INPUT_MAX 4096
#define STREAMS 4
/* The lowest bits of a step; all others are reports. */
enum { RAW, ENDED, RENEW, CLOSE, ACTIONS = 8 };

int __wrap_spawn(const struct spawn_request *, struct process *,
    struct spawn_report *);
int __wrap_process_signal(const struct process *, int);

struct input {
	const uint8_t *at;
	size_t left;
};

static char folder[32];
static struct loop *loop;
static struct logger *logger;
static int orders = -1, reports = -1;
static struct stream *streams[STREAMS];
/* The ends of each stream whose last lines are not reported yet. */
static unsigned ends[STREAMS];
/* The FIFOs that are to be read to their end: the orders, in their order. */
static struct message_id closing[2 * INPUT_MAX];
static size_t nclosing;

/* No process is made; we have its ends of the socket and the pipe. */
int
__wrap_spawn(const struct spawn_request *req, struct process *child,
    struct spawn_report *report)
{
	for (size_t i = 0; i < req->nfds; i++)
		if (req->fds[i].to == MESSAGE_SOCKET)
			orders = fcntl(req->fds[i].from, F_DUPFD_CLOEXEC, 0);
		else if (req->fds[i].to == MESSAGE_REPORTS)
			reports = fcntl(req->fds[i].from, F_DUPFD_CLOEXEC, 0);
	must(orders != -1 && reports != -1);
	*child = (struct process){INT_MAX, -1};
	report->outcome = SPAWN_EXECUTED;
	return 0;
}

int
__wrap_process_signal(const struct process *child, int sig)
{
	(void)child;
	(void)sig;
	errno = ESRCH;
	return -1;
}

static void
remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command) != 0)
		warnx("%s is left", folder);
}

static void
ignore(const struct signalfd_siginfo *si, void *arg)
{
	(void)si;
	(void)arg;
}

static void
begin(void)
{
	char logs[64], run[64], why[256];
	struct logger_conf conf = {
	    .log_dir = logs,
	    .run_dir = run,
	    .uid = (uid_t)-1,
	    .gid = (gid_t)-1,
	    .log_gid = getegid(),
	    .self = -1,
	};
	sigset_t none;

	log_init(false, false);
	strcpy(folder, "/dev/shm/hupd-fuzz.XXXXXX");
	if (mkdtemp(folder) == NULL)
		err(1, "%s", folder);
	atexit(remove_folder);
	snprintf(logs, sizeof(logs), "%s/log", folder);
	snprintf(run, sizeof(run), "%s/run", folder);
	sigemptyset(&none);
	must((loop = loop_new(&none, ignore, NULL)) != NULL);
	logger = logger_new(loop, &conf, why, sizeof(why));
	if (logger == NULL)
		errx(1, "%s", why);
}

static void
turn_ends(struct deadline *d)
{
	(void)d;
	loop_end(loop);
}

/* Take one turn of the loop, which reads the reports. */
static void
take_turn(void)
{
	static struct deadline end = {.due = turn_ends};

	loop_at(loop, &end, clock_now());
	must(loop_run(loop) == 0);
}

/* A turn, after which the orders are read. */
static void
turn(void)
{
	struct message_order o;
	int fd;

	take_turn();
	while (message_recv(orders, &o, sizeof(o), &fd) == sizeof(o)) {
		must(memchr(o.name, '\0', sizeof(o.name)) != NULL);
		must(o.type <= MESSAGE_QUIT);
		if (fd != -1)
			close(fd);
		if (o.type != MESSAGE_CLOSE && o.type != MESSAGE_DRAIN)
			continue;
		must(nclosing < sizeof(closing) / sizeof(closing[0]));
		closing[nclosing++] = o.id;
	}
}

static uint8_t
next(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

/* Up to max bytes of the input; returns their number. */
static size_t
take(struct input *in, void *to, size_t max)
{
	size_t n = max < in->left ? max : in->left;

	if (n > 0)
		memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
	return n;
}

static void
send_report(const void *report, size_t len)
{
	/* The pipe is full: the daemon is slow, which is no finding. */
	if (write(reports, report, len) == -1)
		must(errno == EAGAIN);
}

static void
send_raw(struct input *in)
{
	char bytes[2 * sizeof(struct message_reply)];
	size_t n = (size_t)next(in) << 8;

	n = take(in, bytes, (n | next(in)) % sizeof(bytes));
	if (n > 0)
		send_report(bytes, n);
}

/* A report of the right form, about one of the streams or an unknown one. */
static void
send_formed(struct input *in, const struct stream *s)
{
	struct message_reply r = {.type = (enum message_type)(next(in) % 16)};
	uint8_t how = next(in);

	r.id = s != NULL && how & 1 ? s->id
				    : (struct message_id){next(in), next(in)};
	r.end = s != NULL && how & 2 ? s->end : next(in);
	r.err = how & 4 ? (int)next(in) : INT_MIN;
	r.has_tail = how & 8;
	memset(r.name, how & 16 ? 'x' : '\n', sizeof(r.name));
	r.len = (uint32_t)take(in, r.tail, (size_t)next(in) * 8);
	send_report(&r, offsetof(struct message_reply, tail) + r.len);
}

static void
tail_known(void *arg, const char *bytes, size_t len)
{
	unsigned *left = arg;

	must(*left > 0);
	--*left;
	must(bytes == NULL || (len <= MESSAGE_TAIL && bytes[len] == '\0'));
}

static void
close_stream(int i)
{
	if (streams[i] != NULL)
		logger_stream_close(streams[i]);
	streams[i] = NULL;
	ends[i] = 0;
}

static void
open_streams(void)
{
	const struct stream_conf conf = {.to = LOG_TO_FILE, .timestamps = true};
	char name[8];

	for (int i = 0; i < STREAMS; i++) {
		snprintf(name, sizeof(name), "web%d", i);
		streams[i] = logger_stream_open(logger, name, (uid_t)-1, &conf);
		must(streams[i] != NULL);
	}
}

/* Confirm the end of all that is closing, as an honest process would. */
static void
confirm_closes(void)
{
	struct message_reply r = {.type = MESSAGE_CLOSE};

	turn();
	while (nclosing > 0) {
		r.id = closing[--nclosing];
		send_report(&r, offsetof(struct message_reply, tail));
		turn();
	}
}

static size_t
count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	must(dir != NULL);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
step(struct input *in)
{
	uint8_t what = next(in);
	int i = (what >> 4) % STREAMS;

	switch (what % ACTIONS) {
	case RAW:
		send_raw(in);
		break;
	case ENDED:
		if (streams[i] == NULL)
			break;
		ends[i]++;
		logger_stream_ended(streams[i], tail_known, &ends[i]);
		break;
	case RENEW:
		if (streams[i] != NULL)
			must(logger_stream_renew(streams[i], (uid_t)-1) == 0);
		break;
	case CLOSE:
		close_stream(i);
		break;
	default:
		send_formed(in, streams[i]);
		break;
	}
	if (what & 8)
		turn();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	size_t before;

	if (logger == NULL)
		begin();
	if (size > INPUT_MAX)
		return 0;
	before = count_open();
	open_streams();
	while (in.left > 0)
		step(&in);
	turn();
	turn();
	for (int i = 0; i < STREAMS; i++)
		must(streams[i] == NULL ||
		    strncmp(logger_stream_name(streams[i]), "web", 3) == 0);
	for (int i = 0; i < STREAMS; i++)
		close_stream(i);
	confirm_closes();
	must(count_open() <= before);
	return 0;
}
