/*
 * control - the daemon's side of the control socket: whatever a client sends,
 * in however many pieces, what comes back are lines of which the
 * last is "end".
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <signal.h>
#include <unistd.h>

#include "daemon/control.h"
#include "fuzz.h"
#include "harmless.h"
#include "base/log.h"
#include "daemon/reload.h"
#include "program/program.h"
#include "daemon/request.h"
#include "config/syntax.h"

/* Turns of the loop until the client hangs up, and until the end. */
#define TURNS_CLIENT 8
#define TURNS 12

struct session {
	struct daemon daemon;
	int client;
	int turns;
	size_t left; /* of data, for the second turn */
	const uint8_t *data;
	char *reply;
	size_t len;
	FILE *got;
};

static char path[64];

static void
remove_folder(void)
{
	char *slash = strrchr(path, '/');

	*slash = '\0';
	rmdir(path);
}

static void
begin(void)
{
	log_init(false, false);
	strcpy(path, "/dev/shm/hupd-fuzz.XXXXXX");
	if (mkdtemp(path) == NULL)
		err(1, "%s", path);
	strcat(path, "/sock");
	atexit(remove_folder);
}

static void
define(struct programs *ps, const char *name, const char *text)
{
	struct diags diags;
	struct definition *c;

	diag_init(&diags);
	c = syntax_parse(name, "FILE", text, strlen(text), NULL, &diags);
	must(c != NULL && program_new(ps, c) != NULL);
	definition_unref(c);
}

static void
ignore(const struct signalfd_siginfo *si, void *arg)
{
	(void)si;
	(void)arg;
}

static void
reexec(struct daemon *d, struct verdict *v)
{
	(void)d;
	v->given(v, "error text=no\n", 1);
}

static void
reexec_forget(struct daemon *d, struct verdict *v)
{
	(void)d;
	(void)v;
}

static void
reopen(struct daemon *d, struct verdict *v)
{
	(void)d;
	v->given(v, "", 0);
}

/* No process is a program's: none is killed. */
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

static void
session_begin(struct session *s)
{
	static char config[] = "/nonexistent/hupd.conf";
	static char home[] = "/nonexistent";
	struct places places = {.config_home = home,
	    .runtime_dir = home,
	    .state_home = home};
	struct config set;
	struct daemon *d = &s->daemon;
	struct system_parts parts = {.is_ours = is_ours,
	    .ours_died = ours_died,
	    .notify = "/nonexistent/notify.d"};
	sigset_t none;
	int fd;

	sigemptyset(&none);
	must((d->loop = loop_new(&none, ignore, NULL)) != NULL);
	fd = memfd_create("records", MFD_CLOEXEC);
	must((d->records = record_take_over(fd)) != NULL);
	d->config = config;
	d->places = places;
	must(config_init(&set, &places) == 0);
	must(settings_copy(&d->effective, &set.settings) == 0);
	config_clear(&set);
	parts.loop = d->loop;
	must((d->system = system_new(&parts)) != NULL);
	programs_init(&d->programs, d->loop, d->system, d->records);
	define(&d->programs, "db", "command = true\nlog = none\n");
	define(&d->programs, "web", "command = true\ndepends-on = db\n");
	must(programs_link(&d->programs) == 0);
	must((d->reload = reload_new(d)) != NULL);
	d->reexec_begin = reexec;
	d->reexec_forget = reexec_forget;
	d->reopen_begin = reopen;
	d->reopen_forget = reexec_forget;
	must((d->control = control_open(d->loop, path, -1, request_handle,
		  d)) != NULL);
}

static void
session_connect(struct session *s)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	s->client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(s->client != -1);
	must(connect(s->client, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	s->got = open_memstream(&s->reply, &s->len);
	must(s->got != NULL);
}

static void
session_send(struct session *s, size_t n)
{
	if (n > s->left)
		n = s->left;
	/* It may have been hung up on. */
	if (n > 0)
		send(s->client, s->data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	s->data += n;
	s->left -= n;
}

static void
session_receive(struct session *s)
{
	char buf[4096];
	ssize_t n;

	while ((n = recv(s->client, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		fwrite(buf, 1, (size_t)n, s->got);
}

static void
session_turn(void *arg)
{
	struct session *s = arg;

	if (s->turns == 2)
		session_send(s, s->left);
	if (s->turns < TURNS_CLIENT)
		session_receive(s);
	else if (s->turns == TURNS_CLIENT)
		close(s->client);
	if (s->turns++ < TURNS)
		loop_after(s->daemon.loop, session_turn, s);
	else
		loop_end(s->daemon.loop);
}

static void
session_end(struct session *s)
{
	struct daemon *d = &s->daemon;
	struct program *p;

	control_close(d->control);
	while ((p = programs_first(&d->programs)) != NULL)
		programs_drop(p);
	system_free(d->system);
	reload_free(d->reload);
	settings_clear(&d->effective);
	record_close(d->records, false);
	loop_free(d->loop);
}

static void
check_reply(struct session *s)
{
	char *rest, *line;
	struct line pl;
	bool ended = false;

	must(fclose(s->got) == 0);
	must(s->len == 0 || s->reply[s->len - 1] == '\n');
	must(strlen(s->reply) == s->len);
	rest = s->reply;
	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
		must(!ended);
		must(line_parse(&pl, line) == 0);
		ended = strcmp(pl.tag, "end") == 0;
		line_clear(&pl);
	}
	free(s->reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session s = {0};

	if (*path == '\0')
		begin();
	if (size < 1 || size > 65536)
		return 0;
	s.data = data + 1;
	s.left = size - 1;
	session_begin(&s);
	session_connect(&s);
	session_send(&s, data[0]);
	loop_after(s.daemon.loop, session_turn, &s);
	must(loop_run(s.daemon.loop) == 0);
	session_end(&s);
	check_reply(&s);
	return 0;
}
