/*
 * socket - Unix domain sockets that have a path.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/socket.h"

static int
address(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlcpy(sun->sun_path, path, sizeof(sun->sun_path)) <
	    sizeof(sun->sun_path))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int
socket_bind(const char *path, int type, mode_t mode)
{
	struct sockaddr_un sun;
	mode_t mask;
	int fd, on = type == SOCK_DGRAM, rv, saved;

	if (address(&sun, path) == -1)
		return -1;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0 &&
	    (unlink(path) == 0 || errno == ENOENT)) {
		mask = umask(0777 & ~mode);
		rv = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
		umask(mask);
		if (rv == 0)
			return fd;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
socket_connect(int fd, const char *path)
{
	struct sockaddr_un sun;

	if (address(&sun, path) == -1)
		return -1;
	return connect(fd, (struct sockaddr *)&sun, sizeof(sun));
}
