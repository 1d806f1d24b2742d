/*
 * daemon - hupd.conf and whole configurations: what is accepted prints to
 * what parses to the same print.
 */
#include "config/syntax.h"
#include "fuzz.h"

static int
parse(struct config *set, const char *bytes, size_t len, bool *whole)
{
	struct places places = {.root = true};
	struct diags diags;
	int rv;

	diag_init(&diags);
	must(config_init(set, &places) == 0);
	rv = syntax_parse_config(set, "FILE", bytes, len, whole, &diags);
	if (config_check(set, &diags) == -1)
		rv = -1;
	must((rv == -1) == (diag_count(&diags) > 0));
	diag_clear(&diags);
	return rv;
}

static char *
print(const struct config *set, bool whole, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	must(f != NULL && syntax_print_config(set, f) == 0);
	must(whole || syntax_print(set->defaults, f) == 0);
	must(fclose(f) == 0);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config set, again;
	char *text, *text2, *bytes = fuzz_string(data, size);
	size_t len, len2;
	bool whole, whole2;

	if (parse(&set, bytes, size, &whole) == 0) {
		text = print(&set, whole, &len);
		must(parse(&again, text, len, &whole2) == 0);
		must(whole == whole2 || set.nprograms == 0);
		text2 = print(&again, whole2, &len2);
		must(len == len2 && memcmp(text, text2, len) == 0);
		must(keys_none(settings_diff(&set.settings, &again.settings)));
		free(text);
		free(text2);
		config_clear(&again);
	}
	config_clear(&set);
	free(bytes);
	return 0;
}
