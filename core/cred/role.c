#include "aws/sts.h"
#include "base/date.h"
#include "cred/role_cache.h"
#include "cred/session.h"

static const struct provider *
named(struct str name, enum cred_order order)
{
	if (str_eq(name, S("Ec2InstanceMetadata")))
		return &cred_imds;
	if (str_eq(name, S("EcsContainer")))
		return &cred_container;
	return order == CRED_ORDER_GO ? &cred_env_go : &cred_env;
}

/* A chain of roles ends here: "absent" would send the chain of sources on to
 * another identity.
 */
static bool
no_base(const struct role_chain *chain, const struct err *why,
    struct err *e)
{
	const struct role_link *link = &chain->links[chain->count - 1];

	*e = *why;
	if (e->kind != ERR_ABSENT)
		return false;
	e->kind = ERR_USAGE;
	if (chain->named.n)
		return err_in(e, "credential_source %.*s of profile '%.*s'",
		    STR_ARG(chain->named), STR_ARG(link->profile));
	if (chain->own)
		return err_in(e, "profile '%.*s' has role_arn, but neither"
		    " source_profile nor credential_source to take it with",
		    STR_ARG(link->profile));
	return err_in(e, "source_profile '%.*s' of profile '%.*s'",
	    STR_ARG(chain->from.name), STR_ARG(link->profile));
}

/* With whose credentials the first role is taken; without cred, its identity
 * alone.
 */
static bool
base(struct config *c, enum cred_order order, const struct role_chain *chain,
    struct buf *id, struct cred *cred, struct err *e)
{
	struct profile from = chain->from;
	struct err why;

	if (!chain->named.n)
		return cred_source(c, order, &from, id, cred, &why) ||
		    no_base(chain, &why, e);
	/* Named in so many words, the environment counts with --profile too. */
	from.explicit = false;
	return cred_ask(c, named(chain->named, order), &from, id, cred,
	    &why) || no_base(chain, &why, e);
}

static void
id_link(struct buf *id, const struct role_link *link)
{
	const struct {
		struct str key, value;
	} parts[] = {
		{ S("role_arn"), link->arn },
		{ S("external_id"), link->external_id },
		{ S("mfa_serial"), link->serial },
		{ S("role_session_name"), link->session },
		{ S("duration_seconds"), link->duration_s },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].value.n)
			cred_id(id, parts[i].key, parts[i].value);
}

static bool
select_role(struct config *c, const struct profile *p, enum cred_order order,
    struct buf *id, struct err *e)
{
	struct role_chain chain;

	if (!role_chain(p, order, &chain, e))
		return false;
	cred_id(id, S("provider"), S("role"));
	for (size_t i = 0; i < chain.count; i++)
		id_link(id, &chain.links[i]);
	return base(c, order, &chain, id, NULL, e);
}

static bool
six_digits(struct str s)
{
	uint64_t number;

	return s.n == 6 && str_u64(s, UINT64_MAX, &number);
}

/* The code of the MFA device, where link needs one. */
static bool
ask_code(struct config *c, const struct role_link *link, struct str *code,
    struct err *e)
{
	struct str question;
	struct buf b;

	*code = (struct str){ NULL, 0 };
	if (!link->serial.n)
		return true;
	b = arena_buf(c->a, link->serial.n + 32);
	buf_add(&b, S("Enter MFA code for "));
	buf_add(&b, link->serial);
	buf_add(&b, S(": "));
	if (!arena_keep(c->a, &b, &question, e))
		return false;
	if (!c->w->ask(c->w->me, question, c->deadline, c->a, code, e)) {
		if (e->kind != ERR_ABSENT)
			return err_in(e, "role '%.*s'", STR_ARG(link->arn));
		return err_set(e, ERR_SYS, "role '%.*s' needs a code of MFA"
		    " device '%.*s', and there is no terminal to ask for it"
		    " at; run 'aws sts get-caller-identity --profile %.*s' at"
		    " one: the session it gets is used here too",
		    STR_ARG(link->arn), STR_ARG(link->serial),
		    STR_ARG(link->profile));
	}
	*code = str_trim(*code);
	return six_digits(*code) || err_set(e, ERR_USAGE, "role '%.*s': an MFA"
	    " code has 6 digits", STR_ARG(link->arn));
}

