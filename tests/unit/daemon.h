/*
 * daemon - a daemon for unit tests: its state, a folder of program files, and
 * no process.  The kernel kills a test that makes one.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "config/load.h"
#include "daemon/reload.h"
#include "daemon/state.h"
#include "program/system.h"
#include "process/accounts.h"

#include "fakenotify.h"

static char dir[] = "/tmp/daemon_test.XXXXXX";
static struct daemon d;
static int nadjusted, nsettled;

/*
 * seccomp(2): from here on fork, vfork, clone and clone3 kill the process.  Not
 * in the sanitized build: LeakSanitizer clones itself at the end.
 */
static void
forbid_processes(void)
{
#ifndef __SANITIZE_ADDRESS__
#define KILL_ON(nr)                                      \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), \
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		offsetof(struct seccomp_data, nr)),
#ifdef SYS_fork
	    KILL_ON(SYS_fork),
	    KILL_ON(SYS_vfork),
#endif
	    KILL_ON(SYS_clone),
	    KILL_ON(SYS_clone3),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]),
	    filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		err(1, "seccomp");
#endif
}

static char *
in_dir(const char *name)
{
	char *path;

	assert_int_not_equal(asprintf(&path, "%s/%s", dir, name), -1);
	return path;
}

/* Write a file of the folder; text NULL removes it. */
__attribute__((unused)) static void
put_file(const char *name, const char *text)
{
	char *path = in_dir(name);
	FILE *f;

	if (text == NULL) {
		assert_int_equal(unlink(path), 0);
	} else {
		assert_non_null(f = fopen(path, "we"));
		fputs(text, f);
		assert_int_equal(fclose(f), 0);
		assert_int_equal(chmod(path, 0644), 0);
	}
	free(path);
}

static void
on_signal(const struct signalfd_siginfo *si, void *arg)
{
	(void)si;
	(void)arg;
}

static void
on_adjusted(struct daemon *daemon, const struct config *set)
{
	(void)daemon;
	(void)set;
	nadjusted++;
}

static void
on_settled(struct daemon *daemon)
{
	(void)daemon;
	nsettled++;
}

static void
end_turn(void *arg)
{
	int *left = arg;

	if (--*left == 0)
		loop_end(d.loop);
	else
		loop_after(d.loop, end_turn, left);
}

/* A few turns of the loop, so that deadlines of now are due. */
static void
turn(void)
{
	int left = 3;

	loop_after(d.loop, end_turn, &left);
	assert_int_equal(loop_run(d.loop), 0);
}

/* A system without processes: each spawn makes a child that exists in name. */
static struct child *born[8];
static size_t nborn;

static void
fake_spawn(struct system *sys, struct child *c,
    const struct system_request *request)
{
	(void)sys;
	(void)request;
	assert_true(nborn < sizeof(born) / sizeof(born[0]));
	c->pid = 1000000 + (pid_t)nborn;
	c->pidfd = -1;
	c->is_pending = true;
	born[nborn++] = c;
}

static int
fake_signal(struct system *sys, const struct child *c, int sig)
{
	(void)sys;
	(void)c;
	(void)sig;
	return 0;
}

static int
fake_finish(struct system *sys, struct child *c, const char *folder)
{
	(void)sys;
	(void)c;
	(void)folder;
	return 0;
}

static void
fake_release(struct system *sys, struct child *c)
{
	(void)sys;
	c->pid = 0;
}

static void
fake_folder(struct system *sys, const char *folder)
{
	(void)sys;
	(void)folder;
}

static int
fake_open_stream(struct system *sys, const struct definition *conf,
    struct stream **stream)
{
	(void)sys;
	(void)conf;
	*stream = NULL;
	return 0;
}

static void
fake_adjust_stream(struct system *sys, const struct definition *conf,
    struct stream *stream)
{
	(void)sys;
	(void)conf;
	(void)stream;
}

static void
fake_close_stream(struct system *sys, struct stream *stream)
{
	(void)sys;
	(void)stream;
}

static int64_t
fake_use(struct system *sys, const struct child *c, const char *folder)
{
	(void)sys;
	(void)c;
	(void)folder;
	return 0;
}

static int
fake_none(struct system *sys, const struct child *c, const char *folder)
{
	(void)sys;
	(void)c;
	(void)folder;
	return 0;
}

