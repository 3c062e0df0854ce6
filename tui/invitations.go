package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// invitationsPane is who is on the way in: what waits for a decision first.
type invitationsPane struct {
	list[models.Invitation]
	deciding map[string]bool // decided by this person, and not answered yet

	links    list[models.JoinLink]
	onLinks  bool // the pane shows them, not the invitations
	openOnly bool // of them those that still let somebody in
}

func newInvitationsPane() *invitationsPane {
	p := &invitationsPane{}
	p.pane = paneInvitations
	p.matches = -1
	p.fetch = func(a *App) func(context.Context, pageQuery) (models.Page[models.Invitation], error) {
		st, actor, org := a.sh.Store, a.actor, a.org.ID
		return func(ctx context.Context, q pageQuery) (models.Page[models.Invitation], error) {
			return st.ListInvitations(ctx, actor, org, models.InvitationQuery{
				Search: q.search, Limit: q.limit, After: q.after, Before: q.before,
			})
		}
	}
	p.table.ID = func(i models.Invitation) string { return i.ID }
	p.markble = func(_ *App, i models.Invitation) bool { return i.State == models.StateRequested }
	p.makeLinks()
	return p
}

func (p *invitationsPane) columns(a *App) {
	if p.table.Columns != nil {
		return
	}
	p.table.Columns = []ui.Column[models.Invitation]{
		{Title: "EMAIL", Min: 26, Max: 38, Keep: -1, Cell: func(i models.Invitation) (string, theme.Style) { return i.Email, theme.Text }},
		{Title: "STATE", Min: 10, Max: 10, Keep: 9, Cell: func(i models.Invitation) (string, theme.Style) {
			if p.deciding[i.ID] {
				return "… deciding", theme.Muted
			}
			return stateWord(i.State)
		}},
		{Title: "ROLE", Min: 6, Max: 14, Keep: 8, Cell: func(i models.Invitation) (string, theme.Style) { return i.Given().Label(), roleStyle(i.Role) }},
		{Title: "FROM", Min: 12, Max: 24, Keep: 6, Cell: func(i models.Invitation) (string, theme.Style) { return from(i), theme.Text }},
		{Title: "WHEN", Min: 8, Max: 11, Keep: 5, Cell: func(i models.Invitation) (string, theme.Style) { return a.when(i) }},
		{Title: "WHY", Min: 12, Max: 40, Keep: 2, Cell: func(i models.Invitation) (string, theme.Style) { return note(i) }},
	}
}

// stateWord is a state with its sign.
func stateWord(s models.InvitationState) (string, theme.Style) {
	switch s {
	case models.StateRequested:
		return "● waiting", theme.Warn
	case models.StatePending:
		return "○ pending", theme.Text
	case models.StateExpired:
		return "! expired", theme.Muted
	case models.StateAccepted:
		return "✓ accepted", theme.OK
	case models.StateDeclined:
		return "– declined", theme.Muted
	case models.StateRejected:
		return "✗ rejected", theme.Muted
	case models.StateRevoked:
		return "✗ revoked", theme.Muted
	}
	return "– withdrawn", theme.Muted
}

// from is who stands behind an invitation.
func from(i models.Invitation) string {
	if i.Origin == models.OriginJoin {
		return "asks in"
	}
	if i.InviterName != "" {
		return i.InviterName
	}
	return i.InviterEmail
}

// when is the time that matters in a state: since when it waits, how long it
// holds, when it ended.
func (a *App) when(i models.Invitation) (string, theme.Style) {
	switch i.State {
	case models.StateRequested:
		return "for " + span(max(a.now.Sub(i.CreatedAt), time.Minute)), theme.Text
	case models.StatePending:
		if i.ExpiresAt == nil {
			return "", theme.Text
		}
		style := theme.Text
		if i.ExpiresAt.Sub(a.now) < 6*time.Hour {
			style = theme.Warn
		}
		return until(a.now, *i.ExpiresAt) + " left", style
	}
	at := i.ClosedAt
	if at == nil {
		at = i.ExpiresAt
	}
	if at == nil {
		at = &i.CreatedAt
	}
	return span(max(a.now.Sub(*at), time.Minute)) + " ago", theme.Muted
}

