/*
 * hosts - a command line for the hupctl of other machines, and their output.
 *
 * ssh(1) gives the remote shell one string, and that shell may be any: so each
 * byte with a meaning in one of them has a backslash, which sh, csh, zsh and
 * fish understand alike.
 */
#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/emit.h"
#include "client/hosts.h"
#include "client/json.h"
#include "client/present.h"
#include "wire/names.h"

/* A host is read on only if less than this waits to be printed, in bytes. */
#define PENDING_MAX (1 << 20)

/* The end of ssh(1) itself, as its manual has it. */
#define SSH_FAILED 255

/* The standard output or error of a host. */
struct stream {
	int fd; /* -1: at its end */
	FILE *to;
	char *pending;
	size_t len;
};

struct host {
	char *name;
	char *prefix; /* of its lines, as wide as the others */
	pid_t pid;    /* 0: not running */
	int status;
	bool printed; /* something on standard output */
	struct stream out;
	struct stream err;
};

struct hosts {
	const struct ctl *ctl;
	char *names; /* the list, cut into names */
	struct host *v;
	size_t n;
	char *line; /* for the remote shell */
};

/* A name that is no option of ssh(1), and harmless in its configuration. */
static bool
is_host(const char *name)
{
	if (*name == '\0' || *name == '-')
		return false;
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) &&
		    strchr("._-@:/[]%", *name) == NULL)
			return false;
	return true;
}

static int
no_memory(const struct hosts *hosts)
{
	return present_fail(hosts->ctl, STATUS_FAILED, "out of memory");
}

static int
take_names(struct hosts *hosts)
{
	char *rest, *name;
	size_t width = 0, room = 1, i;

	if ((hosts->names = rest = strdup(hosts->ctl->hosts)) == NULL)
		return no_memory(hosts);
	for (i = 0; rest[i] != '\0'; i++)
		room += rest[i] == ',';
	if ((hosts->v = calloc(room, sizeof(*hosts->v))) == NULL)
		return no_memory(hosts);
	while ((name = strsep(&rest, ",")) != NULL) {
		if (!is_host(name))
			return present_fail(hosts->ctl, STATUS_USAGE,
			    "-H: '%s' is not the name of a host", name);
		hosts->v[hosts->n++] = (struct host){.name = name,
		    .out = {.fd = -1, .to = hosts->ctl->out},
		    .err = {.fd = -1, .to = hosts->ctl->err}};
		if (strlen(name) > width)
			width = strlen(name);
	}
	for (i = 0; i < hosts->n; i++)
		if (asprintf(&hosts->v[i].prefix, "%-*s  ", (int)width,
			hosts->v[i].name) == -1) {
			hosts->v[i].prefix = NULL;
			return no_memory(hosts);
		}
	return STATUS_OK;
}

/* Write the word for whichever shell.  False: it cannot be written. */
static bool
put_word(FILE *f, const char *word)
{
	if (*word == '\0')
		fputs(" ''", f);
	else
		fputc(' ', f);
	for (; *word != '\0'; word++) {
		if (iscntrl((unsigned char)*word))
			return false;
		if ((unsigned char)*word < 0x80 &&
		    !isalnum((unsigned char)*word) &&
		    strchr("_./:,@-+", *word) == NULL)
			fputc('\\', f);
		fputc(*word, f);
	}
	return true;
}

/* The options that were given before the command, and the words after them. */
static int
compose(struct hosts *hosts, char *const *words)
{
	const struct ctl *ctl = hosts->ctl;
	const char *options[] = {ctl->config != NULL ? "-f" : NULL, ctl->config,
	    ctl->socket != NULL ? "-s" : NULL, ctl->socket,
	    ctl->present == &present_json ? "-j" : NULL};
	const char *bad = NULL;
	size_t size, i;
	FILE *f;

	if ((f = open_memstream(&hosts->line, &size)) == NULL)
		return no_memory(hosts);
	fputs("hupctl", f);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i] != NULL && !put_word(f, options[i]))
			bad = options[i];
	for (; *words != NULL; words++)
		if (!put_word(f, *words))
			bad = *words;
	if (fclose(f) == EOF)
		return no_memory(hosts);
	if (bad != NULL)
		return present_fail(ctl, STATUS_USAGE,
		    "'%s': control characters cannot be passed to a host", bad);
	return STATUS_OK;
}

