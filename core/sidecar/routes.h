/* routes.h - what the sidecar answers over HTTP. Pure.
 *
 *	/			a refresh, run or reused: [{"_id":
 *				"ecr_token_updated"}] as Sesam's pipes want it;
 *				502 or 503 {"error": ...}
 *	/health, /metrics	see health.h
 *	/docker.tar.gz		\ only when asked for by name, and only to who
 *	/config.json		/ has the token, if there is one
 *
 * A query is tolerated everywhere and looked at nowhere (Sesam sends since,
 * limit and subset). Anything else is 404. Source: docs.sesam.io, JSON pull
 * protocol; RFC 9110 15.5.2 (401 and WWW-Authenticate), RFC 6750, RFC 7617.
 */
#ifndef SIDECAR_ROUTES_H
#define SIDECAR_ROUTES_H

#include "net/serve.h"
#include "sidecar/health.h"

enum route {
	ROUTE_NONE,
	ROUTE_REFRESH,
	ROUTE_HEALTH,
	ROUTE_METRICS,
	ROUTE_TARBALL,
	ROUTE_CONFIG,
};

/* Whose manners (house rule 12). */
enum routes_manner {
	ROUTES_OURS,
	/* / answers 400 "Not working." when the node refused or could not be
	 * reached.
	 */
	ROUTES_SESAM,
	/* /health answers "Yey!" while all is well. */
	ROUTES_MARATHON,
};

struct routes {
	enum routes_manner manner;
	bool tarball, config;	/* the routes with secrets that exist */
	struct str token;	/* who asks for a secret must show it, as
				   Bearer or as the password of Basic, in
				   constant time; empty: nobody has to */
	bool loopback;		/* we listen there: a request for a secret must
				   then name an address or localhost as Host,
				   or a web page could have a browser fetch it
				   by a name of its own (DNS rebinding) */
	const struct health *health;
	struct str tarball_body, config_body;	/* empty: none yet, 503 */
	/* How the last refresh went; empty message: well. */
	struct str failure;
	enum err_kind failure_kind;
	bool sink_failed;	/* it is a sink's */
	/* Answers are appended here, and must stay until they are sent: wiping
	 * it (after serve_release) is its owner's. When it is full it is 500.
	 */
	struct buf *made;
};

/* Which one the request is for; ROUTE_NONE also for those that do not exist
 * here.
 */
enum route routes_find(const struct routes *t, const struct serve_request *r);

/* The answer. For ROUTE_REFRESH the refresh is over. */
void routes_answer(const struct routes *t, const struct serve_request *r,
    int64_t now_s, struct serve_answer *answer);

/* "docker.tar.gz,config.json", with or without a slash in front: sets which
 * routes exist. ERR_USAGE.
 */
MUST_USE bool routes_named(struct str names, struct routes *t, struct err *e);

#endif
