/* start - create a process from a definition. */
#include <sys/types.h>
#include <sys/epoll.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/words.h"
#include "config/address.h"
#include "config/environ.h"
#include "program/policy.h"
#include "program/record.h"
#include "program/start.h"
#include "wire/names.h"

/* Variables that are set here, at most. */
#define ENV_OWN (18 + FOLDER_KINDS)
/* The first descriptor of LISTEN_FDS: sd_listen_fds(3). */
#define LISTEN_FIRST 3

extern char **environ;

/* An environment and the strings that only it refers to. */
struct spawn_env {
	struct environment list;
	char *strings[ENV_OWN];
	size_t nstrings;
	char *pid; /* where the child prints its pid; or NULL */
};

/* The descriptors that the main process gets. */
struct handed {
	struct system_fd fds[SYSTEM_FDS];
	size_t n;
	size_t nlisten; /* those of LISTEN_FDS come first */
	char *names;	/* of these, separated by colons */
};

static void
env_clear(struct spawn_env *e)
{
	size_t i;

	for (i = 0; i < e->nstrings; i++)
		free(e->strings[i]);
	environ_clear(&e->list);
}

static void __attribute__((format(printf, 2, 3)))
env_format(struct spawn_env *e, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n == -1) {
		e->list.failed = 1;
		return;
	}
	e->strings[e->nstrings++] = s;
	environ_set(&e->list, s);
}

/* Set the variables that do not come from keys. */
static void
env_begin(struct spawn_env *e, const struct system *sys,
    const struct definition *c)
{
	static char default_path[] = ENVIRON_PATH;
	char *path = environ_find(sys->environment, "PATH");
	const char *login;

	environ_set(&e->list, path != NULL ? path : default_path);
	if (c->env_clear)
		return;
	environ_set_all(&e->list, sys->environment);
	if (c->user != NULL) {
		login = c->login != NULL ? c->login : c->user;
		env_format(e, "USER=%s", login);
		env_format(e, "LOGNAME=%s", login);
		env_format(e, "HOME=%s", c->home != NULL ? c->home : "/");
		env_format(e, "SHELL=%s",
		    c->shell != NULL ? c->shell : "/bin/sh");
	}
}

/* Variables of the daemon's own environment. */
static void
env_pass(struct spawn_env *e, const struct definition *c)
{
	char *kv;

	for (size_t i = 0; i < strings_count(c->pass_environment); i++)
		if ((kv = environ_find(environ, c->pass_environment[i])) !=
		    NULL)
			environ_set(&e->list, kv);
}

/* How the program ended, in the words of systemd.exec(5). */
static void
env_end(struct spawn_env *e, const struct definition *c,
    const struct program_end *end, bool was_asked)
{
	const struct process_end *process = &end->process;
	char name[TEXT_NUMBER_MAX];

	env_format(e, "SERVICE_RESULT=%s", policy_result(c, end, was_asked));
	if (end->kind != END_PROCESS || !process->known || end->is_hook)
		return;
	if (process->signal) {
		env_format(e, "EXIT_CODE=%s",
		    process->core ? "dumped" : "killed");
		env_format(e, "EXIT_STATUS=%s",
		    text_signal_name(process->code, name));
	} else {
		env_format(e, "EXIT_CODE=exited");
		env_format(e, "EXIT_STATUS=%d", process->code);
	}
}

/* RUNTIME_DIRECTORY ...: the folders that are made for the program. */
static void
env_folders(struct spawn_env *e, const struct system *sys,
    const struct definition *c)
{
	char *paths;

	for (int kind = 0; c->folders.n > 0 && kind < FOLDER_KINDS; kind++) {
		paths = folder_paths(&c->folders, (enum folder_kind)kind,
		    sys->bases);
		if (paths != NULL)
			env_format(e, "%s=%s",
			    folder_variable((enum folder_kind)kind), paths);
		else if (errno == ENOMEM)
			e->list.failed = 1;
		free(paths);
	}
}

/* The child knows its pid only when it exists. */
static void
env_listen(struct spawn_env *e, const struct start_command *command)
{
	static const char lead[] = "LISTEN_PID=";
	char *s;

	env_format(e, "LISTEN_FDS=%zu", command->nlisten);
	env_format(e, "LISTEN_FDNAMES=%s", command->names);
	s = malloc(sizeof(lead) + SYSTEM_PID_MAX);
	if (s == NULL) {
		e->list.failed = 1;
		return;
	}
	strlcpy(s, lead, sizeof(lead));
	e->pid = s + sizeof(lead) - 1;
	e->strings[e->nstrings++] = s;
	environ_set(&e->list, s);
}

