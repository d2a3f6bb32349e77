/* ecr-credential-provider.c - kubelet's plugin for images in Amazon ECR.
 *
 * One request comes on standard input, one answer goes to standard output,
 * or nothing and exit status 1. kubelet decodes strictly: an answer has the
 * fields of the API and no other.
 *
 * Source: Kubernetes, "Kubelet credential provider" configuration API v1; the
 * program of the same name in kubernetes/cloud-provider-aws.
 */
#include <stdlib.h>

#include "applets/session.h"
#include "applets/stream.h"
#include "aws/ecr.h"
#include "aws/sts.h"
#include "base/json.h"
#include "base/limits.h"
#include "cred/chain.h"
#include "login/choose.h"
#include "version.h"

#define NAME "ecr-credential-provider"
#define GROUP "credentialprovider.kubelet.k8s.io/"
#define ROLE "eks.amazonaws.com/ecr-role-arn"
/* A token, and annotations as large as an object's may be together (256 KiB),
 * escaped.
 */
#define REQUEST_MAX (1u << 20)
/* Half of what ECR's tokens live, whatever an answer says: kubelet would serve
 * a dead token until then, and cannot read durations beyond 292 years.
 */
#define CACHE_MAX_S (6 * 3600)

struct request {
	struct str version;
	struct str image;
	struct str host;	/* in image, as written there, with its port */
	struct registry registry;
	struct str token;	/* the service account's; empty: none */
	struct str role;	/* for that token; empty: none */
};

/* Absent is empty. */
static bool
optional(struct json v, struct str key, struct arena *a, struct str *s,
    struct err *e)
{
	struct json member;

	*s = S("");
	return !json_get(v, key, &member) || json_str(member, a, s, e) ||
	    err_in(e, "'%.*s'", STR_ARG(key));
}

static bool
check_type(struct json v, struct arena *a, struct request *q, struct err *e)
{
	static const struct str versions[] = {
		S_INIT(GROUP "v1"), S_INIT(GROUP "v1beta1"),
		S_INIT(GROUP "v1alpha1"),
	};
	struct str kind;

	if (!json_get_str(v, S("kind"), a, &kind, e) ||
	    !json_get_str(v, S("apiVersion"), a, &q->version, e))
		return false;
	if (!str_eq(kind, S("CredentialProviderRequest")))
		return err_set(e, ERR_REPLY, "kind '%.*s' is not"
		    " CredentialProviderRequest", STR_ARG(kind));
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (str_eq(q->version, versions[i]))
			return true;
	return err_set(e, ERR_REPLY, "group version '%.*s' is not supported:"
	    " only v1, v1beta1 and v1alpha1 of " GROUP, STR_ARG(q->version));
}

static bool
read_image(struct json v, const struct config *c, struct request *q,
    struct err *e)
{
	struct str rest;

	if (!optional(v, S("image"), c->a, &q->image, e))
		return false;
	if (!q->image.n)
		return err_set(e, ERR_REPLY,
		    "image in plugin request was empty");
	str_cut(q->image, '/', &q->host, &rest);
	if (registry_choose_host(c, q->host, NULL, &q->registry, e))
		return true;
	return e->kind == ERR_ABSENT && err_set(e, ERR_ABSENT, "image '%.*s' is not in an ECR registry;"
	    " see --print-config for a matchImages of ECR's hosts",
	    STR_ARG(q->image));
}

/* The annotation counts when it is there at all: who empties it must not get
 * the role that is meant for accounts without one.
 */
static bool
read_role(struct json v, const struct world *w, struct arena *a,
    struct request *q, struct err *e)
{
	struct json notes;

	q->role = world_env(w, "AWS_ECR_ROLE_ARN");
	if (!json_get(v, S("serviceAccountAnnotations"), &notes))
		return true;
	if (json_kind(notes) != JSON_OBJECT)
		return err_set(e, ERR_REPLY,
		    "'serviceAccountAnnotations' is no object");
	if (!json_get(notes, S(ROLE), &v))
		return true;
	if (!json_str(v, a, &q->role, e))
		return err_in(e, "annotation '" ROLE "'");
	return q->role.n || err_set(e, ERR_REPLY,
	    "annotation '" ROLE "' is empty");
}

/* Members that are not known are passed over: newer kubelets have more. */
static bool
read_request(const struct config *c, struct request *q, struct err *e)
{
	struct arena *a = c->a;
	struct str input;
	struct json v;

	if (!stream_read(REQUEST_MAX, a, &input, e))
		return false;
	return (json_parse(input, a, &v, e) && check_type(v, a, q, e) &&
	    read_image(v, c, q, e) &&
	    optional(v, S("serviceAccountToken"), a, &q->token, e) &&
	    read_role(v, c->w, a, q, e)) || err_in(e, "request");
}

static bool
find_cred(struct config *c, const struct request *q, struct cred *cred,
    struct err *e)
{
	const struct sts_web_identity ask = {
		.role_arn = q->role,
		.session_name = S(NAME),
		.token = q->token,
	};

	*cred = (struct cred){ .source = "web identity" };
	if (q->token.n && q->role.n)
		return sts_web_identity(c, q->registry.is_public ?
		    S("us-east-1") : q->registry.region, &ask, c->a, cred, e)
		    || err_in(e, "failed to assume role '%.*s'",
		    STR_ARG(q->role));
	if (q->token.n)
		world_warn(c->w, "the request has a service account's token"
		    " but no role to use it for (annotation " ROLE " or"
		    " AWS_ECR_ROLE_ARN); using the node's credentials");
	return cred_find(c, CRED_ORDER_GO, cred, e);
}

