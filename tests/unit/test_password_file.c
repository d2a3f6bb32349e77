#include "sink/password_file.h"
#include "t.h"

#define EU "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
#define US "123456789012.dkr.ecr.us-east-1.amazonaws.com"
#define OTHER "210987654321.dkr.ecr.eu-west-1.amazonaws.com"
#define FIPS "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com"
#define PUBLIC "public.ecr.aws"

static void
t_paths(void **state)
{
	static const struct {
		const char *pattern;
		const char *hosts[3];
		const char *paths[3];	/* or NULL, and */
		const char *error;
	} cases[] = {
		{ "/p", { EU }, { "/p" }, NULL },
		{ "/p/{account}-{region}", { EU, US, OTHER },
		    { "/p/123456789012-eu-west-1", "/p/123456789012-us-east-1",
		    "/p/210987654321-eu-west-1" }, NULL },
		{ "{region}/{region}", { EU, US }, { "eu-west-1/eu-west-1",
		    "us-east-1/us-east-1" }, NULL },
		{ "{account}", { EU, OTHER }, { "123456789012",
		    "210987654321" }, NULL },
		{ "/p/{host}.txt", { US, FIPS, PUBLIC }, { "/p/" US ".txt",
		    "/p/" FIPS ".txt", "/p/" PUBLIC ".txt" }, NULL },
		{ "/p", { PUBLIC }, { "/p" }, NULL },
		{ "", { EU }, { NULL }, "'': the name of a file is wanted" },
		{ "/", { EU }, { NULL }, "'/': the name of a file is wanted" },
		{ "/p/", { EU }, { NULL },
		    "'/p/': the name of a file is wanted" },
		{ "/p", { EU, US }, { NULL }, "'/p': the same for '" EU "' and"
		    " '" US "'; write {account} and {region}, or {host}, into"
		    " it" },
		{ "{account}", { OTHER, EU, US }, { NULL }, "'{account}': the"
		    " same for '" EU "' and '" US "'; write {account} and"
		    " {region}, or {host}, into it" },
		{ "{region}", { EU, US, OTHER }, { NULL }, "'{region}': the"
		    " same for '" EU "' and '" OTHER "'; write {account} and"
		    " {region}, or {host}, into it" },
		{ "{account}-{region}", { US, FIPS }, { NULL },
		    "'{account}-{region}': the same for '" US "' and '" FIPS
		    "'; write {account} and {region}, or {host}, into it" },
		{ "{account}", { PUBLIC }, { NULL }, "'{account}': registry"
		    " 'public.ecr.aws' has no account; write {host}" },
		{ "{region}", { EU, PUBLIC }, { NULL }, "'{region}': registry"
		    " 'public.ecr.aws' has no region; write {host}" },
		{ "{Account}", { EU }, { NULL }, "'{Account}': in braces there"
		    " may be account, region or host" },
		{ "{}", { EU }, { NULL }, "'{}': in braces there may be"
		    " account, region or host" },
		{ "{account", { EU }, { NULL }, "'{account': in braces there"
		    " may be account, region or host" },
		{ "account}", { EU }, { NULL }, "'account}': in braces there"
		    " may be account, region or host" },
		{ "{{account}}", { EU }, { NULL }, "'{{account}}': in braces"
		    " there may be account, region or host" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = t_arena();
		struct registry r[3];
		struct err e = { ERR_NONE, "" };
		struct str *paths = NULL;
		size_t n = 0, used;
		bool done;

		for (; n < 3 && cases[i].hosts[n]; n++)
			assert_true(registry_parse(str_of(cases[i].hosts[n]),
			    &a, &r[n], &e));
		used = a.used;
		/* Far behind, nothing is written, nor wiped. */
		a.p[a.cap - 1] = 'x';
		done = password_file_paths(t_edge(str_of(cases[i].pattern)), r,
		    n, &a, &paths, &e);
		assert_int_equal(done, !cases[i].error);
		if (!done) {
			assert_int_equal(e.kind, ERR_USAGE);
			assert_true(str_starts(str_of(e.msg),
			    S("password file ")));
			assert_string_equal(e.msg + 14, cases[i].error);
			assert_null(paths);
			assert_int_equal(a.used, used);
			assert_int_equal(a.p[a.cap - 1], 'x');
		}
		for (size_t k = 0; done && k < n; k++)
			assert_str_equal(paths[k], str_of(cases[i].paths[k]));
	}
}

static void
t_memory(void **state)
{
	static _Alignas(16) char mem[1024];
	struct err e;

	(void)state;
	for (size_t cap = 1; cap < 300; cap++) {
		struct arena a = { mem, sizeof(mem), 0 };
		struct str *paths;
		struct registry r;

		assert_true(registry_parse(S(EU), &a, &r, &e));
		a.cap = a.used + cap;
		if (!password_file_paths(S("/p/{host}{host}"), &r, 1, &a,
		    &paths, &e))
			assert_int_equal(e.kind, ERR_LIMIT);
		else
			assert_str_equal(paths[0], S("/p/" EU EU));
		a.used = a.cap - cap;
		if (!password_file_paths(S("p"), &r, 1, &a, &paths, &e))
			assert_int_equal(e.kind, ERR_LIMIT);
		else
			assert_str_equal(paths[0], S("p"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_paths),
		cmocka_unit_test(t_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
