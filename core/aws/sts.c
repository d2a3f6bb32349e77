#include "aws/sts.h"

#include "aws/call.h"
#include "base/date.h"
#include "base/enc.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/xml.h"

/* The text at want's path, if there is one: members take the place of elements.
 * STS writes times as numbers here.
 */
static bool
find_json(struct json v, struct xml_want *want, struct arena *a,
    struct err *e)
{
	struct str rest = want->path, key;

	while (rest.n) {
		str_cut(rest, '/', &key, &rest);
		if (!json_get(v, key, &v))
			return true;
	}
	want->text = json_raw(v);
	return json_kind(v) == JSON_NUMBER || json_str(v, a, &want->text, e);
}

static bool
find_all(struct str body, struct xml_want *wants, size_t count,
    struct arena *a, struct err *e)
{
	struct json root;

	body = str_trim(body);
	if (str_starts(body, S("<")))
		return xml_read(body, wants, count, a, e);
	if (!json_parse(body, a, &root, e))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!find_json(root, &wants[i], a, e))
			return false;
	return true;
}

/* "<action>Response/<action>Result/Credentials/<name>". */
static bool
path_to(struct str action, struct str name, struct arena *a, struct str *path,
    struct err *e)
{
	struct buf b = arena_buf(a, XML_PATH_MAX);

	buf_add(&b, action);
	buf_add(&b, S("Response/"));
	buf_add(&b, action);
	buf_add(&b, S("Result/Credentials/"));
	buf_add(&b, name);
	return arena_keep(a, &b, path, e);
}

bool
sts_read(struct str body, struct str action, struct arena *a,
    struct cred *cred, struct err *e)
{
	static const struct str names[] = {
		S_INIT("AccessKeyId"), S_INIT("SecretAccessKey"),
		S_INIT("SessionToken"), S_INIT("Expiration"),
	};
	struct xml_want wants[4] = { { .found = false } };
	struct cred got = { .source = cred->source };

	for (size_t i = 0; i < 4; i++)
		if (!path_to(action, names[i], a, &wants[i].path, e))
			return false;
	if (!find_all(body, wants, 4, a, e))
		return false;
	for (size_t i = 0; i < 4; i++) {
		wants[i].text = str_trim(wants[i].text);
		if (!wants[i].text.n)
			return err_set(e, ERR_REPLY, "no '%.*s'",
			    STR_ARG(names[i]));
	}
	got.key_id = wants[0].text;
	got.secret = wants[1].text;
	got.token = wants[2].text;
	if (!date_iso(wants[3].text, &got.expires) &&
	    !date_epoch(wants[3].text, &got.expires))
		return err_set(e, ERR_REPLY, "'Expiration' is not a time");
	if (!cred_check(&got, "sts", e)) {
		e->kind = ERR_REPLY;
		return false;
	}
	*cred = got;
	return true;
}

static void
parameter(struct buf *b, const char *name, struct str value)
{
	buf_add(b, b->n ? S("&") : S(""));
	buf_add(b, str_of(name));
	buf_char(b, '=');
	buf_percent(b, value, "");
}

static bool
form(const struct sts_web_identity *ask, struct arena *a, struct str *body,
    struct err *e)
{
	struct buf b;

	if (!ask->role_arn.n || ask->role_arn.n > ROLE_ARN_MAX)
		return err_set(e, ERR_USAGE, "role '%.*s': not an ARN of 1 to"
		    " %u bytes", STR_ARG(ask->role_arn), ROLE_ARN_MAX);
	if (!ask->token.n || ask->token.n > WEB_TOKEN_MAX)
		return err_set(e, ERR_USAGE, "web identity token: %zu bytes,"
		    " not 1 to %u", ask->token.n, WEB_TOKEN_MAX);
	b = arena_buf(a, 3 * (ROLE_ARN_MAX + ask->session_name.n +
	    ask->token.n) + 256);
	parameter(&b, "Action", S("AssumeRoleWithWebIdentity"));
	parameter(&b, "Version", S("2011-06-15"));
	parameter(&b, "RoleArn", ask->role_arn);
	parameter(&b, "RoleSessionName", ask->session_name);
	parameter(&b, "WebIdentityToken", ask->token);
	return arena_keep(a, &b, body, e);
}

bool
sts_web_identity(struct config *c, struct str region,
    const struct sts_web_identity *ask, struct arena *a, struct cred *cred,
    struct err *e)
{
	struct endpoint at;
	struct call_reply reply;
	struct call call = {
		.protocol = CALL_QUERY,
		.endpoint = &at,
		.operation = S("sts AssumeRoleWithWebIdentity"),
		.hidden = ask->token,
	};

	if (!form(ask, a, &call.body, e) || !endpoint_resolve(c, SERVICE_STS,
	    region, false, false, &at, e))
		return false;
	if (!call_send(c, &call, a, &reply, e)) {
		/* "Absent" would send a chain on to another identity. */
		if (e->kind == ERR_ABSENT)
			e->kind = ERR_NET;
		return false;
	}
	return sts_read(reply.body, S("AssumeRoleWithWebIdentity"), a, cred,
	    e) || err_in(e, "%.*s at '%.*s'", STR_ARG(call.operation),
	    STR_ARG(at.uri.host));
}

bool
sts_assume_role(struct config *c, struct str region, const struct cred *by,
    const struct sts_role *ask, struct arena *a, struct cred *cred,
    struct err *e)
{
	(void)c;
	(void)region;
	(void)by;
	(void)ask;
	(void)a;
	(void)cred;
	return err_set(e, ERR_USAGE, "cannot yet");
}

bool
sts_caller(struct config *c, struct str region, const struct cred *cred,
    struct arena *a, struct sts_caller *who, struct err *e)
{
	(void)c;
	(void)region;
	(void)cred;
	(void)a;
	(void)who;
	return err_set(e, ERR_USAGE, "cannot yet");
}
