#include "aws/sts.h"

#include "aws/arn.h"
#include "aws/call.h"
#include "aws/registry.h"
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

/* What is wanted of an answer, by name in the result: fill wants with what the
 * result of action has.
 */
static bool
find_result(struct str body, struct str action, const struct str *names,
    struct xml_want *wants, size_t count, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		struct buf b = arena_buf(a, XML_PATH_MAX);

		buf_add(&b, action);
		buf_add(&b, S("Response/"));
		buf_add(&b, action);
		buf_add(&b, S("Result/"));
		buf_add(&b, names[i]);
		wants[i] = (struct xml_want){ .found = false };
		if (!arena_keep(a, &b, &wants[i].path, e))
			return false;
	}
	if (!find_all(body, wants, count, a, e))
		return false;
	for (size_t i = 0; i < count; i++)
		wants[i].text = str_trim(wants[i].text);
	return true;
}

static bool
missing(struct str name, struct err *e)
{
	struct str parent, last;

	if (str_cut_last(name, '/', &parent, &last))
		name = last;
	return err_set(e, ERR_REPLY, "no '%.*s'", STR_ARG(name));
}

bool
sts_read(struct str body, struct str action, struct arena *a,
    struct cred *cred, struct err *e)
{
	enum { KEY_ID, SECRET, TOKEN, EXPIRES, NEEDED, ARN = NEEDED, ALL };
	static const struct str names[ALL] = {
		[KEY_ID] = S_INIT("Credentials/AccessKeyId"),
		[SECRET] = S_INIT("Credentials/SecretAccessKey"),
		[TOKEN] = S_INIT("Credentials/SessionToken"),
		[EXPIRES] = S_INIT("Credentials/Expiration"),
		[ARN] = S_INIT("AssumedRoleUser/Arn"),
	};
	struct xml_want wants[ALL];
	struct cred got = { .source = cred->source };

	if (!find_result(body, action, names, wants, ALL, a, e))
		return false;
	for (size_t i = 0; i < NEEDED; i++)
		if (!wants[i].text.n)
			return missing(names[i], e);
	got.key_id = wants[KEY_ID].text;
	got.secret = wants[SECRET].text;
	got.token = wants[TOKEN].text;
	got.account = arn_account(wants[ARN].text);
	if (!date_iso(wants[EXPIRES].text, &got.expires) &&
	    !date_epoch(wants[EXPIRES].text, &got.expires))
		return err_set(e, ERR_REPLY, "'Expiration' is not a time");
	if (!cred_check(&got, "sts", e)) {
		e->kind = ERR_REPLY;
		return false;
	}
	*cred = got;
	return true;
}

bool
sts_read_caller(struct str body, struct arena *a, struct sts_caller *who,
    struct err *e)
{
	enum { ACCOUNT, ARN, USER_ID, ALL };
	static const struct str names[ALL] = {
		[ACCOUNT] = S_INIT("Account"), [ARN] = S_INIT("Arn"),
		[USER_ID] = S_INIT("UserId"),
	};
	struct xml_want wants[ALL];

	if (!find_result(body, S("GetCallerIdentity"), names, wants, ALL, a,
	    e))
		return false;
	for (size_t i = 0; i < ALL; i++)
		if (!wants[i].text.n)
			return missing(names[i], e);
	if (!account_ok(wants[ACCOUNT].text))
		return err_set(e, ERR_REPLY, "'Account' is not %u digits",
		    ACCOUNT_LEN);
	*who = (struct sts_caller){ wants[ACCOUNT].text, wants[ARN].text,
		wants[USER_ID].text };
	return true;
}

/* What is empty is left out. */
static void
parameter(struct buf *b, const char *name, struct str value)
{
	if (!value.n)
		return;
	buf_add(b, b->n ? S("&") : S(""));
	buf_add(b, str_of(name));
	buf_char(b, '=');
	buf_percent(b, value, "");
}

static void
begin(struct buf *b, struct str action)
{
	parameter(b, "Action", action);
	parameter(b, "Version", S("2011-06-15"));
}

static bool
check_role(struct str arn, struct err *e)
{
	if (!arn.n || arn.n > ROLE_ARN_MAX)
		return err_set(e, ERR_USAGE, "role '%.*s': not an ARN of 1 to"
		    " %u bytes", STR_ARG(arn), ROLE_ARN_MAX);
	return true;
}

