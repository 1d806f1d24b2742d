/*
 * keys - the key table: every key with its kind of value, its default and
 * whether it is live.  The order is that of the canonical form.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "base/words.h"
#include "config/keys.h"

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

static const char *const restart_words[] = {
    [RESTART_ALWAYS] = "always",
    [RESTART_ON_FAILURE] = "on-failure",
    [RESTART_ON_SUCCESS] = "on-success",
    [RESTART_ON_ABNORMAL] = "on-abnormal",
    [RESTART_ON_ABORT] = "on-abort",
    [RESTART_ON_WATCHDOG] = "on-watchdog",
    [RESTART_NEVER] = "never",
    NULL,
};
static const char *const ready_words[] = {
    [READY_STARTED] = "started",
    [READY_NOTIFY] = "notify",
    [READY_FD] = "fd:N",
    [READY_FORKS] = "forks",
    [READY_EXITED] = "exited",
    NULL,
};
static const char *const kill_mode_words[] = {
    [KILL_MAIN_FIRST] = "main-first",
    [KILL_CONTROL_GROUP] = "control-group",
    [KILL_MIXED] = "mixed",
    [KILL_PROCESS] = "process",
    NULL,
};
static const char *const preserve_words[] = {
    [FOLDER_NO] = "no",
    [FOLDER_RESTART] = "restart",
    [FOLDER_YES] = "yes",
    NULL,
};
static const char *const cpu_policy_words[] = {
    [KEY_CPU_OTHER] = "other",
    [KEY_CPU_BATCH] = "batch",
    [KEY_CPU_IDLE] = "idle",
    [KEY_CPU_FIFO] = "fifo",
    [KEY_CPU_RR] = "rr",
    NULL,
};
static const char *const io_class_words[] = {
    [KEY_IO_NONE] = "none",
    [KEY_IO_REALTIME] = "realtime",
    [KEY_IO_BEST_EFFORT] = "best-effort",
    [KEY_IO_IDLE] = "idle",
    NULL,
};
static const char *const log_words[] = {
    [LOG_TO_FILE] = "file",
    [LOG_TO_SYSLOG] = "syslog",
    [LOG_TO_STDOUT] = "stdout",
    [LOG_TO_NONE] = "none",
    NULL,
};
static const char *const prefix_words[] = {
    [PREFIX_NAME] = "name",
    [PREFIX_NONE] = "none",
    [PREFIX_JSON] = "json",
    NULL,
};
static const char *const exit_on_words[] = {SETTINGS_ANY_FAILED,
    SETTINGS_ALL_DONE, NULL};

/*
 * Readiness: "fd:N" is two fields, so this kind works on the definition.
 */

static bool
ready_equal(const void *a, const void *b, const struct value *value)
{
	const struct definition *x = a, *y = b;

	(void)value;
	return x->ready == y->ready && x->ready_fd == y->ready_fd;
}

static int
ready_copy(void *to, const void *from, const struct value *value)
{
	const struct definition *original = from;
	struct definition *copy = to;

	(void)value;
	copy->ready = original->ready;
	copy->ready_fd = original->ready_fd;
	return 0;
}

static int
ready_parse(void *field, const struct value *value, const char *text, char *why)
{
	struct definition *definition = field;
	const char *errstr;
	long long fd;
	int choice;

	if (strncmp(text, "fd:", 3) == 0) {
		fd = strtonum(text + 3, value->min, value->max, &errstr);
		if (errstr != NULL)
			return value_refuse(why,
			    "\"%.40s\": the descriptor is a number from %d to "
			    "%d",
			    text, value->min, value->max);
		definition->ready = READY_FD;
		definition->ready_fd = (int)fd;
		return 0;
	}
	if ((choice = value_choose(value, text, why)) == -1)
		return -1;
	if (choice == READY_FD)
		return value_refuse(why, "\"%.40s\" has no descriptor number",
		    text);
	definition->ready = (enum key_ready)choice;
	definition->ready_fd = 0;
	return 0;
}

