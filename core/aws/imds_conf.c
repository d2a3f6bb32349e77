#include "aws/imds.h"

bool
imds_enabled(struct config *c, struct err *e)
{
	if (!config_true(c, "AWS_EC2_METADATA_DISABLED",
	    S("disable_ec2_metadata")))
		return true;
	if (world_env(c->w, "AWS_EC2_METADATA_DISABLED").n)
		return err_set(e, ERR_ABSENT,
		    "switched off by AWS_EC2_METADATA_DISABLED");
	return err_set(e, ERR_ABSENT, "switched off by disable_ec2_metadata "
	    "of profile '%.*s'", STR_ARG(c->profile.name));
}

static struct str
setting(struct config *c, const char *env, struct str key, const char **what)
{
	struct str s = world_env(c->w, env);

	*what = env;
	if (s.n == 0) {
		s = profile_get(&c->profile, key);
		*what = key.p;
	}
	return s;
}

bool
imds_endpoint(struct config *c, struct uri *u, struct err *e)
{
	const char *what;
	struct str s = setting(c, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
	    S("ec2_metadata_service_endpoint"), &what);
	bool six = world_env_true(c->w, "AWS_IMDS_USE_IPV6");

	if (s.n)
		return uri_parse(s, u, e) || err_in(e, "imds: %s", what);
	s = setting(c, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
	    S("ec2_metadata_service_endpoint_mode"), &what);
	if (s.n) {
		six = str_eq_nocase(s, S("IPv6"));
		if (!six && !str_eq_nocase(s, S("IPv4")))
			return err_set(e, ERR_USAGE, "imds: %s '%.*s': "
			    "neither IPv4 nor IPv6", what, STR_ARG(s));
	}
	return uri_parse(six ? S("http://[fd00:ec2::254]") :
	    S("http://169.254.169.254"), u, e);
}
