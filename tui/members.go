package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// membersPane is who belongs to the organization.
type membersPane struct {
	list[models.Member]
	only memberView
}

func newMembersPane() *membersPane {
	p := &membersPane{}
	p.pane = paneMembers
	p.flips = true
	p.matches = -1
	p.fetch = func(a *App) func(context.Context, pageQuery) (models.Page[models.Member], error) {
		st, actor, org, only := a.sh.Store, a.actor, a.org.ID, p.only.query(a.now)
		return func(ctx context.Context, q pageQuery) (models.Page[models.Member], error) {
			return flip(q, func(reverse bool, after, before string) (models.Page[models.Member], error) {
				mq := only
				mq.Search, mq.Sort, mq.Reverse = q.search, models.MemberSort(q.sort), reverse
				mq.Limit, mq.After, mq.Before = q.limit, after, before
				return st.ListMembers(ctx, actor, org, mq)
			})
		}
	}
	p.orders = []sortChoice{{"email", "email"}, {"name", "name"}, {"role", "role"}, {"status", "status"}, {"joined", "joined, newest first"}, {"last_seen", "last seen, newest first"}}
	p.table.ID = func(m models.Member) string { return m.ID }
	p.table.Sort = string(models.SortEmail)
	p.table.Empty, p.table.Hint = "nobody fits", "press esc to see everybody"
	return p
}

// columnsFor needs the App for dates, so the columns are made with the first
// load.
func (p *membersPane) columns(a *App) {
	if p.table.Columns != nil {
		return
	}
	p.table.Columns = []ui.Column[models.Member]{
		{Title: "EMAIL", Sort: "email", Min: 26, Max: 38, Keep: -1, Cell: func(m models.Member) (string, theme.Style) { return m.Email, theme.Text }},
		{Title: "NAME", Sort: "name", Min: 12, Max: 28, Keep: 5, Cell: func(m models.Member) (string, theme.Style) { return m.Name, theme.Text }},
		{Title: "ROLE", Sort: "role", Min: 8, Max: 16, Keep: 9, Cell: func(m models.Member) (string, theme.Style) { return m.Given().Label(), roleStyle(m.Role) }},
		{Title: "STATUS", Sort: "status", Min: 9, Max: 10, Keep: 7, Cell: func(m models.Member) (string, theme.Style) {
			switch {
			case m.Status == models.MemberSuspended || m.AccountStatus == models.UserSuspended:
				return "suspended", theme.Warn
			case m.EndsAt != nil:
				return "ends " + until(a.now, *m.EndsAt), theme.Warn
			}
			return string(m.Status), theme.Muted
		}},
		{Title: "JOINED", Sort: "joined", Min: 10, Max: 10, Keep: 3, Cell: func(m models.Member) (string, theme.Style) { return a.date(m.JoinedAt), theme.Muted }},
		{Title: "SEEN", Sort: "last_seen", Min: 6, Max: 6, Keep: 1, Cell: func(m models.Member) (string, theme.Style) {
			return a.lastSeen(m.ID, m.LastSeenAt), theme.Muted
		}},
	}
}

func roleStyle(r models.Role) theme.Style {
	if r == models.RoleOwner || r == models.RoleAdmin {
		return theme.Text | theme.Bold
	}
	return theme.Text
}

func (p *membersPane) id() paneID        { return paneMembers }
func (p *membersPane) title() string     { return "Members" }
func (p *membersPane) scope() keys.Scope { return scopeMembers }
func (p *membersPane) count(a *App) string {
	return ui.Count(a.org.Members.Total, false)
}
func (p *membersPane) fresh() {
	p.only = memberView{}
	p.forget()
}

func (p *membersPane) load(a *App) tea.Cmd {
	p.columns(a)
	return p.refresh(a)
}

// preload takes in a first page that came with the organization.
func (p *membersPane) preload(a *App, page models.Page[models.Member]) tea.Cmd {
	p.columns(a)
	p.table.Sort, p.table.Reverse = string(models.SortEmail), false
	p.request++
	return p.got(a, pageMsg[models.Member]{pane: paneMembers, request: p.request, page: page})
}

func (p *membersPane) answer(a *App, msg tea.Msg) (tea.Cmd, bool) {
	if m, ok := msg.(pageMsg[models.Member]); ok {
		return p.got(a, m), true
	}
	return nil, false
}

func (p *membersPane) draw(a *App, r ui.Region, focused bool) {
	p.columns(a)
	p.table.Draw(r, focused, a.now)
	r.Zone(tableZone{paneMembers})
}

func (p *membersPane) status(*App) string { return p.position() }

func (p *membersPane) detail(a *App) (string, []ui.Line) {
	m, ok := p.table.Current()
	if !ok {
		return "", nil
	}
	by := m.InvitedBy
	if by == "" {
		by = "nobody"
	}
	return m.Name, facts(
		"Email", m.Email,
		"Handle", m.Handle,
		"Role", memberRole(m),
		"Status", a.memberStatus(m),
		"Reason", m.SuspendReason,
		"Ends", a.momentOr(m.EndsAt, ""),
		"Nominated", a.nomination(m),
		"Joined", a.moment(m.JoinedAt),
		"Last seen", a.lastSeenMoment(m.ID, m.LastSeenAt),
		"Invited by", by,
		"Id", m.ID,
	)
}

