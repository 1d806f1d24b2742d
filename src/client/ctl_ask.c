/*
 * ctl_ask - a command's talk with the daemon that is meant.
 */
#include "client/ctl_ask.h"
#include "client/ctl_place.h"
#include "base/text.h"

int
ctl_verdict(const struct ctl *ctl, const struct conn *conn)
{
	if (conn->status == STATUS_OK && conn->why != NULL)
		ctl_warn("%s", conn->why);
	if (conn->status == STATUS_OK)
		return STATUS_OK;
	return ctl_fail(ctl, conn->status, "%s",
	    conn->why != NULL ? conn->why : "hupd refused, without a reason");
}

int
ctl_connect(const struct ctl *ctl, struct conn *conn)
{
	struct place place;
	int status;

	if ((status = place_find(&place, ctl)) != STATUS_OK) {
		*conn = (struct conn){.fd = -1};
		return status;
	}
	if ((status = conn_open(conn, place.socket)) != STATUS_OK)
		ctl_verdict(ctl, conn);
	place_clear(&place);
	return status;
}

int
ctl_ask(const struct ctl *ctl, const struct proto_text *request,
    struct reply *reply)
{
	struct conn conn;
	int status;

	if ((status = ctl_connect(ctl, &conn)) == STATUS_OK) {
		if (conn_send(&conn, request) == STATUS_OK) {
			while (conn_next(&conn, reply) == 1)
				;
		}
		status = ctl_verdict(ctl, &conn);
	}
	conn_close(&conn);
	return status;
}

bool
ctl_names(const struct ctl *ctl, int n, char **names)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!text_is_name(names[i])) {
			ctl_fail(ctl, STATUS_USAGE, "'%s' is no program's name",
			    names[i]);
			return false;
		}
	}
	return true;
}
