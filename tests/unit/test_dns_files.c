#include "t.h"

#include "net/dns_files.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What a resolv.conf comes to, in one line:
 * servers / search domains / ndots timeout attempts.
 */
static void
describe(const struct dns_setup *s, struct buf *b)
{
	for (size_t i = 0; i < s->server_count; i++) {
		addr_format(&s->servers[i].addr, b);
		if (s->servers[i].zone.n > 0)
			buf_char(b, '%');
		buf_add(b, s->servers[i].zone);
		buf_char(b, ' ');
	}
	buf_char(b, '/');
	for (size_t i = 0; i < s->search_count; i++) {
		buf_char(b, ' ');
		buf_add(b, s->search[i]);
	}
	buf_add(b, S(" / "));
	buf_u64(b, s->ndots);
	buf_char(b, ' ');
	buf_u64(b, (uint64_t)s->timeout_ms);
	buf_char(b, ' ');
	buf_u64(b, s->attempts);
}

#define PLAIN " / 1 2000 2"

static void
t_resolv(void **state)
{
	static const struct {
		struct str text;
		const char *want;
	} cases[] = {
		{ S_INIT(""), "/" PLAIN },
		{ S_INIT("\n\n \t\n"), "/" PLAIN },
		{ S_INIT("nameserver 10.0.0.2\n"), "10.0.0.2 /" PLAIN },
		{ S_INIT("nameserver 10.0.0.2"), "10.0.0.2 /" PLAIN },
		{ S_INIT("nameserver\t10.0.0.2 \r\n"), "10.0.0.2 /" PLAIN },
		{ S_INIT("nameserver ::1\nnameserver fd00:ec2::253\n"),
		    "::1 fd00:ec2::253 /" PLAIN },
		{ S_INIT("nameserver fe80::1%2\n"), "fe80::1%2 /" PLAIN },
		{ S_INIT("nameserver fe80::1%eth0\n"), "fe80::1%eth0 /" PLAIN },
		{ S_INIT("nameserver 10.0.0.1\nnameserver 10.0.0.2\n"
		    "nameserver 10.0.0.3\nnameserver 10.0.0.4\n"),
		    "10.0.0.1 10.0.0.2 10.0.0.3 /" PLAIN },
		{ S_INIT("nameserver 10.0.0.2 # comment\n; nameserver 10.0.0.3\n"
		    "#nameserver 10.0.0.4\nnameserver 10.0.0.5;x\n"),
		    "10.0.0.2 10.0.0.5 /" PLAIN },
		/* no server */
		{ S_INIT("nameserver\n"), "/" PLAIN },
		{ S_INIT("nameserver dns.example\n"), "/" PLAIN },
		{ S_INIT("nameserver 10.0.0\n"), "/" PLAIN },
		{ S_INIT("nameserver 10.0.0.2%eth0\n"), "/" PLAIN },
		{ S_INIT("nameserver fe80::1%\n"), "/" PLAIN },
		{ S_INIT("nameserver fe80::1%0123456789abcdef\n"), "/" PLAIN },
		{ S_INIT("nameserver [::1]:53\n"), "/" PLAIN },
		{ S_INIT("nameserver 10.0.0.2\0\n"), "/" PLAIN },
		{ S_INIT("nameserver10.0.0.2\n"), "/" PLAIN },
		{ S_INIT("NameServer 10.0.0.2\n"), "/" PLAIN },
		{ S_INIT("nameservers 10.0.0.2\n"), "/" PLAIN },

		{ S_INIT("search a.test b.test\n"), "/ a.test b.test" PLAIN },
		{ S_INIT("search a.test.\tb\n"), "/ a.test b" PLAIN },
		{ S_INIT("domain a.test b.test\n"), "/ a.test" PLAIN },
		{ S_INIT("search a.test b.test\ndomain c\n"), "/ c" PLAIN },
		{ S_INIT("domain c\nsearch a.test b.test\n"),
		    "/ a.test b.test" PLAIN },
		{ S_INIT("search a.test\nsearch .\n"), "/" PLAIN },
		{ S_INIT("search a.test # b.test\n"), "/ a.test" PLAIN },
		{ S_INIT("search a..b x/y \1\n"), "/" PLAIN },
		{ S_INIT("search\n"), "/" PLAIN },

		{ S_INIT("options ndots:5 timeout:1 attempts:3\n"),
		    "/ / 5 1000 3" },
		{ S_INIT("options ndots:5\noptions attempts:1\n"),
		    "/ / 5 2000 1" },
		{ S_INIT("options ndots:0\n"), "/ / 0 2000 2" },
		{ S_INIT("options ndots:99 timeout:99 attempts:99\n"),
		    "/ / 15 30000 5" },
		{ S_INIT("options timeout:0 attempts:0\n"), "/ / 1 1000 1" },
		{ S_INIT("options rotate edns0 trust-ad use-vc\n"), "/" PLAIN },
		{ S_INIT("options ndots ndots: ndots:x ndots:-1 ndots:+2\n"),
		    "/" PLAIN },
		{ S_INIT("options timeout:99999999999999999999\n"), "/" PLAIN },
		{ S_INIT("options\tndots:3 bogus:7\n"), "/ / 3 2000 2" },
		{ S_INIT("sortlist 10.0.0.0\nlookup file bind\nfamily inet\n"),
		    "/" PLAIN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dns_setup got;
		char text[256];
		struct buf b = BUF(text);
		struct str want = str_of(cases[i].want);

		dns_setup_parse(t_edge(cases[i].text), &got);
		describe(&got, &b);
		if (!str_eq(buf_str(&b), want))
			fail_msg("%.*s: '%.*s', not '%.*s'",
			    STR_ARG(cases[i].text), STR_ARG(buf_str(&b)),
			    STR_ARG(want));
	}
}

static void
t_resolv_bounds(void **state)
{
	char text[512];
	struct buf b = BUF(text);
	struct dns_setup got;

	(void)state;
	buf_add(&b, S("search"));
	for (size_t i = 0; i < DNS_SEARCH_MAX + 3; i++) {
		buf_char(&b, ' ');
		buf_u64(&b, i);
	}
	assert_false(b.full);
	dns_setup_parse(t_edge(buf_str(&b)), &got);
	assert_int_equal(got.search_count, DNS_SEARCH_MAX);
	assert_str_equal(got.search[DNS_SEARCH_MAX - 1], S("31"));
}

static const struct str hosts = S_INIT(
    "# 10.9.9.9 commented\n"
    "127.0.0.1 localhost\n"
    "10.0.0.1\talpha.test  alpha a # alias\n"
    "  10.0.0.2 beta.test\r\n"
    "fd00::2 beta.test b6\n"
    "10.0.0.3 Gamma.Test\n"
    "10.0.0.4 alpha\n"
    "fe80::1%3 scoped\n"
    "fe80::1%eth0 named-scope\n"
    "10.0.0 short\n"
    "10.0.0.5\n"
    "not-an-address delta\n"
    "10.0.0.6 end#mark\n"
    "10.0.0.7 last");

static void
t_hosts(void **state)
{
	static const struct {
		const char *host, *want;	/* want: addresses in order */
	} cases[] = {
		{ "localhost", "127.0.0.1 " },
		{ "alpha.test", "10.0.0.1 " },
		{ "ALPHA.test", "10.0.0.1 " },
		{ "a", "10.0.0.1 " },
		{ "alpha", "10.0.0.1 10.0.0.4 " },
		{ "beta.test", "10.0.0.2 fd00::2 " },
		{ "b6", "fd00::2 " },
		{ "gamma.test", "10.0.0.3 " },
		{ "scoped", "fe80::1%3 " },
		{ "end", "10.0.0.6 " },
		{ "last", "10.0.0.7 " },
		{ "commented", "" },
		{ "alias", "" },
		{ "#", "" },
		{ "alph", "" },
		{ "alpha.tes", "" },
		{ "alpha.test.", "" },
		{ "beta", "" },
		{ "named-scope", "" },
		{ "short", "" },
		{ "delta", "" },
		{ "mark", "" },
		{ "10.0.0.1", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct addr out[4];
		char text[128];
		struct buf b = BUF(text);
		size_t n = dns_hosts_find(t_edge(hosts),
		    str_of(cases[i].host), out, COUNT(out));

		for (size_t k = 0; k < n; k++) {
			addr_format(&out[k], &b);
			buf_char(&b, ' ');
		}
		if (!str_eq(buf_str(&b), str_of(cases[i].want)))
			fail_msg("%s: '%.*s'", cases[i].host,
			    STR_ARG(buf_str(&b)));
	}
}

static void
t_hosts_room(void **state)
{
	struct addr out[2] = { [1] = { .family = 7 } };

	(void)state;
	assert_int_equal(dns_hosts_find(hosts, S("alpha"), out, 1), 1);
	assert_int_equal(out[1].family, 7);
	assert_int_equal(dns_hosts_find(S(""), S("alpha"), out, 2), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_resolv),
		cmocka_unit_test(t_resolv_bounds),
		cmocka_unit_test(t_hosts),
		cmocka_unit_test(t_hosts_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