/* From the daemon's own to the definition's; the last value counts. */
static int
env_build(struct spawn_env *e, struct program *p,
    const struct start_command *command, uint64_t run)
{
	struct system *sys = p->programs->system;
	const struct definition *c = p->conf;

	memset(e, 0, sizeof(*e));
	env_begin(e, sys, c);
	env_pass(e, c);
	environ_set_all(&e->list, c->env);
	environ_set_all(&e->list, c->env_read);
	env_format(e, "HUPD_PROGRAM=%s", c->name);
	if (definition_instance(c->name) != NULL)
		env_format(e, "HUPD_INSTANCE=%s", definition_instance(c->name));
	env_format(e, NAMES_MARK "=%016" PRIx64, run);
	env_folders(e, sys, c);
	if (p->notify != NULL)
		env_format(e, "NOTIFY_SOCKET=%s",
		    sys->notify_path(sys, p->notify));
	if (start_is_watched(p))
		env_format(e, "WATCHDOG_USEC=%" PRId64, c->watchdog * 1000);
	if (command->mainpid != 0)
		env_format(e, "MAINPID=%d", (int)command->mainpid);
	if (command->end != NULL)
		env_end(e, c, command->end, command->was_asked);
	if (command->state != NULL)
		env_format(e, "HUPD_STATE=%s", command->state);
	if (command->reason != NULL)
		env_format(e, "HUPD_REASON=%s", command->reason);
	if (command->nlisten > 0)
		env_listen(e, command);
	return 0;
}

void
start_close_ready(struct program *p)
{
	int fd = p->ready.fd;

	if (fd == -1)
		return;
	loop_unwatch(p->programs->loop, &p->ready);
	record_note(p);
	close(fd);
}

bool
start_is_watched(const struct program *p)
{
	return p->conf->watchdog > 0 && p->conf->ready == READY_NOTIFY;
}

int
start_open_stream(struct program *p)
{
	struct system *sys = p->programs->system;
	int rv = sys->open_stream(sys, p->conf, &p->stream);

	/* A closed stream never reports the last lines. */
	if (p->stream == NULL)
		p->tail_due = false;
	return rv;
}

int
start_open_notify(struct program *p, bool again, int inherited)
{
	struct system *sys = p->programs->system;
	int rv = 0;

	if (p->conf->ready == READY_NOTIFY)
		rv = sys->open_notify(sys, p->conf, p->slot, again, inherited,
		    p, &p->notify);
	else {
		sys->close_notify(sys, p->notify);
		p->notify = NULL;
	}
	record_note(p);
	return rv;
}

int
start_command(struct program *p, const struct start_command *command,
    struct child *child)
{
	struct system *sys = p->programs->system;
	struct system_request req = {
	    .conf = p->conf,
	    .argv = command->argv,
	    .folder = command->folder,
	    .output = command->is_logged ? p->stream : NULL,
	    .begins = command->begins,
	    .fds = command->fds,
	    .nfds = command->nfds,
	    .is_privileged = command->is_privileged,
	    .record = command->record,
	    .notify =
		p->notify != NULL ? sys->notify_path(sys, p->notify) : NULL,
	    .main = command->mainpid != 0 ? &p->child : NULL,
	};
	struct spawn_env env;
	int saved;

	/* Nothing is run with the ids of root in place of unknown ids. */
	if (p->conf->waits_for != NULL) {
		errno = EPERM;
		return -1;
	}
	if (env_build(&env, p, command, child->run) == -1 ||
	    (req.envp = environ_vector(&env.list)) == NULL) {
		saved = errno;
		env_clear(&env);
		errno = saved;
		return -1;
	}
	req.path = environ_get(&env.list, "PATH");
	req.pid = env.pid;
	sys->spawn(sys, child, &req);
	env_clear(&env);
	return 0;
}

void
start_failed(struct program *p, enum program_end_kind kind,
    const struct spawn_error *e)
{
	start_close_ready(p);
	/* It may not keep a descriptor from the start of another program. */
	if (p->stream != NULL && (e->err == EMFILE || e->err == ENFILE)) {
		p->programs->system->close_stream(p->programs->system,
		    p->stream);
		p->stream = NULL;
		p->tail_due = false;
	}
	record_no_main(p);
	free(p->why);
	p->why = NULL;
	memset(&p->end, 0, sizeof(p->end));
	p->end.kind = kind;
	p->end.error = *e;
	p->end.at = clock_wall().tv_sec;
}

/*
 * The program's end is open for reading too: if the daemon is killed, the
 * program can still write without SIGPIPE.  That end blocks, as a program
 * expects of a pipe.
 */
static int
open_pipe(int pair[2])
{
	char path[32];
	int fd;

	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pair[1]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1) {
		/* Without /proc, use an ordinary pipe. */
		fcntl(pair[1], F_SETFL, 0);
		return 0;
	}
	close(pair[1]);
	pair[1] = fd;
	return 0;
}

/* Watch for the newline of READY_FD.  The program's end, or -1 with errno. */
static int
open_ready(struct program *p)
{
	int pair[2];

	if (open_pipe(pair) == -1)
		return -1;
	if (loop_watch(p->programs->loop, &p->ready, pair[0], EPOLLIN) == -1) {
		log_warn("%s: cannot watch its readiness descriptor",
		    p->conf->name);
		close(pair[0]);
	}
	return pair[1];
}

