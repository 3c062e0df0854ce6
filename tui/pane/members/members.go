package members

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeMembers keys.Scope = "members"

// Pane is who belongs to the organization.
type Pane struct {
	list.List[models.Member]
}

func New(h host.Host) *Pane {
	p := &Pane{}
	p.columns(h)
	p.Pane = host.Members
	p.Filters = models.MemberFilter
	p.Matches = -1
	p.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.Member], error) {
		st, actor, org, now := h.Store, h.Actor, h.Org.ID, h.Now
		return func(ctx context.Context, q list.Query) (models.Page[models.Member], error) {
			mq, err := models.MemberQuery{Sort: models.MemberSort(q.Sort), Reverse: q.Reverse, Limit: q.Limit, After: q.After, Before: q.Before}.Filter(q.Search, now)
			if err != nil {
				return models.Page[models.Member]{}, err
			}
			return st.ListMembers(ctx, actor, org, mq)
		}
	}
	p.Orders = []host.SortChoice{{Name: "email", Title: "email"}, {Name: "name", Title: "name"}, {Name: "role", Title: "role"}, {Name: "status", Title: "status"}, {Name: "joined", Title: "joined, newest first"}, {Name: "last_seen", Title: "last seen, newest first"}}
	p.Table.ID = func(m models.Member) string { return m.ID }
	p.Markable = func(_ host.Host, m models.Member) bool { return m.Status != models.MemberInvited }
	p.Table.Sort = string(models.SortEmail)
	return p
}

func (p *Pane) columns(h host.Host) {
	p.Table.Columns = []ui.Column[models.Member]{
		{Title: "EMAIL", Sort: "email", Min: 26, Max: 38, Keep: -1, Cell: func(m models.Member) (string, theme.Style) { return m.ShownEmail(), theme.Text }},
		{Title: "NAME", Sort: "name", Min: 12, Max: 28, Keep: 5, Cell: func(m models.Member) (string, theme.Style) { return m.Name, theme.Text }},
		{Title: "ROLE", Sort: "role", Min: 8, Max: 16, Keep: 9, Cell: func(m models.Member) (string, theme.Style) { return m.Given().Label(), kit.RoleStyle(m.Role) }},
		{Title: "STATUS", Sort: "status", Min: 9, Max: 10, Keep: 7, Cell: func(m models.Member) (string, theme.Style) {
			switch {
			case m.Status == models.MemberSuspended || m.AccountStatus == models.UserSuspended:
				return "suspended", theme.Warn
			case m.EndsAt != nil:
				return "ends " + kit.Until(h.Now, *m.EndsAt), theme.Warn
			}
			if m.Status == models.MemberInvited {
				return string(m.Status), theme.Text
			}
			return string(m.Status), theme.Muted
		}},
		{Title: "JOINED", Right: true, Sort: "joined", Min: 10, Max: 10, Keep: 3, Cell: func(m models.Member) (string, theme.Style) {
			if m.Status == models.MemberInvited {
				return "", theme.Muted
			}
			return kit.Date(h, m.JoinedAt), theme.Muted
		}},
		{Title: "SEEN", Right: true, Sort: "last_seen", Min: 6, Max: 6, Keep: 1, Cell: func(m models.Member) (string, theme.Style) {
			if m.Status == models.MemberInvited {
				return "", theme.Muted
			}
			return kit.LastSeen(h, m.ID, m.LastSeenAt), theme.Muted
		}},
		{Title: "SEEN AT", Right: true, Wide: true, Min: 16, Max: 16, Keep: 0, Cell: func(m models.Member) (string, theme.Style) {
			return kit.LastSeenMinute(h, m.ID, m.LastSeenAt), theme.Muted
		}},
	}
}

func (p *Pane) ID() host.PaneID { return host.Members }

func (p *Pane) Title() string { return "Members" }

func (p *Pane) Scope() keys.Scope { return scopeMembers }

func (p *Pane) Count(h host.Host) string {
	return ui.Count(h.Org.Members.Total, false)
}

func (p *Pane) Fresh() {
	p.Forget()
}

func (p *Pane) Load(h host.Host) tea.Cmd {
	return p.Refresh(h)
}

