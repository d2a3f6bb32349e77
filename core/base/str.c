#include "base/str.h"

#include <string.h>

struct str
str_of(const char *z)
{
	return z ? (struct str){ z, strlen(z) } : (struct str){ NULL, 0 };
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (char_lower(a.p[i]) != char_lower(b.p[i]))
			return false;
	return true;
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool
str_starts(struct str s, struct str head)
{
	return s.n >= head.n && str_eq(str_head(s, head.n), head);
}

bool
str_ends(struct str s, struct str tail)
{
	return s.n >= tail.n && str_eq(str_skip(s, s.n - tail.n), tail);
}

struct str
str_skip(struct str s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return n ? (struct str){ s.p + n, s.n - n } : s;
}

struct str
str_head(struct str s, size_t n)
{
	return (struct str){ s.p, n < s.n ? n : s.n };
}

bool
str_cut(struct str s, char c, struct str *head, struct str *tail)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
	size_t n = at ? (size_t)(at - s.p) : s.n;

	*head = str_head(s, n);
	*tail = str_skip(s, n + 1);
	return at != NULL;
}

bool
str_cut_last(struct str s, char c, struct str *head, struct str *tail)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == c) {
			*head = str_head(s, i - 1);
			*tail = str_skip(s, i);
			return true;
		}
	*head = s;
	*tail = str_skip(s, s.n);
	return false;
}

bool
str_has(struct str s, char c)
{
	return s.n && memchr(s.p, c, s.n) != NULL;
}

bool
str_contains(struct str s, struct str part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (str_starts(str_skip(s, i), part))
			return true;
	return false;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
all_from(struct str s, char first)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < first || s.p[i] > '~')
			return false;
	return true;
}

bool
str_visible(struct str s)
{
	return all_from(s, '!');
}

bool
str_printable(struct str s)
{
	return all_from(s, ' ');
}

struct str
str_trim(struct str s)
{
	while (s.n && blank(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_u64(struct str s, uint64_t max, uint64_t *v)
{
	uint64_t sum = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t d;

		if (!char_digit(s.p[i]))
			return false;
		d = (uint64_t)(s.p[i] - '0');
		if (d > max || sum > (max - d) / 10)
			return false;
		sum = sum * 10 + d;
	}
	*v = sum;
	return true;
}

bool
char_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
char_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
char_alnum(char c)
{
	return char_digit(c) || char_alpha(c);
}

char
char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
