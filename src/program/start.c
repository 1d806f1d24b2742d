/*
 * progspawn - everything between a definition and its running process:
 * environment, output, containment, readiness.
 */
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

#include "config/definition.h"
#include "config/environ.h"
#include "base/log.h"
#include "process/orphan.h"
#include "program/program_int.h"

#define DEFAULT_PATH \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Variables that it sets itself, at most. */
#define ENV_OWN 10

extern char **environ;

/* An environment and the strings that only it refers to. */
struct spawn_env {
	struct environment list;
	char ***files;
	size_t nfiles;
	char *strings[ENV_OWN];
	size_t nstrings;
};

static void
env_clear(struct spawn_env *e)
{
	size_t i;

	for (i = 0; i < e->nfiles; i++)
		free(e->files[i]);
	free(e->files);
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

/* The files are read at each start, so that it sees what they say now. */
static int
env_files(struct spawn_env *e, const struct definition *c)
{
	size_t i, n = 0;

	while (c->env_file != NULL && c->env_file[n] != NULL)
		n++;
	e->files = calloc(n + 1, sizeof(*e->files));
	if (e->files == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		if (environ_read(c->env_file[i], &e->files[i]) == -1) {
			log_warn("%s: env-file %s", c->name, c->env_file[i]);
			return -1;
		}
		e->nfiles++;
		environ_set_all(&e->list, e->files[i]);
	}
	return 0;
}

/* From the daemon's own to the definition's, the later winning. */
static int
env_build(struct spawn_env *e, struct program *p,
    const struct program_command *command)
{
	static char default_path[] = DEFAULT_PATH;
	const struct definition *c = p->conf;

	memset(e, 0, sizeof(*e));
	if (!c->env_clear)
		environ_set_all(&e->list, environ);
	/* What the daemon was told by its own starter is not for them. */
	environ_unset(&e->list, "HUPD_INSTANCE");
	environ_unset(&e->list, "NOTIFY_SOCKET");
	environ_unset(&e->list, "WATCHDOG_USEC");
	environ_unset(&e->list, "WATCHDOG_PID");
	if (environ_get(&e->list, "PATH") == NULL)
		environ_set(&e->list, default_path);
	if (c->user != NULL) {
		env_format(e, "USER=%s", c->user);
		env_format(e, "LOGNAME=%s", c->user);
		env_format(e, "HOME=%s", c->home != NULL ? c->home : "/");
		env_format(e, "SHELL=%s",
		    c->shell != NULL ? c->shell : "/bin/sh");
	}
	if (env_files(e, c) == -1)
		return -1;
	environ_set_all(&e->list, c->env);
	env_format(e, "HUPD_PROGRAM=%s", c->name);
	if (definition_instance(c->name) != NULL)
		env_format(e, "HUPD_INSTANCE=%s", definition_instance(c->name));
	env_format(e, ORPHAN_MARK "=%016" PRIx64, command->run);
	if (c->ready == READY_NOTIFY)
		env_format(e, "NOTIFY_SOCKET=%s", p->programs->notify_path);
	if (program_is_watched(p))
		env_format(e, "WATCHDOG_USEC=%" PRId64, c->watchdog * 1000);
	if (command->mainpid != 0)
		env_format(e, "MAINPID=%d", (int)command->mainpid);
	return 0;
}

static void
ready_readable(struct source *s, uint32_t events)
{
	struct program *p = s->arg;
	char buf[512];
	ssize_t n;

	(void)events;
	n = read(s->fd, buf, sizeof(buf));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		log_warnx("%s: closed descriptor %d without a newline, by "
			  "which it was to become ready",
		    p->conf->name, p->conf->ready_fd);
		start_close_ready(p);
	} else if (memchr(buf, '\n', (size_t)n) != NULL)
		program_became_ready(p);
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

/* A daemon that has detached has no standard output. */
static bool
lacks_stdout(const struct program *p)
{
	return p->conf->log == LOG_TO_STDOUT && !p->programs->foreground;
}

static void
stream_settings(const struct program *p, struct stream_conf *sc)
{
	const struct definition *c = p->conf;

	sc->to = lacks_stdout(p) ? LOG_TO_FILE : c->log;
	sc->timestamps = c->log_timestamps;
	sc->size = c->log_size;
	sc->keep = c->log_keep;
}

/* The stream as the definition wants it. */
int
start_open_stream(struct program *p)
{
	const struct definition *c = p->conf;
	struct stream_conf sc;

	if (c->log == LOG_TO_NONE) {
		if (p->stream != NULL)
			logger_stream_close(p->stream);
		p->stream = NULL;
		/* With its stream goes who would have told its last words. */
		p->tail_due = false;
		return 0;
	}
	stream_settings(p, &sc);
	if (lacks_stdout(p))
		log_warnx("%s: log = stdout is for a daemon in the "
			  "foreground, it goes to its log file",
		    c->name);
	if (p->stream != NULL) {
		logger_stream_adjust(p->stream, &sc);
		return logger_stream_chown(p->stream, c->uid);
	}
	p->stream =
	    logger_stream_open(p->programs->logger, c->name, c->uid, &sc);
	return p->stream == NULL ? -1 : 0;
}

/* What it prints goes on as before, in its new form. */
void
start_adjust_stream(struct program *p)
{
	struct stream_conf sc;

	if (p->stream == NULL || p->conf->log == LOG_TO_NONE)
		return;
	stream_settings(p, &sc);
	logger_stream_adjust(p->stream, &sc);
}

static int
enter_cgroup(struct program *p, const char *name)
{
	int fd;

	if (p->programs->cgroup == NULL)
		return -1;
	fd = cgroup_enter(p->programs->cgroup, name);
	if (fd == -1)
		log_warn("%s: its cgroup cannot be made, it runs without",
		    name);
	return fd;
}

/* One attempt, in the program's environment and containment. */
int
start_command(struct program *p, const struct program_command *command,
    struct process *child, struct spawn_report *report, bool *env_failed)
{
	struct spawn_request req = {
	    .argv = command->argv,
	    .execfd = -1,
	    .conf = p->conf,
	    .cgroup = -1,
	    .outdir = -1,
	    .session = true,
	    .record = child == &p->child ? record_pid(p) : NULL,
	    .fds = command->fds,
	    .nfds = command->nfds,
	};
	struct spawn_env env;
	int rv = -1;

	*env_failed = true;
	if (env_build(&env, p, command) == -1 ||
	    (req.envp = environ_vector(&env.list)) == NULL) {
		report->error = (struct spawn_error){SPAWN_CLONE, 0, errno};
		goto out;
	}
	*env_failed = false;
	req.path = environ_get(&env.list, "PATH");
	if (p->stream != NULL && command->is_logged) {
		req.outdir = logger_outdir(p->programs->logger);
		req.outname = logger_stream_name(p->stream);
	}
	req.cgroup = enter_cgroup(p, command->cgroup);
	rv = spawn(&req, child, report);
	if (req.cgroup != -1)
		close(req.cgroup);
out:
	env_clear(&env);
	return rv;
}

int
start_helper(struct program *p, char *const *argv, struct process *child,
    struct spawn_report *report)
{
	struct program_command command = {
	    .argv = argv,
	    .run = p->run,
	    .mainpid = p->child.pid,
	    .cgroup = p->conf->name,
	    .is_logged = true,
	};
	bool env_failed;

	return start_command(p, &command, child, report, &env_failed);
}

void
start_failed(struct program *p, enum program_end_kind kind,
    const struct spawn_error *e)
{
	memset(&p->end, 0, sizeof(p->end));
	p->end.kind = kind;
	p->end.error = *e;
	p->end.at = clock_wall().tv_sec;
}

/*
 * The program's end is open for reading too, so that it may still write when
 * the daemon was killed and is not ended by SIGPIPE.  It blocks, as a program
 * expects of a pipe.
 */
static int
open_ready(int pair[2])
{
	char path[32];
	int fd;

	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pair[1]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1) {
		/* Without /proc it is as good as a pipe alone. */
		fcntl(pair[1], F_SETFL, 0);
		return 0;
	}
	close(pair[1]);
	pair[1] = fd;
	return 0;
}