// Preload brings the first page with the organization that is opened. Without
// it the pane loads itself.
func (p *Pane) Preload(h host.Host) func(ctx context.Context, org models.OrgView) func(host.Host) tea.Cmd {
	st, actor, limit := h.Store, h.Actor, p.PageSize()
	return func(ctx context.Context, org models.OrgView) func(host.Host) tea.Cmd {
		if org.Kind == models.KindPersonal {
			return nil
		}
		page, err := st.ListMembers(ctx, actor, org.ID, models.MemberQuery{Sort: models.SortEmail, Limit: limit})
		if err != nil {
			return nil
		}
		return func(h host.Host) tea.Cmd {
			p.Table.Sort, p.Table.Reverse = string(models.SortEmail), false
			return p.Take(h, page)
		}
	}
}

// Seek narrows the list to one person, by address.
func (p *Pane) Seek(h host.Host, address string) tea.Cmd {
	p.Filter.Set(address)
	return p.Narrow(h)
}

func (p *Pane) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	if m, ok := msg.(list.Answer[models.Member]); ok {
		return p.Got(h, m), true
	}
	return nil, false
}

func (p *Pane) Draw(h host.Host, r ui.Region, focused bool) {
	p.Table.Draw(r, focused, h.Now)
	r.Zone(host.TableZone(host.Members))
}

func (p *Pane) Status(host.Host) string { return p.Position() }

func (p *Pane) Detail(h host.Host) (string, []ui.Line) {
	m, ok := p.Table.Current()
	if !ok {
		return "", nil
	}
	if m.Status == models.MemberInvited {
		return invitedDetail(h, m)
	}
	by := m.InvitedBy
	if by == "" {
		by = "nobody"
	}
	return m.Name, kit.Facts(
		"Email", m.ShownEmail(),
		"Handle", m.Handle,
		"Role", memberRole(m),
		"Status", memberStatus(h, m),
		"Reason", m.SuspendReason,
		"Ends", kit.MomentOr(h, m.EndsAt, ""),
		"Nominated", kit.Nomination(h, m),
		"Joined", kit.Moment(h, m.JoinedAt),
		"Last seen", kit.LastSeenMoment(h, m.ID, m.LastSeenAt),
		"Invited by", by,
		"Id", m.ID,
	)
}

// ---- actions

func memberBindings() []keys.Binding[host.Host] {
	return []keys.Binding[host.Host]{
		{ID: "member.role", Keys: []string{"e"}, Title: "role", Scope: scopeMembers, Allowed: managesOrSelf, Foot: 80, Changes: true, Many: true,
			Help:    "Gives the member, or all marked ones, another role. Can be undone.",
			Enabled: func(h host.Host) string { return of(h).why(h, models.PermMembers, true) },
			Run:     func(h host.Host) tea.Cmd { return of(h).chooseRole(h) }},
		{ID: "member.remove", Keys: []string{"d"}, Title: "remove", Scope: scopeMembers, Allowed: managesOrSelf, Foot: 70, Changes: true, Many: true,
			Help:    "Removes the member from the organization, after a preview.",
			Enabled: func(h host.Host) string { return of(h).why(h, models.PermMembers, true) },
			Run:     func(h host.Host) tea.Cmd { return of(h).remove(h, of(h).Table.Chosen(), "") }},
		{ID: "member.remove_because", Keys: []string{"D"}, Title: "remove because …", Scope: scopeMembers, Allowed: managesOrSelf, Changes: true, Many: true,
			Help:    "Removes with a reason, shown to the person.",
			Enabled: func(h host.Host) string { return of(h).why(h, models.PermMembers, true) },
			Run:     func(h host.Host) tea.Cmd { return of(h).removeBecause(h) }},
		{ID: "member.invite", Keys: []string{"n"}, Title: "invite", Scope: scopeMembers, Allowed: kit.MayInvite, Foot: 75,
			Help:    "Invites somebody by address, or proposes it where admins decide.",
			Enabled: func(h host.Host) string { _, why := h.Action("invitation.new"); return why },
			Run:     func(h host.Host) tea.Cmd { return h.Do("invitation.new") }},
		{ID: "member.add", Keys: []string{"A"}, Title: "add an account", Scope: scopeMembers, Changes: true,
			Help:    "Adds somebody who has an account to the organization at once. For site admins.",
			Present: func(h host.Host) bool { return h.Me.SiteAdmin }, Run: add},
		{ID: "member.copy", Keys: []string{"y"}, Title: "copy email", Scope: scopeMembers,
			Help:    "Copies the address to your own clipboard.",
			Enabled: func(h host.Host) string { return of(h).why(h, "", false) },
			Run: func(h host.Host) tea.Cmd {
				m, _ := of(h).Table.Current()
				return h.Copy(m.Email, m.Email)
			}},
	}
}