static bool
fake_ends_tmp(const struct system *sys)
{
	(void)sys;
	return false;
}

static struct system fake = {
    .spawn = fake_spawn,
    .signal = fake_signal,
    .kill = fake_none,
    .finish = fake_finish,
    .left = fake_none,
    .kept = fake_none,
    .release = fake_release,
    .memory = fake_use,
    .cpu = fake_use,
    .clear_folder = fake_folder,
    .remove_folder = fake_folder,
    .end_tmp = fake_folder,
    .ends_tmp = fake_ends_tmp,
    .open_stream = fake_open_stream,
    .adjust_stream = fake_adjust_stream,
    .close_stream = fake_close_stream,
    .open_notify = fake_open_notify,
    .close_notify = fake_close_notify,
};

/* The last child executes its program. */
__attribute__((unused)) static void
child_executes(void)
{
	struct child *c = born[nborn - 1];

	c->is_pending = false;
	c->events->executed(c);
}

/* The last child cannot execute its program. */
__attribute__((unused)) static void
child_fails(int error)
{
	struct child *c = born[nborn - 1];
	struct spawn_error why = {SPAWN_EXEC, 0, error};

	c->is_pending = false;
	c->events->failed(c, &why);
}

/* The last child exits. */
__attribute__((unused)) static void
child_exits(int status)
{
	struct child *c = born[nborn - 1];
	struct process_end end = {.known = true, .code = status};

	c->events->ended(c, &end);
}

static void
use_folder(void)
{
	struct places places = {.config_home = dir,
	    .runtime_dir = dir,
	    .state_home = dir};
	struct config set;
	char text[128];

	snprintf(text, sizeof(text),
	    "program-dir = %s/hupd.d\nsettle-time = 0\n", dir);
	put_file("hupd.conf", text);
	d.config = in_dir("hupd.conf");
	d.must_exist = true;
	d.places = places;
	assert_int_equal(config_init(&set, &places), 0);
	assert_int_equal(settings_copy(&d.effective, &set.settings), 0);
	config_clear(&set);
	free(d.effective.program_dir);
	d.effective.program_dir = in_dir("hupd.d");
	d.running = in_dir("running");
	d.rejected = in_dir("rejected");
	d.accepted = in_dir("accepted");
}

/* A daemon in an empty folder, before its first configuration. */
static int
make_daemon(void **state)
{
	sigset_t none;
	char *path;

	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	path = in_dir("hupd.d");
	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
	memset(&d, 0, sizeof(d));
	nadjusted = nsettled = 0;
	nborn = 0;
	sigemptyset(&none);
	assert_non_null(d.loop = loop_new(&none, on_signal, NULL));
	d.records = record_take_over(memfd_create("records", MFD_CLOEXEC));
	assert_non_null(d.records);
	use_folder();
	programs_init(&d.programs, d.loop, &fake, d.records);
	assert_non_null(d.reload = reload_new(&d));
	d.adjusted = on_adjusted;
	d.settled = on_settled;
	return 0;
}

static int
free_daemon(void **state)
{
	static const char *const files[] = {"running", "rejected", "accepted",
	    "hupd.conf", "hupd.d"};
	struct program *p;

	(void)state;
	while ((p = programs_first(&d.programs)) != NULL)
		programs_drop(p);
	reload_free(d.reload);
	settings_clear(&d.effective);
	record_close(d.records, false);
	loop_free(d.loop);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = in_dir(files[i]);

		if (remove(path) == -1 && strcmp(files[i], "hupd.d") == 0)
			err(1, "%s", path);
		free(path);
	}
	free(d.config);
	free(d.running);
	free(d.rejected);
	free(d.accepted);
	return rmdir(dir);
}

/* The first generation, of the files; no program of them is started. */
__attribute__((unused)) static void
begin(void)
{
	const struct load_source source = {.places = &d.places,
	    .file = d.config,
	    .must_exist = true,
	    .lookups = &accounts_lookups};
	struct config set = {0};
	struct diags none;

	diag_init(&none);
	assert_int_equal(load_config(&set, &source, &none), 0);
	assert_int_equal(reload_begin(d.reload, &set, &none), 0);
	diag_clear(&none);
	turn();
}

#endif
