/*
 * fakenotify - the notify sockets of a struct system without any socket.
 */
#ifndef FAKENOTIFY_H
#define FAKENOTIFY_H

#include "program/system.h"

/* There are no sockets. */
static int
fake_open_notify(struct system *sys, const struct definition *conf, int number,
    bool again, int inherited, void *owner, struct notify_socket **socket)
{
	(void)sys;
	(void)conf;
	(void)number;
	(void)again;
	(void)inherited;
	(void)owner;
	*socket = NULL;
	return 0;
}

static void
fake_close_notify(struct system *sys, struct notify_socket *socket)
{
	(void)sys;
	(void)socket;
}

#endif
