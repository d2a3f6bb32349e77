#include "t.h"

#include "aws/credentials.h"
#include "base/limits.h"

static void
test_accepted(void **state)
{
	static const struct cred cases[] = {
		{ .key_id = S_INIT("AKIDEXAMPLE"), .secret = S_INIT("s") },
		{ .key_id = S_INIT("ASIA"), .secret = S_INIT("a/b+c=="),
		    .token = S_INIT("AQoDYXdzEPT//////////wEXAMPLE==") },
		{ .key_id = S_INIT("test"), .secret = S_INIT("!~") },
	};
	struct err e = { .kind = ERR_NONE };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(cred_check(&cases[i], "env", &e));
	assert_int_equal(e.kind, ERR_NONE);
}

static void
test_refused(void **state)
{
	static char long_id[KEY_ID_MAX + 1];
	static const struct {
		struct str key_id, secret, token;
		const char *msg;
	} cases[] = {
		{ S_INIT(""), S_INIT("s"), S_INIT(""),
		    "env: no access key id" },
		{ S_INIT("A"), S_INIT(""), S_INIT(""),
		    "env: no secret access key" },
		{ S_INIT("A B"), S_INIT("s"), S_INIT(""), "env: the access "
		    "key id has a blank or a byte that is not printable "
		    "ASCII" },
		{ S_INIT("A\n"), S_INIT("s"), S_INIT(""), "env: the access "
		    "key id has a blank or a byte that is not printable "
		    "ASCII" },
		{ S_INIT("A"), S_INIT("se cret"), S_INIT(""), "env: the "
		    "secret access key has a blank or a byte that is not "
		    "printable ASCII" },
		{ S_INIT("A"), S_INIT("s\0"), S_INIT(""), "env: the "
		    "secret access key has a blank or a byte that is not "
		    "printable ASCII" },
		{ S_INIT("A"), S_INIT("s"), S_INIT("t\r\nX: y"), "env: the "
		    "session token has a blank or a byte that is not "
		    "printable ASCII" },
		{ S_INIT("A"), S_INIT("s"), S_INIT("t\x7f"), "env: the "
		    "session token has a blank or a byte that is not "
		    "printable ASCII" },
		{ S_INIT("A"), S_INIT("s"), S_INIT("\xc3\xa9"), "env: the "
		    "session token has a blank or a byte that is not "
		    "printable ASCII" },
		{ S_INIT("A/B"), S_INIT("s"), S_INIT(""),
		    "env: that is no access key id" },
		{ { long_id, sizeof(long_id) }, S_INIT("s"), S_INIT(""),
		    "env: that is no access key id" },
	};

	(void)state;
	memset(long_id, 'A', sizeof(long_id));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct cred cred = { .key_id = cases[i].key_id,
			.secret = cases[i].secret, .token = cases[i].token };
		struct err e;

		assert_false(cred_check(&cred, "env", &e));
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_USAGE);
	}
}

/* Through a pipe and back. */
static void
test_written(void **state)
{
	static const struct cred cases[] = {
		{ .key_id = S_INIT("AKIDEXAMPLE"), .secret = S_INIT("s") },
		{ .key_id = S_INIT("ASIA"), .secret = S_INIT("a/b+c=="),
		    .token = S_INIT("AQ/+==:3:"), .expires = 1440938160,
		    .account = S_INIT("123456789012"), .source = "imds",
		    .stable = true },
		/* Whatever it is: the reader is our own. */
		{ .key_id = S_INIT("A\0B"), .secret = S_INIT("7:\n"),
		    .expires = INT64_MIN, .source = "" },
		{ .expires = -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[200];
		struct buf b = BUF(text);
		const struct cred *was = &cases[i];
		struct cred is;
		struct err e;

		cred_write(was, &b);
		assert_false(b.full);
		assert_true(cred_read(t_edge(buf_str(&b)), &is, &e));
		assert_str_equal(is.key_id, was->key_id);
		assert_str_equal(is.secret, was->secret);
		assert_str_equal(is.token, was->token);
		assert_str_equal(is.account, was->account);
		assert_int_equal(is.expires, was->expires);
		assert_int_equal(is.source != NULL, was->source != NULL);
		if (is.source)
			assert_string_equal(is.source, was->source);
		assert_int_equal(is.stable, was->stable);
	}
}

static void
test_not_read(void **state)
{
	static const struct str cases[] = {
		S_INIT(""), S_INIT("+"), S_INIT("0"), S_INIT("0:"),
		S_INIT("0:0:0:0:0:1:0"), S_INIT("0:0:0:0:0:1:0-+"),
		S_INIT("0:0:0:0:0:1:0\0"), S_INIT("0:0:0:0:0:0:-"),
		S_INIT("0:0:0:0:0:2:-1-"), S_INIT("0:0:0:0:1:e1:0-"),
		S_INIT("0:0:0:0:1:1:0-"), S_INIT("1:0:0:0:0:1:0-"),
		S_INIT("-1:0:0:0:0:1:0-"), S_INIT("9:0:0:0:0:1:0-"),
		S_INIT("18446744073709551616:0:0:0:0:1:0-"),
		S_INIT("99:0:0:0:0:0:1:0-"), S_INIT(":0:0:0:0:1:0-"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cred cred = { .source = "untouched" };
		struct err e;

		if (cred_read(t_edge(cases[i]), &cred, &e))
			fail_msg("%zu", i);
		assert_string_equal(e.msg, "credentials of another process"
		    " cannot be read");
		assert_int_equal(e.kind, ERR_REPLY);
		assert_string_equal(cred.source, "untouched");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
