#include "sink/docker_helpers.h"

#include "base/json.h"
#include "sink/docker_edit.h"

static struct docker_entry
entry_of(struct str host, struct str helper)
{
	return (struct docker_entry){
		.section = S("credHelpers"), .host = host, .value = helper,
		.tidy = true,
	};
}

static bool
look_up(struct str text, struct str host, struct arena *a,
    struct docker_helper *was, struct err *e)
{
	struct json root, box, v;

	*was = (struct docker_helper){ .login = false };
	if (str_trim(text).n == 0)
		return true;
	if (!json_parse(text, a, &root, e))
		return err_in(e, "file left as it was");
	if (json_get(root, S("auths"), &box) && json_get(box, host, &v))
		was->login = json_first(v, NULL, &v);
	return !json_get(root, S("credHelpers"), &box) ||
	    !json_get(box, host, &v) || json_kind(v) != JSON_STRING ||
	    json_str(v, a, &was->name, e);
}

bool
docker_helper_put(struct str old, struct str host, struct str helper,
    struct arena *a, struct str *now, struct docker_helper *was,
    struct err *e)
{
	const struct docker_entry entry = entry_of(host, helper);
	struct docker_helper had;

	if (!look_up(old, host, a, &had, e))
		return false;
	if (str_eq(had.name, helper))
		*now = old;
	else if (!docker_edit_put(old, &entry, a, now, e))
		return false;
	*was = had;
	return true;
}

bool
docker_helper_remove(struct str old, struct str host, struct str helper,
    struct arena *a, struct str *now, struct docker_helper *was,
    struct err *e)
{
	const struct docker_entry entry = entry_of(host, helper);
	struct docker_helper had;
	bool found;

	if (!look_up(old, host, a, &had, e))
		return false;
	if (!str_eq(had.name, helper))
		*now = old;
	else if (!docker_edit_remove(old, &entry, a, now, &found, e))
		return false;
	*was = had;
	return true;
}

bool
docker_helper_hosts(struct str text, struct str helper, struct arena *a,
    struct str **hosts, size_t *count, struct err *e)
{
	struct json root, box, key, v;
	struct str name, *p;
	size_t n = 0;

	*count = 0;
	if (str_trim(text).n == 0)
		return true;
	if (!json_parse(text, a, &root, e))
		return err_in(e, "file left as it was");
	if (!json_get(root, S("credHelpers"), &box) ||
	    json_kind(box) != JSON_OBJECT)
		return true;
	for (bool more = json_first(box, &key, &v); more;
	    more = json_next(box, &key, &v))
		n++;
	p = arena_get(a, n * sizeof(*p));
	if (!p)
		return err_set(e, ERR_LIMIT, "out of memory: %zu hosts", n);
	n = 0;
	for (bool more = json_first(box, &key, &v); more;
	    more = json_next(box, &key, &v)) {
		if (json_kind(v) != JSON_STRING)
			continue;
		if (!json_str(v, a, &name, e) || !json_str(key, a, &p[n], e))
			return false;
		n += str_eq(name, helper);
	}
	*hosts = p;
	*count = n;
	return true;
}