// note is why somebody should come in, or what became of the mail.
func note(i models.Invitation) (string, theme.Style) {
	switch {
	case i.State == models.StatePending && i.Delivery.State == models.DeliveryFailed:
		return "✗ mail failed: " + i.Delivery.Error, theme.Danger
	case i.State == models.StatePending && i.Delivery.State == models.DeliveryQueued && i.Delivery.Attempts > 0:
		return "! mail retried: " + i.Delivery.Error, theme.Warn
	case i.State == models.StateRejected && i.Reason != "":
		return models.SafeText(i.Reason), theme.Muted
	}
	return models.SafeText(i.Message), theme.Muted
}

func (p *invitationsPane) id() paneID    { return paneInvitations }
func (p *invitationsPane) title() string { return "Invitations" }

func (p *invitationsPane) scope() keys.Scope {
	if p.onLinks {
		return scopeLinks
	}
	return scopeInvitations
}

// inner is the list that is shown.
func (p *invitationsPane) inner() lister {
	if p.onLinks {
		return &p.links
	}
	return &p.list
}

func (p *invitationsPane) setHeight(rows int) {
	p.table.SetHeight(rows)
	p.links.table.SetHeight(rows - 1)
}

// count is what waits for a decision, since that is what the tab calls for.
func (p *invitationsPane) count(a *App) string {
	if n := a.waiting(); n > 0 {
		return ui.Count(n, false)
	}
	return ""
}

func (p *invitationsPane) fresh() {
	p.onLinks, p.openOnly = false, false
	p.forget()
	p.links.forget()
}

func (p *invitationsPane) load(a *App) tea.Cmd {
	if p.onLinks {
		p.linkColumns(a)
		p.sayLinks(a)
		return p.links.refresh(a)
	}
	p.columns(a)
	p.table.Empty, p.table.Hint = "nobody is on the way in", "press n to invite somebody"
	if p.find.Text() != "" {
		p.table.Empty, p.table.Hint = "no invitation fits", "press esc to see all"
	} else if whyInvite(a) != "" {
		p.table.Hint = whyInvite(a)
	}
	return p.refresh(a)
}

func (p *invitationsPane) answer(a *App, msg tea.Msg) (tea.Cmd, bool) {
	if m, ok := msg.(pageMsg[models.JoinLink]); ok {
		return p.links.got(a, m), true
	}
	if m, ok := msg.(pageMsg[models.Invitation]); ok {
		if a.access.Require(models.PermDecide) != nil {
			m.page.Total = -1 // only the person's own are listed
		}
		return p.got(a, m), true
	}
	return nil, false
}

func (p *invitationsPane) draw(a *App, r ui.Region, focused bool) {
	if p.onLinks {
		p.drawLinks(a, r, focused)
		return
	}
	p.columns(a)
	p.table.Draw(r, focused, a.now)
	r.Zone(tableZone{paneInvitations})
}

func (p *invitationsPane) status(*App) string {
	if p.onLinks {
		return p.links.position()
	}
	return p.position()
}

// aside is what the columns WHEN and WHY would say of the selected row, where
// there is no room for them.
func (p *invitationsPane) aside(a *App) (string, theme.Style) {
	i, ok := p.table.Current()
	if !ok || p.onLinks {
		return "", theme.Muted
	}
	text, style := note(i)
	if p.table.Shows("WHY") {
		text, style = "", theme.Muted
	}
	if when, _ := a.when(i); when != "" && !p.table.Shows("WHEN") {
		text = strings.TrimSuffix(when+" · "+text, " · ")
	}
	if text != "" && style == theme.Muted {
		text = "· " + text
	}
	return text, style
}

