/*
 * ctl_feed - the daemon's answers, one after another, without waiting for any.
 */
#include <stdlib.h>

#include "client/ctl_feed.h"

void
feed_init(struct feed *feed, const char *path)
{
	*feed = (struct feed){.path = path, .conn = {.fd = -1}};
	proto_begin(&feed->request, "status");
	proto_put(&feed->request, "cpu", "yes");
	proto_end(&feed->request);
}

void
feed_clear(struct feed *feed)
{
	conn_close(&feed->conn);
	reply_clear(&feed->reply);
	proto_text_clear(&feed->request);
	free(feed->why);
	feed->why = NULL;
}

bool
feed_asks(const struct feed *feed)
{
	return feed->conn.fd != -1;
}

/* Nothing is asked any more.  Returns 1 or -1, as the answer was. */
static int
end(struct feed *feed)
{
	free(feed->why);
	feed->why = feed->conn.why;
	feed->conn.why = NULL;
	feed->status = feed->conn.status;
	conn_close(&feed->conn);
	return feed->status == STATUS_OK ? 1 : -1;
}

int
feed_ask(struct feed *feed)
{
	reply_clear(&feed->reply);
	if (conn_open(&feed->conn, feed->path) == STATUS_OK &&
	    conn_send(&feed->conn, &feed->request) == STATUS_OK)
		return 0;
	return end(feed);
}

int
feed_read(struct feed *feed)
{
	if (conn_receive(&feed->conn) == -1)
		return end(feed);
	while (conn_ready(&feed->conn)) {
		if (conn_next(&feed->conn, &feed->reply) != 1)
			return end(feed);
	}
	return 0;
}
