/*
 * trial - try what a sandbox forbids.
 *
 *	trial ACTION ...
 *
 * Prints a line for each action: the action, and "ok" or the name of the error.
 * "trial ... wait" does not end.
 *
 *	read:FILE write:FILE	open a file that exists
 *	create:FILE		make a new file, and remove it
 *	list:DIR		"ok", "empty" or the error
 *	suid:FILE		make a file, set its bit, and remove it
 *	device:FILE		make a node for /dev/null, and remove it
 *	chown:FILE		to user and group 1
 *	socket:NUMBER		of an address family
 *	bind:PORT		of 127.0.0.1, TCP
 *	interface:NAME		"up", "down" or the error
 *	unshare:NUMBER		a namespace, by the bits of clone(2)
 *	clone:NUMBER		the same with fork
 *	code			map memory that is writable and executable
 *	protect			make memory executable
 *	realtime nice		the scheduling policies FIFO and batch
 *	personality		change it
 *	clock hostname		adjtimex(2) that reads; the same name again
 *	module kernel-log	delete_module(2) of none; the size of the log
 *	port			ioperm(2)
 *	foreign			a system call of 32 bits
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *outcome; /* other than "ok" and an error */

static int
open_file(const char *path, int flags)
{
	const int fd = open(path, flags | O_NOCTTY | O_CLOEXEC, 0600);

	return fd == -1 ? -1 : close(fd);
}

static int
try_read(const char *path)
{
	return open_file(path, O_RDONLY);
}

static int
try_write(const char *path)
{
	return open_file(path, O_WRONLY);
}

static int
try_create(const char *path)
{
	if (open_file(path, O_WRONLY | O_CREAT | O_EXCL) == -1)
		return -1;
	return unlink(path);
}

static int
try_list(const char *path)
{
	struct dirent *entry;
	DIR *dir;
	int n = 0;

	if ((dir = opendir(path)) == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		n += strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	if (n == 0)
		outcome = "empty";
	return 0;
}

static int
try_suid(const char *path)
{
	int rv, saved;

	if (open_file(path, O_WRONLY | O_CREAT | O_EXCL) == -1)
		return -1;
	rv = chmod(path, 04700);
	saved = errno;
	unlink(path);
	errno = saved;
	return rv;
}

static int
try_device(const char *path)
{
	if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) == -1)
		return -1;
	return unlink(path);
}

static int
try_chown(const char *path)
{
	return chown(path, 1, 1);
}

static int
try_socket(const char *family)
{
	const int fd = socket(atoi(family), SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd == -1 ? -1 : close(fd);
}

static int
try_bind(const char *port)
{
	const struct sockaddr_in in = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)atoi(port)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd, rv;

	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	rv = bind(fd, (const struct sockaddr *)&in, sizeof(in));
	close(fd);
	return rv;
}

static int
try_interface(const char *name)
{
	struct ifreq request = {.ifr_flags = 0};
	int fd, rv;

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	rv = ioctl(fd, SIOCGIFFLAGS, &request);
	close(fd);
	if (rv == 0)
		outcome = request.ifr_flags & IFF_UP ? "up" : "down";
	return rv;
}

/* Run it in a child, which the kernel may kill. */
static int
in_child(int (*run)(const char *), const char *arg)
{
	int status;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(run(arg) == 0 ? 0 : errno);
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return -1;
	if (WIFSIGNALED(status))
		outcome = WTERMSIG(status) == SIGSYS ? "SIGSYS" : "killed";
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	return errno == 0 ? 0 : -1;
}

static int
unshare_it(const char *flags)
{
	return unshare((int)strtol(flags, NULL, 0));
}

static int
try_unshare(const char *flags)
{
	return in_child(unshare_it, flags);
}

