package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/wneessen/go-mail/smtp"

	"muster/internal/secret"
	"muster/models"
)

// TLSPolicy says how the way to an SMTP server is encrypted.
type TLSPolicy string

// The policies. Mails carry codes that let somebody in, so anything weaker than
// the default has to be asked for.
const (
	TLSRequired      TLSPolicy = "required"      // STARTTLS or nothing
	TLSImplicit      TLSPolicy = "tls"           // TLS from the first byte
	TLSOpportunistic TLSPolicy = "opportunistic" // STARTTLS where the server has it
	TLSNone          TLSPolicy = "none"          // never; for servers on this machine
)

// defaultTimeout is how long one delivery may take in all.
const defaultTimeout = 30 * time.Second

// SMTPConfig is what NewSMTP needs.
type SMTPConfig struct {
	Host     string
	Port     int
	User     string // empty: no authentication
	Password secret.Text
	TLS      TLSPolicy // empty: TLSRequired
	// Plaintext allows TLSNone towards another machine, password included.
	Plaintext bool
	From      string           // as ParseFrom takes it
	Timeout   time.Duration    // 0: defaultTimeout
	RootCAs   *x509.CertPool   // nil: those of the system
	Now       func() time.Time // for the Date of mails
}

// SMTP sends through an SMTP server, with one connection a mail.
type SMTP struct {
	config SMTPConfig
	from   netmail.Address
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

// NewSMTP checks the configuration and makes a Sender of it. It connects to
// nothing. Errors are CodeInvalid and name the option.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	from, err := ParseFrom(c.From)
	if err != nil {
		return nil, err
	}
	if c.TLS == "" {
		c.TLS = TLSRequired
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	switch {
	case c.Host == "" || strings.ContainsAny(c.Host, " \t\r\n/@"):
		return nil, models.Invalid("mail.smtp.host", "mail.smtp.host has to be a host name or an address")
	case c.Port < 1 || c.Port > 65535:
		return nil, models.Invalid("mail.smtp.port", "mail.smtp.port has to be from 1 to 65535")
	case !slices.Contains([]TLSPolicy{TLSRequired, TLSImplicit, TLSOpportunistic, TLSNone}, c.TLS):
		return nil, models.Invalid("mail.smtp.tls", "mail.smtp.tls has to be required, tls, opportunistic or none")
	case c.TLS == TLSNone && !c.Plaintext && !isLoopback(c.Host):
		return nil, models.Invalid("mail.smtp.tls", "mail.smtp.tls = none sends join codes in the clear to another machine").
			WithHint("use required or tls, or set mail.smtp.plaintext if you trust the network in between")
	case (c.User == "") != (c.Password == ""):
		return nil, models.Invalid("mail.smtp.user", "mail.smtp.user and its password go together, and one of them is missing")
	}
	return &SMTP{config: c, from: from, dial: new(net.Dialer).DialContext}, nil
}

// Kind is "smtp".
func (s *SMTP) Kind() string { return "smtp" }

// Check connects, encrypts and authenticates, and sends nothing.
func (s *SMTP) Check(ctx context.Context) error {
	return s.session(ctx, func(*smtp.Client) *Error { return nil })
}

// Send delivers the mail to the server. No error means that the server has
// taken it. When the connection breaks just before its answer the mail may
// arrive twice, under the same Message-ID.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	msg, err := build(m, s.from, s.config.Now(), overWire)
	if err != nil {
		return err
	}
	return s.session(ctx, func(c *smtp.Client) *Error {
		if err := c.Mail("<" + s.from.Address + ">"); err != nil {
			return s.failed("the sender", err)
		}
		if err := c.Rcpt("<" + m.To + ">"); err != nil {
			return s.failed("the recipient", err)
		}
		w, err := c.Data()
		if err != nil {
			return s.failed("the mail", err)
		}
		if _, err := msg.WriteTo(w); err != nil {
			return s.failed("the mail", err)
		}
		if err := w.Close(); err != nil {
			return s.failed("the mail", err)
		}
		return nil
	})
}

// session runs use on a connection that is encrypted and authenticated as the
// configuration wants it. Whatever happens, it ends with the timeout and the
// connection is closed.
func (s *SMTP) session(parent context.Context, use func(*smtp.Client) *Error) error {
	ctx, cancel := context.WithTimeout(parent, s.config.Timeout)
	defer cancel()
	e := s.connect(ctx, use)
	switch {
	case e == nil:
		return nil
	case parent.Err() != nil:
		return &Error{Temporary: true, Message: "sending was interrupted", Err: parent.Err()}
	case ctx.Err() != nil && e.Code == 0:
		return temporary("the mail server %s did not finish within %s", s.address(), s.config.Timeout)
	}
	return e
}

