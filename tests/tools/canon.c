/*
 * canon - parse a configuration file without looking at anything else, and
 * print its canonical form, or its errors (exit 6).
 *
 * usage: canon program FILE	the file of a program, named after it
 *	  canon daemon FILE	hupd.conf or a whole configuration
 *	  canon import FILE	supervisord's: what becomes of it, and the notes
 *	  canon units FILE...	systemd's, and the fate of each line
 */
#include <err.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/syntax.h"
#include "import/supervisord.h"
#include "import/systemd.h"

#define REJECTED 6

static int
report(const struct diags *diags)
{
	char buf[1024];

	for (size_t i = 0; i < diags->n; i++) {
		diag_print(&diags->v[i], buf, sizeof(buf));
		fprintf(stderr, "%s\n", buf);
	}
	return REJECTED;
}

static int
canon_program(char *file, const char *bytes, size_t len, struct diags *diags)
{
	struct definition *conf;
	char *name = basename(file);

	name[strcspn(name, ".")] = '\0';
	conf = syntax_parse(name, "FILE", bytes, len, NULL, diags);
	if (conf == NULL)
		return report(diags);
	if (syntax_print(conf, stdout) == -1)
		err(1, NULL);
	definition_unref(conf);
	return 0;
}

static int
canon_daemon(const char *bytes, size_t len, struct diags *diags)
{
	struct places places = {.root = true};
	struct config set;
	bool whole;

	if (config_init(&set, &places) == -1)
		err(1, NULL);
	syntax_parse_config(&set, "FILE", bytes, len, &whole, diags);
	config_check(&set, diags);
	if (diag_count(diags) == 0 &&
	    (syntax_print_config(&set, stdout) == -1 ||
		(!whole && syntax_print(set.defaults, stdout) == -1)))
		err(1, NULL);
	config_clear(&set);
	return diag_count(diags) == 0 ? 0 : report(diags);
}

/* Each file must parse to the definition that it was printed from. */
static void
print_import(const struct draft *import, struct diags *diags)
{
	const struct draft_file *v;
	struct definition *again;
	char buf[1024];

	for (v = import->v; v < import->v + import->n; v++) {
		printf("==> %s <==\n%s", v->conf->file, v->text);
		again = syntax_parse(v->conf->name, v->conf->file, v->text,
		    v->len, NULL, diags);
		if (again == NULL ||
		    !keys_none(definition_diff(again, v->conf)))
			errx(1, "%s is not what was meant", v->conf->file);
		definition_unref(again);
	}
	printf("==> notes <==\n");
	for (size_t i = 0; i < import->notes.n; i++) {
		diag_print(&import->notes.v[i], buf, sizeof(buf));
		printf("%s\n", buf);
	}
}

static int
canon_import(const char *bytes, size_t len, struct diags *diags)
{
	static char one[] = "IN_ENV=from outside", two[] = "N=2";
	char *environment[] = {one, two, NULL};
	struct supervisord_names names = {"host.example", environment};
	struct ini_source source = {"FILE", "/here"};
	struct draft import;
	struct ini ini;

	ini_init(&ini);
	draft_init(&import);
	if (ini_parse(&ini, &source, bytes, len, diags) == 0 &&
	    supervisord_convert(&import, &ini, &names, diags) == 0)
		print_import(&import, diags);
	draft_clear(&import);
	ini_clear(&ini);
	return diag_count(diags) == 0 ? 0 : report(diags);
}

static void
print_settings(const struct draft *draft)
{
	static const char *const fates[] = {[DRAFT_TRANSLATED] = "translated",
	    [DRAFT_NO_EFFECT] = "no effect",
	    [DRAFT_LOST] = "lost"};
	const struct draft_setting *v = draft->settings;

	printf("==> settings <==\n");
	for (; v < draft->settings + draft->nsettings; v++)
		printf("%s:%u: %s: %s%s%s\n", basename(v->file), v->line,
		    v->key, fates[v->fate], v->detail != NULL ? ": " : "",
		    v->detail != NULL ? v->detail : "");
}

static int
canon_units(int n, char **files, struct diags *diags)
{
	struct specifier_host host = specifier_system;
	struct draft draft;
	struct units units;

	host.host = "host.example";
	host.machine_id = "0123456789abcdef0123456789abcdef";
	units_init(&units);
	draft_init(&draft);
	for (int i = 0; i < n; i++)
		if (units_read(&units, files[i], diags, &draft.notes) == NULL)
			err(1, "%s", files[i]);
	if (diag_count(diags) == 0 &&
	    systemd_convert(&draft, &units, &host, diags) == 0) {
		print_import(&draft, diags);
		print_settings(&draft);
	}
	draft_clear(&draft);
	units_clear(&units);
	return diag_count(diags) == 0 ? 0 : report(diags);
}

int
main(int argc, char **argv)
{
	static char bytes[SYNTAX_FILE_MAX];
	struct diags diags;
	size_t len;
	FILE *f;
	int status;

	diag_init(&diags);
	if (argc > 2 && strcmp(argv[1], "units") == 0) {
		status = canon_units(argc - 2, argv + 2, &diags);
		diag_clear(&diags);
		return status;
	}
	if (argc != 3)
		errx(2, "usage: canon program|daemon|import FILE");
	if ((f = fopen(argv[2], "re")) == NULL)
		err(1, "%s", argv[2]);
	len = fread(bytes, 1, sizeof(bytes), f);
	if (ferror(f))
		err(1, "%s", argv[2]);
	fclose(f);
	if (strcmp(argv[1], "program") == 0)
		status = canon_program(argv[2], bytes, len, &diags);
	else if (strcmp(argv[1], "import") == 0)
		status = canon_import(bytes, len, &diags);
	else
		status = canon_daemon(bytes, len, &diags);
	diag_clear(&diags);
	return status;
}
