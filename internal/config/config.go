// Package config is how an installation of muster is set up. Every option
// comes from a flag, else the environment, else the configuration file, else a
// default, and knows where it came from. An empty value counts as none
// everywhere.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"muster/internal/secret"
	"muster/models"
)

// Config is the options in force.
type Config struct {
	File string // the configuration file, whether or not there is one
	Data string // the data directory
	Org  string // a code or id; empty if none was given

	Listen              string  // for net.Listen
	Address             Address // where people reach the server, for join commands
	HostKey             string  // path
	SignUp              bool    // whether strangers may sign up
	CreateOrganizations string  // "anyone", "plan" or "site_admins"
	SelfServicePlans    bool    // whether owners change plans themselves
	BillingRequired     bool    // whether shared organizations need a payment method before they invite
	ProxyFrom           []netip.Prefix
	HTTP                HTTP
	WebhookNetworks     []netip.Prefix // private networks that webhooks may be in

	OrganizationsPerUser int // how many shared organizations a user may be in; 0 for any number

	Limits models.InviteLimits
	Mail   Mail

	Log           Log
	Theme         string // "auto", "light", "dark" or "mono"
	Mouse         bool
	Notifications string              // "off", "bell" or "desktop"
	Keys          map[string][]string // keys bound by name of the action; an empty list unbinds
	Colours       map[string]string   // of the app, like "light.accent"
	Plans         models.Plans        // the shipped ones with what the file changes

	// Misspelt are variables of the environment that are no option, and look like
	// one: in words.
	Misspelt []string

	settings []Setting
	stat     StatFunc
}

// Address is a host and a port as ssh takes them.
type Address struct {
	Host string
	Port int
}

func (a Address) String() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

// HTTP says how requests are taken.
type HTTP struct {
	Listen    string // for net.Listen; empty for not at all
	Cert, Key string // files in PEM; empty for no TLS
	ProxyFrom []netip.Prefix
	Metrics   string // for net.Listen; empty for none
}

// Mail says how mail is sent.
type Mail struct {
	Mode   string // "smtp", "folder" or "none"
	Folder string // for mode folder
	From   string // "address" or "name <address>"
	SMTP   SMTP   // for mode smtp
}

// SMTP is the mail server.
type SMTP struct {
	Host         string
	Port         int
	User         string
	Password     secret.Text // from the environment
	PasswordFile string
	TLS          string // "required", "tls", "opportunistic" or "none"
	Plaintext    bool
}

// Log says what the log looks like.
type Log struct {
	Format string // "text" or "json"
	Level  slog.Level
}

// Setting is one option in force, for people and scripts to look at.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // "(set)" for a secret
	Origin string `json:"origin"`
}

// OriginServer is the origin of a value that a running server has.
const OriginServer = "the running server"

// OriginDefault is the origin of a value that nobody set.
const OriginDefault = "default"

// Settings are all options in force, in the order of Options, and after them
// the keys and plans that the file sets.
func (c *Config) Settings() []Setting { return slices.Clone(c.settings) }

// Origin says where an option's value came from: a flag like "--listen", a
// variable like "MUSTER_LISTEN", a place like "/etc/muster.toml:3", or
// OriginDefault, also for a value derived from others.
func (c *Config) Origin(name string) string {
	for _, s := range c.settings {
		if s.Name == name {
			return s.Origin
		}
	}
	return OriginDefault
}

// Follow takes from a server that runs on the same data what this process was not
// told by a flag: where people reach it, and how it sends mail.
func (c *Config) Follow(address, mailMode string) {
	for i, o := range c.settings {
		if strings.HasPrefix(o.Origin, "--") {
			continue
		}
		switch o.Name {
		case "address":
			if setAddress(c, address) == "" {
				c.settings[i].Value, c.settings[i].Origin = address, OriginServer
			}
		case "mail.mode":
			c.Mail.Mode = mailMode
			c.settings[i].Value, c.settings[i].Origin = mailMode, OriginServer
		}
	}
}

// MailPassword is the SMTP password: the one from the environment, else what
// the password file holds, less the line end; empty if there is neither. A file
// that others can read or change is refused.
func (c *Config) MailPassword(readFile func(string) ([]byte, error)) (secret.Text, error) {
	smtp := c.Mail.SMTP
	if smtp.Password != "" || smtp.PasswordFile == "" {
		return smtp.Password, nil
	}
	const name = "mail.smtp.password_file"
	if err := checkSecret(c.stat, name, smtp.PasswordFile); err != nil {
		return "", err
	}
	b, err := readFile(smtp.PasswordFile)
	if err != nil {
		e := models.Invalid(name, "%s: cannot read %s: %v", name, smtp.PasswordFile, cause(err))
		e.Err = err
		return "", e
	}
	password := strings.TrimRight(string(b), "\r\n")
	if password == "" || strings.ContainsAny(password, "\r\n\x00") {
		return "", models.Invalid(name, "%s: %s must contain one line, the password", name, smtp.PasswordFile)
	}
	return secret.Text(password), nil
}

// Sources is where options come from.
type Sources struct {
	Flags    *pflag.FlagSet               // parsed; nil for none
	Env      func(string) string          // like os.Getenv
	Environ  []string                     // like os.Environ(), to find names that are none
	ReadFile func(string) ([]byte, error) // like os.ReadFile
	Stat     StatFunc                     // nil is os.Stat
	Hostname string                       // of this machine, for the default of address
}

