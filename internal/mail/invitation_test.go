package mail

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func invitation() Invitation {
	return Invitation{
		OrgName: "Acme Corp", OrgCode: "ACME", Role: "member",
		InviterName: "Ada Lovelace", InviterEmail: "ada@acme.dev", InviterVerified: true, RecipientEmail: "dee@acme.dev",
		Message:            "Hello Dee,\n\nwe would be glad to have you on board for the engine, since nobody else understands it.\n",
		ExpiresAt:          now.Add(48 * time.Hour),
		JoinCommand:        "ssh -p 2222 join+abcdefghijklmnopqrstuvwxyz@muster.example.com",
		HostKeyFingerprint: "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDW0Rd2jXR1jzpZbLA",
	}
}

func TestComposeInvitation(t *testing.T) {
	got := invitation().Compose("mail_1", now.Add(10*time.Second))
	want := `Ada Lovelace invites you to join Acme Corp.

  Organization  Acme Corp (ACME)
  Role          member
  Invited by    Ada Lovelace <ada@acme.dev>
  Sent to       dee@acme.dev
  Expires       2026-08-03 12:00 UTC (in 2 days)

Ada Lovelace writes:

> Hello Dee,
>
> we would be glad to have you on board for the engine, since nobody else
> understands it.

To join, run this in a terminal:

ssh -p 2222 join+abcdefghijklmnopqrstuvwxyz@muster.example.com

The first time, ssh shows the fingerprint of the server's key. Answer yes
only if it is the same as this one:

  SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDW0Rd2jXR1jzpZbLA

Your SSH key becomes your account. If you have none yet, make one first
with: ssh-keygen -t ed25519

If you did not expect this, do nothing: nobody can join without the command
above, and it stops working when the invitation expires. Keep it to
yourself.
`
	if got.Text != want {
		t.Errorf("got\n%s\nwant\n%s", got.Text, want)
	}
	if got.Subject != "Ada Lovelace invites you to join Acme Corp (ACME)" || got.To != "dee@acme.dev" || got.ID != "mail_1" {
		t.Errorf("got %+v", got)
	}
	if err := got.check(); err != nil {
		t.Errorf("it cannot be sent: %v", err)
	}
}

func TestComposeNamesTheWorkspaces(t *testing.T) {
	v := invitation()
	v.Workspaces = []Workspace{{"Research\x1b[2J", "editor"}, {strings.Repeat("Launch ", 20), "viewer"}}
	text := v.Compose("mail_1", now).Text
	for _, want := range []string{"  Role          member\n  Workspaces    Research\uFFFD[2J (editor)\n                Launch Launch", "… (viewer)\n  Invited by "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestComposeLeavesOutWhatThereIsNot(t *testing.T) {
	v := invitation()
	v.Message, v.HostKeyFingerprint = " \n", ""
	text := v.Compose("mail_1", now).Text
	for _, gone := range []string{"writes:", "\n>", "fingerprint", "\n\n\n"} {
		if strings.Contains(text, gone) {
			t.Errorf("%q stands in\n%s", gone, text)
		}
	}
}

func TestHostileNames(t *testing.T) {
	for in, want := range map[string]string{
		"Ada Lovelace":                      "Ada Lovelace",
		"J.R.R. Tolkien":                    "J.R.R. Tolkien",
		"Zoë 李小龙 🚀":                         "Zoë 李小龙 🚀",
		"Win at http://evil.com/x?y":        "Win at http ://evil .com/x?y",
		"WWW.Evil.Com":                      "WWW .Evil .Com",
		"evil.co.uk":                        "evil .co .uk",
		"evil.xn--p1ai":                     "evil .xn--p1ai",
		"support@bank.com":                  "support@bank .com",
		"evil。com":                          "evil 。com",
		"10.11.12.13/x":                     "10 .11 .12 .13/x",
		"javascript://x":                    "javascript ://x",
		"a\r\nBcc: all@acme.dev":            "a Bcc: all@acme .dev",
		"a\u202eb\u200bc\x1b[31m\x00\u009b": "a\uFFFDb\uFFFDc\uFFFD[31m\uFFFD\uFFFD",
		"a \t\u00a0\u3000  b":               "a b",
		strings.Repeat("x", 100):            strings.Repeat("x", 63) + "…",
		strings.Repeat("李", 100):            strings.Repeat("李", 31) + "…",
	} {
		if got := name(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestComposeWithHostileTexts(t *testing.T) {
	command := invitation().JoinCommand
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`(https?://|www\.|[a-z]{2,9}\.com|\r\n|\n|> |To join, run this in a terminal:| ){1,20}`))
		v := Invitation{
			OrgName: text.Draw(t, "org"), OrgCode: text.Draw(t, "code"), Role: text.Draw(t, "role"),
			InviterName: text.Draw(t, "inviter"), InviterEmail: text.Draw(t, "email"),
			RecipientEmail: "dee@acme.dev", Message: text.Draw(t, "message"),
			ExpiresAt: now, JoinCommand: command,
		}
		m := v.Compose("mail_1", now)
		if err := m.check(); err != nil {
			t.Fatalf("subject %q: %v", m.Subject, err)
		}
		if strings.Contains(m.Subject, "://") && !strings.Contains(m.Subject, " ://") || strings.Contains(m.Subject, ".com") && !strings.Contains(m.Subject, " .com") {
			t.Fatalf("a link in the subject %q", m.Subject)
		}
		commands, instructions := 0, 0
		for line := range strings.Lines(m.Text) {
			line = strings.TrimSuffix(line, "\n")
			for _, r := range line {
				if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) {
					t.Fatalf("%q holds %U", line, r)
				}
			}
			if line == command {
				commands++
			}
			if line == "To join, run this in a terminal:" {
				instructions++
			}
			if w := ansi.StringWidth(line); w > textWidth && strings.ContainsAny(strings.TrimSpace(strings.TrimPrefix(line, "> ")), " ") {
				// Only a label may stand beside a word that fits nowhere.
				if !strings.HasPrefix(line, "  ") || len(strings.Fields(line)) > 3 {
					t.Fatalf("%d columns: %q", w, line)
				}
			}
		}
		if commands != 1 || instructions != 1 {
			t.Fatalf("%d join commands and %d instructions in\n%s", commands, instructions, m.Text)
		}
	})
}

func TestLongJoinCommandStaysOnOneLine(t *testing.T) {
	v := invitation()
	v.JoinCommand = "ssh -p 2222 join+" + strings.Repeat("a", 64) + "@" + strings.Repeat("long.", 30) + "example.com"
	if text := v.Compose("mail_1", now).Text; !strings.Contains(text, "\n"+v.JoinCommand+"\n") {
		t.Errorf("the command is broken in\n%s", text)
	}
}

func TestUntil(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "already past", 0: "already past", time.Millisecond: "in 1ms", time.Hour: "in 60 minutes",
	} {
		if got := until(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// An address that its inviter merely typed is no fact, so no mail names it.
func TestComposeNamesNoUnverifiedInviter(t *testing.T) {
	v := invitation()
	v.InviterVerified = false
	m := v.Compose("mail_1", now)
	if strings.Contains(m.Subject+m.Text, v.InviterEmail) || !strings.Contains(m.Text, "Invited by    Ada Lovelace (address not verified)\n") ||
		!strings.Contains(m.Text, "\nAda Lovelace writes:\n") {
		t.Errorf("got\n%s", m.Text)
	}
}