func (p *invitationsPane) detail(a *App) (string, []ui.Line) {
	if p.onLinks {
		return p.linkDetail(a)
	}
	i, ok := p.table.Current()
	if !ok {
		return "", nil
	}
	state, _ := stateWord(i.State)
	pairs := []string{"State", state, "Role", i.Given().Label()}
	if i.Name != "" {
		pairs = append(pairs, "Name", i.Name)
	}
	if i.Origin == models.OriginJoin {
		pairs = append(pairs, "From", "asks to join")
	} else {
		pairs = append(pairs, "From", i.InviterName+" <"+i.InviterEmail+">")
	}
	pairs = append(pairs, "Workspaces", placeWords(i.Workspaces), "Since", a.moment(i.CreatedAt))
	if i.DecidedBy != "" {
		decided := i.DecidedBy
		if i.DecidedAt != nil {
			decided += ", " + a.moment(*i.DecidedAt)
		}
		pairs = append(pairs, "Decided by", decided)
	}
	if i.ExpiresAt != nil {
		pairs = append(pairs, "Expires", a.moment(*i.ExpiresAt))
	}
	if i.ClosedAt != nil {
		pairs = append(pairs, "Ended", a.moment(*i.ClosedAt))
	}
	if i.State != models.StateRequested {
		pairs = append(pairs, "Mail", delivery(a, i.Delivery))
	}
	if i.Reason != "" {
		pairs = append(pairs, "Reason", i.Reason)
	}
	pairs = append(pairs, "Message", i.Message, "Id", i.ID)
	return i.Email, facts(pairs...)
}

func delivery(a *App, d models.Delivery) string {
	switch d.State {
	case models.DeliveryQueued:
		if d.Attempts > 0 {
			return "failed " + count(d.Attempts, "time", "times") + ", is tried again: " + d.Error
		}
		if d.At != nil {
			return "leaves " + a.moment(*d.At)
		}
		return "waits to leave"
	case models.DeliverySent:
		if d.At != nil {
			return "sent " + a.moment(*d.At)
		}
		return "sent"
	case models.DeliveryFailed:
		return "✗ failed: " + d.Error
	case models.DeliveryStopped:
		return "stopped before it left"
	}
	return "none: copy the join command"
}

// ---- bindings

