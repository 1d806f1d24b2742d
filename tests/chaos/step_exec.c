/*
 * step_exec - re-executions, with binaries that are good and that are none.
 */
#include <sys/types.h>

#include <signal.h>
#include <string.h>

#include "steps.h"

/* The re-execution takes less than this time, ms. */
#define EXEC_MS 20000

/* Wait for the end of the re-execution. */
static void
await_exec(struct chaos *c, int64_t execs)
{
	const int64_t until = now_ms() + EXEC_MS;

	while (!ask_status(c) || c->execs == execs) {
		if (now_ms() > until)
			violation(c, "it was not re-executed");
		moment(c);
	}
}

void
step_reexec(struct chaos *c)
{
	int64_t execs = c->execs;
	int status;

	if (below(c, 2) == 0)
		world_install(c, NULL);
	if (below(c, 2) == 0) {
		did(c, "SIGUSR2");
		look(c);
		look_kill(c, c->daemon, SIGUSR2);
	} else {
		did(c, "reexec");
		status = ask(c, "reexec");
		if (status != ASK_LOST)
			violation(c, "reexec: %d", status);
	}
	/* The same process: what is asked meanwhile is only late. */
	if (below(c, 2) == 0)
		step_kill_programs(c);
	await_exec(c, execs);
}

void
step_bad_reexec(struct chaos *c)
{
	static const char *const bad[] = {"/bin/false", "/bin/true",
	    "/etc/passwd"};
	const char *from = bad[below(c, 3)];
	int status;

	/* The daemon would accept a program that always succeeds. */
	if (strcmp(from, "/bin/true") == 0)
		from = "/etc/group";
	did(c, "reexec %s", from);
	world_install(c, from);
	status = ask(c, "reexec");
	if (status != 1)
		violation(c, "reexec of %s: %d", from, status);
	world_install(c, NULL);
}

/* A re-execution that the daemon may not live to see. */
void
step_kill_reexec(struct chaos *c)
{
	look(c);
	ends_forgive(c);
	did(c, "SIGUSR2");
	look_kill(c, c->daemon, SIGUSR2);
	jitter(c, 40000);
	step_end_daemon(c);
}
