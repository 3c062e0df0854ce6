package mail

import (
	"fmt"
	"strings"
)

// Acceptance tells whoever invited somebody that they joined.
type Acceptance struct {
	OrgName, OrgCode string
	Role             string
	Name, Email      string // who joined
	Verified         bool   // else the mail does not name the address
	InvitedEmail     string // the address that was invited
	RecipientEmail   string
}

// Compose makes the mail under this id. Its names are as hostile as those of an
// invitation.
func (v Acceptance) Compose(id string) Message {
	who, org, code := name(v.Name), name(v.OrgName), name(v.OrgCode)
	var b strings.Builder
	paragraph := func(text string) { b.WriteString(wrap(text, "", textWidth) + "\n\n") }
	joined := who
	if v.Verified {
		joined = fmt.Sprintf("%s <%s>", who, address(v.Email))
	}
	paragraph(fmt.Sprintf("%s accepted your invitation and is now %s of %s (%s).", joined, name(v.Role), org, code))
	if v.InvitedEmail != v.Email || !v.Verified {
		paragraph(fmt.Sprintf("The invitation went to %s.", address(v.InvitedEmail)))
	}
	paragraph("You get this mail because you sent the invitation. An owner or admin can turn these mails off: members.acceptance_mail in the settings.")
	return Message{
		ID: id, To: v.RecipientEmail, Subject: fmt.Sprintf("%s joined %s (%s)", who, org, code),
		Text: strings.TrimRight(b.String(), "\n") + "\n",
	}
}
