/*
 * foreign - the words of other tools for keys and values of hupd: systemd,
 * supervisord, OpenRC, runit, dinit, upstart, docker.
 *
 * An answer is only given if this release has the key or value, so a row may
 * name several, the best first.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/foreign.h"

/* The most answers of a row. */
#define ANSWERS 3
/* The longest word that is looked up. */
#define WORD_MAX 40

/* Words in lower case, without - and _; key: the first that exists. */
static const struct {
	const char *word;
	const char *key[ANSWERS];
} keys[] = {
    {"args", {"command"}},
    {"arguments", {"command"}},
    {"cmd", {"command"}},
    {"commandargs", {"command"}},
    {"exec", {"command"}},
    {"execstart", {"command"}},
    {"program", {"command"}},
    {"run", {"command"}},
    {"script", {"command"}},
    {"chdir", {"directory"}},
    {"cwd", {"directory"}},
    {"dir", {"directory"}},
    {"workdir", {"directory"}},
    {"workingdir", {"directory"}},
    {"workingdirectory", {"directory"}},
    {"account", {"user"}},
    {"commanduser", {"user"}},
    {"runas", {"user"}},
    {"setuid", {"user"}},
    {"uid", {"user"}},
    {"username", {"user"}},
    {"gid", {"group"}},
    {"setgid", {"group"}},
    {"supplementarygroups", {"groups"}},
    {"limitnice", {"rlimit-nice"}},
    {"priority", {"depends-on"}},
    {"ionice", {"io-scheduling-class"}},
    {"oomscore", {"oom-score-adj"}},
    {"oomscoreadjust", {"oom-score-adj"}},
    {"nonewprivileges", {"no-new-privs"}},
    {"environment", {"env"}},
    {"envs", {"env"}},
    {"setenv", {"env"}},
    {"variables", {"env"}},
    {"envdir", {"env-file"}},
    {"environmentfile", {"env-file"}},
    {"exportenv", {"pass-environment"}},
    {"passenv", {"pass-environment"}},
    {"clearenv", {"env-clear"}},
    {"enable", {"autostart"}},
    {"enabled", {"autostart"}},
    {"onboot", {"autostart"}},
    {"startonboot", {"autostart"}},
    {"wantedby", {"autostart"}},
    {"conditionpathexists", {"condition-path-exists"}},
    {"autorestart", {"restart"}},
    {"keepalive", {"restart"}},
    {"respawn", {"restart"}},
    {"restartpolicy", {"restart"}},
    {"backoff", {"restart-delay"}},
    {"respawndelay", {"restart-delay"}},
    {"restartdelaysec", {"restart-delay"}},
    {"restartsec", {"restart-delay"}},
    {"throttleinterval", {"restart-delay"}},
    {"restartmaxdelaysec", {"restart-delay-max"}},
    {"maxretries", {"restart-limit"}},
    {"respawnmax", {"restart-limit"}},
    {"restartlimitcount", {"restart-limit"}},
    {"retries", {"restart-limit"}},
    {"startlimitburst", {"restart-limit"}},
    {"startretries", {"restart-limit"}},
    {"respawnperiod", {"restart-reset"}},
    {"restartlimitinterval", {"restart-reset"}},
    {"startlimitinterval", {"restart-reset"}},
    {"startlimitintervalsec", {"restart-reset"}},
    {"partof", {"restart-with", "depends-on"}},
    {"exitcodes", {"success-exit"}},
    {"normalexit", {"success-exit"}},
    {"successexitstatus", {"success-exit"}},
    {"execstop", {"stop-command", "stop-signal"}},
    {"killsignal", {"stop-signal"}},
    {"sigterm", {"stop-signal"}},
    {"stopsig", {"stop-signal"}},
    {"termsignal", {"stop-signal"}},
    {"exittimeout", {"stop-timeout"}},
    {"killtimeout", {"stop-timeout"}},
    {"retry", {"stop-timeout"}},
    {"stopgraceperiod", {"stop-timeout"}},
    {"stopwaitsecs", {"stop-timeout"}},
    {"timeoutstopsec", {"stop-timeout"}},
    {"killasgroup", {"kill-mode", "stop-signal"}},
    {"stopasgroup", {"kill-mode", "stop-signal"}},
    {"execstartpre", {"start-pre"}},
    {"execcondition", {"start-pre"}},
    {"prestart", {"start-pre"}},
    {"startprecommand", {"start-pre"}},
    {"execstartpost", {"start-post"}},
    {"poststart", {"start-post"}},
    {"execstoppost", {"stop-post"}},
    {"poststop", {"stop-post"}},
    {"onfailure", {"on-failure-command"}},
    {"execreload", {"reload-command", "reload-signal"}},
    {"reload", {"reload-command", "reload-signal"}},
    {"notify", {"ready"}},
    {"notifyaccess", {"ready"}},
    {"readiness", {"ready"}},
    {"remainafterexit", {"ready"}},
    {"type", {"ready"}},
    {"startsecs", {"settle-time", "start-timeout"}},
    {"startuptime", {"settle-time", "start-timeout"}},
    {"jobtimeoutsec", {"start-timeout"}},
    {"timeoutsec", {"start-timeout"}},
    {"timeoutstartsec", {"start-timeout"}},
    {"watchdogsec", {"watchdog"}},
    {"healthcheck", {"health-command"}},
    {"healthcmd", {"health-command"}},
    {"bindsto", {"depends-on"}},
    {"depend", {"depends-on"}},
    {"dependency", {"depends-on"}},
    {"dependencies", {"depends-on"}},
    {"need", {"depends-on"}},
    {"needs", {"depends-on"}},
    {"require", {"depends-on"}},
    {"requires", {"depends-on"}},
    {"requisite", {"depends-on"}},
    {"use", {"after"}},
    {"waitsfor", {"after", "depends-on"}},
    {"wants", {"depends-on"}},
    {"after", {"after"}},
    {"logfile", {"log"}},
    {"outputlog", {"log"}},
    {"standardoutput", {"log"}},
    {"stdout", {"log"}},
    {"stdoutlogfile", {"log"}},
    {"stdoutsyslog", {"log"}},
    {"errorlog", {"log-stderr", "log"}},
    {"redirectstderr", {"log-stderr", "log"}},
    {"standarderror", {"log-stderr", "log"}},
    {"stderr", {"log-stderr", "log"}},
    {"stderrlogfile", {"log-stderr", "log"}},
    {"stderrsyslog", {"log-stderr", "log"}},
    {"syslogidentifier", {"syslog-identifier", "log"}},
    {"logfilebackups", {"log-keep"}},
    {"logfilemaxbytes", {"log-size"}},
    {"stdoutlogfilebackups", {"log-keep"}},
    {"stderrlogfilebackups", {"log-keep"}},
    {"stdoutlogfilemaxbytes", {"log-size"}},
    {"stderrlogfilemaxbytes", {"log-size"}},
    {"logmaxsize", {"log-size"}},
    {"rotate", {"log-keep"}},
    {"memorylimit", {"memory-max", "rlimit-as"}},
    {"tasksmax", {"tasks-max", "rlimit-nproc"}},
    {"socketactivation", {"listen-stream"}},
    {"listen", {"listen-stream"}},
    {"pidfile", {"pid-file"}},
    {"killmode", {"kill-mode"}},
    {"rootdirectory", {"root-directory"}},
    {"chroot", {"root-directory"}},
};

