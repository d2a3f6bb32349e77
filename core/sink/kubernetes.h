/* kubernetes.h - image pull secrets, through the API server of the cluster
 * that we run in.
 *
 * Source: Kubernetes API reference, Secret v1 and Namespace v1; "Accessing the
 * Kubernetes API from a Pod"; API concepts, "Retrieving large results sets in
 * chunks".
 */
#ifndef SINK_KUBERNETES_H
#define SINK_KUBERNETES_H

#include "base/uri.h"
#include "world.h"

/* The label that says whose a secret is. */
#define KUBERNETES_LABEL "app.kubernetes.io/managed-by"
#define KUBERNETES_OWNER "ecrbox"
/* What a pod is told of its service account. */
#define KUBERNETES_MOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

struct kubernetes {
	struct uri api;		/* https://KUBERNETES_SERVICE_HOST:PORT */
	struct str token;	/* of the service account */
	struct str namespace;	/* our own */
};

/* Where the API server is, by the environment alone. ERR_ABSENT: this is no
 * pod.
 */
MUST_USE bool kubernetes_api(const struct world *w, struct arena *a,
    struct uri *api, struct err *e);

/* What is mounted into a pod, and the variables there. The token is read each
 * time, since it changes. Views in a or the environment. ERR_ABSENT: this is
 * no pod, or one without a service account.
 */
MUST_USE bool kubernetes_here(const struct world *w, struct arena *a,
    struct kubernetes *k, struct err *e);

struct kubernetes_entry {
	struct str host, auth;	/* as docker_put has them */
};

struct kubernetes_secret {
	struct str namespace, name;
	bool adopt;		/* take over one that is not labelled ours */
};

/* Put the entries into the secret's .dockerconfigjson, in which all others
 * stay, and create it when it is not there. Another's change at the same time,
 * or its removal, is met by doing it again. deadline is absolute, w->clock_ms.
 * ERR_USAGE: the secret is of another type, not ours, or immutable;
 * ERR_DENIED: refused, with what the service account would need; else as http.h
 * says.
 */
MUST_USE bool kubernetes_write(const struct world *w,
    const struct kubernetes *k, const struct kubernetes_secret *secret,
    const struct kubernetes_entry *entries, size_t count, int64_t deadline,
    struct arena *a, struct err *e);

/* The names of all namespaces but those that are being removed, in a.
 * ERR_LIMIT: there are more than KUBERNETES_NAMESPACES_MAX; else as above.
 */
MUST_USE bool kubernetes_namespaces(const struct world *w,
    const struct kubernetes *k, int64_t deadline, struct arena *a,
    struct str **names, size_t *count, struct err *e);

#endif
