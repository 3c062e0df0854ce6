package config

import (
	"net"
	"net/netip"

	"muster/models"
)

// TLS tells whether requests come by TLS.
func (h HTTP) TLS() bool { return h.Cert != "" }

// consistentHTTP checks what concerns several options of HTTP.
func (c *Config) consistentHTTP() error {
	h := c.HTTP
	switch {
	case (h.Cert == "") != (h.Key == ""):
		have, lacks := "tls.cert", "tls.key"
		if h.Cert == "" {
			have, lacks = lacks, have
		}
		return models.Invalid(lacks, "%s is missing, and %s is set (%s)", lacks, have, c.Origin(have)).WithHint("set both or none")
	case h.Listen != "" && !h.TLS() && len(h.ProxyFrom) == 0 && !ofThisMachine(h.Listen):
		return models.Invalid("http", "%s: http without TLS must be an address of this machine, like 127.0.0.1:8080, not %q", c.Origin("http"), h.Listen).
			WithHint("set tls.cert and tls.key, or list the proxy in front of it in http_proxy_from")
	case h.Key != "" && h.Listen != "":
		return checkSecret(c.stat, "tls.key", h.Key)
	}
	return nil
}

// ofThisMachine tells whether nobody else can come to an address.
func ofThisMachine(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && ThisMachine(host)
}

// ThisMachine tells whether a host is the machine itself, by a name that nobody else
// can have.
func ThisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
