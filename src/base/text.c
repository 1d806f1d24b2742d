/*
 * text - the small languages of hupd: durations, sizes, signals, names, lines.
 */
#include <sys/param.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define DURATION_MAX (3650 * INT64_C(86400000))

/* The longest word that text_near compares. */
#define NEAR_MAX 64

/* Linux: 1 to 31 on every architecture. */
#define CLASSIC_SIGNALS 31

#define nitems(a) (sizeof(a) / sizeof((a)[0]))

struct unit {
	const char *name;
	int64_t value;
};

/* Largest first. */
static const struct unit durations[] = {
    {"d", 86400000},
    {"h", 3600000},
    {"m", 60000},
    {"s", 1000},
    {"ms", 1},
};

static const struct unit sizes[] = {
    {"G", INT64_C(1024) * 1024 * 1024},
    {"M", INT64_C(1024) * 1024},
    {"K", 1024},
    {"", 1},
};

/*
 * signal(7).  Only glibc has sigabbrev_np(3).  If a number has two names, the
 * first is printed.
 */
static const struct {
	const char *name;
	int number;
} signals[] = {
    {"HUP", SIGHUP},
    {"INT", SIGINT},
    {"QUIT", SIGQUIT},
    {"ILL", SIGILL},
    {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT},
    {"IOT", SIGIOT},
    {"BUS", SIGBUS},
    {"FPE", SIGFPE},
    {"KILL", SIGKILL},
    {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV},
    {"USR2", SIGUSR2},
    {"PIPE", SIGPIPE},
    {"ALRM", SIGALRM},
    {"TERM", SIGTERM},
#ifdef SIGSTKFLT
    {"STKFLT", SIGSTKFLT},
#endif
    {"CHLD", SIGCHLD},
    {"CONT", SIGCONT},
    {"STOP", SIGSTOP},
    {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},
    {"TTOU", SIGTTOU},
    {"URG", SIGURG},
    {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ},
    {"VTALRM", SIGVTALRM},
    {"PROF", SIGPROF},
    {"WINCH", SIGWINCH},
    {"IO", SIGIO},
    {"POLL", SIGPOLL},
    {"PWR", SIGPWR},
    {"SYS", SIGSYS},
};

/*
 * Read the decimal number at the beginning of s.  Returns its end, or NULL
 * without a number.  A number too large for *n becomes INT64_MAX, which every
 * caller refuses as too large.
 */
static const char *
take_number(const char *s, int64_t *n)
{
	const char *end = s;

	for (*n = 0; *end >= '0' && *end <= '9'; end++)
		if (__builtin_mul_overflow(*n, 10, n) ||
		    __builtin_add_overflow(*n, *end - '0', n))
			*n = INT64_MAX;
	return end == s ? NULL : end;
}