func (s *SMTP) connect(ctx context.Context, use func(*smtp.Client) *Error) *Error {
	raw, err := s.dial(ctx, "tcp", s.address())
	if err != nil {
		return temporary("cannot reach the mail server %s: %s", s.address(), s.clean(err.Error()))
	}
	defer raw.Close()
	// The library knows no context: closing under it ends any wait.
	defer context.AfterFunc(ctx, func() { raw.Close() })()

	bounds := &bounded{Conn: raw, lines: s.config.TLS != TLSImplicit}
	conn := net.Conn(bounds)
	tlsConfig := &tls.Config{ServerName: s.config.Host, RootCAs: s.config.RootCAs, MinVersion: tls.VersionTLS12}
	if s.config.TLS == TLSImplicit {
		conn = tls.Client(conn, tlsConfig)
	}
	c, err := smtp.NewClient(conn, s.config.Host)
	if err != nil {
		return s.failed("the connection", err)
	}
	if s.config.TLS == TLSImplicit {
		boundLines(c.Text)
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	if err := c.Hello(domain); err != nil {
		return s.failed("the connection", err)
	}
	if e := s.encrypt(c, bounds, tlsConfig); e != nil {
		return e
	}
	if e := s.authenticate(c); e != nil {
		return e
	}
	if e := use(c); e != nil {
		return e
	}
	// The mail is delivered; a server that fails at goodbye changes nothing.
	_ = c.Quit()
	return nil
}

func (s *SMTP) encrypt(c *smtp.Client, conn *bounded, config *tls.Config) *Error {
	if s.config.TLS != TLSRequired && s.config.TLS != TLSOpportunistic {
		return nil
	}
	if offered, _ := c.Extension("STARTTLS"); !offered {
		if s.config.TLS == TLSOpportunistic {
			return nil
		}
		return temporary("the mail server %s offers no encryption (STARTTLS) and mail.smtp.tls is required", s.address())
	}
	conn.lines = false // from here on it carries records
	if err := c.StartTLS(config); err != nil {
		return s.failed("encryption", err)
	}
	boundLines(c.Text)
	return nil
}

// authenticate takes the strongest mechanism that both sides know. Those that
// show the password to the server are for encrypted connections, for servers
// on this machine, and for whoever asked for plaintext.
func (s *SMTP) authenticate(c *smtp.Client) *Error {
	if s.config.User == "" {
		return nil
	}
	_, encrypted := c.TLSConnectionState()
	open := encrypted || isLoopback(s.config.Host) || s.config.Plaintext
	_, offered := c.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	var auth smtp.Auth
	password := s.config.Password.Reveal()
	switch {
	case slices.Contains(mechanisms, "SCRAM-SHA-256"):
		auth = smtp.ScramSHA256Auth(s.config.User, password)
	case slices.Contains(mechanisms, "SCRAM-SHA-1"):
		auth = smtp.ScramSHA1Auth(s.config.User, password)
	case slices.Contains(mechanisms, "PLAIN") && open:
		auth = smtp.PlainAuth("", s.config.User, password, s.config.Host, true)
	case slices.Contains(mechanisms, "LOGIN") && open:
		auth = smtp.LoginAuth(s.config.User, password, s.config.Host, true)
	case !open:
		return temporary("the mail server %s has no encryption, and the password is not sent without", s.address())
	default:
		return temporary("the mail server %s offers no way to sign in that muster knows (SCRAM, PLAIN, LOGIN)", s.address())
	}
	if err := c.Auth(auth); err != nil {
		// Without the server's words, which may repeat what it was given.
		var reply *textproto.Error
		if !errors.As(err, &reply) {
			return temporary("signing in to the mail server %s failed", s.address())
		}
		if reply.Code < 500 {
			return &Error{Temporary: true, Code: reply.Code,
				Message: fmt.Sprintf("the mail server cannot sign in anybody at the moment (%d)", reply.Code)}
		}
		return &Error{Code: reply.Code,
			Message: fmt.Sprintf("the mail server refused the user name or password (%d)", reply.Code)}
	}
	return nil
}

// failed turns an error of the library into ours. A reply of the server
// decides by its first digit (RFC 5321, section 4.2.1); anything else is the
// network, which may be better later.
func (s *SMTP) failed(what string, err error) *Error {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return &Error{Temporary: reply.Code < 500, Code: reply.Code,
			Message: fmt.Sprintf("the mail server refused %s: %s", what, s.clean(fmt.Sprintf("%d %s", reply.Code, reply.Msg)))}
	}
	return temporary("the connection to the mail server %s failed: %s", s.address(), s.clean(err.Error()))
}

// clean makes words from outside fit for one short line, which is kept and shown in
// lists: a server that refuses a mail may repeat the code in it.
func (s *SMTP) clean(text string) string {
	if s.config.Password != "" {
		text = strings.ReplaceAll(text, s.config.Password.Reveal(), "…")
	}
	text = strings.Join(strings.Fields(models.SafeText(models.HideSecrets(text))), " ")
	return ansi.Truncate(text, 200, "…")
}

func (s *SMTP) address() string {
	return net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port))
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
