package cli

import (
	"muster/internal/api"
	"muster/internal/serve"
)

// http is what the server needs to take requests over HTTP as well.
func (d *door) http() serve.HTTP {
	h := d.in.HTTP
	if h.Listen == "" && h.Metrics == "" {
		return serve.HTTP{}
	}
	site := d.in.site()
	d.metrics = api.NewMetrics()
	return serve.HTTP{
		Listen: h.Listen, Cert: h.Cert, Key: h.Key, Metrics: h.Metrics,
		API: api.Config{
			Store: d.store, Now: d.env.Now, Log: d.log, Exec: d.exec,
			Site:           site.Site,
			Authenticators: []api.Authenticator{api.APIKeys{Holders: d.store}, &api.Tokens{Keys: d.store, HostKey: site.HostKey, Now: d.env.Now}},
			ProxyFrom:      h.ProxyFrom, Plain: !h.TLS(), Metrics: d.metrics,
		},
	}
}