static const struct unit *
find_unit(const struct unit *units, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

int
text_duration(const char *s, int64_t *ms, const char **why)
{
	const struct unit *unit;
	const char *end;
	int64_t n;

	if ((end = take_number(s, &n)) == NULL) {
		*why = "a duration is a number and ms, s, m, h or d";
		return -1;
	}
	if (*end == '\0' && n == 0) {
		*ms = 0;
		return 0;
	}
	if ((unit = find_unit(durations, nitems(durations), end)) == NULL) {
		*why = "a duration needs a unit: ms, s, m, h or d";
		return -1;
	}
	if (n > DURATION_MAX / unit->value) {
		*why = "a duration is at most 3650d";
		return -1;
	}
	*ms = n * unit->value;
	return 0;
}

void
text_print_duration(int64_t ms, char buf[static TEXT_NUMBER_MAX])
{
	const struct unit *unit = durations;

	if (ms == 0) {
		snprintf(buf, TEXT_NUMBER_MAX, "0");
		return;
	}
	while (ms % unit->value != 0)
		unit++;
	snprintf(buf, TEXT_NUMBER_MAX, "%lld%s", (long long)(ms / unit->value),
	    unit->name);
}

void
text_humane_duration(int64_t ms, char buf[static TEXT_NUMBER_MAX])
{
	const struct unit *unit = durations, *next;
	int64_t whole;
	int rest;

	if (ms <= 0) {
		snprintf(buf, TEXT_NUMBER_MAX, "0s");
		return;
	}
	while (ms < unit->value)
		unit++;
	whole = ms / unit->value;
	next = unit + 1;
	/* Below a minute one unit is enough: nobody reads "4s 17ms". */
	rest = ms < 60000 ? 0 : (int)(ms % unit->value / next->value);
	if (rest == 0)
		snprintf(buf, TEXT_NUMBER_MAX, "%lld%s", (long long)whole,
		    unit->name);
	else
		snprintf(buf, TEXT_NUMBER_MAX, "%lld%s %d%s", (long long)whole,
		    unit->name, rest, next->name);
}

void
text_humane_ago(int64_t when, int64_t now, char buf[static TEXT_NUMBER_MAX])
{
	int64_t s, ms;

	if (__builtin_sub_overflow(now, when, &s) ||
	    __builtin_mul_overflow(s, 1000, &ms))
		ms = when < now ? INT64_MAX : 0;
	text_humane_duration(ms, buf);
}

int
text_size(const char *s, int64_t *bytes, const char **why)
{
	const struct unit *unit;
	const char *end;
	int64_t n;

	if ((end = take_number(s, &n)) == NULL ||
	    (unit = find_unit(sizes, nitems(sizes), end)) == NULL) {
		*why = "a size is a number and K, M, G or nothing";
		return -1;
	}
	if (n == INT64_MAX || n > INT64_MAX / unit->value) {
		*why = "the size is too large";
		return -1;
	}
	*bytes = n * unit->value;
	return 0;
}

void
text_print_size(int64_t bytes, char buf[static TEXT_NUMBER_MAX])
{
	const struct unit *unit = sizes;

	while (bytes == 0 ? unit->value != 1 : bytes % unit->value != 0)
		unit++;
	snprintf(buf, TEXT_NUMBER_MAX, "%lld%s",
	    (long long)(bytes / unit->value), unit->name);
}

/*
 * humanize_number(3) prints a decimal only for numbers below ten.  The result
 * is rounded down, so that 1023.99K does not become 1024.0K.
 */
void
text_humane_size(int64_t bytes, char buf[static TEXT_NUMBER_MAX])
{
	const struct unit *unit = sizes;
	int64_t whole;
	int tenths;

	if (bytes < 1024) {
		snprintf(buf, TEXT_NUMBER_MAX, "%lldB",
		    (long long)(bytes < 0 ? 0 : bytes));
		return;
	}
	while (bytes < unit->value)
		unit++;
	whole = bytes / unit->value;
	tenths = (int)(bytes % unit->value * 10 / unit->value);
	if (whole >= 100 || tenths == 0)
		snprintf(buf, TEXT_NUMBER_MAX, "%lld%s", (long long)whole,
		    unit->name);
	else
		snprintf(buf, TEXT_NUMBER_MAX, "%lld.%d%s", (long long)whole,
		    tenths, unit->name);
}

/*
 * The C library reserves the numbers between the classic and the real-time
 * signals.
 */
static bool
is_signal(int64_t n)
{
	return (n >= 1 && n <= CLASSIC_SIGNALS) ||
	    (n >= SIGRTMIN && n <= SIGRTMAX);
}

/* The number of "RTMIN", "RTMIN+3" or "RTMAX-1", or 0. */
static int
realtime_signal(const char *s)
{
	bool from_min = strncasecmp(s, "RTMIN", 5) == 0;
	int base = from_min ? SIGRTMIN : SIGRTMAX;
	const char *end;
	int64_t n;

	if (!from_min && strncasecmp(s, "RTMAX", 5) != 0)
		return 0;
	if (s[5] == '\0')
		return base;
	if (s[5] != (from_min ? '+' : '-') ||
	    (end = take_number(s + 6, &n)) == NULL || *end != '\0' ||
	    n > SIGRTMAX - SIGRTMIN)
		return 0;
	return from_min ? base + (int)n : base - (int)n;
}

int
text_signal(const char *s, int *sig, const char **why)
{
	const char *name = strncasecmp(s, "SIG", 3) == 0 ? s + 3 : s, *end;
	int64_t n;

	if ((end = take_number(s, &n)) != NULL && *end == '\0') {
		if (!is_signal(n)) {
			*why = "there is no signal of that number";
			return -1;
		}
		*sig = (int)n;
		return 0;
	}
	for (size_t i = 0; i < nitems(signals); i++)
		if (strcasecmp(signals[i].name, name) == 0) {
			*sig = signals[i].number;
			return 0;
		}
	if ((n = realtime_signal(name)) == 0) {
		*why = "there is no signal of that name";
		return -1;
	}
	*sig = (int)n;
	return 0;
}

const char *
text_signal_name(int sig, char buf[static TEXT_NUMBER_MAX])
{
	for (size_t i = 0; i < nitems(signals); i++)
		if (signals[i].number == sig)
			return signals[i].name;
	if (sig == SIGRTMIN)
		return "RTMIN";
	if (sig > SIGRTMIN && sig <= SIGRTMAX)
		snprintf(buf, TEXT_NUMBER_MAX, "RTMIN+%d", sig - SIGRTMIN);
	else
		snprintf(buf, TEXT_NUMBER_MAX, "%d", sig);
	return buf;
}

static bool
same_letter(char a, char b)
{
	return strncasecmp(&a, &b, 1) == 0;
}

/*
 * The number of edits that turn b into a: insert, delete, replace, or swap two
 * neighbours (optimal string alignment).  Both have at most NEAR_MAX bytes.
 */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][NEAR_MAX + 1], *before = rows[0], *above = rows[1];
	size_t *row = rows[2], *oldest, na = strlen(a), nb = strlen(b);

	for (size_t j = 0; j <= nb; j++)
		above[j] = j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			bool same = same_letter(a[i - 1], b[j - 1]);

			row[j] = MIN(above[j], row[j - 1]) + 1;
			row[j] = MIN(row[j], above[j - 1] + (same ? 0 : 1));
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
		oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[nb];
}

