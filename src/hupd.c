/*
 * hupd - keeps the programs of a machine running; a reload you can trust.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/advice.h"
#include "config/load.h"
#include "config/syntax.h"
#include "process/rlimit.h"
#include "daemon/claim.h"
#include "daemon/detach.h"
#include "base/file.h"
#include "daemon/guard.h"
#include "daemon/handover.h"
#include "daemon/pidlock.h"
#include "base/log.h"
#include "wire/line.h"
#include "daemon/serve.h"
#include "output/confine.h"
#include "output/logproc.h"
#include "daemon/lookup.h"
#include "process/spawn.h"
#include "process/starter.h"
#include "program/record.h"

extern char **environ;

struct options {
	bool foreground;
	bool check;
	bool verbose;
	bool strict;
	char *config; /* NULL: the default */
};

_Noreturn static void
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
	    "usage: hupd [-dnvVh] [--strict] [-f FILE]\n"
	    "  -d, --foreground   do not detach, print events on stderr\n"
	    "  -f, --config FILE  settings of the daemon\n"
	    "  -n, --check        check the configuration and exit\n"
	    "  -v, --verbose      with -n, print it; else log more\n"
	    "      --strict       never start with an older configuration\n"
	    "  -V, --version      print the version\n"
	    "  -h, --help         print this\n");
	exit(status);
}

static char *
absolute(const char *path)
{
	char cwd[PATH_MAX], *p;

	if (*path == '/')
		p = strdup(path);
	else if (getcwd(cwd, sizeof(cwd)) == NULL ||
	    asprintf(&p, "%s/%s", cwd, path) == -1)
		p = NULL;
	if (p == NULL)
		log_fatal("%s", path);
	return p;
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	static const struct option longopts[] = {
	    {"foreground", no_argument, NULL, 'd'},
	    {"config", required_argument, NULL, 'f'},
	    {"check", no_argument, NULL, 'n'},
	    {"verbose", no_argument, NULL, 'v'},
	    {"version", no_argument, NULL, 'V'},
	    {"help", no_argument, NULL, 'h'},
	    {"strict", no_argument, NULL, 's'},
	    {NULL, 0, NULL, 0},
	};
	int ch;

	memset(o, 0, sizeof(*o));
	while ((ch = getopt_long(argc, argv, "df:nvVh", longopts, NULL)) != -1)
		switch (ch) {
		case 'd':
			o->foreground = true;
			break;
		case 'f':
			free(o->config);
			o->config = absolute(optarg);
			break;
		case 'n':
			o->check = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 's':
			o->strict = true;
			break;
		case 'V':
			printf("hupd %s (%s)\n", HUPD_VERSION, confine_kind());
			exit(STATUS_OK);
		case 'h':
			usage(STATUS_OK);
		default:
			usage(STATUS_USAGE);
		}
	if (optind != argc)
		usage(STATUS_USAGE);
	/* When the first process of a container ends, the container ends. */
	if (getpid() == 1)
		o->foreground = true;
}

static void
print_diags(const struct diags *diags, const char *before)
{
	char buf[4096];
	size_t i;

	for (i = 0; i < diags->n; i++) {
		diag_print(&diags->v[i], buf, sizeof(buf));
		fprintf(stderr, "%s%s\n", before, buf);
	}
}

/*
 * Is the accepted configuration that of this daemon?  If hupd.conf could not be
 * read, its state-dir is unknown: the default one may be another daemon's.
 */
static bool
is_own(const struct daemon *d, const struct config *accepted, bool read)
{
	if (read)
		return true;
	if (accepted->origin == NULL) /* no hupd.conf; or version 0.1 */
		return !d->must_exist;
	return strcmp(accepted->origin, d->config) == 0;
}

/*
 * Read the last accepted configuration of the daemon whose settings are those
 * of set.  False: nothing was accepted; with diagnostics if it cannot be used.
 */
static bool
load_accepted(struct daemon *d, struct lookup *lookup, const struct config *set,
    struct config *accepted, struct diags *errors)
{
	size_t before = diag_count(errors);
	bool is_read = set->origin != NULL;
	char *file;

	if ((file = places_accepted(set->settings.state_dir)) == NULL)
		log_fatal("accepted");
	if (access(file, F_OK) == -1 && errno == ENOENT) {
		free(file);
		return false;
	}
	if (lookup_load_whole(lookup, accepted, &d->places, file, errors) ==
		0 &&
	    !is_own(d, accepted, is_read))
		diag_add(errors, file, 0, NULL,
		    "not used, as it may belong to a daemon with another "
		    "hupd.conf");
	free(file);
	if (diag_count(errors) == before)
		return true;
	config_clear(accepted);
	return false;
}

/* The files are rejected, and so is a start without them. */
_Noreturn static void
reject(const struct diags *errors, const struct diags *older)
{
	print_diags(errors, "");
	print_diags(older, "");
	exit(STATUS_REJECTED);
}

