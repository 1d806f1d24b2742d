/*
 * tiny - the program that is supervised: notes that it runs, and waits.
 *
 *	tiny BOARD SLOT
 *
 * Without the C library, whose start would cost more than the supervision
 * that is to be measured.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include <linux/futex.h>

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <time.h>

#include "board.h"

static long
call(long n, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long rv;

	__asm__ volatile("syscall"
			 : "=a"(rv)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			 "r"(r9)
			 : "rcx", "r11", "memory");
	return rv;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
#error "no system calls for this machine yet"
#endif
}

static void
note(struct board *b, uint32_t slot)
{
	struct board_slot *s = &b->slots[slot];
	struct timespec ts;

	call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&ts, 0, 0, 0, 0);
	s->pid = (int32_t)call(SYS_getpid, 0, 0, 0, 0, 0, 0);
	s->started = ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
	s->starts++;
	if (__atomic_add_fetch(&b->starts, 1, __ATOMIC_ACQ_REL) !=
	    __atomic_load_n(&b->target, __ATOMIC_ACQUIRE))
		return;
	__atomic_store_n(&b->reached, 1, __ATOMIC_RELEASE);
	call(SYS_futex, (long)&b->reached, FUTEX_WAKE, INT_MAX, 0, 0, 0);
}

static uint32_t
number(const char *s)
{
	uint32_t n = 0;

	while (*s >= '0' && *s <= '9')
		n = 10 * n + (uint32_t)(*s++ - '0');
	return n;
}

/* The kernel's stack: argc, the arguments, NULL. */
__attribute__((used)) static void
begin(long *stack)
{
	char **argv = (char **)(stack + 1);
	uint32_t slot = number(argv[2]);
	const size_t size =
	    sizeof(struct board) + (slot + 1) * sizeof(struct board_slot);
	long fd, p;

	fd = call(SYS_openat, AT_FDCWD, (long)argv[1], O_RDWR, 0, 0, 0);
	p = call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	if (p < 0 && p > -4096)
		call(SYS_exit, 1, 0, 0, 0, 0, 0);
	call(SYS_close, fd, 0, 0, 0, 0, 0);
	note((struct board *)p, slot);
	for (;;)
		call(SYS_ppoll, 0, 0, 0, 0, 0, 0);
}

__asm__(".globl _start\n"
	"_start:\n"
#if defined(__x86_64__)
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call begin\n"
#elif defined(__aarch64__)
	"	mov x0, sp\n"
	"	bl begin\n"
#endif
);
