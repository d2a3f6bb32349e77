/* limits.h - every bound in one place: unit, reason, source.
 *
 * Sizes are bytes, times milliseconds unless the name says otherwise.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Memory of one run. Untouched pages cost nothing; the largest single guest
 * is a BatchGetImage answer (HTTP_BODY_MAX) with its tokens.
 */
#define ARENA_BYTES (40u << 20)

/* HTTP. AWS front ends cap request heads at 16 KiB or less; answers may carry
 * more. Bodies: BatchGetImage manifests are <= 4 MiB, escaped.
 */
#define HTTP_HEAD_MAX (64u << 10)
#define HTTP_FIELDS_MAX 128u
#define HTTP_BODY_MAX (8u << 20)
#define HTTP_INTERIM_MAX 8u		/* 1xx answers before the real one */
#define HTTP_CHUNK_LINE_MAX 256u	/* size and extensions of one chunk */
#define HTTP_REQUEST_HEAD_MAX (32u << 10)
#define HTTP_READ_BYTES (16u << 10)	/* at once; one TLS record */
#define HTTP_NAME_MAX 31u	/* "Request Header Fields Too Large" */

/* HTTP, answering. What we serve is asked for in a few lines. */
#define SERVE_REQUEST_MAX 1024u
#define SERVE_CONNECTIONS_MAX 128u
#define SERVE_LATER_MAX 96u	/* of them, that wait for one and the same thing */
#define SERVE_PARTINGS_MAX 32u	/* answered and closed, not yet by the peer */
#define SERVE_FIELDS_MAX 4u	/* of an answer's own */
#define SERVE_ACCEPT_MAX 32u	/* in one turn of the loop */
#define SERVE_ACCEPT_PAUSE_MS 100	/* when there is no descriptor left */
#define SERVE_HEAD_MS 10000	/* for all of a request, which is one packet */
#define SERVE_YIELD_MS 1000	/* the same, when others want the place */
#define SERVE_IDLE_MS 75000	/* Prometheus comes once a minute */
#define SERVE_SEND_MS 10000	/* for all of an answer */
#define SERVE_LINGER_MS 2000	/* for the peer to read the last answer */
#define SERVE_LINGER_BYTES (64u << 10)	/* sent behind a refused request */

/* Time. botocore waits 60 s for each phase and Go has no overall limit; a
 * person or a container runtime is waiting for us, so: one overall deadline.
 */
#define EXCHANGE_MS 60000
#define HELPER_MS 30000		/* docker's user waits for the helper */
#define KUBELET_MS 55000	/* kubelet kills its plugin after 60 s */
#define CONNECT_MS 5000		/* per address */
#define TLS_MS 10000
#define READ_MS 30000		/* between two bytes of an answer */
#define STAGGER_MS 250		/* RFC 8305 section 5, Connection Attempt Delay */
#define ADDR_MAX 16u		/* addresses tried for one name */

/* A connection opened while credentials are asked for is given up after so
 * long: what the metadata service may take (IMDS_BUDGET_MS), so that nobody who
 * is offline waits twice.
 */
#define PREPARE_MS 2000

/* Child processes. */
#define CHILD_ANSWER_MAX (512u << 10)	/* tokens of 100 registries; credentials
					   are 3 KiB at most */
#define CHILD_GRACE_MS 200	/* to tell, after the deadline, what was late */
#define CHILD_END_MS 200	/* from SIGTERM to SIGKILL */

#define PROCESS_QUIET_MS 1000	/* of waiting, before memory is given back */
#define BROKER_WORD_MAX (32u << 10)	/* a datagram between two processes */

/* DNS (RFC 1035, resolv.conf(5)). */
#define DNS_NAME_MAX 253u
#define DNS_LABEL_MAX 63u
#define DNS_SERVERS_MAX 3u	/* MAXNS */
#define DNS_SEARCH_MAX 32u	/* Kubernetes allows so many; glibc >= 2.26 any */
#define DNS_TIMEOUT_MS 2000	/* per attempt, unless options timeout:n */
#define DNS_ATTEMPTS 2u
#define DNS_UDP_MAX 1232u	/* a larger datagram counts as truncated */
#define DNS_CNAME_MAX 16u
#define DNS_JUMPS_MAX 127u	/* in one name: as many as it may have labels */
#define DNS_FILE_MAX (1u << 20)	/* /etc/hosts, resolv.conf */

