package cli

import (
	"fmt"
	"time"

	"muster/internal/op"
	"muster/models"
)

func memberWords() map[string]words {
	return map[string]words{
		"member.list": shows((*cli).members),
		"member.show": shows((*cli).showMember),
		"member.add": says(func(c *cli, m models.Member) string {
			return fmt.Sprintf("added %s as %s", m.Email, m.Given().Article())
		}),
		"member.role": says(func(c *cli, m models.Member) string { return fmt.Sprintf("%s is now %s", m.Email, m.Given().Label()) }),
		"member.suspend": says(func(c *cli, m models.Member) string {
			return fmt.Sprintf("suspended %s in %s", m.Email, c.hereInFull())
		}),
		"member.reactivate": says(func(c *cli, m models.Member) string {
			return fmt.Sprintf("%s is active in %s again", m.Email, c.hereInFull())
		}),
		"member.end": says(func(c *cli, m models.Member) string {
			if m.EndsAt == nil {
				return fmt.Sprintf("the membership of %s in %s has no end date", m.Email, c.hereInFull())
			}
			return fmt.Sprintf("the membership of %s in %s ends after %s, %s", m.Email, c.hereInFull(), c.lastDay(*m.EndsAt), c.ago(*m.EndsAt))
		}),
		"member.remove.preview": shows((*cli).sayRemoval),
		"member.remove": asking(says(func(c *cli, r op.Removal) string {
			return fmt.Sprintf("removed %s from %s", r.Member.Email, c.hereInFull())
		}), func(_ *cli, r op.Removal) string { return "remove " + r.Member.Email + "?" }),
		"member.former":  shows((*cli).removedMembers),
		"member.restore": shows((*cli).sayRestoredMember),
		"member.leave": asking(says(func(c *cli, _ op.Left) string { return "you left " + c.hereInFull() }),
			func(c *cli, _ op.Leaving) string { return "leave " + c.hereInFull() + "?" }),
		"member.leave.preview": shows((*cli).sayLeaving),
	}
}

func (c *cli) members(page op.List[models.Member]) error {
	rows := make([][]string, len(page.Items))
	for i, m := range page.Items {
		rows[i] = []string{m.ShownEmail(), m.Name, m.Given().Label(), c.memberState(m), "", "", m.InvitedBy}
		if m.Status != models.MemberInvited {
			rows[i][4], rows[i][5] = c.date(m.JoinedAt), c.agoOr(m.LastSeenAt, "never")
		}
	}
	return c.table([]string{"EMAIL", "NAME", "ROLE", "STATUS", "JOINED", "LAST SEEN", "INVITED BY"}, rows, page.Next, "no members match")
}

func (c *cli) showMember(m models.Member) error {
	return c.facts("email", m.ShownEmail(), "name", m.Name, "handle", m.Handle, "id", m.ID, "role", m.Given().Label(),
		"status", c.memberState(m), "suspended", c.suspension(m.SuspendedAt, m.SuspendedBy, m.SuspendReason),
		"primary owner", yes(m.Primary), "ends", c.endsAfter(m.EndsAt), "joined", c.at(m.JoinedAt), "last seen", c.atOr(m.LastSeenAt, "never"),
		"invited by", m.InvitedBy)
}

func (c *cli) sayRemoval(r op.Removal) error {
	m := r.Member
	lines := [][]string{
		{"  " + count(r.Sessions, "open session leaves it", "open sessions leave it")},
		{"  " + count(r.InvitationsRevoked, "invitation they sent is revoked", "invitations they sent are revoked")},
		{"  " + count(r.InvitationsReturned, "invitation they approved needs a new decision", "invitations they approved need a new decision")},
		{"  " + count(r.RequestsWithdrawn, "proposal by them is withdrawn", "proposals by them are withdrawn")},
		{"  " + count(r.InvitationsClosed, "open invitation to their address is revoked", "open invitations to their address are revoked")},
		{"  " + count(r.LinksRevoked, "join link they created is revoked", "join links they created are revoked")},
		{"  they stay in " + count(r.OrganizationsRemain, "other organization", "other organizations")},
	}
	if len(r.Workspaces) > 0 {
		lines = append(lines, []string{"  they lose the workspaces " + workspaceList(r.Workspaces)})
	}
	return c.printer().Table([]string{fmt.Sprintf("removing %s (%s, %s) from %s:", m.ShownEmail(), m.Name, m.Given().Label(), c.hereInFull())}, lines)
}

