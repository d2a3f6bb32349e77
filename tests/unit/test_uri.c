#include "t.h"

#include "base/limits.h"
#include "base/uri.h"

static void
accepts(void **state)
{
	static const struct {
		const char *uri, *host, *path, *query;
		unsigned port;
		bool tls, literal;
	} cases[] = {
		{ "http://h", "h", "", "", 80, false, false },
		{ "https://h", "h", "", "", 443, true, false },
		{ "HTTPS://Host.Example/", "Host.Example", "/", "", 443, true,
		    false },
		{ "http://h:8080/a/b?c=d?e/f", "h", "/a/b", "c=d?e/f", 8080,
		    false, false },
		{ "http://h:/", "h", "/", "", 80, false, false },
		{ "http://h:00081", "h", "", "", 81, false, false },
		{ "http://h:65535", "h", "", "", 65535, false, false },
		{ "http://h?q", "h", "", "q", 80, false, false },
		{ "http://h/?", "h", "/", "", 80, false, false },
		{ "http://h.example./x", "h.example", "/x", "", 80, false,
		    false },
		{ "http://a_b-c.d", "a_b-c.d", "", "", 80, false, false },
		{ "http://127.0.0.1", "127.0.0.1", "", "", 80, false, true },
		{ "http://255.255.255.255.", "255.255.255.255", "", "", 80,
		    false, true },
		{ "http://1.2.3.4.example", "1.2.3.4.example", "", "", 80,
		    false, false },
		{ "http://1a", "1a", "", "", 80, false, false },
		{ "http://[fd00:ec2::254]/v", "fd00:ec2::254", "/v", "", 80,
		    false, true },
		{ "https://[::FFFF:1.2.3.4]:444", "::FFFF:1.2.3.4", "", "",
		    444, true, true },
		{ "http://h/-._~!$&'()*+,;=:@%2f%Ff", "h",
		    "/-._~!$&'()*+,;=:@%2f%Ff", "", 80, false, false },
		{ "http://h//..//", "h", "//..//", "", 80, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct uri u;
		struct err e = { ERR_NONE, "untouched" };

		if (!uri_parse(t_edge(str_of(cases[i].uri)), &u, &e))
			fail_msg("%s: %s", cases[i].uri, e.msg);
		assert_string_equal(e.msg, "untouched");
		assert_str_equal(u.host, str_of(cases[i].host));
		assert_str_equal(u.path, str_of(cases[i].path));
		assert_str_equal(u.query, str_of(cases[i].query));
		assert_int_equal(u.port, cases[i].port);
		assert_int_equal(u.tls, cases[i].tls);
		assert_int_equal(u.literal, cases[i].literal);
	}
}

static void
refuses(void **state)
{
	static const struct {
		const char *uri, *msg;
	} cases[] = {
		{ "", "URL does not begin with http:// or https://" },
		{ "h", "URL does not begin with http:// or https://" },
		{ "/path", "URL does not begin with http:// or https://" },
		{ "//h/path", "URL does not begin with http:// or https://" },
		{ "http:/h", "URL does not begin with http:// or https://" },
		{ "http:", "URL does not begin with http:// or https://" },
		{ "ftp://h/", "URL does not begin with http:// or https://" },
		{ "httpss://h/",
		    "URL does not begin with http:// or https://" },
		{ "http://", "URL without a host" },
		{ "http:///path", "URL without a host" },
		{ "http://:80/", "URL without a host" },
		{ "http://?q", "URL without a host" },
		{ "http://.", "URL without a host" },
		{ "http://#f", "URL without a host" },
		{ " http://h",
		    "byte 1 of the URL is a blank or not printable ASCII" },
		{ "http://h/\r\nX: y",
		    "byte 10 of the URL is a blank or not printable ASCII" },
		{ "http://h/\t",
		    "byte 10 of the URL is a blank or not printable ASCII" },
		{ "http://h/\x7f",
		    "byte 10 of the URL is a blank or not printable ASCII" },
		{ "http://h\xc3\xa9/",
		    "byte 9 of the URL is a blank or not printable ASCII" },
		{ "http://u:secret@h/",
		    "URL with a user name or password in it" },
		{ "http://@h/", "URL with a user name or password in it" },
		{ "http://h/#f", "URL with a fragment ('#')" },
		{ "http://h#", "URL with a fragment ('#')" },
		{ "http://h?q#f", "URL with a fragment ('#')" },
		{ "http://h/a\"b", "'\"' in a URL's path or query must be"
		    " written as %22" },
		{ "http://h/{x}", "'{' in a URL's path or query must be"
		    " written as %7B" },
		{ "http://h/?a|b", "'|' in a URL's path or query must be"
		    " written as %7C" },
		{ "http://h/[", "'[' in a URL's path or query must be"
		    " written as %5B" },
		{ "http://h/\\", "'\\' in a URL's path or query must be"
		    " written as %5C" },
		{ "http://h/%",
		    "'%' in a URL without two hex digits behind it" },
		{ "http://h/%2",
		    "'%' in a URL without two hex digits behind it" },
		{ "http://h/%2g",
		    "'%' in a URL without two hex digits behind it" },
		{ "http://h/%?2",
		    "'%' in a URL without two hex digits behind it" },
		{ "http://h:0", "port '0' is no number from 1 to 65535" },
		{ "http://h:65536",
		    "port '65536' is no number from 1 to 65535" },
		{ "http://h:+80", "port '+80' is no number from 1 to 65535" },
		{ "http://h:8a", "port '8a' is no number from 1 to 65535" },
		{ "http://h:80:80",
		    "port '80:80' is no number from 1 to 65535" },
		{ "http://::1/", "URL without a host" },
		{ "http://a..b", "host 'a..b' has a label of 0 bytes, allowed"
		    " are 1 to 63" },
		{ "http://.a", "host '.a' has a label of 0 bytes, allowed are"
		    " 1 to 63" },
		{ "http://a.b..", "host 'a.b.' has a label of 0 bytes, allowed"
		    " are 1 to 63" },
		{ "http://a*b", "host 'a*b' has a '*' in it" },
		{ "http://a%2eb", "host 'a%2eb' has a '%' in it" },
		{ "http://a\\b", "host 'a\\b' has a '\\' in it" },
		{ "http://127.1",
		    "host '127.1' is neither a name nor four decimal numbers" },
		{ "http://2130706433", "host '2130706433' is neither a name nor"
		    " four decimal numbers" },
		{ "http://0x7f.0.0.0x1", "host '0x7f.0.0.0x1' is neither a"
		    " name nor four decimal numbers" },
		{ "http://127.0.0.01", "host '127.0.0.01' is neither a name"
		    " nor four decimal numbers" },
		{ "http://127.0.0.256", "host '127.0.0.256' is neither a name"
		    " nor four decimal numbers" },
		{ "http://1.2.3.4.5", "host '1.2.3.4.5' is neither a name nor"
		    " four decimal numbers" },
		{ "http://[::1", "'[' without ']' in a URL" },
		{ "http://[::1]80", "'8' behind ']' in a URL" },
		{ "http://[::1].", "'.' behind ']' in a URL" },
		{ "http://[]", "'[]' is no IPv6 address" },
		{ "http://[1.2.3.4]", "'[1.2.3.4]' is no IPv6 address" },
		{ "http://[1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:10:11:12:13:14:15]",
		    "'[1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:10:11:12:13:14:15]' is no"
		    " IPv6 address" },
		{ "http://[::g]", "'g' in the IPv6 address '[::g]'" },
		{ "http://[fe80::1%25eth0]",
		    "IPv6 address '[fe80::1%25eth0]' with a zone" },
		{ "http://[::1]:x", "port 'x' is no number from 1 to 65535" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct uri u = { .port = 7 };
		struct err e = { ERR_NONE, "" };

		if (uri_parse(t_edge(str_of(cases[i].uri)), &u, &e))
			fail_msg("accepted: %s", cases[i].uri);
		assert_string_equal(e.msg, cases[i].msg);
		assert_int_equal(e.kind, ERR_USAGE);
		assert_int_equal(u.port, 7);
	}
}

static void
refuses_nul(void **state)
{
	struct uri u;
	struct err e;

	(void)state;
	assert_false(uri_parse(t_edge(S("http://h\0.example/")), &u, &e));
	assert_string_equal(e.msg,
	    "byte 9 of the URL is a blank or not printable ASCII");
	assert_false(uri_parse((struct str){ NULL, 0 }, &u, &e));
}

/* Lengths at and just beyond the bounds of RFC 1035. */
static void
bounds(void **state)
{
	char text[300];
	struct uri u;
	struct err e;
	struct buf b = BUF(text);

	(void)state;
	buf_add(&b, S("http://"));
	for (int i = 0; i < 253; i++)
		buf_char(&b, i % 64 == 63 ? '.' : 'a');
	assert_true(uri_parse(t_edge(buf_str(&b)), &u, &e));
	assert_int_equal(u.host.n, DNS_NAME_MAX);
	buf_char(&b, 'a');
	assert_false(uri_parse(t_edge(buf_str(&b)), &u, &e));
	assert_string_equal(e.msg, "host name of 254 bytes, at most 253");

	b.n = 0;
	buf_add(&b, S("http://"));
	for (int i = 0; i < 64; i++)
		buf_char(&b, 'a');
	assert_false(uri_parse(t_edge(buf_str(&b)), &u, &e));
	assert_non_null(strstr(e.msg, "label of 64 bytes"));
	b.n--;
	assert_true(uri_parse(t_edge(buf_str(&b)), &u, &e));
}

static void
writes(void **state)
{
	static const struct {
		const char *uri, *authority, *host_port, *target;
	} cases[] = {
		{ "http://H.Example", "h.example", "h.example:80", "/" },
		{ "http://h:80/", "h", "h:80", "/" },
		{ "http://h:443/", "h:443", "h:443", "/" },
		{ "https://h:443/a", "h", "h:443", "/a" },
		{ "https://h:80/a?b=c", "h:80", "h:80", "/a?b=c" },
		{ "http://h?b", "h", "h:80", "/?b" },
		{ "http://[FD00:EC2::254]:81/", "[fd00:ec2::254]:81",
		    "[fd00:ec2::254]:81", "/" },
		{ "https://[::1]", "[::1]", "[::1]:443", "/" },
		{ "http://1.2.3.4./x", "1.2.3.4", "1.2.3.4:80", "/x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[64];
		struct buf b = BUF(text);
		struct uri u;
		struct err e;

		assert_true(uri_parse(str_of(cases[i].uri), &u, &e));
		uri_authority(&u, &b);
		assert_str_equal(buf_str(&b), str_of(cases[i].authority));
		b.n = 0;
		uri_host_port(&u, &b);
		assert_str_equal(buf_str(&b), str_of(cases[i].host_port));
		b.n = 0;
		uri_target(&u, &b);
		assert_str_equal(buf_str(&b), str_of(cases[i].target));
	}
}

/* The rules are those of uri_parse; here, what is around them. */
static void
authority_alone(void **state)
{
	static const char *const bad[] = {
		"", ":80", "h:x", "h/", "h?", "u@h", "http://h", "h h",
	};
	struct uri u = { .tls = true };
	struct err e;

	(void)state;
	assert_true(uri_parse_authority(t_edge(S("h.example")), &u, &e));
	assert_str_equal(u.host, S("h.example"));
	assert_int_equal(u.port, 443);
	assert_false(u.literal);
	u.tls = false;
	assert_true(uri_parse_authority(t_edge(S("10.0.0.1")), &u, &e));
	assert_int_equal(u.port, 80);
	assert_true(u.literal);
	assert_true(uri_parse_authority(t_edge(S("[::1]:3128")), &u, &e));
	assert_int_equal(u.port, 3128);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(uri_parse_authority(t_edge(str_of(bad[i])), &u,
		    &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_nul),
		cmocka_unit_test(bounds),
		cmocka_unit_test(writes),
		cmocka_unit_test(authority_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
