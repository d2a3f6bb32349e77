#include "net/dns_message.h"

#include <string.h>

enum {
	HEAD = 12,		/* bytes before the question */
	NAME_WIRE_MAX = 255,	/* RFC 1035 2.3.4 */
	TYPE_CNAME = 5,
	CLASS_IN = 1,
	RCODE_NXDOMAIN = 3,
	/* the second 16 bits of the header, RFC 1035 4.1.1 */
	QR = 0x8000,
	OPCODE = 0x7800,
	AA = 0x0400,
	TC = 0x0200,
	RD = 0x0100,
	RA = 0x0080,
	RCODE = 0x000f,
};

bool
dns_name_ok(struct str name)
{
	struct str label, rest = name;
	bool more = true;

	if (name.n > DNS_NAME_MAX)
		return false;
	while (more) {
		more = str_cut(rest, '.', &label, &rest);
		if (label.n == 0 || label.n > DNS_LABEL_MAX)
			return false;
		for (size_t i = 0; i < label.n; i++) {
			char c = label.p[i];

			if (!char_alnum(c) && c != '-' && c != '_')
				return false;
		}
	}
	return true;
}

static void
put16(struct buf *b, unsigned v)
{
	buf_char(b, (char)(v >> 8 & 0xff));
	buf_char(b, (char)(v & 0xff));
}

void
dns_question_write(const struct dns_question *q, struct buf *b)
{
	struct str label, rest = q->name;
	bool more = true;

	put16(b, q->id);
	put16(b, RD);
	put16(b, 1);
	put16(b, 0);
	put16(b, 0);
	put16(b, 0);
	while (more) {
		more = str_cut(rest, '.', &label, &rest);
		buf_char(b, (char)label.n);
		buf_add(b, label);
	}
	buf_char(b, 0);
	put16(b, q->type);
	put16(b, CLASS_IN);
}

/* Reads sticking when they fail: after the first that ran past the end, all
 * give 0 and bad stays set.
 */
struct cursor {
	struct str msg;
	size_t at;
	bool bad;
};

static unsigned
take8(struct cursor *c)
{
	if (c->bad || c->at >= c->msg.n) {
		c->bad = true;
		return 0;
	}
	return (unsigned char)c->msg.p[c->at++];
}

static unsigned
take16(struct cursor *c)
{
	unsigned high = take8(c);

	return high << 8 | take8(c);
}

/* A name in wire form without compression, in lower case: two names are the
 * same when their bytes are (RFC 4343).
 */
struct name {
	char p[NAME_WIRE_MAX];
	size_t n;
};

static struct str
name_str(const struct name *name)
{
	return (struct str){ name->p, name->n };
}

/* RFC 1035 4.1.4. A pointer must lead to before the labels that it ends, so
 * that each jump goes further back and no chain of them is endless; nor may it
 * be long, as thousands of names can share one.
 */
static void
take_name(struct cursor *c, struct name *out)
{
	struct cursor in = *c;
	size_t begun = c->at;
	unsigned jumps = 0;

	out->n = 0;
	for (;;) {
		unsigned len = take8(&in);

		if (len >= 0xc0) {
			size_t to = (len & 0x3f) << 8;

			to |= take8(&in);
			if (jumps == 0)
				c->at = in.at;
			if (in.bad || to < HEAD || to >= begun ||
			    jumps++ == DNS_JUMPS_MAX)
				break;
			in.at = begun = to;
			continue;
		}
		/* 0x40 and 0x80 are reserved, RFC 6891 5 */
		if (in.bad || len > DNS_LABEL_MAX ||
		    out->n + 1 + len > NAME_WIRE_MAX)
			break;
		out->p[out->n++] = (char)len;
		for (unsigned i = 0; i < len; i++)
			out->p[out->n++] = char_lower((char)take8(&in));
		if (len > 0)
			continue;
		if (jumps == 0)
			c->at = in.at;
		c->bad = c->bad || in.bad;
		return;
	}
	c->bad = true;
}

struct record {
	struct name owner;
	unsigned type, class;
	size_t data, data_n;	/* offset in the message, bytes */
};

static void
take_record(struct cursor *c, struct record *r)
{
	take_name(c, &r->owner);
	r->type = take16(c);
	r->class = take16(c);
	take16(c);	/* the TTL: nothing is kept */
	take16(c);
	r->data_n = take16(c);
	r->data = c->at;
	if (c->bad || r->data_n > c->msg.n - c->at)
		c->bad = true;
	else
		c->at += r->data_n;
}

