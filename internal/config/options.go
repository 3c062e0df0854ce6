package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"muster/internal/mail"
	"muster/internal/secret"
	"muster/models"
)

// Option is one thing that can be set.
type Option struct {
	Name    string   // as in the file, tables joined by dots
	Default string   // as text; empty if there is none or it is derived
	Derived string   // in words, what the default is derived from
	Help    string   // lower case, no full stop
	Allowed []string // if only these
	Secret  bool     // comes from the environment alone and is never shown

	path   bool // a file or directory
	derive func(*loader) string
	// set stores a value that is not empty, or says what is allowed.
	set func(*Config, string) (allowed string)
}

// Flag is the name of the option's flag, without dashes before it.
func (o Option) Flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(o.Name) }

// Env is the name of the option's environment variable.
func (o Option) Env() string {
	return "MUSTER_" + strings.ToUpper(strings.ReplaceAll(o.Name, ".", "_"))
}

// Usage is the help with what is allowed, for a flag.
func (o Option) Usage() string {
	usage := o.Help
	if len(o.Allowed) > 0 {
		usage += ": " + models.Alternatives(o.Allowed)
	}
	if o.Derived != "" {
		usage += fmt.Sprintf(" (default: %s)", o.Derived)
	}
	return usage
}

// Options are all options, in the order in which they depend on each other and
// in which people look for them.
func Options() []Option {
	return []Option{
		{Name: "config", Help: "configuration file", Derived: "muster/config.toml in the XDG configuration directory",
			path: true,
			derive: func(l *loader) string {
				return l.xdg("XDG_CONFIG_HOME", ".config", "muster", "config.toml")
			},
			set: text(func(c *Config) *string { return &c.File })},
		{Name: "data", Help: "data directory", Derived: "muster in the XDG data directory",
			path:   true,
			derive: func(l *loader) string { return l.xdg("XDG_DATA_HOME", ".local/share", "muster") },
			set:    text(func(c *Config) *string { return &c.Data })},
		{Name: "org", Help: "organization to work in, by code or id",
			set: text(func(c *Config) *string { return &c.Org })},

		{Name: "listen", Default: ":2222", Help: "address and port the server listens on",
			set: setListen(func(c *Config) *string { return &c.Listen })},
		{Name: "address", Help: "host or host:port where people reach the server, for join commands; without a port it is 22",
			Derived: "this machine's name and the port of listen",
			derive:  func(l *loader) string { return l.publicAddress() },
			set:     setAddress},
		{Name: "host_key", Help: "file of the server's host key", Derived: "host_key in the data directory",
			path:   true,
			derive: func(l *loader) string { return filepath.Join(l.config.Data, "host_key") },
			set:    text(func(c *Config) *string { return &c.HostKey })},
		{Name: "sign_up", Default: "closed", Allowed: []string{"open", "closed"},
			Help: "whether anyone may create an account",
			set:  func(c *Config, v string) string { c.SignUp = v == "open"; return "" }},
		{Name: "create_organizations", Default: "anyone", Allowed: []string{"anyone", "plan", "site_admins"},
			Help: "who may create organizations",
			set:  text(func(c *Config) *string { return &c.CreateOrganizations })},
		{Name: "self_service_plans", Default: "off", Allowed: onOff(), Help: "whether owners may change the plan of their organization",
			set: func(c *Config, v string) string { c.SelfServicePlans = v == "on"; return "" }},
		{Name: "billing_required", Default: "off", Allowed: onOff(), Help: "whether shared organizations need a payment method before they invite",
			set: func(c *Config, v string) string { c.BillingRequired = v == "on"; return "" }},
		{Name: "limits.user_organizations", Default: "0", Help: "shared organizations that one user may be in; 0 for any number",
			set: func(c *Config, v string) string {
				n, err := strconv.ParseUint(v, 10, 31)
				if err != nil {
					return "a whole number"
				}
				c.OrganizationsPerUser = int(n)
				return ""
			}},
		{Name: "proxy_from", Help: "addresses and networks that speak the PROXY protocol, separated by commas",
			set: setNetworks(func(c *Config) *[]netip.Prefix { return &c.ProxyFrom })},

		{Name: "http", Help: "address and port for requests over HTTP; without TLS one of this machine, unless http_proxy_from lists a proxy",
			set: setListen(func(c *Config) *string { return &c.HTTP.Listen })},
		{Name: "tls.cert", Help: "file with the TLS certificate for http, and those that signed it",
			path: true, set: text(func(c *Config) *string { return &c.HTTP.Cert })},
		{Name: "tls.key", Help: "file with the private key of tls.cert",
			path: true, set: text(func(c *Config) *string { return &c.HTTP.Key })},
		{Name: "http_proxy_from", Help: "addresses and networks of the proxies whose X-Forwarded-For is believed, separated by commas",
			set: setNetworks(func(c *Config) *[]netip.Prefix { return &c.HTTP.ProxyFrom })},
		{Name: "metrics", Help: "address and port where Prometheus reads metrics over HTTP, from nobody but this machine if that is its address",
			set: setListen(func(c *Config) *string { return &c.HTTP.Metrics })},

		{Name: "webhooks.allow", Help: "private addresses and networks that webhooks may be in, separated by commas; there they need no TLS",
			set: setNetworks(func(c *Config) *[]netip.Prefix { return &c.WebhookNetworks })},

		limit("limits.inviter_open", "open invitations of one person in one organization; 0 for any number", func(l *models.InviteLimits) *int { return &l.InviterOpen }),
		limit("limits.inviter_day", "invitations that one person sends in one organization on a day; 0 for any number", func(l *models.InviteLimits) *int { return &l.InviterDay }),
		limit("limits.organization_open", "open invitations of one organization; 0 for any number", func(l *models.InviteLimits) *int { return &l.OrgOpen }),
		limit("limits.organization_day", "invitations that one organization sends on a day; 0 for any number", func(l *models.InviteLimits) *int { return &l.OrgDay }),
		limit("limits.recipient_day", "invitations that one address gets on a day, from all organizations; 0 for any number", func(l *models.InviteLimits) *int { return &l.RecipientDay }),

		{Name: "mail.mode", Allowed: []string{"smtp", "folder", "none"}, Help: "how mail is sent",
			Derived: "smtp if mail.smtp.host is set, else folder if mail.folder is, else none",
			derive:  func(l *loader) string { return l.mailMode() },
			set:     text(func(c *Config) *string { return &c.Mail.Mode })},
		{Name: "mail.folder", Help: "folder that mails are written to", Derived: "mail in the data directory",
			path:   true,
			derive: func(l *loader) string { return filepath.Join(l.config.Data, "mail") },
			set:    text(func(c *Config) *string { return &c.Mail.Folder })},
		{Name: "mail.from", Help: "sender of mails: an address, or a name and <address>",
			Derived: "muster@localhost for mail.mode folder",
			derive: func(l *loader) string {
				if l.config.Mail.Mode == "folder" {
					return "muster@localhost"
				}
				return ""
			},
			set: func(c *Config, v string) string {
				if _, err := mail.ParseFrom(v); err != nil {
					return "an address, like muster@example.com or Muster <muster@example.com>"
				}
				c.Mail.From = v
				return ""
			}},
		{Name: "mail.smtp.host", Help: "mail server",
			set: text(func(c *Config) *string { return &c.Mail.SMTP.Host })},
		{Name: "mail.smtp.tls", Default: "required", Allowed: []string{"required", "tls", "opportunistic", "none"},
			Help: "mail server encryption: STARTTLS required, TLS from the start, STARTTLS if offered, none",
			set:  text(func(c *Config) *string { return &c.Mail.SMTP.TLS })},
		{Name: "mail.smtp.port", Help: "port of the mail server", Derived: "465 if mail.smtp.tls is tls, else 587",
			derive: func(l *loader) string {
				if l.config.Mail.SMTP.TLS == "tls" {
					return "465"
				}
				return "587"
			},
			set: func(c *Config, v string) string {
				if !isPort(v, 1) {
					return "a port from 1 to 65535"
				}
				c.Mail.SMTP.Port, _ = strconv.Atoi(v)
				return ""
			}},
		{Name: "mail.smtp.user", Help: "user name at the mail server",
			set: text(func(c *Config) *string { return &c.Mail.SMTP.User })},
		{Name: "mail.smtp.password", Help: "password at the mail server", Secret: true,
			set: func(c *Config, v string) string { c.Mail.SMTP.Password = secret.Text(v); return "" }},
		{Name: "mail.smtp.password_file", Help: "file with the password at the mail server",
			path: true,
			set:  text(func(c *Config) *string { return &c.Mail.SMTP.PasswordFile })},
		{Name: "mail.smtp.plaintext", Default: "off", Allowed: onOff(),
			Help: "allow mail.smtp.tls none, and a password without encryption, towards another machine",
			set:  func(c *Config, v string) string { c.Mail.SMTP.Plaintext = v == "on"; return "" }},

		{Name: "log.format", Default: "text", Allowed: []string{"text", "json"}, Help: "log format",
			set: text(func(c *Config) *string { return &c.Log.Format })},
		{Name: "log.level", Default: "info", Allowed: []string{"debug", "info", "warn", "error"}, Help: "minimum log level",
			set: func(c *Config, v string) string {
				c.Log.Level = map[string]slog.Level{
					"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
				}[v]
				return ""
			}},
		{Name: "theme", Default: "auto", Allowed: []string{"auto", "light", "dark", "mono"}, Help: "colours of the app",
			set: text(func(c *Config) *string { return &c.Theme })},
		{Name: "mouse", Default: "on", Allowed: onOff(), Help: "whether the app uses the mouse",
			set: func(c *Config, v string) string { c.Mouse = v == "on"; return "" }},
		{Name: "notifications", Default: "bell", Allowed: []string{"off", "bell", "desktop"}, Help: "how the app alerts you",
			set: text(func(c *Config) *string { return &c.Notifications })},
	}
}

