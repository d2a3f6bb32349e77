/* Two files, cut at the first NUL byte, as config and credentials: keys come
 * out as a pair from one file or not at all, and from the profile asked for.
 * The profiles that are found are those that are named, each once.
 */
#include <stdlib.h>

#include "cred/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct files {
	struct str config, credentials;
};

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static const char *
env(void *me, const char *name)
{
	(void)me;
	if (str_eq(str_of(name), S("AWS_CONFIG_FILE")))
		return "config";
	if (str_eq(str_of(name), S("AWS_SHARED_CREDENTIALS_FILE")))
		return "credentials";
	return NULL;
}

static int64_t
zero(void *me)
{
	(void)me;
	return 0;
}

static bool
file(void *me, const char *path, struct arena *a, struct str *body,
    struct err *e)
{
	const struct files *f = me;

	(void)a;
	(void)e;
	*body = str_eq(str_of(path), S("config")) ? f->config :
	    f->credentials;
	return true;
}

static void
note(void *me, enum world_note kind, struct str text)
{
	(void)me;
	check(kind == NOTE_DETAIL && text.n > 0);
}

static void
check_profile(const struct world *w, const char *name, struct arena a)
{
	const struct config_flags flags = { .profile = name };
	static const struct provider *const sources[] = {
		&cred_credentials_file, &cred_config_file,
	};
	char text[256];
	struct config c;
	struct cred cred;
	struct err e;

	if (!config_load(w, &a, &flags, &c, &e)) {
		check(name && e.kind == ERR_USAGE);
		return;
	}
	check(!name || c.profile.found);
	for (size_t i = 0; i < 2; i++) {
		struct buf id = BUF(text);

		if (!sources[i]->select(&c, &c.profile, &id, &e)) {
			check(e.kind == ERR_ABSENT || e.kind == ERR_USAGE);
			continue;
		}
		cred = (struct cred){ .source = "fuzz" };
		check(id.n > 0 && sources[i]->fetch(&c, &c.profile,
		    &cred, &e));
		check(cred.key_id.n > 0 && cred.secret.n > 0);
		check(!cred.account.n || cred.account.n == 12);
	}
}

static bool
is_named(const struct str *names, size_t count, struct str name)
{
	size_t times = 0;

	for (size_t i = 0; i < count; i++)
		times += str_eq(names[i], name);
	check(times <= 1);
	return times == 1;
}

static void
check_names(const struct world *w, struct arena a)
{
	static const char *const some[] = { "default", "a b", "a", "" };
	const struct config_flags flags = { .profile = NULL };
	struct config c;
	struct profile o;
	struct str *names;
	size_t count;
	struct err e;
	bool found;

	check(config_load(w, &a, &flags, &c, &e));
	check(profile_names(&c.profile, &a, &names, &count, &e));
	for (size_t i = 0; i < count; i++) {
		check(is_named(names, count, names[i]));
		check(config_use_profile(&c, names[i], &e));
		check(c.profile.found && str_eq(c.profile.name, names[i]));
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		o = profile_other(&c.profile, str_of(some[i]));
		check(o.found == is_named(names, count, o.name));
		check(o.found || !profile_get(&o, S("region")).p);
		check(!profile_get_session(&c.profile, o.name, S("sso_region"),
		    &found).p || found);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static _Alignas(16) char mem[8 << 20];
	struct arena a = { mem, sizeof(mem), 0 };
	struct str all = { (const char *)p, n };
	struct files f;
	const struct world w = {
		.me = &f, .env = env, .now = zero, .clock_ms = zero,
		.file = file, .note = note,
	};

	/* Names are compared with each other. */
	if (n > 1 << 14)
		return 0;
	str_cut(all, '\0', &f.config, &f.credentials);
	check_profile(&w, NULL, a);
	check_profile(&w, "default", a);
	check_profile(&w, "a b", a);
	check_names(&w, a);
	return 0;
}
