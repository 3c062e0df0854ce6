// Package mail sends muster's mails: through an SMTP server, into a folder, or
// not at all where none is set up.
package mail

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"muster/models"
)

// Message is one mail to one person, in plain text.
type Message struct {
	// ID is the same for every try to deliver this mail, so that a mail server
	// can tell a repetition. It takes letters, digits, "_" and "-", at most 128.
	ID      string
	To      string // a bare address
	ToName  string // may be empty
	Subject string
	Text    string // lines end in a line feed
}

// Sender takes mails on their way. It is safe for concurrent use.
type Sender interface {
	// Send hands one mail over. The error is an *Error, or ErrNoMail.
	Send(ctx context.Context, m Message) error
	// Check tries everything that Send needs without sending anything, for
	// doctor. Its errors are those of Send.
	Check(ctx context.Context) error
	// Kind is "smtp", "folder" or "none".
	Kind() string
}

// ErrNoMail says that mail is not set up here. Whoever wants something
// delivered has to show it instead.
var ErrNoMail = errors.New("mail is not set up")

// Error says why a mail did not go out, in one short line that holds no
// credentials.
type Error struct {
	// Temporary tells whether trying again later can help: after a reply 4xx,
	// when the server can't be reached, and when its set-up falls short. It is
	// false after a reply 5xx and for a message that can't be sent at all.
	Temporary bool
	Code      int // the SMTP server's reply, or 0
	Message   string
	Err       error // context.Canceled when the caller gave up, else nil
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the error beneath, if any.
func (e *Error) Unwrap() error { return e.Err }

func permanent(format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...)}
}

func temporary(format string, args ...any) *Error {
	return &Error{Temporary: true, Message: fmt.Sprintf(format, args...)}
}

// None is the Sender where no mail is set up.
type None struct{}

// Send always gives ErrNoMail.
func (None) Send(context.Context, Message) error { return ErrNoMail }

// Check always gives ErrNoMail.
func (None) Check(context.Context) error { return ErrNoMail }

// Kind is "none".
func (None) Kind() string { return "none" }

// Broken is the Sender of a set-up with which none can be made: why, says Err. What
// sends nothing has no need of it.
type Broken struct {
	Err error
	By  string // its Kind
}

// Send always gives why.
func (b Broken) Send(context.Context, Message) error { return b.Err }

// Check always gives why.
func (b Broken) Check(context.Context) error { return b.Err }

// Kind is that of the sender which could not be made.
func (b Broken) Kind() string { return b.By }

// ParseFrom reads a sender as it stands in the configuration, either
// "muster@example.com" or "Muster <muster@example.com>". The error is
// CodeInvalid.
func ParseFrom(s string) (netmail.Address, error) {
	const field = "mail.from"
	a, err := netmail.ParseAddress(s)
	if err != nil {
		return netmail.Address{}, models.Invalid(field,
			"%s must be an address, like muster@example.com or Muster <muster@example.com>", field)
	}
	if a.Address, err = models.CheckEmail(field, a.Address); err != nil {
		return netmail.Address{}, err
	}
	if models.SafeText(a.Name) != a.Name {
		return netmail.Address{}, models.Invalid(field, "the name in %s holds characters that are not allowed", field)
	}
	return *a, nil
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// check refuses whatever could add a header or a recipient. The library
// encodes and quotes as well; a mail that needs that in its headers is not
// ours.
func (m Message) check() error {
	if !idForm.MatchString(m.ID) {
		return permanent("the mail has no proper id")
	}
	if to, err := models.CheckEmail("to", m.To); err != nil || to != m.To {
		return permanent("the recipient is not an email address")
	}
	if strings.Contains(m.To, wordStart) { // it cannot be encoded, and some programs would decode it
		return permanent("the recipient's address looks like encoded text")
	}
	if models.SafeText(m.ToName) != m.ToName {
		return permanent("the recipient's name holds characters that are not allowed")
	}
	if m.Subject == "" || models.SafeText(m.Subject) != m.Subject {
		return permanent("the subject is missing or holds characters that are not allowed")
	}
	return nil
}

// transport says how the text of a mail may travel.
type transport int

const (
	overWire transport = iota // encoded where the text is not ASCII or has long lines
	toFile                    // as it is, for people and scripts to read
)

// maxWireLine keeps clear of the 998 bytes of RFC 5322, section 2.1.1.
const maxWireLine = 900

// build puts the mail in the form of RFC 5322.
func build(m Message, from netmail.Address, date time.Time, how transport) (*gomail.Msg, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&netmail.Address{Name: displayName(from.Name), Address: from.Address})
	msg.ToMailAddress(&netmail.Address{Name: displayName(m.ToName), Address: m.To})
	msg.Subject(encodeWords(m.Subject))
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDateWithValue(date)
	// RFC 3834: keeps vacation notices from answering.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")

	text := strings.ReplaceAll(models.SafeLines(m.Text), "\n", "\r\n")
	// Unencoded where possible, because a join command then stays in one piece
	// even for those who look at the source of the mail.
	encoding := gomail.EncodingQP
	if how == toFile || travelsAsIs(text) {
		encoding = gomail.NoEncoding
	}
	msg.SetBodyString(gomail.TypeTextPlain, text, gomail.WithPartEncoding(encoding))
	return msg, nil
}

// wordStart begins what mail programs decode in a header (RFC 2047, section 2).
const wordStart = "=?"

// encodeWords encodes a text that somebody's program would decode though nobody
// has encoded it: a name may hold such a word, and what it decodes to was never
// checked. The library encodes everything else that needs it.
func encodeWords(s string) string {
	if !strings.Contains(s, wordStart) {
		return s
	}
	const longest = 42 // bytes, of 75 that a word has when it is encoded
	var words []string
	for s != "" {
		n := 0
		for i, r := range s {
			if i+utf8.RuneLen(r) > longest {
				break
			}
			n = i + utf8.RuneLen(r)
		}
		words = append(words, "=?UTF-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}

// displayName makes a name fit for the head of an address. It leaves out the one
// character that net/mail puts into an encoded word where RFC 2047, section 5,
// allows none, so that nobody can parse it, and takes apart what would be
// decoded: net/mail quotes that, but not all programs care.
func displayName(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `\`, ""), wordStart, "= ?")
}

func travelsAsIs(text string) bool {
	for line := range strings.Lines(text) {
		if len(line) > maxWireLine {
			return false
		}
	}
	for i := range len(text) {
		if text[i] > 0x7e {
			return false
		}
	}
	return true
}