// managesOrSelf says that the person manages members, or that the row is
// themselves: everybody can lower their own role and leave.
func managesOrSelf(h host.Host) bool {
	m, ok := of(h).Table.Current()
	return kit.May(models.PermMembers)(h) || ok && m.ID == h.Actor.Subject()
}

// why says why the chosen members cannot be acted on.
func (p *Pane) why(h host.Host, perm models.Permission, self bool) string {
	m, ok := p.Table.Current()
	if !ok && p.Table.Marked() == 0 {
		return "no member is selected"
	}
	if why := p.notMembers(); why != "" && perm != "" {
		return why
	}
	if perm == "" || h.Access.Require(perm) == nil || self && p.Table.Marked() == 0 && m.ID == h.Actor.Subject() {
		return ""
	}
	return kit.Reason(h.Access.Require(perm))
}

func (p *Pane) chooseRole(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	title := "Role of " + chosen[0].Email
	if len(chosen) > 1 {
		title = "Role of " + kit.Count(len(chosen), "member", "members")
	}
	pick := &ui.Picker{Title: title, Choose: func(it ui.Item) tea.Cmd {
		return p.changeRole(h, chosen, models.Role(it.ID), it.Title)
	}}
	why := func(r models.AnyRole) string {
		if len(chosen) == 1 {
			if err := h.Access.CheckRoleChange(chosen[0].Standing(), r, h.Org.ActiveOwners); err != nil {
				return kit.Reason(err)
			}
			if chosen[0].ID == h.Actor.Subject() {
				return kit.Reason(h.Access.CheckFlat(r)) // lowering oneself is no grant
			}
		}
		return kit.Granting(h)(r)
	}
	now := models.Role("")
	if len(chosen) == 1 {
		now = chosen[0].RoleRef()
	}
	for _, r := range models.Roles() {
		pick.Items = append(pick.Items, ui.Item{ID: string(r), Title: string(r), Note: kit.RoleMeans(r), Mark: r == now, Why: why(r)})
	}
	id := h.Show(pick.Start(string(chosen[0].RoleRef())))
	return kit.CustomRoles(h, id, now, why)
}

func (p *Pane) changeRole(h host.Host, chosen []models.Member, role models.Role, label string) tea.Cmd {
	if len(chosen) == 1 && chosen[0].RoleRef() == role {
		return h.Say(ui.Info, chosen[0].Email+" is "+label+" already")
	}
	st, org := h.Store, h.Org.ID
	set := func(ctx context.Context, actor models.Actor, m models.Member, to models.Role) error {
		_, err := st.ChangeRole(ctx, actor, org, m.ID, to)
		return err
	}
	d := list.Bulk[models.Member]{Verb: "changed", One: "is now " + label, Many: [2]string{"member is now " + label, "members are now " + label},
		Do:   func(ctx context.Context, actor models.Actor, m models.Member) error { return set(ctx, actor, m, role) },
		Same: func(m models.Member) bool { return m.RoleRef() == role },
		Undo: func(ctx context.Context, actor models.Actor, m models.Member) error {
			return set(ctx, actor, m, m.RoleRef())
		},
	}
	if len(chosen) == 1 && chosen[0].ID == h.Actor.Subject() {
		d.Say = func([]models.Member) string { return "you are now " + label }
		d.Undo = nil // nobody raises their own role
	}
	return p.doEach(h, 0, chosen, d)
}

