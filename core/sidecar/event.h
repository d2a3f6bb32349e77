/* event.h - one line of the log for each thing that happens. Pure.
 *
 *	2026-11-21T15:07:09Z info 123456789012.dkr.ecr...: token until ...
 *	{"time":"2026-11-21T15:07:09Z","level":"info","message":"..."}
 *
 * Text comes out printable, in one line. Source: RFC 3339, RFC 8259.
 */
#ifndef SIDECAR_EVENT_H
#define SIDECAR_EVENT_H

#include "base/buf.h"
#include "base/err.h"

enum event_format { EVENT_TEXT, EVENT_JSON };
enum event_level { EVENT_DEBUG, EVENT_INFO, EVENT_WARNING, EVENT_ERROR };

/* "text" or "json"; ERR_USAGE. */
MUST_USE bool event_format_named(struct str name, enum event_format *f,
    struct err *e);

/* Append the line, with its end. b->full: it had no room. */
void event_line(enum event_format f, int64_t now_s, enum event_level level,
    struct str text, struct buf *b);

#endif