static bool
is_except(const char *entry, const char *except)
{
	return except != NULL && strcmp(entry, except) == 0;
}

/* Has one of the two only more parts than the other? */
static bool
has_more_parts(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	const char *more = na > nb ? a + nb : b + na;

	return na > 0 && nb > 0 && *more != '\0' &&
	    strchr("-@._", *more) != NULL &&
	    strncasecmp(a, b, MIN(na, nb)) == 0;
}

/* The only entry that has a part more or less than word, or NULL. */
static const char *
part_of(const char *word, const char *const *list, const char *except)
{
	const char *found = NULL;

	for (; *list != NULL; list++) {
		if (is_except(*list, except) || !has_more_parts(word, *list))
			continue;
		if (found != NULL)
			return NULL;
		found = *list;
	}
	return found;
}

const char *
text_near(const char *word, const char *const *list, const char *except)
{
	size_t len = strlen(word), best = len <= 4 ? 2 : 3, edits;
	const char *const *all = list;
	const char *near = NULL;

	if (len > NEAR_MAX)
		return NULL;
	for (; *list != NULL; list++) {
		if (is_except(*list, except))
			continue;
		/* Each edit changes the length by at most one. */
		if (strlen(*list) > NEAR_MAX || strlen(*list) >= len + best ||
		    len >= strlen(*list) + best)
			continue;
		edits = distance(word, *list);
		if (edits < best) {
			best = edits;
			near = *list;
		}
	}
	return near != NULL ? near : part_of(word, all, except);
}

/* isalnum(3) of the C locale, in every locale. */
static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

bool
text_is_name(const char *s)
{
	size_t len = 0;

	if (!is_alnum(s[0]))
		return false;
	while (is_alnum(s[len]) || s[len] == '_' || s[len] == '.' ||
	    s[len] == '@' || s[len] == '-')
		len++;
	return len <= 64 && s[len] == '\0';
}

void
text_shorten(const char *s, size_t width, char *buf, size_t size)
{
	size_t len = strlen(s), head;

	if (len <= width || width == 0) {
		strlcpy(buf, s, size);
		return;
	}
	head = width / 2;
	snprintf(buf, size, "%.*s~%s", (int)head, s,
	    s + len - (width - head - 1));
}

bool
text_has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at += len)
		if ((at == list || at[-1] == ' ') &&
		    (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

char *
text_trim(char *s, const char *blanks)
{
	size_t len;

	s += strspn(s, blanks);
	len = strlen(s);
	while (len > 0 && strchr(blanks, s[len - 1]) != NULL)
		len--;
	s[len] = '\0';
	return s;
}

int
text_each_line(const char *bytes, size_t len,
    void (*fn)(void *, char *, size_t), void *arg)
{
	char *copy, *at, *end;
	size_t size;

	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	if ((copy = malloc(len + 1)) == NULL)
		return -1;
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	for (at = copy; at < copy + len; at += size + 1) {
		end = memchr(at, '\n', len - (size_t)(at - copy));
		size = (size_t)((end == NULL ? copy + len : end) - at);
		at[size] = '\0';
		fn(arg, at, size);
	}
	free(copy);
	return 0;
}