static int
try_clone(const char *flags)
{
	const pid_t pid = (pid_t)syscall(SYS_clone,
	    strtoul(flags, NULL, 0) | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid == -1 ? -1 : waitpid(pid, NULL, 0) == -1 ? -1 : 0;
}

static int
map(int prot, int then)
{
	void *p = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int rv;

	if (p == MAP_FAILED)
		return -1;
	rv = then != 0 ? mprotect(p, 4096, then) : 0;
	munmap(p, 4096);
	return rv;
}

static int
try_code(const char *arg)
{
	(void)arg;
	return map(PROT_READ | PROT_WRITE | PROT_EXEC, 0);
}

static int
try_protect(const char *arg)
{
	(void)arg;
	return map(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC);
}

static int
policy(const char *number)
{
	const struct sched_param param = {
	    .sched_priority = atoi(number) == SCHED_FIFO ? 1 : 0};

	return sched_setscheduler(0, atoi(number), &param);
}

static int
try_realtime(const char *arg)
{
	(void)arg;
	return in_child(policy, "1");
}

static int
try_nice(const char *arg)
{
	(void)arg;
	return in_child(policy, "3");
}

static int
change_personality(const char *arg)
{
	(void)arg;
	return personality(ADDR_NO_RANDOMIZE) == -1 ? -1 : 0;
}

static int
try_personality(const char *arg)
{
	return in_child(change_personality, arg);
}

static int
try_clock(const char *arg)
{
	struct timex t = {.modes = 0};

	(void)arg;
	return adjtimex(&t) == -1 ? -1 : 0;
}

static int
try_hostname(const char *arg)
{
	char name[128];

	(void)arg;
	if (gethostname(name, sizeof(name)) == -1)
		return -1;
	return sethostname(name, strlen(name));
}

static int
try_module(const char *arg)
{
	(void)arg;
	return (int)syscall(SYS_delete_module, "hupd_no_such_module",
	    O_NONBLOCK);
}

static int
try_kernel_log(const char *arg)
{
	(void)arg;
	return klogctl(10, NULL, 0) == -1 ? -1 : 0;
}

static int
try_port(const char *arg)
{
	(void)arg;
#ifdef SYS_ioperm
	return (int)syscall(SYS_ioperm, 0x80UL, 1UL, 0);
#else
	errno = ENOSYS;
	return -1;
#endif
}

static int
foreign_call(const char *arg)
{
	(void)arg;
#ifdef __x86_64__
	int rv;

	/* getpid */
	__asm__ volatile("int $0x80" : "=a"(rv) : "a"(20) : "memory");
	if (rv < 0)
		errno = -rv;
	return rv < 0 ? -1 : 0;
#else
	errno = ENOSYS;
	return -1;
#endif
}

static int
try_foreign(const char *arg)
{
	return in_child(foreign_call, arg);
}

static _Noreturn int
try_wait(const char *arg)
{
	(void)arg;
	for (;;)
		pause();
}

static const struct {
	const char *name;
	int (*run)(const char *);
} actions[] = {
    {"read", try_read},
    {"write", try_write},
    {"create", try_create},
    {"list", try_list},
    {"suid", try_suid},
    {"device", try_device},
    {"chown", try_chown},
    {"socket", try_socket},
    {"bind", try_bind},
    {"interface", try_interface},
    {"unshare", try_unshare},
    {"clone", try_clone},
    {"code", try_code},
    {"protect", try_protect},
    {"realtime", try_realtime},
    {"nice", try_nice},
    {"personality", try_personality},
    {"clock", try_clock},
    {"hostname", try_hostname},
    {"module", try_module},
    {"kernel-log", try_kernel_log},
    {"port", try_port},
    {"foreign", try_foreign},
    {"wait", try_wait},
};

/*
 * The names that tests compare, else the number; glibc alone has
 * strerrorname_np(3).
 */
static const char *
error_name(int err)
{
	static char number[16];
	static const struct {
		int err;
		const char *name;
	} names[] = {
	    {EACCES, "EACCES"},
	    {EAFNOSUPPORT, "EAFNOSUPPORT"},
	    {ENODEV, "ENODEV"},
	    {ENOENT, "ENOENT"},
	    {ENOPROTOOPT, "ENOPROTOOPT"},
	    {ENOSYS, "ENOSYS"},
	    {EPERM, "EPERM"},
	    {EROFS, "EROFS"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].err == err)
			return names[i].name;
	snprintf(number, sizeof(number), "%d", err);
	return number;
}

static void
run(const char *text)
{
	const size_t len = strcspn(text, ":");
	const char *arg = text[len] == ':' ? text + len + 1 : "";
	int rv;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strlen(actions[i].name) != len ||
		    strncmp(text, actions[i].name, len) != 0)
			continue;
		fflush(stdout);
		outcome = NULL;
		rv = actions[i].run(arg);
		printf("%s %s\n", text,
		    outcome != NULL ? outcome
			: rv == 0   ? "ok"
				    : error_name(errno));
		return;
	}
	printf("%s: no such action\n", text);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run(argv[i]);
	return EXIT_SUCCESS;
}
