/*
 * load, with places, save and resolve: folders as they may be found, read as
 * root and as a user.  Root tries what only root can set up; the rest runs for
 * everybody.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/environ.h"
#include "config/load.h"
#include "config/save.h"
#include "base/clock.h"
#include "config/syntax.h"
#include "process/accounts.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static char base[] = "/tmp/hupd-confdir-XXXXXX";
static char config[64], folder[64];
static struct places places;
static struct diags diags;

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
setup(void **state)
{
	(void)state;
	strlcpy(base, "/tmp/hupd-confdir-XXXXXX", sizeof(base));
	assert_non_null(mkdtemp(base));
	assert_int_equal(chmod(base, 0755), 0);
	snprintf(config, sizeof(config), "%s/hupd.conf", base);
	snprintf(folder, sizeof(folder), "%s/hupd.d", base);
	places = (struct places){.config_home = base,
	    .runtime_dir = base,
	    .state_home = base};
	umask(022);
	assert_int_equal(mkdir(folder, 0755), 0);
	diag_init(&diags);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	diag_clear(&diags);
	return nftw(base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path below base, valid until the next but three. */
static const char *
at(const char *name)
{
	static char paths[4][128];
	static unsigned n;
	char *path = paths[n++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", base, name);
	return path;
}

static void
put_bytes(const char *name, const char *bytes, size_t len)
{
	FILE *f = fopen(at(name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void
put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

static void
say(void)
{
	char buf[512];

	for (size_t i = 0; i < diags.n; i++) {
		diag_print(&diags.v[i], buf, sizeof(buf));
		print_message("# %s\n", buf);
	}
}

static struct load_source source = {
    .places = &places,
    .file = config,
    .lookups = &accounts_lookups,
};

static void
load_again(struct config *set, const struct config *running)
{
	struct load_source from = source;
	int r;

	from.running = running;
	r = load_config(set, &from, &diags);

	if (r == -1)
		say();
	assert_int_equal(r, 0);
	assert_int_equal(diags.n, 0);
}

static void
load(struct config *set)
{
	load_again(set, NULL);
}

/* Loading complains of one thing, in these words after the base folder. */
static void
assert_refused(const char *complaint)
{
	struct config set;
	char buf[512];

	assert_int_equal(load_config(&set, &source, &diags), -1);
	/* The settings remain, for the report of the error. */
	assert_int_equal(set.nprograms, 0);
	assert_non_null(set.settings.state_dir);
	config_clear(&set);
	if (diags.n != 1)
		say();
	assert_int_equal(diags.n, 1);
	diag_print(&diags.v[0], buf, sizeof(buf));
	assert_memory_equal(buf, base, strlen(base));
	assert_string_equal(buf + strlen(base) + 1, complaint);
	diag_clear(&diags);
}

static void
needs_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void
loads_a_folder(void **state)
{
	struct config set;

	(void)state;
	put("hupd.conf", "syslog = yes\nstop-timeout = 3s\n");
	put("hupd.d/web.conf", "command = web\ndepends-on = db\n");
	put("hupd.d/db.conf", "command = db");
	put("hupd.d/a.b@c-d.conf.conf", "command = x\r\n");
	/* None of these is a program. */
	put("hupd.d/web.conf~", "?");
	put("hupd.d/.web.conf", "?");
	put("hupd.d/.#web.conf", "?");
	put("hupd.d/web.conf.dpkg-dist", "?");
	put("hupd.d/web.conf.rpmnew", "?");
	put("hupd.d/.web.conf.swp", "?");
	put("hupd.d/README", "?");
	load(&set);
	assert_true(set.settings.syslog);
	assert_string_equal(set.file, config);
	assert_int_equal(set.nprograms, 3);
	assert_string_equal(set.programs[0]->name, "a.b@c-d.conf");
	assert_string_equal(set.programs[1]->name, "db");
	assert_string_equal(set.programs[2]->name, "web");
	assert_int_equal(set.programs[2]->stop_timeout, 3000);
	assert_string_equal(set.programs[2]->file, at("hupd.d/web.conf"));
	config_clear(&set);
}

static void
loads_what_is_absent(void **state)
{
	struct load_source named = source;
	struct config set;

	(void)state;
	load(&set);
	assert_int_equal(set.nprograms, 0);
	config_clear(&set);
	assert_int_equal(rmdir(folder), 0);
	load(&set);
	assert_int_equal(set.nprograms, 0);
	config_clear(&set);
	named.must_exist = true;
	assert_int_equal(load_config(&set, &named, &diags), -1);
	assert_string_equal(diags.v[0].reason, "does not exist");
	config_clear(&set);
}

static void
reports_all_files(void **state)
{
	struct config set;

	(void)state;
	put("hupd.conf", "sislog = yes\n");
	put("hupd.d/b.conf", "command = x\nnise = 3\n");
	put("hupd.d/a.conf", "");
	put("hupd.d/bad name.conf", "command = x\n");
	put("hupd.d/hupd.conf", "command = x\n");
	put("hupd.d/A.conf", "command = x\ndepends-on = b gone\n");
	assert_int_equal(load_config(&set, &source, &diags), -1);
	if (diags.n != 7)
		say();
	assert_int_equal(diags.n, 7);
	assert_string_equal(diags.v[0].key, "sislog");
	assert_string_equal(diags.v[1].file, at("hupd.d/a.conf"));
	assert_string_equal(diags.v[2].key, "nise");
	assert_string_equal(diags.v[3].file, at("hupd.d/bad name.conf"));
	assert_non_null(strstr(diags.v[4].reason, "reserved"));
	assert_string_equal(diags.v[5].reason,
	    "the name a differs from A only in case");
	/* b was refused, but it is there. */
	assert_string_equal(diags.v[6].reason, "there is no program gone");
	assert_int_equal(diags.v[6].line, 2);
	config_clear(&set);
}

/* One wrong line hides no error that another line or another check finds. */
static void
reports_all_of_a_file(void **state)
{
	static const char *const all[] = {
	    "hupd.d/a.conf:2: nise: unknown key; did you mean nice?",
	    "hupd.d/a.conf:3: user: there is no user nosuchuser",
	    "hupd.d/a.conf:4: depends-on: there is no program nosuch",
	};
	struct config set;
	char buf[512];

	(void)state;
	put("hupd.conf", "exit-on = a\n");
	put("hupd.d/a.conf",
	    "command = x\nnise = 1\nuser = nosuchuser\n"
	    "depends-on = nosuch b\n");
	put("hupd.d/b.conf", "command = x\ndepends-on = nosuch\nfoo\n");
	put("hupd.d/c.conf", "command = x\ndepends-on = a\n");
	assert_int_equal(load_config(&set, &source, &diags), -1);
	for (size_t i = 0; i < nitems(all); i++) {
		size_t n = 0;

		for (size_t k = 0; k < diags.n; k++) {
			diag_print(&diags.v[k], buf, sizeof(buf));
			n += strcmp(buf + strlen(base) + 1, all[i]) == 0;
		}
		assert_int_equal(n, 1);
	}
	/* And those of b, but nothing of exit-on: a has no command for now. */
	assert_int_equal(diags.n, nitems(all) + 2);
	config_clear(&set);
}

static void
refuses_what_is_no_file(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(at("hupd.d/x.conf"), 0644), 0);
	assert_refused("hupd.d/x.conf: is a FIFO, not a regular file");
	unlink(at("hupd.d/x.conf"));
	assert_int_equal(mkdir(at("hupd.d/x.conf"), 0755), 0);
	assert_refused("hupd.d/x.conf: is a folder, not a regular file");
	rmdir(at("hupd.d/x.conf"));
	/* A link of our own to a device that would never end. */
	assert_int_equal(symlink("/dev/zero", at("hupd.d/x.conf")), 0);
	assert_refused("hupd.d/x.conf: is a device, not a regular file");
	unlink(at("hupd.d/x.conf"));
	assert_int_equal(rmdir(folder), 0);
	put("hupd.d", "");
	assert_refused("hupd.d: cannot be opened: Not a directory");
}

static void
refuses_a_device(void **state)
{
	(void)state;
	needs_root();
	if (mknod(at("hupd.d/x.conf"), S_IFCHR | 0644, 0x105) == -1)
		skip();
	assert_refused("hupd.d/x.conf: is a device, not a regular file");
}

static void
limits_size(void **state)
{
	static char bytes[SYNTAX_FILE_MAX + 1];
	struct config set;
	int fd;

	(void)state;
	memset(bytes, '#', sizeof(bytes));
	memcpy(bytes, "command = x\n", 12);
	put_bytes("hupd.d/x.conf", bytes, SYNTAX_FILE_MAX);
	load(&set);
	assert_int_equal(set.nprograms, 1);
	config_clear(&set);
	put_bytes("hupd.d/x.conf", bytes, SYNTAX_FILE_MAX + 1);
	assert_refused("hupd.d/x.conf: is larger than 64 KiB");
	/* Huge, and not read at all. */
	fd = open(at("hupd.d/x.conf"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	close(fd);
	assert_refused("hupd.d/x.conf: is larger than 64 KiB");
}

static void
refuses_writable(void **state)
{
	(void)state;
	put("hupd.d/x.conf", "command = x\n");
	chmod(at("hupd.d/x.conf"), 0646);
	assert_refused("hupd.d/x.conf: may be written by others (mode 0646)");
	chmod(at("hupd.d/x.conf"), 0602);
	assert_refused("hupd.d/x.conf: may be written by others (mode 0602)");
	chmod(at("hupd.d/x.conf"), 0600);
	chmod(folder, 01777);
	assert_refused("hupd.d: may be written by others (mode 1777)");
	chmod(folder, 0755);
	put("hupd.conf", "");
	chmod(config, 0666);
	assert_refused("hupd.conf: may be written by others (mode 0666)");
}

static void
refuses_owners(void **state)
{
	char line[128];

	(void)state;
	needs_root();
	put("hupd.d/x.conf", "command = x\n");
	assert_int_equal(chown(at("hupd.d/x.conf"), 65534, 0), 0);
	assert_refused("hupd.d/x.conf: belongs to user 65534, neither root "
		       "nor hupd's own user");
	assert_int_equal(rename(at("hupd.d/x.conf"), at("target")), 0);
	assert_int_equal(chown(at("target"), 0, 0), 0);
	assert_int_equal(symlink(at("target"), at("hupd.d/x.conf")), 0);
	assert_int_equal(lchown(at("hupd.d/x.conf"), 65534, 0), 0);
	assert_refused("hupd.d/x.conf: is a symbolic link of user 65534, "
		       "neither root nor hupd's own user");
	unlink(at("hupd.d/x.conf"));
	snprintf(line, sizeof(line), "command = x\nenv-file = %s\n",
	    at("target"));
	put("hupd.d/x.conf", line);
	assert_int_equal(chown(at("target"), 65534, 0), 0);
	snprintf(line, sizeof(line),
	    "hupd.d/x.conf:2: env-file: %s belongs to user 65534, neither "
	    "root nor hupd's own user",
	    at("target"));
	assert_refused(line);
	unlink(at("hupd.d/x.conf"));
	assert_int_equal(chown(folder, 65534, 0), 0);
	assert_refused("hupd.d: belongs to user 65534, neither root nor "
		       "hupd's own user");
}

static void
follows_trusted_links(void **state)
{
	struct config set;
	char loops[128];

	(void)state;
	put("elsewhere", "command = x\n");
	assert_int_equal(symlink("../elsewhere", at("hupd.d/x.conf")), 0);
	load(&set);
	assert_int_equal(set.nprograms, 1);
	config_clear(&set);
	chmod(at("elsewhere"), 0666);
	assert_refused("hupd.d/x.conf: may be written by others (mode 0666)");
	unlink(at("elsewhere"));
	assert_refused("hupd.d/x.conf: is a symbolic link that leads nowhere: "
		       "No such file or directory");
	unlink(at("hupd.d/x.conf"));
	assert_int_equal(symlink("x.conf", at("hupd.d/x.conf")), 0);
	snprintf(loops, sizeof(loops),
	    "hupd.d/x.conf: is a symbolic link that leads nowhere: %s",
	    strerror(ELOOP));
	assert_refused(loops);
}

/* Carry out a test as an ordinary user, whom modes stop. */
static void
as_user(void (*test)(void))
{
	int status;
	pid_t pid;

	if (geteuid() != 0) {
		test();
		return;
	}
	assert_int_equal(chown(base, 65534, 65534), 0);
	assert_int_equal(chown(folder, 65534, 65534), 0);
	if ((pid = fork()) == 0) {
		if (setresgid(65534, 65534, 65534) == -1 ||
		    setresuid(65534, 65534, 65534) == -1)
			_exit(2);
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
unreadable(void)
{
	put("hupd.d/x.conf", "command = x\n");
	chmod(at("hupd.d/x.conf"), 0);
	assert_refused("hupd.d/x.conf: cannot be opened: Permission denied");
	chmod(folder, 0);
	assert_refused("hupd.d: cannot be opened: Permission denied");
	chmod(folder, 0755);
}

static void
refuses_unreadable(void **state)
{
	(void)state;
	as_user(unreadable);
}

static void
another_user(void)
{
	put("hupd.d/x.conf", "command = x\nuser = root\n");
	assert_refused("hupd.d/x.conf:2: user: only root can run programs as "
		       "another user");
	put("hupd.d/x.conf", "command = x\ngroup = root\n");
	assert_refused("hupd.d/x.conf:2: group: only root can run programs in "
		       "another group");
	put("hupd.d/x.conf", "command = x\n\ngroups = root\n");
	assert_refused("hupd.d/x.conf:3: groups: only root can give programs "
		       "other groups");
}

static void
refuses_users_without_root(void **state)
{
	(void)state;
	as_user(another_user);
}

static void
looks_up_users(void **state)
{
	struct config set;
	const struct definition *c;

	(void)state;
	needs_root();
	put("hupd.d/a.conf", "command = x\nuser = daemon\n");
	put("hupd.d/b.conf", "command = x\nuser = daemon\ngroup = adm\n");
	put("hupd.d/c.conf", "command = x\ngroup = adm\n");
	put("hupd.d/d.conf", "command = x\nuser = daemon\ngroups = sys adm\n");
	put("hupd.d/e.conf", "command = x\n");
	load(&set);
	c = set.programs[0];
	assert_int_equal(c->uid, 1);
	assert_int_equal(c->gid, 1);
	assert_in_range(c->ngids, 1, 64);
	assert_string_equal(c->home, "/usr/sbin");
	assert_string_equal(c->shell, "/usr/sbin/nologin");
	c = set.programs[1];
	assert_int_equal(c->gid, 4);
	c = set.programs[2];
	assert_int_equal(c->uid, (uid_t)-1);
	assert_int_equal(c->gid, 4);
	assert_int_equal(c->ngids, 1);
	assert_int_equal(c->gids[0], 4);
	c = set.programs[3];
	assert_int_equal(c->ngids, 2);
	assert_int_equal(c->gids[0], 3);
	assert_int_equal(c->gids[1], 4);
	c = set.programs[4];
	assert_int_equal(c->ngids, 0);
	assert_null(c->home);
	config_clear(&set);
}

static void
refuses_unknown_accounts(void **state)
{
	(void)state;
	put("hupd.conf", "log-user = nosuchuser\n");
	assert_refused("hupd.conf:1: log-user: there is no user nosuchuser");
	put("hupd.conf", "\naccess-group = nosuchgroup\n");
	assert_refused("hupd.conf:2: access-group: there is no group "
		       "nosuchgroup");
	/* Once, however many programs inherit it. */
	put("hupd.d/a.conf", "command = x\n");
	put("hupd.d/b.conf", "command = x\n");
	put("hupd.conf", "user = nosuchuser\n");
	assert_refused("hupd.conf:1: user: there is no user nosuchuser");
	put("hupd.conf", "");
	put("hupd.d/a.conf", "command = x\n\nuser = nosuchuser\n");
	assert_refused("hupd.d/a.conf:3: user: there is no user nosuchuser");
}

static void
reads_env_files(void **state)
{
	char text[256], complaint[256];
	struct config set, now;

	(void)state;
	snprintf(text, sizeof(text), "command = x\nenv-file = %s\n", at("env"));
	put("hupd.d/a.conf", text);
	snprintf(complaint, sizeof(complaint),
	    "hupd.d/a.conf:2: env-file: %s does not exist", at("env"));
	assert_refused(complaint);

	put("env", "A=1\nB\n");
	load(&set);
	assert_int_equal(set.notes.n, 1);
	assert_string_equal(set.notes.v[0].file, at("env"));
	assert_int_equal(set.notes.v[0].line, 2);
	assert_string_equal(set.notes.v[0].reason,
	    "is not NAME=VALUE; the line is ignored");
	config_clear(&set);

	put("env", "A=1\n");
	chmod(at("env"), 0666);
	snprintf(complaint, sizeof(complaint),
	    "hupd.d/a.conf:2: env-file: %s may be written by others (mode "
	    "0666)",
	    at("env"));
	assert_refused(complaint);
	chmod(at("env"), 0644);

	/* Its content counts, not its time. */
	load(&set);
	put("env", "A=1\n");
	load_again(&now, &set);
	assert_true(keys_none(definition_diff(set.programs[0],
	    now.programs[0])));
	config_clear(&now);
	put("env", "A=2\n");
	load_again(&now, &set);
	assert_false(keys_none(definition_diff(set.programs[0],
	    now.programs[0])));
	config_clear(&now);
	config_clear(&set);
}

/* A file whose last change is as old as a stamp needs. */
static void
settle(const char *name)
{
	struct timespec now, pause = {0, 5000000};
	struct stat st;
	int64_t age;

	do {
		nanosleep(&pause, NULL);
		assert_int_equal(stat(at(name), &st), 0);
		now = clock_wall();
		age = (int64_t)(now.tv_sec - st.st_ctim.tv_sec) * 1000000000 +
		    now.tv_nsec - st.st_ctim.tv_nsec;
	} while (age < 40000000);
}

static void
shares_what_is_unchanged(void **state)
{
	struct load_source again = source;
	struct config set, now;

	(void)state;
	put("hupd.d/a.conf", "command = x\n");
	put("hupd.d/b.conf", "command = x\n");
	load(&set);
	/* Just written: it could change without a new time. */
	load_again(&now, &set);
	assert_ptr_not_equal(set.programs[0], now.programs[0]);
	config_clear(&now);
	config_clear(&set);

	settle("hupd.d/b.conf");
	load(&set);
	load_again(&now, &set);
	assert_ptr_equal(set.programs[0], now.programs[0]);
	assert_int_equal(set.programs[0]->refs, 2);
	config_clear(&now);
	assert_int_equal(set.programs[0]->refs, 1);

	put("hupd.d/b.conf", "command = y\n");
	load_again(&now, &set);
	assert_ptr_equal(set.programs[0], now.programs[0]);
	assert_ptr_not_equal(set.programs[1], now.programs[1]);
	assert_string_equal(now.programs[1]->command[0], "y");
	config_clear(&now);

	put("hupd.conf", "nice = 1\n");
	load_again(&now, &set);
	assert_ptr_not_equal(set.programs[0], now.programs[0]);
	config_clear(&now);
	put("hupd.conf", "");

	/* Access is checked for shared definitions too. */
	chmod(at("hupd.d/a.conf"), 0666);
	again.running = &set;
	assert_int_equal(load_config(&now, &again, &diags), -1);
	config_clear(&now);
	config_clear(&set);
}

static void
put_link(const char *name, const char *to)
{
	assert_int_equal(symlink(to, at(name)), 0);
}

/* As a link and as an empty file; one with lines is a program of its own. */
static void
loads_instances(void **state)
{
	struct config set;

	(void)state;
	put("hupd.d/w@.conf", "command = x\nnice = 3\n");
	put_link("hupd.d/w@-.conf", "w@.conf");
	put("hupd.d/w@a@b.conf", "");
	put("hupd.d/w@own.conf", "command = y\n");
	load(&set);
	assert_int_equal(set.nprograms, 3);
	assert_string_equal(set.programs[0]->name, "w@-");
	assert_string_equal(set.programs[0]->file, at("hupd.d/w@.conf"));
	assert_int_equal(set.programs[0]->nice, 3);
	assert_int_equal(definition_line(set.programs[0], "nice", 0), 2);
	assert_string_equal(definition_instance(set.programs[0]->name), "-");
	assert_string_equal(set.programs[1]->name, "w@a@b");
	assert_string_equal(definition_instance(set.programs[1]->name), "a@b");
	assert_true(keys_none(definition_diff(set.programs[0],
	    set.programs[1])));
	assert_string_equal(set.programs[2]->command[0], "y");
	assert_string_equal(set.programs[2]->file, at("hupd.d/w@own.conf"));
	config_clear(&set);
}

static void
shares_instances(void **state)
{
	struct config set, now;

	(void)state;
	put("hupd.d/w@.conf", "command = x\n");
	put_link("hupd.d/w@a.conf", "w@.conf");
	put("hupd.d/w@b.conf", "");
	settle("hupd.d/w@b.conf");
	load(&set);
	load_again(&now, &set);
	assert_ptr_equal(set.programs[0], now.programs[0]);
	assert_ptr_equal(set.programs[1], now.programs[1]);
	config_clear(&now);

	/* It is not the instance's own file that has changed. */
	put("hupd.d/w@.conf", "command = y\n");
	load_again(&now, &set);
	assert_string_equal(now.programs[0]->command[0], "y");
	assert_string_equal(now.programs[1]->command[0], "y");
	config_clear(&now);

	put("hupd.d/w@b.conf", "command = z\n");
	load_again(&now, &set);
	assert_string_equal(now.programs[1]->command[0], "z");
	config_clear(&now);
	config_clear(&set);
}

static void
refuses_templates(void **state)
{
	char missing[256];

	(void)state;
	put_link("hupd.d/w@a.conf", "w@.conf");
	snprintf(missing, sizeof(missing),
	    "hupd.d/w@a.conf: its template %s does not exist",
	    at("hupd.d/w@.conf"));
	assert_refused(missing);
	put("hupd.d/w@.conf", "");
	put("hupd.d/w@b.conf", "");
	assert_refused("hupd.d/w@.conf: command: is missing");
	put("hupd.d/w@.conf", "command = x\nnice = y\n");
	assert_refused("hupd.d/w@.conf:2: nice: \"y\" is not a number from "
		       "-20 to 19");
	put("hupd.d/w@.conf", "command = x\ndepends-on = y\n");
	assert_refused("hupd.d/w@.conf:2: depends-on: there is no program y");
	chmod(at("hupd.d/w@.conf"), 0666);
	assert_refused("hupd.d/w@.conf: may be written by others (mode 0666)");
	unlink(at("hupd.d/w@a.conf"));
	unlink(at("hupd.d/w@b.conf"));
	/* And without any instance. */
	assert_refused("hupd.d/w@.conf: may be written by others (mode 0666)");
}

static void
finds_the_file(void **state)
{
	char *file;

	(void)state;
	put("hupd.d/w@.conf", "command = x\n");
	put_link("hupd.d/w@a.conf", "w@.conf");
	put("hupd.d/w@own.conf", "command = x\n");
	put("hupd.d/v@a.conf", "");
	file = load_file_of(folder, "w@a");
	assert_string_equal(file, at("hupd.d/w@.conf"));
	free(file);
	file = load_file_of(folder, "w@own");
	assert_string_equal(file, at("hupd.d/w@own.conf"));
	free(file);
	file = load_file_of(folder, "v@a");
	assert_string_equal(file, at("hupd.d/v@a.conf"));
	free(file);
	assert_null(load_file_of(folder, "none"));
}

static void
saves_and_loads_the_whole(void **state)
{
	struct config set, again;
	struct stat st;
	char text[256];

	(void)state;
	put("env", "A=1\n");
	put("hupd.conf", "syslog = yes\nnice = 3\n");
	snprintf(text, sizeof(text), "command = x 'y z'\nenv-file = %s\n",
	    at("env"));
	put("hupd.d/a.conf", text);
	put("hupd.d/b.conf", "command = y\nnice = 4\ndepends-on = a\n");
	load(&set);
	/* Left by a crash. */
	put("accepted.new", "?");
	assert_int_equal(save_config(&set, at("accepted")), 0);
	assert_int_equal(stat(at("accepted"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(at("accepted.new"), F_OK), -1);
	assert_int_equal(load_whole(&again, &places, at("accepted"),
			     &accounts_lookups, &diags),
	    0);
	assert_true(keys_none(settings_diff(&set.settings, &again.settings)));
	assert_int_equal(again.nprograms, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(keys_none(definition_diff(set.programs[i],
		    again.programs[i])));
	config_clear(&again);

	assert_int_equal(save_copy(at("accepted"), at("copy")), 0);
	assert_int_equal(load_whole(&again, &places, at("copy"),
			     &accounts_lookups, &diags),
	    0);
	assert_int_equal(again.nprograms, 2);
	config_clear(&again);

	/* At boot a lost environment file is the matter of its program. */
	unlink(at("env"));
	assert_int_equal(load_whole(&again, &places, at("accepted"),
			     &accounts_lookups, &diags),
	    0);
	config_clear(&again);
	config_clear(&set);

	assert_int_equal(load_whole(&again, &places, at("none"),
			     &accounts_lookups, &diags),
	    -1);
	config_clear(&again);
}

static ino_t
saved(const struct config *set)
{
	struct stat st;

	assert_int_equal(save_config(set, at("accepted")), 0);
	assert_int_equal(access(at("accepted.new"), F_OK), -1);
	assert_int_equal(stat(at("accepted"), &st), 0);
	return st.st_ino;
}

static void
saves_what_is_new(void **state)
{
	struct config set;
	ino_t first, longer;
	FILE *f;

	(void)state;
	put("hupd.d/a.conf", "command = x\n");
	load(&set);
	first = saved(&set);
	assert_int_equal(saved(&set), first);
	assert_non_null(f = fopen(at("accepted"), "a"));
	fputs("# more\n", f);
	assert_int_equal(fclose(f), 0);
	longer = saved(&set);
	assert_int_not_equal(longer, first);
	assert_int_equal(truncate(at("accepted"), 3), 0);
	assert_int_not_equal(saved(&set), longer);
	config_clear(&set);
}

/* As hupd -f does: the programs of the folder are not added. */
static void
loads_a_whole_file(void **state)
{
	struct config set;

	(void)state;
	put("hupd.conf", "program = a\ncommand = x\n");
	put("hupd.d/b.conf", "command = y\n");
	load(&set);
	assert_int_equal(set.nprograms, 1);
	assert_string_equal(set.programs[0]->name, "a");
	config_clear(&set);
}

/* A folder and a hupd.conf may be missing, but not vanish. */
static void
misses_what_was_there(void **state)
{
	struct config set, again;

	(void)state;
	assert_int_equal(rmdir(folder), 0);
	load(&set);
	assert_true(set.no_folder);
	assert_null(set.origin);
	assert_int_equal(set.notes.n, 1);
	/* Nothing runs, and nothing was accepted. */
	load_again(&again, &set);
	config_clear(&again);
	assert_int_equal(save_config(&set, at("accepted")), 0);
	config_clear(&set);
	assert_refused("hupd.d: does not exist");
	assert_int_equal(symlink("nowhere", folder), 0);
	assert_refused("hupd.d: is a symbolic link that leads nowhere");
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(mkdir(folder, 0755), 0);
	put("hupd.conf", "nice = 1\n");
	load(&set);
	assert_false(set.no_folder);
	assert_string_equal(set.origin, config);
	assert_int_equal(save_config(&set, at("accepted")), 0);
	assert_int_equal(load_whole(&again, &places, at("accepted"),
			     &accounts_lookups, &diags),
	    0);
	assert_string_equal(again.origin, config);
	config_clear(&again);
	config_clear(&set);
	unlink(config);
	assert_refused("hupd.conf: does not exist, but did when the "
		       "configuration was accepted; an empty file will do");
	/* In files of users the line that names it is a comment. */
	put("hupd.conf", "#: config = /x\n");
	load(&set);
	assert_string_equal(set.origin, config);
	config_clear(&set);
}

static void
fails_to_save(void **state)
{
	struct config set;

	(void)state;
	load(&set);
	assert_int_equal(save_config(&set, at("none/accepted")), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mkdir(at("accepted"), 0755), 0);
	assert_int_equal(save_config(&set, at("accepted")), -1);
	assert_int_equal(access(at("accepted.new"), F_OK), -1);
	assert_int_equal(save_copy(at("none"), at("copy")), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(access(at("copy.new"), F_OK), -1);
	config_clear(&set);
}

#define CANDIDATE(name, text)                                     \
	{                                                         \
		name, "new/" name ".conf", text, sizeof(text) - 1 \
	}

/* Load with candidates: "NAME COMMAND\n" of each program, or the errors. */
static const char *
load_proposed(const struct candidate *v, size_t n)
{
	static char text[1024];
	struct load_source from = source;
	struct config set;
	size_t at = 0;

	from.candidates = v;
	from.ncandidates = n;
	text[0] = '\0';
	load_config(&set, &from, &diags);
	for (size_t i = 0; i < set.nprograms; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %s\n",
		    set.programs[i]->name, set.programs[i]->command[0]);
	for (size_t i = 0; i < diags.n; i++) {
		diag_print(&diags.v[i], text + at, sizeof(text) - at);
		at = strlcat(text, "\n", sizeof(text));
	}
	config_clear(&set);
	diag_clear(&diags);
	return text;
}

static void
loads_candidates(void **state)
{
	const struct candidate v[] = {CANDIDATE("a", "command = new\n"),
	    CANDIDATE("c", "command = c\n"), {.name = "bad", .file = "x"}};
	const struct candidate broken[] = {CANDIDATE("a", "comand = x\n"),
	    CANDIDATE("z", "command = z\ndepends-on = none\n")};

	(void)state;
	put("hupd.d/a.conf", "command = old\n");
	put("hupd.d/b.conf", "command = b\ndepends-on = a\n");
	put("hupd.d/bad.conf", "nonsense\n");
	/* The file of "bad" and its errors are not there. */
	assert_string_equal(load_proposed(v, 3), "a new\nb b\nc c\n");
	/* The errors of all, those that no single file shows too. */
	unlink(at("hupd.d/bad.conf"));
	assert_string_equal(load_proposed(broken, 2),
	    "new/a.conf:1: comand: unknown key; did you mean command?\n"
	    "new/a.conf: command: is missing\n"
	    "new/z.conf:2: depends-on: there is no program none\n");
	/* A whole configuration has no files of programs. */
	put("hupd.conf", "program = a\ncommand = x\n");
	assert_non_null(strstr(load_proposed(v + 1, 1),
	    "new/c.conf: would not be read: "));
}

static void
loads_candidates_of_templates(void **state)
{
	const struct candidate v[] = {CANDIDATE("w@", "command = new\n"),
	    CANDIDATE("w@empty", ""), CANDIDATE("w@own", "command = own\n")};
	const struct candidate gone = {.name = "w@", .file = "w@.conf"};

	(void)state;
	put("hupd.d/w@.conf", "command = old\n");
	put("hupd.d/w@none.conf", "");
	assert_int_equal(symlink("w@.conf", at("hupd.d/w@link.conf")), 0);
	assert_string_equal(load_proposed(NULL, 0), "w@link old\nw@none old\n");
	assert_string_equal(load_proposed(v, 3),
	    "w@empty new\nw@link new\nw@none new\nw@own own\n");
	assert_string_equal(load_proposed(v + 1, 1),
	    "w@empty old\nw@link old\nw@none old\n");
	assert_non_null(strstr(load_proposed(&gone, 1),
	    "w@link.conf: its template w@.conf does not exist\n"));
	/* The links lead nowhere before the template is there. */
	unlink(at("hupd.d/w@.conf"));
	assert_string_equal(load_proposed(v, 1), "w@link new\nw@none new\n");
}

static void
loads_many(void **state)
{
	enum { N = 10000 };
	struct config set, now;
	char name[32], text[64];

	(void)state;
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "hupd.d/p%d.conf", i);
		snprintf(text, sizeof(text), "command = x\ndepends-on = p%d\n",
		    i + 1);
		put(name, i + 1 < N ? text : "command = x\n");
	}
	settle(name);
	load(&set);
	assert_int_equal(set.nprograms, N);
	load_again(&now, &set);
	for (size_t i = 0; i < N; i++)
		assert_ptr_equal(set.programs[i], now.programs[i]);
	config_clear(&set);
	config_clear(&now);
}

/* A file that is replaced, removed and written all the time. */
static void
survives_changes(void **state)
{
	struct config set;
	pid_t pid;

	(void)state;
	if ((pid = fork()) == 0) {
		for (;;) {
			put("hupd.d/x.conf", "command = x\n");
			put("hupd.d/x.conf", "command = x\nnice = 3\n");
			put("y", "command = x\n");
			rename(at("y"), at("hupd.d/x.conf"));
			unlink(at("hupd.d/x.conf"));
		}
	}
	for (int i = 0; i < 300; i++) {
		load_config(&set, &source, &diags);
		assert_in_range(set.nprograms, 0, 1);
		config_clear(&set);
		/* Half-written and changing files are no crash. */
		diag_clear(&diags);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
finds_places(void **state)
{
	struct places p;
	char *file;

	(void)state;
	assert_int_equal(places_find(&p, &file), 0);
	assert_true(p.root == (geteuid() == 0));
	if (p.root)
		assert_string_equal(file, HUPD_SYSCONFDIR "/hupd.conf");
	free(file);
	places_clear(&p);
}

static void
users_places(void)
{
	struct places p;
	char *file, tmp[64];

	setenv("XDG_CONFIG_HOME", "/c", 1);
	setenv("XDG_RUNTIME_DIR", "/r", 1);
	setenv("XDG_STATE_HOME", "relative", 1);
	setenv("HOME", "/h", 1);
	assert_int_equal(places_find(&p, &file), 0);
	assert_false(p.root);
	assert_string_equal(file, "/c/hupd/hupd.conf");
	assert_string_equal(p.config_home, "/c/hupd");
	assert_string_equal(p.runtime_dir, "/r/hupd");
	assert_string_equal(p.state_home, "/h/.local/state/hupd");
	free(file);
	places_clear(&p);

	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(places_find(&p, &file), 0);
	assert_string_equal(file, "/h/.config/hupd/hupd.conf");
	snprintf(tmp, sizeof(tmp), "/run/user/%u", (unsigned)geteuid());
	if (access(tmp, F_OK) == -1) {
		snprintf(tmp, sizeof(tmp), "/tmp/hupd-%u", (unsigned)geteuid());
		assert_string_equal(p.runtime_dir, tmp);
	}
	free(file);
	places_clear(&p);
}

static void
finds_users_places(void **state)
{
	(void)state;
	as_user(users_places);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(loads_a_folder),
	    TEST(loads_what_is_absent),
	    TEST(reports_all_files),
	    TEST(reports_all_of_a_file),
	    TEST(refuses_what_is_no_file),
	    TEST(refuses_a_device),
	    TEST(limits_size),
	    TEST(refuses_writable),
	    TEST(refuses_owners),
	    TEST(follows_trusted_links),
	    TEST(refuses_unreadable),
	    TEST(refuses_users_without_root),
	    TEST(looks_up_users),
	    TEST(refuses_unknown_accounts),
	    TEST(reads_env_files),
	    TEST(shares_what_is_unchanged),
	    TEST(loads_instances),
	    TEST(shares_instances),
	    TEST(refuses_templates),
	    TEST(finds_the_file),
	    TEST(saves_and_loads_the_whole),
	    TEST(saves_what_is_new),
	    TEST(loads_a_whole_file),
	    TEST(misses_what_was_there),
	    TEST(fails_to_save),
	    TEST(loads_candidates),
	    TEST(loads_candidates_of_templates),
	    TEST(loads_many),
	    TEST(survives_changes),
	    TEST(finds_places),
	    TEST(finds_users_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
