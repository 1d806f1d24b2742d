/*
 * journal - what a killed log process left, damaged in whatever way: it is
 * opened, and what is in it can be written to files.
 *
 * The input is the head of the file and the first bytes of the buffers.
 */
#include <sys/mman.h>

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "output/journal.h"
#include "base/stamp.h"
#include "output/writer.h"

#define HEAD 4096
#define FILE_BYTES (HEAD + JOURNAL_SLOTS * JOURNAL_BYTES)

static char folder[32];

static void
remove_folder(void)
{
	rmdir(folder);
}

static int
open_folder(void)
{
	int fd;

	if (*folder == '\0') {
		strcpy(folder, "/dev/shm/hupd-fuzz.XXXXXX");
		if (mkdtemp(folder) == NULL)
			err(1, "%s", folder);
		atexit(remove_folder);
	}
	must((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1);
	return fd;
}

/* Each input starts with an empty folder. */
static void
empty_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *d;

	must(dir != NULL);
	while ((d = readdir(dir)) != NULL)
		if (d->d_type == DT_REG)
			must(unlinkat(dirfd(dir), d->d_name, 0) == 0);
	closedir(dir);
}

static int
make_file(const uint8_t *data, size_t size)
{
	size_t head = size < HEAD ? size : HEAD;
	int fd = memfd_create("journal", MFD_CLOEXEC);

	must(fd != -1);
	must(pwrite(fd, data, head, 0) == (ssize_t)head);
	must(ftruncate(fd, FILE_BYTES) == 0);
	for (int i = 0; i < JOURNAL_SLOTS && size > head; i++)
		must(pwrite(fd, data + head, size - head,
			 (off_t)(HEAD + (size_t)i * JOURNAL_BYTES)) > 0);
	return fd;
}

static void
write_all(struct journal *j)
{
	static struct writer writer;
	static int console = -1;
	struct logfile *file = NULL;
	struct slot *s;
	int64_t written;

	if (console == -1)
		console = open("/dev/null", O_WRONLY | O_CLOEXEC);
	writer_init(&writer, j, open_folder(), 4, console, "/dev/log");
	for (int i = 0; i < JOURNAL_SLOTS; i++) {
		s = journal_slot(j, i);
		if (!journal_is_busy(s) || s->to == LOG_TO_SYSLOG)
			continue;
		written = 0;
		if (writer_write(&writer, s, &file, &written) == 0)
			must(s->done == s->len);
		must(written >= 0 &&
		    written <= (int64_t)s->len * (STAMP_LENGTH + 1));
		journal_release(s);
		logfile_close(&writer.dir, file);
	}
	writer_free(&writer);
	empty_folder();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal j;

	if (size > HEAD + JOURNAL_BYTES)
		return 0;
	must(journal_open(&j, make_file(data, size)) == 0);
	write_all(&j);
	journal_close(&j);
	return 0;
}