// limit is an option of the limits on inviting.
func limit(name, help string, field func(*models.InviteLimits) *int) Option {
	shipped := models.DefaultInviteLimits()
	return Option{Name: name, Default: strconv.Itoa(*field(&shipped)), Help: help, set: func(c *Config, v string) string {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil {
			return "a whole number"
		}
		*field(&c.Limits) = int(n)
		return ""
	}}
}

func onOff() []string { return []string{"on", "off"} }

// text stores a value as it is.
func text(field func(*Config) *string) func(*Config, string) string {
	return func(c *Config, v string) string {
		*field(c) = v
		return ""
	}
}

func isPort(s string, least int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= least && n <= 65535 && s == strconv.Itoa(n)
}

// publicAddress guesses from listen: a host that is meant for one interface is
// taken, else this machine's name.
func (l *loader) publicAddress() string {
	host, port, _ := net.SplitHostPort(l.config.Listen)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = l.Hostname
	}
	if parseHost(host) == "" {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

func setAddress(c *Config, v string) string {
	host, port, err := net.SplitHostPort(v)
	if err != nil {
		// Without a port it is the one that ssh takes by itself.
		host, port = strings.TrimSuffix(strings.TrimPrefix(v, "["), "]"), "22"
	}
	if host = parseHost(host); host == "" || !isPort(port, 0) {
		return "host or host:port, the host a name or an IP address"
	}
	n, _ := strconv.Atoi(port)
	c.Address = Address{Host: host, Port: n}
	return ""
}

// parseHost gives the host if it can stand in a command line: a domain name or
// an IP address.
func parseHost(s string) string {
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.String()
	}
	if models.CheckDomain("address", s) != nil {
		return ""
	}
	return s
}

