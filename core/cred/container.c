#include "cred/chain.h"

#include "aws/aws_error.h"
#include "base/limits.h"
#include "cred/document.h"
#include "cred/subject.h"
#include "net/addr.h"

/* Credentials from a container's agent: ECS, EKS Pod Identity, Greengrass and
 * local servers (aws 1.9).
 */
#define ECS_BASE "http://169.254.170.2"

struct agent {
	struct uri uri;
	struct str url;		/* as a whole, for the identity */
	struct str token;	/* Authorization; empty: none */
	struct str token_file;	/* empty: token is from a variable */
};

/* Plain http is for what cannot be overheard: this machine's own addresses
 * and those of the ECS and EKS agents. botocore also allows the name
 * localhost, and our resolver gives it to nobody else (RFC 6761 6.3).
 */
static bool
private_host(const struct uri *u)
{
	static const struct str agents[] = {
		S_INIT("169.254.170.2"), S_INIT("169.254.170.23"),
		S_INIT("fd00:ec2::23"),
	};
	struct addr a;
	char text[64];
	struct buf b = BUF(text);

	if (!u->literal)
		return str_eq_nocase(u->host, S("localhost"));
	if (!addr_parse(u->host, &a))
		return false;
	addr_format(&a, &b);
	for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++)
		if (str_eq(buf_str(&b), agents[i]))
			return true;
	return addr_loopback(&a);
}

static bool
relative_uri(struct config *c, struct str path, struct agent *at,
    struct err *e)
{
	struct buf b;

