/*
 * text - the small languages: an accepted value is printed to a form of the
 * same meaning, and escaped bytes cannot harm a terminal.
 */
#include "base/words.h"
#include "base/escape.h"
#include "client/utf8.h"
#include "fuzz.h"
#include "base/text.h"

static void
numbers(const char *s)
{
	char buf[TEXT_NUMBER_MAX];
	const char *why;
	int64_t n, again;
	int sig, sig2;

	if (text_duration(s, &n, &why) == 0) {
		text_print_duration(n, buf);
		must(text_duration(buf, &again, &why) == 0 && again == n);
		text_humane_duration(n, buf);
	}
	if (text_size(s, &n, &why) == 0) {
		text_print_size(n, buf);
		must(text_size(buf, &again, &why) == 0 && again == n);
		text_humane_size(n, buf);
	}
	if (text_signal(s, &sig, &why) == 0) {
		must(text_signal(text_signal_name(sig, buf), &sig2, &why) == 0);
		must(sig == sig2);
	}
}

static void
words(const char *s)
{
	char **v, **v2, *joined;
	const char *why;
	size_t n, n2;

	if (words_split(s, &v, &n, &why) == -1)
		return;
	joined = words_join(v);
	must(joined != NULL && words_split(joined, &v2, &n2, &why) == 0);
	must(n == n2);
	for (size_t i = 0; i < n; i++)
		must(strcmp(v[i], v2[i]) == 0);
	free(v);
	free(v2);
	free(joined);
}

static void
tokens(const char *s)
{
	char *token = malloc(3 * strlen(s) + 1), *raw = strdup(s);

	must(token != NULL && raw != NULL);
	must(escape_token(token, s) == strlen(token));
	must(strpbrk(token, " =\n\t\r\033") == NULL);
	must(escape_decode_token(token) == 0 && strcmp(token, s) == 0);
	escape_decode_token(raw);
	free(token);
	free(raw);
}

/* A buffer that is too small gets what is the begin of the whole. */
static void
escapes(const uint8_t *data, size_t size)
{
	char *src = fuzz_string(data, size);
	char *whole = malloc(4 * size + 1), *part = malloc(size + 1);
	size_t len = escape_bytes(whole, 4 * size + 1, src, size, false), n;

	must(strlen(whole) == len);
	for (size_t i = 0; i < len;) {
		int c = utf8_length(whole + i, len - i);

		must(c > 0 && (unsigned char)whole[i] >= ' ' &&
		    whole[i] != 0x7f);
		must(c != 2 || (unsigned char)whole[i] != 0xc2 ||
		    (unsigned char)whole[i + 1] >= 0xa0);
		i += (size_t)c;
	}
	n = escape_bytes(part, size + 1, src, size, false);
	must(n <= size && strlen(part) == n && memcmp(part, whole, n) == 0);
	free(src);
	free(whole);
	free(part);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const list[] = {"command", "env", "stop-signal",
	    "log", NULL};
	char *s = fuzz_string(data, size);

	numbers(s);
	words(s);
	tokens(s);
	escapes(data, size);
	text_is_name(s);
	text_near(s, list, NULL);
	must(utf8_unfinished(s, strlen(s)) < UTF8_MAX);
	free(s);
	return 0;
}
