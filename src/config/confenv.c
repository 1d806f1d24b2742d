/*
 * confenv - the environment file of a program that is about to start.
 */
#include <errno.h>
#include <fcntl.h>

#include "config/confdir.h"
#include "config/envfile.h"
#include "base/file.h"

int
confdir_read_env(const char *path, char ***vars)
{
	struct file f;
	unsigned line;
	int r;

	r = file_read(&f, AT_FDCWD, path, CONF_FILE_MAX);
	if (r == 0)
		errno = ENOENT;
	if (r != 1)
		return -1;
	r = envfile_parse(f.bytes, f.len, vars, &line);
	file_clear(&f);
	if (r == -1)
		errno = line == 0 ? ENOMEM : EBADMSG;
	return r;
}
