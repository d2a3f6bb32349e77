/* Sinks that are files. */
#include "sink/tarball.h"
#include "sink_case.h"

static const struct format_entry public = {
	S_INIT("public.ecr.aws"), { NULL, 0 }, { NULL, 0 }, S_INIT("AWS"),
	S_INIT("pwP"), S_INIT("QVdTOnB3UA=="), FAKE_NOW + 1,
};

static const struct fake_file_entry *
file(const char *path)
{
	for (size_t i = 0; i < f.file_count; i++)
		if (!strcmp(f.files[i].path, path))
			return &f.files[i];
	fail_msg("no %s", path);
	return NULL;
}

static void
is_written(const char *path, mode_t mode, mode_t dir_mode, bool blind)
{
	const struct fake_file_entry *at_it = file(path);

	assert_int_equal(at_it->edits, 1);
	assert_int_equal(at_it->how.mode, mode);
	assert_int_equal(at_it->how.dir_mode, dir_mode);
	assert_int_equal(at_it->how.blind, blind);
	assert_true(at_it->how.wait);
}

static void
is_whole(const char *path, mode_t mode, mode_t dir_mode)
{
	is_written(path, mode, dir_mode, true);
}

#define AUTH_A "\t\t\"" HOST_A "\": {\n\t\t\t\"auth\": \"QVdTOnB3QQ==\"\n\t\t}"
#define AUTH_B "\t\t\"" HOST_B "\": {\n\t\t\t\"auth\": \"QVdTOnB3Qg==\"\n\t\t}"
#define CONFIG_BOTH "{\n\t\"auths\": {\n" AUTH_A ",\n" AUTH_B "\n\t}\n}"

static void
t_auth_file(void **state)
{
	const struct sink s = at(SINK_AUTH_FILE, "/c/config.json");

	(void)state;
	start();
	writes(s, 2);
	assert_string_equal(fake_content(&f, "/c/config.json"), CONFIG_BOTH);
	assert_int_equal(file("/c/config.json")->how.mode, 0600);
	assert_int_equal(file("/c/config.json")->how.dir_mode, 0700);
	assert_true(file("/c/config.json")->how.wait);
	assert_false(file("/c/config.json")->how.blind);
	assert_int_equal(f.note_count, 0);
	assert_int_equal(out.n, 0);

	/* What else is there stays, and shadows are told of. */
	start();
	fake_file(&f, "/c/config.json", "{\"auths\":{\"o\":{}},\"credHelpers\""
	    ":{\"" HOST_B "\":\"ecr-login\"}}");
	writes(s, 2);
	assert_int_equal(f.edit_count, 1);
	assert_non_null(strstr(fake_content(&f, "/c/config.json"), "\"o\""));
	assert_int_equal(f.note_count, 1);
	assert_int_equal(f.notes[0].kind, NOTE_WARNING);
	assert_string_equal(f.notes[0].text, "docker will not use the entry of"
	    " '" HOST_B "': 'credHelpers' in '/c/config.json' names a"
	    " credential helper for it");
}

static void
t_auth_file_refused(void **state)
{
	const struct sink s = at(SINK_AUTH_FILE, "/c/config.json");

	(void)state;
	start();
	f.read_only = true;
	fails(s, 1, ERR_SYS, "update '/c/config.json': write '/c/config.json':"
	    " Read-only file system");
	start();
	fake_file(&f, "/c/config.json", "{\"auths\":[]}");
	fails(s, 1, ERR_REPLY, "update '/c/config.json': file left as it was:"
	    " 'auths' is not an object");
	assert_string_equal(fake_content(&f, "/c/config.json"),
	    "{\"auths\":[]}");
	start();
	fails((struct sink){ .kind = SINK_AUTH_FILE, .target = S("/c\0d") }, 1,
	    ERR_REPLY, "NUL byte inside '/c'");
}

