#include "sink/formats.h"

#include "base/date.h"
#include "base/json.h"

/* Layout: docker's own is a TAB a level. */
static void
line(struct buf *b, bool flat, unsigned depth)
{
	if (flat)
		return;
	buf_char(b, '\n');
	while (depth-- > 0)
		buf_char(b, '\t');
}

static void
member(struct buf *b, bool flat, unsigned depth, struct str name)
{
	line(b, flat, depth);
	json_quote(b, name);
	buf_add(b, flat ? S(":") : S(": "));
}

static void
add_host(struct buf *b, bool flat, unsigned depth, bool url, bool email,
    const struct format_entry *entry)
{
	line(b, flat, depth);
	buf_add(b, url ? S("\"https://") : S("\""));
	/* A host has nothing to be escaped. */
	buf_add(b, entry->host);
	buf_add(b, flat ? S("\":{") : S("\": {"));
	member(b, flat, depth + 1, S("auth"));
	json_quote(b, entry->auth);
	if (email) {
		buf_char(b, ',');
		member(b, flat, depth + 1, S("email"));
		json_quote(b, S("none"));
	}
	line(b, flat, depth);
	buf_char(b, '}');
}

void
format_auths(enum format f, const struct format_entry *entries,
    size_t count, struct buf *b)
{
	bool flat = f == FORMAT_DOCKER_AUTH_CONFIG;
	bool bare = f == FORMAT_DOCKERCFG;
	bool old = bare || f == FORMAT_MESOS_CONFIG;
	unsigned depth = bare ? 1 : 2;

	buf_char(b, '{');
	if (!bare) {
		member(b, flat, 1, S("auths"));
		buf_char(b, '{');
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_char(b, ',');
		add_host(b, flat, depth, old, old, &entries[i]);
	}
	if (!bare) {
		line(b, flat, 1);
		buf_char(b, '}');
	}
	line(b, flat, 0);
	buf_add(b, S("}\n"));
}

void
format_json(const struct format_entry *entries, size_t count,
    struct buf *b)
{
	for (size_t i = 0; i < count; i++) {
		const struct format_entry *entry = &entries[i];
		char expires[DATE_ISO_LEN + 1];
		const struct {
			struct str name, value;
		} members[] = {
			{ S("host"), entry->host },
			{ S("account"), entry->account },
			{ S("region"), entry->region },
			{ S("username"), entry->user },
			{ S("password"), entry->password },
			{ S("expires"), { expires, DATE_ISO_LEN } },
		};

		date_format_iso(entry->expires_s, expires);
		buf_add(b, i ? S(",\n") : S("["));
		for (size_t k = 0; k < sizeof(members) / sizeof(members[0]);
		    k++) {
			buf_char(b, k ? ',' : '{');
			json_quote(b, members[k].name);
			buf_char(b, ':');
			json_quote(b, members[k].value);
		}
		buf_char(b, '}');
	}
	buf_add(b, S("]\n"));
}
