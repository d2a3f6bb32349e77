#include "applets/sidecar.h"

#define OWN_MAX 8u

bool
sidecar_read(struct sidecar *k, struct app *app, const struct opt *own,
    int argc, char **argv, bool *go, struct err *e)
{
	const struct opt common[] = {
		SIDECAR_STAY(k),
		SESSION_PROFILE(&k->s),
		SESSION_ENDPOINT(&k->s),
		SESSION_CALLS(&k->s),
		OPT_END
	};
	struct opt all[OWN_MAX + sizeof(common) / sizeof(common[0])];
	size_t n = 0;
	bool help;

	while (n < OWN_MAX && own->kind != OPT_KIND_END)
		all[n++] = *own++;
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		all[n++] = common[i];
	if (!opt_parse(all, &argc, &argv, &help, e))
		return false;
	*go = !help;
	if (help)
		return opt_help(app, all, e);
	return argc == 0 || err_set(e, ERR_USAGE, "unexpected argument '%s'",
	    argv[0]);
}

/* Secrets over HTTP, in the clear. */
static bool
serve_agrees(const struct sidecar *k, struct err *e)
{
	struct serve_address at;

	if (!k->serve && k->serve_token_file)
		return err_set(e, ERR_USAGE, "--serve-token-file has no use"
		    " without --serve NAMES");
	if (!k->serve && k->serve_in_clear)
		return err_set(e, ERR_USAGE, "--serve-secrets-in-clear has no"
		    " use without --serve NAMES");
	if (!k->serve)
		return true;
	if (!k->listen)
		return err_set(e, ERR_USAGE, "--serve has no use without"
		    " --listen ADDR:PORT");
	if (k->serve_token_file && k->serve_in_clear)
		return err_set(e, ERR_USAGE, "--serve-token-file and"
		    " --serve-secrets-in-clear do not go together");
	if (!serve_parse(str_of(k->listen), &at, e))
		return false;
	if (!addr_loopback(&at.ip) && !k->serve_token_file &&
	    !k->serve_in_clear)
		return err_set(e, ERR_USAGE, "--serve hands out secrets, and"
		    " others can reach '%s': give --serve-token-file FILE, or"
		    " --listen 127.0.0.1:PORT, or --serve-secrets-in-clear if"
		    " all of that network may have them", k->listen);
	return true;
}

bool
sidecar_agrees(const struct sidecar *k, struct err *e)
{
	if (k->max_age_s && !k->check)
		return err_set(e, ERR_USAGE, "--max-age has no use without"
		    " --check");
	if (k->log_format && !k->interval_s && !k->listen)
		return err_set(e, ERR_USAGE, "--log-format has no use without"
		    " --interval or --listen: what does not stay keeps no"
		    " log");
	return serve_agrees(k, e);
}
