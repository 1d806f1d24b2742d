/*
 * rejection - the last configuration that was rejected.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/clock.h"
#include "daemon/rejection.h"
#include "wire/report.h"
#include "base/file.h"

#define TAG "rejected"
/* The lines of more errors than anyone reads. */
#define LINES_MAX ((size_t)16 * 1024 * 1024)

void
rejection_clear(struct rejection *r)
{
	free(r->lines);
	r->lines = NULL;
}

void
rejection_forget(struct rejection *r)
{
	rejection_clear(r);
	if (unlink(r->file) == -1 && errno != ENOENT)
		log_warn("%s", r->file);
}

/* Half of it would be worse than none: what fails removes it. */
static void
save(const struct rejection *r)
{
	size_t len = strlen(r->lines);
	ssize_t n;
	int fd;

	fd = open(r->file,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	n = fd != -1 ? write(fd, r->lines, len) : -1;
	if (n != (ssize_t)len) {
		log_warn("%s: the rejection cannot be kept", r->file);
		unlink(r->file);
	}
	if (fd != -1)
		close(fd);
}

void
rejection_note(struct rejection *r, const struct diags *errors)
{
	struct line_text text = {0};

	rejection_forget(r);
	line_begin(&text, TAG);
	line_put_number(&text, "time", clock_wall().tv_sec);
	line_put_number(&text, "count", (int64_t)errors->n);
	line_end(&text);
	report_errors(&text, errors);
	if (text.failed) {
		log_warnx("no memory to remember the rejection");
		line_text_clear(&text);
		return;
	}
	r->lines = text.s;
	save(r);
}

void
rejection_recall(struct rejection *r)
{
	struct file f;

	rejection_clear(r);
	if (file_read(&f, AT_FDCWD, r->file, LINES_MAX) == 1 && f.len > 0 &&
	    f.bytes[f.len - 1] == '\n' && strlen(f.bytes) == f.len &&
	    strncmp(f.bytes, TAG " ", sizeof(TAG)) == 0) {
		r->lines = f.bytes;
		f.bytes = NULL;
	}
	file_clear(&f);
}
