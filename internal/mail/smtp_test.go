package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"muster/internal/secret"
	"muster/models"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func config(s *server) SMTPConfig {
	return SMTPConfig{
		Host: "127.0.0.1", Port: s.port, From: "Muster <muster@acme.dev>",
		RootCAs: s.roots, Now: func() time.Time { return now },
	}
}

func sender(t *testing.T, c SMTPConfig) *SMTP {
	t.Helper()
	s, err := NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// failure checks that err is an *Error that shows no credentials.
func failure(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	for _, secret := range []string{password, "wrong password", "Y29ycmVjdCBob3JzZ"} {
		if strings.Contains(e.Message, secret) {
			t.Errorf("%q shows a credential", e.Message)
		}
	}
	if strings.ContainsAny(e.Message, "\r\n\x1b") || len(e.Message) > 400 {
		t.Errorf("%q is no short line", e.Message)
	}
	return e
}

func TestSMTPDelivers(t *testing.T) {
	srv := startServer(t, serverOptions{auth: true})
	c := config(srv)
	c.User, c.Password = user, password
	s := sender(t, c)
	if err := s.Check(t.Context()); err != nil {
		t.Fatalf("check: %v", err)
	}
	srv.none(t)
	m := invitation().Compose("mail_01", now)
	m.ToName = "Dee"
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := srv.only(t)
	if got.from != "muster@acme.dev" || len(got.to) != 1 || got.to[0] != "dee@acme.dev" || got.user != user || !got.tls {
		t.Errorf("got %+v", got)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(got.data))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"From":           `"Muster" <muster@acme.dev>`,
		"To":             `"Dee" <dee@acme.dev>`,
		"Subject":        "Ada Lovelace invites you to join Acme Corp (ACME)",
		"Message-Id":     "<mail_01@acme.dev>",
		"Date":           "Sat, 01 Aug 2026 12:00:00 +0000",
		"Auto-Submitted": "auto-generated",
		"Content-Type":   "text/plain; charset=UTF-8",
		"User-Agent":     "",
		"X-Mailer":       "",
	} {
		if got := parsed.Header.Get(header); got != want {
			t.Errorf("%s: %s, want %s", header, got, want)
		}
	}
	if body, err := io.ReadAll(parsed.Body); err != nil || strings.TrimSpace(string(body)) != strings.TrimSpace(m.Text) {
		t.Errorf("body %q, error %v", body, err)
	}
}

func TestSMTPCarriesOtherScripts(t *testing.T) {
	srv := startServer(t, serverOptions{})
	v := invitation()
	v.InviterName, v.OrgName = "Zoë 李小龙", "Ågren & Söhne 🚀"
	v.Message = strings.Repeat("長", 600) // a line beyond what SMTP takes
	m := v.Compose("mail_02", now)
	if err := sender(t, config(srv)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	data := srv.only(t).data
	for line := range strings.Lines(data) {
		if len(line) > 79 {
			t.Errorf("a line of %d bytes on the wire", len(line))
		}
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil || subject != m.Subject {
		t.Errorf("subject %q, %v, want %q", subject, err, m.Subject)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
	if err != nil || strings.TrimSpace(string(body)) != strings.TrimSpace(m.Text) {
		t.Errorf("body %q, error %v", body, err)
	}
}

func TestSMTPEncryption(t *testing.T) {
	for name, tt := range map[string]struct {
		server    serverOptions
		policy    TLSPolicy
		strangers bool // the certificate is not trusted
		wantTLS   bool
		wantErr   string
	}{
		"default is required":               {serverOptions{}, "", false, true, ""},
		"required":                          {serverOptions{}, TLSRequired, false, true, ""},
		"required without STARTTLS":         {serverOptions{noTLS: true}, TLSRequired, false, false, "offers no encryption"},
		"required, unknown certificate":     {serverOptions{}, TLSRequired, true, false, "certificate"},
		"implicit":                          {serverOptions{implicit: true}, TLSImplicit, false, true, ""},
		"implicit, unknown certificate":     {serverOptions{implicit: true}, TLSImplicit, true, false, "certificate"},
		"implicit to a plain server":        {serverOptions{}, TLSImplicit, false, false, "tls"},
		"opportunistic with":                {serverOptions{}, TLSOpportunistic, false, true, ""},
		"opportunistic without":             {serverOptions{noTLS: true}, TLSOpportunistic, false, false, ""},
		"opportunistic, unknown certifcate": {serverOptions{}, TLSOpportunistic, true, false, "certificate"},
		"none":                              {serverOptions{}, TLSNone, false, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			srv := startServer(t, tt.server)
			c := config(srv)
			c.TLS = tt.policy
			if tt.strangers {
				_, c.RootCAs = certificate(t)
			}
			err := sender(t, c).Send(t.Context(), invitation().Compose("mail_03", now))
			if tt.wantErr == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got := srv.only(t); got.tls != tt.wantTLS {
					t.Errorf("encrypted: %v, want %v", got.tls, tt.wantTLS)
				}
				return
			}
			if e := failure(t, err); !e.Temporary || !strings.Contains(e.Message, tt.wantErr) {
				t.Errorf("got %+v, want %q", e, tt.wantErr)
			}
			srv.none(t)
		})
	}
}

func TestSMTPAuthentication(t *testing.T) {
	for name, tt := range map[string]struct {
		server    serverOptions
		user      string
		password  secret.Text
		policy    TLSPolicy
		want      string
		temporary bool
	}{
		"wrong password":      {serverOptions{auth: true}, user, "wrong password", TLSRequired, "refused the user name or password (535)", false},
		"server has no AUTH":  {serverOptions{}, user, password, TLSRequired, "offers no way to sign in", true},
		"unknown mechanism":   {serverOptions{auth: true, mechanisms: []string{"NTLM", "XOAUTH2"}}, user, password, TLSRequired, "offers no way to sign in", true},
		"LOGIN":               {serverOptions{auth: true, mechanisms: []string{"LOGIN"}}, user, password, TLSRequired, "", false},
		"LOGIN refused":       {serverOptions{auth: true, mechanisms: []string{"LOGIN"}}, user, "wrong password", TLSRequired, "(535)", false},
		"on this machine":     {serverOptions{auth: true, noTLS: true, insecure: true}, user, password, TLSNone, "", false},
		"implicit TLS, PLAIN": {serverOptions{auth: true, implicit: true}, user, password, TLSImplicit, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			srv := startServer(t, tt.server)
			c := config(srv)
			c.User, c.Password, c.TLS = tt.user, tt.password, tt.policy
			s := sender(t, c)
			err := s.Check(t.Context())
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Send(t.Context(), invitation().Compose("mail_04", now)); err != nil {
					t.Fatal(err)
				}
				if got := srv.only(t); got.user != tt.user {
					t.Errorf("signed in as %q", got.user)
				}
				return
			}
			if e := failure(t, err); e.Temporary != tt.temporary || !strings.Contains(e.Message, tt.want) {
				t.Errorf("got %+v, want %q", e, tt.want)
			}
		})
	}
}