// setListen stores what a server listens on.
func setListen(field func(*Config) *string) func(*Config, string) string {
	return func(c *Config, v string) string {
		if _, port, err := net.SplitHostPort(v); err != nil || !isPort(port, 0) {
			return "host:port or :port"
		}
		*field(c) = v
		return ""
	}
}

func setNetworks(field func(*Config) *[]netip.Prefix) func(*Config, string) string {
	return func(c *Config, v string) string {
		for part := range strings.SplitSeq(v, ",") {
			part = strings.TrimSpace(part)
			prefix, err := netip.ParsePrefix(part)
			if err != nil {
				ip, err := netip.ParseAddr(part)
				if err != nil || ip.Zone() != "" {
					return "IP addresses or networks like 10.0.0.0/8, separated by commas"
				}
				prefix = netip.PrefixFrom(ip, ip.BitLen())
			}
			*field(c) = append(*field(c), prefix.Masked())
		}
		return ""
	}
}

// mailMode is what somebody means who sets up a server or a folder and says no
// more.
func (l *loader) mailMode() string {
	for _, guess := range []struct{ option, mode string }{{"mail.smtp.host", "smtp"}, {"mail.folder", "folder"}} {
		if _, origin := l.find(Option{Name: guess.option}); origin != "" {
			return guess.mode
		}
	}
	return "none"
}
