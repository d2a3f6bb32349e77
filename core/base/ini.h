/* ini.h - the grammar of AWS's config and credentials files.
 *
 * Source: the cross-SDK corpus profile-parser-tests.json and the SDK reference
 * guide, "Format of the config file"; where tools differ, aws decisions 0.7.
 * Lenient: a line that fits nothing is skipped and counted.
 */
#ifndef BASE_INI_H
#define BASE_INI_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct ini_item {
	struct str section;	/* inside the brackets, trimmed, as written */
	struct str key;		/* lower case; empty for the section header itself */
	struct str sub;		/* nested property's name, else empty */
	struct str value;	/* trimmed, comment cut, continuations joined by LF */
	size_t line;		/* 1-based */
};

struct ini {
	const struct ini_item *items;	/* in file order */
	size_t count;
	size_t skipped;		/* lines that fitted nothing */
	size_t skipped_line;	/* the first of them, 1-based */
};

/* Parse text (BOM and CRLF accepted). Items are in a; their strings view text
 * or a. ERR_LIMIT when a is full.
 */
MUST_USE bool ini_parse(struct str text, struct arena *a, struct ini *out,
    struct err *e);

#endif
