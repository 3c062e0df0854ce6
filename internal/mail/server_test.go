package mail

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	user     = "muster@acme.dev"
	password = "correct horse battery staple"
)

// received is a mail as the server got it.
type received struct {
	from string
	to   []string
	data string
	user string // who signed in
	tls  bool
}

// server is a real SMTP server on this machine.
type server struct {
	port  int
	roots *x509.CertPool

	mu    sync.Mutex
	mails []received
}

type serverOptions struct {
	noTLS      bool // offers no STARTTLS
	implicit   bool // speaks TLS from the first byte
	auth       bool // wants a user and password
	mechanisms []string
	insecure   bool  // offers AUTH without encryption
	mail       error // answers to the steps of a delivery
	rcpt, data error
}

func startServer(t *testing.T, o serverOptions) *server {
	t.Helper()
	cert, roots := certificate(t)
	s := &server{roots: roots}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = listener.Addr().(*net.TCPAddr).Port

	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		session := &session{server: s, conn: c, options: o}
		if o.auth {
			return &authSession{session}, nil
		}
		return session, nil
	}))
	srv.Domain = "mail.acme.dev"
	srv.AllowInsecureAuth = o.insecure
	srv.ReadTimeout, srv.WriteTimeout = time.Minute, time.Minute
	srv.ErrorLog = nothing{}
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	if !o.noTLS {
		srv.TLSConfig = config
	}
	if o.implicit {
		listener = tls.NewListener(listener, config)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		srv.Serve(listener)
	}()
	t.Cleanup(func() {
		srv.Close()
		listener.Close() // srv does not know it yet if Serve has not begun
		<-done
	})
	return s
}

// only gives the one mail that came.
func (s *server) only(t *testing.T) received {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mails) != 1 {
		t.Fatalf("%d mails came, want one: %+v", len(s.mails), s.mails)
	}
	return s.mails[0]
}

func (s *server) none(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mails) > 0 {
		t.Errorf("mails came: %+v", s.mails)
	}
}

type nothing struct{}

func (nothing) Printf(string, ...any) {}
func (nothing) Println(...any)        {}

type session struct {
	server  *server
	conn    *smtp.Conn
	options serverOptions
	mail    received
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.from = from
	return s.options.mail
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = append(s.mail.to, to)
	return s.options.rcpt
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.options.data != nil {
		return s.options.data
	}
	s.mail.data = string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
	_, s.mail.tls = s.conn.TLSConnectionState()
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, s.mail)
	return nil
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

type authSession struct{ *session }

func (s *authSession) AuthMechanisms() []string {
	if s.options.mechanisms != nil {
		return s.options.mechanisms
	}
	return []string{sasl.Plain}
}

func (s *authSession) Auth(mechanism string) (sasl.Server, error) {
	check := func(name, pass string) error {
		if name != user || pass != password {
			// As careless as some servers are: it repeats what it was given.
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "bad login " + name + " " + pass}
		}
		s.mail.user = name
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, name, pass string) error { return check(name, pass) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	}
	return nil, errors.New("unknown mechanism")
}

// loginServer is the server's side of LOGIN, which go-sasl has only for
// clients.
type loginServer struct {
	check func(name, pass string) error
	step  int
	name  string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.name = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.name, string(response))
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.acme.dev"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
