/*
 * conftable - the key table: every key there is, with its type, its default
 * and whether it is live.  The order is that of the canonical form.
 */
#include <string.h>

#include "config/conflist.h"
#include "config/conftable.h"
#include "config/conftype.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static const char *const bool_words[] = {"no", "yes", NULL};
static const char *const restart_words[] = {
    [RESTART_ALWAYS] = "always",
    [RESTART_ON_FAILURE] = "on-failure",
    [RESTART_NEVER] = "never",
    NULL,
};
static const char *const ready_words[] = {
    [READY_STARTED] = "started",
    [READY_NOTIFY] = "notify",
    [READY_FD] = "fd:N",
    NULL,
};
static const char *const log_words[] = {
    [LOG_TO_FILE] = "file",
    [LOG_TO_SYSLOG] = "syslog",
    [LOG_TO_STDOUT] = "stdout",
    [LOG_TO_NONE] = "none",
    NULL,
};

/* A process key, a repeatable one, a live one; more fields may follow. */
#define PROCESS(name, fallback, kind, field)                                \
	.key = {name, fallback, false, false, false}, .type = &type_##kind, \
	.offset = offsetof(struct conf, field)
#define REPEAT(name, kind, field)                                      \
	.key = {name, NULL, false, true, false}, .type = &type_##kind, \
	.offset = offsetof(struct conf, field)
#define LIVE(name, fallback, kind, field)                                  \
	.key = {name, fallback, true, false, false}, .type = &type_##kind, \
	.offset = offsetof(struct conf, field)
#define RLIMIT(name, id, in_bytes)                                      \
	.key = {"rlimit-" name, NULL, false, false, false},             \
	.type = &type_rlimit, .offset = offsetof(struct conf, rlimits), \
	.which = RLIMIT_##id, .bytes = in_bytes

const struct conf_row conf_rows[] = {
    {PROCESS("command", NULL, words, command)},
    {PROCESS("directory", NULL, path, directory)},
    {PROCESS("user", NULL, account, user)},
    {PROCESS("group", NULL, account, group)},
    {PROCESS("groups", NULL, accounts, groups)},
    {PROCESS("umask", "022", octal, umask)},
    {PROCESS("nice", NULL, number, nice), .min = -20, .max = 19},
    {PROCESS("oom-score-adj", NULL, number, oom_score_adj), .min = -1000,
	.max = 1000},
    {PROCESS("no-new-privs", "no", bool, no_new_privs), .words = bool_words},
    {RLIMIT("as", AS, true)},
    {RLIMIT("core", CORE, true)},
    {RLIMIT("cpu", CPU, false)},
    {RLIMIT("data", DATA, true)},
    {RLIMIT("fsize", FSIZE, true)},
    {RLIMIT("locks", LOCKS, false)},
    {RLIMIT("memlock", MEMLOCK, true)},
    {RLIMIT("msgqueue", MSGQUEUE, true)},
    {RLIMIT("nice", NICE, false)},
    {RLIMIT("nofile", NOFILE, false)},
    {RLIMIT("nproc", NPROC, false)},
    {RLIMIT("rss", RSS, true)},
    {RLIMIT("rtprio", RTPRIO, false)},
    {RLIMIT("rttime", RTTIME, false)},
    {RLIMIT("sigpending", SIGPENDING, false)},
    {RLIMIT("stack", STACK, true)},
    {REPEAT("env", env, env)},
    {REPEAT("env-file", paths, env_file)},
    {PROCESS("env-clear", "no", bool, env_clear), .words = bool_words},
    {LIVE("autostart", "yes", bool, autostart), .words = bool_words},
    {LIVE("restart", "always", choice, restart), .words = restart_words},
    {LIVE("restart-delay", "100ms", duration, restart_delay)},
    {LIVE("restart-delay-max", "30s", duration, restart_delay_max)},
    {LIVE("restart-reset", "10s", duration, restart_reset)},
    {LIVE("restart-limit", "0", number, restart_limit), .max = 1000000},
    {LIVE("success-exit", "0", exits, success_exit)},
    {LIVE("stop-signal", "TERM", signal, stop_signal)},
    {LIVE("stop-timeout", "10s", duration, stop_timeout)},
    {LIVE("reload-signal", NULL, signal, reload_signal)},
    {LIVE("reload-command", NULL, words, reload_command)},
    {PROCESS("ready", "started", ready, ready), .words = ready_words, .min = 3,
	.max = 1023},
    /* Without an end, one program could hold up every later reload. */
    {LIVE("start-timeout", "30s", duration, start_timeout), .min = 1},
    {PROCESS("watchdog", NULL, duration, watchdog), .min = 1},
    {LIVE("health-command", NULL, words, health_command)},
    {LIVE("health-interval", "30s", duration, health_interval), .min = 1},
    {LIVE("health-timeout", "10s", duration, health_timeout), .min = 1},
    {LIVE("health-retries", "3", number, health_retries), .min = 1,
	.max = 1000000},
    {.key = {"depends-on", NULL, true, true, false},
	.type = &type_programs,
	.offset = offsetof(struct conf, depends_on)},
    {PROCESS("log", "file", choice, log), .words = log_words},
    {LIVE("log-size", "10M", size, log_size)},
    {LIVE("log-keep", "10", number, log_keep), .max = CONF_KEEP_MAX},
    {LIVE("log-timestamps", "yes", bool, log_timestamps), .words = bool_words},
};
const size_t conf_nrows = nitems(conf_rows);
_Static_assert(nitems(conf_rows) <= 64, "the rows are bits of a uint64_t");

#define SETTING(name, fallback, is_live, kind, field)                        \
	.key = {name, fallback, is_live, false, true}, .type = &type_##kind, \
	.offset = offsetof(struct settings, field)

/* The fallbacks of places are root's; see confset_init. */
const struct conf_row settings_rows[CONF_SETTINGS] = {
    {SETTING("program-dir", HUPD_SYSCONFDIR "/hupd.d", false, path,
	program_dir)},
    {SETTING("log-dir", "/var/log/hupd", false, path, log_dir)},
    {SETTING("run-dir", "/run/hupd", false, path, run_dir)},
    {SETTING("state-dir", "/var/lib/hupd", false, path, state_dir)},
    {SETTING("pidfile", "/run/hupd.pid", false, path, pidfile)},
    {SETTING("log-user", NULL, false, account, log_user)},
    {SETTING("control-group", NULL, true, account, control_group)},
    {SETTING("syslog", "no", true, bool, syslog), .words = bool_words},
    {SETTING("reload-rollback", "yes", true, bool, reload_rollback),
	.words = bool_words},
    {SETTING("cgroup", "auto", false, cgroup, cgroup)},
    {SETTING("exit-on", NULL, true, exit_on, exit_on)},
};

static const struct conf_row *
find(const struct conf_row *rows, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].key.name, key) == 0)
			return &rows[i];
	return NULL;
}

const struct conf_row *
conf_find(const char *key)
{
	return find(conf_rows, conf_nrows, key);
}

const struct conf_row *
settings_find(const char *key)
{
	return find(settings_rows, CONF_SETTINGS, key);
}

uint64_t
conf_bit(const struct conf_row *row)
{
	return UINT64_C(1) << (row - conf_rows);
}

uint64_t
settings_bit(const struct conf_row *row)
{
	return UINT64_C(1) << (row - settings_rows);
}
