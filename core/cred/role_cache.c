#include "cred/role_cache.h"

#include "aws/arn.h"
#include "aws/registry.h"
#include "base/date.h"
#include "base/enc.h"
#include "base/json.h"

/* Python's json.dumps puts a blank behind each comma and colon. The values are
 * printable ASCII, which both quote alike.
 */
static void
member(struct buf *b, struct str key, struct str value)
{
	if (!value.n)
		return;
	buf_add(b, b->n ? S(", ") : S("{"));
	json_quote(b, key);
	buf_add(b, S(": "));
	json_quote(b, value);
}

void
role_cache_name(const struct role_link *link, struct buf *b)
{
	/* Longer ones go without the cache. */
	char text[2 * ROLE_ARN_MAX];
	struct buf key = BUF(text);

	if (link->duration_s.n) {
		buf_add(&key, S("{\"DurationSeconds\": "));
		buf_add(&key, link->duration_s);
	}
	member(&key, S("ExternalId"), link->external_id);
	member(&key, S("RoleArn"), link->arn);
	member(&key, S("RoleSessionName"), link->session);
	member(&key, S("SerialNumber"), link->serial);
	buf_char(&key, '}');
	if (key.full)
		b->full = true;
	buf_sha1_hex(b, buf_str(&key));
}

/* NULL: there is no home directory, or none of the names fits. */
static const char *
entry_path(struct config *c, const struct role_link *link)
{
	char text[128];
	struct buf b = BUF(text);
	const char *path;
	struct err why;

	buf_add(&b, S(ROLE_CACHE));
	role_cache_name(link, &b);
	buf_add(&b, S(".json"));
	if (!b.full && profile_path(c->w, buf_str(&b), c->a, &path, &why))
		return path;
	return NULL;
}

bool
role_cache_parse(struct str text, struct arena *a, struct cred *cred,
    struct err *e)
{
	struct cred got = { .source = cred->source };
	struct str expires;
	struct json root, v;
	struct err ignored;

	if (!json_parse(text, a, &root, e))
		return false;
	if (!json_get(root, S("Credentials"), &v))
		return err_set(e, ERR_REPLY, "no 'Credentials'");
	if (!json_get_str(v, S("AccessKeyId"), a, &got.key_id, e) ||
	    !json_get_str(v, S("SecretAccessKey"), a, &got.secret, e) ||
	    !json_get_str(v, S("SessionToken"), a, &got.token, e) ||
	    !json_get_str(v, S("Expiration"), a, &expires, e))
		return false;
	if (!date_iso(expires, &got.expires))
		return err_set(e, ERR_REPLY, "Expiration is no ISO 8601 time");
	if (!json_get_str(v, S("AccountId"), a, &got.account, &ignored) ||
	    !account_ok(got.account))
		got.account.n = 0;
	if (!cred_check(&got, "entry", e))
		return err_set(e, ERR_REPLY, "not credentials");
	*cred = got;
	return true;
}

static int64_t
left_s(const struct config *c, const struct cred *cred)
{
	return cred->expires - c->w->now(c->w->me) - c->skew_s;
}

bool
role_cache_read(struct config *c, const struct role_link *link,
    struct cred *cred)
{
	const char *path = entry_path(c, link);
	struct str text;
	struct err why;

	if (!path)
		return false;
	if (!c->w->file(c->w->me, path, c->a, &text, &why)) {
		if (why.kind != ERR_ABSENT)
			world_detail(c->w, "%s", why.msg);
		return false;
	}
	if (!role_cache_parse(text, c->a, cred, &why)) {
		world_detail(c->w, "'%s' not used: %s", path, why.msg);
		return false;
	}
	if (left_s(c, cred) < CRED_ADVISORY_S) {
		world_detail(c->w, "'%s' not used: its credentials have"
		    " expired, or are about to", path);
		return false;
	}
	if (!cred->account.n)
		cred->account = arn_account(link->arn);
	world_detail(c->w, "role '%.*s' from '%s'", STR_ARG(link->arn), path);
	return true;
}

static void
text_of(const struct cred *cred, struct buf *b)
{
	const struct {
		struct str key, value;
	} members[] = {
		{ S("SecretAccessKey"), cred->secret },
		{ S("SessionToken"), cred->token },
		{ S("AccountId"), cred->account },
	};
	char when[DATE_ISO_LEN + 1];

	date_format_iso(cred->expires, when);
	buf_add(b, S("{\"Credentials\": {\"AccessKeyId\": "));
	json_quote(b, cred->key_id);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (!members[i].value.n)
			continue;
		buf_add(b, S(", "));
		json_quote(b, members[i].key);
		buf_add(b, S(": "));
		json_quote(b, members[i].value);
	}
	buf_add(b, S(", \"Expiration\": "));
	json_quote(b, str_of(when));
	buf_add(b, S("}}"));
}

struct entry {
	struct config *c;
	const struct cred *cred;
};

/* Whoever was faster than we may have one that lives longer. */
static bool
change(void *me, struct str old, struct str *now, struct err *e)
{
	const struct entry *entry = me;
	struct arena *a = entry->c->a;
	struct cred there = { .source = NULL };
	struct err ignored;
	struct buf b;

	if (old.p && role_cache_parse(old, a, &there, &ignored) &&
	    there.expires > entry->cred->expires) {
		*now = old;
		return true;
	}
	b = arena_buf(a, 0);
	text_of(entry->cred, &b);
	return arena_keep(a, &b, now, e);
}

void
role_cache_write(struct config *c, const struct role_link *link,
    const struct cred *cred)
{
	struct entry entry = { c, cred };
	const struct file_edit how = { .change = change, .me = &entry,
		.mode = 0600, .dir_mode = 0700, .wait = true };
	const char *path = entry_path(c, link);
	struct err why;

	if (path && !c->w->edit(c->w->me, path, &how, c->a, &why))
		world_warn(c->w, "role '%.*s' not kept for the next run: %s",
		    STR_ARG(link->arn), why.msg);
}
