#include "cred/sso_token.h"

#include "base/date.h"
#include "base/enc.h"
#include "base/json_put.h"
#include "base/limits.h"

/* An edit of the file, and what came of it. */
struct renewal {
	struct config *c;
	const struct sso_session *s;
	struct sso_token t;	/* as it was read; then the one to use */
	bool granted;		/* it is new */
	bool rotated;		/* and so is its refresh token */
	bool ended;		/* only a new login helps */
};

/* Empty when it is not there, or no string. */
static struct str
text_of(struct json root, struct str key, struct arena *a)
{
	struct str s = { NULL, 0 };
	struct err ignored;

	return json_get_str(root, key, a, &s, &ignored) ? s :
	    (struct str){ NULL, 0 };
}

bool
sso_token_read(struct str text, struct arena *a, struct sso_token *t,
    struct err *e)
{
	struct sso_token got = { .registered = 0 };
	struct str when;

	if (!json_parse(text, a, &got.root, e) ||
	    !json_get_str(got.root, S("accessToken"), a, &got.access, e) ||
	    !json_get_str(got.root, S("expiresAt"), a, &when, e))
		return false;
	if (!sso_token_sound(got.access))
		return err_set(e, ERR_REPLY, "'accessToken' cannot be sent:"
		    " it is empty, or not all printable ASCII");
	if (!date_iso(when, &got.expires))
		return err_set(e, ERR_REPLY, "'expiresAt' is '%.*s', which is"
		    " no ISO 8601 time", STR_ARG(str_head(when, 64)));
	got.client.id = text_of(got.root, S("clientId"), a);
	got.client.secret = text_of(got.root, S("clientSecret"), a);
	got.client.refresh_token = text_of(got.root, S("refreshToken"), a);
	if (!date_iso(text_of(got.root, S("registrationExpiresAt"), a),
	    &got.registered))
		got.registered = 0;
	*t = got;
	return true;
}

bool
sso_token_renewed(const struct sso_token *t, const struct sso_grant *grant,
    struct arena *a, struct str *text, struct err *e)
{
	struct json_member with[] = {
		{ .key = S("accessToken") }, { .key = S("expiresAt") },
		{ .key = S("refreshToken") },
	};
	char when[DATE_ISO_LEN + 1];
	struct buf b;

	date_format_iso(grant->expires, when);
	if (!json_quoted(grant->access_token, a, &with[0].raw, e) ||
	    !json_quoted(str_of(when), a, &with[1].raw, e) ||
	    !json_quoted(grant->refresh_token, a, &with[2].raw, e))
		return false;
	b = arena_buf(a, 0);
	json_put(t->root, with, grant->refresh_token.n ? 3 : 2, &b);
	return arena_keep(a, &b, text, e);
}

/* Seconds, by AWS's clock. */
static int64_t
left(const struct config *c, int64_t until)
{
	return until - c->w->now(c->w->me) - c->skew_s;
}

/* "sso session 'my'" and what is wrong with it. */
static bool
of_session(const struct sso_session *s, const char *what, struct err *e)
{
	struct str name = s->name.n ? s->name : s->profile;

	return err_in(e, "sso session %s'%.*s'%s", s->name.n ? "" :
	    "of profile ", STR_ARG(name), what);
}

/* Quotes for what a shell would divide or read otherwise. */
static const char *
quote_for(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!char_alnum(name.p[i]) && !str_has(S("-_.@+:/"),
		    name.p[i]))
			return "\"";
	return "";
}

static bool
log_in(const struct sso_session *s, struct err *e)
{
	struct str name = s->name.n ? s->name : s->profile;
	const char *quote = quote_for(name);
	struct err why = *e;

	return err_set(e, ERR_DENIED, "%s; run: aws sso login --%s %s%.*s%s",
	    why.msg, s->name.n ? "sso-session" : "profile", quote,
	    STR_ARG(name), quote);
}

bool
sso_session_ended(const struct sso_session *s, struct err *e)
{
	(void)of_session(s, " has ended", e);
	return log_in(s, e);
}

static bool
find(struct config *c, const struct sso_session *s, const char **path,
    struct err *e)
{
	char name[sizeof(SSO_CACHE ".json") + 40];
	struct buf b = BUF(name);

	buf_add(&b, S(SSO_CACHE));
	buf_sha1_hex(&b, s->name.n ? s->name : s->start_url);
	buf_add(&b, S(".json"));
	return profile_path(c->w, buf_str(&b), c->a, path, e);
}

static bool
load(struct config *c, const struct sso_session *s, const char *path,
    struct sso_token *t, struct err *e)
{
	for (unsigned n = 1;; n++) {
		struct str text;
		struct err why;

		if (!c->w->file(c->w->me, path, c->a, &text, &why)) {
			*e = why;
			if (e->kind == ERR_ABSENT) {
				(void)of_session(s, ": not logged in", e);
				return log_in(s, e);
			}
			return of_session(s, "", e);
		}
		if (sso_token_read(text, c->a, t, &why))
			return true;
		if (n == SSO_READS) {
			*e = why;
			(void)err_in(e, "'%s'", path);
			(void)of_session(s, "", e);
			return log_in(s, e);
		}
		/* The CLI writes in place: half a file is soon a whole one. */
		c->w->pause(c->w->me, SSO_READ_PAUSE_MS, SSO_READ_PAUSE_MS);
	}
}

