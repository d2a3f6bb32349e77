#include "t.h"

#include "aws/imds.h"

static void
test_path(void **state)
{
	static const struct {
		const char *word, *path;
	} cases[] = {
		{ "instance-id", "latest/meta-data/instance-id" },
		{ "/instance-id", "latest/meta-data/instance-id" },
		{ "", "latest/meta-data/" },
		{ "a//b///", "latest/meta-data/a/b/" },
		{ "meta-data/a", "latest/meta-data/a" },
		{ "/meta-data", "latest/meta-data" },
		{ "meta-dat", "latest/meta-data/meta-dat" },
		{ "dynamic/a", "latest/dynamic/a" },
		{ "//dynamic//a", "latest/dynamic/a" },
		{ "user-data", "latest/meta-data/user-data" },
		/* With a version, or none wanted: only the slashes. */
		{ "/", "/" },
		{ "//", "/" },
		{ "latest", "latest" },
		{ "/latest/user-data", "/latest/user-data" },
		{ "latestness", "latestness" },
		{ "lates", "latest/meta-data/lates" },
		{ "1.0/meta-data//a", "1.0/meta-data/a" },
		{ "1.1/a", "latest/meta-data/1.1/a" },
		{ "2021-07-15/dynamic", "2021-07-15/dynamic" },
		{ "/2021-07-15", "/2021-07-15" },
		{ "2021-07-1", "latest/meta-data/2021-07-1" },
		{ "2021-07-1x/a", "latest/meta-data/2021-07-1x/a" },
		{ "2021/07-15", "latest/meta-data/2021/07-15" },
		{ "a/latest", "latest/meta-data/a/latest" },
		/* Bytes are nobody's business here. */
		{ "a b\n%\x80", "latest/meta-data/a b\n%\x80" },
		{ "../x", "latest/meta-data/../x" },
	};
	struct arena a = t_arena();
	struct str path;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(imds_path(t_edge(str_of(cases[i].word)), &a, &path,
		    &e));
		assert_str_equal(path, str_of(cases[i].path));
	}
	a = (struct arena){ a.p, 40, 0 };
	assert_false(imds_path(S("instance-id"), &a, &path, &e));
	assert_int_equal(e.kind, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
