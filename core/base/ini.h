/* ini.h - the grammar of AWS's config and credentials files.
 *
 * Source: the cross-SDK corpus profile-parser-tests.json and the SDK reference
 * guide, "Format of the config file"; where tools differ, aws decisions 0.7.
 * "key: value" is a property too, as botocore and the Go SDK read it.
 * Lenient: a line that fits nothing is skipped and counted, with the lines
 * indented under it; what follows a broken section header has no section and
 * is skipped too. A line continues a value when it is indented deeper than
 * the property was; under an empty value it is a nested property. Items come
 * in file order, repeated keys and sections included: the last one counts.
 */
#ifndef BASE_INI_H
#define BASE_INI_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct ini_item {
	struct str section;	/* inside the brackets, trimmed */
	struct str key;		/* lower case; empty: the header itself */
	struct str sub;		/* nested name, lower case; else empty */
	struct str value;	/* trimmed, comment cut, lines joined by LF */
	size_t line;		/* 1-based */
};

struct ini {
	const struct ini_item *items;	/* in file order */
	size_t count;
	size_t skipped;		/* lines that fitted nothing */
	size_t skipped_line;	/* the first of them, 1-based */
};

/* Parse text (BOM and CRLF accepted). Items and their strings are in a.
 * ERR_LIMIT when a is full.
 */
MUST_USE bool ini_parse(struct str text, struct arena *a, struct ini *out,
    struct err *e);

#endif