	/* Else ".example.com/" would make another host of it. */
	if (!str_starts(path, S("/")))
		return err_set(e, ERR_USAGE,
		    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI '%.*s' does not"
		    " begin with '/'", STR_ARG(path));
	b = arena_buf(c->a, 0);
	buf_add(&b, S(ECS_BASE));
	buf_add(&b, path);
	if (!arena_keep(c->a, &b, &at->url, e))
		return false;
	return uri_parse(at->url, &at->uri, e) ||
	    err_in(e, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
}

static bool
full_uri(struct config *c, struct agent *at, struct err *e)
{
	at->url = world_env(c->w, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	if (!at->url.n)
		return err_set(e, ERR_ABSENT,
		    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and"
		    " AWS_CONTAINER_CREDENTIALS_FULL_URI not set");
	if (!uri_parse(at->url, &at->uri, e))
		return err_in(e, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	if (!at->uri.tls && !private_host(&at->uri))
		return err_set(e, ERR_USAGE,
		    "AWS_CONTAINER_CREDENTIALS_FULL_URI: plain http to '%.*s'"
		    " would show the credentials to the network; allowed are"
		    " loopback, 169.254.170.2, 169.254.170.23 and"
		    " fd00:ec2::23, or use https", STR_ARG(at->uri.host));
	return true;
}

/* The token's file is read anew for each request: agents replace it. */
static bool
read_token(struct config *c, struct agent *at, struct err *e)
{
	static const char file_name[] =
	    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
	static const char name[] = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
	const char *from = name;

	at->token_file = world_env(c->w, file_name);
	at->token = world_env(c->w, name);
	if (at->token_file.n) {
		from = file_name;
		if (!c->w->file(c->w->me, at->token_file.p, c->a, &at->token,
		    e)) {
			/* Configured, so not absent. */
			e->kind = ERR_SYS;
			return err_in(e, "%s", file_name);
		}
		if (!at->token.n)
			return err_set(e, ERR_USAGE, "%s: '%s' is empty",
			    file_name, at->token_file.p);
	}
	for (size_t i = 0; i < at->token.n; i++)
		if ((unsigned char)at->token.p[i] < ' ' ||
		    at->token.p[i] == '\177')
			return err_set(e, ERR_USAGE, "%s: the token has a line"
			    " break or control byte at byte %zu; it is sent"
			    " as it stands, so write it without", from, i);
	return true;
}

static bool
find_agent(struct config *c, struct agent *at, struct err *e)
{
	struct str path;

	*at = (struct agent){ 0 };
	path = world_env(c->w, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	if (!(path.n ? relative_uri(c, path, at, e) : full_uri(c, at, e)))
		return false;
	return read_token(c, at, e);
}

static bool
select_container(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	struct agent at;

	(void)p;
	if (!find_agent(c, &at, e))
		return false;
	cred_id(id, S("provider"), S("container"));
	cred_id(id, S("uri"), at.url);
	if (at.token_file.n)
		cred_id(id, S("token_file"), at.token_file);
	if (at.token.n)
		cred_id_subject(c, at.token, id);
	/* A loopback address means another agent on each machine. */
	cred_id_machine(id, c);
	return true;
}

/* With what the agent says about it. An answer that is no refusal may hold
 * the credentials, and one that is may repeat our token.
 */
static bool
bad_status(const struct agent *at, const struct http_res *res, struct err *e)
{
	struct str text = aws_error_hide(res->body, at->token);

	if (res->status < 400)
		text.n = 0;
	return err_set(e, ERR_REPLY, "%.*s: status %u%s%.*s",
	    STR_ARG(at->uri.host), res->status, text.n ? ": " : "",
	    STR_ARG(str_head(text, CONTAINER_ERROR_BYTES)));
}

/* What the document says may repeat our token, too. */
static bool
bad_document(const struct agent *at, struct err *e)
{
	const struct err why = *e;

	return err_set(e, why.kind, "answer of %.*s: %.*s",
	    STR_ARG(at->uri.host),
	    STR_ARG(aws_error_hide(str_of(why.msg), at->token)));
}

/* One request; *again says whether another may fare better. */
static bool
once(struct config *c, struct cred *cred, bool *again, struct err *e)
{
	struct http_field fields[2] = {
		{ S("Accept"), S("application/json") },
	};
	struct http_req req = {
		.method = S("GET"), .fields = fields, .count = 1,
		.direct = true,
		.connect_ms = CONTAINER_MS, .read_ms = CONTAINER_MS,
		.deadline = c->w->clock_ms(c->w->me) + CONTAINER_MS,
	};
	struct http_res res;
	struct agent at;

	*again = false;
	if (!find_agent(c, &at, e))
		return false;
	req.to = at.uri;
	if (at.token.n)
		fields[req.count++] =
		    (struct http_field){ S("Authorization"), at.token };
	if (req.deadline > c->deadline)
		req.deadline = c->deadline;
	if (!c->w->exchange(c->w->me, &req, c->a, &res, e)) {
		*again = e->kind == ERR_NET || e->kind == ERR_REPLY;
		/* It was configured: a name that does not exist must not
		 * send the chain on to another identity.
		 */
		if (e->kind == ERR_ABSENT)
			e->kind = ERR_NET;
		return false;
	}
	*again = true;
	if (res.status != 200)
		return bad_status(&at, &res, e);
	return cred_document(res.body, c->a, cred, e) ||
	    bad_document(&at, e);
}

static bool
fetch_container(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	(void)p;
	for (unsigned i = 1;; i++) {
		bool again;
		struct err why;
		size_t mark = c->a->used;

		if (once(c, cred, &again, &why))
			return true;
		arena_back(c->a, mark);
		if (!again || i == CONTAINER_ATTEMPTS ||
		    c->w->clock_ms(c->w->me) + CONTAINER_PAUSE_MS >=
		    c->deadline) {
			*e = why;
			return err_in(e, "credentials of container");
		}
		world_detail(c->w, "credentials of container: %s; trying"
		    " again", why.msg);
		c->w->pause(c->w->me, CONTAINER_PAUSE_MS, CONTAINER_PAUSE_MS);
	}
}

const struct provider cred_container = {
	.name = "container", .remote = true,
	.select = select_container, .fetch = fetch_container,
};