/* A region of the run that is called "fips-x" or "x-fips" (aws 2.1) means its
 * identity as well, though the prefix was cut off by the time we are asked.
 */
static bool
fips_region(struct config *c)
{
	struct str region;
	struct err ignored;
	bool fips = false;

	return config_region(c, &region, &fips, &ignored) && fips;
}

/* Answers come from the host in *at. */
static bool
send(struct config *c, struct str region, struct call *call,
    struct endpoint *at, struct arena *a, struct str *body, struct err *e)
{
	struct call_reply reply;

	if (!endpoint_resolve(c, SERVICE_STS, region, fips_region(c), false,
	    at, e))
		return false;
	call->protocol = CALL_QUERY;
	call->endpoint = at;
	if (!call_send(c, call, a, &reply, e))
		return false;
	*body = reply.body;
	return true;
}

/* With a call that is whole but for where it goes. */
static bool
assume(struct config *c, struct str region, struct call *call,
    struct str action, struct str role_arn, struct arena *a,
    struct cred *cred, struct err *e)
{
	struct endpoint at;
	struct str body;

	if (!send(c, region, call, &at, a, &body, e))
		return false;
	if (!sts_read(body, action, a, cred, e))
		return call_unread(call, e);
	if (!cred->account.n)
		cred->account = arn_account(role_arn);
	return true;
}

bool
sts_web_identity(struct config *c, struct str region,
    const struct sts_web_identity *ask, struct arena *a, struct cred *cred,
    struct err *e)
{
	const struct str action = S("AssumeRoleWithWebIdentity");
	struct call call = {
		.operation = S("sts AssumeRoleWithWebIdentity"),
		.hidden = ask->token,
	};
	struct buf b;

	if (!check_role(ask->role_arn, e))
		return false;
	if (!ask->token.n || ask->token.n > WEB_TOKEN_MAX)
		return err_set(e, ERR_USAGE, "web identity token: %zu bytes,"
		    " not 1 to %u", ask->token.n, WEB_TOKEN_MAX);
	b = arena_buf(a, 3 * (ask->role_arn.n + ask->session_name.n +
	    ask->token.n) + 256);
	begin(&b, action);
	parameter(&b, "RoleArn", ask->role_arn);
	parameter(&b, "RoleSessionName", ask->session_name);
	parameter(&b, "WebIdentityToken", ask->token);
	return arena_keep(a, &b, &call.body, e) && assume(c, region, &call,
	    action, ask->role_arn, a, cred, e);
}

bool
sts_assume_role(struct config *c, struct str region, const struct cred *by,
    const struct sts_role *ask, struct arena *a, struct cred *cred,
    struct err *e)
{
	const struct str action = S("AssumeRole");
	struct call call = { .operation = S("sts AssumeRole"), .cred = by };
	struct buf b;

	if (!check_role(ask->role_arn, e))
		return false;
	b = arena_buf(a, 3 * (ask->role_arn.n + ask->session_name.n +
	    ask->external_id.n + ask->duration_s.n + ask->serial.n +
	    ask->token_code.n) + 256);
	begin(&b, action);
	parameter(&b, "RoleArn", ask->role_arn);
	parameter(&b, "RoleSessionName", ask->session_name);
	parameter(&b, "DurationSeconds", ask->duration_s);
	parameter(&b, "ExternalId", ask->external_id);
	parameter(&b, "SerialNumber", ask->serial);
	parameter(&b, "TokenCode", ask->token_code);
	return arena_keep(a, &b, &call.body, e) && assume(c, region, &call,
	    action, ask->role_arn, a, cred, e);
}

bool
sts_caller(struct config *c, struct str region, const struct cred *cred,
    struct arena *a, struct sts_caller *who, struct err *e)
{
	struct call call = { .operation = S("sts GetCallerIdentity"),
		.cred = cred };
	struct endpoint at;
	struct str body;
	struct buf b = arena_buf(a, 256);

	begin(&b, S("GetCallerIdentity"));
	return arena_keep(a, &b, &call.body, e) &&
	    send(c, region, &call, &at, a, &body, e) &&
	    (sts_read_caller(body, a, who, e) || call_unread(&call, e));
}
