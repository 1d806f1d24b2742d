/*
 * answer - the reply to one request, as the request writes it.
 *
 * Short, for it is all that control and request share.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/answer.h"

void
answer_more(struct answer *a)
{
	a->changed(a);
}

void
answer_end(struct answer *a, int status, const char *fmt, ...)
{
	char word[16], *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (fmt != NULL && vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	snprintf(word, sizeof(word), "%d", status);
	line_begin(&a->text, "end");
	line_put_word(&a->text, word);
	line_put(&a->text, "text", text);
	line_end(&a->text);
	free(text);
	a->ended = true;
	answer_more(a);
}

void
answer_forget(struct answer *a)
{
	if (a->forget != NULL)
		a->forget(a);
	a->waiter = NULL;
	a->more = NULL;
	a->forget = NULL;
}

void
answer_clear(struct answer *a)
{
	answer_forget(a);
	line_text_clear(&a->text);
}
