/*
 * ctl_import - "import": what supervisord's configuration is in hupd's files;
 * with -w those are written.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomic.h"
#include "ctl_import.h"
#include "ctl_json.h"
#include "ctl_place.h"
#include "folder.h"
#include "import.h"
#include "proto.h"

struct job {
	const struct ctl *ctl;
	struct place place;
	struct ini_source *sources;
	char **folders; /* of the sources */
	size_t nsources;
	mode_t mode; /* what was hidden from others stays so */
	struct ini ini;
	struct import import;
	char **paths; /* of import.v */
	struct diags diags;
};

static void
free_all(char **v, size_t n)
{
	for (size_t i = 0; v != NULL && i < n; i++)
		free(v[i]);
	free(v);
}

static void
job_end(struct job *job)
{
	free_all(job->paths, job->import.n);
	free_all(job->folders, job->nsources);
	import_clear(&job->import);
	ini_clear(&job->ini);
	free(job->sources);
	diags_clear(&job->diags);
	place_clear(&job->place);
}

static int
fail_errno(const struct ctl *ctl, const char *file)
{
	return ctl_fail(ctl,
	    errno == EACCES || errno == EPERM ? STATUS_DENIED : STATUS_FAILED,
	    "%s: %s", file, strerror(errno));
}

static int
no_memory(const struct ctl *ctl)
{
	return ctl_fail(ctl, STATUS_FAILED, "out of memory");
}

/* The folder of a file, absolute, or NULL with errno. */
static char *
folder_of(const char *file)
{
	char *copy, *folder;

	if ((copy = strdup(file)) == NULL)
		return NULL;
	folder = realpath(dirname(copy), NULL);
	free(copy);
	return folder;
}

/* All of a file, one byte more than it may have at most. */
static char *
slurp(const char *file, size_t *len, mode_t *mode)
{
	struct stat st;
	char *bytes;
	FILE *f;
	int err;

	if ((f = fopen(file, "re")) == NULL)
		return NULL;
	if ((bytes = malloc(INI_FILE_MAX + 1)) != NULL) {
		*len = fread(bytes, 1, INI_FILE_MAX + 1, f);
		if (ferror(f) || fstat(fileno(f), &st) == -1) {
			err = errno;
			free(bytes);
			bytes = NULL;
			errno = err;
		} else
			*mode = st.st_mode;
	}
	err = errno;
	fclose(f);
	errno = err;
	return bytes;
}

/* Read one file; what is wrong in it lands in the diagnostics. */
static int
read_source(struct job *job, const char *file)
{
	struct ini_source *source = &job->sources[job->nsources];
	char *folder, *bytes;
	mode_t mode;
	size_t len;

	if ((folder = folder_of(file)) == NULL)
		return fail_errno(job->ctl, file);
	*source = (struct ini_source){file, folder};
	job->folders[job->nsources++] = folder;
	if ((bytes = slurp(file, &len, &mode)) == NULL)
		return fail_errno(job->ctl, file);
	job->mode &= mode | S_IRUSR | S_IWUSR;
	if (len > INI_FILE_MAX)
		diags_add(&job->diags, file, 0, NULL,
		    "the file is larger than %zu KiB", INI_FILE_MAX / 1024);
	else
		/* What a job has is freed by job_end(). */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		(void)ini_parse(&job->ini, source, bytes, len, &job->diags);
	free(bytes);
	return STATUS_OK;
}

static int
read_sources(struct job *job, int n, char **files)
{
	int i, status = STATUS_OK;

	job->sources = calloc((size_t)n, sizeof(*job->sources));
	job->folders = calloc((size_t)n, sizeof(*job->folders));
	if (job->sources == NULL || job->folders == NULL)
		return no_memory(job->ctl);
	for (i = 0; i < n && status == STATUS_OK; i++)
		status = read_source(job, files[i]);
	return status;
}

/* Where the files will be. */
static int
name_paths(struct job *job)
{
	const struct import *import = &job->import;

	job->paths = calloc(import->n + 1, sizeof(*job->paths));
	if (job->paths == NULL)
		return no_memory(job->ctl);
	for (size_t i = 0; i < import->n; i++) {
		if (asprintf(&job->paths[i], "%s/%s", job->place.program_dir,
			import->v[i].conf->file) == -1) {
			job->paths[i] = NULL;
			return no_memory(job->ctl);
		}
	}
	return STATUS_OK;
}

