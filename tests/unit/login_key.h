/* login_key.h - a private key (RFC 7515 A.3) as it stands in PEM and in JSON,
 * and what /proc/sys/kernel/random/uuid once said.
 */
#ifndef TESTS_LOGIN_KEY_H
#define TESTS_LOGIN_KEY_H

#define LOGIN_KEY "-----BEGIN EC PRIVATE KEY----- " \
	"MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49" \
	"AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b" \
	"focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ== -----END EC PRIVATE KEY-----"

#define UUID_FILE "/proc/sys/kernel/random/uuid"
#define UUID "0f6a7b0c-3f4a-4c9e-9d52-6b1e7f0d5a11"

#endif
