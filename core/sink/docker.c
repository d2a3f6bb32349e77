#include "sink/docker.h"

#include "base/json.h"
#include "base/json_text.h"
#include "sink/docker_edit.h"

static struct docker_entry
entry_of(struct str host, struct str auth)
{
	return (struct docker_entry){
		.section = S("auths"), .host = host, .field = S("auth"),
		.value = auth, .urls = true,
	};
}

static bool
is_key(struct str key, struct str name)
{
	return json_text_is(str_head(str_skip(key, 1), key.n - 2), name);
}

static bool
is_name(struct json v)
{
	return json_kind(v) == JSON_STRING && json_raw(v).n > 2;
}

/* Where docker looks instead of in auths. A helper for exactly this host
 * decides, and an empty one means auths, as does null; else there is the
 * store for all.
 */
static const char *
shadow_of(struct json root, struct str host)
{
	struct json box, key, v;

	if (json_get(root, S("credHelpers"), &box) &&
	    json_kind(box) == JSON_OBJECT)
		for (bool more = json_first(box, &key, &v); more;
		    more = json_next(box, &key, &v))
			if (is_key(json_raw(key), host))
				return is_name(v) ? "credHelpers" : NULL;
	if (json_get(root, S("credsStore"), &v) && is_name(v))
		return "credsStore";
	return NULL;
}

bool
docker_put(struct str old, struct str host, struct str auth, struct arena *a,
    struct str *now, const char **shadow, struct err *e)
{
	const struct docker_entry entry = entry_of(host, auth);
	struct json root;
	struct str made;

	if (!docker_edit_put(old, &entry, a, &made, e))
		return false;
	if (!json_parse(made, a, &root, e))
		return err_in(e, "file left as it was");
	*shadow = shadow_of(root, host);
	*now = made;
	return true;
}

bool
docker_remove(struct str old, struct str host, struct arena *a,
    struct str *now, bool *found, struct err *e)
{
	const struct docker_entry entry = entry_of(host, S(""));

	return docker_edit_remove(old, &entry, a, now, found, e);
}
