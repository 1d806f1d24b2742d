/*
 * execfile - why a file cannot be executed.
 */
#include <sys/stat.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/execfile.h"

/* The kernel reads this much of a script's first line (BINPRM_BUF_SIZE). */
#define LINE_MAX_BYTES 256
/* The program headers of a usual file are in its first bytes. */
#define HEAD_MAX 4096

static bool
is_me(const struct execfile_user *user)
{
	return user->uid == (uid_t)-1 || user->uid == geteuid();
}

/* Is the file executable to the user, by its mode? */
static bool
may_execute(const char *path, const struct stat *st,
    const struct execfile_user *user)
{
	mode_t bit = S_IXOTH;

	if (is_me(user))
		return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
	if (user->uid == 0)
		return (st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
	if (st->st_uid == user->uid)
		bit = S_IXUSR;
	else if (st->st_gid == user->gid)
		bit = S_IXGRP;
	else
		for (size_t i = 0; i < user->ngids; i++)
			if (st->st_gid == user->gids[i])
				bit = S_IXGRP;
	return (st->st_mode & bit) != 0;
}

/* The reasons that the file itself shows; NULL: none, or it is not known. */
static const char *
look(const char *path, const struct execfile_user *user)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			return "does not exist";
		if (errno == EACCES && is_me(user))
			return "cannot be reached: permission denied";
		return errno == ELOOP ? "is a circle of links" : NULL;
	}
	if (S_ISDIR(st.st_mode))
		return "is a folder";
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if (!may_execute(path, &st, user))
		return "is not executable";
	return NULL;
}

bool
execfile_find(const char *name, const char *search,
    const struct execfile_user *user, char *path, size_t size)
{
	const char *end;

	for (;; search = end + 1) {
		end = strchrnul(search, ':');
		if (end > search &&
		    snprintf(path, size, "%.*s/%s", (int)(end - search), search,
			name) < (int)size &&
		    look(path, user) == NULL && access(path, F_OK) == 0)
			return true;
		if (*end == '\0')
			return false;
	}
}

/* Why the interpreter cannot be executed; cr: a CR ended its line. */
static const char *
interpreter_trouble(const char *name, bool cr, const struct execfile_user *user,
    char why[static EXECFILE_WHY_MAX])
{
	const char *trouble = cr ? "does not exist" : look(name, user);
	char safe[LINE_MAX_BYTES];

	if (trouble == NULL)
		return NULL;
	escape_bytes(safe, sizeof(safe), name, strlen(name), false);
	snprintf(why, EXECFILE_WHY_MAX, "its interpreter '%s%s' %s%s", safe,
	    cr ? "\\r" : "", trouble, cr ? " (CR LF line ends?)" : "");
	return why;
}

/* "#!/usr/bin/env NAME" */
static const char *
env_trouble(const char *name, bool cr, const char *search,
    const struct execfile_user *user, char why[static EXECFILE_WHY_MAX])
{
	char found[PATH_MAX], safe[LINE_MAX_BYTES];

	if (*name == '\0' || *name == '-' || strchr(name, '=') != NULL ||
	    (!cr &&
		(search == NULL || strchr(name, '/') != NULL ||
		    execfile_find(name, search, user, found, sizeof(found)))))
		return NULL;
	escape_bytes(safe, sizeof(safe), name, strlen(name), false);
	snprintf(why, EXECFILE_WHY_MAX,
	    "its interpreter '%s%s' is not in PATH%s", safe, cr ? "\\r" : "",
	    cr ? " (CR LF line ends?)" : "");
	return why;
}

/* The first line of a script, without "#!". */
static const char *
script_trouble(char *line, const char *search, const struct execfile_user *user,
    char why[static EXECFILE_WHY_MAX])
{
	const char *trouble, *slash;
	char *argument;
	size_t len;
	bool cr;

	line[strcspn(line, "\n")] = '\0';
	len = strlen(line);
	cr = len > 0 && line[len - 1] == '\r';
	if (cr)
		line[len - 1] = '\0';
	line += strspn(line, " \t");
	argument = line + strcspn(line, " \t");
	if (*argument != '\0')
		*argument++ = '\0';
	argument += strspn(argument, " \t");
	if (*line == '\0')
		return "its first line has no interpreter after #!";
	trouble = interpreter_trouble(line, cr && *argument == '\0', user, why);
	slash = strrchr(line, '/');
	if (trouble != NULL || slash == NULL || strcmp(slash, "/env") != 0)
		return trouble;
	argument[strcspn(argument, " \t")] = '\0';
	return env_trouble(argument, cr, search, user, why);
}

/* The name of the dynamic linker is at offset, with its NUL. */
static const char *
linker_trouble(int fd, uint64_t offset, uint64_t size,
    const struct execfile_user *user, char why[static EXECFILE_WHY_MAX])
{
	char name[PATH_MAX];

	if (size == 0 || size > sizeof(name) || offset > INT64_MAX ||
	    pread(fd, name, (size_t)size, (off_t)offset) != (ssize_t)size ||
	    name[size - 1] != '\0')
		return NULL;
	return interpreter_trouble(name, false, user, why);
}

/*
 * The dynamic linker of a program of this machine's word size.  A file that is
 * not as usual is left to the kernel.
 */
static const char *
elf_trouble(int fd, const char *head, size_t len,
    const struct execfile_user *user, char why[static EXECFILE_WHY_MAX])
{
	ElfW(Ehdr) e;
	ElfW(Phdr) p;

	if (len < sizeof(e))
		return NULL;
	memcpy(&e, head, sizeof(e));
	if (e.e_ident[EI_CLASS] !=
	    (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
		return NULL;
	for (size_t i = 0; i < e.e_phnum; i++) {
		if (e.e_phoff > len ||
		    (i + 1) * sizeof(p) > len - (size_t)e.e_phoff)
			return NULL;
		memcpy(&p, head + e.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_INTERP)
			return linker_trouble(fd, p.p_offset, p.p_filesz, user,
			    why);
	}
	return NULL;
}

/* Is it a text?  binfmt_misc may let the kernel execute other files. */
static bool
is_text(const char *head, size_t len)
{
	for (size_t i = 0; i < len && i < LINE_MAX_BYTES; i++)
		if ((unsigned char)head[i] < ' ' &&
		    strchr("\t\n\r\f", head[i]) == NULL)
			return false;
	return true;
}

static const char *
contents_trouble(int fd, const char *search, const struct execfile_user *user,
    char why[static EXECFILE_WHY_MAX])
{
	char head[HEAD_MAX + 1];
	ssize_t n;

	if ((n = read(fd, head, HEAD_MAX)) == -1)
		return NULL;
	head[n] = '\0';
	if (n == 0)
		return "is empty";
	if (strncmp(head, "#!", 2) == 0) {
		head[n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES] = '\0';
		return script_trouble(head + 2, search, user, why);
	}
	if (n > EI_CLASS && memcmp(head, ELFMAG, SELFMAG) == 0)
		return elf_trouble(fd, head, (size_t)n, user, why);
	return is_text(head, (size_t)n) ? "is a text without #! in its first "
					  "line, which only a shell executes"
					: NULL;
}

const char *
execfile_trouble(const char *path, const char *search,
    const struct execfile_user *user, char why[static EXECFILE_WHY_MAX])
{
	const char *trouble;
	int fd;

	if ((trouble = look(path, user)) != NULL)
		return trouble;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	trouble = contents_trouble(fd, search, user, why);
	close(fd);
	return trouble;
}
