#include "net/pem.h"

#include "base/buf.h"
#include "t.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"

/* The bodies of all blocks, each followed by '|'. */
static void
blocks(void **state)
{
	static const struct {
		struct str text, bodies;
	} rows[] = {
		{ S_INIT(""), S_INIT("") },
		{ S_INIT("\n\n"), S_INIT("") },
		{ S_INIT(BEGIN "QUJD\n" END), S_INIT("QUJD\n|") },
		{ S_INIT(BEGIN "QUJD\nREVG\n" END BEGIN "MQ==\n" END),
		    S_INIT("QUJD\nREVG\n|MQ==\n|") },
		{ S_INIT("# text\n" BEGIN "QUJD\n" END "more\n"),
		    S_INIT("QUJD\n|") },
		/* no line end at the end; CR LF; blanks round the label */
		{ S_INIT(BEGIN "QUJD\n-----END CERTIFICATE-----"),
		    S_INIT("QUJD\n|") },
		{ S_INIT("-----BEGIN CERTIFICATE-----\r\nQUJD\r\n"
		    "-----END CERTIFICATE-----\r\n"), S_INIT("QUJD\r\n|") },
		{ S_INIT(" -----BEGIN CERTIFICATE----- \nQUJD\n" END),
		    S_INIT("QUJD\n|") },
		/* other labels */
		{ S_INIT("-----BEGIN TRUSTED CERTIFICATE-----\nQUJD\n"
		    "-----END TRUSTED CERTIFICATE-----\n"), S_INIT("") },
		{ S_INIT("-----BEGIN PRIVATE KEY-----\nQUJD\n"
		    "-----END PRIVATE KEY-----\n" BEGIN "MQ==\n" END),
		    S_INIT("MQ==\n|") },
		{ S_INIT("-----BEGIN CERTIFICATE----\nQUJD\n" END),
		    S_INIT("") },
		{ S_INIT("x-----BEGIN CERTIFICATE-----\nQUJD\n" END),
		    S_INIT("") },
		/* blocks without an end */
		{ S_INIT(BEGIN), S_INIT("|") },
		{ S_INIT("-----BEGIN CERTIFICATE-----"), S_INIT("|") },
		{ S_INIT(BEGIN "QUJD\n"), S_INIT("|") },
		{ S_INIT(BEGIN "QUJD\n-----END CERTIFICATE"), S_INIT("|") },
		{ S_INIT(BEGIN "QUJD\n" BEGIN "MQ==\n" END),
		    S_INIT("|MQ==\n|") },
		{ S_INIT(BEGIN "QUJD\n-----END PRIVATE KEY-----\n" BEGIN
		    "MQ==\n" END), S_INIT("|MQ==\n|") },
		{ S_INIT(END BEGIN "QUJD\n" END), S_INIT("QUJD\n|") },
		/* a last line that is none */
		{ S_INIT(BEGIN "QUJD" END), S_INIT("|") },
		{ S_INIT(BEGIN "QU-D\n" END BEGIN "MQ==\n" END),
		    S_INIT("|MQ==\n|") },
		{ S_INIT(BEGIN END), S_INIT("|") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str text = t_edge(rows[i].text), body;
		char room[256];
		struct buf b = BUF(room);

		while (pem_next(&text, &body)) {
			buf_add(&b, body);
			buf_char(&b, '|');
		}
		assert_str_equal(buf_str(&b), rows[i].bodies);
	}
}

static void
decoding(void **state)
{
	/* out empty: refused */
	static const struct {
		struct str in, out;
	} rows[] = {
		{ S_INIT("QUJD"), S_INIT("ABC") },
		{ S_INIT("QUI="), S_INIT("AB") },
		{ S_INIT("QQ=="), S_INIT("A") },
		{ S_INIT("AAAA"), S_INIT("\0\0\0") },
		{ S_INIT("+/+/"), S_INIT("\xfb\xff\xbf") },
		{ S_INIT("QU\nJ D\r\n\tREVG\n"), S_INIT("ABCDEF") },
		{ S_INIT("Q\nQ\n=\n=\n"), S_INIT("A") },
		{ S_INIT(""), S_INIT("") },
		{ S_INIT(" \n"), S_INIT("") },
		{ S_INIT("="), S_INIT("") },
		{ S_INIT("===="), S_INIT("") },
		{ S_INIT("Q"), S_INIT("") },
		{ S_INIT("QU"), S_INIT("") },
		{ S_INIT("QUJ"), S_INIT("") },
		{ S_INIT("Q==="), S_INIT("") },
		{ S_INIT("QQ="), S_INIT("") },
		{ S_INIT("QQ==="), S_INIT("") },
		{ S_INIT("QQ==QUJD"), S_INIT("") },
		{ S_INIT("QQ=Q"), S_INIT("") },
		{ S_INIT("QQ=A"), S_INIT("") },
		{ S_INIT("QUI=="), S_INIT("") },
		{ S_INIT("QUJD="), S_INIT("") },
		/* bits that the padding leaves over */
		{ S_INIT("QR=="), S_INIT("") },
		{ S_INIT("QUJ="), S_INIT("") },
		/* no digits */
		{ S_INIT("QU-_"), S_INIT("") },
		{ S_INIT("QUJ\0"), S_INIT("") },
		{ S_INIT("QUJ\xc1"), S_INIT("") },
		{ S_INIT("QUJ@"), S_INIT("") },
		{ S_INIT("QUJ["), S_INIT("") },
		{ S_INIT("QUJ`"), S_INIT("") },
		{ S_INIT("QUJ{"), S_INIT("") },
		{ S_INIT("QUJ:"), S_INIT("") },
		{ S_INIT("QUJ."), S_INIT("") },
		{ S_INIT("QUJ\v"), S_INIT("") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char room[16];
		struct buf b = BUF(room);
		bool ok = pem_decode(t_edge(rows[i].in), &b);

		assert_int_equal(ok, rows[i].out.n > 0);
		if (ok)
			assert_str_equal(buf_str(&b), rows[i].out);
		/* One byte too few. */
		if (ok) {
			b = (struct buf){ room, 0, rows[i].out.n - 1, false };
			assert_false(pem_decode(t_edge(rows[i].in), &b));
		}
	}
}

/* Every digit has its value: base64 of 0 to 63 in six bits each. */
static void
alphabet(void **state)
{
	char room[48];
	struct buf b = BUF(room);

	(void)state;
	assert_true(pem_decode(S("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/"), &b));
	assert_int_equal(b.n, 48);
	for (unsigned i = 0; i < 64; i++) {
		unsigned at = i * 6 / 8, shift = 10 - i * 6 % 8;
		unsigned pair = (unsigned)(unsigned char)room[at] << 8;

		if (at + 1 < 48)
			pair |= (unsigned char)room[at + 1];
		assert_int_equal(pair >> shift & 63, i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks),
		cmocka_unit_test(decoding),
		cmocka_unit_test(alphabet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