static int
ready_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const struct definition *definition = field;

	if (definition->ready != READY_FD)
		return value_put(key, value->words[definition->ready], f);
	fprintf(f, "%s = fd:%d\n", key, definition->ready_fd);
	return 0;
}

static const struct value_store store_ready = {.equal = ready_equal,
    .copy = ready_copy};
static const struct value_kind value_ready = {&store_ready, ready_parse,
    ready_print};

/*
 * Commands: the first is split into words, the others are kept as lines, so
 * this kind works on the definition, too.
 */

static bool
commands_equal(const void *a, const void *b, const struct value *value)
{
	const struct definition *x = a, *y = b;

	(void)value;
	return strings_equal(x->command, y->command) &&
	    strings_equal(x->more_commands, y->more_commands);
}

static int
commands_copy(void *to, const void *from, const struct value *value)
{
	const struct definition *original = from;
	struct definition *copy = to;

	(void)value;
	if (strings_copy(&copy->command, original->command) == -1)
		return -1;
	return strings_copy(&copy->more_commands, original->more_commands);
}

static void
commands_clear(void *field, const struct value *value)
{
	struct definition *definition = field;

	(void)value;
	free(definition->command);
	free(definition->more_commands);
	definition->command = definition->more_commands = NULL;
}

static size_t
commands_count(const void *field, const struct value *value)
{
	const struct definition *definition = field;

	(void)value;
	return (definition->command != NULL) +
	    strings_count(definition->more_commands);
}

static int
commands_parse(void *field, const struct value *value, const char *text,
    char *why)
{
	struct definition *definition = field;
	char **words = NULL, *line;
	int r = -1;

	if (value_words.parse(&words, value, text, why) == -1)
		return -1;
	if (definition->command == NULL) {
		definition->command = words;
		return 0;
	}
	if ((line = words_join(words)) != NULL)
		r = strings_add(&definition->more_commands, line);
	free(line);
	free(words);
	return r == -1 ? value_refuse(why, "out of memory") : 0;
}

static int
commands_print(const void *field, const struct value *value, const char *key,
    FILE *f)
{
	const struct definition *definition = field;
	char *const *line = definition->more_commands;

	if (value_words.print(&definition->command, value, key, f) == -1)
		return -1;
	for (; line != NULL && *line != NULL; line++)
		value_put(key, *line, f);
	return 0;
}

static const struct value_store store_commands = {.equal = commands_equal,
    .copy = commands_copy,
    .clear = commands_clear,
    .count = commands_count};
static const struct value_kind value_commands = {&store_commands,
    commands_parse, commands_print};

/*
 * The rows: a key of programs, a live one, a limit, a setting of the daemon.
 */
#define PROCESS(key, standard, type, field)           \
	.name = key, .fallback = standard,            \
	.offset = offsetof(struct definition, field), \
	.value.kind = &value_##type
#define LIVE(key, standard, type, field)                 \
	.name = key, .fallback = standard, .live = true, \
	.offset = offsetof(struct definition, field),    \
	.value.kind = &value_##type
#define RLIMIT(key, id, in_bytes)                      \
	PROCESS("rlimit-" key, NULL, rlimit, rlimits), \
	    .value.which = RLIMIT_##id, .value.bytes = in_bytes
#define FOLDER(key, id)                                 \
	.name = key, .own = true, .repeat = true,       \
	.offset = offsetof(struct definition, folders), \
	.value.kind = &folder_value, .value.which = FOLDER_##id
#define RESOURCE(key, id)                                 \
	.name = key, .live = true,                        \
	.offset = offsetof(struct definition, resources), \
	.value.kind = &resource_value, .value.which = RESOURCE_##id
#define SANDBOX(key, standard, id, type, member)          \
	.name = key, .fallback = standard, .boxed = true, \
	.offset = offsetof(struct hardening, member),     \
	.value.kind = &value_##type, .value.which = HARDENING_##id
