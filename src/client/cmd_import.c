/*
 * cmd_import - "import": what supervisord's configuration and systemd's units
 * are in hupd's files; with -w those are written.
 */
#include <sys/utsname.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "client/cmd.h"
#include "client/present.h"
#include "client/target.h"
#include "config/definition.h"
#include "config/environ.h"
#include "import/supervisord.h"
#include "import/systemd.h"
#include "wire/line.h"

struct job {
	const struct ctl *ctl;
	struct target target;
	struct ini ini;	    /* of supervisord */
	struct units units; /* of systemd */
	struct draft import;
	char **paths; /* of import.v */
	struct diags diags;
};

static void
job_end(struct job *job)
{
	for (size_t i = 0; job->paths != NULL && i < job->import.n; i++)
		free(job->paths[i]);
	free(job->paths);
	draft_clear(&job->import);
	ini_clear(&job->ini);
	units_clear(&job->units);
	diag_clear(&job->diags);
	target_clear(&job->target);
}

static int
no_memory(const struct ctl *ctl)
{
	return present_fail(ctl, STATUS_FAILED, "out of memory");
}

/* Where the files will be. */
static int
name_paths(struct job *job)
{
	const struct draft *import = &job->import;

	job->paths = calloc(import->n + 1, sizeof(*job->paths));
	if (job->paths == NULL)
		return no_memory(job->ctl);
	for (size_t i = 0; i < import->n; i++) {
		if (asprintf(&job->paths[i], "%s/%s", job->target.program_dir,
			import->v[i].conf->file) == -1) {
			job->paths[i] = NULL;
			return no_memory(job->ctl);
		}
	}
	return STATUS_OK;
}

