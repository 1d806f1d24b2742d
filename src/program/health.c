/*
 * health - the health checks of a program.
 *
 * A check has the program's attributes, but a cgroup below the program's and a
 * mark of its own.  So this daemon, or a later one, can kill it with all its
 * processes.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/strings.h"
#include "base/text.h"
#include "program/health.h"
#include "program/record.h"
#include "program/start.h"

/* The last bytes of a check's output are kept, at most this many. */
#define WORDS_MAX 256
/* The output of an ended check is read at most this many times. */
#define DRAIN_MAX 16
/* The name of a cgroup below a program's. */
#define FOLDER_MAX 128

enum verdict {
	VERDICT_NONE, /* no check has ended since the program became ready */
	VERDICT_GOOD,
	VERDICT_BAD,
	VERDICT_UNKNOWN, /* the last check could not be started */
};

struct health {
	struct program *program;
	struct deadline next; /* of the checks */
	enum verdict verdict;
	char why[512]; /* if the verdict is not good */

	/* The check under way. */
	struct child child; /* pid 0: none */
	struct deadline deadline;
	struct source output;
	char words[WORDS_MAX];
	size_t nwords;
};

/* A mark that no start of the program has. */
static uint64_t
run_of(const struct program *p)
{
	return p->child.run | PROGRAM_RUN_CHECK;
}

static void
folder_of(const struct program *p, char name[static FOLDER_MAX])
{
	snprintf(name, FOLDER_MAX, "%s/" SYSTEM_CHECK_FOLDER, p->conf->name);
}

static void
close_output(struct health *h)
{
	int fd = h->output.fd;

	if (fd == -1)
		return;
	loop_unwatch(h->program->programs->loop, &h->output);
	close(fd);
}

/* Kill the running check and all its processes; it does not count. */
static void
cancel(struct health *h)
{
	struct programs *ps = h->program->programs;
	char folder[FOLDER_MAX];

	loop_cancel(ps->loop, &h->deadline);
	close_output(h);
	folder_of(h->program, folder);
	ps->system->cancel(ps->system, &h->child, folder);
}

static void
check_later(struct health *h)
{
	struct program *p = h->program;

	loop_at(p->programs->loop, &h->next,
	    clock_add_ms(loop_now(p->programs->loop),
		p->conf->health_interval));
}

/* The check could not be started. */
static void
not_checked(struct health *h, const char *why)
{
	cancel(h);
	strlcpy(h->why, why, sizeof(h->why));
	log_warnx("%s: health-command: %s; trying again later",
	    h->program->conf->name, h->why);
	h->verdict = VERDICT_UNKNOWN;
	check_later(h);
}

static void
found_good(struct health *h)
{
	struct program *p = h->program;

	if (p->failed_checks > 0)
		log_info("%s: healthy again", p->conf->name);
	h->verdict = VERDICT_GOOD;
	p->failed_checks = 0;
	record_note(p);
}

static void
found_bad(struct health *h, const char *how)
{
	struct program *p = h->program;

	h->verdict = VERDICT_BAD;
	if (p->failed_checks < UINT32_MAX)
		p->failed_checks++;
	strlcpy(h->why, how, sizeof(h->why));
	log_warnx("%s: unhealthy %" PRIu32 "/%d: %s", p->conf->name,
	    p->failed_checks, p->conf->health_retries, h->why);
	record_note(p);
	if (health_is_failing(p))
		p->programs->feed(p, EVENT_UNHEALTHY);
}

static void
keep_words(struct health *h, const char *bytes, size_t n)
{
	size_t over;

	if (n > sizeof(h->words)) {
		bytes += n - sizeof(h->words);
		n = sizeof(h->words);
	}
	over = h->nwords + n > sizeof(h->words)
	    ? h->nwords + n - sizeof(h->words)
	    : 0;
	h->nwords -= over;
	memmove(h->words, h->words + over, h->nwords);
	memcpy(h->words + h->nwords, bytes, n);
	h->nwords += n;
}

/* False: nothing more can be read, now or ever. */
static bool
read_words(struct health *h)
{
	char buf[4096];
	ssize_t n;

	if (h->output.fd == -1)
		return false;
	n = read(h->output.fd, buf, sizeof(buf));
	if (n > 0)
		keep_words(h, buf, (size_t)n);
	else if (n == 0)
		close_output(h);
	return n > 0;
}

static void
output_ready(struct source *s, uint32_t events)
{
	(void)events;
	read_words(s->arg);
}

/* how says how the check ended: add its last line that is not blank. */
static void
add_last_line(struct health *h, const char *how, char *buf, size_t size)
{
	size_t begin, end;
	int n;

	for (n = 0; n < DRAIN_MAX && read_words(h); n++)
		;
	end = h->nwords;
	while (end > 0 && (unsigned char)h->words[end - 1] <= ' ')
		end--;
	for (begin = end; begin > 0 && h->words[begin - 1] != '\n'; begin--)
		;
	snprintf(buf, size, "%s%s%.*s", how, end > begin ? ", output: " : "",
	    (int)(end - begin), h->words + begin);
}

static void
finish(struct health *h, bool good, const char *how)
{
	char text[64 + WORDS_MAX];

	add_last_line(h, how, text, sizeof(text));
	cancel(h);
	check_later(h);
	if (good)
		found_good(h);
	else
		found_bad(h, text);
}

