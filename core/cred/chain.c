#include "cred/chain.h"

#include "base/date.h"
#include "base/json.h"
#include "base/limits.h"

/* The AWS CLI's order (botocore's create_credential_resolver): a role in the
 * profile goes before web identity in the environment, single sign-on before
 * static keys, and credential_process between the keys of the two files.
 */
static const struct provider *const cli[] = {
	&cred_env,
	&cred_role,
	&cred_web_identity,
	&cred_sso,
	&cred_credentials_file,
	&cred_login,
	&cred_process,
	&cred_config_file,
	&cred_container,
	&cred_imds,
	NULL
};

/* The Go SDK's (config.resolveCredentialChain): web identity in the
 * environment goes before every profile, static keys before the rest of one.
 */
static const struct provider *const go[] = {
	&cred_env_go,
	&cred_web_identity_env,
	&cred_role_go,
	&cred_credentials_file,
	&cred_config_file,
	&cred_web_identity_profile,
	&cred_sso,
	&cred_login,
	&cred_process,
	&cred_container,
	&cred_imds,
	NULL
};

/* A source_profile's, the same two ways. */
static const struct provider *const source_cli[] = {
	&cred_web_identity_profile,
	&cred_sso,
	&cred_credentials_file,
	&cred_login,
	&cred_process,
	&cred_config_file,
	NULL
};
static const struct provider *const source_go[] = {
	&cred_credentials_file,
	&cred_config_file,
	&cred_web_identity_profile,
	&cred_sso,
	&cred_login,
	&cred_process,
	NULL
};

void
cred_id(struct buf *id, struct str key, struct str value)
{
	buf_add(id, key);
	buf_char(id, '=');
	json_quote(id, value);
	buf_char(id, '\n');
}

void
cred_id_machine(struct buf *id, struct config *c)
{
	struct str boot;
	struct err ignored;

	if (c->w->file(c->w->me, MACHINE_ID, c->a,
	    &boot, &ignored))
		cred_id(id, S("boot"), str_trim(boot));
	else
		id->full = true;
}

/* Is it worth using? Expiry is AWS's, so AWS's clock judges. */
static bool
check_life(struct config *c, const struct provider *p,
    const struct cred *cred, struct err *e)
{
	int64_t now = c->w->now(c->w->me) + c->skew_s;
	char when[DATE_ISO_LEN + 1];
	const char *verb = "expired at";

	if (!cred->expires || cred->expires - now >= CRED_DYING_S)
		return true;
	date_format_iso(cred->expires, when);
	if (cred->expires > now)
		verb = "are about to expire, at";
	if (!p->stable)
		return err_set(e, ERR_DENIED, "credentials of %s %s %s; renew"
		    " them, or check this machine's clock", p->name, verb,
		    when);
	world_warn(c->w, "credentials of %s %s %s; using them all the same,"
	    " as AWS may have extended them", p->name, verb, when);
	return true;
}

static bool
check(struct config *c, const struct provider *p, struct cred *cred,
    struct err *e)
{
	cred->stable = p->stable;
	if (!cred_check(cred, p->name, e) || !check_life(c, p, cred, e))
		return false;
	world_detail(c->w, "credentials of %s: key %.*s", p->name,
	    STR_ARG(cred->key_id));
	return true;
}

bool
cred_ask(struct config *c, const struct provider *p,
    const struct profile *from, struct buf *id, struct cred *cred,
    struct err *e)
{
	if (!p->select(c, from, id, e))
		return false;
	if (!cred)
		return true;
	*cred = (struct cred){ .source = p->name };
	return p->fetch(c, from, cred, e) && check(c, p, cred, e);
}

/* Messages of metadata begin with its name already. */
static void
tell(struct buf *story, struct str name, struct str why)
{
	buf_add(story, story->n ? S("; ") : S(""));
	if (!str_starts(why, name)) {
		buf_add(story, name);
		buf_add(story, S(": "));
	}
	buf_add(story, why);
}

/* The first source that says yes, and what it said. Without cred only its
 * identity is asked for.
 */
static bool
walk(struct config *c, const struct provider *const *p,
    const struct profile *from, struct buf *id, struct cred *cred,
    struct err *e)
{
	char text[ERR_MSG_MAX];
	struct buf story = BUF(text);
	struct err why;

	for (; *p; p++) {
		if (cred_ask(c, *p, from, id, cred, &why))
			return true;
		if (why.kind != ERR_ABSENT) {
			*e = why;
			return false;
		}
		if (cred)
			world_detail(c->w, "no credentials of %s: %s",
			    (*p)->name, why.msg);
		if ((*p)->quiet)
			continue;
		tell(&story, str_of((*p)->name), str_of(why.msg));
	}
	return err_set(e, ERR_ABSENT, "no credentials: %.*s",
	    STR_ARG(buf_str(&story)));
}

bool
cred_source(struct config *c, enum cred_order order,
    const struct profile *p, struct buf *id, struct cred *cred,
    struct err *e)
{
	return walk(c, order == CRED_ORDER_GO ? source_go : source_cli, p, id,
	    cred, e);
}

/* The role of the registry map, with what the chain found. */
static bool
take(struct config *c, struct cred *cred, struct err *e)
{
	const struct cred by = *cred;

	*cred = (struct cred){ .source = cred_role.name };
	return cred_take_role(c, &by, cred, e) &&
	    check(c, &cred_role, cred, e);
}

static bool
walk_all(struct config *c, enum cred_order order, struct buf *id,
    struct cred *cred, struct err *e)
{
	c->registry_first = order == CRED_ORDER_GO;
	if (!walk(c, order == CRED_ORDER_GO ? go : cli, &c->profile, id, cred,
	    e))
		return false;
	if (!c->role_arn.n)
		return true;
	cred_id(id, S("map_role_arn"), c->role_arn);
	cred_id(id, S("map_external_id"), c->external_id);
	return !cred || take(c, cred, e);
}

bool
cred_identity(struct config *c, enum cred_order order, struct str *id,
    struct err *e)
{
	char text[IDENTITY_MAX];
	struct buf b = BUF(text);

	if (!walk_all(c, order, &b, NULL, e))
		return false;
	if (b.full)
		return err_set(e, ERR_LIMIT, "identity: longer than %u bytes,"
		    " or this machine's boot id cannot be read", IDENTITY_MAX);
	return arena_copy(c->a, buf_str(&b), id, e);
}

bool
cred_find(struct config *c, enum cred_order order, struct cred *cred,
    struct err *e)
{
	struct buf nowhere = { .full = true };

	return walk_all(c, order, &nowhere, cred, e);
}

bool
cred_remote(struct config *c, enum cred_order order)
{
	const struct provider *const *p = order == CRED_ORDER_GO ? go : cli;
	struct buf nowhere = { .full = true };
	struct err why = { .kind = ERR_ABSENT };

	for (; *p && why.kind == ERR_ABSENT; p++)
		if ((*p)->select(c, &c->profile, &nowhere, &why))
			return (*p)->remote || c->role_arn.n > 0;
	return false;
}
