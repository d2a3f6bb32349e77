#include <stdio.h>

#include "base/limits.h"
#include "cred/sso_token.h"
#include "fake_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define HOME "/home/u"
/* By sha1sum: of "my-sso" and of the URL. */
#define MY HOME "/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json"
#define OLD HOME "/.aws/sso/cache/dace00cba5f8355ec9d274ceb2bcebdfbeed0e12.json"
#define START "https://ssotest.awsapps.com/start"
#define TOKEN_URL "https://oidc.eu-west-1.amazonaws.com/token"
#define LOGIN "; run: aws sso login --sso-session my-sso"
#define LOGIN_OLD "; run: aws sso login --profile p"

/* Now is 2015-08-30T12:36:00Z. */
#define HOUR_AHEAD "2015-08-30T13:36:00Z"
#define REGISTRATION "\"clientId\":\"id\",\"clientSecret\":\"client-secret\"," \
    "\"registrationExpiresAt\":\"2015-10-30T12:36:00Z\""
#define FILE_OF(expires) "{\"startUrl\":\"" START "\",\"accessToken\":" \
    "\"access-1\",\"expiresAt\":\"" expires "\"," REGISTRATION \
    ",\"x\":{\"y\":[1, 2]},\"refreshToken\":\"refresh-token-1\"}"
#define GRANT "{\"accessToken\":\"access-2\",\"tokenType\":\"Bearer\"," \
    "\"expiresIn\":3600"

static struct fake_world f;
static struct arena a;
static struct config c;
static struct sso_session session;
static struct str token;
static struct err err;

static void
open_world(void)
{
	const struct config_flags flags = { .profile = NULL };

	a = t_arena();
	fake_open(&f);
	fake_env(&f, "HOME", HOME);
	assert_true(config_load(&f.w, &a, &flags, &c, &err));
	session = (struct sso_session){ S("my-sso"), S(START),
		S("eu-west-1"), S("p") };
	token = S("untouched");
	err = (struct err){ .kind = ERR_NONE };
}

static bool
get(void)
{
	return sso_token_get(&c, &session, &token, &err);
}

static void
answer(unsigned status, const char *fields, const char *body)
{
	fake_answer(&f, (struct fake_answer){ .method = "POST",
		.url = TOKEN_URL, .status = status, .fields = fields,
		.body = body });
}

static void
t_read(void **state)
{
	static const struct {
		const char *text;
		int64_t expires, registered;
		const char *id, *secret, *refresh;
	} rows[] = {
		{ "{\"accessToken\":\"access-1\",\"expiresAt\":"
		    "\"2015-08-30T13:36:00Z\"}", FAKE_NOW + 3600, 0,
		    "", "", "" },
		{ "{\"accessToken\":\"access-1\",\"expiresAt\":"
		    "\"2015-08-30T13:36:00UTC\"}", FAKE_NOW + 3600, 0,
		    "", "", "" },
		{ "\n{ \"expiresAt\" : \"2015-08-30T13:36:00+00:00\" ,"
		    " \"accessToken\" : \"access\\u002d1\" }\n",
		    FAKE_NOW + 3600, 0, "", "", "" },
		{ FILE_OF(HOUR_AHEAD), FAKE_NOW + 3600, 1446208560, "id",
		    "client-secret", "refresh-token-1" },
		/* What only serves to renew may be odd. */
		{ "{\"accessToken\":\"access-1\",\"expiresAt\":\"" HOUR_AHEAD
		    "\",\"clientId\":null,\"clientSecret\":5,"
		    "\"refreshToken\":[],\"registrationExpiresAt\":\"soon\"}",
		    FAKE_NOW + 3600, 0, "", "", "" },
	};

	(void)state;
	open_world();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sso_token t;

		if (!sso_token_read(t_edge(str_of(rows[i].text)), &a, &t,
		    &err))
			fail_msg("%s: %s", rows[i].text, err.msg);
		assert_str_equal(t.access, S("access-1"));
		assert_int_equal(t.expires, rows[i].expires);
		assert_int_equal(t.registered, rows[i].registered);
		assert_str_equal(t.client.id, str_of(rows[i].id));
		assert_str_equal(t.client.secret, str_of(rows[i].secret));
		assert_str_equal(t.client.refresh_token,
		    str_of(rows[i].refresh));
	}
}

