#include "net/pem.h"

/* One line off the front, without blanks at its ends. */
static struct str
take_line(struct str *text)
{
	struct str line;

	str_cut(*text, '\n', &line, text);
	return str_trim(line);
}

bool
pem_next(struct str *text, struct str *body)
{
	struct str rest = *text, start;

	while (!str_eq(take_line(&rest), S("-----BEGIN CERTIFICATE-----")))
		if (rest.n == 0)
			return false;
	start = rest;
	*body = S("");
	while (rest.n) {
		struct str at = rest, line = take_line(&rest);

		if (!str_starts(line, S("-----")))
			continue;
		if (str_eq(line, S("-----END CERTIFICATE-----")))
			*body = str_head(start, start.n - at.n);
		else
			rest = at;	/* may be the next block's first */
		break;
	}
	*text = rest;
	return true;
}

enum {
	BLANK = 0x80,
	PAD,
	BAD,
};

/* A digit's value or one of the above. */
static unsigned
classify(char c)
{
	/* Value + 1, so that what is not named here stays 0. */
	static const unsigned char digits[128] = {
		['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5,
		['F'] = 6, ['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10,
		['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15,
		['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20,
		['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25,
		['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
		['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
		['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
		['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45,
		['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50,
		['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55,
		['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
		['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
	};
	unsigned char u = (unsigned char)c;

	if (u < sizeof(digits) && digits[u])
		return digits[u] - 1u;
	if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
		return BLANK;
	return c == '=' ? PAD : BAD;
}

bool
pem_decode(struct str body, struct buf *out)
{
	unsigned v = 0, have = 0, pads = 0;
	size_t before = out->n;

	for (size_t i = 0; i < body.n; i++) {
		unsigned d = classify(body.p[i]);

		if (d == BLANK)
			continue;
		if (d == PAD)
			pads++;
		else if (d == BAD || pads)	/* nothing follows the pads */
			return false;
		v = v << 6 | (d == PAD ? 0 : d);
		if (++have < 4)
			continue;
		if (pads > 2 || out->cap - out->n < 3 - pads)
			return false;
		/* RFC 4648 3.5: bits that padding leaves unused are zero. */
		if (pads && v & (pads == 1 ? 0xff : 0xffff))
			return false;
		for (unsigned k = 0; k < 3 - pads; k++)
			out->p[out->n++] = (char)(v >> (16 - 8 * k) & 0xff);
		v = have = 0;
	}
	return have == 0 && out->n > before;
}
