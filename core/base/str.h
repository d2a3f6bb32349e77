/* str.h - a view of bytes that somebody else owns.
 *
 * A struct str is no C string: it may hold any byte and has no end mark. All
 * comparison is ASCII and bytewise; no locale is ever consulted. An absent
 * value is { NULL, 0 }, and an empty one has n == 0 and any p.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *p;
	size_t n;
};

#define S(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
/* For tables in static storage, where a compound literal is no constant. */
#define S_INIT(lit) { "" lit, sizeof(lit) - 1 }
/* For "%.*s", which takes NULL for no bytes. */
#define STR_ARG(s) ((int)(s).n), (s).p

/* View of a NUL-terminated string; NULL gives the absent view. */
struct str str_of(const char *z);

bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b);
/* Order of bytes, the shorter first on a tie: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str head);
bool str_ends(struct str s, struct str tail);

/* Without the first n bytes, or only the first n; n is cut to s.n. */
struct str str_skip(struct str s, size_t n);
struct str str_head(struct str s, size_t n);

/* Split s at the first c. On a miss *head is all of s and *tail is empty.
 * s may be *head or *tail's present value.
 */
bool str_cut(struct str s, char c, struct str *head, struct str *tail);
/* The same at the last c; on a miss *tail is empty too. */
bool str_cut_last(struct str s, char c, struct str *head, struct str *tail);

bool str_has(struct str s, char c);
/* Does part occur in s? */
bool str_contains(struct str s, struct str part);

/* Is every byte a visible ASCII character (VCHAR of RFC 5234)? Or that or a
 * blank? An empty view has no byte that is not.
 */
bool str_visible(struct str s);
bool str_printable(struct str s);

/* Without blanks, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);

/* Decimal, no sign, no blanks, 0..max. False leaves *v alone. */
bool str_u64(struct str s, uint64_t max, uint64_t *v);

/* ASCII character classes. */
bool char_digit(char c);
bool char_alpha(char c);
bool char_alnum(char c);
char char_lower(char c);

#endif
