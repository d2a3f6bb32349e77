/* Which proxy, for which target, with which user. */
#include "t.h"

#include <stdio.h>

#include "net/proxy.h"

/* An environment of "NAME=value" lines. */
static const char *
env(void *me, const char *name)
{
	static char value[8][64];
	static size_t next;
	struct str rest = str_of(me), line, key, v;

	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		str_cut(line, '=', &key, &v);
		if (str_eq(key, str_of(name))) {
			char *z = value[next++ % 8];

			(void)snprintf(z, sizeof(value[0]), "%.*s",
			    STR_ARG(v));
			return z;
		}
	}
	return NULL;
}

static struct proxy_conf
conf_of(const char *text)
{
	struct proxy_conf conf;
	char copy[256];

	(void)snprintf(copy, sizeof(copy), "%s", text);
	proxy_read(&conf, env, copy);
	return conf;
}

static void
variables(void **state)
{
	static const struct {
		const char *env, *https, *http, *except;
	} cases[] = {
		{ "", "", "", "" },
		{ "https_proxy=a", "a", "", "" },
		{ "HTTPS_PROXY=a", "a", "", "" },
		{ "http_proxy=a", "", "a", "" },
		{ "HTTP_PROXY=a", "", "a", "" },
		{ "no_proxy=a", "", "", "a" },
		{ "NO_PROXY=a", "", "", "a" },
		{ "https_proxy=a\nHTTPS_PROXY=b", "a", "", "" },
		{ "HTTPS_PROXY=b\nhttps_proxy=a", "a", "", "" },
		{ "http_proxy=a\nHTTP_PROXY=b", "", "a", "" },
		{ "no_proxy=a\nNO_PROXY=b", "", "", "a" },
		/* Set to nothing. */
		{ "https_proxy=\nHTTPS_PROXY=b", "", "", "" },
		{ "http_proxy=\nHTTP_PROXY=b", "", "", "" },
		{ "no_proxy=\nNO_PROXY=b", "", "", "" },
		{ "https_proxy= \nHTTPS_PROXY=b", "", "", "" },
		{ "HTTPS_PROXY=", "", "", "" },
		{ "HTTPS_PROXY= \ta ", "a", "", "" },
		/* In a CGI program HTTP_PROXY comes from outside. */
		{ "REQUEST_METHOD=GET\nHTTP_PROXY=b", "", "", "" },
		{ "REQUEST_METHOD=\nHTTP_PROXY=b", "", "", "" },
		{ "REQUEST_METHOD=GET\nhttp_proxy=a\nHTTP_PROXY=b", "", "a",
		    "" },
		{ "REQUEST_METHOD=GET\nHTTPS_PROXY=a\nNO_PROXY=c", "a", "",
		    "c" },
		/* Not these. */
		{ "all_proxy=a\nALL_PROXY=b\nftp_proxy=c", "", "", "" },
		{ "Https_Proxy=a\nproxy=b", "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct proxy_conf conf = conf_of(cases[i].env);

		assert_str_equal(conf.https.value, str_of(cases[i].https));
		assert_str_equal(conf.http.value, str_of(cases[i].http));
		assert_str_equal(conf.except, str_of(cases[i].except));
	}
}

static struct uri
target(const char *text)
{
	struct uri u;
	struct err e;

	if (!uri_parse(str_of(text), &u, &e))
		fail_msg("%s: %s", text, e.msg);
	return u;
}

static void
scheme_of_the_target(void **state)
{
	struct proxy_conf conf = conf_of("https_proxy=s:1\nhttp_proxy=h:2");
	struct uri secure = target("https://a.example");
	struct uri plain = target("http://a.example");
	struct proxy p;
	struct err e;

	(void)state;
	assert_true(proxy_choose(&conf, &secure, &p, &e));
	assert_str_equal(p.at.host, S("s"));
	assert_true(proxy_choose(&conf, &plain, &p, &e));
	assert_str_equal(p.at.host, S("h"));

	conf = conf_of("https_proxy=s:1");
	assert_true(proxy_choose(&conf, &plain, &p, &e));
	assert_int_equal(p.at.host.n, 0);
	/* What is wrong with a value matters to those who need it. */
	conf = conf_of("https_proxy=socks5://s:1");
	assert_true(proxy_choose(&conf, &plain, &p, &e));
	assert_false(proxy_choose(&conf, &secure, &p, &e));
	conf = conf_of("https_proxy=socks5://s:1\nno_proxy=.example");
	assert_true(proxy_choose(&conf, &secure, &p, &e));
	conf = (struct proxy_conf){ .except = S("x") };
	assert_true(proxy_choose(&conf, &secure, &p, &e));
	assert_int_equal(p.at.host.n, 0);
}

#define USER "https_proxy: user name or password with a '/', '?', '#' or" \
    " '%' that is not written as %XX, or a control byte"
#define FORM "https_proxy: not of the form http://[user:password@]host[:port]"
#define ONLY(scheme) "https_proxy: a proxy of '" scheme "' is not supported," \
    " only of http://"

static void
values(void **state)
{
	static const struct {
		const char *value;
		const char *at;		/* as host:port, or the message */
		const char *auth;	/* NULL: a message; empty: none */
	} cases[] = {
		{ "p.example:3128", "p.example:3128", "" },
		{ "p.example", "p.example:80", "" },
		{ "P.Example.:3128", "p.example:3128", "" },
		{ "http://p:3128", "p:3128", "" },
		{ "HTTP://p:3128", "p:3128", "" },
		{ "http://p:3128/", "p:3128", "" },
		{ "http://p", "p:80", "" },
		{ "http://p:", "p:80", "" },
		{ "//p:3128", "p:3128", "" },
		{ "//p/", "p:80", "" },
		{ "10.0.0.1:3128", "10.0.0.1:3128", "" },
		{ "http://[fd00::1]:3128", "[fd00::1]:3128", "" },
		{ "[fd00::1]", "[fd00::1]:80", "" },
		{ "http://@p:1", "p:1", "" },
		{ "http://u:p@p:1", "p:1", "Basic dTpw" },
		{ "u:p@p:1", "p:1", "Basic dTpw" },
		{ "//u:p@p:1/", "p:1", "Basic dTpw" },
		{ "http://u@p:1", "p:1", "Basic dTo=" },
		{ "http://us@p:1", "p:1", "Basic dXM6" },
		{ "http://use@p:1", "p:1", "Basic dXNlOg==" },
		{ "http://u:@p:1", "p:1", "Basic dTo=" },
		{ "http://:p@p:1", "p:1", "Basic OnA=" },
		{ "http://Aladdin:open%20sesame@p:1", "p:1",
		    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
		{ "http://Aladdin:open sesame@p:1", "p:1",
		    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
		{ "http://u:a:b@p:1", "p:1", "Basic dTphOmI=" },
		{ "http://u:a@b@p:1", "p:1", "Basic dTphQGI=" },
		{ "http://u:a%40b@p:1", "p:1", "Basic dTphQGI=" },
		{ "http://u:%2f%3F%23%25@p:1", "p:1", "Basic dTovPyMl" },
		{ "http://u:%c3%A9\xc3\xa9@p:1", "p:1", "Basic dTrDqcOp" },
		{ "x:y://z@p:1", USER, NULL },
		{ "http://u:s3cret/@p:1", USER, NULL },
		{ "http://u:s3cret?@p:1", USER, NULL },
		{ "http://u:s3cret#@p:1", USER, NULL },
		{ "http://p:3128/s3cret@", USER, NULL },
		{ "http://u:s3cret%@p:1", USER, NULL },
		{ "http://u:s3cret%4@p:1", USER, NULL },
		{ "http://u:s3cret%4g@p:1", USER, NULL },
		{ "http://u:s3cret%g4@p:1", USER, NULL },
		{ "http://u:s3cret%00@p:1", USER, NULL },
		{ "http://u:s3cret%0d%0aX:%20y@p:1", USER, NULL },
		{ "http://u:s3cret%7f@p:1", USER, NULL },
		{ "http://u:s3cret\x1f@p:1", USER, NULL },
		{ "http://", FORM, NULL },
		{ "http:///", FORM, NULL },
		{ "//", FORM, NULL },
		{ "/", FORM, NULL },
		{ ":3128", FORM, NULL },
		{ "http://u:s3cret@", FORM, NULL },
		{ "http://u:s3cret@:1", FORM, NULL },
		{ "http://u:s3cret", FORM, NULL },
		{ "u:s3cret", FORM, NULL },
		{ "http:p:3128", FORM, NULL },
		{ "http:/p:3128", FORM, NULL },
		{ "http://p:3128/x", FORM, NULL },
		{ "http://p:3128//", FORM, NULL },
		{ "http://p:3128?x", FORM, NULL },
		{ "http://p:3128#x", FORM, NULL },
		{ "http://p:0", FORM, NULL },
		{ "http://p:65536", FORM, NULL },
		{ "http://p:http", FORM, NULL },
		{ "http://p:1:2", FORM, NULL },
		{ "http://p q:1", FORM, NULL },
		{ "http://p,q:1", FORM, NULL },
		{ "http://[fd00::1", FORM, NULL },
		{ "http://fd00::1", FORM, NULL },
		{ "http://[p]:1", FORM, NULL },
		{ "http://256.1.1.1:1", FORM, NULL },
		{ "https://p:3128", ONLY("https://"), NULL },
		{ "HTTPS://u:s3cret@p", ONLY("HTTPS://"), NULL },
		{ "socks5://u:s3cret@p:1080", ONLY("socks5://"), NULL },
		{ "socks5h://p:1080", ONLY("socks5h://"), NULL },
		{ "socks4://p:1080", ONLY("socks4://"), NULL },
		{ "ftp://p", ONLY("ftp://"), NULL },
		{ "averylongschemeindeed://p", ONLY("averylongschemei://"),
		    NULL },
		{ "a+b-c.d://p", ONLY("a+b-c.d://"), NULL },
		{ "://p", FORM, NULL },
	};
	const struct uri to = target("https://api.example");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct proxy_conf conf = { .https = { "https_proxy",
		    t_edge(str_of(cases[i].value)) } };
		struct proxy p;
		struct err e = { ERR_NONE, "" };
		char at[300], auth[200];
		struct buf b = BUF(at), a = BUF(auth);

		if (!proxy_choose(&conf, &to, &p, &e)) {
			if (cases[i].auth)
				fail_msg("%s: %s", cases[i].value, e.msg);
			assert_string_equal(e.msg, cases[i].at);
			assert_int_equal(e.kind, ERR_USAGE);
			assert_null(strstr(e.msg, "s3cret"));
			continue;
		}
		if (!cases[i].auth)
			fail_msg("%s accepted", cases[i].value);
		uri_host_port(&p.at, &b);
		assert_str_equal(buf_str(&b), str_of(cases[i].at));
		assert_int_equal(p.user.n > 0, cases[i].auth[0] != '\0');
		if (p.user.n > 0)
			proxy_authorization(&p, &a);
		assert_str_equal(buf_str(&a), str_of(cases[i].auth));
	}
}

static bool
direct(const char *url, const char *except)
{
	const struct proxy_conf conf = { { "https_proxy", S("p:1") },
		{ "http_proxy", S("p:1") }, t_edge(str_of(except)) };
	const struct uri to = target(url);
	struct proxy p;
	struct err e;

	assert_true(proxy_choose(&conf, &to, &p, &e));
	assert_int_equal(p.user.n, 0);
	return p.at.host.n == 0;
}

static void
exceptions(void **state)
{
	static const struct {
		const char *url, *except;
		bool direct;
	} cases[] = {
		{ "https://a.example", "", false },
		{ "https://a.example", "*", true },
		{ "https://a.example", " * ", true },
		{ "https://a.example", "x, *", true },
		{ "https://10.0.0.1", "*", true },
		{ "https://a.example", "**", false },
		{ "https://a.example", "*a.example", false },
		{ "https://a.example", "*:443", true },
		{ "https://a.example", "*:444", false },
		/* Names. */
		{ "https://a.example", "a.example", true },
		{ "https://A.Example", "a.eXAMPLE", true },
		{ "https://a.example.", "a.example", true },
		{ "https://a.example", "a.example.", true },
		{ "https://a.example", "x,a.example,y", true },
		{ "https://a.example", "x , a.example\t,y", true },
		{ "https://a.example", ",,a.example,", true },
		{ "https://a.example", "x a.example", false },
		{ "https://a.example", "x;a.example", false },
		{ "https://a.example", "a.example.org", false },
		{ "https://a.example", "b.example", false },
		{ "https://a.example", "a", false },
		{ "https://a.example", "a.exampl", false },
		{ "https://a.example", "a.examplee", false },
		{ "https://a.example", "xa.example", false },
		{ "https://a.example", "https://a.example", false },
		{ "https://a.example", "a.example/", false },
		/* What is below a name. */
		{ "https://a.example", "example", true },
		{ "https://a.b.example", "example", true },
		{ "https://a.b.example", "b.example", true },
		{ "https://a.example", ".example", true },
		{ "https://a.example", "..example", true },
		{ "https://a.example", "*.example", true },
		{ "https://a.example", ".a.example", true },
		{ "https://a.example", "*.a.example", true },
		{ "https://xa.example", ".a.example", false },
		{ "https://xa.example", "a.example", false },
		{ "https://example", ".a.example", false },
		{ "https://aexample", "example", false },
		{ "https://a.example", ".", false },
		{ "https://a.example", "..", false },
		{ "https://a.example", "*.", false },
		{ "https://a.example", ".*", false },
		{ "https://a.example", "*.*", false },
		{ "https://a.example", "*.*.example", false },
		/* Ports. */
		{ "https://a.example", "a.example:443", true },
		{ "http://a.example", "a.example:80", true },
		{ "http://a.example", "a.example:443", false },
		{ "https://a.example", "a.example:444", false },
		{ "https://a.example:8443", "a.example:8443", true },
		{ "https://a.example:8443", "a.example", true },
		{ "https://a.example:8443", "a.example:443", false },
		{ "https://a.b.example:81", ".example:81", true },
		{ "https://a.example", "a.example:", false },
		{ "https://a.example", "a.example:x", false },
		{ "https://a.example", "a.example:443:443", false },
		{ "https://a.example", "a.example:65979", false },
		{ "https://a.example", ":443", false },
		/* Addresses. */
		{ "https://10.0.0.1", "10.0.0.1", true },
		{ "https://10.0.0.1", "10.0.0.2", false },
		{ "https://10.0.0.1", "10.0.0.1:443", true },
		{ "https://10.0.0.1", "10.0.0.1:80", false },
		{ "https://10.0.0.1", "0.0.1", false },
		{ "https://10.0.0.1", ".1", false },
		{ "https://10.0.0.1", "1", false },
		{ "https://10.0.0.1", "10.0.0", false },
		{ "https://10.0.0.1", "010.0.0.1", false },
		{ "https://a.10.0.0.1.example", "10.0.0.1", false },
		{ "https://[fd00::1]", "fd00::1", true },
		{ "https://[fd00::1]", "fd00:0:0::1", true },
		{ "https://[FD00::1]", "[fd00::1]", true },
		{ "https://[fd00::1]", "[fd00::1]:443", true },
		{ "https://[fd00::1]", "[fd00::1]:80", false },
		{ "https://[fd00::1]", "fd00::2", false },
		{ "https://[fd00::1]", "fd00::", false },
		{ "https://[fd00::1]", "[fd00::1", false },
		{ "https://[fd00::1]", "fd00::1]", false },
		{ "https://[::1:443]", "::1:443", true },
		{ "https://[fd00::]", "fd00:::443", true },
		{ "https://[::ffff:10.0.0.1]", "10.0.0.1", true },
		{ "https://10.0.0.1", "::ffff:10.0.0.1", false },
		/* Networks. */
		{ "https://10.0.0.1", "10.0.0.0/8", true },
		{ "https://10.255.0.1", "10.0.0.0/8", true },
		{ "https://11.0.0.1", "10.0.0.0/8", false },
		{ "https://10.0.0.1", "10.0.0.7/8", true },
		{ "https://10.0.0.127", "10.0.0.0/25", true },
		{ "https://10.0.0.128", "10.0.0.0/25", false },
		{ "https://10.0.0.1", "10.0.0.1/32", true },
		{ "https://10.0.0.1", "10.0.0.2/31", false },
		{ "https://10.0.0.1", "0.0.0.0/0", true },
		{ "https://10.0.0.1", "10.0.0.0/33", false },
		{ "https://10.0.0.1", "10.0.0.0/-1", false },
		{ "https://10.0.0.1", "10.0.0.0/", false },
		{ "https://10.0.0.1", "10.0.0.0/8x", false },
		{ "https://10.0.0.1", "10.0.0.0/255.0.0.0", false },
		{ "https://10.0.0.1", "10/8", false },
		{ "https://10.0.0.1", "/8", false },
		{ "https://10.0.0.1", "10.0.0.0/8:443", false },
		{ "https://10.0.0.1", "::/0", false },
		{ "https://a.example", "0.0.0.0/0", false },
		{ "https://a.example", "::/0", false },
		{ "https://[fd12:3456::1]", "fd00::/8", true },
		{ "https://[fd12:3456::1]", "[fd00::]/8", true },
		{ "https://[fd12:3456::1]", "fd12:3457::/31", true },
		{ "https://[fd12:3456::1]", "fd12:3457::/32", false },
		{ "https://[fd12:3456::1]", "fd12:3456::1/128", true },
		{ "https://[fd12:3456::1]", "fd12:3456::1/129", false },
		{ "https://[fd12:3456::1]", "0.0.0.0/0", false },
		{ "https://[fd12:3456::1]", "::/0", true },
		{ "https://[::ffff:10.0.0.1]", "10.0.0.0/8", true },
		{ "https://[::ffff:10.0.0.1]", "::/0", true },
		{ "https://[::ffff:10.0.0.1]", "::ffff:0:0/96", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (direct(cases[i].url, cases[i].except) != cases[i].direct)
			fail_msg("%s with '%s'", cases[i].url,
			    cases[i].except);
	}
}

/* Nothing has to be said for these. */
static void
never_through_a_proxy(void **state)
{
	static const struct {
		const char *url;
		bool direct;
	} cases[] = {
		{ "http://169.254.169.254/latest/meta-data/", true },
		{ "http://169.254.169.254:8080", true },
		{ "https://169.254.169.254", true },
		{ "http://169.254.170.2", true },
		{ "http://169.254.170.23", true },
		{ "http://169.254.0.0", true },
		{ "http://169.254.255.255", true },
		{ "http://[::ffff:169.254.169.254]", true },
		{ "http://[::ffff:a9fe:a9fe]", true },
		{ "http://[fd00:ec2::254]", true },
		{ "http://[FD00:0EC2::254]", true },
		{ "http://[fd00:ec2::23]", true },
		{ "http://[fe80::1]", true },
		{ "http://127.0.0.1:4566", true },
		{ "http://127.255.255.254", true },
		{ "http://[::1]", true },
		{ "http://[::ffff:127.0.0.1]", true },
		{ "http://localhost", true },
		{ "http://LocalHost.", true },
		{ "https://localhost:8443", true },
		{ "http://a.localhost", true },
		{ "http://169.253.169.254", false },
		/* An address that is none. */
		{ "http://[:::]", true },
		{ "http://[1:2:3]", true },
		{ "http://169.255.169.254", false },
		{ "http://128.0.0.1", false },
		{ "http://126.0.0.1", false },
		{ "http://[fd00:ec3::254]", false },
		{ "http://[::2]", false },
		{ "http://[::ffff:10.0.0.1]", false },
		{ "http://localhost.example", false },
		{ "http://xlocalhost", false },
		{ "http://169.254.169.254.example", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (direct(cases[i].url, "") != cases[i].direct)
			fail_msg("%s", cases[i].url);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables),
		cmocka_unit_test(scheme_of_the_target),
		cmocka_unit_test(values),
		cmocka_unit_test(exceptions),
		cmocka_unit_test(never_through_a_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
