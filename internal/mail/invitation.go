package mail

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"muster/models"
)

// Invitation is what a mail that invites somebody says.
type Invitation struct {
	OrgName, OrgCode          string
	Role                      string
	Workspaces                []Workspace // it leads into
	InviterName, InviterEmail string
	InviterVerified           bool // else the address is what somebody typed, and the mail does not name it
	RecipientEmail            string
	Message                   string // the inviter's own words, may be empty
	ExpiresAt                 time.Time
	JoinCommand               string // one line
	HostKeyFingerprint        string // SHA256:…, of the server to join through
	Reminder                  bool   // the second mail, shortly before the invitation expires
}

// Workspace is a workspace with the role in it.
type Workspace struct{ Name, Role string }

const (
	textWidth = 76 // columns
	nameWidth = 64 // columns of any one name
)

// Compose makes the mail, under this id, as of now. The names in it were
// written by people and are taken as hostile: they can neither reorder nor
// break a line nor become a link, and the personal message stands quoted.
func (v Invitation) Compose(id string, now time.Time) Message {
	inviter, org, code := name(v.InviterName), name(v.OrgName), name(v.OrgCode)
	var b strings.Builder
	paragraph := func(text string) { b.WriteString(wrap(text, "", textWidth) + "\n\n") }

	subject := fmt.Sprintf("%s invites you to join %s (%s)", inviter, org, code)
	if v.Reminder {
		subject = fmt.Sprintf("Reminder: your invitation to %s (%s) expires %s", org, code, until(v.ExpiresAt.Sub(now)))
		paragraph(fmt.Sprintf("This is a reminder: your invitation to %s expires %s. There will be no other reminder.", org, until(v.ExpiresAt.Sub(now))))
	}
	paragraph(fmt.Sprintf("%s invites you to join %s.", inviter, org))

	row := func(label, value string) {
		const indent = 16
		text := wrap(value, strings.Repeat(" ", indent), textWidth)
		fmt.Fprintf(&b, "  %-*s%s\n", indent-2, label, strings.TrimLeft(text, " "))
	}
	row("Organization", fmt.Sprintf("%s (%s)", org, code))
	row("Role", name(v.Role))
	for i, w := range v.Workspaces {
		label := ""
		if i == 0 {
			label = "Workspaces"
		}
		row(label, fmt.Sprintf("%s (%s)", name(w.Name), name(w.Role)))
	}
	if v.InviterVerified {
		inviter = fmt.Sprintf("%s <%s>", inviter, address(v.InviterEmail))
	} else {
		inviter += " (address not verified)"
	}
	row("Invited by", inviter)
	row("Sent to", address(v.RecipientEmail))
	row("Expires", fmt.Sprintf("%s (%s)", v.ExpiresAt.UTC().Format("2006-01-02 15:04 UTC"), until(v.ExpiresAt.Sub(now))))
	b.WriteByte('\n')

	if text := strings.TrimSpace(models.SafeLines(v.Message)); text != "" {
		paragraph(fmt.Sprintf("%s writes:", name(v.InviterName)))
		for line := range strings.SplitSeq(text, "\n") {
			b.WriteString(strings.TrimRight(wrap(line, "> ", textWidth), " ") + "\n")
		}
		b.WriteByte('\n')
	}

	paragraph("To join, run this in a terminal:")
	b.WriteString(models.SafeText(v.JoinCommand) + "\n\n")

	if v.HostKeyFingerprint != "" {
		paragraph("The first time, ssh shows the fingerprint of the server's key. " +
			"Answer yes only if it is the same as this one:")
		b.WriteString("  " + models.SafeText(v.HostKeyFingerprint) + "\n\n")
	}

	paragraph("Your SSH key becomes your account. If you have none yet, make one first with: ssh-keygen -t ed25519")
	paragraph("If you did not expect this, do nothing: nobody can join without the command above, " +
		"and it stops working when the invitation expires. Keep it to yourself.")

	return Message{
		ID:      id,
		To:      v.RecipientEmail,
		Subject: subject,
		Text:    strings.TrimRight(b.String(), "\n") + "\n",
	}
}

// linkish is what mail readers take for a link in plain text: a scheme, or a
// dot, in any script, with the beginnings of a domain after it.
var linkish = regexp.MustCompile(`://|[.。．｡][\pL\pN][\pL\pN-]`)

// name makes a name of any origin fit for a subject and a sentence. Something
// that looks like a link is set apart by a blank, which no reader follows.
func name(s string) string {
	s = strings.Join(strings.Fields(models.SafeText(s)), " ")
	s = ansi.Truncate(s, nameWidth, "…")
	s = linkish.ReplaceAllStringFunc(s, func(m string) string { return " " + m })
	return strings.TrimSpace(s)
}

// address shows an address as it is, and anything else as a name.
func address(s string) string {
	if a, err := models.CheckEmail("email", s); err == nil && a == s {
		return s
	}
	return name(s)
}

// wrap breaks text between words so that no line, indent included, is wider
// than width columns; a longer word has a line of its own.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		w := ansi.StringWidth(word)
		switch {
		case i == 0:
			b.WriteString(indent)
			column = ansi.StringWidth(indent)
		case column+1+w > width:
			b.WriteString("\n" + indent)
			column = ansi.StringWidth(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += w
	}
	if b.Len() == 0 {
		return indent
	}
	return b.String()
}

// until says how long something still lasts.
func until(d time.Duration) string {
	if d <= 0 {
		return "already past"
	}
	return "in " + models.Span(d)
}