// A stranger in between could strip STARTTLS and offer AUTH itself.
func TestPasswordIsNotSentInTheClear(t *testing.T) {
	srv := startServer(t, serverOptions{auth: true, noTLS: true, insecure: true})
	c := config(srv)
	c.User, c.Password, c.TLS = user, password, TLSOpportunistic
	s := sender(t, c)
	s.config.Host = "mail.acme.dev"
	s.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", srv.port))
	}
	if e := failure(t, s.Check(t.Context())); !strings.Contains(e.Message, "not sent without") {
		t.Errorf("got %+v", e)
	}
}

func TestSMTPReplies(t *testing.T) {
	reply := func(code int, text string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: text}
	}
	for name, tt := range map[string]struct {
		server    serverOptions
		temporary bool
		code      int
		want      string
	}{
		"sender refused":    {serverOptions{mail: reply(553, "not yours")}, false, 553, "refused the sender: 553 5.1.1 not yours"},
		"no such user":      {serverOptions{rcpt: reply(550, "no such user")}, false, 550, "refused the recipient: 550 5.1.1 no such user"},
		"greylisted":        {serverOptions{rcpt: reply(451, "try later")}, true, 451, "refused the recipient: 451 4.1.1 try later"},
		"spam":              {serverOptions{data: reply(554, "looks like spam")}, false, 554, "refused the mail: 554 5.1.1 looks like spam"},
		"disk full":         {serverOptions{data: reply(452, "no room")}, true, 452, "refused the mail: 452"},
		"hostile words":     {serverOptions{rcpt: reply(550, "a\x1b[31mb\u202ec "+strings.Repeat("x", 900))}, false, 550, "550 5.1.1 a\uFFFD[31mb\uFFFDc xxx"},
		"repeats the mail":  {serverOptions{data: reply(554, "spam: ssh join+abcdefghijklmnopqrstuvwxye@host")}, false, 554, "spam: ssh join+(a code)@host"},
		"repeats passwords": {serverOptions{rcpt: reply(550, "you sent "+password)}, false, 550, "you sent …"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.server.auth = true
			srv := startServer(t, tt.server)
			c := config(srv)
			c.User, c.Password = user, password
			e := failure(t, sender(t, c).Send(t.Context(), invitation().Compose("mail_05", now)))
			if e.Temporary != tt.temporary || e.Code != tt.code || !strings.Contains(e.Message, tt.want) {
				t.Errorf("got %+v, want %q", e, tt.want)
			}
			srv.none(t)
		})
	}
}

// listen accepts connections and hands them to serve, one after the other.
func listen(t *testing.T, serve func(net.Conn)) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return &server{port: listener.Addr().(*net.TCPAddr).Port}
}