static bool
has_fixed_environment(const struct options *o)
{
	return !o->foreground && geteuid() == 0;
}

/* Print what is accepted, but worth a warning. */
static void
print_warnings(const struct daemon *d, const struct options *o,
    struct config *set)
{
	advice_limits(set, &set->notes);
	if (o->check)
		advice_files(set, d->places.root,
		    advice_path(has_fixed_environment(o)), &set->notes);
	print_diags(&set->notes, "warning: ");
}

/*
 * Load the configuration; errors: why the files were rejected.  An account that
 * is missing is an error, unless the same definition was accepted before.  Then
 * its program waits.
 */
static void
load(struct daemon *d, const struct options *o, struct config *set,
    struct diags *errors)
{
	struct lookup lookup = {0};
	struct load_source source = {
	    .places = &d->places,
	    .file = d->config,
	    .must_exist = d->must_exist,
	    .lookups = &lookup.known,
	};
	struct config accepted = {0};
	struct diags older;

	diag_init(&older);
	if (lookup_begin(&lookup) == -1)
		log_fatal("accounts");
	if (lookup_load(&lookup, set, &source, errors) == -1) {
		if (o->strict ||
		    !load_accepted(d, &lookup, set, &accepted, &older))
			reject(errors, &older);
		source.accepted = &accepted;
		if (lookup_load(&lookup, set, &source, errors) == -1) {
			if (o->check)
				reject(errors, &older);
			print_diags(errors, "");
			config_clear(set);
			*set = accepted;
			accepted = (struct config){0};
			log_warnx("the configuration is rejected, using the "
				  "last accepted one");
		}
	}
	/* The warnings of the last accepted one are known. */
	if (errors->n == 0)
		print_warnings(d, o, set);
	config_clear(&accepted);
	lookup_clear(&lookup);
}

/* A path that the daemon needs is not to be had: exit. */
_Noreturn static void
refuse(const char *path, const char *why)
{
	bool denied = errno == EACCES || errno == EPERM;

	log_warnx("%s: %s", path, why);
	exit(denied ? STATUS_DENIED : STATUS_FAILED);
}

_Noreturn static void
refuse_second(pid_t other)
{
	if (other > 0)
		log_fatalx("hupd is already running (pid %d)", (int)other);
	log_fatalx("hupd is already running");
}

/* From here on this process is the daemon, or there is another. */
static void
open_records(struct daemon *d)
{
	const char *run_dir = d->effective.run_dir;
	pid_t other;

	d->records = record_open(run_dir, &other);
	if (d->records == NULL && errno == EWOULDBLOCK)
		refuse_second(other);
	if (d->records == NULL)
		log_fatal("%s/records", run_dir);
}

static void
open_pidfile(struct daemon *d)
{
	const char *path = d->effective.pidfile;
	char why[FILE_WHY_MAX];
	pid_t other;

	d->pidfile = pidlock_open(path, &other, why);
	if (d->pidfile == -1 && errno == EEXIST)
		refuse_second(other);
	if (d->pidfile == -1)
		refuse(path, why);
}

/* A log folder that does not exist yet follows; see serve_begin. */
static void
take_folders(struct daemon *d)
{
	char why[FILE_WHY_MAX];

	if (claim_take(d, why) == -1)
		log_fatalx("%s", why);
}

static void
make_folders(const struct settings *s)
{
	char why[FILE_WHY_MAX];

	if (serve_make_run_dir(s, why) == -1)
		refuse(s->run_dir, why);
	if (file_make_folder(s->state_dir, 0700, why) == -1) {
		/* A read-only container: nothing can be kept anyway. */
		if (errno != EROFS)
			refuse(s->state_dir, why);
		log_warnx("%s: %s, the accepted configuration is not kept",
		    s->state_dir, why);
	}
}

/* Most settings stay as they are now, as long as this daemon runs. */
static void
keep_effective(struct daemon *d, const struct settings *s)
{
	if (settings_copy(&d->effective, s) == -1)
		log_fatal("settings");
}

_Noreturn static void
print_and_exit(const struct config *set, bool verbose)
{
	if (verbose)
		syntax_print_config(set, stdout);
	exit(fflush(stdout) == EOF ? STATUS_FAILED : STATUS_OK);
}

/*
 * Find the path of this program file.  If the file was replaced, the kernel
 * marks the path; a re-execution uses the new file at the old path.
 */
static void
find_exe(struct daemon *d)
{
	static const char mark[] = " (deleted)";
	char path[PATH_MAX];
	struct stat st;
	ssize_t n;

	d->self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (d->self == -1 || n == -1)
		log_fatal("/proc/self/exe");
	path[n] = '\0';
	n -= (ssize_t)sizeof(mark) - 1;
	if (n > 0 && strcmp(path + n, mark) == 0 && stat(path, &st) == -1)
		path[n] = '\0';
	d->exe = strdup(path);
}

