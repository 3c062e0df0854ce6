package cli

import (
	"context"
	"fmt"
	"strings"

	"muster/internal/op"
	"muster/models"
)

func inviteWords() map[string]words {
	line := func(format string) words {
		return says(func(_ *cli, inv models.Invitation) string { return fmt.Sprintf(format, inv.Email) })
	}
	mails := func(w words) words {
		return then(w, func(ctx context.Context, c *cli, invs []models.Invitation) { c.afterMail(ctx, invs...) })
	}
	return map[string]words{
		"invitation.list": shows((*cli).invitations),
		"invitation.show": shows((*cli).showInvitation),
		// The answer comes first: delivery can take seconds.
		"invitation.create": mails(says(func(c *cli, inv models.Invitation) string {
			if inv.State == models.StateRequested {
				return fmt.Sprintf("proposed %s as %s in %s; an owner or admin decides (%s)", inv.Email, inv.Given().Label(), c.hereInFull(), inv.ID)
			}
			return fmt.Sprintf("invited %s to %s as %s (%s)", inv.Email, c.hereInFull(), inv.Given().Label(), inv.ID)
		})),
		"invitation.approve": mails(says(func(_ *cli, inv models.Invitation) string {
			return fmt.Sprintf("approved %s as %s in %s; undo within 10 seconds: muster invite undo %s", inv.Email, inv.Given().Label(), inFull(inv.OrgName, inv.OrgCode), inv.ID)
		})),
		"invitation.reject":     line("rejected %s"),
		"invitation.undo":       line("%s is waiting for a decision again"),
		"invitation.resend":     mails(line("sent the invitation of %s again")),
		"invitation.regenerate": mails(line("created a new code for %s")),
		"invitation.revoke": asking(line("revoked the invitation of %s"),
			func(_ *cli, inv models.Invitation) string { return "revoke the invitation of " + inv.Email + "?" }),
		"invitation.revoke.preview": shows(func(c *cli, inv models.Invitation) error {
			return c.say("revoking the invitation of %s as %s to %s (%s): its code stops working", inv.Email, inv.Given().Label(), inFull(inv.OrgName, inv.OrgCode), inv.ID)
		}),
		"invitation.delete": says(func(_ *cli, inv models.Invitation) string {
			if inv.DeletedAt == nil {
				return fmt.Sprintf("the invitation of %s is in the list again", inv.Email)
			}
			return fmt.Sprintf("deleted the %s invitation of %s from the list", inv.State, inv.Email)
		}),
		"invitation.withdraw": line("withdrew the request for %s"),
		"invitation.code":     shows((*cli).joinLine),
		"invitation.mine": shows(func(c *cli, page op.List[op.Offer]) error {
			rows := make([][]string, len(page.Items))
			for i, o := range page.Items {
				rows[i] = []string{o.OrgCode, o.OrgName, o.Invitation.Given().Label(), o.Invitation.ShownInviter(), c.agoOr(o.Invitation.ExpiresAt, ""), o.ID}
			}
			return c.table([]string{"CODE", "ORGANIZATION", "ROLE", "BY", "EXPIRES", "ID"}, rows, "", "no invitations are waiting for you")
		}),
		"invitation.requests": shows(func(c *cli, page op.List[op.Offer]) error {
			rows := make([][]string, len(page.Items))
			for i, o := range page.Items {
				rows[i] = []string{o.OrgCode, o.OrgName, o.Invitation.Given().Label(), c.ago(o.Invitation.CreatedAt), o.ID}
			}
			return c.table([]string{"CODE", "ORGANIZATION", "ROLE", "SINCE", "ID"}, rows, "", "you have no requests to join")
		}),
		"invitation.accept": then(shows(func(c *cli, v models.OrgView) error {
			c.noteRequirement(v)
			return c.say("welcome to %s (%s): %s", v.Name, v.Code, youAre(v))
		}), func(ctx context.Context, c *cli, _ []models.OrgView) { c.tellInviter(ctx) }),
		"invitation.decline": says(func(*cli, models.Invitation) string { return "declined the invitation" }),
	}
}

// joinLine is for a script to take as it is.
func (c *cli) joinLine(code op.JoinCode) error { return c.say("%s", code.Line) }

func (c *cli) invitations(page op.List[models.Invitation]) error {
	rows := make([][]string, len(page.Items))
	for i, inv := range page.Items {
		expires := c.agoOr(inv.ExpiresAt, "")
		if !inv.State.Open() && inv.State != models.StateExpired {
			expires = ""
		}
		rows[i] = []string{inv.Email, inv.Given().Label(), string(inv.State), string(inv.Delivery.State), inv.ShownInviter(), c.ago(inv.CreatedAt), expires, inv.Why(), inv.ID}
	}
	return c.table([]string{"EMAIL", "ROLE", "STATUS", "MAIL", "BY", "SINCE", "EXPIRES", "REASON", "ID"}, rows, page.Next, "no invitations match")
}

func (c *cli) showInvitation(inv models.Invitation) error {
	mail := string(inv.Delivery.State)
	if inv.Delivery.At != nil {
		mail += ", " + c.at(*inv.Delivery.At)
	}
	if inv.Delivery.Error != "" {
		mail += ": " + models.SafeText(inv.Delivery.Error)
	}
	by := inv.ShownInviter()
	if inv.Origin == models.OriginJoin {
		by = "asked to join"
	}
	return c.facts("email", inv.Email, "name", inv.Name, "id", inv.ID, "role", inv.Given().Label(), "status", string(inv.State),
		"workspaces", workspaceList(inv.Workspaces), "by", by, "message", inv.Message, "since", c.at(inv.CreatedAt), "expires", c.atOr(inv.ExpiresAt, ""),
		"decided by", inv.DecidedBy, "reason", inv.Why(), "mail", mail)
}

// youAre tells somebody their own role.
func youAre(v models.OrgView) string {
	if v.CustomRole != nil {
		return "your role is " + v.CustomRole.Name
	}
	return "you are " + v.Role.Article()
}

// noteRequirement says what still keeps somebody out who has just joined.
func (c *cli) noteRequirement(v models.OrgView) {
	if v.Requirement != "" {
		c.note("%s (%s)", v.RequirementText, v.RequirementHint)
	}
}

// workspaceList lists workspaces, each with the role in it.
func workspaceList(places []models.WorkspaceMembership) string {
	words := make([]string, len(places))
	for i, p := range places {
		words[i] = p.Name + " (" + p.Given().Label() + ")"
	}
	return strings.Join(words, ", ")
}
