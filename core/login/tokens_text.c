#include "aws/partition.h"
#include "base/limits.h"
#include "base/uri.h"
#include "login/tokens.h"

/* A line for each item: kind of failure (0: none), host, account, region, when
 * got, when over, each followed by one blank; then the login or the message. An
 * empty word is "-".
 */
#define NAME_MAX_BYTES (DNS_NAME_MAX + sizeof("[]:65535") - 1)

static void
put_word(struct buf *b, struct str s)
{
	buf_add(b, s.n ? s : S("-"));
	buf_char(b, ' ');
}

static void
put_number(struct buf *b, int64_t v)
{
	/* A clock before 1970 is nobody's. */
	buf_u64(b, v > 0 ? (uint64_t)v : 0);
	buf_char(b, ' ');
}

void
tokens_write(const struct tokens_item *items, size_t count, struct buf *b)
{
	for (size_t i = 0; i < count; i++) {
		const struct tokens_item *it = &items[i];

		put_number(b, it->good ? ERR_NONE : (int64_t)it->why.kind);
		put_word(b, it->host);
		put_word(b, it->account);
		put_word(b, it->region);
		put_number(b, it->good ? it->got_s : 0);
		put_number(b, it->good ? it->expires_s : 0);
		buf_add(b, it->good ? it->login : str_of(it->why.msg));
		buf_char(b, '\n');
	}
}

static bool
take_number(struct str *line, int64_t *v)
{
	struct str word;
	uint64_t number;

	if (!str_cut(*line, ' ', &word, line) ||
	    (str_starts(word, S("0")) && word.n > 1) ||
	    !str_u64(word, INT64_MAX, &number))
		return false;
	*v = (int64_t)number;
	return true;
}

static bool
take_word(struct str *line, struct str *word)
{
	if (!str_cut(*line, ' ', word, line) || word->n == 0 ||
	    word->n > NAME_MAX_BYTES || !str_printable(*word))
		return false;
	if (str_eq(*word, S("-")))
		word->n = 0;
	return true;
}

/* Names of files are made of it, and who wrote this has heard the network. */
static bool
host_ok(struct str host)
{
	struct uri u = { .tls = true };
	struct err ignored;

	return uri_parse_authority(host, &u, &ignored);
}

/* host and what else there is about it, in any case. */
static bool
take_names(struct str *line, struct tokens_item *it)
{
	return take_word(line, &it->host) &&
	    (!it->host.n || host_ok(it->host)) &&
	    take_word(line, &it->account) &&
	    (!it->account.n || account_ok(it->account)) &&
	    take_word(line, &it->region) &&
	    (!it->region.n || region_ok(it->region)) &&
	    take_number(line, &it->got_s) && take_number(line, &it->expires_s);
}

static bool
take_login(struct str login, struct tokens_item *it)
{
	struct ecr_token t;
	struct err why;

	if (!it->host.n || it->expires_s == 0 || !ecr_split(login, &t, &why))
		return false;
	it->login = t.login;
	it->user = t.user;
	it->password = t.password;
	return true;
}

static bool
take_failure(struct str msg, enum err_kind kind, struct tokens_item *it)
{
	if (it->got_s || it->expires_s || !msg.n || msg.n >= ERR_MSG_MAX ||
	    !str_printable(msg))
		return false;
	err_set(&it->why, kind, "%.*s", STR_ARG(msg));
	return true;
}

static bool
read_item(struct str line, struct tokens_item *it)
{
	struct tokens_item got = { .text = it->text };
	int64_t kind;

	if (!take_number(&line, &kind) || kind > ERR_LIMIT ||
	    !take_names(&line, &got))
		return false;
	got.good = kind == ERR_NONE;
	if (got.good ? !take_login(line, &got) :
	    !take_failure(line, (enum err_kind)kind, &got))
		return false;
	*it = got;
	return true;
}

bool
tokens_read(struct str text, struct tokens_item *items, size_t count,
    struct err *e)
{
	struct str line;

	for (size_t i = 0; i < count; i++)
		if (!str_cut(text, '\n', &line, &text) ||
		    !read_item(line, &items[i]))
			return err_set(e, ERR_REPLY, "tokens: no item in line"
			    " %zu", i + 1);
	return !text.n || err_set(e, ERR_REPLY, "tokens: %zu bytes too many",
	    text.n);
}
