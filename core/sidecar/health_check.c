#include "base/json.h"
#include "sidecar/health.h"

static bool
too_old(struct str what, int64_t age, int64_t max, struct err *e)
{
	return err_set(e, ERR_DENIED, "check '%.*s': written %lld s ago, which"
	    " may be %lld s", STR_ARG(what), (long long)age, (long long)max);
}

static bool
read_sink(struct json sink, int64_t max, struct arena *a, struct err *e)
{
	struct str name;
	struct json age;
	uint64_t n;

	if (!json_get_str(sink, S("name"), a, &name, e))
		return err_in(e, "check: a sink");
	if (!json_get(sink, S("age_s"), &age))
		return err_set(e, ERR_DENIED, "check '%.*s': not written yet",
		    STR_ARG(name));
	if (!str_u64(json_raw(age), INT64_MAX, &n))
		return err_set(e, ERR_REPLY, "check '%.*s': its age is no"
		    " number", STR_ARG(name));
	return (int64_t)n <= max || too_old(name, (int64_t)n, max, e);
}

bool
health_check(unsigned status, struct str body, int64_t max_age_s,
    struct arena *a, struct err *e)
{
	struct json root, sinks, sink;
	struct str cause;

	if (status == 200 && !max_age_s)
		return true;
	if (status != 200 && status != 503)
		return err_set(e, ERR_REPLY, "check: status %u is none of"
		    " /health's", status);
	if (!json_parse(body, a, &root, e))
		return err_in(e, "check: status %u", status);
	if (status == 503)
		return json_get_str(root, S("cause"), a, &cause, e) ?
		    err_set(e, ERR_DENIED, "check: %.*s", STR_ARG(cause)) :
		    err_in(e, "check: status 503");
	if (!json_get(root, S("sinks"), &sinks) ||
	    json_kind(sinks) != JSON_ARRAY)
		return err_set(e, ERR_REPLY, "check: no sinks in the answer");
	for (bool more = json_first(sinks, NULL, &sink); more;
	    more = json_next(sinks, NULL, &sink))
		if (!read_sink(sink, max_age_s, a, e))
			return false;
	return true;
}

bool
health_file(struct str path, int64_t written_s, int64_t now_s,
    int64_t max_age_s, struct err *e)
{
	int64_t age = now_s - written_s;

	return age <= max_age_s || too_old(path, age, max_age_s, e);
}

int64_t
health_max_age_s(int64_t interval_s)
{
	int64_t regular = ECR_TOKEN_LIFE_S / 2, age;

	if (interval_s > 0 && interval_s < regular)
		regular = interval_s;
	age = regular + regular / 2;
	return age > HEALTH_AGE_LEAST_S ? age : HEALTH_AGE_LEAST_S;
}
