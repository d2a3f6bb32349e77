#include "t.h"

#include "applets/sidecar.h"

#define REACHED(at) "--serve hands out secrets, and others can reach '" at \
    "': give --serve-token-file FILE, or --listen 127.0.0.1:PORT, or" \
    " --serve-secrets-in-clear if all of that network may have them"

static void
agree(void **state)
{
	static const struct {
		struct sidecar k;
		const char *msg;	/* NULL: they do */
	} cases[] = {
		{ { .interval_s = 0 }, NULL },
		{ { .interval_s = 60, .log_format = "json" }, NULL },
		{ { .listen = ":80", .log_format = "json" }, NULL },
		{ { .log_format = "json" }, "--log-format has no use without"
		    " --interval or --listen: what does not stay keeps no"
		    " log" },
		{ { .check = true, .max_age_s = 9 }, NULL },
		{ { .max_age_s = 9 },
		    "--max-age has no use without --check" },
		{ { .listen = ":80", .serve = "x" }, NULL },
		{ { .listen = "127.9.9.9:80", .serve = "x" }, NULL },
		{ { .listen = "[::1]:80", .serve = "x" }, NULL },
		{ { .serve = "x" },
		    "--serve has no use without --listen ADDR:PORT" },
		{ { .serve = "x", .interval_s = 9 },
		    "--serve has no use without --listen ADDR:PORT" },
		{ { .listen = "0.0.0.0:80" }, NULL },
		{ { .listen = "0.0.0.0:80", .serve = "x" },
		    REACHED("0.0.0.0:80") },
		{ { .listen = "[::]:80", .serve = "x" }, REACHED("[::]:80") },
		{ { .listen = "192.0.2.1:80", .serve = "x" },
		    REACHED("192.0.2.1:80") },
		{ { .listen = "0.0.0.0:80", .serve = "x",
		    .serve_token_file = "f" }, NULL },
		{ { .listen = "0.0.0.0:80", .serve = "x",
		    .serve_in_clear = true }, NULL },
		{ { .listen = ":80", .serve = "x", .serve_token_file = "f",
		    .serve_in_clear = true }, "--serve-token-file and"
		    " --serve-secrets-in-clear do not go together" },
		{ { .listen = ":80", .serve_token_file = "f" },
		    "--serve-token-file has no use without --serve NAMES" },
		{ { .listen = ":80", .serve_in_clear = true },
		    "--serve-secrets-in-clear has no use without"
		    " --serve NAMES" },
		{ { .listen = "localhost:80", .serve = "x" },
		    "listen on 'localhost:80': 'localhost' is no address; one"
		    " of this machine is wanted, or nothing for loopback" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = { ERR_NONE, "" };

		assert_int_equal(sidecar_agrees(&cases[i].k, &e),
		    !cases[i].msg);
		assert_string_equal(e.msg, cases[i].msg ? cases[i].msg : "");
		assert_int_equal(e.kind, cases[i].msg ? ERR_USAGE : ERR_NONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