/* Every record reads to the message's last byte, and the data of those that
 * we use have their type's shape.
 */
static bool
records_ok(struct cursor c, unsigned count)
{
	struct record r;
	struct name target;

	for (unsigned i = 0; i < count && !c.bad; i++) {
		struct cursor data;

		take_record(&c, &r);
		if (c.bad)
			return false;
		data = (struct cursor){ c.msg, r.data, false };
		if (r.class != CLASS_IN)
			continue;
		if ((r.type == DNS_A && r.data_n != 4) ||
		    (r.type == DNS_AAAA && r.data_n != 16))
			return false;
		if (r.type != TYPE_CNAME)
			continue;
		take_name(&data, &target);
		if (data.bad || data.at != r.data + r.data_n)
			return false;
	}
	return !c.bad && c.at == c.msg.n;
}

/* The addresses of name among the answers; failing them, *name is changed to
 * what its CNAME says and *aliased is set.
 */
static size_t
look(struct cursor c, unsigned answers, unsigned type, struct name *name,
    struct addr *out, size_t max, bool *aliased)
{
	struct record r;
	struct name target = { .n = 0 };
	size_t count = 0;

	*aliased = false;
	for (unsigned i = 0; i < answers; i++) {
		take_record(&c, &r);
		if (r.class != CLASS_IN ||
		    !str_eq(name_str(&r.owner), name_str(name)))
			continue;
		if (r.type == type && count < max) {
			out[count] = (struct addr){
				.family = type == DNS_A ? AF_INET : AF_INET6,
			};
			memcpy(out[count++].ip, c.msg.p + r.data, r.data_n);
		} else if (r.type == TYPE_CNAME) {
			struct cursor data = { c.msg, r.data, false };

			take_name(&data, &target);
			*aliased = true;
		}
	}
	if (*aliased)
		*name = target;
	return count;
}

/* The question section repeats q? c is left behind it. */
static bool
same_question(struct cursor *c, const struct dns_question *q,
    struct name *name)
{
	char wire[DNS_QUESTION_MAX];
	struct buf b = BUF(wire);
	struct str want;
	unsigned type, class;

	dns_question_write(q, &b);
	want = str_skip(str_head(buf_str(&b), b.n - 4), HEAD);
	take_name(c, name);
	type = take16(c);
	class = take16(c);
	/* length bytes are below 'A': folding case changes letters only */
	return !b.full && !c->bad && type == q->type && class == CLASS_IN &&
	    str_eq_nocase(name_str(name), want);
}

enum dns_says
dns_answer_read(struct str msg, const struct dns_question *q,
    struct addr *out, size_t max, size_t *count, unsigned *rcode)
{
	struct cursor c = { msg, 0, false };
	struct name name;
	unsigned id = take16(&c), flags = take16(&c);
	unsigned questions = take16(&c), answers = take16(&c);
	unsigned others = take16(&c);
	unsigned code = flags & RCODE;
	bool aliased = true;
	size_t n = 0;

	others += take16(&c);
	if (c.bad || id != q->id || !(flags & QR) || flags & OPCODE)
		return DNS_NOT_OURS;
	/* who could not read the question may not repeat it */
	if (questions == 0 && code != 0 && code != RCODE_NXDOMAIN) {
		*rcode = code;
		return DNS_FAILED;
	}
	if (questions != 1 || !same_question(&c, q, &name))
		return DNS_NOT_OURS;
	*rcode = code;
	if (flags & TC)
		return DNS_CUT;
	if (code != 0 && code != RCODE_NXDOMAIN)
		return DNS_FAILED;
	if (!records_ok(c, answers + others))
		return DNS_BROKEN;
	if (code == RCODE_NXDOMAIN)
		return DNS_NO_NAME;
	/* a referral: this server neither knows nor asks for us */
	if (answers == 0 && !(flags & (AA | RA)))
		return DNS_FAILED;
	for (size_t hops = 0; n == 0 && aliased; hops++) {
		if (hops > DNS_CNAME_MAX)
			return DNS_BROKEN;
		n = look(c, answers, q->type, &name, out, max, &aliased);
	}
	if (n == 0)
		return DNS_NO_DATA;
	*count = n;
	return DNS_FOUND;
}

const char *
dns_rcode_text(unsigned rcode)
{
	static const char *const text[] = {
		"does no recursion", "FORMERR", "SERVFAIL", "NXDOMAIN",
		"NOTIMP", "REFUSED",
	};

	if (rcode < sizeof(text) / sizeof(text[0]))
		return text[rcode];
	return "answered with an unknown error";
}
