/* date.h - times as AWS writes them; int64_t seconds since 1970-01-01 UTC.
 *
 * No time zone data, no locale. All parsers take the whole string or fail and
 * then leave *t alone. Fractions of a second are dropped (rounded down).
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* ISO 8601 as met in AWS answers and files: 2026-11-21T01:57:47 followed by
 * an optional fraction and by Z, +00:00 (any offset), or UTC.
 */
bool date_iso(struct str s, int64_t *t);

/* Epoch seconds as a JSON number: integer, fraction or 1.448878779809E9.
 * Beyond the year 9999 is refused, and so milliseconds taken for seconds are.
 */
bool date_epoch(struct str s, int64_t *t);

/* HTTP-date, IMF-fixdate form only (RFC 9110 5.6.7). The day of the week must
 * be one, but need not be the right one.
 */
bool date_http(struct str s, int64_t *t);

#define DATE_AMZ_LEN 16	/* 20150830T123600Z */
#define DATE_ISO_LEN 20	/* 2015-08-30T12:36:00Z */
#define DATE_HTTP_LEN 29	/* Sun, 30 Aug 2015 12:36:00 GMT */

/* Write t with a final NUL; years outside 0..9999 are cut to that range. */
void date_format_amz(int64_t t, char out[DATE_AMZ_LEN + 1]);
void date_format_iso(int64_t t, char out[DATE_ISO_LEN + 1]);
void date_format_http(int64_t t, char out[DATE_HTTP_LEN + 1]);

#endif
