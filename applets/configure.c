#include "applets/configure.h"

#include <unistd.h>

#include "applets/say.h"
#include "base/limits.h"
#include "login/choose.h"
#include "login/token.h"
#include "sink/docker_helpers.h"
#include "sink/registries.h"

#define HELPER "ecr-login"
#define PROGRAM "docker-credential-" HELPER

struct host {
	struct str name;
	struct docker_helper was;
};

/* One edit; its callback sees it as me. */
struct work {
	const struct configure *k;
	struct host *hosts;
	size_t count;
	const struct registries *r;
	bool changed;
};

static bool
edit(struct work *work, const char *path, mode_t mode,
    bool (*change)(void *, struct str, struct str *, struct err *),
    struct err *e)
{
	const struct config *c = work->k->c;
	const struct file_edit how = {
		.change = change, .me = work, .mode = mode,
		.dir_mode = work->k->remove ? 0 : 0700, .wait = true,
	};

	return c->w->edit(c->w->me, path, &how, c->a, e) ||
	    err_in(e, "update '%s'", path);
}

static bool
add_host(struct work *work, struct str name)
{
	for (size_t i = 0; i < work->count; i++)
		if (str_eq(work->hosts[i].name, name))
			return false;
	work->hosts[work->count++].name = name;
	return true;
}

static bool
make_room(struct work *work, size_t count, struct err *e)
{
	work->hosts = arena_get(work->k->c->a, count * sizeof(*work->hosts));
	return work->hosts ||
	    err_set(e, ERR_LIMIT, "out of memory: %zu registries", count);
}

/* The account of the caller: any token's registry tells it. */
static bool
own_account(struct config *c, struct str *account, struct err *e)
{
	struct registry r;
	struct ecr_token t;

	if (!registry_choose(c, S(""), NULL, &r, e) ||
	    !token_get(c, CRED_ORDER_CLI, &r, c->a, &t, e) ||
	    !registry_parse(t.host, c->a, &r, e))
		return err_in(e, "find the caller's registry (it can be named"
		    " instead)");
	*account = r.account;
	return true;
}

/* The registries that the operands name, in one region. */
static bool
add_region(struct work *work, struct config *c, int argc, char **argv,
    struct str *own, struct err *e)
{
	struct registry r;

	if (argc == 0 && !own->n && !own_account(c, own, e))
		return false;
	if (argc == 0) {
		if (!registry_choose(c, *own, NULL, &r, e))
			return false;
		add_host(work, r.host);
	}
	for (int i = 0; i < argc; i++) {
		if (!registry_choose(c, str_of(argv[i]), NULL, &r, e))
			return false;
		add_host(work, r.host);
	}
	return true;
}

static bool
find_hosts(struct work *work, int argc, char **argv, struct err *e)
{
	struct config c = *work->k->c;
	struct str regions = str_of(c.flags.region), region;
	struct str rest = regions, own = S("");
	size_t count = 1;

	for (size_t i = 0; i < regions.n; i++)
		count += regions.p[i] == ',';
	if (!make_room(work, count * (argc ? (size_t)argc : 1), e))
		return false;
	while (count-- > 0) {
		str_cut(rest, ',', &region, &rest);
		if (regions.n && !region.n)
			return err_set(e, ERR_USAGE, "--region '%.*s': an"
			    " empty name in the list", STR_ARG(regions));
		if (regions.n && !arena_z(c.a, region, &c.flags.region, e))
			return false;
		if (!add_region(work, &c, argc, argv, &own, e))
			return false;
	}
	return true;
}

/* Is it one of --region's, or are there none? */
static bool
is_asked(const struct config *c, struct str region)
{
	struct str rest = str_of(c->flags.region), one;

	if (!rest.n)
		return true;
	do {
		str_cut(rest, ',', &one, &rest);
		if (str_eq_nocase(one, region))
			return true;
	} while (rest.n);
	return false;
}