#define NAMES(key, id, type, member, names, what)                          \
	.name = key, .boxed = true, .repeat = true,                        \
	.offset = offsetof(struct hardening, member),                      \
	.value.kind = &hardening_##type, .value.words = hardening_##names, \
	.value.also = what, .value.which = HARDENING_##id
#define SETTING(key, standard, is_live, type, field)                        \
	.name = key, .fallback = standard, .live = is_live, .daemon = true, \
	.offset = offsetof(struct settings, field),                         \
	.value.kind = &value_##type

const struct key keys_table[] = {
    {.name = "command",
	.value.kind = &value_commands,
	.own = true,
	.repeat = true},
    {PROCESS("directory", NULL, path, directory), .expands = true},
    {PROCESS("user", NULL, account, user)},
    {PROCESS("group", NULL, account, group)},
    {PROCESS("groups", NULL, accounts, groups)},
    {PROCESS("umask", "022", octal, umask)},
    {PROCESS("nice", NULL, number, nice), .value.min = -20, .value.max = 19},
    {PROCESS("oom-score-adj", NULL, number, oom_score_adj), .value.min = -1000,
	.value.max = 1000},
    {.name = "cpu-affinity",
	.offset = offsetof(struct definition, cpu_affinity),
	.value.kind = &cpus_value},
    {PROCESS("cpu-scheduling-policy", "other", choice, cpu_policy),
	.value.words = cpu_policy_words},
    {PROCESS("cpu-scheduling-priority", NULL, number, cpu_priority),
	.value.min = 1, .value.max = 99},
    {PROCESS("io-scheduling-class", "none", choice, io_class),
	.value.words = io_class_words},
    {PROCESS("io-scheduling-priority", NULL, number, io_priority),
	.value.max = 7},
    {RESOURCE("memory-max", MEMORY_MAX)},
    {RESOURCE("memory-high", MEMORY_HIGH)},
    {RESOURCE("tasks-max", TASKS_MAX)},
    {RESOURCE("cpu-quota", CPU_QUOTA)},
    {RESOURCE("cpu-weight", CPU_WEIGHT)},
    {RESOURCE("io-weight", IO_WEIGHT)},
    {PROCESS("delegate", "no", bool, delegate)},
    {PROCESS("no-new-privs", "no", bool, no_new_privs)},
    {NAMES("capability-bounding-set", BOUNDING, denied, bounding_without,
	capabilities, "a capability")},
    {NAMES("ambient-capabilities", AMBIENT, granted, ambient, capabilities,
	"a capability")},
    {SANDBOX("private-tmp", "no", TMP, bool, tmp)},
    {SANDBOX("private-devices", "no", DEVICES, bool, devices)},
    {SANDBOX("private-network", "no", NETWORK, bool, network)},
    {SANDBOX("protect-system", "no", SYSTEM, choice, system),
	.value.words = hardening_system_words},
    {SANDBOX("protect-home", "no", HOME, choice, home),
	.value.words = hardening_home_words},
    {SANDBOX("protect-proc", "default", PROC, choice, proc),
	.value.words = hardening_proc_words},
    {SANDBOX("protect-kernel-tunables", "no", TUNABLES, bool, tunables)},
    {SANDBOX("protect-kernel-modules", "no", MODULES, bool, modules)},
    {SANDBOX("protect-kernel-logs", "no", KERNEL_LOGS, bool, kernel_logs)},
    {SANDBOX("protect-control-groups", "no", CONTROL_GROUPS, bool,
	control_groups)},
    {SANDBOX("protect-clock", "no", CLOCK, bool, clock)},
    {SANDBOX("protect-hostname", "no", HOSTNAME, bool, hostname)},
    {SANDBOX("read-only-paths", NULL, READ_ONLY, pathlist, read_only),
	.repeat = true, .expands = true},
    {SANDBOX("read-write-paths", NULL, READ_WRITE, pathlist, read_write),
	.repeat = true, .expands = true},
    {SANDBOX("inaccessible-paths", NULL, INACCESSIBLE, pathlist, inaccessible),
	.repeat = true, .expands = true},
    {SANDBOX("root-directory", NULL, ROOT, path, root), .expands = true},
    {SANDBOX("memory-deny-write-execute", "no", WRITE_EXECUTE, bool,
	write_execute)},
    {NAMES("restrict-address-families", FAMILIES, denied, families_denied,
	families, "an address family")},
    {NAMES("restrict-namespaces", NAMESPACES, namespaces, namespaces_denied,
	namespace_words, "a namespace, yes or no")},
    {SANDBOX("restrict-realtime", "no", REALTIME, bool, realtime)},
    {SANDBOX("restrict-suid-sgid", "no", SUID_SGID, bool, suid_sgid)},
    {SANDBOX("lock-personality", "no", PERSONALITY, bool, personality)},
    {NAMES("system-call-architectures", ARCHITECTURES, granted, architectures,
	architecture_words, "an architecture")},
    {SANDBOX("sandbox", "enforce", SANDBOX, choice, mode),
	.value.words = hardening_mode_words},
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
    {PROCESS("env", NULL, env, env), .repeat = true},
    {PROCESS("env-file", NULL, paths, env_file), .repeat = true,
	.expands = true},
    {PROCESS("env-clear", "no", bool, env_clear)},
    {PROCESS("pass-environment", NULL, variables, pass_environment),
	.repeat = true},
    {FOLDER("runtime-directory", RUNTIME), .expands = true},
    {PROCESS("runtime-directory-preserve", "restart", choice, preserve),
	.own = true, .value.words = preserve_words},
    {FOLDER("state-directory", STATE), .expands = true},
    {FOLDER("cache-directory", CACHE), .expands = true},
    {FOLDER("logs-directory", LOGS), .expands = true},
    {FOLDER("configuration-directory", CONFIGURATION), .expands = true},
    {PROCESS("condition-path-exists", NULL, conditions, conditions),
	.repeat = true, .expands = true},
    {LIVE("autostart", "yes", bool, autostart)},
    {LIVE("restart", "always", choice, restart), .value.words = restart_words,
	.value.also = "no"},
    {LIVE("restart-prevent-exit-status", NULL, exits, restart_prevent)},
    {LIVE("restart-force-exit-status", NULL, exits, restart_force)},
    {LIVE("restart-delay", "100ms", duration, restart_delay)},
    {LIVE("restart-delay-max", "30s", duration, restart_delay_max)},
    {LIVE("restart-reset", "10s", duration, restart_reset)},
    {LIVE("restart-limit", "0", number, restart_limit), .value.max = 1000000},
    {LIVE("success-exit", "0", exits, success_exit)},
    {LIVE("start-pre", NULL, hooks, start_pre), .repeat = true},
    {LIVE("start-post", NULL, hooks, start_post), .repeat = true},
    {LIVE("stop-command", NULL, hooks, stop_command), .repeat = true},
    {LIVE("stop-signal", "TERM", signal, stop_signal)},
    {LIVE("stop-timeout", "10s", timeout, stop_timeout)},
    {LIVE("kill-mode", "main-first", choice, kill_mode), .before = "mixed",
	.value.words = kill_mode_words},
    {LIVE("send-sigkill", "yes", bool, send_sigkill)},
    {LIVE("stop-post", NULL, hooks, stop_post), .repeat = true},
    {LIVE("on-failure-command", NULL, hook, on_failure_command)},
    {LIVE("reload-signal", NULL, signal, reload_signal)},
    {LIVE("reload-command", NULL, hooks, reload_command), .repeat = true},
    {LIVE("reload-rollback", "yes", bool, reload_rollback)},
    {.name = "ready",
	.fallback = "started",
	.value.kind = &value_ready,
	.value.words = ready_words,
	.value.min = 3,
	.value.max = 1023},
    {PROCESS("pid-file", NULL, path, pid_file), .own = true, .expands = true},
    {LIVE("settle-time", "1s", duration, settle_time), .before = "0"},
    {LIVE("start-timeout", "30s", limit, start_timeout)},
    {PROCESS("watchdog", NULL, duration, watchdog), .value.min = 1},
    {LIVE("health-command", NULL, words, health_command)},
    {LIVE("health-interval", "30s", duration, health_interval), .value.min = 1},
    {LIVE("health-timeout", "10s", duration, health_timeout), .value.min = 1},
    {LIVE("health-retries", "3", number, health_retries), .value.min = 1,
	.value.max = 1000000},
    {LIVE("depends-on", NULL, programs, depends_on), .own = true,
	.repeat = true},
    {LIVE("after", NULL, programs, after), .own = true, .repeat = true},
    {LIVE("restart-with", NULL, programs, restart_with), .own = true,
	.repeat = true},
    {PROCESS("listen-stream", NULL, addresses, listen_stream), .own = true,
	.repeat = true, .expands = true},
    {PROCESS("socket-user", NULL, account, socket_user), .own = true},
    {PROCESS("socket-group", NULL, account, socket_group), .own = true},
    {PROCESS("socket-mode", "666", octal, socket_mode), .own = true},
    {PROCESS("socket-fd", NULL, number, socket_fd), .own = true, .value.min = 0,
	.value.max = 1023},
    {PROCESS("log", "file", choice, log), .value.words = log_words},
    {PROCESS("log-prefix", "name", choice, log_prefix),
	.value.words = prefix_words},
    {PROCESS("syslog-identifier", NULL, identifier, syslog_identifier)},
    {LIVE("log-size", "10M", size, log_size)},
    {LIVE("log-keep", "10", number, log_keep),
	.value.max = DEFINITION_KEEP_MAX},
    {LIVE("log-timestamps", "yes", bool, log_timestamps)},
    {LIVE("log-stderr", "no", bool, log_stderr)},

    /* The defaults of places are root's; see settings_init. */
    {SETTING("program-dir", HUPD_SYSCONFDIR "/hupd.d", false, path,
	program_dir)},
    {SETTING("log-dir", "/var/log/hupd", false, path, log_dir)},
    {SETTING("run-dir", "/run/hupd", false, path, run_dir)},
    {SETTING("state-dir", "/var/lib/hupd", false, path, state_dir)},
    {SETTING("pidfile", "/run/hupd.pid", false, path, pidfile)},
    {SETTING("log-user", NULL, false, account, log_user)},
    {SETTING("access-group", NULL, true, account, access_group),
	.former = "control-group"},
    {SETTING("syslog", "no", true, bool, syslog)},
    {SETTING("cgroup", "auto", false, cgroup, cgroup)},
    {SETTING("exit-on", NULL, true, exit_on, exit_on),
	.value.words = exit_on_words},
};
const size_t keys_count = nitems(keys_table);
_Static_assert(nitems(keys_table) <= KEYS_MAX && KEYS_MAX < UINT8_MAX,
    "struct keyset and struct definition_line have room for every key");

