package mail

import (
	"strings"
	"testing"
	"time"
)

func TestComposeAcceptance(t *testing.T) {
	v := Acceptance{OrgName: "Acme Corp", OrgCode: "ACME", Role: "member", Name: "Dee", Email: "dee@acme.dev", Verified: true, InvitedEmail: "dee@acme.dev", RecipientEmail: "ada@acme.dev"}
	m := v.Compose("inv_1-accepted")
	want := `Dee <dee@acme.dev> accepted your invitation and is now member of Acme Corp
(ACME).

You get this mail because you sent the invitation. An owner or admin can
turn these mails off: members.acceptance_mail in the settings.
`
	if m.Text != want {
		t.Errorf("got\n%s\nwant\n%s", m.Text, want)
	}
	if m.Subject != "Dee joined Acme Corp (ACME)" || m.To != "ada@acme.dev" || m.ID != "inv_1-accepted" {
		t.Errorf("got %+v", m)
	}
	v.Verified = false
	if m := v.Compose("inv_1-accepted"); !strings.HasPrefix(m.Text, "Dee accepted your invitation") || !strings.Contains(m.Text, "The invitation went to dee@acme.dev.") {
		t.Errorf("with an address that nobody verified\n%s", m.Text)
	}
	v.Name, v.OrgName = "Win at http://evil.com\r\nBcc: x@y.z", "\x1b[31mAcme"
	m = v.Compose("inv_1-accepted")
	if err := m.check(); err != nil || strings.Contains(m.Text, "http://evil") || strings.ContainsAny(m.Subject+m.Text, "\x1b\r") {
		t.Errorf("%v: %q", err, m)
	}
}

func TestComposeReminder(t *testing.T) {
	v := invitation()
	v.Reminder = true
	m := v.Compose("inv_1-reminder", v.ExpiresAt.Add(-12*time.Hour))
	if want := "Reminder: your invitation to Acme Corp (ACME) expires in 12 hours"; m.Subject != want {
		t.Errorf("subject %q, want %q", m.Subject, want)
	}
	if !strings.HasPrefix(m.Text, "This is a reminder: your invitation to Acme Corp expires in 12 hours. There\nwill be no other reminder.\n\nAda Lovelace invites you to join Acme Corp.\n") {
		t.Errorf("text\n%s", m.Text)
	}
	if !strings.Contains(m.Text, "\n"+v.JoinCommand+"\n") || m.check() != nil {
		t.Errorf("no join command, or not to be sent:\n%s", m.Text)
	}
}
