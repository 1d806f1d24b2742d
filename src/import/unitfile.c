/*
 * unitfile - the syntax of systemd's unit files: sections and assignments, and
 * the small languages of their values.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "import/unitfile.h"

#define BLANKS UNITFILE_BLANKS

/* The name of a file, which its lines borrow. */
struct unitfile_name {
	SLIST_ENTRY(unitfile_name) link;
	char *name;
};

struct reader {
	struct unitfile *unit;
	const char *file;
	struct diags *diags;
	struct diags *notes;
	char *section; /* NULL before the first */
	unsigned line;
	unsigned begin; /* the line in which joined begins */
	FILE *joined;	/* a continued line, or NULL */
	char *text;
	size_t size;
};

#define complain(r, ...) \
	diag_add((r)->diags, (r)->file, (r)->line, NULL, __VA_ARGS__)

void
unitfile_init(struct unitfile *unit)
{
	*unit = (struct unitfile){.mode = 0777};
	TAILQ_INIT(&unit->lines);
	SLIST_INIT(&unit->names);
}

static void
free_line(struct unitfile_line *line)
{
	if (line == NULL)
		return;
	free(line->section);
	free(line->key);
	free(line->value);
	free(line);
}

void
unitfile_clear(struct unitfile *unit)
{
	struct unitfile_line *line;
	struct unitfile_name *name;

	while ((line = TAILQ_FIRST(&unit->lines)) != NULL) {
		TAILQ_REMOVE(&unit->lines, line, link);
		free_line(line);
	}
	while ((name = SLIST_FIRST(&unit->names)) != NULL) {
		SLIST_REMOVE_HEAD(&unit->names, link);
		free(name->name);
		free(name);
	}
	unitfile_init(unit);
}

