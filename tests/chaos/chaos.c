/*
 * chaos - a random sequence of events, with a check of the whole state after
 * each step.
 *
 * usage: chaos [-kv] [-c auto|off] [-n STEPS] [-s SEED] BUILD
 *
 * The seed determines the events.  Their exact time depends on the machine, so
 * that a violation is often, but not always, found again with the same seed.
 */
#include <sys/types.h>
#include <sys/prctl.h>

#include <err.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chaos.h"

/* So often is the daemon ended, and every line looked at. */
#define CHECK_STEPS 250

int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
rest(unsigned us)
{
	const struct timespec ts = {.tv_nsec = (long)us * 1000};

	nanosleep(&ts, NULL);
}

void
moment(struct chaos *c)
{
	ends_reap(c);
	rest(4000);
}

unsigned
below(struct chaos *c, unsigned n)
{
	c->random = c->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)((c->random >> 33) % n);
}

void
jitter(struct chaos *c, unsigned us)
{
	rest(below(c, us));
}

void
did(struct chaos *c, const char *fmt, ...)
{
	size_t len = strlen(c->what);
	va_list ap;

	va_start(ap, fmt);
	if (len > 0 && len + 2 < sizeof(c->what)) {
		strlcat(c->what, "; ", sizeof(c->what));
		len += 2;
	}
	vsnprintf(c->what + len, sizeof(c->what) - len, fmt, ap);
	va_end(ap);
}

static void
print_seen(const struct chaos *c)
{
	unsigned i;

	for (i = 0; i < c->nseen; i++)
		printf("# %d %c %s\n", (int)c->seen[i].pid, c->seen[i].what,
		    c->seen[i].program != NULL ? c->seen[i].program->name : "");
}

void
violation(struct chaos *c, const char *fmt, ...)
{
	va_list ap;

	c->over = true;
	printf("not ok 1 - seed %llu, step %u\n# ", (unsigned long long)c->seed,
	    c->step);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n# after: %s\n", c->what);
	print_seen(c);
	world_print_log(c);
	printf("# again: make chaos SEED=%llu STEPS=%u%s\n",
	    (unsigned long long)c->seed, c->step + 1,
	    c->cgroups ? "" : " CGROUP=off");
	world_kill(c);
	if (c->keep)
		printf("# kept: %s\n", c->top);
	else
		world_remove(c);
	exit(1);
}

static unsigned long long
number(const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (*text == '\0' || *end != '\0')
		errx(2, "not a number: %s", text);
	return n;
}

static void
print_figures(const struct chaos *c)
{
	printf("# %u kills of the daemon, %u starts by hand, longest absence "
	       "%lld ms\n",
	    c->daemon_kills, c->hand_starts, (long long)c->longest_absence);
	printf("# %u reloads; %llu lines of %u processes complete; at most "
	       "%u descriptors\n",
	    c->reloads, (unsigned long long)c->lines_checked,
	    c->instances_checked, c->most_fds);
}

static void
run(struct chaos *c, unsigned steps)
{
	if (world_start(c) != 0)
		violation(c, "the first start fails");
	settle(c);
	for (c->step = 0; c->step < steps; c->step++) {
		*c->what = '\0';
		step_random(c);
		settle(c);
		if (c->verbose)
			printf("# %u: %s\n", c->step, c->what);
		if (c->step % CHECK_STEPS == CHECK_STEPS - 1)
			step_stop_all(c, true);
		fflush(stdout);
	}
	step_stop_all(c, false);
}

int
main(int argc, char **argv)
{
	static struct chaos chaos = {.seed = 1, .cgroups = true};
	struct chaos *c = &chaos;
	unsigned steps = 1000;
	int ch;

	while ((ch = getopt(argc, argv, "c:kn:s:v")) != -1)
		switch (ch) {
		case 'c':
			c->cgroups = strcmp(optarg, "off") != 0;
			break;
		case 'k':
			c->keep = true;
			break;
		case 'n':
			steps = (unsigned)number(optarg);
			break;
		case 's':
			c->seed = number(optarg);
			break;
		case 'v':
			c->verbose = true;
			break;
		default:
			return 2;
		}
	if (argc - optind != 1)
		errx(2,
		    "usage: chaos [-kv] [-c auto|off] [-n STEPS] [-s SEED] "
		    "BUILD");
	strlcpy(c->build, argv[optind], sizeof(c->build));
	c->random = c->seed * 0x9e3779b97f4a7c15ULL;
	c->root = geteuid() == 0;
	/* Orphans become our children, so that no process is lost. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		err(1, "prctl");
	printf("1..1\n");
	world_make(c);
	run(c, steps);
	printf("ok 1 - %u steps of seed %llu\n", steps,
	    (unsigned long long)c->seed);
	print_figures(c);
	if (c->keep)
		printf("# kept: %s\n", c->top);
	else
		world_remove(c);
	return 0;
}
