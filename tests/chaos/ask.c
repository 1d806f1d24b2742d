/*
 * ask - the control socket: requests, their verdicts, and what hupd says of
 * its programs.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos.h"
#include "wire/line.h"

/* A verdict comes in this time, ms. */
#define VERDICT_MS 20000

int
ask_begin(struct chaos *c, const char *line)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s == -1)
		err(1, "socket");
	strlcpy(to.sun_path, c->socket, sizeof(to.sun_path));
	if (connect(s, (struct sockaddr *)&to, sizeof(to)) == -1) {
		close(s);
		return ASK_NONE;
	}
	/* If the daemon cannot receive the request, the reply is lost. */
	if (send(s, line, strlen(line), MSG_NOSIGNAL) == -1 ||
	    send(s, "\n", 1, MSG_NOSIGNAL) == -1)
		shutdown(s, SHUT_WR);
	return s;
}

/* Read some more; false at the end. */
static bool
read_more(struct chaos *c, int fd, struct line_text *t, int64_t until)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	char buf[8192];
	ssize_t n;

	while (now_ms() < until) {
		if (poll(&pfd, 1, 20) != 1) {
			moment(c);
			continue;
		}
		n = recv(fd, buf, sizeof(buf) - 1, 0);
		if (n <= 0)
			return false;
		buf[n] = '\0';
		line_put_raw(t, buf);
		return true;
	}
	return false;
}

/* The verdict, once there is one. */
static bool
find_end(const struct line_text *t, int *status)
{
	const char *p;

	if (t->len == 0 || t->s[t->len - 1] != '\n')
		return false;
	for (p = t->s; p != NULL && *p != '\0';
	     p = strchr(p, '\n') != NULL ? strchr(p, '\n') + 1 : NULL)
		if (sscanf(p, "end %d", status) == 1)
			return true;
	return false;
}

int
ask_end(struct chaos *c, int fd, char **reply)
{
	const int64_t until = now_ms() + VERDICT_MS;
	struct line_text t = {0};
	int status = ASK_LOST;

	if (reply != NULL)
		*reply = NULL;
	if (fd < 0)
		return ASK_NONE;
	while (!find_end(&t, &status) && read_more(c, fd, &t, until))
		;
	close(fd);
	if (status == ASK_LOST && now_ms() >= until)
		status = ASK_LATE;
	if (reply != NULL)
		*reply = t.s;
	else
		line_text_clear(&t);
	return status;
}

int
ask(struct chaos *c, const char *line)
{
	return ask_end(c, ask_begin(c, line), NULL);
}

int
ask_reload(struct chaos *c)
{
	const int64_t until = now_ms() + VERDICT_MS;
	struct line_text t = {0};
	int fd = ask_begin(c, "reload"), pid = 0;

	if (fd < 0)
		return ASK_NONE;
	while ((t.s == NULL || strchr(t.s, '\n') == NULL) &&
	    read_more(c, fd, &t, until))
		;
	if (t.s == NULL || sscanf(t.s, "waiting pid=%d", &pid) != 1) {
		line_text_clear(&t);
		close(fd);
		return ASK_LOST;
	}
	line_text_clear(&t);
	kill(pid, SIGHUP);
	return ask_end(c, fd, NULL);
}

static void
take_program(struct chaos *c, const struct line *pl)
{
	const char *name = line_get(pl, "name");
	struct program *p;

	p = name != NULL ? world_program(c, name) : NULL;
	if (p == NULL)
		violation(c, "status names %s", name != NULL ? name : "nobody");
	p->listed = true;
	strlcpy(p->state, line_get(pl, "state"), sizeof(p->state));
	strlcpy(p->want, line_get(pl, "want"), sizeof(p->want));
	p->said_pid = (pid_t)line_get_number(pl, "pid", 0);
	p->said_restarts = line_get_number(pl, "restarts", 0);
}

static void
take_line(struct chaos *c, char *line)
{
	struct line pl;
	const char *value;

	if (*line == '\0' || line_parse(&pl, line) == -1)
		return;
	if (strcmp(pl.tag, "program") == 0)
		take_program(c, &pl);
	else if (strcmp(pl.tag, "config") == 0) {
		value = line_get(&pl, "reloading");
		c->reloading = value != NULL && strcmp(value, "yes") == 0;
		c->said_pid = (pid_t)line_get_number(&pl, "pid", 0);
	} else if (strcmp(pl.tag, "pong") == 0)
		c->execs = line_get_number(&pl, "execs", 0);
	line_clear(&pl);
}

static bool
take_reply(struct chaos *c, const char *request)
{
	char *reply, *rest, *line;
	int status;

	status = ask_end(c, ask_begin(c, request), &reply);
	rest = reply;
	while (status == 0 && (line = strsep(&rest, "\n")) != NULL)
		take_line(c, line);
	free(reply);
	return status == 0;
}

bool
ask_status(struct chaos *c)
{
	unsigned i;

	for (i = 0; i < c->nprograms; i++)
		c->programs[i].listed = false;
	return take_reply(c, "ping") && take_reply(c, "status");
}
