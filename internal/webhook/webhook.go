// Package webhook signs events and sends them to programs elsewhere, in the form of
// Standard Webhooks (https://www.standardwebhooks.com).
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"muster/models"
)

const (
	// Timeout is how long one attempt may take, from the name to the answer.
	Timeout = 15 * time.Second
	// MaxBody bounds what is sent.
	MaxBody = 64 << 10
	// maxAnswer bounds what is read of an answer, of which nothing is kept.
	maxAnswer = 64 << 10
	// maxHeader bounds the header of an answer.
	maxHeader = 16 << 10
)

// Message is one event for one webhook.
type Message struct {
	ID   string // the same with every attempt
	URL  string
	Keys [][]byte // it is signed with each
	Body []byte
}

// Sender sends messages. It is safe for concurrent use.
type Sender struct {
	client  *http.Client
	allow   []netip.Prefix
	timeout time.Duration
	agent   string
}

// Options say where a sender may go.
type Options struct {
	// Allow are networks that are private and allowed all the same.
	Allow []netip.Prefix
	// Agent is what it calls itself.
	Agent string
	// Timeout is Timeout if it is 0.
	Timeout time.Duration
	// Roots are the certificates that are trusted; nil for those of the machine.
	Roots *x509.CertPool
}

// errPlain refuses a connection without TLS to where that is not allowed.
var errPlain = errors.New("webhook: without TLS only to allowed networks")

// New makes a sender.
func New(o Options) *Sender {
	s := &Sender{allow: o.Allow, timeout: o.Timeout, agent: o.Agent}
	if s.timeout == 0 {
		s.timeout = Timeout
	}
	var v4, v6 []netip.Prefix
	for _, p := range o.Allow {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	guard := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	// Addresses are looked at when a connection is made, behind the resolver, so that
	// no name can lead elsewhere than it did when somebody looked.
	dial := func(control func(string, string, syscall.RawConn) error) func(context.Context, string, string) (net.Conn, error) {
		return (&net.Dialer{Control: control}).DialContext
	}
	withTLS := &tls.Dialer{NetDialer: &net.Dialer{Control: guard.Safe}, Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots}}
	s.client = &http.Client{
		Transport: &http.Transport{
			DialContext:    dial(s.plain(guard)),
			DialTLSContext: withTLS.DialContext,
			// A connection is kept for the next event of the same webhook for a moment.
			MaxIdleConnsPerHost: 1, MaxIdleConns: 100, IdleConnTimeout: 10 * time.Second,
			MaxResponseHeaderBytes: maxHeader, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// plain is guard for connections without TLS: to allowed networks alone.
func (s *Sender) plain(guard *ssrf.Guardian) func(string, string, syscall.RawConn) error {
	return func(network, address string, c syscall.RawConn) error {
		if err := guard.Safe(network, address, c); err != nil {
			return err
		}
		at, err := netip.ParseAddrPort(address)
		if err != nil || !slices.ContainsFunc(s.allow, func(p netip.Prefix) bool { return p.Contains(at.Addr()) }) {
			return errPlain
		}
		return nil
	}
}

// Sign gives the value of the header webhook-signature: one signature for each key.
func Sign(keys [][]byte, id string, at time.Time, body []byte) string {
	signatures := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		_, _ = io.WriteString(mac, id+"."+strconv.FormatInt(at.Unix(), 10)+".") // a hash takes everything
		_, _ = mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}

// Send makes one attempt. at is the time that is signed. What went wrong is said in
// words of our own: nothing of an answer is shown.
func (s *Sender) Send(ctx context.Context, m Message, at time.Time) models.WebhookOutcome {
	if len(m.Keys) == 0 {
		return models.WebhookOutcome{Error: "the secret of this installation has changed: rotate the webhook's"}
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	began := time.Now()
	status, err := s.post(ctx, m, at)
	o := models.WebhookOutcome{Status: status, Took: time.Since(began)}
	switch {
	case err != nil:
		o.Status, o.Error = 0, s.why(ctx, err)
	case status >= 300 && status < 400:
		o.Error = "it answered " + strconv.Itoa(status) + ": redirects are not followed"
	case status < 200 || status > 299:
		o.Error = strings.TrimSpace("it answered " + strconv.Itoa(status) + " " + http.StatusText(status))
	}
	return o
}

func (s *Sender) post(ctx context.Context, m Message, at time.Time) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", s.agent)
	req.Header.Set("Webhook-Id", m.ID)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("Webhook-Signature", Sign(m.Keys, m.ID, at, m.Body))
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, err
	}
	// The status is the answer. The rest is read only so that the connection can serve
	// the next event.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	return resp.StatusCode, resp.Body.Close()
}

// why says in a few words what an error comes from.
func (s *Sender) why(ctx context.Context, err error) string {
	var name *net.DNSError
	var record tls.RecordHeaderError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var other x509.HostnameError
	var timeout net.Error
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork):
		return "its address is private, which this installation does not allow"
	case errors.Is(err, errPlain):
		return "it has no TLS, which this installation does not allow there"
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer within " + s.timeout.String()
	case ctx.Err() != nil:
		return "muster was stopped meanwhile"
	case errors.As(err, &name):
		return "its name does not resolve"
	case errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &other):
		return "its certificate is not valid"
	case errors.As(err, &record):
		return "it does not speak TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	}
	return "the connection broke off"
}

// Close closes connections that wait for the next event.
func (s *Sender) Close() { s.client.CloseIdleConnections() }
