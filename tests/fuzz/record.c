/*
 * record - the file of records, damaged in any way: it is refused, or its
 * programs are taken over, can be shown, and continue.
 *
 * The first byte of the input says how it is read, the rest is the file.
 * Descriptors in it become ones that are ours, and the boot this one, or no
 * input would get far.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "program/takeover.h"
#include "fuzz.h"
#include "harmless.h"
#include "base/log.h"
#include "program/programs.h"
#include "daemon/reload.h"
#include "daemon/request.h"
#include "config/syntax.h"

/* The input's first byte, bits. */
#define INHERITED 1
#define EARLIER_BOOT 2

/* Slots whose descriptors are looked at. */
#define SLOTS 16
/* The first number of inherited descriptors. */
#define INHERITED_FDS 600

static struct config running;

static void
define(const char *name, const char *text)
{
	struct diags diags;
	struct definition *c;

	diag_init(&diags);
	c = syntax_parse(name, "FILE", text, strlen(text), NULL, &diags);
	must(c != NULL && config_add(&running, c) == 0);
}

static void
begin(void)
{
	struct places places = {.root = true};
	struct diags diags;

	log_init(false, false);
	must(config_init(&running, &places) == 0);
	define("fd", "command = true\nready = fd:5\nlog = none\n");
	define("late", "command = true\nready = notify\nlog = none\n");
	define("web", "command = true\nlog = none\nsuccess-exit = 3 TERM\n");
	diag_init(&diags);
	must(config_check(&running, &diags) == 0);
}

static int
make_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("records", MFD_CLOEXEC);

	must(fd != -1 && write(fd, data, size) == (ssize_t)size);
	return fd;
}

/* The descriptor of something that is never ready. */
static int32_t
own_fd(int32_t was)
{
	int pair[2], fd;

	if (was < 0)
		return was;
	must(pipe2(pair, O_CLOEXEC) == 0);
	fd = fcntl(pair[0], F_DUPFD_CLOEXEC, INHERITED_FDS);
	must(fd != -1);
	must(fcntl(pair[1], F_DUPFD_CLOEXEC, INHERITED_FDS) != -1);
	close(pair[0]);
	close(pair[1]);
	return fd;
}

static void
own_fds(struct record *r)
{
	struct record_slot *s;

	for (int i = 0; i < record_count(r); i++) {
		s = record_slot(r, i);
		if (i >= SLOTS)
			s->pidfd = s->ready_fd = -1;
		s->ready_fd = own_fd(s->ready_fd);
		s->pidfd = own_fd(s->pidfd);
	}
}

static void
boot_is_now(struct record *r)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	char *boot = record_header(r)->boot;

	memset(boot, 0, 40);
	must(f != NULL && fread(boot, 1, 36, f) == 36);
	fclose(f);
}

static void
turn_ends(void *arg)
{
	loop_end(arg);
}

static void
ignore(const struct signalfd_siginfo *si, void *arg)
{
	(void)si;
	(void)arg;
}

static bool
is_ours(pid_t pid, void *arg)
{
	(void)pid;
	(void)arg;
	return true;
}

static void
ours_died(pid_t pid, void *arg)
{
	(void)pid;
	(void)arg;
}

/* Take over, show, take a turn of the loop, let go. */
static void
take_over(struct record *r, bool inherited)
{
	struct daemon d = {.records = r};
	struct system_parts parts = {.is_ours = is_ours,
	    .ours_died = ours_died,
	    .notify = "/nonexistent/notify.d"};
	struct line_text text = {0};
	sigset_t none;
	struct program *p;
	int slot;

	sigemptyset(&none);
	must((d.loop = loop_new(&none, ignore, NULL)) != NULL);
	parts.loop = d.loop;
	must((d.system = system_new(&parts)) != NULL);
	programs_init(&d.programs, d.loop, d.system, r);
	must(record_adopt(r) == 0);
	must(takeover_all(&d.programs, &running, inherited) == 0);
	loop_after(d.loop, turn_ends, d.loop);
	must(loop_run(d.loop) == 0);
	for (p = programs_first(&d.programs); p != NULL; p = programs_next(p))
		request_put_program(&text, p, "/log", true);
	line_text_clear(&text);
	must((slot = record_take(r, "another")) != -1);
	record_give(r, slot);
	while ((p = programs_first(&d.programs)) != NULL) {
		d.system->release(d.system, &p->child);
		programs_drop(p);
	}
	system_free(d.system);
	loop_free(d.loop);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record *r;
	const char *why;

	if (running.nprograms == 0)
		begin();
	if (size < 1 || size > 65536)
		return 0;
	r = record_take_over(make_file(data + 1, size - 1));
	if (r == NULL)
		return 0; /* too short for a header */
	if (!(data[0] & EARLIER_BOOT))
		boot_is_now(r);
	if (record_is_valid(r, &why)) {
		own_fds(r);
		take_over(r, data[0] & INHERITED);
	} else
		must(record_reset(r) == 0);
	record_close(r, false);
	/* From a damaged record it may have taken none. */
	closefrom(INHERITED_FDS);
	return 0;
}
