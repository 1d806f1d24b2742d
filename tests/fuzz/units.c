/*
 * units - the units of systemd: each line has one fate, the converted file
 * parses to the same definition, or there is an error.
 *
 * The first byte chooses the name of the unit.
 */
#include "drafts.h"
#include "import/systemd.h"

/* Each line is in the account, in the order of the file. */
static void
check_account(const struct draft *draft, const struct unit *unit)
{
	const struct unitfile_line *line;
	size_t i = 0;

	must(draft->nsettings == unit->file.nlines);
	TAILQ_FOREACH (line, &unit->file.lines, link) {
		must(draft->settings[i].line == line->line);
		must(strcmp(draft->settings[i].key, line->key) == 0);
		i++;
	}
}

static struct unit *
add_unit(struct units *units, uint8_t kind)
{
	static const char *const names[] = {"web.service", "web@.service",
	    "web@a-b\\x2dc.service", "-@+.service", "web.socket"};
	struct unit *unit = calloc(1, sizeof(*unit));

	must(unit != NULL);
	unitfile_init(&unit->file);
	unit->path = strdup(names[kind % (sizeof(names) / sizeof(names[0]))]);
	must(unit->path != NULL);
	unit->name = unit->path;
	TAILQ_INSERT_TAIL(&units->list, unit, link);
	return unit;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diags diags;
	struct draft draft;
	struct units units;
	struct unit *unit;
	char *bytes;
	int error;

	if (size == 0)
		return 0;
	bytes = fuzz_string(data + 1, size - 1);
	units_init(&units);
	draft_init(&draft);
	diag_init(&diags);
	unit = add_unit(&units, data[0]);
	unitfile_parse(&unit->file, "FILE", bytes, size - 1, &diags,
	    &draft.notes);
	if (diag_count(&diags) == 0) {
		error =
		    systemd_convert(&draft, &units, &specifier_system, &diags);
		must((error == -1) == (diag_count(&diags) > 0));
		for (size_t i = 0; error == 0 && i < draft.n; i++)
			check_file(&draft.v[i]);
		if (error == 0)
			check_account(&draft, unit);
	}
	check_text(&draft.notes);
	check_text(&diags);
	draft_clear(&draft);
	units_clear(&units);
	diag_clear(&diags);
	free(bytes);
	return 0;
}