static void
check_executed(struct child *c)
{
	(void)c;
}

static void
check_failed(struct child *c, const struct spawn_error *error)
{
	char how[ENDING_MAX];

	ending_failure(error, c->why, how, sizeof(how));
	not_checked(c->owner, how);
}

static void check_begin(struct health *);

static bool
check_lost(struct child *c)
{
	cancel(c->owner);
	check_begin(c->owner);
	return true;
}

static void
check_ended(struct child *c, const struct process_end *end)
{
	char how[64];

	ending_exit(end, how, sizeof(how));
	finish(c->owner, end->known && !end->signal && end->code == 0, how);
}

static void
check_timed_out(struct deadline *d)
{
	struct health *h = d->arg;
	char time[TEXT_NUMBER_MAX], how[64];

	text_print_duration(h->program->conf->health_timeout, time);
	snprintf(how, sizeof(how), "did not end in %s", time);
	finish(h, false, how);
}

/* Watch the reading end.  Returns the writing end, or -1 with errno. */
static int
open_output(struct health *h)
{
	int pair[2], saved;

	if (pipe2(pair, O_CLOEXEC) == -1)
		return -1;
	if (fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 &&
	    loop_watch(h->program->programs->loop, &h->output, pair[0],
		EPOLLIN) == 0)
		return pair[1];
	saved = errno;
	close(pair[0]);
	close(pair[1]);
	errno = saved;
	return -1;
}

static int
start_check(struct health *h, int fd)
{
	struct program *p = h->program;
	struct system_fd fds[] = {{fd, STDOUT_FILENO}, {fd, STDERR_FILENO}};
	char folder[FOLDER_MAX];
	struct start_command command = {
	    .argv = p->conf->health_command,
	    .mainpid = p->child.pid,
	    .folder = folder,
	    .fds = fds,
	    .nfds = sizeof(fds) / sizeof(fds[0]),
	};

	folder_of(p, folder);
	h->child.run = run_of(p);
	loop_at(p->programs->loop, &h->deadline,
	    clock_add_ms(loop_now(p->programs->loop), p->conf->health_timeout));
	return start_command(p, &command, &h->child);
}

static void
check_begin(struct health *h)
{
	char why[ENDING_MAX];
	int fd, rv, saved;

	h->nwords = 0;
	if (h->program->conf->waits_for != NULL) {
		snprintf(why, sizeof(why), "waits for %s",
		    h->program->conf->waits_for);
		not_checked(h, why);
		return;
	}
	fd = open_output(h);
	if (fd == -1) {
		snprintf(why, sizeof(why), "output: %s", strerror(errno));
		not_checked(h, why);
		return;
	}
	rv = start_check(h, fd);
	saved = errno;
	close(fd);
	if (rv == -1) {
		snprintf(why, sizeof(why), "env-file: %s", strerror(saved));
		not_checked(h, why);
	}
}

static void
check_due(struct deadline *d)
{
	check_begin(d->arg);
}

int
health_prepare(struct program *p, const struct definition *conf)
{
	static const struct child_events events = {
	    .executed = check_executed,
	    .failed = check_failed,
	    .lost = check_lost,
	    .ended = check_ended,
	};
	struct health *h;

	if (conf->health_command == NULL || p->health != NULL)
		return 0;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return -1;
	h->program = p;
	h->next.due = check_due;
	h->deadline.due = check_timed_out;
	h->deadline.is_lenient = true;
	h->output.fd = -1;
	h->output.ready = output_ready;
	h->next.arg = h->deadline.arg = h->output.arg = h->child.owner = h;
	h->child.events = &events;
	p->health = h;
	return 0;
}

static void
end_checks(struct health *h)
{
	loop_cancel(h->program->programs->loop, &h->next);
	cancel(h);
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
health_end(struct program *p)
{
	if (p->health != NULL)
		end_checks(p->health);
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
	p->failed_checks = 0;
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
	p->failed_checks = failures;
	p->health->verdict = failures > 0 ? VERDICT_BAD : VERDICT_NONE;
}

void
health_resume(struct program *p)
{
	struct system *sys = p->programs->system;
	char folder[FOLDER_MAX];

	if (p->health == NULL)
		return;
	/* Without cgroups, a former check is killed by its mark. */
	folder_of(p, folder);
	sys->clear_folder(sys, folder);
	if (p->state == STATE_UP)
		check_later(p->health);
}

bool
health_is_failing(const struct program *p)
{
	return p->health != NULL &&
	    p->failed_checks >= (uint32_t)p->conf->health_retries;
}

const char *
health_verdict(const struct program *p)
{
	static const char *const names[] = {
	    [VERDICT_NONE] = NULL,
	    [VERDICT_GOOD] = NAMES_HEALTHY,
	    [VERDICT_BAD] = NAMES_UNHEALTHY,
	    [VERDICT_UNKNOWN] = "unknown",
	};

	if (p->health == NULL || p->conf->health_command == NULL ||
	    p->state != STATE_UP)
		return NULL;
	return names[p->health->verdict];
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
		snprintf(buf, size, "unhealthy %" PRIu32 "/%d%s%s",
		    p->failed_checks, p->conf->health_retries,
		    *h->why != '\0' ? ": " : "", h->why);
		break;
	case VERDICT_UNKNOWN:
		snprintf(buf, size, "health unknown: %s", h->why);
		break;
	}
}
