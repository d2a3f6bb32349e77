/* subject.h - whose token it is, for identities. */
#ifndef CRED_SUBJECT_H
#define CRED_SUBJECT_H

#include "aws/config.h"

/* Append issuer and subject of a JWT: a service account's token is renewed
 * every hour, and they stay. Of any other token only it itself can tell, and
 * its hash stands for it.
 */
void cred_id_subject(struct config *c, struct str token, struct buf *id);

#endif