/* What is there already stays, and then nothing is written. */
static int
check_absent(const struct job *job)
{
	for (size_t i = 0; i < job->import.n; i++) {
		/* Or name_paths() would have failed. */
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		if (faccessat(AT_FDCWD, job->paths[i], F_OK,
			AT_SYMLINK_NOFOLLOW) == 0) {
			errno = EEXIST;
			return fail_errno(job->ctl, job->paths[i]);
		}
	}
	return STATUS_OK;
}

/* All files or none. */
static int
write_files(const struct job *job)
{
	const struct import_file *v = job->import.v;
	char why[SAFEFILE_WHY_MAX];
	size_t i;
	int status;

	if ((status = check_absent(job)) != STATUS_OK)
		return status;
	if (folder_make(job->place.program_dir, 0755, why) == -1)
		return ctl_fail(job->ctl,
		    errno == EACCES ? STATUS_DENIED : STATUS_FAILED, "%s: %s",
		    job->place.program_dir, why);
	for (i = 0; i < job->import.n; i++) {
		if (atomic_create(job->paths[i], v[i].text, v[i].len,
			job->mode) == -1)
			break;
	}
	if (i == job->import.n)
		return STATUS_OK;
	status = fail_errno(job->ctl, job->paths[i]);
	while (i-- > 0) {
		if (atomic_remove(job->paths[i]) == -1)
			ctl_warn("%s cannot be taken back: %s", job->paths[i],
			    strerror(errno));
	}
	return status;
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

static void
show_files(const struct job *job)
{
	const struct import *import = &job->import;

	for (size_t i = 0; i < import->n; i++) {
		if (job->ctl->write) {
			ctl_puts(job->paths[i], stdout);
			putchar('\n');
			continue;
		}
		fputs(i == 0 ? "==> " : "\n==> ", stdout);
		ctl_puts(job->paths[i], stdout);
		fputs(" <==\n", stdout);
		fwrite(import->v[i].text, 1, import->v[i].len, stdout);
	}
	if (!job->ctl->write)
		ctl_warn("nothing was written; with -w these files are");
}

static void
diags_json(struct json *json, const char *key, const struct diags *diags)
{
	const struct diag *d;

	json_array(json, key);
	for (d = diags->v; d < diags->v + diags->n; d++) {
		json_object(json, NULL);
		json_string(json, "file", d->file);
		json_number(json, "line", d->line);
		json_string(json, "key", d->key);
		json_string(json, "reason", d->reason);
		json_close(json);
	}
	json_close(json);
}

static void
show_json(const struct job *job, bool valid)
{
	const struct import *import = &job->import;
	struct json json;

	json_begin(&json, stdout);
	json_object(&json, NULL);
	json_bool(&json, "valid", valid);
	json_bool(&json, "written", valid && job->ctl->write);
	json_array(&json, "files");
	for (size_t i = 0; valid && i < import->n; i++) {
		json_object(&json, NULL);
		json_string(&json, "name", import->v[i].conf->name);
		json_string(&json, "path", job->paths[i]);
		json_string(&json, "text", import->v[i].text);
		json_close(&json);
	}
	json_close(&json);
	diags_json(&json, "notes", &import->notes);
	diags_json(&json, "errors", &job->diags);
	json_end(&json);
}

static int
reject(const struct job *job)
{
	show_diags(&job->diags);
	if (job->ctl->json)
		show_json(job, false);
	return STATUS_REJECTED;
}

static int
import_files(struct job *job, int n, char **files)
{
	char host[HOST_NAME_MAX + 1] = "";
	struct import_names names = {host, environ};
	int status;

	if ((status = read_sources(job, n, files)) != STATUS_OK)
		return status;
	(void)gethostname(host, sizeof(host) - 1);
	if (diags_count(&job->diags) > 0 ||
	    import_make(&job->import, &job->ini, &names, &job->diags) == -1)
		return reject(job);
	if (job->import.n == 0)
		return ctl_fail(job->ctl, STATUS_FAILED,
		    "no program is defined there");
	if ((status = name_paths(job)) != STATUS_OK ||
	    (job->ctl->write && (status = write_files(job)) != STATUS_OK))
		return status;
	show_diags(&job->import.notes);
	if (job->ctl->json)
		show_json(job, true);
	else
		show_files(job);
	return STATUS_OK;
}

int
ctl_import(const struct ctl *ctl, int argc, char **argv)
{
	struct job job = {.ctl = ctl, .mode = 0644};
	int status;

	if ((status = place_find(&job.place, ctl)) != STATUS_OK)
		return status;
	ini_init(&job.ini);
	diags_init(&job.diags);
	status = import_files(&job, argc, argv);
	job_end(&job);
	return status;
}