/*
 * Become ssh(1).  It asks nobody for a password, since several hosts would ask
 * at once, and leaves no connection open, which would keep the pipes.
 */
static void
become_ssh(const struct hosts *hosts, const struct host *host, int out, int err)
{
	int null = open("/dev/null", O_RDONLY);

	if (null != -1 && dup2(null, STDIN_FILENO) != -1 &&
	    dup2(err, STDERR_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1)
		execlp("ssh", "ssh", "-o", "BatchMode=yes", "-o",
		    "ControlMaster=no", "--", host->name, hosts->line, NULL);
	dprintf(STDERR_FILENO, "ssh: %s\n", strerror(errno));
	_exit(SSH_FAILED);
}

static int
start(const struct hosts *hosts, struct host *host)
{
	int out[2] = {-1, -1}, err[2] = {-1, -1};
	int status = STATUS_OK;

	if (pipe2(out, O_CLOEXEC) == -1 || pipe2(err, O_CLOEXEC) == -1 ||
	    (host->pid = fork()) == -1) {
		host->pid = 0;
		status = present_fail(hosts->ctl, STATUS_FAILED, "ssh %s: %s",
		    host->name, strerror(errno));
	} else if (host->pid == 0)
		become_ssh(hosts, host, out[1], err[1]);
	host->out.fd = out[0];
	host->err.fd = err[0];
	if (out[1] != -1)
		close(out[1]);
	if (err[1] != -1)
		close(err[1]);
	return status;
}

/* A line of JSON gets the host as its first value. */
static void
put_object(const struct host *host, const char *line, size_t n, FILE *f)
{
	fprintf(f, "{\"host\":\"%s\"", host->name);
	if (n >= 2 && line[0] == '{' && line[n - 1] == '}') {
		if (n > 2)
			fputc(',', f);
		fwrite(line + 1, 1, n - 2, f);
	} else {
		fputs(",\"line\":\"", f);
		json_escape(f, line, n);
		fputc('"', f);
	}
	fputs("}\n", f);
}

static void
put_objects(const struct host *host, const char *bytes, size_t n, FILE *f)
{
	const char *end;
	size_t len;

	while (n > 0) {
		end = memchr(bytes, '\n', n);
		len = end != NULL ? (size_t)(end - bytes) : n;
		if (len > 0)
			put_object(host, bytes, len, f);
		len += end != NULL;
		bytes += len;
		n -= len;
	}
}

static void
put_text(const struct ctl *ctl, const struct host *host, const char *bytes,
    size_t n, FILE *f)
{
	struct emit emit = {.f = f,
	    .head.prefix = host->prefix,
	    .ends_lines = true};
	const char *end;
	size_t len;

	if (!ctl->terminal)
		emit.form = EMIT_RAW;
	else
		emit.form = ctl->pass_colour ? EMIT_COLOURED : EMIT_ESCAPED;
	for (; n > 0; bytes += len, n -= len) {
		end = memchr(bytes, '\n', n);
		len = end != NULL ? (size_t)(end - bytes) + 1 : n;
		emit_bytes(&emit, bytes, len);
		emit_end(&emit);
	}
}

/* Print the whole lines; at the end, or if the line is too long, everything. */
static void
print(const struct hosts *hosts, struct host *host, struct stream *stream)
{
	const char *end;
	size_t n = stream->len;

	if (n == 0)
		return;
	if (stream->fd != -1 && n < PENDING_MAX) {
		if ((end = memrchr(stream->pending, '\n', n)) == NULL)
			return;
		n = (size_t)(end - stream->pending) + 1;
	}
	if (stream == &host->out)
		host->printed = true;
	if (hosts->ctl->present == &present_json && stream == &host->out)
		put_objects(host, stream->pending, n, stream->to);
	else
		put_text(hosts->ctl, host, stream->pending, n, stream->to);
	fflush(stream->to);
	stream->len -= n;
	memmove(stream->pending, stream->pending + n, stream->len);
}

static void
receive(struct stream *stream)
{
	ssize_t n;

	if (stream->pending == NULL &&
	    (stream->pending = malloc(PENDING_MAX)) == NULL)
		n = 0;
	else
		n = read(stream->fd, stream->pending + stream->len,
		    PENDING_MAX - stream->len);
	if (n > 0)
		stream->len += (size_t)n;
	else if (n == 0 || errno != EINTR) {
		close(stream->fd);
		stream->fd = -1;
	}
}

/* Both streams of the host are at their ends: so will ssh(1) be. */
static void
finish(const struct hosts *hosts, struct host *host)
{
	const struct ctl *ctl = hosts->ctl;
	const char *why = "ssh was killed";
	struct json json;
	int status;

	while (waitpid(host->pid, &status, 0) == -1 && errno == EINTR)
		;
	host->pid = 0;
	host->status = STATUS_FAILED;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= STATUS_MAX) {
		host->status = WEXITSTATUS(status);
		return;
	}
	if (WIFEXITED(status))
		why = WEXITSTATUS(status) == SSH_FAILED
		    ? "ssh has failed"
		    : "hupctl cannot be run there";
	present_warn("%s: %s", host->name, why);
	if (ctl->present != &present_json || host->printed)
		return;
	json_begin(&json, ctl->out);
	json_object(&json, NULL);
	json_string(&json, "host", host->name);
	json_string(&json, "error", why);
	json_number(&json, "status", STATUS_FAILED);
	json_end(&json);
}