#define AT "\"expiresAt\":\"" HOUR_AHEAD "\""

static void
t_read_refused(void **state)
{
	static const struct {
		const char *text, *msg;
	} rows[] = {
		{ "", "not json at byte 0, the end: value expected" },
		{ "{\"accessToken\":\"access-1\",\"expires",
		    "not json at byte 34, the end: string without an end" },
		{ "[]", "no 'accessToken'" },
		{ "{}", "no 'accessToken'" },
		{ "{" AT ",\"clientId\":\"id\",\"clientSecret\":\"s\"}",
		    "no 'accessToken'" },
		{ "{\"accessToken\":null," AT "}", "no 'accessToken'" },
		{ "{\"accessToken\":{}," AT "}", "no 'accessToken'" },
		{ "{\"accessToken\":\"x\"}", "no 'expiresAt'" },
		{ "{\"accessToken\":\"x\",\"expiresAt\":1440938160}",
		    "no 'expiresAt'" },
		{ "{\"accessToken\":\"\"," AT "}", "'accessToken' cannot be"
		    " sent: it is empty, or not all printable ASCII" },
		{ "{\"accessToken\":\"a\\r\\nb\"," AT "}", "'accessToken'"
		    " cannot be sent: it is empty, or not all printable"
		    " ASCII" },
		{ "{\"accessToken\":\"a b\"," AT "}", "'accessToken' cannot be"
		    " sent: it is empty, or not all printable ASCII" },
		{ "{\"accessToken\":\"a\x7f\"," AT "}", "'accessToken'"
		    " cannot be sent: it is empty, or not all printable"
		    " ASCII" },
		{ "{\"accessToken\":\"\xc3\xa9\"," AT "}", "'accessToken'"
		    " cannot be sent: it is empty, or not all printable"
		    " ASCII" },
		{ "{\"accessToken\":\"x\",\"expiresAt\":\"\"}",
		    "'expiresAt' is '', which is no ISO 8601 time" },
		{ "{\"accessToken\":\"x\",\"expiresAt\":\"2015-08-30\"}",
		    "'expiresAt' is '2015-08-30', which is no ISO 8601"
		    " time" },
		{ "{\"accessToken\":\"x\",\"accessToken\":\"y\"," AT "}",
		    "json has the key 'accessToken' twice" },
	};

	(void)state;
	open_world();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sso_token t = { .expires = -7 };

		assert_false(sso_token_read(t_edge(str_of(rows[i].text)), &a,
		    &t, &err));
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.kind, ERR_REPLY);
		assert_int_equal(t.expires, -7);
	}
}

static void
t_renewed(void **state)
{
	static const struct {
		const char *old, *refresh, *now;
	} rows[] = {
		{ "{\"accessToken\":\"a\",\"b\": [ 1 ],\"expiresAt\":"
		    "\"2015-08-30T13:36:00UTC\",\"refreshToken\":\"r\"}", "",
		    "{\"accessToken\":\"n\\\"\",\"b\":[ 1 ],\"expiresAt\":"
		    "\"2015-08-30T14:36:00Z\",\"refreshToken\":\"r\"}" },
		{ "{\"accessToken\":\"a\",\"refreshToken\":\"r\",\"expiresAt\""
		    ":\"2015-08-30T13:36:00Z\",\"\\u0062\":null}", "r2",
		    "{\"accessToken\":\"n\\\"\",\"refreshToken\":\"r2\","
		    "\"expiresAt\":\"2015-08-30T14:36:00Z\","
		    "\"\\u0062\":null}" },
		{ "{\"accessToken\":\"a\",\"expiresAt\":\""
		    HOUR_AHEAD "\"}", "r2", "{\"accessToken\":\"n\\\"\","
		    "\"expiresAt\":\"2015-08-30T14:36:00Z\","
		    "\"refreshToken\":\"r2\"}" },
	};

	(void)state;
	open_world();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct sso_grant grant = { S("n\""),
			str_of(rows[i].refresh), FAKE_NOW + 7200 };
		struct sso_token t;
		struct str text;

		assert_true(sso_token_read(str_of(rows[i].old), &a, &t,
		    &err));
		assert_true(sso_token_renewed(&t, &grant, &a, &text, &err));
		assert_str_equal(text, str_of(rows[i].now));
	}
}

