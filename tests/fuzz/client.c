/*
 * client - hupctl's side of the control socket: whatever a daemon answers, it
 * ends, the JSON is of whole characters with its brackets in order, and
 * nothing harmful reaches a terminal.
 */
#include <sys/socket.h>

#include <unistd.h>

#include "client/talk.h"
#include "client/json.h"
#include "client/present.h"
#include "client/utf8.h"
#include "fuzz.h"

struct text {
	char *s;
	size_t len;
	FILE *f;
};

static void
text_begin(struct text *t)
{
	must((t->f = open_memstream(&t->s, &t->len)) != NULL);
}

/* Printable, except newline and TAB; of whole characters. */
static void
check_text(const struct text *t)
{
	int n;

	for (size_t i = 0; i < t->len; i += (size_t)n) {
		n = utf8_length(t->s + i, t->len - i);
		must(n > 0);
		must((unsigned char)t->s[i] >= ' ' || t->s[i] == '\n' ||
		    t->s[i] == '\t');
		must(t->s[i] != 0x7f);
	}
}

static void
check_json(const struct text *t)
{
	char closing[JSON_DEPTH];
	int depth = 0;
	bool string = false;

	for (size_t i = 0; i < t->len; i++) {
		if (string) {
			must((unsigned char)t->s[i] >= ' ');
			if (t->s[i] == '\\')
				i++;
			else if (t->s[i] == '"')
				string = false;
		} else if (t->s[i] == '"')
			string = true;
		else if (t->s[i] == '{' || t->s[i] == '[') {
			must(depth < JSON_DEPTH);
			closing[depth++] = t->s[i] == '{' ? '}' : ']';
		} else if (t->s[i] == '}' || t->s[i] == ']') {
			must(depth > 0 && closing[--depth] == t->s[i]);
		}
	}
	must(!string && depth == 0);
}

static void
show_json(const struct reply *reply)
{
	struct text t;
	struct ctl ctl = {0};

	text_begin(&t);
	ctl.out = ctl.err = t.f;
	present_json.reload(&ctl, &(struct outcome){.reply = reply});
	must(fclose(t.f) == 0);
	check_text(&t);
	check_json(&t);
	free(t.s);
}

static void
show_text(const struct reply *reply)
{
	struct ctl ctl = {.now = 1800000000};
	struct text t;

	text_begin(&t);
	ctl.out = ctl.err = t.f;
	present_text.progress(&ctl, reply, 0);
	present_text.status(&ctl, reply, false);
	present_text.status(&ctl, reply, true);
	must(fclose(t.f) == 0);
	check_text(&t);
	free(t.s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct talk talk = {.buf = malloc(LINE_REPLY_MAX)};
	struct reply reply = {0};
	int sv[2], status;

	if (size > 65536) {
		free(talk.buf);
		return 0;
	}
	must(talk.buf != NULL);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == 0);
	must(size == 0 || send(sv[0], data, size, 0) == (ssize_t)size);
	close(sv[0]);
	talk.fd = sv[1];
	while ((status = talk_next(&talk, &reply)) == 1)
		;
	must(status == 0 || talk.why != NULL);
	must(talk.status >= 0 && talk.status <= 255);
	show_json(&reply);
	show_text(&reply);
	reply_clear(&reply);
	talk_close(&talk);
	return 0;
}