/*
 * The words of the command that is to run now, malloc'd for all but the first;
 * NULL with errno.
 */
static char **
words_of(const struct program *p)
{
	const char *why;
	char **words;
	size_t n;

	if (p->command == 0 ||
	    p->command > strings_count(p->conf->more_commands))
		return p->conf->command;
	/* The line was accepted: only memory can be missing. */
	if (words_split(p->conf->more_commands[p->command - 1], &words, &n,
		&why) == 0)
		return words;
	errno = ENOMEM;
	return NULL;
}

/* -1 with errno, and the stage that failed. */
static int
prepare(struct program *p, struct spawn_error *error)
{
	error->stage = SPAWN_RECORD;
	/* Without a record, a later daemon would start it a second time. */
	if (record_assign(p) == -1)
		return -1;
	error->stage = SPAWN_OUTPUT;
	if (start_open_stream(p) == -1 ||
	    (p->stream != NULL &&
		p->programs->system->renew_stream(p->programs->system, p->conf,
		    p->stream) == -1))
		return -1;
	error->stage = SPAWN_DESCRIPTORS;
	return start_open_notify(p, false, -1);
}

int
start_prepare(struct program *p)
{
	struct spawn_error error = {SPAWN_RECORD, 0, 0};

	if (prepare(p, &error) == 0)
		return 0;
	error.err = errno;
	start_failed(p, END_SPAWN, &error);
	return -1;
}

static void
hand(struct handed *h, int from, int to)
{
	h->fds[h->n++] = (struct system_fd){from, to};
}

/* -1: no memory. */
static int
add_name(struct handed *h, const char *name)
{
	char *s;

	if (asprintf(&s, "%s%s%s", h->names != NULL ? h->names : "",
		h->names != NULL ? ":" : "", name) == -1)
		return -1;
	free(h->names);
	h->names = s;
	return 0;
}

/* Hand its sockets over.  -1: no memory. */
static int
hand_sockets(struct program *p, struct handed *h)
{
	struct listening *l = p->programs->listening;
	char **text = p->conf->listen_stream, name[ADDRESS_MAX];
	int fds[DEFINITION_LISTEN_MAX];
	size_t n;

	if (text == NULL || l == NULL)
		return 0;
	n = l->give(l, p, fds);
	for (size_t i = 0; i < n; i++) {
		hand(h, fds[i], LISTEN_FIRST + (int)i);
		address_name(text[i], name);
		if (add_name(h, name) == -1)
			return -1;
	}
	h->nlisten = n;
	if (n > 0 && p->conf->socket_fd != DEFINITION_UNSET)
		hand(h, fds[0], p->conf->socket_fd);
	return 0;
}

/* Hand over what it has stored.  -1: no memory. */
static int
hand_stored(struct program *p, struct handed *h)
{
	struct storing_fd v[DEFINITION_STORE_MAX];
	struct storing *s = p->programs->storing;
	size_t n = p->nstored > 0 ? s->give(s, p, v) : 0;

	for (size_t i = 0; i < n; i++) {
		hand(h, v[i].fd, LISTEN_FIRST + (int)h->nlisten++);
		if (add_name(h, v[i].name) == -1)
			return -1;
	}
	return 0;
}

int
start_main(struct program *p)
{
	struct spawn_error error = {SPAWN_RECORD, 0, 0};
	struct handed handed = {.n = 0};
	int ready = -1;
	char **words = words_of(p);
	struct start_command command = {
	    .argv = words,
	    .folder = p->conf->name,
	    .is_logged = true,
	    .begins = p->command == 0 && p->conf->start_pre == NULL,
	    .fds = handed.fds,
	};
	int rv;

	p->child.run++;
	if (words == NULL || prepare(p, &error) == -1)
		goto fail;
	if (hand_sockets(p, &handed) == -1 || hand_stored(p, &handed) == -1)
		goto fail;
	if (p->conf->ready == READY_FD) {
		ready = open_ready(p);
		if (ready == -1)
			goto fail;
		hand(&handed, ready, p->conf->ready_fd);
	}
	command.nfds = handed.n;
	command.nlisten = handed.nlisten;
	command.names = handed.names;
	command.record = record_pid(p);
	rv = start_command(p, &command, &p->child);
	if (rv == -1) {
		error = (struct spawn_error){SPAWN_CLONE, 0, errno};
		start_failed(p, END_ENV, &error);
	}
	if (ready != -1)
		close(ready);
	free(handed.names);
	if (words != p->conf->command)
		free(words);
	return rv;
fail:
	error.err = errno;
	start_failed(p, END_SPAWN, &error);
	free(handed.names);
	if (words != p->conf->command)
		free(words);
	return -1;
}
