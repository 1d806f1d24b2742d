/* record - the data that a later daemon needs to take programs over. */
#include <sys/types.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "program/data.h"
#include "program/record.h"
#include "wire/holder.h"

_Static_assert(offsetof(struct record_header, pid) ==
	    offsetof(struct holder_head, pid) &&
	offsetof(struct record_header, stopping) ==
	    offsetof(struct holder_head, stopping),
    "hupctl reads the head of the records");

#define SAME(field)                                           \
	_Static_assert(offsetof(struct record_slot, field) == \
		offsetof(struct record_prefix, field),        \
	    "every release reads this part")
SAME(name);
SAME(pid);
SAME(start_time);

#define MAGIC HOLDER_MAGIC
#define FIRST_SLOTS 64
/* A file with more slots than a machine has pids is damaged. */
#define SLOTS_MAX (1U << 22)

struct record {
	int fd;
	char *path;
	char *map;
	size_t size;
	uint32_t *free; /* a stack of free slots */
	uint32_t nfree;
	bool cut;  /* it was shorter than a header */
	int share; /* MAP_PRIVATE: nothing reaches the file */
	char boot[40];
};

static size_t
size_for(uint32_t nslots)
{
	return sizeof(struct record_header) +
	    (size_t)nslots * sizeof(struct record_slot);
}

/*
 * The id is empty where there is no /proc.  A shortage of descriptors is an
 * error: otherwise running programs would be taken for those of another boot.
 */
static int
read_boot_id(char buf[static 40])
{
	ssize_t n;
	int fd;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT || errno == EACCES ? 0 : -1;
	n = read(fd, buf, 36);
	close(fd);
	return n == 36 ? 0 : -1;
}

static int
map_file(struct record *r, size_t size)
{
	char *map;

	if (r->map != NULL)
		map = mremap(r->map, r->size, size, MREMAP_MAYMOVE);
	else
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, r->share, r->fd,
		    0);
	if (map == MAP_FAILED)
		return -1;
	r->map = map;
	r->size = size;
	return 0;
}

/* Not ftruncate: a store where the file system is full would be SIGBUS. */
static int
reserve(struct record *r, size_t size)
{
	errno = posix_fallocate(r->fd, 0, (off_t)size);
	return errno == 0 ? 0 : -1;
}

/*
 * The pid that the daemon which has the records wrote there; 0 if that daemon
 * has ended, and the next one has yet to write its own.
 */
static pid_t
read_holder(int fd)
{
	struct record_header h;

	if (pread(fd, &h, sizeof(h), 0) != sizeof(h) || h.pid <= 0)
		return 0;
	return kill(h.pid, 0) == 0 || errno == EPERM ? h.pid : 0;
}

static bool
has_name(const char *path, int fd)
{
	struct stat named, st;

	return fstat(fd, &st) == 0 && lstat(path, &named) == 0 &&
	    st.st_dev == named.st_dev && st.st_ino == named.st_ino;
}

/*
 * flock(2) is what decides; the second lock shows it to hupctl.  Both
 * belong to the open file, and pass with it to the next daemon.
 */
static int
lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == -1 ? -1 : holder_lock(fd);
}

/*
 * Open the file and lock it.  A daemon that ends removes the file before it
 * releases the lock, so a lock counts only if the file still has its name.
 */
static int
open_locked(const char *path, pid_t *holder)
{
	int fd, saved;

	for (;;) {
		fd =
		    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd == -1)
			return -1;
		if (lock(fd) == -1)
			break;
		if (has_name(path, fd))
			return fd;
		close(fd);
	}
	saved = errno;
	*holder = read_holder(fd);
	close(fd);
	errno = saved;
	return -1;
}

