/*
 * program - the file of a program: an accepted file is printed to a form that
 * parses to an equal definition and the same form; else there is an error.
 */
#include "config/syntax.h"
#include "fuzz.h"

static char *
print(const struct definition *c, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	must(f != NULL && syntax_print(c, f) == 0 && fclose(f) == 0);
	return text;
}

static void
check_complaints(const struct diags *diags)
{
	char buf[512];

	for (size_t i = 0; i < diags->n; i++) {
		diag_print(&diags->v[i], buf, sizeof(buf));
		must(strpbrk(buf, "\n\r\033") == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct definition *c, *again;
	struct diags diags;
	char *text, *text2, *bytes = fuzz_string(data, size);
	size_t len, len2;

	diag_init(&diags);
	c = syntax_parse("web", "FILE", bytes, size, NULL, &diags);
	must((c == NULL) == (diag_count(&diags) > 0));
	check_complaints(&diags);
	if (c != NULL) {
		text = print(c, &len);
		again = syntax_parse("web", "FILE", text, len, NULL, &diags);
		must(again != NULL && keys_none(definition_diff(c, again)));
		text2 = print(again, &len2);
		must(len == len2 && memcmp(text, text2, len) == 0);
		free(text);
		free(text2);
		definition_unref(again);
	}
	definition_unref(c);
	diag_clear(&diags);
	free(bytes);
	return 0;
}