func (p *Pane) remove(h host.Host, chosen []models.Member, why string) tea.Cmd {
	if len(chosen) == 1 && chosen[0].ID == h.Actor.Subject() {
		return leave(h)
	}
	title := "Remove " + chosen[0].Email + "?"
	if len(chosen) > 1 {
		title = "Remove " + kit.Count(len(chosen), "member", "members") + "?"
	}
	st, actor, org := h.Store, h.Actor, h.Org.ID
	confirm := &ui.Confirm{Title: title, Danger: true, Yes: "remove", Do: func() tea.Cmd {
		return p.doEach(h, h.TopID(), chosen, list.Bulk[models.Member]{Verb: "removed", One: "was removed from the organization", Many: [2]string{"member was removed", "members were removed"},
			Do: func(ctx context.Context, actor models.Actor, m models.Member) error {
				_, err := st.RemoveMemberBecause(ctx, actor, org, m.ID, why)
				return err
			}, Stays: "removed members are brought back from the list of those removed"})
	}}
	return kit.Ask(h, confirm, func(ctx context.Context) ([]ui.Line, error) {
		var all []models.Consequences
		for _, m := range chosen {
			c, err := st.RemovalConsequences(ctx, actor, org, m.ID)
			if err == nil {
				all = append(all, c)
			} else if len(chosen) == 1 {
				return nil, err
			} // else its row will tell
		}
		return removalLines(all), nil
	})
}

func removalLines(all []models.Consequences) []ui.Line {
	var sum models.Consequences
	for _, c := range all {
		sum.Sessions += c.Sessions
		sum.InvitationsRevoked += c.InvitationsRevoked
		sum.InvitationsReturned += c.InvitationsReturned
		sum.RequestsWithdrawn += c.RequestsWithdrawn
		sum.InvitationsClosed += c.InvitationsClosed
		sum.LinksRevoked += c.LinksRevoked
		sum.Workspaces = append(sum.Workspaces, c.Workspaces...)
		sum.OrganizationsRemain += c.OrganizationsRemain
	}
	var lines []ui.Line
	if len(all) == 1 {
		m := all[0].Member
		lines = append(lines, ui.Line{Text: models.SafeText(m.Name) + ", " + m.Given().Label()}, ui.Line{})
	} else {
		names := make([]string, len(all))
		for i, c := range all {
			names[i] = c.Member.Email
		}
		lines = append(lines, ui.Line{Text: kit.SomeOf(names)}, ui.Line{})
	}
	lines = append(lines, ui.Line{Text: "This takes effect at once:", Style: theme.Text | theme.Bold})
	point := func(s string) { lines = append(lines, ui.Line{Text: "• " + s}) }
	point("access to the organization ends")
	if n := sum.Sessions; n > 0 {
		point(kit.Count(n, "open session leaves", "open sessions leave") + " the organization")
	}
	if n := sum.InvitationsRevoked; n > 0 {
		point(kit.Count(n, "pending invitation they sent is", "pending invitations they sent are") + " revoked")
	}
	if n := sum.LinksRevoked; n > 0 {
		point(kit.Count(n, "join link they created is", "join links they created are") + " revoked")
	}
	if n := sum.InvitationsReturned; n > 0 {
		point(kit.Count(n, "pending invitation they approved needs", "pending invitations they approved need") + " a new decision")
	}
	if n := sum.RequestsWithdrawn; n > 0 {
		point(kit.Count(n, "open proposal by them is", "open proposals by them are") + " withdrawn")
	}
	if n := sum.InvitationsClosed; n > 0 {
		point(kit.Count(n, "open invitation to their address is", "open invitations to their address are") + " revoked")
	}
	if n := len(sum.Workspaces); n > 0 {
		point("they lose " + kit.Count(n, "workspace", "workspaces") + "; only restoring them gives it back")
	}
	if len(all) == 1 {
		if n := sum.OrganizationsRemain; n > 0 {
			point("their account and " + kit.Count(n, "other organization stays", "other organizations stay") + " as they are")
		} else {
			point("their account stays; they are in no other organization")
		}
	}
	return lines
}