static void
t_tarball(void **state)
{
	static const struct {
		const char *target;
		unsigned mode;
		const char *archive, *config;
		mode_t file_mode, dir_mode;
	} cases[] = {
		{ "/c/d.tgz", 0, "/c/d.tgz", NULL, 0600, 0 },
		{ "/c/d.tgz", 0644, "/c/d.tgz", NULL, 0644, 0 },
		{ "/dir", 0, "/dir/docker.tar.gz", "/dir/.docker/config.json",
		    0600, 0700 },
		{ "/dir/", 0640, "/dir/docker.tar.gz",
		    "/dir/.docker/config.json", 0640, 0750 },
		{ "/not/", 0644, "/not/docker.tar.gz",
		    "/not/.docker/config.json", 0644, 0755 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sink s = at(SINK_TARBALL, cases[i].target);
		const struct fake_file_entry *made;
		struct str archive;

		s.mode = cases[i].mode;
		start();
		fake_file(&f, "/dir/old", "");
		fake_file(&f, cases[i].archive, "old");
		writes(s, 2);
		assert_int_equal(f.edit_count, cases[i].config ? 2 : 1);
		is_whole(cases[i].archive, cases[i].file_mode,
		    cases[i].dir_mode);
		assert_true(tarball_write(both, 2, cases[i].file_mode, GOT_S,
		    &a, &archive, &e));
		made = file(cases[i].archive);
		assert_int_equal(made->body_n, archive.n);
		assert_memory_equal(made->body, archive.p, archive.n);
		if (!cases[i].config)
			continue;
		is_written(cases[i].config, cases[i].file_mode,
		    cases[i].dir_mode, false);
		assert_string_equal(fake_content(&f, cases[i].config),
		    CONFIG_BOTH);
	}
}

/* A directory may be somebody's home. */
static void
t_tarball_beside_others(void **state)
{
	const struct sink s = at(SINK_TARBALL, "/dir/");
	const char *path = "/dir/.docker/config.json";
	struct str archive;

	(void)state;
	start();
	fake_file(&f, path, "{\"auths\":{\"o\":{},\"https://" HOST_A "\":{}},"
	    "\"detachKeys\":\"ctrl-x\"}");
	writes(s, 1);
	assert_string_equal(fake_content(&f, path), "{\"auths\":{\"o\":{},\""
	    HOST_A "\":{\"auth\":\"QVdTOnB3QQ==\"}},\"detachKeys\":"
	    "\"ctrl-x\"}");
	/* The archive is for others, and has nobody else's. */
	assert_true(tarball_write(both, 1, 0600, GOT_S, &a, &archive, &e));
	assert_int_equal(file("/dir/docker.tar.gz")->body_n, archive.n);
	start();
	fake_file(&f, path, "{");
	fails(s, 1, ERR_REPLY, "1 of 2 files failed, the first of them: update"
	    " '/dir/.docker/config.json': file left as it was: not json at"
	    " byte 1, the end: string expected");
	assert_string_equal(fake_content(&f, path), "{");
	assert_non_null(fake_content(&f, "/dir/docker.tar.gz"));
}

static void
t_tarball_refused(void **state)
{
	(void)state;
	start();
	f.read_only = true;
	fails(at(SINK_TARBALL, "/c/d.tgz"), 2, ERR_SYS,
	    "write '/c/d.tgz': Read-only file system");
	start();
	fake_file_fails(&f, "/c", ERR_SYS);
	fails(at(SINK_TARBALL, "/c"), 2, ERR_SYS,
	    "file location: open '/c': made to fail");
	/* One of the two. */
	start();
	fake_file_fails(&f, "/c/.docker/config.json", ERR_SYS);
	fails(at(SINK_TARBALL, "/c/"), 2, ERR_SYS, "1 of 2 files failed, the"
	    " first of them: update '/c/.docker/config.json': write"
	    " '/c/.docker/config.json': made to fail");
	assert_non_null(fake_content(&f, "/c/docker.tar.gz"));
	start();
	f.read_only = true;
	fails(at(SINK_TARBALL, "/c/"), 2, ERR_SYS, "2 of 2 files failed, the"
	    " first of them: update '/c/.docker/config.json': write"
	    " '/c/.docker/config.json': Read-only file system");
}

static void
t_dockercfg(void **state)
{
	const struct sink s = at(SINK_DOCKERCFG, "/h/.dockercfg");
	struct format_entry bad = both[0];

	(void)state;
	start();
	fake_file(&f, "/h/.dockercfg", "{\"other\":{}}");
	writes(s, 1);
	is_whole("/h/.dockercfg", 0600, 0);
	assert_true(format_write(FORMAT_DOCKERCFG, both, 1, &out, &e));
	assert_str_equal(str_of(fake_content(&f, "/h/.dockercfg")),
	    buf_str(&out));

	start();
	f.read_only = true;
	fails(s, 1, ERR_SYS, "write '/h/.dockercfg': Read-only file system");
	start();
	bad.password = S("p\nw");
	assert_false(sink_write(&f.w, &s, &bad, 1, 0, DEADLINE, &a, &out, &e));
	assert_int_equal(e.kind, ERR_REPLY);
	assert_int_equal(f.edit_count, 0);
}

static void
t_password_files(void **state)
{
	const struct sink s = at(SINK_PASSWORD_FILE, "/p/{account}.{region}");
	const struct sink host = at(SINK_PASSWORD_FILE, "/p/{host}");

	(void)state;
	start();
	writes(s, 2);
	assert_string_equal(fake_content(&f, "/p/111111111111.eu-west-1"),
	    "pwA");
	assert_string_equal(fake_content(&f, "/p/222222222222.us-east-1"),
	    "pwB");
	is_whole("/p/111111111111.eu-west-1", 0600, 0);
	is_whole("/p/222222222222.us-east-1", 0600, 0);
	start();
	assert_true(sink_write(&f.w, &host, &public, 1, 0, DEADLINE, &a, &out,
	    &e));
	assert_string_equal(fake_content(&f, "/p/public.ecr.aws"), "pwP");

	/* One that fails does not keep the others. */
	start();
	fake_file_fails(&f, "/p/111111111111.eu-west-1", ERR_SYS);
	fails(s, 2, ERR_SYS, "1 of 2 password files failed, the first of them:"
	    " write '/p/111111111111.eu-west-1': made to fail");
	assert_string_equal(fake_content(&f, "/p/222222222222.us-east-1"),
	    "pwB");
	start();
	fails(at(SINK_PASSWORD_FILE, "/p"), 2, ERR_USAGE, "password file '/p':"
	    " the same for '" HOST_A "' and '" HOST_B "'; write {account} and"
	    " {region}, or {host}, into it");
	assert_int_equal(f.edit_count, 0);
	start();
	assert_false(sink_write(&f.w, &s, &public, 1, 0, DEADLINE, &a, &out,
	    &e));
	assert_string_equal(e.msg, "password file '/p/{account}.{region}':"
	    " registry 'public.ecr.aws' has no account; write {host}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_auth_file),
		cmocka_unit_test(t_auth_file_refused),
		cmocka_unit_test(t_tarball),
		cmocka_unit_test(t_tarball_beside_others),
		cmocka_unit_test(t_tarball_refused),
		cmocka_unit_test(t_dockercfg),
		cmocka_unit_test(t_password_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
