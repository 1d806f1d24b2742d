/*
 * step_files - files that are changed well and badly, and reloads.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "steps.h"

bool
step_change_files(struct chaos *c)
{
	unsigned n = 1 + below(c, 4);
	struct program *p, *last = NULL;
	bool shaky = false;

	/* Each once: going through them in their order. */
	for (; n > 0; n--, last = p) {
		p = step_pick_any(c);
		if (last != NULL && p <= last)
			break;
		shaky = shaky || p->kind == KIND_CRASH;
		if (!p->defined) {
			did(c, "add %s", p->name);
			p->defined = p->touched = true;
			p->wanted = p->autostart;
			p->broken = false;
		} else if (p->optional && below(c, 2) == 0) {
			did(c, "remove %s", p->name);
			p->defined = p->wanted = false;
			p->touched = true;
		} else if (below(c, 2) == 0) {
			did(c, "change %s", p->name);
			p->version++;
			if (p->wanted)
				step_want(c, p, true);
		} else {
			did(c, "adjust %s", p->name);
			p->live++;
		}
		world_write(c, p);
	}
	return shaky;
}

void
step_reload(struct chaos *c)
{
	bool shaky = step_change_files(c);
	int status;

	did(c, "reload");
	c->reloads++;
	status = ask_reload(c);
	if (status == ASK_LOST || status == ASK_NONE) {
		c->unsure = true;
		return;
	}
	if (status != 0 && !(shaky && status == 1))
		violation(c, "reload: %d", status);
}

/* Do not wait for the result: the check of the state shows it. */
void
step_hup(struct chaos *c)
{
	unsigned n = 1 + below(c, 6);

	if (below(c, 2) == 0)
		step_change_files(c);
	did(c, "%u SIGHUP", n);
	look(c);
	c->reloads += n;
	while (n-- > 0) {
		look_kill(c, c->daemon, SIGHUP);
		jitter(c, 2000);
	}
	/* A reload that came too early does not depend on the files. */
}

void
step_spoil_files(struct chaos *c)
{
	struct program *p = step_pick(c);
	char path[128];

	snprintf(path, sizeof(path), "%s/hupd.d/base.conf", c->top);
	switch (below(c, 4)) {
	case 0:
		did(c, "a bad key in %s", p->name);
		world_write_as(c, p, "plain", "no-such-key = 1");
		break;
	case 1:
		did(c, "a cycle");
		world_write_as(c, world_program(c, "base"), "plain",
		    "depends-on = leaf");
		break;
	case 2:
		did(c, "remove base");
		if (unlink(path) == -1)
			err(1, "%s", path);
		break;
	default:
		did(c, "others may write base");
		if (chmod(path, 0666) == -1)
			err(1, "%s", path);
		break;
	}
	/* Good ones beside it are not taken either. */
	if (p->kind != KIND_FD)
		world_write_as(c, world_program(c, "fd0"), "fail", "");
}

void
step_bad_reload(struct chaos *c)
{
	int status;

	step_spoil_files(c);
	did(c, "reload");
	c->reloads++;
	status = ask_reload(c);
	if (status != 6 && status != ASK_LOST && status != ASK_NONE)
		violation(c, "a reload of bad files: %d", status);
	world_write_all(c);
	/* A lost request may be handled when the files are good again. */
	if (status != 6)
		c->unsure = true;
}

/* A change that does not become ready is taken back. */
void
step_rollback(struct chaos *c)
{
	struct program *p = world_program(c, "fd0");
	int status, expected = p->wanted ? 1 : 0;

	did(c, "fd0 fails; reload");
	world_write_as(c, p, "fail", "");
	c->reloads++;
	status = ask_reload(c);
	if (status != expected)
		violation(c, "a reload that fails: %d", status);
	world_write_all(c);
	p->touched = true;
	did(c, "reload");
	status = ask_reload(c);
	if (status != 0)
		violation(c, "a reload after it: %d", status);
}