/* Check and map the file.  -1 with errno. */
static int
begin(struct record *r)
{
	struct stat st;

	if (fcntl(r->fd, F_SETFD, FD_CLOEXEC) == -1 || fstat(r->fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
		errno = EPERM;
		return -1;
	}
	/* A truncated file has no records, but reading it must not fault. */
	r->cut = st.st_size > 0 && (size_t)st.st_size < size_for(0);
	if ((size_t)st.st_size >= size_for(0))
		return map_file(r, (size_t)st.st_size);
	/* Only a file that was found by its name may be written again. */
	if (r->path == NULL && (r->cut || r->share == MAP_PRIVATE)) {
		errno = EINVAL;
		return -1;
	}
	return record_reset(r);
}

static struct record *
make(int fd, int share)
{
	struct record *r;

	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->fd = fd;
	r->share = share;
	return r;
}

static struct record *
give_up(struct record *r)
{
	const int saved = errno;

	record_close(r, false);
	errno = saved;
	return NULL;
}

struct record *
record_open(const char *run_dir, pid_t *holder)
{
	struct record *r = make(-1, MAP_SHARED);

	*holder = 0;
	if (r == NULL)
		return NULL;
	if (asprintf(&r->path, "%s/records", run_dir) == -1) {
		r->path = NULL;
		return give_up(r);
	}
	r->fd = open_locked(r->path, holder);
	if (r->fd == -1 || read_boot_id(r->boot) == -1 || begin(r) == -1)
		return give_up(r);
	return r;
}

static struct record *
open_inherited(int fd, int share)
{
	struct record *r = make(fd, share);

	if (r == NULL)
		return NULL;
	if (read_boot_id(r->boot) == -1 || begin(r) == -1)
		return give_up(r);
	if (asprintf(&r->path, "%.*s/records", RECORD_PATH,
		record_header(r)->run_dir) == -1) {
		r->path = NULL;
		return give_up(r);
	}
	return r;
}

struct record *
record_take_over(int fd)
{
	struct record *r = open_inherited(fd, MAP_SHARED);

	/* It is locked already; this is for a descriptor of somebody else. */
	if (r != NULL && lock(fd) == -1)
		return give_up(r);
	return r;
}

struct record *
record_look(int fd)
{
	return open_inherited(fd, MAP_PRIVATE);
}

bool
record_claim(struct record *r, pid_t former, pid_t next)
{
	int32_t expected = former;

	return __atomic_compare_exchange_n(&record_header(r)->pid, &expected,
	    next, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void
record_close(struct record *r, bool remove)
{
	if (r == NULL)
		return;
	if (r->map != NULL)
		munmap(r->map, r->size);
	if (remove && r->path != NULL)
		unlink(r->path);
	if (r->fd != -1)
		close(r->fd);
	free(r->path);
	free(r->free);
	free(r);
}

int
record_fd(const struct record *r)
{
	return r->fd;
}

int
record_refresh(struct record *r)
{
	struct stat st;

	if (fstat(r->fd, &st) == -1)
		return -1;
	return map_file(r, (size_t)st.st_size);
}

struct record_header *
record_header(struct record *r)
{
	return (struct record_header *)(void *)r->map;
}

bool
record_is_valid(struct record *r, const char **why)
{
	const struct record_header *h = record_header(r);

	*why = r->cut ? "it is cut short" : "";
	if (h->magic[0] == '\0')
		return false;
	*why = "it is damaged";
	if (memcmp(h->magic, MAGIC, sizeof(h->magic)) != 0 || h->nslots == 0 ||
	    h->nslots > SLOTS_MAX ||
	    memchr(h->cgroup, '\0', sizeof(h->cgroup)) == NULL ||
	    memchr(h->run_dir, '\0', sizeof(h->run_dir)) == NULL)
		return false;
	*why = "its format is of another release";
	if (h->version != RECORD_VERSION || h->header_size != sizeof(*h) ||
	    h->slot_size != sizeof(struct record_slot))
		return false;
	*why = "it is cut short";
	if (r->size < size_for(h->nslots))
		return false;
	*why = "it is of an earlier boot";
	return memcmp(r->boot, h->boot, sizeof(r->boot)) == 0;
}

bool
record_is_foreign(struct record *r)
{
	const struct record_header *h = record_header(r);

	return !r->cut && memcmp(h->magic, MAGIC, sizeof(h->magic)) == 0 &&
	    memcmp(r->boot, h->boot, sizeof(r->boot)) == 0 && h->nslots > 0 &&
	    h->nslots <= SLOTS_MAX && h->header_size >= sizeof(*h) &&
	    h->slot_size >= sizeof(struct record_prefix) &&
	    h->header_size <= r->size &&
	    (r->size - h->header_size) / h->slot_size >= h->nslots &&
	    memchr(h->cgroup, '\0', sizeof(h->cgroup)) != NULL &&
	    memchr(h->run_dir, '\0', sizeof(h->run_dir)) != NULL &&
	    (h->version != RECORD_VERSION || h->header_size != sizeof(*h) ||
		h->slot_size != sizeof(struct record_slot));
}

/* Slots from first on become free, the lowest to be taken first. */
static int
add_free(struct record *r, uint32_t first, uint32_t end)
{
	uint32_t *grown;

	grown = reallocarray(r->free, end, sizeof(*grown));
	if (grown == NULL)
		return -1;
	r->free = grown;
	while (end > first)
		r->free[r->nfree++] = --end;
	return 0;
}

int
record_reset(struct record *r)
{
	struct record_header *h;

	if (r->map != NULL)
		munmap(r->map, r->size);
	r->map = NULL;
	r->nfree = 0;
	if (ftruncate(r->fd, 0) == -1 ||
	    reserve(r, size_for(FIRST_SLOTS)) == -1 ||
	    map_file(r, size_for(FIRST_SLOTS)) == -1 ||
	    add_free(r, 0, FIRST_SLOTS) == -1)
		return -1;
	h = record_header(r);
	h->version = RECORD_VERSION;
	h->header_size = sizeof(*h);
	h->slot_size = sizeof(struct record_slot);
	h->nslots = FIRST_SLOTS;
	h->control_fd = h->notify_fd = h->pidfile_fd = -1;
	h->crashed = h->pause = 0;
	memcpy(h->boot, r->boot, sizeof(r->boot));
	return 0;
}

/* A copy of the prefixes with a process, for the caller to free; *n of them. */
static struct record_prefix *
read_prefixes(struct record *r, size_t *n)
{
	const struct record_header *h = record_header(r);
	const char *slot = r->map + h->header_size;
	struct record_prefix *all, *p;

	*n = 0;
	all = reallocarray(NULL, h->nslots, sizeof(*all));
	if (all == NULL)
		return NULL;
	for (uint32_t i = 0; i < h->nslots; i++, slot += h->slot_size) {
		p = &all[*n];
		memcpy(p, slot, sizeof(*p));
		if (p->pid > 0 && p->name[0] != '\0' &&
		    memchr(p->name, '\0', sizeof(p->name)) != NULL)
			(*n)++;
	}
	return all;
}

static int
write_prefix(struct record *r, const struct record_prefix *p)
{
	const uint64_t second = (uint64_t)sysconf(_SC_CLK_TCK);
	const int slot = record_take(r, p->name);
	struct record_slot *s;

	if (slot == -1)
		return -1;
	s = record_slot(r, slot);
	s->extended = RECORD_EXTENDED;
	s->state = STATE_UP;
	s->want = WANT_RUN;
	s->past = RECORD_WAS_UP | RECORD_HAD_OUTCOME;
	s->late = s->end_late_exact = LATE_READY;
	s->leader = 1;
	s->since = s->started = s->settling =
	    (int64_t)(p->start_time / second * UINT64_C(1000000000));
	s->started_at = time(NULL);
	s->start_time = p->start_time;
	s->pid = p->pid;
	return 0;
}

/* The former daemon's descriptors are gone: this one did not inherit them. */
static void
keep_header(struct record *r, const struct record_header *former)
{
	struct record_header *h = record_header(r);
	const uint32_t nslots = h->nslots;

	*h = *former;
	memset(h->magic, 0, sizeof(h->magic));
	h->version = RECORD_VERSION;
	h->header_size = sizeof(*h);
	h->slot_size = sizeof(struct record_slot);
	h->nslots = nslots;
	h->control_fd = h->notify_fd = h->pidfile_fd = -1;
	memset(h->claims, 0, sizeof(h->claims));
}

int
record_convert(struct record *r)
{
	const struct record_header former = *record_header(r);
	struct record_prefix *all;
	size_t n;
	int rv = -1;

	if ((all = read_prefixes(r, &n)) == NULL)
		return -1;
	if (record_reset(r) == -1)
		goto done;
	keep_header(r, &former);
	for (size_t i = 0; i < n; i++)
		if (write_prefix(r, &all[i]) == -1)
			goto done;
	record_begin(r);
	rv = 0;
done:
	free(all);
	return rv;
}

void
record_begin(struct record *r)
{
	memcpy(record_header(r)->magic, MAGIC, sizeof(MAGIC));
}

int
record_adopt(struct record *r)
{
	uint32_t i, n = record_header(r)->nslots;

	if (add_free(r, 0, n) == -1)
		return -1;
	r->nfree = 0;
	for (i = n; i > 0; i--)
		if (record_slot(r, (int)i - 1)->name[0] == '\0')
			r->free[r->nfree++] = i - 1;
	return 0;
}

static int
grow(struct record *r)
{
	uint32_t n = record_header(r)->nslots;

	if (n >= SLOTS_MAX) {
		errno = ENOSPC;
		return -1;
	}
	if (reserve(r, size_for(2 * n)) == -1 ||
	    map_file(r, size_for(2 * n)) == -1 || add_free(r, n, 2 * n) == -1)
		return -1;
	record_header(r)->nslots = 2 * n;
	return 0;
}

int
record_take(struct record *r, const char *name)
{
	struct record_slot *s;
	uint32_t slot;

	if (r->nfree == 0 && grow(r) == -1)
		return -1;
	slot = r->free[--r->nfree];
	s = record_slot(r, (int)slot);
	memset(s, 0, sizeof(*s));
	s->pidfd = s->ready_fd = -1;
	strlcpy(s->name, name, sizeof(s->name));
	return (int)slot;
}

void
record_give(struct record *r, int slot)
{
	if (slot == -1)
		return;
	memset(record_slot(r, slot), 0, sizeof(struct record_slot));
	r->free[r->nfree++] = (uint32_t)slot;
}

struct record_slot *
record_slot(struct record *r, int slot)
{
	return (struct record_slot *)(void *)(r->map +
		   sizeof(struct record_header)) +
	    slot;
}

int
record_count(const struct record *r)
{
	return (int)((const struct record_header *)(const void *)r->map)
	    ->nslots;
}

static void
set_inheritable(int fd, bool on)
{
	if (fd != -1)
		fcntl(fd, F_SETFD, on ? 0 : FD_CLOEXEC);
}

void
record_inherit(struct record *r, bool on)
{
	const struct record_header *h = record_header(r);
	const struct record_slot *s;
	int i, n = record_count(r);

	set_inheritable(r->fd, on);
	set_inheritable(h->control_fd, on);
	set_inheritable(h->notify_fd, on);
	set_inheritable(h->pidfile_fd, on);
	for (i = 0; i < (int)(sizeof(h->claims) / sizeof(h->claims[0])); i++)
		if (h->claims[i] > 0)
			set_inheritable(h->claims[i], on);
	for (i = 0; i < n; i++) {
		s = record_slot(r, i);
		if (s->name[0] == '\0')
			continue;
		if (s->pid != 0)
			set_inheritable(s->pidfd, on);
		set_inheritable(s->ready_fd, on);
	}
}

static struct record_slot *
slot_of(const struct program *p)
{
	return p->slot == -1 ? NULL
			     : record_slot(p->programs->records, p->slot);
}

int
record_assign(struct program *p)
{
	if (p->slot != -1)
		return 0;
	p->slot = record_take(p->programs->records, p->conf->name);
	if (p->slot == -1)
		return -1;
	record_note(p);
	return 0;
}

/* SIGKILL may come between two stores: their order matters to the reader. */
#define STORE(field, value) __atomic_store_n(&(field), value, __ATOMIC_RELEASE)

/* Data of one process must not be mistaken for data of the next one. */
static void
forget_process(struct record_slot *s)
{
	STORE(s->pidfd, -1);
	STORE(s->pid, 0);
	STORE(s->start_time, 0);
}

volatile int32_t *
record_pid(struct program *p)
{
	struct record_slot *s = slot_of(p);

	if (s == NULL)
		return NULL;
	forget_process(s);
	STORE(s->run, p->child.run);
	return &s->pid;
}

void
record_main(struct program *p)
{
	struct record_slot *s = slot_of(p);

	if (s == NULL)
		return;
	if (s->pid != p->child.pid)
		forget_process(s);
	/* A pid without a start time means a process that was just made. */
	STORE(s->start_time, p->child.start_time);
	STORE(s->pidfd, p->child.pidfd);
	STORE(s->pid, p->child.pid);
}

void
record_no_main(struct program *p)
{
	struct record_slot *s = slot_of(p);

	if (s != NULL && s->pid != 0)
		forget_process(s);
}

void
record_set_due(struct program *p, bool due)
{
	struct record_slot *s = slot_of(p);

	if (s != NULL)
		STORE(s->due, due);
}

bool
record_is_due(const struct program *p)
{
	const struct record_slot *s = slot_of(p);

	return s != NULL && s->due != 0;
}

void
record_note(struct program *p)
{
	struct record_slot *s = slot_of(p);
	struct system *sys = p->programs->system;
	const struct program_end *e = &p->end;

	if (s == NULL)
		return;
	s->state = (uint8_t)p->state;
	s->want = (uint8_t)p->want;
	s->leader = p->child.is_leader;
	s->end_kind = (uint8_t)e->kind;
	s->end_late =
	    (uint8_t)(e->late <= LATE_UNHEALTHY ? e->late : LATE_WATCHDOG);
	s->end_known = e->process.known;
	s->end_signal = e->process.signal;
	s->end_core = e->process.core;
	s->end_code = e->process.code;
	s->end_stage = (int32_t)e->error.stage;
	s->end_which = e->error.which;
	s->end_err = e->error.err;
	s->end_at = e->at;
	s->since = p->since.ns;
	s->started = p->started.ns;
	s->started_at = p->started_at;
	s->delay = p->delay;
	s->restarts = p->restarts;
	s->quick = p->backoff.quick;
	s->ready_fd = p->ready.fd;
	if (p->notify != NULL)
		s->ready_fd = sys->notify_fd(sys, p->notify);
	s->env_digest = p->conf->env_digest;
	s->failed_checks = p->failed_checks;
	strlcpy(s->status, p->status != NULL ? p->status : "",
	    sizeof(s->status));
	s->settling = p->settling.ns;
	s->step = (uint8_t)p->step;
	s->access = (uint8_t)p->access;
	s->late = (uint8_t)p->late;
	s->end_late_exact = (uint8_t)e->late;
	s->said_err = p->said_err;
	s->said_exit = p->said_exit;
	s->until = p->deadline.at.ns;
	s->watchdog = (uint32_t)p->watchdog + 1;
	s->reloading = p->is_reloading;
	s->past = (uint8_t)((p->was_up ? RECORD_WAS_UP : 0) |
	    (p->had_outcome ? RECORD_HAD_OUTCOME : 0) |
	    (p->is_former ? RECORD_FORMER : 0) |
	    (p->former_told ? RECORD_FORMER_TOLD : 0) |
	    (e->process.oom ? RECORD_OOM : 0));
	s->command = (uint16_t)p->command;
	STORE(s->extended, RECORD_EXTENDED);
}
