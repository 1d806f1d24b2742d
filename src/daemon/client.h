/*
 * client - a connection of the control socket, as the requests see it;
 * connection.c owns it.
 *
 * Layer 3.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "daemon/state.h"
#include "wire/line.h"

struct client;

/* The reply is built here. */
struct line_text *client_text(struct client *);
struct daemon *client_daemon(struct client *);
uid_t client_uid(const struct client *);
/*
 * The reply has grown, or is complete.  It is sent at the end of the turn,
 * and only then can the client go.
 */
void client_more(struct client *);
void client_end(struct client *, int status, const char *text);

#endif