func (c *cli) sayLeaving(l op.Leaving) error {
	lines := [][]string{
		{"  " + count(l.InvitationsRevoked, "invitation you sent is revoked", "invitations you sent are revoked")},
		{"  " + count(l.InvitationsReturned, "invitation you approved needs a new decision", "invitations you approved need a new decision")},
		{"  " + count(l.RequestsWithdrawn, "proposal by you is withdrawn", "proposals by you are withdrawn")},
		{"  " + count(l.LinksRevoked, "join link you created is revoked", "join links you created are revoked")},
		{"  to come back, you need a new invitation"},
	}
	if len(l.Workspaces) > 0 {
		lines = append(lines, []string{"  you lose the workspaces " + workspaceList(l.Workspaces)})
	}
	return c.printer().Table([]string{fmt.Sprintf("leaving %s as %s:", c.hereInFull(), l.Member.Given().Label())}, lines)
}

func (c *cli) removedMembers(page op.List[models.RemovedMember]) error {
	rows := make([][]string, len(page.Items))
	for i, f := range page.Items {
		by, as := f.RemovedBy, string(f.RestoreRole)
		switch {
		case f.Left:
			by = "left"
		case by == "":
			by = "ended as scheduled"
		}
		if f.WhyNot != "" {
			as = "no: " + f.WhyNot
		}
		had := f.Given().Label()
		if f.Status == models.MemberSuspended {
			had += ", suspended"
		}
		rows[i] = []string{models.ShownEmail(f.Email, f.EmailVerified), f.Name, had, c.ago(f.RemovedAt), by, as}
	}
	return c.table([]string{"EMAIL", "NAME", "ROLE", "REMOVED", "BY", "RESTORABLE AS"}, rows, page.Next, "nobody was removed in the last 30 days")
}

// restored says what came back with somebody, and on a line each what did not.
func (c *cli) sayRestoredMember(r models.Restored) error {
	text := fmt.Sprintf("%s is back in %s as %s", r.Email, c.hereInFull(), r.Given().Article())
	if r.Status == models.MemberSuspended {
		text += ", still suspended"
	}
	if len(r.Workspaces) > 0 {
		text += ", in " + workspaceList(r.Workspaces)
	}
	if err := c.say("%s", text); err != nil {
		return err
	}
	for _, part := range r.NotRestored {
		if err := c.say("  not restored: %s", part); err != nil {
			return err
		}
	}
	return nil
}

// memberState is the status of a member in a table, with what their account or
// an end adds to it.
func (c *cli) memberState(m models.Member) string {
	state := string(m.Status)
	if m.AccountStatus == models.UserSuspended {
		state += ", account suspended"
	}
	if m.EndsAt != nil {
		state += ", until " + c.lastDay(*m.EndsAt)
	}
	if m.ExpiresAt != nil {
		state += ", expires " + c.ago(*m.ExpiresAt)
	}
	return state
}

// lastDay is when a membership is over: the day that was given, which is one in
// UTC, or else the moment, each with its zone.
func (c *cli) lastDay(end time.Time) string {
	if end.Equal(end.Truncate(24 * time.Hour)) {
		return end.Add(-time.Microsecond).UTC().Format("2006-01-02 MST")
	}
	return end.In(c.zone()).Format("2006-01-02 15:04 MST")
}

func (c *cli) endsAfter(end *time.Time) string {
	if end == nil {
		return ""
	}
	return "after " + c.lastDay(*end) + ", " + c.ago(*end)
}

// suspension says since when, by whom and why; empty for who is not suspended.
func (c *cli) suspension(at *time.Time, by, reason string) string {
	if at == nil {
		return ""
	}
	text := c.at(*at) + " by " + by
	if reason != "" {
		text += ": " + reason
	}
	return text
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