/* The arguments to execute the next daemon with. */
static void
make_argv(struct daemon *d, const struct options *o, const char *name)
{
	static char f[] = "-f", foreground[] = "-d", verbose[] = "-v";
	size_t i = 0;

	find_exe(d);
	d->argv = calloc(6, sizeof(*d->argv));
	/* A copy: setproctitle(3) writes over the original. */
	if (d->exe == NULL || d->argv == NULL ||
	    (d->argv[i++] = strdup(name)) == NULL)
		log_fatal("arguments");
	if (o->config != NULL) {
		d->argv[i++] = f;
		d->argv[i++] = o->config;
	}
	if (o->foreground)
		d->argv[i++] = foreground;
	if (o->verbose)
		d->argv[i++] = verbose;
}

/* Prepare a daemon that somebody has started. */
static void
prepare(struct daemon *d, const struct options *o, struct config *set)
{
	make_folders(&d->effective);
	open_records(d);
	open_pidfile(d);
	serve_guard(d);
	take_folders(d);
	log_quiet(!o->foreground && !o->verbose);
	if (!o->foreground && detach() == -1)
		log_fatal("the daemon cannot detach");
	handover_find(d, set);
}

/* Prepare a daemon that follows another, whose locks it has. */
static void
prepare_next(struct daemon *d, const struct options *o)
{
	log_stderr(o->foreground);
	if (!o->foreground)
		detach_inherit();
	d->pidfile = record_header(d->records)->pidfile_fd;
	if (fcntl(d->pidfile, F_SETFD, FD_CLOEXEC) == -1)
		d->pidfile = -1;
	claim_inherit(d);
}

/* Raise the limits; the former daemon said what programs get. */
static void
raise_limits(bool inherited)
{
	const char *former = getenv(GUARD_DESCRIPTORS);

	rlimit_raise(inherited ? former : NULL);
	unsetenv(GUARD_DESCRIPTORS);
}

static void
find_places(struct daemon *d, const struct options *o)
{
	char *file;

	if (places_find(&d->places, &file) == -1)
		log_fatal("places");
	d->config = o->config != NULL ? strdup(o->config) : strdup(file);
	if (d->config == NULL)
		log_fatal("places");
	d->must_exist = o->config != NULL;
	/* A user may check what root's daemon would do. */
	if (o->check && o->config != NULL)
		places_adopt(&d->places, d->config);
	free(file);
}

/* Get everything ready that serve_begin needs. */
static void
begin(struct daemon *d, const struct options *o, int inherited,
    struct config *set, const char *name)
{
	raise_limits(inherited != -1);
	if (starter_settle(has_fixed_environment(o), set) == -1)
		log_fatal("environment");
	spawn_init();
	make_argv(d, o, name);
	d->foreground = o->foreground;
	if (inherited != -1)
		prepare_next(d, o);
	else {
		keep_effective(d, &set->settings);
		prepare(d, o, set);
	}
	handover_keep(d);
}

/* The starter learns that the daemon is up. */
static void
announce(const struct options *o)
{
	if (o->foreground)
		return;
	detach_up();
	log_stderr(false);
}

static void
end(struct daemon *d, struct options *o)
{
	serve_end(d);
	places_clear(&d->places);
	free(d->config);
	free(d->exe);
	free(d->argv[0]);
	free(d->argv);
	free(o->config);
}

int
main(int argc, char **argv)
{
	struct daemon d = {
	    .events_source.fd = -1,
	    .pidfile = -1,
	    .claims = {-1, -1, -1},
	    .self_pidfd = -1,
	    .report = {-1, -1},
	};
	struct options options;
	struct config set = {0};
	struct diags errors;
	int inherited; /* the records of the daemon before, or -1 */

	if (argc < 1)
		return STATUS_USAGE;
	if (strcmp(argv[0], LOGPROC_ARGV0) == 0)
		return logproc_main(argc, argv);
	/*
	 * No core file and no debugger: the memory holds what programs get in
	 * env.  An ordinary user's daemon has nothing to hide from that user.
	 */
	if (geteuid() == 0)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	d.title = argv[0];
	d.title_end = argv[argc - 1] + strlen(argv[argc - 1]);
	starter_remember(environ);
	setproctitle_init(argc, argv, environ);
	inherited = guard_inheritance();
	if (inherited == -1 && detach_sanitize() == -1)
		err(STATUS_FAILED, "start");
	parse_options(&options, argc, argv);
	log_init(true, options.verbose);
	/* Whatever the starter's is: each mode is given where a file is made.
	 */
	umask(0);
	find_places(&d, &options);
	diag_init(&errors);
	if (inherited != -1)
		handover_inherit(&d, inherited, options.check, &set);
	else
		load(&d, &options, &set, &errors);
	if (options.check)
		print_and_exit(&set, options.verbose);
	begin(&d, &options, inherited, &set, argv[0]);
	serve_begin(&d, &set, &errors);
	diag_clear(&errors);
	announce(&options);
	if (loop_run(d.loop) == -1)
		log_warn("the event loop failed");
	end(&d, &options);
	return d.status;
}