/* If one of the files exists, write none. */
static int
check_absent(const struct job *job)
{
	for (size_t i = 0; i < job->import.n; i++) {
		/* Or name_paths() would have failed. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		if (faccessat(AT_FDCWD, job->paths[i], F_OK,
			AT_SYMLINK_NOFOLLOW) == 0) {
			errno = EEXIST;
			return present_fail_errno(job->ctl, job->paths[i]);
		}
	}
	return STATUS_OK;
}

static void
show_diags(const struct diags *diags)
{
	char buf[2048];

	fflush(stdout);
	for (size_t i = 0; i < diags->n; i++) {
		diag_print(&diags->v[i], buf, sizeof(buf));
		fprintf(stderr, "%s\n", buf);
	}
	if (diags->lost != 0)
		fprintf(stderr, "more of these: out of memory\n");
}

/* The number of notes from..to-1 that are the same as note i, in other
 * lines. */
static size_t
count_same(const struct diags *notes, size_t i, size_t from, size_t to)
{
	const struct diag *v = notes->v;
	size_t count = 0;

	for (size_t k = from; k < to; k++)
		if (strcmp(v[k].reason, v[i].reason) == 0 &&
		    (v[k].key == NULL) == (v[i].key == NULL) &&
		    (v[k].key == NULL || strcmp(v[k].key, v[i].key) == 0))
			count++;
	return count;
}

/* A note that is repeated for other programs is shown once. */
static void
show_notes(const struct diags *notes)
{
	char buf[4096];
	size_t same;

	fflush(stdout);
	for (size_t i = 0; i < notes->n; i++) {
		if (count_same(notes, i, 0, i) > 0)
			continue;
		same = count_same(notes, i, i, notes->n);
		diag_print(&notes->v[i], buf, sizeof(buf));
		fprintf(stderr, "%s", buf);
		if (same > 1)
			fprintf(stderr, " (%zu times)", same);
		fputc('\n', stderr);
	}
}

/* A folder that vanished is not made again: see load_config. */
static int
check_folder(const struct job *job)
{
	const char *folder = job->target.program_dir;
	struct config set = {0};
	struct diags diags;
	int status = STATUS_OK;

	if (access(folder, F_OK) == 0 || errno != ENOENT)
		return STATUS_OK;
	diag_init(&diags);
	if (target_load(&job->target, NULL, 0, &set, &diags) == -1) {
		show_diags(&diags);
		status = present_fail(job->ctl, STATUS_REJECTED,
		    "nothing was written");
	}
	config_clear(&set);
	diag_clear(&diags);
	return status;
}

/* Only its owner may read an environment. */
static mode_t
mode_of(const struct job *job, const struct draft_file *file)
{
	mode_t mode = definition_has(file->conf, "env") ? 0600 : 0644;

	return mode & job->ini.mode & job->units.mode;
}

/* All files or none. */
static int
write_files(const struct job *job)
{
	const struct draft_file *v = job->import.v;
	char why[FILE_WHY_MAX];
	size_t i;
	int status;

	if ((status = check_absent(job)) != STATUS_OK ||
	    (status = check_folder(job)) != STATUS_OK)
		return status;
	if (file_make_folder(job->target.program_dir, 0755, why) == -1)
		return present_fail(job->ctl,
		    errno == EACCES ? STATUS_DENIED : STATUS_FAILED, "%s: %s",
		    job->target.program_dir, why);
	for (i = 0; i < job->import.n; i++) {
		if (file_create(job->paths[i], v[i].text, v[i].len,
			mode_of(job, &v[i])) == -1)
			break;
	}
	if (i == job->import.n)
		return STATUS_OK;
	status = present_fail_errno(job->ctl, job->paths[i]);
	while (i-- > 0) {
		if (file_remove(job->paths[i]) == -1)
			present_warn("%s cannot be taken back: %s",
			    job->paths[i], strerror(errno));
	}
	return status;
}

static void
show(const struct job *job, bool valid)
{
	job->ctl->present->imported(job->ctl,
	    &(struct imported){valid, valid && job->ctl->write, &job->import,
		job->paths, &job->diags});
}

static int
reject(const struct job *job)
{
	show_diags(&job->diags);
	show(job, false);
	return STATUS_REJECTED;
}

/* The value of NAME=VALUE in /etc/os-release; malloc'd, or NULL. */
static char *
os_release(const char *name)
{
	char *bytes, **vars = NULL, *entry, *value = NULL;
	size_t len;

	bytes = file_slurp("/etc/os-release", 0, ENVIRON_FILE_MAX, &len, NULL);
	if (bytes == NULL)
		return NULL;
	if (environ_parse(bytes, len, &vars, NULL, NULL) == 0 &&
	    (entry = environ_find(vars, name)) != NULL)
		value = strdup(strchr(entry, '=') + 1);
	free(vars);
	free(bytes);
	return value;
}

/* The first line of a file; malloc'd, or NULL. */
static char *
first_line(const char *path)
{
	size_t len, n;
	char *bytes, *line;

	if ((bytes = file_slurp(path, 0, 4096, &len, NULL)) == NULL)
		return NULL;
	for (n = 0; n < len && bytes[n] != '\n'; n++)
		;
	if (asprintf(&line, "%.*s", (int)n, bytes) == -1)
		line = NULL;
	free(bytes);
	return line;
}

static int
convert_units(struct job *job, const char *host)
{
	struct specifier_host machine = specifier_system;
	char *id = first_line("/etc/machine-id"), *os = os_release("ID"),
	     *version = os_release("VERSION_ID");
	struct utsname uts;
	int r;

	machine.host = host;
	if (uname(&uts) == 0)
		machine.kernel = uts.release;
	machine.machine_id = id;
	machine.os_id = os;
	machine.os_version = version;
	r = systemd_convert(&job->import, &job->units, &machine, &job->diags);
	free(id);
	free(os);
	free(version);
	return r;
}

static int
read_file(struct job *job, const char *file,
    const struct supervisord_names *names)
{
	static const char *const others[] = {".timer", ".path", ".mount",
	    ".automount", ".target", ".slice", ".swap", ".device", NULL};

	for (size_t i = 0; others[i] != NULL; i++) {
		if (!units_has_suffix(file, others[i]))
			continue;
		diag_add(&job->import.notes, file, 0, NULL,
		    "a unit of this kind has no counterpart");
		return 0;
	}
	if (units_has_suffix(file, ".service") ||
	    units_has_suffix(file, ".socket"))
		return units_read(&job->units, file, &job->diags,
			   &job->import.notes) == NULL
		    ? -1
		    : 0;
	return supervisord_read(&job->ini, file, names, &job->diags,
	    &job->import.notes);
}

static int
import_files(struct job *job, int n, char **files)
{
	char host[HOST_NAME_MAX + 1] = "";
	struct supervisord_names names = {host, environ};
	int i, status;

	(void)gethostname(host, sizeof(host) - 1);
	for (i = 0; i < n; i++) {
		if (read_file(job, files[i], &names) == -1)
			return present_fail_errno(job->ctl, files[i]);
	}
	if (diag_count(&job->diags) > 0 ||
	    supervisord_convert(&job->import, &job->ini, &names, &job->diags) ==
		-1 ||
	    convert_units(job, host) == -1)
		return reject(job);
	if (job->import.n == 0) {
		show_notes(&job->import.notes);
		return present_fail(job->ctl, STATUS_FAILED,
		    "no program is defined there");
	}
	if ((status = name_paths(job)) != STATUS_OK ||
	    (job->ctl->write && (status = write_files(job)) != STATUS_OK))
		return status;
	show_notes(&job->import.notes);
	show(job, true);
	return STATUS_OK;
}

int
cmd_import_run(const struct ctl *ctl, int argc, char **argv)
{
	struct job job = {.ctl = ctl};
	int status;

	/* -s names a daemon, but there is work to do without it, too. */
	if ((status = target_find(&job.target, ctl)) != STATUS_OK)
		return status;
	if (ctl->config == NULL &&
	    (status = target_locate(ctl, &job.target, false)) != STATUS_OK) {
		target_clear(&job.target);
		return status;
	}
	ini_init(&job.ini);
	units_init(&job.units);
	draft_init(&job.import);
	diag_init(&job.diags);
	status = import_files(&job, argc, argv);
	job_end(&job);
	return status;
}
