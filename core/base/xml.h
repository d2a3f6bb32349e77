/* xml.h - the XML in which STS and its stand-ins answer, read by path.
 *
 * A part of XML 1.0 (fifth edition): elements, attributes (checked and
 * ignored), text, the predefined entities and character references, comments,
 * and processing instructions before and after the root. Document types and
 * CDATA sections are refused, as is all that is not well-formed. Not checked:
 * that bytes beyond ASCII are UTF-8, and that an attribute comes once.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/arena.h"

/* An element that is looked for. */
struct xml_want {
	struct str path;	/* "ErrorResponse/Error/Code", from the root */
	struct str text;	/* decoded */
	bool found;
};

/* Read the whole document and fill text and found of each want; text is in a.
 * An element that is not there is simply not found. ERR_REPLY with the byte
 * offset and what is wrong; also when a wanted element comes twice or holds
 * elements. ERR_LIMIT when names on one path are longer than XML_PATH_MAX.
 */
MUST_USE bool xml_read(struct str text, struct xml_want *wants, size_t count,
    struct arena *a, struct err *e);

#endif
