#include "t.h"

#include <arpa/inet.h>

#include "net/addr.h"

/* What is accepted, and how RFC 5952 writes it. */
static void
test_parse_and_format(void **state)
{
	static const struct {
		const char *in, *out;	/* out NULL: must be refused */
	} cases[] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "127.0.0.1", "127.0.0.1" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "fd00:ec2::254", "fd00:ec2::254" },
		{ "FD00:0EC2:0000:0000:0000:0000:0000:0254", "fd00:ec2::254" },
		{ "2001:db8::1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8:0:0:1:0:0:0", "2001:db8:0:0:1::" },
		{ "1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "0:0:1::", "0:0:1::" },
		{ "::1:2:0:0:0", "::1:2:0:0:0" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "::ffff:c000:0201", "::ffff:192.0.2.1" },
		{ "64:ff9b::192.0.2.1", "64:ff9b::c000:201" },
		{ "fe80::1%3", "fe80::1%3" },
		{ "fe80::1%4294967295", "fe80::1%4294967295" },

		{ "", NULL },
		{ ".", NULL },
		{ ":", NULL },
		{ "1", NULL },
		{ "1.2.3", NULL },
		{ "1.2.3.", NULL },
		{ "1.2.3.4.", NULL },
		{ "1.2.3.4.5", NULL },
		{ ".1.2.3.4", NULL },
		{ "1..2.3", NULL },
		{ "01.2.3.4", NULL },
		{ "1.2.3.00", NULL },
		{ "1.2.3.256", NULL },
		{ "1.2.3.1000", NULL },
		{ "1.2.3.-4", NULL },
		{ "1.2.3.+4", NULL },
		{ "0x7f.0.0.1", NULL },
		{ "127.1", NULL },
		{ "2130706433", NULL },
		{ " 1.2.3.4", NULL },
		{ "1.2.3.4 ", NULL },
		{ "1.2.3.4%1", NULL },
		{ "1.2.3.4:80", NULL },
		{ ":::", NULL },
		{ "::1::", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "1:2:3:4:5:6:7:8::", NULL },
		{ "::1:2:3:4:5:6:7:8", NULL },
		{ ":1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:", NULL },
		{ "12345::", NULL },
		{ "g::", NULL },
		{ "[::1]", NULL },
		{ "::1 ", NULL },
		{ "::1.2.3", NULL },
		{ "::1.2.3.4.5", NULL },
		{ "::1.2.3.4:5", NULL },
		{ "::01.2.3.4", NULL },
		{ "1:2:3:4:5:6:7:1.2.3.4", NULL },
		{ "fe80::1%", NULL },
		{ "fe80::1%eth0", NULL },
		{ "fe80::1%1%1", NULL },
		{ "fe80::1%-1", NULL },
		{ "fe80::1%4294967296", NULL },
		{ "%1", NULL },
		{ "0000:0000:0000:0000:0000:ffff:255.255.255.2555", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr a = { .family = 7 };
		char text[64];
		struct buf b = BUF(text);
		bool ok = addr_parse(t_edge(str_of(cases[i].in)), &a);

		if (ok != (cases[i].out != NULL))
			fail_msg("'%s' %s", cases[i].in,
			    ok ? "accepted" : "refused");
		if (!ok) {
			assert_int_equal(a.family, 7);
			continue;
		}
		addr_format(&a, &b);
		assert_false(b.full);
		assert_str_equal(buf_str(&b), str_of(cases[i].out));
	}
}

static void
test_parse_nul(void **state)
{
	struct addr a;

	(void)state;
	assert_false(addr_parse(S("127.0.0.1\0"), &a));
	assert_false(addr_parse(S("127.0.0.1\0.example"), &a));
	assert_false(addr_parse(S("::1\0"), &a));
	assert_false(addr_parse((struct str){ NULL, 0 }, &a));
}

