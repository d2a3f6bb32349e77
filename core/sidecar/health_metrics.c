#include "sidecar/health.h"

/* What a metric is of a part; "success" and "failure" are two samples. */
enum value { EXPIRES, SUCCESS, FAILING, TOTAL };

static void
add_number(struct buf *b, int64_t v)
{
	buf_char(b, ' ');
	buf_u64(b, v > 0 ? (uint64_t)v : 0);
	buf_char(b, '\n');
}

static void
add_label(struct buf *b, struct str name, struct str value)
{
	buf_add(b, name);
	buf_add(b, S("=\""));
	health_text(b, value);
	buf_char(b, '"');
}

static void
begin(struct buf *b, struct str name, struct str type, struct str help)
{
	buf_add(b, S("# HELP "));
	buf_add(b, name);
	buf_char(b, ' ');
	buf_add(b, help);
	buf_add(b, S("\n# TYPE "));
	buf_add(b, name);
	buf_char(b, ' ');
	buf_add(b, type);
	buf_char(b, '\n');
}

static void
add_sample(struct buf *b, struct str name, const struct health_part *p,
    struct str result, int64_t v)
{
	buf_add(b, name);
	buf_char(b, '{');
	add_label(b, p->kind == HEALTH_SINK ? S("sink") : S("registry"),
	    p->name);
	if (result.n) {
		buf_char(b, ',');
		add_label(b, S("result"), result);
	}
	buf_char(b, '}');
	add_number(b, v);
}

static void
add_values(struct buf *b, struct str name, const struct health_part *p,
    enum value value)
{
	switch (value) {
	case EXPIRES:
		add_sample(b, name, p, S(""), p->expires_s);
		break;
	case SUCCESS:
		add_sample(b, name, p, S(""), p->success_s);
		break;
	case FAILING:
		add_sample(b, name, p, S(""), p->failing);
		break;
	case TOTAL:
		add_sample(b, name, p, S("success"), (int64_t)p->successes);
		add_sample(b, name, p, S("failure"), (int64_t)p->failures);
		break;
	}
}

static const struct {
	enum health_kind kind;
	enum value value;
	struct str name, type, help;
} families[] = {
	{ HEALTH_REGISTRY, EXPIRES,
	    S_INIT("ecrbox_token_expiry_timestamp_seconds"), S_INIT("gauge"),
	    S_INIT("When the registry's token ends; 0 without one.") },
	{ HEALTH_REGISTRY, SUCCESS,
	    S_INIT("ecrbox_refresh_success_timestamp_seconds"),
	    S_INIT("gauge"),
	    S_INIT("When the token was last renewed; 0 for never.") },
	{ HEALTH_REGISTRY, FAILING, S_INIT("ecrbox_refresh_failing"),
	    S_INIT("gauge"),
	    S_INIT("Whether the last refresh failed.") },
	{ HEALTH_REGISTRY, TOTAL, S_INIT("ecrbox_refreshes_total"),
	    S_INIT("counter"), S_INIT("Refreshes, by result.") },
	{ HEALTH_SINK, SUCCESS,
	    S_INIT("ecrbox_sink_success_timestamp_seconds"), S_INIT("gauge"),
	    S_INIT("When the sink was last written; 0 for never.") },
	{ HEALTH_SINK, FAILING, S_INIT("ecrbox_sink_failing"),
	    S_INIT("gauge"), S_INIT("Whether the last write failed.") },
	{ HEALTH_SINK, TOTAL, S_INIT("ecrbox_sink_writes_total"),
	    S_INIT("counter"), S_INIT("Writes, by result.") },
};

static void
add_ours(const struct health *h, int64_t now, struct buf *b)
{
	begin(b, S("ecrbox_build_info"), S("gauge"), S("Which version runs."));
	buf_add(b, S("ecrbox_build_info{"));
	add_label(b, S("version"), h->version);
	buf_char(b, '}');
	add_number(b, 1);
	begin(b, S("ecrbox_start_time_seconds"), S("gauge"),
	    S("When it was started."));
	buf_add(b, S("ecrbox_start_time_seconds"));
	add_number(b, h->start_s);
	begin(b, S("ecrbox_healthy"), S("gauge"),
	    S("Whether /health answers 200."));
	buf_add(b, S("ecrbox_healthy"));
	add_number(b, health_good(h, now, NULL));
}

void
health_metrics(const struct health *h, int64_t now_s, struct buf *b)
{
	add_ours(h, now_s, b);
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		bool any = false;

		for (size_t i = 0; i < h->count; i++) {
			if (h->parts[i].kind != families[f].kind)
				continue;
			if (!any)
				begin(b, families[f].name, families[f].type,
				    families[f].help);
			any = true;
			add_values(b, families[f].name, &h->parts[i],
			    families[f].value);
		}
	}
}
