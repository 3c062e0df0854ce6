package main

import (
	"io"
	"net"
	"os"
	"regexp"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"
)

// post is a mail server that keeps what it gets.
type post struct {
	mu    sync.Mutex
	boxes map[string]chan string
}

func (p *post) box(address string) chan string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.boxes[address] == nil {
		p.boxes[address] = make(chan string, 100)
	}
	return p.boxes[address]
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return &delivery{post: p}, nil }

type delivery struct {
	post *post
	to   []string
}

func (d *delivery) Reset()                                    { d.to = nil }
func (d *delivery) Logout() error                             { return nil }
func (d *delivery) Mail(string, *smtp.MailOptions) error      { return nil }
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error { d.to = append(d.to, to); return nil }

func (d *delivery) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for _, to := range d.to {
		d.post.box(to) <- string(b)
	}
	return nil
}

// posts holds the mail server of each script; testscript's own values can only
// be set before a script starts.
var posts sync.Map

func cmdSMTP(ts *testscript.TestScript, _ bool, _ []string) {
	p := &post{boxes: map[string]chan string{}}
	s := smtp.NewServer(p)
	s.Domain = "localhost"
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln) // ends with an error when closed
	}()
	posts.Store(ts, p)
	ts.Defer(func() {
		posts.Delete(ts)
		_ = s.Close()
		<-done
	})
	_, port, err := net.SplitHostPort(ln.Addr().String())
	ts.Check(err)
	for k, v := range map[string]string{
		"MUSTER_MAIL_SMTP_HOST": "127.0.0.1", "MUSTER_MAIL_SMTP_PORT": port, "MUSTER_MAIL_SMTP_TLS": "none",
		"MUSTER_MAIL_FROM": "muster@example.com",
	} {
		ts.Setenv(k, v)
	}
}

var (
	codeInMail = regexp.MustCompile(`(?m)^ssh (?:-p \d+ )?join\+(\S+)@\S+\r?$`)
)

func cmdMail(ts *testscript.TestScript, neg bool, args []string) {
	v, ok := posts.Load(ts)
	if !ok {
		ts.Fatalf("there is no mail server; start one with smtp")
	}
	box := v.(*post).box(args[0])
	if neg {
		select {
		case m := <-box:
			ts.Fatalf("a mail to %s came too early:\n%s", args[0], m)
		default:
		}
		return
	}
	select {
	case m := <-box:
		ts.Check(os.WriteFile(ts.MkAbs("mail"), []byte(m), 0o600))
		found := codeInMail.FindStringSubmatch(m)
		if found == nil {
			ts.Fatalf("no join command in the mail:\n%s", m)
		}
		ts.Setenv("CODE", found[1])
	case <-time.After(patience):
		ts.Fatalf("no mail to %s came", args[0])
	}
}

// cmdLetter is cmdMail for a mail without a join command.
func cmdLetter(ts *testscript.TestScript, _ bool, args []string) {
	v, ok := posts.Load(ts)
	if !ok {
		ts.Fatalf("there is no mail server; start one with smtp")
	}
	select {
	case m := <-v.(*post).box(args[0]):
		ts.Check(os.WriteFile(ts.MkAbs("mail"), []byte(m), 0o600))
	case <-time.After(patience):
		ts.Fatalf("no mail to %s came", args[0])
	}
}