int
start_main(struct program *p)
{
	struct spawn_error error = {SPAWN_RECORD, 0, 0};
	struct spawn_fd fd;
	struct program_command command = {
	    .argv = p->conf->command,
	    .cgroup = p->conf->name,
	    .is_logged = true,
	    .fds = &fd,
	};
	int pair[2] = {-1, -1};
	bool env_failed = false;

	command.run = ++p->run;
	/* After a crash, one without a record would be started once more. */
	if (record_assign(p) == -1)
		goto fail;
	error.stage = SPAWN_OUTPUT;
	if (start_open_stream(p) == -1)
		goto fail;
	if (p->conf->ready == READY_FD) {
		error.stage = SPAWN_DESCRIPTORS;
		if (open_ready(pair) == -1)
			goto fail;
		fd = (struct spawn_fd){pair[1], p->conf->ready_fd};
		command.nfds = 1;
	}
	if (start_command(p, &command, &p->child, &p->exec, &env_failed) ==
	    -1) {
		error = p->exec.error;
		goto fail;
	}
	if (pair[1] != -1)
		close(pair[1]);
	if (pair[0] != -1 &&
	    loop_watch(p->programs->loop, &p->ready, pair[0], EPOLLIN) == -1) {
		log_warn("%s: its readiness cannot be watched", p->conf->name);
		close(pair[0]);
	}
	return 0;
fail:
	if (error.err == 0)
		error.err = errno;
	if (pair[0] != -1) {
		close(pair[0]);
		close(pair[1]);
	}
	p->child.pid = 0;
	record_main(p, 0);
	start_failed(p, env_failed ? END_ENV : END_SPAWN, &error);
	return -1;
}

/* Set up once: what a readable descriptor leads to. */
void
program_init_ready(struct program *p)
{
	p->ready.fd = -1;
	p->ready.ready = ready_readable;
	p->ready.arg = p;
}
