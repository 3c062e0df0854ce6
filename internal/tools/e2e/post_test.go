package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// post is a mail server. It wants TLS where the system lets a program trust one
// certificate more (SSL_CERT_FILE).
type post struct {
	port, roots string
	// password, where set, is asked for. The server knows it from then on, and refuses a
	// mail to refused by repeating all that it knows.
	password, refused string

	mu    sync.Mutex
	boxes map[string]chan string
}

func openPost(t *testing.T, dir string) *post {
	t.Helper()
	p := &post{boxes: map[string]chan string{}}
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	if runtime.GOOS == "linux" {
		cert, roots := certificate(t)
		p.roots = filepath.Join(dir, "roots.pem")
		must(t, os.WriteFile(p.roots, roots, 0o600))
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	_, p.port, err = net.SplitHostPort(ln.Addr().String())
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln) // ends with an error when closed
	}()
	t.Cleanup(func() {
		_ = s.Close()
		_ = ln.Close() // s does not know it yet if Serve has not begun
		<-done
	})
	return p
}

// env points a muster to the mail server.
func (p *post) env() []string {
	policy := "none"
	if p.roots != "" {
		policy = "required"
	}
	var account []string
	if p.password != "" {
		account = []string{"MUSTER_MAIL_SMTP_USER=muster", "MUSTER_MAIL_SMTP_PASSWORD=" + p.password}
	}
	return append(account,
		"MUSTER_MAIL_SMTP_HOST=127.0.0.1", "MUSTER_MAIL_SMTP_PORT="+p.port, "MUSTER_MAIL_SMTP_TLS="+policy,
		"MUSTER_MAIL_FROM=Muster <muster@acme.dev>", "SSL_CERT_FILE="+p.roots,
	)
}

// letter is a mail as it came.
type letter struct {
	text    string
	command []string // what to run to join
}

var joinLine = regexp.MustCompile(`(?m)^ssh (?:-p \d+ )?join\+\S+@\S+$`)

// letter waits for the next mail to an address.
func (p *post) letter(t *testing.T, to string) letter {
	t.Helper()
	select {
	case text := <-p.box(to):
		line := joinLine.FindString(text)
		if line == "" {
			t.Fatalf("no join command in the mail:\n%s", text)
		}
		return letter{text: text, command: strings.Fields(line)}
	case <-time.After(patience):
		t.Fatalf("no mail to %s came", to)
	}
	panic("unreachable")
}

// none says that no mail to an address has come.
func (p *post) none(t *testing.T, to string) {
	t.Helper()
	select {
	case text := <-p.box(to):
		t.Errorf("a mail to %s came:\n%s", to, text)
	default:
	}
}

func (p *post) box(to string) chan string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.boxes[to] == nil {
		p.boxes[to] = make(chan string, 16)
	}
	return p.boxes[to]
}

func (p *post) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &delivery{post: p, conn: c}, nil
}

type delivery struct {
	post *post
	conn *smtp.Conn
	to   []string
}

func (d *delivery) Reset()                                    { d.to = nil }
func (d *delivery) Logout() error                             { return nil }
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error { d.to = append(d.to, to); return nil }

func (d *delivery) Mail(string, *smtp.MailOptions) error {
	if _, encrypted := d.conn.TLSConnectionState(); d.post.roots != "" && !encrypted {
		return &smtp.SMTPError{Code: 530, Message: "must issue a STARTTLS command first"}
	}
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for _, to := range d.to {
		if to == d.post.refused {
			return &smtp.SMTPError{Code: 554, Message: "spam from " + d.post.password + ": " + joinLine.FindString(strings.ReplaceAll(string(b), "\r\n", "\n"))}
		}
		d.post.box(to) <- strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	return nil
}

func (d *delivery) AuthMechanisms() []string {
	if d.post.password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (d *delivery) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != d.post.password {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

// certificate makes one for this machine that signs itself.
func certificate(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.acme.dev"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
