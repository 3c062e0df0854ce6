package mail

import (
	"bytes"
	"context"
	"errors"
	"io"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func folder(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := NewFolder(dir, "Muster <muster@acme.dev>", func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func files(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "mail")
	f := folder(t, dir)
	if err := f.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := files(t, dir); got != "" {
		t.Errorf("the check left %q", got)
	}
	v := invitation()
	v.InviterName = "Zoë"
	m := v.Compose("mail_01", now)
	for range 2 { // a second try replaces the first
		if err := f.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if got := files(t, dir); got != "mail_01.eml" {
		t.Errorf("the folder holds %q", got)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "mail_01.eml"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	content, err := os.ReadFile(filepath.Join(dir, "mail_01.eml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte("\n"+v.JoinCommand+"\n")) || bytes.Contains(content, []byte("\r")) {
		t.Errorf("no join command on a line of its own in\n%s", content)
	}
	parsed, err := netmail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(parsed.Body); err != nil || string(body) != m.Text {
		t.Errorf("body %q, %v, want %q", body, err, m.Text)
	}
	if got := parsed.Header.Get("Content-Transfer-Encoding"); got != "8bit" {
		t.Errorf("encoding %s", got)
	}
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := folder(t, file)
	for name, err := range map[string]error{"check": f.Check(t.Context()), "send": f.Send(t.Context(), invitation().Compose("mail_01", now))} {
		if e := failure(t, err); !e.Temporary || !strings.Contains(e.Message, file) || strings.Contains(e.Message, ".new-") {
			t.Errorf("%s: got %+v", name, e)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Send(ctx, invitation().Compose("mail_01", now)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the caller gave up: %v", err)
	}
}

func TestNone(t *testing.T) {
	var s Sender = None{}
	if err := s.Send(t.Context(), invitation().Compose("mail_01", now)); !errors.Is(err, ErrNoMail) {
		t.Errorf("send: %v", err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, ErrNoMail) {
		t.Errorf("check: %v", err)
	}
	kinds := folder(t, t.TempDir()).Kind() + " " + (&SMTP{}).Kind() + " " + s.Kind()
	if kinds != "folder smtp none" {
		t.Errorf("kinds %s", kinds)
	}
}

func TestHostileMessagesAreNotSent(t *testing.T) {
	for name, change := range map[string]func(*Message){
		"id empty":            func(m *Message) { m.ID = "" },
		"id with a path":      func(m *Message) { m.ID = "../../x" },
		"id with a header":    func(m *Message) { m.ID = "x>\r\nBcc: all@acme.dev" },
		"id too long":         func(m *Message) { m.ID = strings.Repeat("x", 129) },
		"to empty":            func(m *Message) { m.To = "" },
		"to with a name":      func(m *Message) { m.To = "Dee <dee@acme.dev>" },
		"to with a second":    func(m *Message) { m.To = "dee@acme.dev, all@acme.dev" },
		"to with a header":    func(m *Message) { m.To = "dee@acme.dev\r\nBcc: all@acme.dev" },
		"to with a command":   func(m *Message) { m.To = "dee@acme.dev>\r\nRCPT TO:<all@acme.dev" },
		"to with a blank":     func(m *Message) { m.To = " dee@acme.dev" },
		"name with a header":  func(m *Message) { m.ToName = "Dee\r\nBcc: all@acme.dev" },
		"name with bidi":      func(m *Message) { m.ToName = "Dee\u202e" },
		"subject empty":       func(m *Message) { m.Subject = "" },
		"subject with header": func(m *Message) { m.Subject = "x\nBcc: all@acme.dev" },
		"subject with escape": func(m *Message) { m.Subject = "x\x1b]0;y\x07" },
	} {
		t.Run(name, func(t *testing.T) {
			srv := startServer(t, serverOptions{})
			dir := t.TempDir()
			m := invitation().Compose("mail_01", now)
			change(&m)
			for _, s := range []Sender{sender(t, config(srv)), folder(t, dir)} {
				if e := failure(t, s.Send(t.Context(), m)); e.Temporary || e.Message == "" {
					t.Errorf("%s: got %+v", s.Kind(), e)
				}
			}
			srv.none(t)
			if got := files(t, dir); got != "" {
				t.Errorf("the folder holds %q", got)
			}
		})
	}
}

// Whatever the texts are, a mail that goes out has the headers it should have,
// one body, and nobody else to go to.
func TestNothingEscapesFromItsPlace(t *testing.T) {
	from, err := ParseFrom("Muster <muster@acme.dev>")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-z ]{0,9}|\r\n|\r|\n|\.|\n\.\n|Bcc: all@acme\.dev|--|=|\x00|<|>|"|=\?utf-8\?q\?=0A\?=){0,12}`))
		m := Message{ID: "mail_01", To: "dee@acme.dev", ToName: text.Draw(t, "name"), Subject: text.Draw(t, "subject"), Text: text.Draw(t, "text")}
		msg, err := build(m, from, now, rapid.SampledFrom([]transport{overWire, toFile}).Draw(t, "how"))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := msg.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		parsed, err := netmail.ReadMessage(&b)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
		for _, h := range want {
			if len(parsed.Header[h]) != 1 {
				t.Fatalf("%s stands %d times", h, len(parsed.Header[h]))
			}
		}
		if len(parsed.Header) != len(want) {
			t.Fatalf("headers %v", parsed.Header)
		}
		to, err := parsed.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != "dee@acme.dev" {
			t.Fatalf("goes to %v, %v", to, err)
		}
	})
}