/* The length of the UTF-8 sequence at s; 0: it is none. */
static size_t
utf8_length(const unsigned char *s)
{
	size_t n = *s < 0x80	      ? 1
	    : *s >= 0xc2 && *s < 0xe0 ? 2
	    : *s >= 0xe0 && *s < 0xf0 ? 3
	    : *s >= 0xf0 && *s < 0xf5 ? 4
				      : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static bool
is_utf8(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n;

	for (; *p != '\0'; p += n)
		if ((n = utf8_length(p)) == 0)
			return false;
	return true;
}

static void
begin_section(struct reader *r, char *text)
{
	size_t len = strlen(text);

	free(r->section);
	r->section = NULL;
	if (text[len - 1] != ']' || len == 2)
		complain(r, "\"%.80s\" is not [SECTION]", text);
	else if ((r->section = strndup(text + 1, len - 2)) == NULL)
		complain(r, "out of memory");
}

static void
add_line(struct reader *r, const char *key, const char *value)
{
	struct unitfile_line *line;

	if (r->unit->nlines > UNITFILE_LINES_MAX)
		return;
	if (r->unit->nlines == UNITFILE_LINES_MAX) {
		complain(r, "there are more than %d assignments",
		    UNITFILE_LINES_MAX);
		r->unit->nlines++;
		return;
	}
	if ((line = calloc(1, sizeof(*line))) == NULL ||
	    (line->section = strdup(r->section)) == NULL ||
	    (line->key = strdup(key)) == NULL ||
	    (line->value = strdup(value)) == NULL) {
		free_line(line);
		complain(r, "out of memory");
		return;
	}
	line->file = r->file;
	line->line = r->line;
	TAILQ_INSERT_TAIL(&r->unit->lines, line, link);
	r->unit->nlines++;
}

#define ignore(r, ...) \
	diag_add((r)->notes, (r)->file, (r)->line, NULL, __VA_ARGS__)

/* A whole line; text is changed. */
static void
take_whole(struct reader *r, char *text)
{
	char *equal;

	text = text_trim(text, BLANKS);
	if (*text == '\0')
		return;
	if (!is_utf8(text))
		complain(r, "\"%.80s\" is not UTF-8", text);
	else if (*text == '[')
		begin_section(r, text);
	else if (r->section == NULL)
		ignore(r, "\"%.80s\" stands before the first section: ignored",
		    text);
	else if ((equal = strchr(text, '=')) == NULL || equal == text)
		ignore(r, "\"%.80s\" is not KEY=VALUE: ignored", text);
	else {
		*equal = '\0';
		add_line(r, text_trim(text, BLANKS),
		    text_trim(equal + 1, BLANKS));
	}
}

/* Does the line end with a backslash that no other escapes? */
static bool
is_continued(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && line[len - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

/* End a continued line. */
static void
end_joined(struct reader *r)
{
	unsigned line = r->line;

	if (r->joined == NULL)
		return;
	r->line = r->begin;
	if (fclose(r->joined) == EOF)
		complain(r, "out of memory");
	else
		take_whole(r, r->text);
	free(r->text);
	r->joined = NULL;
	r->text = NULL;
	r->line = line;
}

static void
join(struct reader *r, const char *line, size_t len)
{
	if (r->joined == NULL) {
		r->begin = r->line;
		r->joined = open_memstream(&r->text, &r->size);
	}
	if (r->joined == NULL)
		complain(r, "out of memory");
	else
		fwrite(line, 1, len, r->joined);
}

/* One line of len bytes; a NUL follows. */
static void
take_line(void *arg, char *line, size_t len)
{
	struct reader *r = arg;
	const char *first = line + strspn(line, BLANKS);

	r->line++;
	if (strlen(line) != len) {
		complain(r, "the line contains a NUL byte");
		return;
	}
	if (*first == '#' || *first == ';')
		return;
	if (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	if (is_continued(line, len)) {
		line[len - 1] = ' ';
		join(r, line, len);
	} else if (r->joined != NULL) {
		join(r, line, len);
		end_joined(r);
	} else {
		take_whole(r, line);
	}
}

/* Remember the name of a file; NULL: no memory. */
static const char *
add_name(struct unitfile *unit, const char *file)
{
	struct unitfile_name *name;

	if ((name = calloc(1, sizeof(*name))) == NULL ||
	    (name->name = strdup(file)) == NULL) {
		free(name);
		return NULL;
	}
	SLIST_INSERT_HEAD(&unit->names, name, link);
	return name->name;
}

void
unitfile_parse(struct unitfile *unit, const char *name, const char *bytes,
    size_t len, struct diags *diags, struct diags *notes)
{
	struct reader r = {.unit = unit, .diags = diags, .notes = notes};

	if ((r.file = add_name(unit, name)) == NULL ||
	    text_each_line(bytes, len, take_line, &r) == -1)
		diag_no_memory(diags, name);
	end_joined(&r);
	free(r.section);
}

int
unitfile_read(struct unitfile *unit, const char *path, struct diags *diags,
    struct diags *notes)
{
	struct stat st;
	char *bytes;
	size_t len;

	if ((bytes = file_slurp(path, 0, UNITFILE_MAX + 1, &len, &st)) == NULL)
		return -1;
	unit->mode &= st.st_mode | S_IRUSR | S_IWUSR;
	if (len > UNITFILE_MAX)
		diag_add(diags, path, 0, NULL,
		    "the file is larger than %zu KiB", UNITFILE_MAX / 1024);
	else
		unitfile_parse(unit, path, bytes, len, diags, notes);
	free(bytes);
	return 0;
}

/* Words. */

static void
put_utf8(unsigned long c, FILE *out)
{
	if (c < 0x80) {
		putc((int)c, out);
		return;
	}
	if (c < 0x800) {
		putc((int)(0xc0 | c >> 6), out);
	} else if (c < 0x10000) {
		putc((int)(0xe0 | c >> 12), out);
		putc((int)(0x80 | (c >> 6 & 0x3f)), out);
	} else {
		putc((int)(0xf0 | c >> 18), out);
		putc((int)(0x80 | (c >> 12 & 0x3f)), out);
		putc((int)(0x80 | (c >> 6 & 0x3f)), out);
	}
	putc((int)(0x80 | (c & 0x3f)), out);
}

/* n digits of that base at s, or -1. */
static long
digits(const char *s, size_t n, int base)
{
	char buf[16], *end;
	long c;

	for (size_t i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return -1;
		buf[i] = s[i];
	}
	buf[n] = '\0';
	c = strtol(buf, &end, base);
	return *end == '\0' ? c : -1;
}

/*
 * Print what the escape at s, after the backslash, stands for, and return its
 * end.  An unknown one is left as it is, as systemd does with a warning.
 */
static const char *
unescape(const char *s, FILE *out)
{
	static const char names[] = "abfnrtv\\\"'s";
	static const char values[] = "\a\b\f\n\r\t\v\\\"' ";
	const char *at = strchr(names, *s);
	size_t n = *s == 'x' ? 2 : *s == 'u' ? 4 : *s == 'U' ? 8 : 0;
	long c;

	if (*s != '\0' && at != NULL) {
		putc(values[at - names], out);
		return s + 1;
	}
	if (n > 0 && (c = digits(s + 1, n, 16)) > 0 && c < 0x110000) {
		if (n == 2)
			putc((int)c, out);
		else
			put_utf8((unsigned long)c, out);
		return s + 1 + n;
	}
	if (n == 0 && (c = digits(s, 3, 8)) > 0 && c < 256) {
		putc((int)c, out);
		return s + 3;
	}
	putc('\\', out);
	return s;
}

/* Print the word at s.  Returns its end; NULL: a quote is not closed. */
static const char *
put_word(const char *s, FILE *out)
{
	char quote = '\0';

	while (*s != '\0') {
		if (quote == '\0' && strchr(BLANKS, *s) != NULL)
			break;
		if (*s == '\\') {
			s = unescape(s + 1, out);
		} else if (quote == '\0' && (*s == '"' || *s == '\'')) {
			quote = *s++;
		} else if (quote != '\0' && *s == quote) {
			quote = '\0';
			s++;
		} else {
			putc(*s++, out);
		}
	}
	return quote == '\0' ? s : NULL;
}

int
unitfile_word(const char **s, char **word, const char **why)
{
	const char *end;
	size_t size;
	FILE *out;

	*why = "out of memory";
	*word = NULL;
	*s += strspn(*s, BLANKS);
	if (**s == '\0')
		return 0;
	if ((out = open_memstream(word, &size)) == NULL)
		return -1;
	end = put_word(*s, out);
	if (fclose(out) == EOF || end == NULL) {
		if (end == NULL)
			*why = "a quote is not closed";
		free(*word);
		*word = NULL;
		return -1;
	}
	*s = end + strspn(end, BLANKS);
	return 1;
}

int
unitfile_bool(const char *s)
{
	static const char *const words[] = {"0", "1", "no", "yes", "n", "y",
	    "false", "true", "f", "t", "off", "on"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(s, words[i]) == 0)
			return i % 2 == 1;
	return -1;
}

/* Numbers with units. */

/* Microseconds. */
static const struct unit {
	const char *name;
	uint64_t size;
} times[] = {
    {"seconds", 1000000},
    {"second", 1000000},
    {"sec", 1000000},
    {"s", 1000000},
    {"minutes", 60000000},
    {"minute", 60000000},
    {"min", 60000000},
    {"months", UINT64_C(2629800000000)},
    {"month", UINT64_C(2629800000000)},
    {"M", UINT64_C(2629800000000)},
    {"msec", 1000},
    {"ms", 1000},
    {"m", 60000000},
    {"hours", UINT64_C(3600000000)},
    {"hour", UINT64_C(3600000000)},
    {"hr", UINT64_C(3600000000)},
    {"h", UINT64_C(3600000000)},
    {"days", UINT64_C(86400000000)},
    {"day", UINT64_C(86400000000)},
    {"d", UINT64_C(86400000000)},
    {"weeks", UINT64_C(604800000000)},
    {"week", UINT64_C(604800000000)},
    {"w", UINT64_C(604800000000)},
    {"years", UINT64_C(31557600000000)},
    {"year", UINT64_C(31557600000000)},
    {"y", UINT64_C(31557600000000)},
    {"usec", 1},
    {"us", 1},
    {"\302\265s", 1},
    {"\316\274s", 1},
    {NULL, 0},
};

static const struct unit sizes[] = {
    {"E", UINT64_C(1) << 60},
    {"P", UINT64_C(1) << 50},
    {"T", UINT64_C(1) << 40},
    {"G", UINT64_C(1) << 30},
    {"M", UINT64_C(1) << 20},
    {"K", UINT64_C(1) << 10},
    {"B", 1},
    {NULL, 0},
};

/* The unit that stands at s, or NULL. */
static const struct unit *
find_unit(const struct unit *unit, const char *s)
{
	for (; unit->name != NULL; unit++)
		if (strncmp(s, unit->name, strlen(unit->name)) == 0)
			return unit;
	return NULL;
}

/* Add one number and its unit to *sum.  Its end, or NULL. */
static const char *
add_number(const char *s, const struct unit *units, uint64_t plain,
    uint64_t *sum)
{
	const struct unit *unit;
	double n, part = 0.1;

	if (!isdigit((unsigned char)*s) && *s != '.')
		return NULL;
	for (n = 0; isdigit((unsigned char)*s); s++)
		n = n * 10 + (*s - '0');
	if (*s == '.') {
		if (!isdigit((unsigned char)s[1]))
			return NULL;
		for (s++; isdigit((unsigned char)*s); s++, part /= 10)
			n += part * (*s - '0');
	}
	s += strspn(s, BLANKS);
	if ((unit = find_unit(units, s)) != NULL) {
		plain = unit->size;
		s += strlen(unit->name);
	}
	n = n * (double)plain + (double)*sum;
	if (n >= 9e18)
		return NULL;
	*sum = (uint64_t)(n + 0.5);
	return s + strspn(s, BLANKS);
}

static int
add_numbers(const char *s, const struct unit *units, uint64_t plain,
    uint64_t *sum)
{
	*sum = 0;
	s += strspn(s, BLANKS);
	if (strcmp(s, "infinity") == 0) {
		*sum = UNITFILE_FOREVER;
		return 0;
	}
	do {
		if ((s = add_number(s, units, plain, sum)) == NULL)
			return -1;
	} while (*s != '\0');
	return 0;
}

int
unitfile_time(const char *s, uint64_t unit, uint64_t *us, const char **why)
{
	*why = "is not a time, such as 90, 5min 20s or infinity";
	return add_numbers(s, times, unit, us);
}

int
unitfile_size(const char *s, uint64_t *bytes, const char **why)
{
	*why = "is not a size, such as 4096, 64K, 1G or infinity";
	return add_numbers(s, sizes, 1, bytes);
}
