/*
 * proto - a line of the control protocol: what parses can be built again and
 * parses to the same; what a report makes of it can be printed.
 */
#include "fuzz.h"
#include "wire/line.h"
#include "wire/report.h"

static void
same(const struct line *a, const struct line *b)
{
	must(strcmp(a->tag, b->tag) == 0 && a->n == b->n);
	for (size_t i = 0; i < a->n; i++) {
		must((a->v[i].key == NULL) == (b->v[i].key == NULL));
		if (a->v[i].key != NULL)
			must(strcmp(a->v[i].key, b->v[i].key) == 0);
		must(strcmp(a->v[i].value, b->v[i].value) == 0);
	}
}

static void
build(struct line_text *t, const struct line *pl)
{
	line_begin(t, pl->tag);
	for (size_t i = 0; i < pl->n; i++)
		if (pl->v[i].key == NULL)
			line_put_word(t, pl->v[i].value);
		else
			line_put(t, pl->v[i].key, pl->v[i].value);
	line_end(t);
	must(!t->failed);
	must(t->s[t->len - 1] == '\n' && strlen(t->s) == t->len);
	must(strchr(t->s, '\n') == t->s + t->len - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line pl, again;
	struct line_text text = {0};
	char *s, *line = fuzz_string(data, size);

	if (line_parse(&pl, line) == 0) {
		build(&text, &pl);
		text.s[text.len - 1] = '\0';
		must(line_parse(&again, text.s) == 0);
		same(&pl, &again);
		line_get_number(&pl, "generation", 0);
		s = report_text(&pl, size % 64);
		must(s == NULL || strpbrk(s, "\n\r\033") == NULL);
		free(s);
		line_clear(&again);
		line_clear(&pl);
		line_text_clear(&text);
	}
	free(line);
	line = fuzz_string(data, size);
	must(report_width(line) >= 0);
	free(line);
	return 0;
}