const struct key *
keys_at(size_t i)
{
	return i < keys_count ? &keys_table[i] : NULL;
}

bool
keys_is_command(const struct key *key)
{
	return key->value.kind == &value_words ||
	    key->value.kind == &value_commands ||
	    key->value.kind == &value_hooks || key->value.kind == &value_hook;
}

size_t
keys_index(const struct key *key)
{
	return (size_t)(key - keys_table);
}

const struct key *
keys_find(const char *name)
{
	for (size_t i = 0; i < keys_count; i++)
		if (strcmp(keys_table[i].name, name) == 0 ||
		    (keys_table[i].former != NULL &&
			strcmp(keys_table[i].former, name) == 0))
			return &keys_table[i];
	return NULL;
}

const char *
keys_rlimit_name(int which)
{
	for (size_t i = 0; i < keys_count; i++)
		if (keys_table[i].value.kind == &value_rlimit &&
		    keys_table[i].value.which == which)
			return keys_table[i].name;
	return "rlimit";
}

const char *
keys_hardening_name(int which)
{
	for (size_t i = 0; i < keys_count; i++)
		if (keys_table[i].boxed && keys_table[i].value.which == which)
			return keys_table[i].name;
	return "sandbox";
}

/* The field, in an object that is made if need be.  NULL: no memory. */
static void *
field_of(void *base, const struct key *key)
{
	struct definition *definition = base;

	if (key->boxed) {
		if (definition->hardening == NULL)
			definition->hardening = hardening_new();
		base = definition->hardening;
	}
	return base == NULL ? NULL : (char *)base + key->offset;
}

