#include "sidecar/health.h"

#include "base/date.h"

void
health_text(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_char(b, '\\');
		buf_safe(b, str_head(str_skip(s, i), 1));
	}
}

static bool
look_same(struct str a, struct str b)
{
	for (size_t i = 0; a.n == b.n && i < a.n; i++) {
		char one[2];
		struct buf w = BUF(one);

		buf_safe(&w, str_head(str_skip(a, i), 1));
		buf_safe(&w, str_head(str_skip(b, i), 1));
		if (one[0] != one[1])
			return false;
	}
	return a.n == b.n;
}

bool
health_add(struct health *h, enum health_kind kind, struct str name,
    size_t *part, struct err *e)
{
	const char *what = kind == HEALTH_SINK ? "sink" : "registry";

	for (size_t i = 0; i < h->count; i++)
		if (h->parts[i].kind == kind &&
		    look_same(h->parts[i].name, name))
			return err_set(e, ERR_USAGE, "%s '%.*s' is named"
			    " twice", what, STR_ARG(name));
	if (h->count == HEALTH_PARTS_MAX)
		return err_set(e, ERR_LIMIT, "%s '%.*s': more than %u"
		    " registries and sinks", what, STR_ARG(name),
		    HEALTH_PARTS_MAX);
	h->parts[h->count] = (struct health_part){ .kind = kind,
		.name = name };
	*part = h->count++;
	return true;
}

void
health_success(struct health *h, size_t part, int64_t now_s,
    int64_t expires_s)
{
	struct health_part *p = &h->parts[part];

	p->success_s = now_s;
	p->expires_s = expires_s;
	p->successes++;
	p->failing = false;
}

void
health_failure(struct health *h, size_t part, int64_t now_s,
    struct str error)
{
	struct health_part *p = &h->parts[part];
	struct buf b = BUF(p->error);

	p->failure_s = now_s;
	p->failures++;
	p->failing = true;
	buf_add(&b, str_head(error, sizeof(p->error)));
	p->error_n = b.n;
}

/* How it is in a word, and whether that is red. */
static const char *
state_of(const struct health_part *p, int64_t now, bool *red)
{
	int64_t left = p->expires_s - now;

	*red = true;
	if (!p->success_s)
		return p->failing ? "failed" : "never";
	if (p->kind == HEALTH_REGISTRY && left <= 0)
		return "expired";
	if (p->kind == HEALTH_REGISTRY &&
	    left < (p->expires_s - p->success_s) / HEALTH_DYING_PART)
		return "dying";
	*red = p->kind == HEALTH_SINK && p->failing;
	return *red ? "failed" : p->failing ? "retrying" : "ok";
}

static void
add_seconds(struct buf *b, int64_t s)
{
	buf_u64(b, s > 0 ? (uint64_t)s : 0);
}

/* What failed may have said of whom. */
static bool
names_it(const struct health_part *p)
{
	struct str error = { p->error, p->error_n };

	return p->kind == HEALTH_REGISTRY && p->failing && !p->success_s &&
	    str_starts(error, S("registry '")) && str_contains(error, p->name);
}

static void
add_cause(struct buf *b, const struct health_part *p, int64_t now)
{
	bool sink = p->kind == HEALTH_SINK, dead = p->expires_s <= now;

	if (!names_it(p)) {
		buf_add(b, sink ? S("sink '") : S("registry '"));
		buf_safe(b, p->name);
		buf_add(b, S("': "));
	}
	if (p->success_s && !sink) {
		buf_add(b, dead ? S("the token expired ") :
		    S("the token expires in "));
		add_seconds(b, dead ? now - p->expires_s : p->expires_s - now);
		buf_add(b, dead ? S(" s ago") : S(" s"));
		if (p->failing)
			buf_add(b, S("; "));
	} else if (!p->failing) {
		buf_add(b, sink ? S("not written yet") : S("no token yet"));
	}
	if (p->failing)
		buf_safe(b, (struct str){ p->error, p->error_n });
}

bool
health_good(const struct health *h, int64_t now_s, struct buf *why)
{
	bool red = false;

	for (size_t i = 0; i < h->count; i++) {
		state_of(&h->parts[i], now_s, &red);
		if (!red)
			continue;
		if (why)
			add_cause(why, &h->parts[i], now_s);
		return false;
	}
	if (!h->count && why)
		buf_add(why, S("there is no registry and no sink"));
	return h->count > 0;
}

/* ,"name": and a time, or null. */
static void
add_time(struct buf *b, struct str name, int64_t t)
{
	char text[DATE_ISO_LEN + 1];

	buf_add(b, S(",\""));
	buf_add(b, name);
	buf_add(b, S("\":"));
	if (!t) {
		buf_add(b, S("null"));
		return;
	}
	date_format_iso(t, text);
	buf_char(b, '"');
	buf_add(b, str_of(text));
	buf_char(b, '"');
}

static void
add_part(struct buf *b, const struct health_part *p, int64_t now)
{
	bool red;

	buf_add(b, S("{\"name\":\""));
	health_text(b, p->name);
	buf_add(b, S("\",\"status\":\""));
	buf_add(b, str_of(state_of(p, now, &red)));
	buf_add(b, S("\",\"age_s\":"));
	if (p->success_s)
		add_seconds(b, now - p->success_s);
	else
		buf_add(b, S("null"));
	add_time(b, S("success"), p->success_s);
	add_time(b, S("failure"), p->failure_s);
	if (p->kind == HEALTH_REGISTRY) {
		add_time(b, S("expires"), p->expires_s);
		buf_add(b, S(",\"left_s\":"));
		add_seconds(b, p->expires_s ? p->expires_s - now : 0);
	}
	buf_add(b, S(",\"error\":\""));
	health_text(b, (struct str){ p->error, p->error_n });
	buf_add(b, S("\"}"));
}

static void
add_parts(struct buf *b, const struct health *h, enum health_kind kind,
    int64_t now)
{
	bool any = false;

	buf_add(b, kind == HEALTH_SINK ? S(",\n\"sinks\":[") :
	    S(",\n\"registries\":["));
	for (size_t i = 0; i < h->count; i++) {
		if (h->parts[i].kind != kind)
			continue;
		buf_add(b, any ? S(",\n") : S("\n"));
		add_part(b, &h->parts[i], now);
		any = true;
	}
	buf_char(b, ']');
}

void
health_json(const struct health *h, int64_t now_s, struct buf *b)
{
	char text[ERR_MSG_MAX];
	struct buf why = BUF(text);
	bool good = health_good(h, now_s, &why);

	buf_add(b, S("{\"status\":\""));
	buf_add(b, good ? S("ok\"") : S("failing\""));
	buf_add(b, S(",\"cause\":\""));
	health_text(b, buf_str(&why));
	buf_char(b, '"');
	add_time(b, S("time"), now_s);
	add_time(b, S("start"), h->start_s);
	add_parts(b, h, HEALTH_REGISTRY, now_s);
	add_parts(b, h, HEALTH_SINK, now_s);
	buf_add(b, S("}\n"));
}
