/*
 * import - supervisord's configuration: the converted file parses to the same
 * definition, or there is an error.
 */
#include "drafts.h"
#include "import/supervisord.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_string(data, size), one[] = "A=b c";
	char *environment[] = {one, NULL};
	struct supervisord_names names = {"host", environment};
	struct ini_source source = {"FILE", "/here"};
	struct draft import;
	struct diags diags;
	struct ini ini;
	int error;

	ini_init(&ini);
	draft_init(&import);
	diag_init(&diags);
	error = ini_parse(&ini, &source, bytes, size, &diags);
	must((error == -1) == (diag_count(&diags) > 0));
	if (error == 0) {
		error = supervisord_convert(&import, &ini, &names, &diags);
		must((error == -1) == (diag_count(&diags) > 0));
		for (size_t i = 0; error == 0 && i < import.n; i++)
			check_file(&import.v[i]);
		check_text(&import.notes);
	}
	check_text(&diags);
	draft_clear(&import);
	ini_clear(&ini);
	diag_clear(&diags);
	free(bytes);
	return 0;
}
