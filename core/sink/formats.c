#include "sink/formats.h"

#include "base/date.h"

#define HERE "END_OF_PASSWORD"

static const struct {
	struct str name;
	enum format format;
} names[] = {
	{ S_INIT("password"), FORMAT_PASSWORD },
	{ S_INIT("json"), FORMAT_JSON },
	{ S_INIT("docker-config"), FORMAT_DOCKER_CONFIG },
	{ S_INIT("docker-auth-config"), FORMAT_DOCKER_AUTH_CONFIG },
	{ S_INIT("dockercfg"), FORMAT_DOCKERCFG },
	{ S_INIT("login-command"), FORMAT_LOGIN_COMMAND },
	{ S_INIT("env"), FORMAT_ENV },
};

bool
format_named(struct str name, enum format *f, struct err *e)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(name, names[i].name)) {
			*f = names[i].format;
			return true;
		}
	return err_set(e, ERR_USAGE, "format '%.*s': not one of password,"
	    " json, docker-config, docker-auth-config, dockercfg,"
	    " login-command, env", STR_ARG(name));
}

/* Letters and digits, and those of more. */
static bool
made_of(struct str s, struct str more)
{
	for (size_t i = 0; i < s.n; i++)
		if (!char_alnum(s.p[i]) && !str_has(more, s.p[i]))
			return false;
	return true;
}

/* What needs no quotes anywhere, and is no option. */
static bool
word_ok(struct str s)
{
	return s.n && char_alnum(s.p[0]) && made_of(s, S("._:-"));
}

static bool
entry_ok(const struct format_entry *entry, struct err *e)
{
	const struct str base64 = S("+/=._-");

	if (!word_ok(entry->host))
		return err_set(e, ERR_REPLY, "registry '%.*s': this is no host"
		    " name", STR_ARG(entry->host));
	if (!word_ok(entry->user))
		return err_set(e, ERR_REPLY, "registry '%.*s': its user name"
		    " is more than a word", STR_ARG(entry->host));
	if (!entry->password.n || !made_of(entry->password, base64) ||
	    str_eq(entry->password, S(HERE)) ||
	    !entry->auth.n || !made_of(entry->auth, base64))
		return err_set(e, ERR_REPLY, "registry '%.*s': its password"
		    " has a character that none of ECR's has",
		    STR_ARG(entry->host));
	return true;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* A host's byte in the name of a variable. */
static char
in_name(char c)
{
	return char_alnum(c) ? upper(c) : '_';
}

static bool
same_name(struct str a, struct str b)
{
	for (size_t i = 0; a.n == b.n && i < a.n; i++)
		if (in_name(a.p[i]) != in_name(b.p[i]))
			return false;
	return a.n == b.n;
}

static bool
entries_ok(enum format f, const struct format_entry *entries, size_t count,
    struct err *e)
{
	if (!count)
		return err_set(e, ERR_USAGE, "format: there is no registry");
	if (f == FORMAT_PASSWORD && count > 1)
		return err_set(e, ERR_USAGE, "format 'password': %zu"
		    " registries, and it would not say whose each is; json"
		    " does", count);
	for (size_t i = 0; i < count; i++) {
		if (!entry_ok(&entries[i], e))
			return false;
		for (size_t k = 0; k < i; k++)
			if (str_eq_nocase(entries[k].host, entries[i].host) ||
			    (f == FORMAT_ENV && same_name(entries[k].host,
			    entries[i].host)))
				return err_set(e, ERR_USAGE, "format: registry"
				    " '%.*s' and '%.*s' would have the same"
				    " name", STR_ARG(entries[k].host),
				    STR_ARG(entries[i].host));
	}
	return true;
}

static void
add_login(struct buf *b, const struct format_entry *entry)
{
	buf_add(b, S("docker login --username "));
	buf_add(b, entry->user);
	buf_add(b, S(" --password-stdin "));
	buf_add(b, entry->host);
	/* In quotes, so that the shell leaves the text as it is. */
	buf_add(b, S(" <<'" HERE "'\n"));
	buf_add(b, entry->password);
	buf_add(b, S("\n" HERE "\n"));
}

static void
add_env(struct buf *b, const struct format_entry *entry, bool alone)
{
	char expires[DATE_ISO_LEN + 1];
	const struct {
		struct str name, value;
	} lines[] = {
		{ S("ECR_REGISTRY"), entry->host },
		{ S("ECR_USERNAME"), entry->user },
		{ S("ECR_PASSWORD"), entry->password },
		{ S("ECR_EXPIRES"), { expires, DATE_ISO_LEN } },
	};

	date_format_iso(entry->expires_s, expires);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		buf_add(b, lines[i].name);
		for (size_t k = 0; !alone && k <= entry->host.n; k++)
			buf_char(b, k ? in_name(entry->host.p[k - 1]) : '_');
		buf_char(b, '=');
		buf_add(b, lines[i].value);
		buf_char(b, '\n');
	}
}

static void
add_each(enum format f, const struct format_entry *entries, size_t count,
    struct buf *b)
{
	for (size_t i = 0; i < count; i++)
		if (f == FORMAT_LOGIN_COMMAND) {
			add_login(b, &entries[i]);
		} else if (f == FORMAT_ENV) {
			add_env(b, &entries[i], count == 1);
		} else {
			buf_add(b, entries[i].password);
			buf_char(b, '\n');
		}
}

bool
format_write(enum format f, const struct format_entry *entries, size_t count,
    struct buf *b, struct err *e)
{
	struct buf rest = { b->p + b->n, 0, b->cap - b->n, b->full };

	if (!entries_ok(f, entries, count, e))
		return false;
	switch (f) {
	case FORMAT_PASSWORD:
	case FORMAT_LOGIN_COMMAND:
	case FORMAT_ENV:
		add_each(f, entries, count, &rest);
		break;
	case FORMAT_JSON:
		format_json(entries, count, &rest);
		break;
	case FORMAT_DOCKER_CONFIG:
	case FORMAT_DOCKER_AUTH_CONFIG:
	case FORMAT_DOCKERCFG:
	case FORMAT_MESOS_CONFIG:
		format_auths(f, entries, count, &rest);
		break;
	}
	if (rest.full) {
		buf_wipe(&rest);
		return err_set(e, ERR_LIMIT, "format: out of memory");
	}
	b->n += rest.n;
	return true;
}
