#include "applets/logout.h"

#include "applets/say.h"
#include "base/json.h"
#include "login/choose.h"
#include "login/token.h"
#include "sink/docker.h"
#include "sys/file.h"
#include "sys/log.h"

/* The file, and where to speak of it. */
struct from {
	struct config *c;
	const char *path;
	int out;
};

/* The entry to remove: the edit's callback sees it as me. */
struct entry {
	struct arena *a;
	struct str host;
	bool found;
};

static bool
remove_entry(void *me, struct str old, struct str *now, struct err *e)
{
	struct entry *entry = me;

	if (!old.p)
		return true;	/* no file: nothing to remove, none to make */
	return docker_remove(old, entry->host, entry->a, now, &entry->found,
	    e);
}

/* *found: there was an entry, and it was said that it is removed. */
static bool
leave(const struct from *f, const struct registry *r, bool *found,
    struct err *e)
{
	const struct world *w = f->c->w;
	struct entry entry = { f->c->a, r->host, false };
	const struct file_edit how = {
		.change = remove_entry, .me = &entry, .mode = 0600,
		.wait = true,
	};

	if (!token_forget(f->c, CRED_ORDER_CLI, r, e))
		return false;
	if (!w->edit(w->me, f->path, &how, f->c->a, e))
		return err_in(e, "update '%s'", f->path);
	*found = entry.found;
	return !entry.found ||
	    say(f->out, S("Removing login credentials for "), r->host, e);
}

static bool
leave_named(const struct from *f, struct str text, struct err *e)
{
	struct registry r;
	bool found;

	if (!registry_choose(f->c, text, NULL, &r, e) || !leave(f, &r, &found, e))
		return false;
	return found || say(f->out, S("Not logged in to "), r.host, e);
}

/* The file's auths: an object, an empty one when there is none. */
static bool
read_entries(const struct from *f, struct json *auths, struct err *e)
{
	static const struct str none = S_INIT("{}");
	const struct world *w = f->c->w;
	struct json root;
	struct str text;

	if (!w->file(w->me, f->path, f->c->a, &text, e)) {
		if (e->kind != ERR_ABSENT)
			return false;
		text = none;
	}
	if (!json_parse(str_trim(text).n ? text : none, f->c->a, &root, e))
		return err_in(e, "read '%s'", f->path);
	if (!json_get(root, S("auths"), auths))
		return json_parse(none, f->c->a, auths, e);
	/* Of anything else json_first names no keys. */
	if (json_kind(*auths) != JSON_OBJECT)
		return err_set(e, ERR_REPLY, "read '%s': 'auths' is not an"
		    " object", f->path);
	return true;
}

/* Every ECR host that the file has an entry for, one after another. */
static bool
leave_all(const struct from *f, struct err *e)
{
	struct json auths, key, item;
	bool found, any = false;

	if (!read_entries(f, &auths, e))
		return false;
	for (bool more = json_first(auths, &key, &item); more;
	    more = json_next(auths, &key, &item)) {
		struct registry r;
		struct str name;
		struct err why;

		if (!json_str(key, f->c->a, &name, e))
			return false;
		if (!registry_choose_host(f->c, name, NULL, &r, &why)) {
			if (why.kind == ERR_ABSENT)
				continue;
			*e = why;
			return false;
		}
		if (!leave(f, &r, &found, e))
			return false;
		any |= found;
	}
	return any ||
	    say(f->out, S("Not logged in to any ECR registry"), S(""), e);
}

bool
logout(struct config *c, const char *path, int out, int argc, char **argv,
    struct err *e)
{
	const struct from f = { c, path, out };
	int failed = 0;

	if (argc == 0)
		return leave_all(&f, e);
	if (argc == 1)
		return leave_named(&f, str_of(argv[0]), e);
	for (int i = 0; i < argc; i++) {
		struct err why;

		if (leave_named(&f, str_of(argv[i]), &why))
			continue;
		log_line(S("ecr-login"), str_of(why.msg));
		failed++;
	}
	return !failed || err_set(e, ERR_DENIED, "%d of %d registries failed",
	    failed, argc);
}
