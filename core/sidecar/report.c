#include "sidecar/report.h"

#include <string.h>

enum { KIND, PART, GOOD, WHY, EXPIRES, HEAD_MAX };

void
report_write(const struct report *r, struct buf *b)
{
	const uint64_t head[HEAD_MAX] = {
		[KIND] = r->kind,
		[PART] = r->part,
		[GOOD] = r->good,
		[WHY] = r->why,
		[EXPIRES] = (uint64_t)r->expires_s,
	};

	if (r->text.n > REPORT_TEXT_MAX)
		b->full = true;
	buf_add(b, (struct str){ (const char *)head, sizeof(head) });
	buf_add(b, r->text);
}

/* What a registry or a sink says of itself. */
static const char *
wrong_part(const struct report *r)
{
	bool registry = r->kind == REPORT_REGISTRY;

	if (r->good && r->why)
		return "it went well for a reason";
	if (r->expires_s && !registry)
		return "a time for what does not expire";
	if (registry && r->good && !r->expires_s)
		return "a token without an end";
	if (r->text.n >= ERR_MSG_MAX)
		return "its text is too long";
	if (!str_printable(r->text))
		return "its text is not printable";
	if ((r->text.n == 0) != (!registry && r->good))
		return "a text too many or too few";
	return NULL;
}

static const char *
wrong_body(const struct report *r)
{
	if (r->why || r->expires_s)
		return "a body with more than bytes";
	if (r->text.n > REPORT_TEXT_MAX)
		return "its text is too long";
	return r->text.n || r->good ? NULL : "neither bytes nor the last";
}

bool
report_read(struct str word, size_t registries, size_t sinks,
    struct report *r, struct err *e)
{
	uint64_t head[HEAD_MAX];
	const char *wrong;
	struct report got;

	if (word.n < sizeof(head))
		return err_set(e, ERR_REPLY, "read a report: %zu bytes are"
		    " none", word.n);
	memcpy(head, word.p, sizeof(head));
	if (head[KIND] > REPORT_BODY || head[GOOD] > 1 ||
	    head[WHY] > ERR_LIMIT || head[EXPIRES] > INT64_MAX)
		return err_set(e, ERR_REPLY, "read a report: a number is out"
		    " of range");
	if (head[PART] >= (head[KIND] == REPORT_REGISTRY ? registries : sinks))
		return err_set(e, ERR_REPLY, "read a report: there is no such"
		    " registry or sink");
	got = (struct report){
		.kind = (enum report_kind)head[KIND],
		.part = (size_t)head[PART],
		.good = head[GOOD] == 1,
		.why = (enum err_kind)head[WHY],
		.expires_s = (int64_t)head[EXPIRES],
		.text = str_skip(word, sizeof(head)),
	};
	wrong = got.kind == REPORT_BODY ? wrong_body(&got) : wrong_part(&got);
	if (wrong)
		return err_set(e, ERR_REPLY, "read a report: %s", wrong);
	*r = got;
	return true;
}
