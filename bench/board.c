/*
 * board - where supervised programs note that they run.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/futex.h>

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

struct board *
board_map(const char *file, uint32_t n)
{
	struct board *b;
	struct stat st;
	int fd;

	fd = open(file, O_RDWR | (n > 0 ? O_CREAT | O_TRUNC : 0), 0666);
	if (fd == -1)
		err(1, "%s", file);
	if (n > 0 &&
	    ftruncate(fd,
		(off_t)(sizeof(*b) + n * sizeof(struct board_slot))) == -1)
		err(1, "%s", file);
	if (fstat(fd, &st) == -1)
		err(1, "%s", file);
	b = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	if (b == MAP_FAILED)
		err(1, "%s", file);
	close(fd);
	if (n > 0)
		b->n = n;
	return b;
}

void
board_note(struct board *b, uint32_t slot)
{
	struct board_slot *s = &b->slots[slot];

	if (slot >= b->n)
		errx(1, "slot %u of %u", slot, b->n);
	s->pid = getpid();
	s->started = now_ns();
	__atomic_add_fetch(&s->starts, 1, __ATOMIC_RELEASE);
	if (__atomic_add_fetch(&b->starts, 1, __ATOMIC_ACQ_REL) !=
	    __atomic_load_n(&b->target, __ATOMIC_ACQUIRE))
		return;
	__atomic_store_n(&b->reached, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &b->reached, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void
board_expect(struct board *b, uint32_t more)
{
	b->reached = 0;
	__atomic_store_n(&b->target, b->starts + more, __ATOMIC_RELEASE);
}

int
board_await(struct board *b, int seconds)
{
	const struct timespec step = {0, 100000000};
	const int64_t end = now_ns() + seconds * INT64_C(1000000000);

	while (__atomic_load_n(&b->reached, __ATOMIC_ACQUIRE) == 0) {
		if (now_ns() > end)
			return -1;
		syscall(SYS_futex, &b->reached, FUTEX_WAIT, 0, &step, NULL, 0);
	}
	return 0;
}