/* TLS. */
#define TLS_RSA_MIN 256u	/* 2048 bit; CA/Browser Forum BR 6.1.5 */
#define TLS_CERT_MAX (16u << 10)	/* one certificate, DER */
#define TLS_CHAIN_MAX (64u << 10)	/* the whole chain, DER */
#define TLS_CHAIN_COUNT_MAX 10u
#define TLS_ANCHORS_MAX 16u	/* that one chain names; roots share names at most in pairs */
#define CA_BUNDLE_MAX (4u << 20)	/* certifi is 237 KB */

/* A time that somebody writes: more is a slip of the keyboard. */
#define SPAN_MAX_S (365 * 86400u)

/* JSON. */
#define JSON_DEPTH_MAX 64u

/* XML: names from the root to an element. STS needs 94. */
#define XML_PATH_MAX 512u

/* Files. */
#define FILE_MAX (4u << 20)	/* config.json, ~/.aws files, tokens */
#define SELF_MAX (16u << 20)	/* this program, with sanitizers in it too */
#define FILE_READ_BYTES (64u << 10)	/* at once: of what is in /proc/sys, the
					   kernel refuses 4 MiB (ENOMEM) */
#define PATH_MAX_BYTES 4096u
#define DIR_ENTRIES_MAX 1024u	/* the token cache has a handful */
#define LOCK_MS 10000		/* waiting for another login to finish */

/* AWS. */
#define ACCOUNT_LEN 12u
#define REGION_MAX 63u		/* one DNS label */
#define ROLE_NAME_MAX 256u
#define ROLE_CHAIN_MAX 8u	/* roles one after the other; two are usual */
#define ROLE_ARN_MAX 2048u	/* STS API reference, as is the next */
#define WEB_TOKEN_MAX 20000u
#define KEY_ID_MAX 128u	/* IAM API reference, AccessKey */
#define SIGN_HEADERS_MAX 16u
#define SIGN_QUERY_MAX 32u
#define AUTHORIZATION_MAX 1024u	/* the field's value */
#define ERROR_MESSAGE_MAX 600u	/* of AWS's text; leaves room for a hint */
#define ERROR_BODY_MAX 200u	/* shown of an answer that is not AWS's */
#define ERROR_ECHO_BYTES 12u	/* so much of a secret tells that it is one */
#define SIGN_TEXT_MAX 512u	/* string to sign: region and service are labels */
#define CANONICAL_MAX (64u << 10)	/* a canonical request without its body */
#define CALL_FIELDS_MAX 4u	/* of a call's own */
#define CALL_ATTEMPTS 3u	/* AWS SDK standard retry mode */
#define CALL_ATTEMPTS_LEGACY 5u
#define CALL_ATTEMPTS_MAX 100u	/* more is a slip of the keyboard */
#define CALL_BACKOFF_MS 50	/* transient; aws 5.2 */
#define CALL_BACKOFF_THROTTLE_MS 1000
#define CALL_BACKOFF_MAX_MS 20000
#define CALL_RETRY_AFTER_SLACK_MS 5000
#define DPOP_KEY_MAX 256u	/* DER; of P-256 it is 121 bytes */
#define DPOP_CLAIMS_MAX 1024u	/* nearly all of it is the URL */
#define DPOP_PROOF_MAX 2048u	/* claims and 250 bytes, in base64 */
#define SIGNIN_LIFE_MAX_S (24 * 3600)	/* of credentials; seen: 900 */
#define SSO_REFRESH_MS 8000	/* under the lock; less than LOCK_MS */
#define SSO_READS 2u	/* of a token that may be being written */
#define SSO_READ_PAUSE_MS 50
#define SKEW_MAX_S 240		/* AWS allows 5 minutes; correct beyond 4 */
#define ECR_TOKEN_LIFE_S (12 * 3600)	/* API reference, GetAuthorizationToken */
#define ECR_IDS_MAX 10u	/* API reference, GetAuthorizationToken */
#define TOKENS_SHARE_MS 10000	/* at least, for one of several calls */
#define ECR_PASSWORD_MAX (16u << 10)	/* seen: 2-3 KiB, more with sessions */

#define KUBERNETES_ATTEMPTS 5u	/* when another writes the same secret */
#define KUBERNETES_NAME_MAX 253u	/* a secret's: a DNS subdomain */
#define KUBERNETES_NAMESPACES_MAX 10000u	/* Kubernetes' own threshold */
#define KUBERNETES_NAMESPACE_MAX 63u	/* a name: one DNS label */
#define KUBERNETES_PAGE 500u	/* of them at once, as kubectl asks */
#define KUBERNETES_CONTINUE_MAX 1024u	/* a name and a version, in base64 */

