#include "aws/aws_error.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/xml.h"

static struct str
name_of(struct str code)
{
	struct str name, rest, last;

	str_cut(code, ':', &name, &rest);
	if (str_cut_last(name, '#', &rest, &last))
		name = last;
	name = str_trim(name);
	for (size_t i = 0; i < name.n; i++)
		if (!char_alnum(name.p[i]) && name.p[i] != '.' &&
		    name.p[i] != '_')
			return (struct str){ NULL, 0 };
	return name;
}

static struct str
member(struct json box, struct str key, struct arena *a)
{
	struct err ignored;
	struct json v;
	struct str s;

	if (!json_get(box, key, &v) || !json_str(v, a, &s, &ignored))
		return (struct str){ NULL, 0 };
	return s;
}

static void
read_json(struct str body, struct arena *a, struct aws_error *error)
{
	static const struct str texts[] = {
		S_INIT("message"), S_INIT("Message"),
		S_INIT("error_description"),
	};
	struct err ignored;
	struct json root, box;

	if (!json_parse(body, a, &root, &ignored))
		return;
	if (json_get(root, S("Error"), &box)) {
		error->code = name_of(member(box, S("Code"), a));
		root = box;
	} else {
		error->code = name_of(member(root, S("__type"), a));
	}
	error->reason = name_of(member(root, S("error"), a));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) &&
	    error->message.n == 0; i++)
		error->message = str_trim(member(root, texts[i], a));
}

static void
read_xml(struct str body, struct arena *a, struct aws_error *error)
{
	struct xml_want wants[] = {
		{ .path = S("ErrorResponse/Error/Code") },
		{ .path = S("ErrorResponse/Error/Message") },
	};
	struct err ignored;

	if (!xml_read(body, wants, 2, a, &ignored))
		return;
	error->code = name_of(wants[0].text);
	error->message = str_trim(wants[1].text);
}

void
aws_error_read(const struct http_res *res, struct arena *a,
    struct aws_error *error)
{
	struct str body = str_trim(res->body);

	*error = (struct aws_error){ .code = { NULL, 0 } };
	if (str_starts(body, S("{")))
		read_json(body, a, error);
	else if (str_starts(body, S("<")))
		read_xml(body, a, error);
	if (error->code.n == 0)
		error->code = name_of(http_field_get(res,
		    S("x-amzn-ErrorType")));
	if (error->code.n == 0 && error->reason.n == 0)
		error->message = str_head(body, ERROR_BODY_MAX);
}

/* The secret's beginning will do: further on it may be escaped or cut. */
struct str
aws_error_hide(struct str text, struct str secret)
{
	struct str start = str_head(secret, ERROR_ECHO_BYTES);

	for (size_t i = 0; start.n && i < text.n; i++)
		if (str_starts(str_skip(text, i), start))
			return str_head(text, i);
	return text;
}

static bool
listed(struct str code, const struct str *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(code, list[i]))
			return true;
	return false;
}

/* These lists: AWS SDKs and Tools reference guide, "Retry behavior". */
bool
aws_error_throttles(struct str code, bool quota)
{
	static const struct str list[] = {
		S_INIT("Throttling"),
		S_INIT("ThrottlingException"),
		S_INIT("ThrottledException"),
		S_INIT("RequestThrottledException"),
		S_INIT("TooManyRequestsException"),
		S_INIT("TooManyRequestsError"),	/* sign-in's */
		S_INIT("ProvisionedThroughputExceededException"),
		S_INIT("TransactionInProgressException"),
		S_INIT("RequestLimitExceeded"),
		S_INIT("BandwidthLimitExceeded"),
		S_INIT("RequestThrottled"),
		S_INIT("SlowDown"),
		S_INIT("PriorRequestNotComplete"),
		S_INIT("EC2ThrottledException"),
	};

	if (str_eq(code, S("LimitExceededException")))
		return quota;
	return listed(code, list, sizeof(list) / sizeof(list[0]));
}

bool
aws_error_transient(struct str code)
{
	static const struct str list[] = {
		S_INIT("RequestTimeout"),
		S_INIT("RequestTimeoutException"),
		S_INIT("IDPCommunicationError"),
		/* Said of a token whose issuer STS has not heard of yet, too;
		 * the Go SDK tries again.
		 */
		S_INIT("InvalidIdentityToken"),
	};

	return listed(code, list, sizeof(list) / sizeof(list[0]));
}

bool
aws_error_clock(struct str code)
{
	static const struct str list[] = {
		S_INIT("RequestExpired"),
		S_INIT("RequestInTheFuture"),
		S_INIT("RequestTimeTooSkewed"),
	};

	return listed(code, list, sizeof(list) / sizeof(list[0]));
}

bool
aws_error_signature(struct str code)
{
	static const struct str list[] = {
		S_INIT("InvalidSignatureException"),
		S_INIT("SignatureDoesNotMatch"),
		S_INIT("AuthFailure"),
	};

	return listed(code, list, sizeof(list) / sizeof(list[0]));
}
