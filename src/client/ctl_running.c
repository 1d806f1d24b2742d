/*
 * ctl_running - the configuration that the daemon runs, as a set.
 */
#include <stdlib.h>
#include <string.h>

#include "client/ctl_conn.h"
#include "client/ctl_running.h"

/* The canonical form, from the lines of the answer; NULL: no memory. */
static char *
text_of(const struct reply *reply, size_t *len)
{
	const char *line;
	char *text = NULL;
	size_t i;
	FILE *f;

	if ((f = open_memstream(&text, len)) == NULL)
		return NULL;
	for (i = 0; i < reply->n; i++) {
		if (line_is(&reply->v[i], "text") &&
		    (line = proto_get(&reply->v[i], "line")) != NULL)
			fprintf(f, "%s\n", line);
	}
	if (fclose(f) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}

/*
 * What env files contained is no part of the canonical form.  The daemon
 * tells it by "digest" lines; without one nothing is known, and nothing is
 * claimed to have changed.
 */
static void
set_digests(struct confset *set, const struct confset *candidate,
    const struct reply *reply)
{
	const struct conf *same;
	const char *name;
	struct conf *conf;
	size_t i;

	for (i = 0; i < set->nprograms; i++) {
		conf = set->programs[i];
		same = confset_find(candidate, conf->name);
		if (same != NULL)
			conf->env_digest = same->env_digest;
	}
	for (i = 0; i < reply->n; i++) {
		name = proto_get(&reply->v[i], "name");
		if (!line_is(&reply->v[i], "digest") || name == NULL ||
		    (conf = confset_find(set, name)) == NULL)
			continue;
		conf->env_digest =
		    (uint64_t)proto_number(&reply->v[i], "env", 0);
	}
}

static int
parse(const struct ctl *ctl, const struct reply *reply, struct confset *set)
{
	struct diags diags;
	char *text, first[512] = "out of memory";
	size_t len;
	bool whole;
	int status = STATUS_FAILED;

	diags_init(&diags);
	text = text_of(reply, &len);
	if (text != NULL &&
	    conf_parse_daemon(set, "(running)", text, len, &whole, &diags) ==
		0 &&
	    confset_check(set, &diags) == 0)
		status = STATUS_OK;
	if (diags.n > 0)
		diag_print(&diags.v[0], first, sizeof(first));
	if (status != STATUS_OK)
		ctl_fail(ctl, status, "what hupd runs is not understood: %s",
		    first);
	diags_clear(&diags);
	free(text);
	return status;
}

int
running_load(struct running *r, const struct ctl *ctl,
    const struct place *place)
{
	struct proto_text request = {0};
	struct conn conn;
	int status;

	*r = (struct running){0};
	if (confset_init(&r->set, &place->places) == -1)
		return ctl_fail(ctl, STATUS_FAILED, "out of memory");
	proto_begin(&request, "dump");
	proto_end(&request);
	status = conn_ask(&conn, place->socket, &request, &r->reply);
	if (status == STATUS_OK)
		status = parse(ctl, &r->reply, &r->set);
	else if (status == STATUS_NO_DAEMON || status == STATUS_DENIED) {
		r->alone = status == STATUS_DENIED ? "hupd may not be asked"
						   : "hupd is not running";
		status = STATUS_OK;
	} else
		ctl_fail(ctl, status, "%s",
		    conn.why != NULL ? conn.why
				     : "hupd refused, without a reason");
	conn_close(&conn);
	proto_text_clear(&request);
	return status;
}

void
running_clear(struct running *r)
{
	confset_clear(&r->set);
	reply_clear(&r->reply);
}

static bool
rests(void *arg, const char *name)
{
	const struct running *r = arg;
	const char *s;
	size_t i;

	for (i = 0; i < r->reply.n; i++) {
		s = proto_get(&r->reply.v[i], "name");
		if (line_is(&r->reply.v[i], "rests") && s != NULL &&
		    strcmp(s, name) == 0)
			return true;
	}
	return false;
}

int
running_plan(struct running *r, const struct confset *candidate,
    struct plan *plan)
{
	set_digests(&r->set, candidate, &r->reply);
	if (plan_make(plan, &r->set, candidate) == -1)
		return -1;
	plan_let_rest(plan, rests, r);
	/* Without a daemon no setting waits for another. */
	if (r->alone != NULL)
		plan->deferred = 0;
	return 0;
}
