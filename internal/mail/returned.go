package mail

import (
	"fmt"
	"strings"
)

// Returned tells whoever proposed or sent an invitation that nobody stands behind
// it any more, so that it waits for a new decision.
type Returned struct {
	OrgName, OrgCode string
	Role             string
	InvitedEmail     string
	RecipientEmail   string
}

// Compose makes the mail under this id. Its names are as hostile as those of an
// invitation.
func (v Returned) Compose(id string) Message {
	org, code, who := name(v.OrgName), name(v.OrgCode), address(v.InvitedEmail)
	var b strings.Builder
	paragraph := func(text string) { b.WriteString(wrap(text, "", textWidth) + "\n\n") }
	paragraph(fmt.Sprintf("The invitation of %s to %s (%s) as %s is waiting for a new decision by an owner or admin.", who, org, code, name(v.Role)))
	paragraph("The code that was sent no longer works. You will get a new one once the invitation is approved.")
	return Message{
		ID: id, To: v.RecipientEmail, Subject: fmt.Sprintf("The invitation of %s to %s (%s) needs a new decision", who, org, code),
		Text: strings.TrimRight(b.String(), "\n") + "\n",
	}
}
