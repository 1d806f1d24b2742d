/*
 * ctl_where - the files that the daemon reads, as it tells where they are.
 */
#include <stdlib.h>
#include <string.h>

#include "config/confdir.h"
#include "client/ctl_ask.h"
#include "client/ctl_where.h"

/* Take what the daemon answered. */
static int
take(const struct ctl *ctl, struct place *place, const struct reply *reply)
{
	const struct proto_line *paths = reply_find(reply, "paths");
	const char *config = NULL, *folder = NULL;

	if (paths != NULL) {
		config = proto_get(paths, "config");
		folder = proto_get(paths, "program-dir");
	}
	if (config == NULL || folder == NULL)
		return ctl_fail(ctl, STATUS_FAILED,
		    "hupd's answer is not understood");
	free(place->config);
	free(place->program_dir);
	place->config = strdup(config);
	place->program_dir = strdup(folder);
	if (place->config == NULL || place->program_dir == NULL)
		return ctl_fail(ctl, STATUS_FAILED, "out of memory");
	return STATUS_OK;
}

int
where_ask(const struct ctl *ctl, struct place *place, bool needed)
{
	struct proto_text request = {0};
	struct reply reply = {0};
	struct conn conn;
	int status;

	proto_begin(&request, "where");
	proto_end(&request);
	status = conn_ask(&conn, place->socket, &request, &reply);
	if (status == STATUS_OK)
		status = take(ctl, place, &reply);
	else if (!needed &&
	    (status == STATUS_NO_DAEMON || status == STATUS_DENIED))
		status = STATUS_OK;
	else
		status = ctl_verdict(ctl, &conn);
	conn_close(&conn);
	reply_clear(&reply);
	proto_text_clear(&request);
	return status;
}

int
where_find(const struct ctl *ctl, struct place *place)
{
	int status;

	if ((status = place_find(place, ctl)) != STATUS_OK ||
	    ctl->config != NULL)
		return status;
	status = where_ask(ctl, place, ctl->socket != NULL);
	if (status != STATUS_OK)
		place_clear(place);
	return status;
}

int
where_load(const struct place *place, struct confset *set, struct diags *diags)
{
	struct confset known;
	int error;

	if (confset_init(&known, &place->places) == -1) {
		diags_add(diags, place->config, 0, NULL, "out of memory");
		return -1;
	}
	/* A daemon reads the folder that it began with. */
	free(known.settings.program_dir);
	known.settings.program_dir = strdup(place->program_dir);
	if (known.settings.program_dir == NULL) {
		diags_add(diags, place->config, 0, NULL, "out of memory");
		error = -1;
	} else
		error = confdir_load(set, &place->places, place->config,
		    place->named, &known, diags);
	confset_clear(&known);
	return error;
}