/* Words that have no key in hupd. */
static const struct {
	const char *word;
	const char *answer;
} others[] = {
    {"numprocs", "use a template, NAME@.conf, with an instance for each"},
    {"processname", "use a template, NAME@.conf, with an instance for each"},
    {"instances", "use a template, NAME@.conf, with an instance for each"},
    {"programs", "name the programs with depends-on"},
    {"before", "write after in the file of the other program"},
    {"requiredby", "write depends-on in the file of the other program"},
    {"description", "write it as a comment, # TEXT"},
    {"documentation", "write it as a comment, # TEXT"},
    {"name", "the name of the file is the name of the program"},
    {"background", "hupd needs the program in the foreground"},
    {"commandbackground", "hupd needs the program in the foreground"},
    {"daemonize", "hupd needs the program in the foreground"},
    {"include", "each program has a file of its own"},
    {"files", "each program has a file of its own"},
};

/* One word may mean different values of different keys. */
static const struct {
	const char *word;
	const char *value;
} values[] = {
    {"true", "yes"},
    {"on", "yes"},
    {"1", "yes"},
    {"enabled", "yes"},
    {"false", "no"},
    {"off", "no"},
    {"0", "no"},
    {"disabled", "no"},
    {"yes", "always"},
    {"true", "always"},
    {"1", "always"},
    {"unless-stopped", "always"},
    {"any", "always"},
    {"unexpected", "on-failure"},
    {"failure", "on-failure"},
    {"on-abnormal", "on-failure"},
    {"on-abort", "on-failure"},
    {"no", "never"},
    {"false", "never"},
    {"0", "never"},
    {"none", "never"},
    {"simple", "started"},
    {"exec", "started"},
    {"idle", "started"},
    {"sd_notify", "notify"},
    {"notify-reload", "notify"},
    {"systemd", "notify"},
    {"forking", "forks"},
    {"daemon", "forks"},
    {"oneshot", "exited"},
    {"task", "exited"},
    {"scripted", "exited"},
    {"fd", "fd:N"},
    {"journal", "syslog"},
    {"kmsg", "syslog"},
    {"null", "none"},
    {"/dev/null", "none"},
    {"no", "none"},
    {"off", "none"},
    {"inherit", "stdout"},
    {"console", "stdout"},
    {"tty", "stdout"},
    {"/dev/stdout", "stdout"},
    {"yes", "file"},
    {"append", "file"},
    {"auto", "file"},
    {"cgroup", "control-group"},
    {"group", "control-group"},
    {"main", "main-first"},
};

