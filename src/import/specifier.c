/*
 * specifier - the specifiers of systemd's units, "%i" and the like, replaced.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/specifier.h"

const struct specifier_host specifier_system = {
    .user = "root",
    .uid = "0",
    .group = "root",
    .gid = "0",
    .home = "/root",
    .shell = "/bin/sh",
    .run = "/run",
    .state = "/var/lib",
    .cache = "/var/cache",
    .logs = "/var/log",
    .config = "/etc",
};

char *
specifier_unescape(const char *text, unsigned long len)
{
	char *plain, *out, hex[3] = "", *end;
	const char *stop = text + len;

	if ((plain = out = malloc(len + 1)) == NULL)
		return NULL;
	while (text < stop) {
		if (*text == '-') {
			*out++ = '/';
			text++;
			continue;
		}
		if (stop - text >= 4 && text[0] == '\\' && text[1] == 'x') {
			memcpy(hex, text + 2, 2);
			*out = (char)strtol(hex, &end, 16);
			if (*end == '\0' && *out != '\0') {
				out++;
				text += 4;
				continue;
			}
		}
		*out++ = *text++;
	}
	*out = '\0';
	return plain;
}

/* The parts of a unit's name. */
struct parts {
	size_t prefix;	      /* its length */
	const char *instance; /* NULL: it is no instance */
	size_t length;	      /* of the instance */
	size_t stem;	      /* without the suffix */
	bool template;
};

static struct parts
split(const char *name)
{
	const char *dot = strrchr(name, '.'), *at = strchr(name, '@');
	struct parts parts = {
	    .stem = dot == NULL ? strlen(name) : (size_t)(dot - name)};

	parts.prefix = parts.stem;
	if (at == NULL || at > name + parts.stem)
		return parts;
	parts.prefix = (size_t)(at - name);
	parts.instance = at + 1;
	parts.length = parts.stem - parts.prefix - 1;
	parts.template = parts.length == 0;
	return parts;
}

static void
put_unescaped(const char *text, size_t len, FILE *out)
{
	char *plain = specifier_unescape(text, len);

	fputs(plain != NULL ? plain : "", out);
	free(plain);
}

/* The instance's name, or what stands for it; unescaped if so wanted. */
static void
put_instance(const struct parts *parts, bool plain, FILE *out)
{
	if (parts->template)
		putc(SPECIFIER_INSTANCE, out);
	else if (parts->instance != NULL && plain)
		put_unescaped(parts->instance, parts->length, out);
	else if (parts->instance != NULL)
		fprintf(out, "%.*s", (int)parts->length, parts->instance);
}

/* The prefix's last part, after a dash. */
static void
put_last_part(const char *name, const struct parts *parts, bool plain,
    FILE *out)
{
	size_t from = parts->prefix;

	while (from > 0 && name[from - 1] != '-')
		from--;
	if (plain)
		put_unescaped(name + from, parts->prefix - from, out);
	else
		fprintf(out, "%.*s", (int)(parts->prefix - from), name + from);
}

/* The name, with the mark for the instance of a template. */
static void
put_name(const char *name, const struct parts *parts, bool suffix, FILE *out)
{
	fprintf(out, "%.*s", (int)parts->stem, name);
	if (parts->template)
		putc(SPECIFIER_INSTANCE, out);
	if (suffix)
		fputs(name + parts->stem, out);
}

static void
put_path_of(const char *name, const struct parts *parts, FILE *out)
{
	putc('/', out);
	if (parts->instance != NULL)
		put_instance(parts, true, out);
	else
		put_unescaped(name, parts->prefix, out);
}

static void
put_folder(const char *path, FILE *out)
{
	const char *slash = strrchr(path, '/');

	fprintf(out, "%.*s", slash == NULL ? 1 : (int)(slash - path),
	    slash == NULL ? "." : path);
}

/* A value that is the same for all units. */
static const char *
constant(char letter, const struct specifier_host *host)
{
	switch (letter) {
	case '%':
		return "%";
	case 'H':
		return host->host;
	case 'v':
		return host->kernel;
	case 'm':
		return host->machine_id;
	case 'o':
		return host->os_id;
	case 'w':
		return host->os_version;
	case 'u':
		return host->user;
	case 'U':
		return host->uid;
	case 'g':
		return host->group;
	case 'G':
		return host->gid;
	case 'h':
		return host->home;
	case 's':
		return host->shell;
	case 't':
		return host->run;
	case 'S':
		return host->state;
	case 'C':
		return host->cache;
	case 'L':
		return host->logs;
	case 'E':
		return host->config;
	case 'T':
		return "/tmp";
	case 'V':
		return "/var/tmp";
	default:
		return NULL;
	}
}

/* A value of the unit's own.  False: the specifier is unknown. */
static bool
put_own(char letter, const struct specifier_unit *unit, FILE *out)
{
	struct parts parts = split(unit->name);
	const char *host = unit->host->host;

	switch (letter) {
	case 'i':
	case 'I':
		put_instance(&parts, letter == 'I', out);
		return true;
	case 'j':
	case 'J':
		put_last_part(unit->name, &parts, letter == 'J', out);
		return true;
	case 'n':
	case 'N':
		put_name(unit->name, &parts, letter == 'n', out);
		return true;
	case 'p':
		fprintf(out, "%.*s", (int)parts.prefix, unit->name);
		return true;
	case 'P':
		put_unescaped(unit->name, parts.prefix, out);
		return true;
	case 'f':
		put_path_of(unit->name, &parts, out);
		return true;
	case 'y':
		fputs(unit->path, out);
		return true;
	case 'Y':
		put_folder(unit->path, out);
		return true;
	case 'l':
		if (host != NULL)
			fprintf(out, "%.*s", (int)strcspn(host, "."), host);
		return host != NULL;
	default:
		return false;
	}
}

static bool
put_one(char letter, const struct specifier_unit *unit, FILE *out)
{
	const char *value = constant(letter, unit->host);

	if (value == NULL)
		return put_own(letter, unit, out);
	fputs(value, out);
	return true;
}

char *
specifier_expand(const char *text, const struct specifier_unit *unit,
    char buf[static 64], const char **why)
{
	char *expanded = NULL;
	size_t size;
	FILE *out;

	*why = "out of memory";
	if (strchr(text, SPECIFIER_INSTANCE) != NULL) {
		*why = "the byte \\x01 is not supported";
		return NULL;
	}
	if ((out = open_memstream(&expanded, &size)) == NULL)
		return NULL;
	for (; *text != '\0'; text++) {
		/* A percent sign at the end stands for itself. */
		if (*text != '%' || text[1] == '\0') {
			putc(*text, out);
			continue;
		}
		text++;
		/* Before anything that is no letter as well. */
		if (*text != '%' && !isalpha((unsigned char)*text)) {
			putc('%', out);
			putc(*text, out);
		} else if (!put_one(*text, unit, out)) {
			snprintf(buf, 64, "%%%c cannot be resolved here",
			    *text);
			*why = buf;
			break;
		}
	}
	if (fclose(out) != EOF && *text == '\0')
		return expanded;
	free(expanded);
	return NULL;
}
