/*
 * opening - what the daemon opens before it serves: logs, cgroup, sockets.
 */
#include <sys/types.h>
#include <sys/epoll.h>

#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <unistd.h>

#include "daemon/control.h"
#include "base/file.h"
#include "base/log.h"
#include "process/notify.h"
#include "daemon/opening.h"
#include "daemon/request.h"
#include "process/orphan.h"

/* Messages taken from the notify socket in a turn. */
#define NOTIFY_BATCH 64

/* Who the log process runs as: contract between log-user and the system. */
static void
find_log_user(const struct settings *s, struct logger_conf *lc)
{
	const char *name = s->log_user != NULL ? s->log_user : "hupd";
	struct passwd *pw;

	lc->uid = (uid_t)-1;
	lc->gid = lc->log_gid = getegid();
	if (geteuid() != 0)
		return;
	pw = getpwnam(name);
	if (pw != NULL) {
		lc->uid = pw->pw_uid;
		lc->gid = lc->log_gid = pw->pw_gid;
	} else if (s->log_user != NULL)
		log_fatalx("log-user %s does not exist", name);
	else
		log_warnx("there is no user %s, the log process runs as "
			  "root",
		    name);
}

static void
events_writable(struct source *s, uint32_t events)
{
	(void)s;
	(void)events;
	log_flush();
}

struct stream_conf
opening_events(const struct definition *defaults)
{
	return (struct stream_conf){
	    .timestamps = true,
	    .size = defaults->log_size,
	    .keep = defaults->log_keep,
	};
}

void
opening_logs(struct daemon *d, const struct definition *defaults)
{
	struct logger_conf lc = {
	    .log_dir = d->effective.log_dir,
	    .run_dir = d->effective.run_dir,
	    .self = d->self,
	};
	struct stream_conf sc = opening_events(defaults);
	struct file_trust trust = {.any_group = true};
	char why[FILE_WHY_MAX];

	find_log_user(&d->effective, &lc);
	/* Whoever can exchange a folder above has logs written anywhere. */
	trust.owner = lc.uid;
	if (file_check_path(AT_FDCWD, lc.log_dir, &trust, why) == -1)
		log_fatalx("%s: %s", lc.log_dir, why);
	d->logger = logger_new(d->loop, &lc, why, sizeof(why));
	if (d->logger == NULL)
		log_fatalx("%s", why);
	d->events = logger_stream_open(d->logger, "hupd", (uid_t)-1, &sc);
	if (d->events == NULL)
		log_fatal("the event log cannot be opened");
	log_stream(logger_stream_fd(d->events));
	/* Told once when a full FIFO can take more; silent otherwise. */
	d->events_source.ready = events_writable;
	if (loop_watch(d->loop, &d->events_source, logger_stream_fd(d->events),
		EPOLLOUT | EPOLLET) == -1)
		log_fatal("the event log cannot be watched");
}

void
opening_cgroup(struct daemon *d)
{
	const struct record_header *rh = record_header(d->records);
	const char *setting = d->effective.cgroup;
	char why[PATH_MAX];

	/* Programs that are taken over stay where they are. */
	if (d->adopting)
		setting = rh->cgroup[0] != '\0' ? rh->cgroup : "off";
	d->cgroup =
	    cgroup_open(setting, d->effective.run_dir, why, sizeof(why));
	if (d->cgroup == NULL && *why != '\0')
		log_debug("no cgroups: %s", why);
	if (orphan_init() == -1)
		log_warn("orphans of programs will not be found");
}

static void
notify_ready(struct source *s, uint32_t events)
{
	struct daemon *d = s->arg;
	struct sdnotify m;
	struct program *p;
	pid_t pid;
	uid_t uid;
	int barrier, n, rv;

	(void)events;
	/* Whoever talks without end does not hold up the others. */
	for (n = 0; n < NOTIFY_BATCH; n++) {
		rv = notify_receive(s->fd, &m, &pid, &uid, &barrier);
		if (rv == 0)
			return;
		if (rv == -1)
			continue;
		p = programs_owner(&d->programs, pid);
		if (p != NULL)
			program_notified(p, &m);
		else
			log_debug("a message of process %d, uid %d, is "
				  "nobody's",
			    (int)pid, (int)uid);
		/* Whoever waits for the barrier may go on. */
		if (barrier != -1)
			close(barrier);
	}
}

void
opening_notify(struct daemon *d)
{
	int fd = -1;

	if (d->inherited)
		fd = record_header(d->records)->notify_fd;
	if (fd == -1 || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		fd = notify_open(d->notify_path);
	if (fd == -1)
		log_fatal("%s", d->notify_path);
	d->notify.ready = notify_ready;
	d->notify.arg = d;
	if (loop_watch(d->loop, &d->notify, fd, EPOLLIN) == -1)
		log_fatal("%s", d->notify_path);
}

void
opening_control(struct daemon *d)
{
	int fd = -1;

	if (d->inherited)
		fd = record_header(d->records)->control_fd;
	if (fd != -1 && fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		fd = -1;
	d->control = control_open(d->loop, d->socket, fd, request_handle, d);
	if (d->control == NULL)
		log_fatal("%s", d->socket);
}
