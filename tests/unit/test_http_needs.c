/* What exchanges take besides their target's port. */
#include "t.h"

#include "net/http.h"

static void
needs(void **state)
{
	static const struct {
		struct http_conf conf;
		const char *reads[8];
		uint16_t connects[4];
	} cases[] = {
		{ { .made_s = 0 }, { "/etc/hosts", "/etc/resolv.conf",
		    "/etc/ssl/certs/ca-certificates.crt",
		    "/etc/pki/tls/certs/ca-bundle.crt",
		    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" }, { 53 } },
		{ { .hosts = "/h", .resolv = "/r", .dns_port = 5353,
		    .ca_bundle = "/b", .ca_system = "/s" },
		    { "/h", "/r", "/b", "/s" }, { 5353 } },
		{ { .hosts = "/h", .resolv = "/r", .ca_system = "/s",
		    .proxy = { { "https_proxy",
		    S_INIT("http://u:p@proxy:3128") }, { "http_proxy",
		    S_INIT("[::1]:8080") }, S_INIT("*") } },
		    { "/h", "/r", "/s" }, { 53, 3128, 8080 } },
		/* the same port; one that is none */
		{ { .hosts = "/h", .resolv = "/r", .ca_system = "/s",
		    .ca_bundle = "/s", .proxy = { { "https_proxy",
		    S_INIT("proxy") }, { "http_proxy",
		    S_INIT("http://proxy:80/") }, S_INIT("") } },
		    { "/h", "/r", "/s" }, { 53, 80 } },
		{ { .hosts = "/h", .resolv = "/r", .ca_system = "/s",
		    .proxy = { { "https_proxy", S_INIT("socks://x:1080") },
		    { "http_proxy", S_INIT("proxy:99999") }, S_INIT("") } },
		    { "/h", "/r", "/s" }, { 53 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = t_arena();
		struct sandbox_needs n = { .full = false };
		struct http *h;
		struct err e;
		size_t k;

		assert_true(http_new(&cases[i].conf, &a, &h, &e));
		http_needs(h, &n);
		for (k = 0; k < 8 && cases[i].reads[k]; k++)
			assert_string_equal(n.reads[k], cases[i].reads[k]);
		assert_null(n.reads[k]);
		for (k = 0; k < 4; k++)
			assert_int_equal(n.connects[k], cases[i].connects[k]);
		assert_true(n.udp);
		assert_false(n.connect_any || n.full || n.writes[0]);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