/* All of ECR's hosts that the file has our helper for. */
static bool
find_registered(struct work *work, struct str old, struct err *e)
{
	struct config *c = work->k->c;
	struct registry r;
	struct str *names;
	size_t count;
	struct err why;

	if (!docker_helper_hosts(old, S(HELPER), c->a, &names, &count, e) ||
	    !make_room(work, count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (registry_choose_host(c, names[i], NULL, &r, &why)) {
			if (is_asked(c, r.region))
				add_host(work, names[i]);
		} else if (why.kind != ERR_ABSENT) {
			*e = why;
			return false;
		}
	}
	return true;
}

static bool
change_docker(void *me, struct str old, struct str *now, struct err *e)
{
	struct work *work = me;
	struct arena *a = work->k->c->a;
	bool (*change)(struct str, struct str, struct str, struct arena *,
	    struct str *, struct docker_helper *, struct err *) =
	    work->k->remove ? docker_helper_remove : docker_helper_put;

	if (!work->hosts && !find_registered(work, old, e))
		return false;
	*now = old;
	for (size_t i = 0; i < work->count; i++)
		if (!change(*now, work->hosts[i].name, S(HELPER), a, now,
		    &work->hosts[i].was, e))
			return false;
	return true;
}

static bool
say_docker(const struct work *work, const struct host *h, struct err *e)
{
	const struct configure *k = work->k;
	bool had = str_eq(h->was.name, S(HELPER));

	if (k->remove)
		return say(k->out, had ? S("Removed " HELPER " for ") :
		    S("Not registered for "), h->name, e);
	if (h->was.name.n && !had)
		world_warn(k->c->w, "'%.*s' was the helper of '%.*s' in '%s':"
		    " it is replaced", STR_ARG(h->was.name), STR_ARG(h->name),
		    k->path);
	if (h->was.login)
		world_detail(k->c->w, "what 'auths' in '%s' has for '%.*s' is"
		    " not used any more", k->path, STR_ARG(h->name));
	return say(k->out, had ? S("Already registered for ") :
	    S("Registered " HELPER " for "), h->name, e);
}

static bool
docker(const struct configure *k, int argc, char **argv, struct err *e)
{
	struct work work = { .k = k };

	if (!(k->remove && argc == 0) && !find_hosts(&work, argc, argv, e))
		return false;
	if (!edit(&work, k->path, 0600, change_docker, e))
		return false;
	for (size_t i = 0; i < work.count; i++)
		if (!say_docker(&work, &work.hosts[i], e))
			return false;
	return work.count ||
	    say(k->out, S("Not registered for any ECR registry"), S(""), e);
}

static bool
change_containers(void *me, struct str old, struct str *now, struct err *e)
{
	struct work *work = me;
	struct arena *a = work->k->c->a;
	struct helper_list list = work->r->helpers;

	if (old.p && !registries_ours(old, a))
		return err_set(e, ERR_REPLY, "file left as it was: it has been"
		    " changed by hand");
	work->changed = old.p != NULL;
	if (work->k->remove)
		return true;	/* and no file is left */
	if (!helper_list_add(&list, S(HELPER), e) ||
	    !registries_write(&list, a, now, e))
		return false;
	work->changed = !old.p || !str_eq(old, *now);
	return true;
}

static bool
containers(const struct configure *k, struct err *e)
{
	struct registries r;
	struct work work = { .k = k, .r = &r };

	if (!registries_find(k->c->w, k->c->a, &r, e))
		return err_in(e, "find registries.conf");
	if (!k->remove && helper_list_has(&r.helpers, S(HELPER)))
		return say(k->out, S("Already registered in "),
		    str_of(r.file), e);
	if (!k->remove && r.after)
		return err_set(e, ERR_REPLY, "update '%s': '%s' is read after"
		    " it and decides; add \"" HELPER "\" to its"
		    " credential-helpers", r.drop_in, r.file);
	if (!edit(&work, r.drop_in, 0644, change_containers, e))
		return false;
	return say(k->out, k->remove ? work.changed ?
	    S("Removed " HELPER " from ") : S("Not registered in ") :
	    work.changed ? S("Registered " HELPER " in ") :
	    S("Already registered in "), str_of(r.drop_in), e);
}

/* The clients look for the program in their PATH, which most likely is ours. */
static void
look_for_program(const struct world *w, struct arena *a)
{
	struct str rest = world_env(w, "PATH"), dir;
	char self[1024];
	ssize_t n;

	while (rest.n) {
		size_t mark = a->used;
		struct buf b = arena_buf(a, PATH_MAX_BYTES);
		bool found;

		str_cut(rest, ':', &dir, &rest);
		buf_add(&b, dir);
		buf_add(&b, S("/" PROGRAM));
		buf_char(&b, '\0');
		found = !b.full && access(b.p, X_OK) == 0;
		arena_back(a, mark);
		if (found)
			return;
	}
	n = readlink("/proc/self/exe", self, sizeof(self));
	world_warn(w, "'" PROGRAM "' is not in PATH, where clients look for"
	    " it: ln -s '%.*s' /usr/local/bin/" PROGRAM, n > 0 ? (int)n : 6,
	    n > 0 ? self : "ecrbox");
}

bool
configure(const struct configure *k, int argc, char **argv, struct err *e)
{
	if ((k->docker && !docker(k, argc, argv, e)) ||
	    (k->containers && !containers(k, e)))
		return false;
	if (!k->remove)
		look_for_program(k->c->w, k->c->a);
	return true;
}
