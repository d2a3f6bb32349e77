#include "applets/sidecar.h"

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