/* Which file, and what is good without anybody being asked. */
static void
t_good(void **state)
{
	static const struct {
		const char *path, *name, *start_url, *text;
		int64_t skew_s;
	} rows[] = {
		{ MY, "my-sso", "", FILE_OF(HOUR_AHEAD), 0 },
		{ MY, "my-sso", START, FILE_OF("2015-08-30T13:36:00UTC"), 0 },
		{ MY, "my-sso", START, FILE_OF("2015-08-30T14:36:00+01:00"),
		    0 },
		{ OLD, "", START, FILE_OF(HOUR_AHEAD), 0 },
		/* Exactly at the edges: 15 minutes; one second. */
		{ MY, "my-sso", START, FILE_OF("2015-08-30T12:51:00Z"), 0 },
		{ OLD, "", START, FILE_OF("2015-08-30T12:36:01Z"), 0 },
		/* AWS's clock decides. */
		{ OLD, "", START, FILE_OF("2015-08-30T12:30:00Z"), -361 },
		{ MY, "my-sso", START, FILE_OF("2015-08-30T12:50:59Z"), -1 },
		{ MY, "my-sso", START, FILE_OF("2015-08-30T12:51:01Z"), 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		fake_file(&f, rows[i].path, rows[i].text);
		session.name = str_of(rows[i].name);
		session.start_url = str_of(rows[i].start_url);
		c.skew_s = rows[i].skew_s;
		if (!get())
			fail_msg("%zu: %s", i, err.msg);
		assert_str_equal(token, S("access-1"));
		assert_int_equal(f.edit_count, 0);
		assert_int_equal(f.request_count, 0);
		assert_int_equal(f.pause_count, 0);
	}
}

/* A session without what renews it is used to its last second, and then
 * ends; so does one of the older form.
 */
static void
t_ended(void **state)
{
	static const struct {
		const char *name, *text;
		int64_t skew_s;
		const char *msg;	/* NULL: good */
		const char *detail;
	} rows[] = {
		{ "", FILE_OF("2015-08-30T12:36:00Z"), 0, "sso session of"
		    " profile 'p' has ended: its token expired at"
		    " 2015-08-30T12:36:00Z" LOGIN_OLD,
		    "sso session 'p' is not renewed: it has no"
		    " [sso-session]" },
		{ "", FILE_OF("2015-08-30T12:40:00Z"), 240, "sso session of"
		    " profile 'p' has ended: its token expired at"
		    " 2015-08-30T12:40:00Z" LOGIN_OLD, "" },
		{ "my-sso", "{\"accessToken\":\"x\",\"expiresAt\":"
		    "\"2015-08-30T12:36:00Z\"," REGISTRATION "}", 0,
		    "sso session 'my-sso' has ended: its token expired at"
		    " 2015-08-30T12:36:00Z" LOGIN,
		    "sso session 'my-sso' is not renewed: there is no"
		    " refreshToken in its file" },
		{ "my-sso", "{\"accessToken\":\"x\",\"expiresAt\":"
		    "\"2015-08-30T12:36:01Z\"," REGISTRATION "}", 0, NULL,
		    "there is no refreshToken in its file" },
		{ "my-sso", "{\"accessToken\":\"x\",\"expiresAt\":"
		    "\"2015-08-30T12:36:01Z\",\"refreshToken\":\"r\","
		    "\"clientId\":\"i\",\"clientSecret\":\"s\"}", 0, NULL,
		    "there is no client registration in its file" },
		{ "my-sso", "{\"accessToken\":\"x\",\"expiresAt\":"
		    "\"2015-08-30T12:36:01Z\",\"refreshToken\":\"r\","
		    "\"clientSecret\":\"s\",\"registrationExpiresAt\":\""
		    HOUR_AHEAD "\"}", 0, NULL,
		    "there is no client registration in its file" },
		{ "my-sso", "{\"accessToken\":\"x\",\"expiresAt\":"
		    "\"2015-08-30T12:36:01Z\",\"refreshToken\":\"r\","
		    "\"clientId\":\"i\",\"registrationExpiresAt\":\""
		    HOUR_AHEAD "\"}", 0, NULL,
		    "there is no client registration in its file" },
		{ "my-sso", "{\"accessToken\":\"x\",\"expiresAt\":"
		    "\"2015-08-30T12:36:01Z\",\"refreshToken\":\"r\","
		    "\"clientId\":\"i\",\"clientSecret\":\"s\","
		    "\"registrationExpiresAt\":\"2015-08-30T12:36:00Z\"}", 0,
		    NULL, "the client registration in its file has expired" },
		{ "my-sso", "{\"accessToken\":\"x\",\"expiresAt\":"
		    "\"2015-08-30T12:36:00Z\",\"refreshToken\":\"r\","
		    "\"clientId\":\"i\",\"clientSecret\":\"s\","
		    "\"registrationExpiresAt\":\"2015-08-30T12:36:00Z\"}", 0,
		    "sso session 'my-sso' has ended: its token expired at"
		    " 2015-08-30T12:36:00Z" LOGIN, "has expired" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		session.name = str_of(rows[i].name);
		fake_file(&f, session.name.n ? MY : OLD, rows[i].text);
		c.skew_s = rows[i].skew_s;
		assert_int_equal(get(), !rows[i].msg);
		if (rows[i].msg) {
			assert_string_equal(err.msg, rows[i].msg);
			assert_int_equal(err.kind, ERR_DENIED);
			assert_str_equal(token, S("untouched"));
		}
		if (!fake_noted(&f, NOTE_DETAIL, rows[i].detail))
			fail_msg("%zu: %s", i, rows[i].detail);
		assert_int_equal(f.edit_count, 0);
	}
}

static void
t_file_refused(void **state)
{
	static const struct {
		const char *text;	/* NULL: not there */
		enum err_kind fails, kind;
		const char *msg;
		size_t pauses;
	} rows[] = {
		{ NULL, ERR_NONE, ERR_DENIED, "sso session 'my-sso': not"
		    " logged in: read '" MY "': No such file or directory"
		    LOGIN, 0 },
		{ NULL, ERR_SYS, ERR_SYS, "sso session 'my-sso': read '" MY
		    "': made to fail", 0 },
		{ "", ERR_NONE, ERR_DENIED, "sso session 'my-sso': '" MY "':"
		    " not json at byte 0, the end: value expected" LOGIN, 1 },
		{ "{\"clientId\":\"i\"}", ERR_NONE, ERR_DENIED,
		    "sso session 'my-sso': '" MY "': no 'accessToken'" LOGIN,
		    1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		if (rows[i].text)
			fake_file(&f, MY, rows[i].text);
		if (rows[i].fails)
			fake_file_fails(&f, MY, rows[i].fails);
		assert_false(get());
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.kind, rows[i].kind);
		assert_int_equal(f.pause_count, rows[i].pauses);
	}
	/* Not even a home. */
	open_world();
	fake_env(&f, "HOME", NULL);
	assert_false(get());
	assert_true(str_starts(str_of(err.msg),
	    S("sso session 'my-sso': ")));
	assert_int_equal(err.kind, ERR_SYS);
}

/* Names that a shell would not read as one word. */
static void
t_command(void **state)
{
	static const struct {
		const char *session, *profile, *end;
	} rows[] = {
		{ "a.b_c-d@e+f:g/h", "p", "; run: aws sso login --sso-session"
		    " a.b_c-d@e+f:g/h" },
		{ "my org", "p", "; run: aws sso login --sso-session"
		    " \"my org\"" },
		{ "", "a'b", "; run: aws sso login --profile \"a'b\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		session.name = str_of(rows[i].session);
		session.profile = str_of(rows[i].profile);
		assert_false(get());
		if (!str_ends(str_of(err.msg), str_of(rows[i].end)))
			fail_msg("%s", err.msg);
	}
}

static void
t_refresh(void **state)
{
	static const struct {
		const char *expires, *body, *now;
		int64_t skew_s;
	} rows[] = {
		{ "2015-08-30T12:50:59Z", GRANT "}", "{\"startUrl\":\"" START
		    "\",\"accessToken\":\"access-2\",\"expiresAt\":\""
		    HOUR_AHEAD "\"," REGISTRATION ",\"x\":{\"y\":[1, 2]},"
		    "\"refreshToken\":\"refresh-token-1\"}", 0 },
		{ "2015-08-29T12:00:00Z", GRANT ",\"refreshToken\":"
		    "\"refresh-token-2\"}", "{\"startUrl\":\"" START
		    "\",\"accessToken\":\"access-2\",\"expiresAt\":\""
		    HOUR_AHEAD "\"," REGISTRATION ",\"x\":{\"y\":[1, 2]},"
		    "\"refreshToken\":\"refresh-token-2\"}", 0 },
		{ "2015-08-30T12:36:00Z", GRANT ",\"refreshToken\":\"\"}",
		    "{\"startUrl\":\"" START "\",\"accessToken\":\"access-2\""
		    ",\"expiresAt\":\"2015-08-30T13:46:00Z\"," REGISTRATION
		    ",\"x\":{\"y\":[1, 2]},\"refreshToken\":"
		    "\"refresh-token-1\"}", 600 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[1024];

		open_world();
		c.skew_s = rows[i].skew_s;
		snprintf(text, sizeof(text), FILE_OF("%s"), rows[i].expires);
		fake_file(&f, MY, text);
		answer(200, NULL, rows[i].body);
		if (!get())
			fail_msg("%zu: %s", i, err.msg);
		assert_str_equal(token, S("access-2"));
		assert_string_equal(fake_content(&f, MY), rows[i].now);
		assert_int_equal(f.edit_count, 1);
		assert_int_equal(f.files[0].how.mode, 0600);
		assert_true(f.files[0].how.wait);
		assert_false(f.files[0].how.blind);
		assert_int_equal(f.requests[0].deadline,
		    FAKE_CLOCK_MS + SSO_REFRESH_MS);
		assert_int_equal(c.deadline, FAKE_CLOCK_MS + EXCHANGE_MS);
		assert_int_equal(f.note_count, 0);

		/* And the next one finds it. */
		assert_true(get());
		assert_str_equal(token, S("access-2"));
		assert_int_equal(f.request_count, 1);
	}
}

#define OIDC "sso-oidc CreateToken at 'oidc.eu-west-1.amazonaws.com': "
#define ENDED "sso session 'my-sso' has ended: " OIDC
#define NOT_RENEWED "sso session 'my-sso': not renewed: " OIDC

/* A refusal ends an expired session; trouble does not, and a token that is
 * still good is used after either, with a warning.
 */
static void
t_refresh_failed(void **state)
{
	static const struct {
		unsigned status;
		const char *fields, *body;
		enum err_kind kind;
		const char *msg;
		size_t attempts;
	} rows[] = {
		{ 400, "x-amzn-ErrorType: InvalidGrantException", "{\"error\":"
		    "\"invalid_grant\",\"error_description\":\"Invalid refresh"
		    " token provided\"}", ERR_DENIED, ENDED
		    "InvalidGrantException: Invalid refresh token provided"
		    LOGIN, 1 },
		{ 401, "x-amzn-ErrorType: InvalidClientException:http://x/",
		    "{\"error\":\"invalid_client\"}", ERR_DENIED, ENDED
		    "InvalidClientException" LOGIN, 1 },
		{ 400, "x-amzn-ErrorType: UnauthorizedClientException", "{}",
		    ERR_DENIED, ENDED "UnauthorizedClientException" LOGIN,
		    1 },
		{ 400, "x-amzn-ErrorType: ExpiredTokenException", "{}",
		    ERR_DENIED, ENDED "ExpiredTokenException" LOGIN, 1 },
		{ 400, "x-amzn-ErrorType: InvalidRequestException",
		    "{\"error\":\"invalid_request\"}", ERR_DENIED, NOT_RENEWED
		    "InvalidRequestException", 1 },
		{ 500, "x-amzn-ErrorType: InternalServerException", "{}",
		    ERR_DENIED, NOT_RENEWED "InternalServerException", 3 },
		{ 200, NULL, "{\"accessToken\":\"access-2\"}", ERR_REPLY,
		    NOT_RENEWED "no 'expiresIn' in seconds", 1 },
		/* Neither secret is repeated. */
		{ 400, "x-amzn-ErrorType: InvalidRequestException",
		    "{\"message\":\"bad refresh-token-1 given\"}", ERR_DENIED,
		    NOT_RENEWED "InvalidRequestException: bad ", 1 },
		{ 400, "x-amzn-ErrorType: InvalidRequestException",
		    "{\"message\":\"bad client-secret given\"}", ERR_DENIED,
		    NOT_RENEWED "InvalidRequestException: bad ", 1 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		bool good = i % 2;
		const char *text = good ? FILE_OF("2015-08-30T12:40:00Z") :
		    FILE_OF("2015-08-30T12:36:00Z");
		char warning[1200];

		open_world();
		fake_file(&f, MY, text);
		for (size_t k = 0; k < rows[i / 2].attempts; k++)
			answer(rows[i / 2].status, rows[i / 2].fields,
			    rows[i / 2].body);
		if (get() != good)
			fail_msg("%zu: %s", i, err.msg);
		assert_string_equal(fake_content(&f, MY), text);
		assert_int_equal(f.edit_count, 0);
		assert_true(fake_done(&f));
		assert_int_equal(c.deadline, FAKE_CLOCK_MS + EXCHANGE_MS);
		snprintf(warning, sizeof(warning), "%s (its token is good"
		    " until 2015-08-30T12:40:00Z)", rows[i / 2].msg);
		if (good) {
			assert_str_equal(token, S("access-1"));
			assert_true(fake_noted(&f, NOTE_WARNING, warning));
		} else {
			assert_string_equal(err.msg, rows[i / 2].msg);
			assert_int_equal(err.kind, rows[i / 2].kind);
		}
	}
}

/* A host that does not exist must not look like a source that is not
 * configured.
 */
static void
t_never_absent(void **state)
{
	(void)state;
	open_world();
	fake_file(&f, MY, FILE_OF("2015-08-30T12:36:00Z"));
	fake_answer(&f, (struct fake_answer){ .always = true,
		.kind = ERR_ABSENT, .msg = "no such host" });
	assert_false(get());
	assert_int_equal(err.kind, ERR_NET);
	open_world();
	session.region = S("us_east_1");
	fake_file(&f, MY, FILE_OF("2015-08-30T12:36:00Z"));
	assert_false(get());
	assert_string_equal(err.msg, "sso session 'my-sso': not renewed:"
	    " sso-oidc CreateToken: region 'us_east_1': not a name of letters,"
	    " digits and hyphens");
	assert_int_equal(err.kind, ERR_USAGE);
}

/* What another process does before we have the lock. */
static const char *meanwhile;
static bool (*real_edit)(void *me, const char *path,
    const struct file_edit *how, struct arena *arena, struct err *e);

static bool
edit_later(void *me, const char *path, const struct file_edit *how,
    struct arena *arena, struct err *e)
{
	fake_file(&f, path, meanwhile);
	return real_edit(me, path, how, arena, e);
}

#define OTHERS(expires, members) "{\"accessToken\":\"access-9\"," \
    "\"expiresAt\":\"" expires "\"" members "}"

static void
t_another(void **state)
{
	static const struct {
		const char *now;
		const char *token;	/* NULL: refused with msg */
		const char *msg;
		bool asks;
	} rows[] = {
		{ OTHERS(HOUR_AHEAD, ""), "access-9", NULL, false },
		/* Short-lived, but new. */
		{ OTHERS("2015-08-30T12:36:01Z", "," REGISTRATION
		    ",\"refreshToken\":\"refresh-token-9\""), "access-9", NULL,
		    false },
		/* New, but no good; then with what is there now. */
		{ OTHERS("2015-08-30T12:36:00Z", "," REGISTRATION
		    ",\"refreshToken\":\"refresh-token-9\""), "access-2", NULL,
		    true },
		{ OTHERS("2015-08-30T12:36:00Z", ""), NULL, "sso session"
		    " 'my-sso' has ended: its token expired at"
		    " 2015-08-30T12:36:00Z" LOGIN, false },
		{ NULL, NULL, "sso session 'my-sso' has ended: its token has"
		    " been removed" LOGIN, false },
		{ "{", NULL, "sso session 'my-sso': not renewed: not json at"
		    " byte 1, the end: string expected", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		fake_file(&f, MY, FILE_OF("2015-08-30T12:36:00Z"));
		meanwhile = rows[i].now;
		real_edit = f.w.edit;
		f.w.edit = edit_later;
		if (rows[i].asks)
			answer(200, NULL, GRANT "}");
		if (get() != (rows[i].token != NULL))
			fail_msg("%zu: %s", i, err.msg);
		assert_int_equal(f.request_count, rows[i].asks);
		if (!rows[i].token) {
			assert_string_equal(err.msg, rows[i].msg);
			continue;
		}
		assert_str_equal(token, str_of(rows[i].token));
		if (rows[i].asks)
			assert_non_null(strstr(f.requests[0].body,
			    "refresh-token-9"));
		else
			assert_string_equal(fake_content(&f, MY),
			    rows[i].now);
	}
}

/* The real order: the lock, the change, and then the disk says no. */
static bool
edit_in_vain(void *me, const char *path, const struct file_edit *how,
    struct arena *arena, struct err *e)
{
	struct str now;

	(void)me;
	(void)arena;
	return how->change(how->me, str_of(fake_content(&f, path)), &now, e) &&
	    err_set(e, ERR_SYS, "write '%s': Read-only file system", path);
}

static void
t_not_kept(void **state)
{
	static const struct {
		const char *body, *warning;
	} rows[] = {
		{ GRANT "}", "sso session 'my-sso': renewed, but not kept:"
		    " write '" MY "': Read-only file system" },
		{ GRANT ",\"refreshToken\":\"refresh-token-1\"}",
		    "sso session 'my-sso': renewed, but not kept:"
		    " write '" MY "': Read-only file system" },
		{ GRANT ",\"refreshToken\":\"refresh-token-2\"}",
		    "sso session 'my-sso': renewed, but not kept: write '" MY
		    "': Read-only file system" LOGIN " (the AWS CLI's session"
		    " is out of date now)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_world();
		fake_file(&f, MY, FILE_OF("2015-08-30T12:36:00Z"));
		f.w.edit = edit_in_vain;
		answer(200, NULL, rows[i].body);
		if (!get())
			fail_msg("%s", err.msg);
		assert_str_equal(token, S("access-2"));
		assert_int_equal(f.note_count, 1);
		assert_int_equal(f.notes[0].kind, NOTE_WARNING);
		assert_string_equal(f.notes[0].text, rows[i].warning);
	}
	/* Without the lock nobody is asked. */
	open_world();
	fake_file(&f, MY, FILE_OF("2015-08-30T12:40:00Z"));
	f.read_only = true;
	assert_true(get());
	assert_str_equal(token, S("access-1"));
	assert_int_equal(f.request_count, 0);
	assert_true(fake_noted(&f, NOTE_WARNING, "sso session 'my-sso': not"
	    " renewed: write '" MY "': Read-only file system (its token is"
	    " good until 2015-08-30T12:40:00Z)"));
}

static void
t_refused(void **state)
{
	(void)state;
	open_world();
	(void)err_set(&err, ERR_DENIED, "Unauthorized");
	assert_false(sso_session_ended(&session, &err));
	assert_string_equal(err.msg, "sso session 'my-sso' has ended:"
	    " Unauthorized" LOGIN);
	session.name.n = 0;
	(void)err_set(&err, ERR_DENIED, "Unauthorized");
	assert_false(sso_session_ended(&session, &err));
	assert_string_equal(err.msg, "sso session of profile 'p' has ended:"
	    " Unauthorized" LOGIN_OLD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_read),
		cmocka_unit_test(t_read_refused),
		cmocka_unit_test(t_renewed),
		cmocka_unit_test(t_good),
		cmocka_unit_test(t_ended),
		cmocka_unit_test(t_file_refused),
		cmocka_unit_test(t_command),
		cmocka_unit_test(t_refresh),
		cmocka_unit_test(t_refresh_failed),
		cmocka_unit_test(t_never_absent),
		cmocka_unit_test(t_another),
		cmocka_unit_test(t_not_kept),
		cmocka_unit_test(t_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