/* Wait for output of any host.  False: all are at their ends. */
static bool
wait_for_output(const struct hosts *hosts, struct pollfd *polled)
{
	struct stream *stream;
	size_t i, n = 0;

	for (i = 0; i < 2 * hosts->n; i++) {
		stream =
		    i % 2 == 0 ? &hosts->v[i / 2].out : &hosts->v[i / 2].err;
		polled[i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (stream->len < PENDING_MAX)
			polled[i].fd = stream->fd;
		n += polled[i].fd != -1;
	}
	if (n == 0)
		return false;
	while (poll(polled, 2 * hosts->n, -1) == -1 && errno == EINTR)
		;
	for (i = 0; i < 2 * hosts->n; i++)
		if (polled[i].fd != -1 && polled[i].revents != 0)
			receive(i % 2 == 0 ? &hosts->v[i / 2].out
					   : &hosts->v[i / 2].err);
	return true;
}

/* Print what is due, and learn how hosts ended that are through. */
static void
print_due(const struct hosts *hosts)
{
	bool due = true;
	struct host *host;

	for (size_t i = 0; i < hosts->n; i++) {
		host = &hosts->v[i];
		print(hosts, host, &host->err);
		if (!due && !hosts->ctl->follow)
			continue;
		print(hosts, host, &host->out);
		if (host->pid != 0 && host->out.fd == -1 && host->err.fd == -1)
			finish(hosts, host);
		if (host->pid != 0)
			due = false;
	}
}

static int
collect(const struct hosts *hosts)
{
	struct pollfd *polled = calloc(2 * hosts->n, sizeof(*polled));
	int status = STATUS_OK;

	if (polled == NULL)
		return no_memory(hosts);
	do
		print_due(hosts);
	while (wait_for_output(hosts, polled));
	free(polled);
	for (size_t i = 0; i < hosts->n; i++) {
		if (hosts->v[i].status == STATUS_OK)
			continue;
		if (status != STATUS_OK && status != hosts->v[i].status)
			return STATUS_FAILED;
		status = hosts->v[i].status;
	}
	return status;
}

static void
clear(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->n; i++) {
		struct host *host = &hosts->v[i];

		if (host->out.fd != -1)
			close(host->out.fd);
		if (host->err.fd != -1)
			close(host->err.fd);
		free(host->out.pending);
		free(host->err.pending);
		free(host->prefix);
	}
	free(hosts->v);
	free(hosts->names);
	free(hosts->line);
}

int
hosts_run(const struct ctl *ctl, char *const *words)
{
	struct hosts hosts = {.ctl = ctl};
	int status;

	if ((status = take_names(&hosts)) == STATUS_OK)
		status = compose(&hosts, words);
	for (size_t i = 0; i < hosts.n && status == STATUS_OK; i++)
		status = start(&hosts, &hosts.v[i]);
	if (status == STATUS_OK)
		status = collect(&hosts);
	clear(&hosts);
	return status;
}