const void *
keys_value(const void *base, const struct key *key)
{
	static const struct hardening defaults;
	const struct definition *definition = base;

	if (key->boxed)
		base = definition->hardening != NULL ? definition->hardening
						     : &defaults;
	return (const char *)base + key->offset;
}

bool
keys_same(const void *a, const void *b, const struct key *key)
{
	return value_equal(keys_value(a, key), keys_value(b, key), &key->value);
}

int
keys_parse(void *base, const struct key *key, const char *text,
    char why[static VALUE_WHY_MAX])
{
	void *field = field_of(base, key);

	if (field == NULL)
		return value_refuse(why, "out of memory");
	return key->value.kind->parse(field, &key->value, text, why);
}

int
keys_print(const void *base, const struct key *key, FILE *f)
{
	return key->value.kind->print(keys_value(base, key), &key->value,
	    key->name, f);
}

int
keys_set_default(void *base, const struct key *key)
{
	char why[VALUE_WHY_MAX];

	/* The defaults of the sandbox are all zero. */
	return key->fallback == NULL || key->boxed
	    ? 0
	    : keys_parse(base, key, key->fallback, why);
}

int
keys_set_former(void *base, const struct key *key)
{
	char why[VALUE_WHY_MAX];

	return keys_parse(base, key, key->before, why);
}