/* As botocore has it: all four, or not at all. */
static bool
can_renew(struct config *c, const struct sso_session *s,
    const struct sso_token *t)
{
	const char *why = NULL;
	struct str name = s->name.n ? s->name : s->profile;

	if (!s->name.n)
		why = "it has no [sso-session]";
	else if (!t->client.refresh_token.n)
		why = "there is no refreshToken in its file";
	else if (!t->client.id.n || !t->client.secret.n || !t->registered)
		why = "there is no client registration in its file";
	else if (left(c, t->registered) <= 0)
		why = "the client registration in its file has expired";
	if (why)
		world_detail(c->w, "sso session '%.*s' is not renewed: %s",
		    STR_ARG(name), why);
	return !why;
}

/* Who waits for the lock must outlast who has it. */
static bool
ask(struct renewal *r, const struct sso_client *client,
    struct sso_grant *grant, struct err *e)
{
	struct config *c = r->c;
	int64_t whole = c->deadline;
	int64_t limit = c->w->clock_ms(c->w->me) + SSO_REFRESH_MS;
	bool done;

	if (limit < whole)
		c->deadline = limit;
	done = sso_refresh(c, r->s->region, client, c->a, grant, &r->ended,
	    e);
	c->deadline = whole;
	return done;
}

/* For w->edit: old is what is there now that we have the lock. */
static bool
change(void *me, struct str old, struct str *now, struct err *e)
{
	struct renewal *r = me;
	struct config *c = r->c;
	struct sso_grant grant;
	struct sso_token t;

	r->ended = !old.p;
	if (!old.p)
		return err_set(e, ERR_DENIED, "its token has been removed");
	if (!sso_token_read(old, c->a, &t, e))
		return false;
	/* Somebody else has renewed it, be it for a short life: not once more
	 * by each of many who have waited.
	 */
	if ((!str_eq(t.access, r->t.access) && left(c, t.expires) > 0) ||
	    !can_renew(c, r->s, &t)) {
		r->t = t;
		*now = old;
		return true;
	}
	if (!ask(r, &t.client, &grant, e))
		return false;
	r->t.access = grant.access_token;
	r->t.expires = grant.expires;
	r->granted = true;
	r->rotated = grant.refresh_token.n &&
	    !str_eq(grant.refresh_token, t.client.refresh_token);
	return sso_token_renewed(&t, &grant, c->a, now, e);
}

/* It works for now; but if AWS has taken back the refresh token that is in the
 * file, then nobody can renew the session any more.
 */
static void
warn_not_kept(const struct renewal *r, struct err *why)
{
	(void)of_session(r->s, ": renewed, but not kept", why);
	if (!r->rotated) {
		world_warn(r->c->w, "%s", why->msg);
		return;
	}
	(void)log_in(r->s, why);
	world_warn(r->c->w, "%s (the AWS CLI's session is out of date now)",
	    why->msg);
}

static bool
renew(struct config *c, const struct sso_session *s, const char *path,
    struct sso_token *t, struct err *e)
{
	struct renewal r = { .c = c, .s = s, .t = *t };
	const struct file_edit how = {
		.change = change, .me = &r, .mode = 0600, .wait = true,
	};
	char when[DATE_ISO_LEN + 1];
	struct err why;
	bool done;

	done = c->w->edit(c->w->me, path, &how, c->a, &why);
	if (!done && r.granted)
		warn_not_kept(&r, &why);
	if (done || r.granted) {
		*t = r.t;
		return true;
	}
	if (r.ended)
		(void)sso_session_ended(s, &why);
	else
		(void)of_session(s, ": not renewed", &why);
	if (left(c, t->expires) <= 0) {
		*e = why;
		return false;
	}
	date_format_iso(t->expires, when);
	world_warn(c->w, "%s (its token is good until %s)", why.msg, when);
	return true;
}

static bool
get(struct config *c, const struct sso_session *s, struct str *access_token,
    struct err *e)
{
	char when[DATE_ISO_LEN + 1];
	struct sso_token t;
	const char *path;

	if (!find(c, s, &path, e))
		return of_session(s, "", e);
	if (!load(c, s, path, &t, e))
		return false;
	if (left(c, t.expires) < CRED_ADVISORY_S && can_renew(c, s, &t) &&
	    !renew(c, s, path, &t, e))
		return false;
	if (left(c, t.expires) <= 0) {
		date_format_iso(t.expires, when);
		(void)err_set(e, ERR_DENIED, "its token expired at %s", when);
		return sso_session_ended(s, e);
	}
	*access_token = t.access;
	return true;
}

bool
sso_token_get(struct config *c, const struct sso_session *s,
    struct str *access_token, struct err *e)
{
	if (get(c, s, access_token, e))
		return true;
	/* The profile asks for it: the chain must not go on without. */
	if (e->kind == ERR_ABSENT)
		e->kind = ERR_SYS;
	return false;
}