// Load finds the options in force. Errors are CodeInvalid; they name the option,
// where it stands and what is allowed.
func Load(s Sources) (*Config, error) {
	l := &loader{Sources: s, config: &Config{Keys: map[string][]string{}, Colours: map[string]string{}, Plans: models.DefaultPlans(), stat: s.Stat}}
	options := Options()
	for i, o := range options {
		// The file is read once its own name is known, which comes first.
		if i == 1 {
			if err := l.readFile(options); err != nil {
				return nil, err
			}
		}
		if err := l.load(o); err != nil {
			return nil, err
		}
	}
	if err := l.tables(); err != nil {
		return nil, err
	}
	l.config.Misspelt = misspelt(options, l.Environ)
	if err := l.config.consistent(); err != nil {
		return nil, err
	}
	return l.config, nil
}

type loader struct {
	Sources
	file   file
	config *Config
}

func (l *loader) load(o Option) error {
	value, origin := l.find(o)
	if origin == "" {
		origin, value = OriginDefault, o.Default
		if o.derive != nil {
			value = o.derive(l)
		}
	} else {
		var err error
		if value, err = l.path(o, value, origin); err != nil {
			return err
		}
	}
	if o.Name == "data" && value == "" {
		return models.Invalid("data", "there is no home directory, so the data directory is unknown").
			WithHint("use --data DIR or MUSTER_DATA, or set HOME")
	}
	if value != "" {
		if len(o.Allowed) > 0 && !slices.Contains(o.Allowed, value) {
			return o.bad(origin, value, models.Alternatives(o.Allowed))
		}
		if allowed := o.set(l.config, value); allowed != "" {
			return o.bad(origin, value, allowed)
		}
	}
	if o.Secret && value != "" {
		value = secret.Text(value).String()
	}
	l.config.settings = append(l.config.settings, Setting{Name: o.Name, Value: value, Origin: origin})
	return nil
}

// find gives the value somebody set and where, or no origin.
func (l *loader) find(o Option) (value, origin string) {
	if l.Flags != nil {
		if f := l.Flags.Lookup(o.Flag()); f != nil && f.Changed && f.Value.String() != "" {
			return f.Value.String(), "--" + o.Flag()
		}
	}
	if v := l.Env(o.Env()); v != "" {
		return v, o.Env()
	}
	if v := l.file.values[o.Name]; v != "" {
		return v, l.file.where(o.Name)
	}
	return "", ""
}

// path makes paths absolute as whoever wrote them means it: in the file they
// are relative to the file, and ~ is the home directory everywhere.
func (l *loader) path(o Option, value, origin string) (string, error) {
	if !o.path || value == "" {
		return value, nil
	}
	if rest, ok := strings.CutPrefix(value, "~/"); ok {
		home := l.home()
		if home == "" {
			return "", models.Invalid(o.Name, "%s: %s begins with ~/ and there is no home directory", origin, o.Name).
				WithHint("write the whole path, or set HOME")
		}
		return filepath.Join(home, rest), nil
	}
	if fromFile := strings.HasPrefix(origin, l.config.File+":"); fromFile && !filepath.IsAbs(value) {
		return filepath.Join(filepath.Dir(l.config.File), value), nil
	}
	return value, nil
}

// home is the home directory, empty where there is none: nothing is guessed then.
func (l *loader) home() string {
	for _, name := range []string{"HOME", "USERPROFILE"} {
		if v := l.Env(name); v != "" {
			return v
		}
	}
	return ""
}

// xdg gives a place in a directory of the XDG Base Directory Specification,
// which wants relative paths ignored. It is empty without a home directory.
func (l *loader) xdg(variable, fallback string, more ...string) string {
	base := l.Env(variable)
	if !filepath.IsAbs(base) {
		home := l.home()
		if home == "" {
			return ""
		}
		base = filepath.Join(home, filepath.FromSlash(fallback))
	}
	return filepath.Join(append([]string{base}, more...)...)
}

// consistent checks what concerns several options.
func (c *Config) consistent() error {
	if err := c.consistentHTTP(); err != nil {
		return err
	}
	if c.Mail.Mode == "smtp" {
		for _, name := range []string{"mail.smtp.host", "mail.from"} {
			if i := slices.IndexFunc(c.settings, func(s Setting) bool { return s.Name == name }); c.settings[i].Value == "" {
				return models.Invalid(name, "%s is missing, and mail.mode is smtp (%s)", name, c.Origin("mail.mode")).
					WithHint("set %s, or set mail.mode to folder or none", name)
			}
		}
	}
	return nil
}

// bad is the error for a value that is not allowed.
func (o Option) bad(origin, value, allowed string) error {
	shown := strconv.Quote(value)
	if o.Secret {
		shown = "what it is"
	}
	return models.Invalid(o.Name, "%s: %s has to be %s, not %s", origin, o.Name, allowed, shown)
}

func cause(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// BindFlags gives a flag to each of the options named. Load looks at those that
// were set on the command line. It panics for a name that is not an option or
// is a secret, which a command line would show to everybody on the machine.
func BindFlags(flags *pflag.FlagSet, names ...string) {
	options := Options()
	for _, name := range names {
		i := slices.IndexFunc(options, func(o Option) bool { return o.Name == name })
		if i < 0 || options[i].Secret {
			panic(fmt.Sprintf("config: no flag for %q", name))
		}
		o := options[i]
		flags.String(o.Flag(), o.Default, o.Usage())
	}
}