static bool
assume(struct config *c, const struct role_link *link, struct str code,
    const struct cred *by, struct cred *cred, struct err *e)
{
	struct sts_role ask = {
		.role_arn = link->arn,
		.external_id = link->external_id,
		.duration_s = link->duration_s,
		.serial = link->serial,
		.token_code = code,
	};
	char when[DATE_ISO_LEN + 1];
	struct str region;

	if (!session_name(c, link->session, &ask.session_name, e) ||
	    !session_region(c, &region, e) ||
	    !sts_assume_role(c, region, by, &ask, c->a, cred, e))
		return err_in(e, "role '%.*s'", STR_ARG(link->arn));
	date_format_iso(cred->expires, when);
	world_detail(c->w, "role '%.*s' taken as '%.*s': key %.*s until %s",
	    STR_ARG(link->arn), STR_ARG(ask.session_name),
	    STR_ARG(cred->key_id), when);
	return true;
}

static void
tell(struct config *c, const struct role_chain *chain)
{
	char text[ERR_MSG_MAX];
	struct buf b = BUF(text);

	role_chain_path(chain, &b);
	world_detail(c->w, "roles: %.*s", STR_ARG(buf_str(&b)));
	for (size_t i = 0; i < chain->count; i++)
		if (chain->links[i].odd_duration.n)
			world_detail(c->w, "profile '%.*s': duration_seconds"
			    " '%.*s' is no number; left out",
			    STR_ARG(chain->links[i].profile),
			    STR_ARG(chain->links[i].odd_duration));
}

/* How many roles are left to take; *cred is what takes them when it is fewer
 * than all.
 */
static size_t
cached(struct config *c, const struct role_chain *chain, struct cred *cred)
{
	for (size_t i = 0; i < chain->count; i++)
		if (chain->links[i].serial.n &&
		    role_cache_read(c, &chain->links[i], cred))
			return i;
	return chain->count;
}

/* A code is asked for as late as can be, since it is good for half a minute,
 * but before the first request of all.
 */
static bool
fetch_role(struct config *c, const struct profile *p, enum cred_order order,
    struct cred *cred, struct err *e)
{
	struct buf nowhere = { .full = true };
	struct role_chain chain;
	struct cred by = { .key_id = { NULL, 0 } }, got = by;

	if (!role_chain(p, order, &chain, e))
		return false;
	tell(c, &chain);
	for (size_t i = cached(c, &chain, &by); i > 0; i--) {
		const struct role_link *link = &chain.links[i - 1];
		struct str code;

		if (!ask_code(c, link, &code, e))
			return false;
		if (i == chain.count &&
		    !base(c, order, &chain, &nowhere, &by, e))
			return false;
		if (!assume(c, link, code, &by, &got, e))
			return false;
		if (link->serial.n)
			role_cache_write(c, link, &got);
		by = got;
	}
	by.source = cred->source;
	*cred = by;
	return true;
}

bool
cred_take_role(struct config *c, const struct cred *by, struct cred *cred,
    struct err *e)
{
	const struct role_link link = { .arn = c->role_arn,
		.external_id = c->external_id };

	return assume(c, &link, (struct str){ NULL, 0 }, by, cred, e);
}

static bool
select_cli(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	return select_role(c, p, CRED_ORDER_CLI, id, e);
}

static bool
fetch_cli(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	return fetch_role(c, p, CRED_ORDER_CLI, cred, e);
}

static bool
select_go(struct config *c, const struct profile *p, struct buf *id,
    struct err *e)
{
	return select_role(c, p, CRED_ORDER_GO, id, e);
}

static bool
fetch_go(struct config *c, const struct profile *p, struct cred *cred,
    struct err *e)
{
	return fetch_role(c, p, CRED_ORDER_GO, cred, e);
}

const struct provider cred_role = {
	.name = "role", .quiet = true, .remote = true,
	.select = select_cli, .fetch = fetch_cli,
};
const struct provider cred_role_go = {
	.name = "role", .quiet = true, .remote = true,
	.select = select_go, .fetch = fetch_go,
};