// facts lays out names with their values below each other.
func facts(pairs ...string) []ui.Line {
	var lines []ui.Line
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		lines = append(lines, ui.Line{Text: pairs[i], Style: theme.Muted}, ui.Line{Text: models.SafeLines(pairs[i+1]), Style: theme.Text})
	}
	return lines
}

// beside lays out facts with their names in front of them, where there is the
// width of a dialog.
func beside(facts []ui.Line) []ui.Line {
	var lines []ui.Line
	for i := 0; i < len(facts); i++ {
		if name := facts[i]; name.Style == theme.Muted && i+1 < len(facts) && facts[i+1].Style == theme.Text {
			i++
			lines = append(lines, ui.Line{Label: name.Text, Text: facts[i].Text, Style: theme.Text})
			continue
		}
		lines = append(lines, facts[i])
	}
	return lines
}

// ---- actions

func memberBindings() []keys.Binding[*App] {
	return []keys.Binding[*App]{
		{ID: "member.role", Keys: []string{"e"}, Title: "role", Scope: scopeMembers, Foot: 80, Changes: true,
			Help:    "Gives the member, or all marked ones, another role. Can be undone.",
			Enabled: func(a *App) string { return a.members.why(a, models.PermMembers, true) },
			Run:     func(a *App) tea.Cmd { return a.members.chooseRole(a) }},
		{ID: "member.remove", Keys: []string{"d"}, Title: "remove", Scope: scopeMembers, Foot: 70, Changes: true,
			Help:    "Takes the member out of the organization, after showing what that brings about.",
			Enabled: func(a *App) string { return a.members.why(a, models.PermMembers, true) },
			Run:     func(a *App) tea.Cmd { return a.members.remove(a) }},
		{ID: "member.invite", Keys: []string{"n"}, Title: "invite", Scope: scopeMembers, Foot: 75,
			Help:    "Invites somebody by address, or proposes it where admins decide.",
			Enabled: whyInvite, Run: (*App).inviteForm},
		{ID: "member.copy", Keys: []string{"y"}, Title: "copy email", Scope: scopeMembers,
			Help:    "Copies the address to your own clipboard.",
			Enabled: func(a *App) string { return a.members.why(a, "", false) },
			Run: func(a *App) tea.Cmd {
				m, _ := a.members.table.Current()
				return a.copy(m.Email, m.Email)
			}},
	}
}

// why says why the chosen members cannot be acted on.
func (p *membersPane) why(a *App, perm models.Permission, self bool) string {
	m, ok := p.table.Current()
	if !ok && p.table.Marked() == 0 {
		return "no member is selected"
	}
	if perm == "" || a.access.Require(perm) == nil || self && p.table.Marked() == 0 && m.ID == a.actor.Subject() {
		return ""
	}
	return reason(a.access.Require(perm))
}

// reason is a refusal with who can help, as one line.
func reason(err error) string {
	if err == nil {
		return ""
	}
	e := models.AsError(err)
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + " · " + e.Hint
}

func (a *App) activeOwners() int { return a.org.ActiveOwners }

func (p *membersPane) chooseRole(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	title := "Role of " + chosen[0].Email
	if len(chosen) > 1 {
		title = "Role of " + count(len(chosen), "member", "members")
	}
	pick := &ui.Picker{Title: title, Choose: func(it ui.Item) tea.Cmd {
		return p.changeRole(a, chosen, models.Role(it.ID), it.Title)
	}}
	why := func(r models.AnyRole) string {
		if len(chosen) == 1 {
			if err := a.access.CheckRoleChange(chosen[0].Standing(), r, a.activeOwners()); err != nil {
				return reason(err)
			}
			if chosen[0].ID == a.actor.Subject() {
				return "" // lowering oneself is no grant
			}
		}
		return a.whyGrant(r)
	}
	now := models.Role("")
	if len(chosen) == 1 {
		now = chosen[0].RoleRef()
	}
	for _, r := range models.Roles() {
		pick.Items = append(pick.Items, ui.Item{ID: string(r), Title: string(r), Note: roleMeans(r), Mark: r == now, Why: why(r)})
	}
	id := a.show(pick.Start(string(chosen[0].RoleRef())))
	return a.customRoles(id, now, why)
}

func roleMeans(r models.Role) string {
	switch r {
	case models.RoleOwner:
		return "everything, billing and deletion included"
	case models.RoleAdmin:
		return "members, invitations, settings"
	case models.RoleMember:
		return "works here, may invite by policy"
	}
	return "reads only"
}