static void
test_class(void **state)
{
	static const struct {
		const char *ip;
		bool loopback, link_local;
	} cases[] = {
		{ "127.0.0.1", true, false },
		{ "127.255.255.255", true, false },
		{ "126.255.255.255", false, false },
		{ "128.0.0.1", false, false },
		{ "0.0.0.0", false, false },
		{ "::1", true, false },
		{ "::", false, false },
		{ "::2", false, false },
		{ "::127.0.0.1", false, false },
		{ "::ffff:127.0.0.1", true, false },
		{ "::ffff:128.0.0.1", false, false },
		{ "1::1", false, false },
		{ "169.254.169.254", false, true },
		{ "169.254.0.0", false, true },
		{ "169.253.255.255", false, false },
		{ "169.255.0.0", false, false },
		{ "::ffff:169.254.170.2", false, true },
		{ "fe80::1", false, true },
		{ "febf::1", false, true },
		{ "fec0::1", false, false },
		{ "fe7f::1", false, false },
		{ "fd00:ec2::23", false, true },
		{ "fd00:ec2:ffff::1", false, true },
		{ "fd00:ec3::23", false, false },
		{ "fd00::ec2", false, false },
		{ "10.0.0.1", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr a;

		assert_true(addr_parse(str_of(cases[i].ip), &a));
		if (addr_loopback(&a) != cases[i].loopback ||
		    addr_link_local(&a) != cases[i].link_local)
			fail_msg("%s", cases[i].ip);
	}
}

static void
test_within(void **state)
{
	static const struct {
		const char *ip, *net;
		unsigned bits;
		bool within;
	} cases[] = {
		{ "10.1.2.3", "10.1.2.3", 32, true },
		{ "10.1.2.3", "10.1.2.2", 32, false },
		{ "10.1.2.3", "10.1.2.2", 31, true },
		{ "10.1.2.3", "10.0.0.0", 8, true },
		{ "10.1.2.3", "10.0.0.0", 15, true },
		{ "10.1.2.3", "10.0.0.0", 16, false },
		{ "10.1.2.3", "11.1.2.3", 7, true },
		{ "10.1.2.3", "11.1.2.3", 8, false },
		{ "10.1.2.3", "255.255.255.255", 0, true },
		{ "10.1.2.3", "10.1.2.3", 33, false },
		{ "10.1.2.3", "::", 0, false },
		{ "10.1.2.3", "::ffff:10.1.2.3", 128, false },
		{ "::ffff:10.1.2.3", "10.1.0.0", 16, true },
		{ "::ffff:10.1.2.3", "10.2.0.0", 16, false },
		{ "::ffff:10.1.2.3", "::ffff:0:0", 96, true },
		{ "::ffff:10.1.2.3", "::fffe:0:0", 95, true },
		{ "::ffff:10.1.2.3", "::fffe:0:0", 96, false },
		{ "fd00::1", "0.0.0.0", 0, false },
		{ "fd00::1", "fd00::1", 128, true },
		{ "fd00::1", "fd00::", 127, true },
		{ "fd00::1", "fd00::", 128, false },
		{ "fd00::1", "fd00::1", 129, false },
		{ "fd00::1", "fc00::", 7, true },
		{ "fd00::1", "fc00::", 8, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr ip, net;

		assert_true(addr_parse(str_of(cases[i].ip), &ip));
		assert_true(addr_parse(str_of(cases[i].net), &net));
		if (addr_within(&ip, &net, cases[i].bits) != cases[i].within)
			fail_msg("%s in %s/%u", cases[i].ip, cases[i].net,
			    cases[i].bits);
	}
}

/* The zone is for connect(2), and a full writer is told. */
static void
test_sockaddr(void **state)
{
	struct sockaddr_storage ss;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&ss;
	struct addr a;
	char text[64], small[12];
	struct buf b = BUF(small);

	(void)state;
	assert_true(addr_parse(S("192.0.2.7"), &a));
	assert_int_equal(addr_sockaddr(&a, 443, &ss), sizeof(*v4));
	assert_int_equal(v4->sin_family, AF_INET);
	assert_int_equal(ntohs(v4->sin_port), 443);
	assert_string_equal(inet_ntop(AF_INET, &v4->sin_addr, text,
	    sizeof(text)), "192.0.2.7");

	assert_true(addr_parse(S("fe80::7%9"), &a));
	assert_int_equal(addr_sockaddr(&a, 80, &ss), sizeof(*v6));
	assert_int_equal(v6->sin6_family, AF_INET6);
	assert_int_equal(ntohs(v6->sin6_port), 80);
	assert_int_equal(v6->sin6_scope_id, 9);
	assert_string_equal(inet_ntop(AF_INET6, &v6->sin6_addr, text,
	    sizeof(text)), "fe80::7");

	addr_format(&a, &b);
	assert_false(b.full);
	addr_format(&a, &b);
	assert_true(b.full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_parse_nul),
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_sockaddr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