/* A body that the sidecar serves; a registry's entry is 4 KiB at most, seen. */
#define SIDECAR_BODY_MAX (512u << 10)
#define SIDECAR_REFRESH_MS 90000	/* tokens for all registries */
#define SIDECAR_SINK_MS 30000	/* one sink of it */
#define SIDECAR_REUSE_MS 300000	/* GET / makes do with a refresh that old */
#define SIDECAR_FORCE_MS 5000	/* and with a failure that old */
#define SIDECAR_KEPT_BYTES (64u << 10)	/* what options and environment say */
#define ROUTES_MADE_MAX (1u << 20)	/* metrics of HEALTH_PARTS_MAX parts
					   take 340 KiB at most */
#define ROUTES_TOKEN_MAX 512u	/* a request has SERVE_REQUEST_MAX for it */
#define EVENT_LINE_MAX 2560u	/* a message, each byte escaped, in JSON */
#define SIDECAR_WAKE_MS 60000	/* to see that the machine slept, or its clock
				   was set */
#define CHECK_MS 5000	/* --check; docker gives a check 30 s */
#define SIDECAR_STOP_MS 60	/* for what is under way to end */

/* Staying: how soon a failed refresh is tried again at first and later, and how
 * often anything is done at all, whatever the token says.
 */
#define SCHEDULE_BACKOFF_S 5
#define SCHEDULE_BACKOFF_MAX_S 600
#define SCHEDULE_LEAST_S 1
#define HEALTH_PARTS_MAX 128u	/* registries and sinks */
#define SIDECAR_REGISTRIES_MAX 96u
#define SIDECAR_SINKS_MAX 32u
#define HEALTH_NAME_MAX 264u	/* a host with its port; DNS_NAME_MAX */
#define HEALTH_ERROR_MAX 256u	/* kept of a failure's message */
#define HEALTH_DYING_PART 10	/* red with a tenth of a token's life left */
#define HEALTH_AGE_LEAST_S 60	/* --max-age by default, at least */

/* Metadata: one budget for all of a run's metadata work. */
#define IMDS_BUDGET_MS 2000
#define IMDS_CONNECT_MS 1000
#define IMDS_READ_MS 1000
#define IMDS_ATTEMPTS 3u
#define IMDS_BACKOFF_MS 100
#define IMDS_TOKEN_TTL_S 21600
#define IMDS_TOKEN_MAX 1024u	/* seen: 56 */
#define IMDS_BODY_MAX (64u << 10)	/* user data is at most 16 KiB */
#define IMDS_TIMEOUT_MAX_S 3600u
#define IMDS_ATTEMPTS_MAX 100u

/* Container credentials: botocore's figures. */
#define CONTAINER_MS 2000
#define CONTAINER_ATTEMPTS 3u
#define CONTAINER_PAUSE_MS 1000
#define CONTAINER_ERROR_BYTES 200u	/* of an error's body, in the message */

/* Credentials with less than this left are not worth a call. */
#define CRED_DYING_S 60

/* Who runs long asks for new ones so long before the end, and does not go on
 * with the old ones beyond that: botocore's windows.
 */
#define CRED_ADVISORY_S (15 * 60)
#define CRED_MANDATORY_S (10 * 60)
#define CRED_RETRY_MS 60000	/* between two attempts to renew what works */

/* Those of aws login live for 15 minutes; the SDKs renew them so early. */
#define LOGIN_RENEW_S (5 * 60)

/* What selects an identity, as text: a path or URI and a few names. Longer
 * ones go without the cache.
 */
#define IDENTITY_MAX 2048u

/* Credential helpers that registries.conf names; more than two are rare. */
#define HELPERS_MAX 32u

/* Programs and people that we ask. The time is the Go SDK's. */
#define PROGRAM_MS 60000
#define PROGRAM_OUT_MAX (64u << 10)	/* credentials are 3 KiB at most */
#define PROGRAM_WORDS_MAX 256u
#define COMMAND_MAX 8192u	/* a program and its arguments, as one text */
#define ANSWER_MAX 256u	/* a line typed; an MFA code has 6 digits */

/* What a sandbox lets through. A sink may have a file for each of
 * SIDECAR_REGISTRIES_MAX registries. Its rules for system calls have 170
 * operations of 8 bytes.
 */
#define SANDBOX_PATHS_MAX 128u
#define SANDBOX_PORTS_MAX 16u
#define SANDBOX_OPS_MAX 256u

/* Cached registry tokens: an entry is a password in base64 and little else. */
#define CACHE_ENTRY_MAX (64u << 10)

#endif
