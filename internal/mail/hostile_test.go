package mail

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"runtime"
	"strings"
	"testing"
	"time"
)

// forever writes until the other side has enough, and says how much that was.
func forever(c io.Writer, text string) (sent int) {
	for {
		n, err := io.WriteString(c, text)
		if sent += n; err != nil || sent > 1<<30 {
			return sent
		}
	}
}

// after answers commands until one begins with a word, and then hands over.
func after(word string, then func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, "220 mail.acme.dev\r\n")
		for lines := bufio.NewScanner(c); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), word) {
				then(c)
				return
			}
			_, _ = io.WriteString(c, "250 OK\r\n")
		}
	}
}

// Whatever a mail server sends, it takes no memory, and sending ends with an
// error that is worth another try.
func TestHostileMailServer(t *testing.T) {
	long := strings.Repeat("x", 4000)
	lines := strings.Repeat("220-"+strings.Repeat("x", 500)+"\r\n", 100)
	flood := func(text string) func(net.Conn) { return func(c net.Conn) { forever(c, text) } }
	for name, tt := range map[string]struct {
		talk func(net.Conn)
		want string
	}{
		"a greeting without an end":     {flood(lines), "longer than 64 kB"},
		"a line without an end":         {flood("220-" + long), "longer than 1 kB"},
		"nothing but zeros":             {flood(strings.Repeat("\x00", 4000)), "longer than 1 kB"},
		"an EHLO without an end":        {after("EHLO", flood("250-X\r\n")), "longer than 64 kB"},
		"an answer to MAIL without end": {after("MAIL", flood("250-X\r\n")), "longer than 64 kB"},
		"an answer to DATA without end": {after("DATA", flood("354-X\r\n")), "longer than 64 kB"},
		"an answer to RCPT of one line": {after("RCPT", flood("550 "+long)), "longer than 1 kB"},
		"large answers to every command": {after("EHLO", func(c net.Conn) {
			answer := strings.Repeat("250-"+strings.Repeat("x", 500)+"\r\n", 120) + "250 OK\r\n"
			for i := 0; ; i++ {
				if _, err := io.WriteString(c, answer); err != nil {
					return
				}
				if _, err := c.Read(make([]byte, 1000)); err != nil {
					return
				}
			}
		}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := sender(t, SMTPConfig{
				Host: "127.0.0.1", Port: listen(t, tt.talk).port, From: "muster@acme.dev", TLS: TLSNone,
				Now: func() time.Time { return now }, Timeout: 20 * time.Second,
			})
			var before, afterwards runtime.MemStats
			runtime.ReadMemStats(&before)
			err := s.Send(t.Context(), invitation().Compose("mail_1", now))
			runtime.ReadMemStats(&afterwards)
			if err == nil {
				if tt.want == "" {
					return // all of that was still within the bounds
				}
				t.Fatal("it was sent")
			}
			if e := failure(t, err); !e.Temporary || !strings.Contains(e.Message, tt.want) {
				t.Errorf("told %+v, want %q", e, tt.want)
			}
			if used := afterwards.TotalAlloc - before.TotalAlloc; used > 16<<20 {
				t.Errorf("it took %d MB", used>>20)
			}
		})
	}
}

// The same behind TLS, from the first byte and by STARTTLS.
func TestHostileMailServerEncrypted(t *testing.T) {
	cert, roots := certificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	start := func(c net.Conn) net.Conn {
		_, _ = io.WriteString(c, "220 go on\r\n")
		return tls.Server(c, config)
	}
	offered := func(then func(net.Conn)) func(net.Conn) {
		return func(c net.Conn) {
			_, _ = io.WriteString(c, "220 mail.acme.dev\r\n")
			for lines := bufio.NewScanner(c); lines.Scan(); {
				if strings.HasPrefix(lines.Text(), "STARTTLS") {
					then(start(c))
					return
				}
				_, _ = io.WriteString(c, "250-mail.acme.dev\r\n250 STARTTLS\r\n")
			}
		}
	}
	for name, tt := range map[string]struct {
		policy TLSPolicy
		talk   func(net.Conn)
	}{
		"a greeting without an end": {TLSImplicit, func(c net.Conn) { forever(tls.Server(c, config), "220-x\r\n") }},
		"an EHLO without an end":    {TLSRequired, offered(func(c net.Conn) { forever(c, "250-x\r\n") })},
		"a line without an end": {TLSRequired, offered(func(c net.Conn) {
			if _, err := c.Read(make([]byte, 1000)); err == nil {
				_, _ = io.WriteString(c, "250 mail.acme.dev\r\n")
				_, _ = c.Read(make([]byte, 1000))
				forever(c, "250-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")
			}
		})},
	} {
		t.Run(name, func(t *testing.T) { encrypted(t, tt.policy, roots, listen(t, tt.talk).port) })
	}
}

func encrypted(t *testing.T, policy TLSPolicy, roots *x509.CertPool, port int) {
	s := sender(t, SMTPConfig{
		Host: "127.0.0.1", Port: port, From: "muster@acme.dev", TLS: policy, RootCAs: roots,
		Now: func() time.Time { return now }, Timeout: 20 * time.Second,
	})
	err := s.Send(t.Context(), invitation().Compose("mail_1", now))
	if e := failure(t, err); !e.Temporary || !strings.Contains(e.Message, "longer than") {
		t.Errorf("told %+v", e)
	}
}

// What looks like an encoded word is read as it was written, never as what it
// would decode to.
func TestWordsThatLookEncoded(t *testing.T) {
	for _, text := range []string{
		"=?utf-8?q?Ada=0D=0ABcc:x?= invites you",
		"=?utf-8?b?QWRhDQpCY2M6IHg=?=",
		"Zoë =?utf-8?q?Ada?= " + strings.Repeat("é", 64) + " =?",
		strings.Repeat("=?x?q?y?= ", 20) + "end",
	} {
		var head bytes.Buffer
		m := Message{ID: "mail_1", To: "dee@acme.dev", ToName: "=?utf-8?q?Mallory?=", Subject: text, Text: "hello\n"}
		msg, err := build(m, netmail.Address{Name: "=?utf-8?q?Muster?=", Address: "muster@acme.dev"}, now, overWire)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := msg.WriteTo(&head); err != nil {
			t.Fatal(err)
		}
		parsed, err := netmail.ReadMessage(&head)
		if err != nil {
			t.Fatal(err)
		}
		sent := parsed.Header.Get("Subject")
		got, err := new(mime.WordDecoder).DecodeHeader(sent)
		if err != nil || got != text {
			t.Errorf("%q is read as %q (%v), sent as %q", text, got, err, sent)
		}
		for _, field := range []string{"From", "To"} {
			if v := parsed.Header.Get(field); strings.Contains(v, "=?utf-8?q?M") {
				t.Errorf("%s: %s", field, v)
			}
		}
	}
	m := Message{ID: "mail_1", To: "=?utf-8?q?x?=@acme.dev", Subject: "x", Text: "x"}
	if err := m.check(); err == nil {
		t.Error("an address that looks encoded is taken")
	}
	if got := encodeWords("plain = text?"); got != "plain = text?" {
		t.Errorf("plain text is encoded: %s", fmt.Sprint(got))
	}
}