int
keys_copy(void *to, const void *from, const struct key *key)
{
	const struct definition *definition = from;
	void *field;

	if (key->boxed && definition->hardening == NULL)
		return 0;
	if ((field = field_of(to, key)) == NULL)
		return -1;
	return value_copy(field, keys_value(from, key), &key->value);
}

void
keys_clear(void *base, const struct key *key)
{
	struct definition *definition = base;

	if (!key->boxed || definition->hardening != NULL)
		value_clear(field_of(base, key), &key->value);
}

void
keys_add(struct keyset *set, const struct key *key)
{
	size_t i = keys_index(key);

	set->word[i / 64] |= UINT64_C(1) << (i % 64);
}

void
keys_remove(struct keyset *set, const struct key *key)
{
	size_t i = keys_index(key);

	set->word[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

bool
keys_has(struct keyset set, const struct key *key)
{
	size_t i = keys_index(key);

	return (set.word[i / 64] >> (i % 64) & 1) != 0;
}

bool
keys_none(struct keyset set)
{
	return keys_equal(set, (struct keyset){0});
}

bool
keys_equal(struct keyset a, struct keyset b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

struct keyset
keys_not_live(struct keyset set)
{
	for (const struct key *key = NULL; (key = keys_next(set, key)) != NULL;)
		if (key->live)
			keys_remove(&set, key);
	return set;
}

const struct key *
keys_next(struct keyset set, const struct key *after)
{
	size_t i = after == NULL ? 0 : keys_index(after) + 1;
	uint64_t rest;

	for (; i < KEYS_MAX; i = (i / 64 + 1) * 64) {
		rest = set.word[i / 64] >> (i % 64);
		if (rest != 0)
			return &keys_table[i + (size_t)__builtin_ctzll(rest)];
	}
	return NULL;
}

char *
keys_changed(struct keyset set)
{
	char *text = NULL;
	const char *comma = "";
	size_t size;
	FILE *f;

	if ((f = open_memstream(&text, &size)) == NULL)
		return NULL;
	for (const struct key *key = NULL; (key = keys_next(set, key)) != NULL;
	     comma = ", ")
		fprintf(f, "%s%s", comma, key->name);
	fprintf(f, " changed");
	if (fclose(f) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}