func TestServerThatHangs(t *testing.T) {
	for name, greeting := range map[string]string{
		"at once":        "",
		"after greeting": "220 mail.acme.dev\r\n",
		"in a long talk": "220-mail.acme.dev\r\n220-so\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			srv := listen(t, func(conn net.Conn) {
				io.WriteString(conn, greeting)
				io.Copy(io.Discard, conn) // until the client gives up
			})
			c := config(srv)
			c.Timeout = 50 * time.Millisecond
			e := failure(t, sender(t, c).Send(t.Context(), invitation().Compose("mail_06", now)))
			if !e.Temporary || !strings.Contains(e.Message, "did not finish within 50ms") {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestCallerGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	srv := listen(t, func(conn net.Conn) {
		cancel()
		io.Copy(io.Discard, conn)
	})
	e := failure(t, sender(t, config(srv)).Send(ctx, invitation().Compose("mail_07", now)))
	if !e.Temporary || !errors.Is(e, context.Canceled) {
		t.Errorf("got %+v", e)
	}
}

func TestServerThatIsAway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &server{port: listener.Addr().(*net.TCPAddr).Port}
	listener.Close()
	e := failure(t, sender(t, config(srv)).Check(t.Context()))
	if !e.Temporary || e.Code != 0 || !strings.Contains(e.Message, "cannot reach the mail server 127.0.0.1:") {
		t.Errorf("got %+v", e)
	}
}

// The server has the mail; what it says at goodbye must not make us send it
// again.
func TestBrokenGoodbyeIsStillDelivered(t *testing.T) {
	srv := listen(t, func(conn net.Conn) {
		tp := textproto.NewConn(conn)
		for _, step := range []struct{ await, answer string }{
			{"", "220 hi"}, {"EHLO", "250 hi"}, {"MAIL", "250 ok"}, {"RCPT", "250 ok"}, {"DATA", "354 go"},
		} {
			if step.await != "" {
				if line, err := tp.ReadLine(); err != nil || !strings.HasPrefix(line, step.await) {
					return
				}
			}
			tp.PrintfLine("%s", step.answer)
		}
		if _, err := tp.ReadDotBytes(); err == nil {
			tp.PrintfLine("250 taken")
		}
	})
	c := config(srv)
	c.TLS = TLSNone
	if err := sender(t, c).Send(t.Context(), invitation().Compose("mail_08", now)); err != nil {
		t.Error(err)
	}
}

func TestGreetingDecides(t *testing.T) {
	for greeting, temporary := range map[string]bool{"421 busy": true, "554 go away": false, "nonsense": true} {
		srv := listen(t, func(conn net.Conn) { io.WriteString(conn, greeting+"\r\n") })
		if e := failure(t, sender(t, config(srv)).Check(t.Context())); e.Temporary != temporary {
			t.Errorf("%s: got %+v", greeting, e)
		}
	}
}

func TestNewSMTPRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*SMTPConfig)
		field  string
	}{
		"no host":          {func(c *SMTPConfig) { c.Host = "" }, "mail.smtp.host"},
		"a URL":            {func(c *SMTPConfig) { c.Host = "smtp://mail.acme.dev" }, "mail.smtp.host"},
		"no port":          {func(c *SMTPConfig) { c.Port = 0 }, "mail.smtp.port"},
		"high port":        {func(c *SMTPConfig) { c.Port = 65536 }, "mail.smtp.port"},
		"unknown policy":   {func(c *SMTPConfig) { c.TLS = "maybe" }, "mail.smtp.tls"},
		"none to another":  {func(c *SMTPConfig) { c.TLS = TLSNone; c.Host = "mail.acme.dev" }, "mail.smtp.tls"},
		"user alone":       {func(c *SMTPConfig) { c.User = "ada" }, "mail.smtp.user"},
		"password alone":   {func(c *SMTPConfig) { c.Password = "x" }, "mail.smtp.user"},
		"no sender":        {func(c *SMTPConfig) { c.From = "" }, "mail.from"},
		"two senders":      {func(c *SMTPConfig) { c.From = "a@acme.dev, b@acme.dev" }, "mail.from"},
		"header in sender": {func(c *SMTPConfig) { c.From = "a@acme.dev\r\nBcc: b@acme.dev" }, "mail.from"},
		"bidi in sender":   {func(c *SMTPConfig) { c.From = "\"A\u202e\" <a@acme.dev>" }, "mail.from"},
	} {
		t.Run(name, func(t *testing.T) {
			c := SMTPConfig{Host: "127.0.0.1", Port: 25, From: "muster@acme.dev"}
			tt.change(&c)
			_, err := NewSMTP(c)
			var e *models.Error
			if !errors.As(err, &e) || e.Code != models.CodeInvalid || e.Field != tt.field || e.Message == "" {
				t.Errorf("got %+v, want field %s", err, tt.field)
			}
		})
	}
	for _, host := range []string{"localhost", "LOCALHOST", "127.8.8.8", "::1"} {
		if _, err := NewSMTP(SMTPConfig{Host: host, Port: 25, From: "muster@acme.dev", TLS: TLSNone}); err != nil {
			t.Errorf("%s without encryption: %v", host, err)
		}
	}
	if _, err := NewSMTP(SMTPConfig{Host: "mail.acme.dev", Port: 25, From: "muster@acme.dev", TLS: TLSNone, Plaintext: true}); err != nil {
		t.Errorf("plaintext on request: %v", err)
	}
}
