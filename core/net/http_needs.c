#include "net/bundle.h"
#include "net/dns.h"
#include "net/http_exchange.h"

void
http_needs(const struct http *h, struct sandbox_needs *n)
{
	const struct http_conf *conf = &h->conf;
	const struct dns_conf dns = { conf->hosts, conf->resolv,
		conf->dns_port, NULL };

	dns_needs(&dns, n);
	proxy_needs(&conf->proxy, n);
	if (conf->ca_bundle)
		sandbox_read(n, conf->ca_bundle);
	for (size_t i = 0; i < (conf->ca_system ? 1 : BUNDLE_PLACES); i++)
		sandbox_read(n, conf->ca_system ? conf->ca_system :
		    bundle_places[i]);
}
