package mail

import (
	"fmt"
	"strings"
	"time"

	"muster/models"
)

// Notice tells the person concerned what was done to their membership or became of
// their proposal, and whoever has joined how to come back.
type Notice struct {
	models.AccountNotice
	JoinCommand        string    // of who is invited, with their code
	ExpiresAt          time.Time // of that code
	SignIn             string    // the line that opens the app
	HostKeyFingerprint string
	RecipientEmail     string
}

// Compose makes the mail under this id. Its names are as hostile as those of an
// invitation.
func (v Notice) Compose(id string) Message {
	n := v.AccountNotice
	n.OrgName, n.Subject, n.By = name(n.OrgName), name(n.Subject), name(n.By)
	reason := n.Reason
	n.Reason = ""
	var b strings.Builder
	paragraph := func(text string) { b.WriteString(wrap(text, "", textWidth) + "\n\n") }
	paragraph(n.Text())
	if text := strings.TrimSpace(models.SafeLines(reason)); text != "" {
		paragraph("The reason given:")
		for line := range strings.SplitSeq(text, "\n") {
			b.WriteString(strings.TrimRight(wrap(line, "> ", textWidth), " ") + "\n")
		}
		b.WriteByte('\n')
	}
	if n.Kind == models.NoticeInvited {
		return v.composeInvited(id, n)
	}
	back := "To sign in, run this in a terminal:"
	if n.Kind == models.NoticeJoined {
		back = fmt.Sprintf("To come back to %s (%s), run this in a terminal, with the key you joined with:", n.OrgName, n.Subject)
	}
	paragraph(back)
	b.WriteString(models.SafeText(v.SignIn) + "\n\n")
	if n.Kind == models.NoticeJoined && v.HostKeyFingerprint != "" {
		paragraph("The fingerprint of the server's key, which ssh shows the first time on a new machine:")
		b.WriteString("  " + models.SafeText(v.HostKeyFingerprint) + "\n\n")
	}
	return Message{ID: id, To: v.RecipientEmail, Subject: n.Headline(), Text: strings.TrimRight(b.String(), "\n") + "\n"}
}

// composeInvited makes the mail with the code of an account that was made for
// somebody.
func (v Notice) composeInvited(id string, n models.AccountNotice) Message {
	var b strings.Builder
	paragraph := func(text string) { b.WriteString(wrap(text, "", textWidth) + "\n\n") }
	by := ""
	if n.By != "" {
		by = ", by " + n.By
	}
	paragraph(n.Headline() + by + ".")
	paragraph("To use it, run this in a terminal, with the SSH key that you want to sign in with:")
	b.WriteString(models.SafeText(v.JoinCommand) + "\n\n")
	paragraph("The code works once, until " + v.ExpiresAt.UTC().Format("2006-01-02 15:04 MST") + ". Do not pass it on.")
	if v.HostKeyFingerprint != "" {
		paragraph("The fingerprint of the server's key, which ssh shows the first time:")
		b.WriteString("  " + models.SafeText(v.HostKeyFingerprint) + "\n\n")
	}
	return Message{ID: id, To: v.RecipientEmail, Subject: n.Headline(), Text: strings.TrimRight(b.String(), "\n") + "\n"}
}