func invitationBindings() []keys.Binding[*App] {
	chosen := func(why func(a *App, i models.Invitation) error) func(a *App) string {
		return func(a *App) string { return a.invites.why(a, why) }
	}
	return []keys.Binding[*App]{
		{ID: "invitation.approve", Keys: []string{"a"}, Title: "approve", Scope: scopeInvitations, Foot: 90, Changes: true,
			Help:    "Approves the request, or all marked ones. The mail leaves ten seconds later; until then it can be undone.",
			Enabled: chosen(canApprove), Run: func(a *App) tea.Cmd { return a.invites.approve(a, a.invites.table.Chosen(), "") }},
		{ID: "invitation.reject", Keys: []string{"x"}, Title: "reject", Scope: scopeInvitations, Foot: 88, Changes: true,
			Help:    "Rejects the request, or all marked ones. Can be undone for ten seconds.",
			Enabled: chosen(canReject), Run: func(a *App) tea.Cmd { return a.invites.reject(a, a.invites.table.Chosen(), "") }},
		{ID: "invitation.approve_as", Keys: []string{"A"}, Title: "approve as …", Scope: scopeInvitations, Changes: true,
			Help:    "Approves with another role than the one proposed.",
			Enabled: chosen(canApprove), Run: func(a *App) tea.Cmd { return a.invites.approveAs(a) }},
		{ID: "invitation.reject_because", Keys: []string{"X"}, Title: "reject because …", Scope: scopeInvitations, Changes: true,
			Help:    "Rejects with a reason that the proposer can read.",
			Enabled: chosen(canReject), Run: func(a *App) tea.Cmd { return a.invites.rejectBecause(a) }},
		{ID: "invitation.new", Keys: []string{"n"}, Title: "invite", Scope: scopeInvitations, Foot: 75,
			Help:    "Invites somebody by address, or proposes it where admins decide.",
			Enabled: whyInvite, Run: (*App).inviteForm},
		{ID: "invitation.resend", Keys: []string{"r"}, Title: "resend", Scope: scopeInvitations, Foot: 60, Changes: true,
			Help:    "Sends the same code again and restarts the clock; renews an expired invitation.",
			Enabled: chosen(canResend), Run: func(a *App) tea.Cmd { return a.invites.resend(a) }},
		{ID: "invitation.copy_join", Keys: []string{"Y"}, Title: "copy join command", Scope: scopeInvitations, Foot: 55,
			Help:    "Copies the one line by which the invitee joins, and shows it.",
			Enabled: chosen(canManage), Run: func(a *App) tea.Cmd { return a.invites.copyJoin(a) }},
		{ID: "invitation.regenerate", Keys: []string{"ctrl+r"}, Title: "new code", Scope: scopeInvitations, Changes: true,
			Help:    "Makes a new code and sends it; the old one stops working.",
			Enabled: chosen(canManage), Run: func(a *App) tea.Cmd { return a.invites.regenerate(a) }},
		{ID: "invitation.revoke", Keys: []string{"d"}, Title: "revoke", Scope: scopeInvitations, Foot: 50, Changes: true,
			Help:    "Revokes a pending invitation, or withdraws a proposal of your own.",
			Enabled: chosen(canRevoke), Run: func(a *App) tea.Cmd { return a.invites.revoke(a) }},
		{ID: "invitation.copy", Keys: []string{"y"}, Title: "copy email", Scope: scopeInvitations,
			Help:    "Copies the address to your own clipboard.",
			Enabled: chosen(func(*App, models.Invitation) error { return nil }),
			Run: func(a *App) tea.Cmd {
				i, _ := a.invites.table.Current()
				return a.copy(i.Email, i.Email)
			}},
	}
}

// why says why the action cannot be done: with marks, whether any of the
// marked rows could be.
func (p *invitationsPane) why(a *App, check func(*App, models.Invitation) error) string {
	if p.table.Marked() > 0 {
		return "" // each row tells for itself
	}
	i, ok := p.table.Current()
	if !ok {
		return "no invitation is selected"
	}
	return reason(check(a, i))
}

func whyInvite(a *App) string {
	state, err := a.access.CheckInvite(a.org.Settings, models.RoleViewer)
	if err == nil {
		if err := a.access.CheckPaid("invite"); err != nil {
			return a.payHint(err)
		}
	}
	if err == nil && state == models.StatePending {
		err = a.org.Seats.CheckFree() // a request holds none
	}
	return reason(err)
}

func canApprove(a *App, i models.Invitation) error {
	if i.State != models.StateRequested {
		return i.CheckStep(models.StateRejected)
	}
	if err := a.access.CheckDecide(a.org.Settings, i, i.Given()); err != nil {
		return err
	}
	return a.access.CheckSelfApproval(a.org.Settings, i)
}

func canReject(a *App, i models.Invitation) error {
	if err := i.CheckStep(models.StateRejected); err != nil {
		return err
	}
	return a.access.CheckDecide(a.org.Settings, i, i.Given())
}

func canManage(a *App, i models.Invitation) error {
	if i.State != models.StatePending {
		return i.CheckStep(models.StateAccepted)
	}
	return a.access.CheckManage(a.org.Settings, i)
}

func canResend(a *App, i models.Invitation) error {
	if i.State == models.StateExpired {
		return a.access.CheckManage(a.org.Settings, i)
	}
	return canManage(a, i)
}

func canRevoke(a *App, i models.Invitation) error {
	if i.State == models.StateRequested && i.InviterID == a.actor.Subject() {
		return nil
	}
	if err := i.CheckStep(models.StateRevoked); err != nil {
		return err
	}
	return a.access.CheckRevoke(i)
}
