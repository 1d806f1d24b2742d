/*
 * control - the socket by which hupctl asks and acts, and who may connect.
 */
#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/connection.h"
#include "daemon/control.h"
#include "base/log.h"
#include "base/socket.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* ms before the next try when there is no descriptor left for a client. */
#define PAUSE 500

struct control {
	struct loop *loop;
	char *path;
	struct source listener;
	gid_t group;	       /* (gid_t)-1: none */
	struct deadline again; /* the listener pauses until then */
	bool short_of;	       /* descriptors or memory, as logged */
	struct connections connections;
};

static bool
in_group(int fd, gid_t group)
{
	gid_t *groups = NULL;
	socklen_t len = 0;
	bool found = false;
	size_t i;

	if (group == (gid_t)-1)
		return false;
	/* With no room it says how much it needs. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == -1 &&
	    errno != ERANGE)
		return false;
	if (len == 0 || (groups = malloc(len)) == NULL)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0)
		for (i = 0; i < len / sizeof(*groups); i++)
			found = found || groups[i] == group;
	free(groups);
	return found;
}

static bool
may_connect(const struct control *ctl, int fd, uid_t *uid)
{
	gid_t gid;

	if (getpeereid(fd, uid, &gid) == -1)
		return false;
	return *uid == 0 || *uid == geteuid() ||
	    (ctl->group != (gid_t)-1 && gid == ctl->group) ||
	    in_group(fd, ctl->group);
}

static void
listener_due(struct deadline *d)
{
	struct control *ctl = d->arg;

	loop_rewatch(ctl->loop, &ctl->listener, EPOLLIN);
}

/* No descriptor for a client: it waits, and we do not spin. */
static void
control_pause(struct control *ctl)
{
	if (!ctl->short_of)
		log_warn("control: a client has to wait");
	ctl->short_of = true;
	loop_rewatch(ctl->loop, &ctl->listener, 0);
	loop_at(ctl->loop, &ctl->again,
	    clock_add_ms(loop_now(ctl->loop), PAUSE));
}

static void
control_ready(struct source *s, uint32_t events)
{
	struct control *ctl = s->arg;
	uid_t uid = (uid_t)-1;
	bool permitted;
	int fd;

	(void)events;
	fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			control_pause(ctl);
		return;
	}
	if (ctl->short_of)
		log_info("control: no client has to wait any more");
	ctl->short_of = false;
	permitted = may_connect(ctl, fd, &uid);
	if (connections_add(&ctl->connections, fd, uid, permitted) == -1)
		close(fd);
}

void
control_set_group(struct control *ctl, const char *group)
{
	struct group *gr;

	ctl->group = (gid_t)-1;
	if (group != NULL) {
		gr = getgrnam(group);
		if (gr != NULL)
			ctl->group = gr->gr_gid;
		else
			log_warnx("control-group %s does not exist", group);
	}
	if (chown(ctl->path, (uid_t)-1,
		ctl->group != (gid_t)-1 ? ctl->group : getegid()) == -1 ||
	    chmod(ctl->path, ctl->group != (gid_t)-1 ? 0660 : 0600) == -1)
		log_warn("%s: its access cannot be set", ctl->path);
}

/*
 * Nobody is served by the old socket of a daemon that is gone: the pidfile's
 * lock, which we hold, says that there is none.
 */
static int
listen_at(const char *path)
{
	int fd, saved;

	fd = socket_bind(path, SOCK_STREAM, 0600);
	if (fd == -1 || listen(fd, 128) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

struct control *
control_open(struct daemon *d, const char *path, int inherited)
{
	struct control *ctl;
	int fd;

	ctl = calloc(1, sizeof(*ctl));
	if (ctl == NULL)
		return NULL;
	ctl->loop = d->loop;
	ctl->group = (gid_t)-1;
	connections_init(&ctl->connections, d);
	ctl->again.due = listener_due;
	ctl->again.arg = ctl;
	ctl->listener.fd = -1;
	ctl->listener.ready = control_ready;
	ctl->listener.arg = ctl;
	ctl->path = strdup(path);
	fd = inherited != -1 ? inherited : listen_at(path);
	if (ctl->path == NULL || fd == -1 ||
	    loop_watch(d->loop, &ctl->listener, fd, EPOLLIN) == -1) {
		if (fd != -1)
			close(fd);
		free(ctl->path);
		free(ctl);
		return NULL;
	}
	return ctl;
}

int
control_fd(const struct control *ctl)
{
	return ctl->listener.fd;
}

void
control_hand_over(struct control *ctl)
{
	connections_hand_over(&ctl->connections);
}

void
control_close(struct control *ctl)
{
	int fd = ctl->listener.fd;

	loop_unwatch(ctl->loop, &ctl->listener);
	loop_cancel(ctl->loop, &ctl->again);
	close(fd);
	unlink(ctl->path);
	connections_end(&ctl->connections);
	free(ctl->path);
	free(ctl);
}
