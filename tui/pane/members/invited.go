package members

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/ui"
)

// Who is invited can stand among the members. Nothing of a member can be changed
// about them: their rows lead to the invitation.

func invitedBindings() []keys.Binding[host.Host] {
	return []keys.Binding[host.Host]{
		{ID: "member.invited", Keys: []string{"i"}, Title: "invited people too", Scope: scopeMembers,
			Help: "Shows who is invited among the members, or members only; enter on their row opens the invitation.",
			Run:  func(h host.Host) tea.Cmd { return of(h).toggleInvited(h) }},
	}
}

// toggleInvited puts everybody's status into the filter, or takes it out.
func (p *Pane) toggleInvited(h host.Host) tea.Cmd {
	f, text, value := models.MemberFilter(), p.Filter.Text(), ""
	if !slices.Contains(strings.Split(f.Value(text, "status"), ","), string(models.MemberInvited)) {
		for _, s := range models.MemberStatuses() {
			value = strings.TrimPrefix(value+","+string(s), ",")
		}
	}
	return p.Filtered(h, f.With(text, "status", value))
}

// OpenRow leads from somebody who is invited to their invitation.
func (p *Pane) OpenRow(h host.Host) (tea.Cmd, bool) {
	m, ok := p.Table.Current()
	if !ok || m.Status != models.MemberInvited {
		return nil, false
	}
	invitations, ok := h.Pane(host.Invitations).(host.Seeker)
	if !ok {
		return nil, false
	}
	return tea.Batch(h.GoTo(host.Invitations), invitations.Seek(h, m.Email)), true
}

// notMembers says of the chosen rows that somebody is only invited, "" if nobody is.
func (p *Pane) notMembers() string {
	for _, m := range p.Table.Chosen() {
		if m.CheckMember() != nil {
			return m.Email + " is invited and not a member yet; press enter to open the invitation"
		}
	}
	return ""
}

func invitedDetail(h host.Host, m models.Member) (string, []ui.Line) {
	return m.Email, kit.Facts(
		"Role", m.Given().Label(),
		"Status", "invited",
		"Expires", kit.MomentOr(h, m.ExpiresAt, ""),
		"Invited by", m.InvitedBy,
		"Id", m.ID,
		"Open", "enter shows the invitation",
	)
}