func (p *membersPane) changeRole(a *App, chosen []models.Member, role models.Role, label string) tea.Cmd {
	if len(chosen) == 1 && chosen[0].RoleRef() == role {
		return a.say(ui.Info, chosen[0].Email+" is "+label+" already")
	}
	if len(chosen) > 1 {
		p.table.ClearMarks()
	}
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	self := a.actor.Subject()
	return a.act(0, func(ctx context.Context) outcome {
		o := outcome{verb: "changed"}
		var changed []models.Member
		for _, m := range chosen {
			_, err := st.ChangeRole(ctx, actor, org, m.ID, role)
			o.results = append(o.results, models.Result{ID: m.ID, Label: m.Email, Err: err})
			if err == nil && m.RoleRef() != role {
				changed = append(changed, m)
			}
		}
		if len(changed) == 0 {
			return o
		}
		o.text = changed[0].Email + " is now " + label
		if len(changed) > 1 {
			o.text = count(len(changed), "member is", "members are") + " now " + label
		}
		if len(changed) == 1 && changed[0].ID == self {
			o.text = "you are now " + label
			return o // nobody can raise their own role again
		}
		o.undo = &step{text: o.text,
			back: func(ctx context.Context) error {
				for _, m := range changed {
					if _, err := st.ChangeRole(ctx, actor, org, m.ID, m.RoleRef()); err != nil {
						return err
					}
				}
				return nil
			},
			again: func(ctx context.Context) error {
				for _, m := range changed {
					if _, err := st.ChangeRole(ctx, actor, org, m.ID, role); err != nil {
						return err
					}
				}
				return nil
			}}
		return o
	})
}

func (p *membersPane) remove(a *App) tea.Cmd {
	chosen := p.table.Chosen()
	if len(chosen) == 1 && chosen[0].ID == a.actor.Subject() {
		return a.leave()
	}
	title := "Remove " + chosen[0].Email + "?"
	if len(chosen) > 1 {
		title = "Remove " + count(len(chosen), "member", "members") + "?"
	}
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	confirm := &ui.Confirm{Title: title, Danger: true, Yes: "remove", Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			o := outcome{verb: "removed"}
			removed := 0
			for _, m := range chosen {
				_, err := st.RemoveMember(ctx, actor, org, m.ID)
				o.results = append(o.results, models.Result{ID: m.ID, Label: m.Email, Err: err})
				if err == nil {
					removed++
				}
			}
			if len(chosen) == 1 && removed == 0 {
				return outcome{err: o.results[0].Err}
			}
			o.text = chosen[0].Email + " was removed from the organization"
			if len(chosen) > 1 {
				o.text = count(removed, "member was", "members were") + " removed"
			}
			o.then = func(a *App) tea.Cmd {
				p.own = true
				p.table.ClearMarks()
				return nil
			}
			return o
		})
	}}
	return a.ask(confirm, func(ctx context.Context) ([]ui.Line, error) {
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
		sum.RequestsWithdrawn += c.RequestsWithdrawn
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
		lines = append(lines, ui.Line{Text: someOf(names)}, ui.Line{})
	}
	lines = append(lines, ui.Line{Text: "This takes effect at once:", Style: theme.Text | theme.Bold})
	point := func(s string) { lines = append(lines, ui.Line{Text: "• " + s}) }
	point("access to the organization ends")
	if n := sum.Sessions; n > 0 {
		point(count(n, "open session leaves", "open sessions leave") + " the organization")
	}
	if n := sum.InvitationsRevoked; n > 0 {
		point(count(n, "pending invitation they sent is", "pending invitations they sent are") + " revoked")
	}
	if n := sum.LinksRevoked; n > 0 {
		point(count(n, "join link they made stops", "join links they made stop") + " letting anybody in")
	}
	if n := sum.RequestsWithdrawn; n > 0 {
		point(count(n, "proposal of theirs that waits is", "proposals of theirs that wait are") + " withdrawn")
	}
	if n := len(sum.Workspaces); n > 0 {
		point("their part in " + count(n, "workspace ends", "workspaces ends") + "; coming back later does not bring it back")
	}
	if len(all) == 1 {
		if n := sum.OrganizationsRemain; n > 0 {
			point("their account and " + count(n, "other organization stays", "other organizations stay") + " as they are")
		} else {
			point("their account stays; they are in no other organization")
		}
	}
	return lines
}

// leave asks before the person leaves the organization.
func (a *App) leave() tea.Cmd {
	st, actor, org, name := a.sh.Store, a.actor, a.org.ID, a.org.Name
	a.show(&ui.Confirm{Title: "Leave " + name + "?", Danger: true, Yes: "leave", Lines: []ui.Line{
		{Text: "You lose access at once. Your pending invitations are revoked and your proposals withdrawn."}, {},
		{Text: "To come back, somebody has to invite you again."},
	}, Do: func() tea.Cmd {
		return a.actTop(func(ctx context.Context) outcome {
			return outcome{err: st.Leave(ctx, actor, org), then: func(a *App) tea.Cmd {
				a.org.ID = "" // what comes next is no removal by somebody else
				a.arrival = "you left " + name
				return a.enter("")
			}}
		})
	}})
	return nil
}