/* The word in lower case without - and _.  False: it is too long. */
static bool
normalize(const char *word, char out[static WORD_MAX + 1])
{
	size_t n = 0;

	for (; *word != '\0'; word++) {
		if (*word == '-' || *word == '_')
			continue;
		if (n == WORD_MAX)
			return false;
		out[n++] = *word >= 'A' && *word <= 'Z'
		    ? (char)(*word - 'A' + 'a')
		    : *word;
	}
	out[n] = '\0';
	return true;
}

/* The limits have one rule: LimitNOFILE, ulimit-nofile. */
static const char *
limit(const char *plain, bool (*exists)(const char *key),
    char buf[static FOREIGN_MAX])
{
	if (*plain == 'u')
		plain++;
	if (strncmp(plain, "limit", 5) != 0)
		return NULL;
	snprintf(buf, FOREIGN_MAX, "rlimit-%s", plain + 5);
	return exists(buf) ? buf : NULL;
}

static const char *
find_key(const char *plain, bool (*exists)(const char *key),
    char buf[static FOREIGN_MAX])
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].word, plain) != 0)
			continue;
		for (size_t j = 0; j < ANSWERS && keys[i].key[j] != NULL; j++)
			if (exists(keys[i].key[j]))
				return keys[i].key[j];
	}
	return limit(plain, exists, buf);
}

const char *
foreign_key(const char *word, bool (*exists)(const char *key),
    char buf[static FOREIGN_MAX])
{
	char plain[WORD_MAX + 1], name[FOREIGN_MAX];
	const char *key;

	if (!normalize(word, plain))
		return NULL;
	if ((key = find_key(plain, exists, name)) != NULL) {
		snprintf(buf, FOREIGN_MAX, "did you mean %.64s?", key);
		return buf;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(others[i].word, plain) == 0)
			return strcpy(buf, others[i].answer);
	return NULL;
}

const char *
foreign_value(const char *word, const char *const *list)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcasecmp(values[i].word, word) != 0)
			continue;
		for (size_t j = 0; list[j] != NULL; j++)
			if (strcmp(list[j], values[i].value) == 0)
				return list[j];
	}
	return NULL;
}
