/*
 * ctl_place - which daemon is meant: its configuration file, its folders,
 * its socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/confdir.h"
#include "client/ctl_place.h"
#include "wire/proto.h"

#define SYSTEM_CONFIG HUPD_SYSCONFDIR "/hupd.conf"

/* A file that we may not even look at exists. */
static bool
exists(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* At most CONF_FILE_MAX bytes of a file; *len 0 if it cannot be read. */
static char *
slurp(const char *path, size_t *len)
{
	char *buf;
	ssize_t n = 1;
	int fd;

	*len = 0;
	if ((buf = malloc(CONF_FILE_MAX)) == NULL)
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return buf;
	while (*len < CONF_FILE_MAX && n > 0) {
		n = read(fd, buf + *len, CONF_FILE_MAX - *len);
		if (n > 0)
			*len += (size_t)n;
	}
	close(fd);
	return buf;
}

/*
 * Take the folders from the daemon's file.  Its errors are for "check" to
 * tell: what was understood counts, the rest is as by default.
 */
static int
read_settings(struct place *place)
{
	struct confset set;
	struct diags diags;
	bool whole;
	char *bytes;
	size_t len;
	int error = -1;

	if ((bytes = slurp(place->config, &len)) == NULL)
		return -1;
	diags_init(&diags);
	if (confset_init(&set, &place->places) == -1) {
		free(bytes);
		return -1;
	}
	(void)conf_parse_daemon(&set, place->config, bytes, len, &whole,
	    &diags);
	free(place->socket);
	free(place->program_dir);
	free(place->log_dir);
	if (asprintf(&place->socket, "%s/hupd.sock", set.settings.run_dir) ==
	    -1)
		place->socket = NULL;
	place->program_dir = strdup(set.settings.program_dir);
	place->log_dir = strdup(set.settings.log_dir);
	if (place->socket != NULL && place->program_dir != NULL &&
	    place->log_dir != NULL)
		error = 0;
	confset_clear(&set);
	diags_clear(&diags);
	free(bytes);
	return error;
}

/* Make it the system's daemon. */
static int
use_system(struct place *place)
{
	place->places.root = true;
	if ((place->config = strdup(SYSTEM_CONFIG)) == NULL)
		return -1;
	return read_settings(place);
}

/* A user without a daemon of his own most likely means the system's. */
static int
choose(struct place *place)
{
	struct place own = *place, system = {0};
	bool other;

	if (exists(own.socket))
		return 0;
	if (use_system(&system) == -1) {
		place_clear(&system);
		return -1;
	}
	other = exists(system.socket) ||
	    (!exists(own.config) && !exists(own.places.config_home) &&
		exists(system.config));
	*place = other ? system : own;
	place_clear(other ? &own : &system);
	return 0;
}

int
place_find(struct place *place, const struct ctl *ctl)
{
	int error;

	*place = (struct place){.named = ctl->config != NULL};
	/* A user who has no folders of his own can only mean the system's. */
	if (confdir_places(&place->places, &place->config) == -1)
		error = use_system(place);
	else
		error = read_settings(place);
	if (error == 0 && ctl->config != NULL) {
		free(place->config);
		place->config = strdup(ctl->config);
		error = place->config == NULL ? -1 : read_settings(place);
	} else if (error == 0 && ctl->socket == NULL && !place->places.root)
		error = choose(place);
	if (error == 0 && ctl->socket != NULL) {
		free(place->socket);
		place->socket = strdup(ctl->socket);
	}
	if (error == 0 && place->socket != NULL)
		return 0;
	place_clear(place);
	return ctl_fail(ctl, STATUS_FAILED, "%s", strerror(ENOMEM));
}

void
place_clear(struct place *place)
{
	confdir_places_clear(&place->places);
	free(place->config);
	free(place->program_dir);
	free(place->log_dir);
	free(place->socket);
	*place = (struct place){0};
}
