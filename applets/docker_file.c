#include "applets/docker_file.h"

#include "base/limits.h"

bool
docker_file(const struct config *c, const char **path, struct err *e)
{
	struct str dir = world_env(c->w, "DOCKER_CONFIG");
	struct buf b;

	if (!dir.n)
		return profile_path(c->w, S("~/.docker/config.json"), c->a,
		    path, e) || err_in(e, "find config.json (--auth-file"
		    " or DOCKER_CONFIG can name it)");
	b = arena_buf(c->a, PATH_MAX_BYTES);
	buf_add(&b, dir);
	buf_add(&b, S("/config.json"));
	buf_char(&b, '\0');
	if (b.full)
		return err_set(e, ERR_LIMIT, "find config.json: path is longer"
		    " than %u bytes", PATH_MAX_BYTES);
	arena_trim(c->a, &b);
	*path = b.p;
	return true;
}