/* As Go prints a time.Duration of whole seconds: "5h59m59s". */
static void
add_duration(struct buf *b, uint64_t s)
{
	if (s >= 3600) {
		buf_u64(b, s / 3600);
		buf_char(b, 'h');
	}
	if (s >= 60) {
		buf_u64(b, s / 60 % 60);
		buf_char(b, 'm');
	}
	buf_u64(b, s % 60);
	buf_char(b, 's');
}

/* Always with a duration: kubelet keeps an answer that has none for its
 * defaultCacheDuration, though the token were dead by then.
 */
static bool
answer(const struct config *c, const struct request *q,
    const struct ecr_token *t, struct err *e)
{
	int64_t now = c->w->now(c->w->me) + c->skew_s;
	int64_t keep = t->expires > now ? (t->expires - now) / 2 : 0;
	struct buf b = arena_buf(c->a, 0);

	buf_add(&b, S("{\"kind\":\"CredentialProviderResponse\","
	    "\"apiVersion\":"));
	json_quote(&b, q->version);
	buf_add(&b, S(",\"cacheKeyType\":\"Registry\",\"cacheDuration\":\""));
	add_duration(&b, (uint64_t)(keep < CACHE_MAX_S ? keep : CACHE_MAX_S));
	buf_add(&b, S("\",\"auth\":{"));
	json_quote(&b, q->host);
	buf_add(&b, S(":{\"username\":"));
	json_quote(&b, t->user);
	buf_add(&b, S(",\"password\":"));
	json_quote(&b, t->password);
	buf_add(&b, S("}}}\n"));
	return stream_built(c->a, &b, e);
}

/* Nothing is kept on disk: kubelet keeps answers itself, by service account
 * where there is one.
 */
static bool
provide(struct session *s, struct err *e)
{
	struct config c;
	struct request q;
	struct cred cred;
	struct ecr_token t;

	if (!read_request(&s->config, &q, e) ||
	    !registry_choose_host(&s->config, q.host, &c, &q.registry, e))
		return false;
	session_trust(s, &c);
	if (!find_cred(&c, &q, &cred, e))
		return false;
	/* Like the original, ask for a token without naming a registry. */
	q.registry.account = S("");
	return ecr_authorize(&c, &cred, &q.registry, c.a, &t, e) &&
	    answer(&c, &q, &t, e);
}

static const struct str example = S_INIT(
"apiVersion: kubelet.config.k8s.io/v1\n"
"kind: CredentialProviderConfig\n"
"providers:\n"
"- name: " NAME "\n"
"  matchImages:\n"
"  - \"*.dkr.ecr.*.amazonaws.com\"\n"
"  - \"*.dkr-ecr.*.on.aws\"\n"
"  - \"*.dkr.ecr.*.amazonaws.com.cn\"\n"
"  - \"*.dkr-ecr.*.on.amazonwebservices.com.cn\"\n"
"  - \"*.dkr.ecr-fips.*.amazonaws.com\"\n"
"  - \"*.dkr-ecr-fips.*.on.aws\"\n"
"  - \"*.dkr.ecr.*.c2s.ic.gov\"\n"
"  - \"*.dkr.ecr.*.sc2s.sgov.gov\"\n"
"  - \"*.dkr.ecr.*.cloud.adc-e.uk\"\n"
"  - \"*.dkr.ecr.*.csp.hci.ic.gov\"\n"
"  - \"*.dkr.ecr.*.amazonaws.eu\"\n"
"  - \"public.ecr.aws\"\n"
"  - \"ecr-public.aws.com\"\n"
"  defaultCacheDuration: \"12h\"\n"
"  apiVersion: " GROUP "v1\n");

/* Operands mean nothing: many configurations have "get-credentials" here,
 * which the original does not look at.
 */
static bool
run(struct app *app, int argc, char **argv, struct err *e)
{
	struct session s = { .flags.timeout_ms = KUBELET_MS };
	bool help, print_config = false, version = false, done;
	const struct opt opts[] = {
		OPT_FLAG(0, "print-config", &print_config,
		    "print a CredentialProviderConfig for kubelet"),
		OPT_FLAG(0, "version", &version, "print name and version"),
		OPT_END
	};

	if (!opt_parse(opts, &argc, &argv, &help, e))
		return false;
	if (help)
		return opt_help(app, opts, e);
	if (version)
		return stream_print(S(NAME " (ecrbox) " ECRBOX_VERSION "\n"),
		    e);
	if (print_config)
		return stream_print(example, e);
	s.verbose = str_eq(str_of(getenv("ECRBOX_VERBOSE")), S("1"));
	done = session_open(&s, app, e) && provide(&s, e);
	session_close(&s);
	/* Exit status 2 is kept for bad options. */
	if (!done && e->kind == ERR_USAGE)
		e->kind = ERR_SYS;
	return done;
}

const struct applet applet_ecr_credential_provider = {
	.name = NAME,
	.synopsis = "[--print-config] [--version]",
	.help =
"Answer kubelet's request for the password of an image in Amazon ECR: read a\n"
"CredentialProviderRequest, print a CredentialProviderResponse.",
	.needs = NEEDS_AWS,
	.run = run,
};
