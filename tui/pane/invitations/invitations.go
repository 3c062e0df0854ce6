package invitations

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeInvitations keys.Scope = "invitations"

// Pane is who is on the way in: what waits for a decision first.
type Pane struct {
	list.List[models.Invitation]
	deciding map[string]bool // decided by this person, and not answered yet

	links   list.List[models.JoinLink]
	onLinks bool // the pane shows them, not the invitations
}

func New(h host.Host) *Pane {
	p := &Pane{}
	p.columns(h)
	p.Pane = host.Invitations
	p.Matches = -1
	p.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.Invitation], error) {
		st, actor, org, now := h.Store, h.Actor, h.Org.ID, h.Now
		return func(ctx context.Context, q list.Query) (models.Page[models.Invitation], error) {
			iq, err := models.InvitationQuery{Sort: models.InvitationSort(q.Sort), Reverse: q.Reverse, Limit: q.Limit, After: q.After, Before: q.Before}.Filter(q.Search, now)
			if err != nil {
				return models.Page[models.Invitation]{}, err
			}
			return st.ListInvitations(ctx, actor, org, iq)
		}
	}
	p.Filters = models.InvitationFilter
	p.Orders = []host.SortChoice{{Name: "status", Title: "status, waiting first"}, {Name: "email", Title: "email"}, {Name: "sent", Title: "sent, newest first"}, {Name: "expires", Title: "expires, latest first"}}
	p.Table.ID = func(i models.Invitation) string { return i.ID }
	p.Markable = func(_ host.Host, i models.Invitation) bool { return i.State == models.StateRequested }
	p.makeLinks()
	p.linkColumns(h)
	return p
}

func (p *Pane) columns(h host.Host) {
	p.Table.Columns = []ui.Column[models.Invitation]{
		{Title: "EMAIL", Sort: "email", Min: 26, Max: 38, Keep: -1, Cell: func(i models.Invitation) (string, theme.Style) { return i.Email, theme.Text }},
		{Title: "STATUS", Sort: "status", Min: 10, Max: 10, Keep: 9, Cell: func(i models.Invitation) (string, theme.Style) {
			if p.deciding[i.ID] {
				return "… deciding", theme.Muted
			}
			return stateWord(i)
		}},
		{Title: "ROLE", Min: 6, Max: 14, Keep: 8, Cell: func(i models.Invitation) (string, theme.Style) { return i.Given().Label(), kit.RoleStyle(i.Role) }},
		{Title: "FROM", Min: 10, Max: 24, Keep: 6, Cell: func(i models.Invitation) (string, theme.Style) { return kit.InvitationFrom(i), theme.Text }},
		{Title: "WHEN", Right: true, Min: 8, Max: 11, Keep: 5, Cell: func(i models.Invitation) (string, theme.Style) { return when(h, i) }},
		{Title: "SENT", Right: true, Wide: true, Min: 16, Max: 16, Keep: 0, Cell: func(i models.Invitation) (string, theme.Style) {
			return kit.Minute(h, i.CreatedAt), theme.Muted
		}},
		{Title: "WHY", Min: 12, Max: 40, Keep: 2, Cell: func(i models.Invitation) (string, theme.Style) { return note(i) }},
	}
}

// stateWord is a state with its sign.
func stateWord(i models.Invitation) (string, theme.Style) {
	switch i.State {
	case models.StateRequested:
		if i.ReturnedAt != nil {
			return "● back", theme.Warn
		}
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

// when is the time that matters in a state: since when it waits, how long it
// holds, when it ended.
func when(h host.Host, i models.Invitation) (string, theme.Style) {
	switch i.State {
	case models.StateRequested:
		return ui.Span(max(h.Now.Sub(i.CreatedAt), time.Minute)) + " ago", theme.Text
	case models.StatePending:
		if i.ExpiresAt == nil {
			return "", theme.Text
		}
		style := theme.Text
		if i.ExpiresAt.Sub(h.Now) < 6*time.Hour {
			style = theme.Warn
		}
		return kit.Until(h.Now, *i.ExpiresAt) + " left", style
	}
	at := i.ClosedAt
	if at == nil {
		at = i.ExpiresAt
	}
	if at == nil {
		at = &i.CreatedAt
	}
	return ui.Span(max(h.Now.Sub(*at), time.Minute)) + " ago", theme.Muted
}

// note is why somebody should come in, or what became of the mail.
func note(i models.Invitation) (string, theme.Style) {
	switch {
	case i.State == models.StatePending && i.Delivery.State == models.DeliveryFailed:
		return "✗ mail failed: " + i.Delivery.Error, theme.Danger
	case i.State == models.StatePending && i.Delivery.State == models.DeliveryQueued && i.Delivery.Attempts > 0:
		return "! mail retried: " + i.Delivery.Error, theme.Warn
	case i.State == models.StateRequested && i.ReturnedAt != nil:
		return models.SafeText(i.Why()), theme.Warn
	case i.State == models.StateRejected && i.Reason != "":
		return models.SafeText(i.Reason), theme.Muted
	}
	return models.SafeText(i.Message), theme.Muted
}

func (p *Pane) ID() host.PaneID { return host.Invitations }

func (p *Pane) Title() string { return "Invitations" }

func (p *Pane) Scope() keys.Scope {
	if p.onLinks {
		return scopeLinks
	}
	return scopeInvitations
}

// Inner is the list that is shown.
func (p *Pane) Inner() host.Lister {
	if p.onLinks {
		return &p.links
	}
	return &p.List
}

func (p *Pane) SetHeight(rows int) {
	p.Table.SetHeight(rows)
	p.links.Table.SetHeight(rows - 1)
}

func (p *Pane) SetWide(wide bool) {
	p.List.SetWide(wide)
	p.links.SetWide(wide)
}

// Count is what waits for a decision, since that is what the tab calls for.
func (p *Pane) Count(h host.Host) string {
	if n := h.Waiting(); n > 0 {
		return ui.Count(n, false)
	}
	return ""
}

func (p *Pane) Fresh() {
	p.onLinks = false
	p.Forget()
	p.links.Forget()
}

func (p *Pane) Load(h host.Host) tea.Cmd {
	if p.onLinks {
		p.sayLinks(h)
		return p.links.Refresh(h)
	}
	p.Table.Empty, p.Table.Hint = "No invitations yet", "press n to invite"
	if whyInvite(h) != "" {
		p.Table.Hint = whyInvite(h)
	}
	return p.Refresh(h)
}

// Seek narrows the list to one address.
func (p *Pane) Seek(h host.Host, address string) tea.Cmd {
	p.onLinks = false
	p.columns(h)
	p.Filter.Set(address)
	return p.Narrow(h)
}

func (p *Pane) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case importNews:
		return gotImportNews(h, m), true
	case importMsg:
		return p.gotImport(h, m), true
	}
	if m, ok := msg.(list.Answer[models.JoinLink]); ok {
		return p.links.Got(h, m), true
	}
	if m, ok := msg.(list.Answer[models.Invitation]); ok {
		if h.Access.Require(models.PermDecide) != nil {
			m.Page.Total = -1 // only the person's own are listed
		}
		return p.Got(h, m), true
	}
	return nil, false
}

func (p *Pane) Draw(h host.Host, r ui.Region, focused bool) {
	if p.onLinks {
		p.drawLinks(h, r, focused)
		return
	}
	p.Table.Draw(r, focused, h.Now)
	r.Zone(host.TableZone(host.Invitations))
}

func (p *Pane) Status(host.Host) string {
	if p.onLinks {
		return p.links.Position()
	}
	return p.Position()
}

// Aside is what the columns WHEN and WHY would say of the selected row, where
// there is no room for them.
func (p *Pane) Aside(h host.Host) (string, theme.Style) {
	i, ok := p.Table.Current()
	if !ok || p.onLinks {
		return "", theme.Muted
	}
	text, style := note(i)
	if p.Table.Shows("WHY") {
		text, style = "", theme.Muted
	}
	if when, _ := when(h, i); when != "" && !p.Table.Shows("WHEN") {
		text = strings.TrimSuffix(when+" · "+text, " · ")
	}
	if text != "" && style == theme.Muted {
		text = "· " + text
	}
	return text, style
}

func (p *Pane) Detail(h host.Host) (string, []ui.Line) {
	if p.onLinks {
		return p.linkDetail(h)
	}
	i, ok := p.Table.Current()
	if !ok {
		return "", nil
	}
	state, _ := stateWord(i)
	pairs := []string{"Status", state, "Role", i.Given().Label()}
	if i.Name != "" {
		pairs = append(pairs, "Name", i.Name)
	}
	if i.Origin == models.OriginJoin {
		pairs = append(pairs, "From", "asks to join")
	} else {
		pairs = append(pairs, "From", i.InviterName+" <"+i.InviterEmail+">"+models.UnverifiedMark(i.InviterVerified))
	}
	pairs = append(pairs, "Workspaces", kit.WorkspaceWords(i.Workspaces), "Since", kit.Moment(h, i.CreatedAt))
	if i.DecidedBy != "" {
		decided := i.DecidedBy
		if i.DecidedAt != nil {
			decided += ", " + kit.Moment(h, *i.DecidedAt)
		}
		pairs = append(pairs, "Decided by", decided)
	}
	if i.ExpiresAt != nil {
		pairs = append(pairs, "Expires", kit.Moment(h, *i.ExpiresAt))
	}
	if i.ClosedAt != nil {
		pairs = append(pairs, "Ended", kit.Moment(h, *i.ClosedAt))
	}
	if i.State != models.StateRequested {
		pairs = append(pairs, "Mail", delivery(h, i.Delivery))
	}
	if i.Reason != "" {
		pairs = append(pairs, "Reason", i.Why())
	}
	if i.DeletedAt != nil {
		pairs = append(pairs, "Deleted", "from the list, "+kit.Moment(h, *i.DeletedAt))
	}
	pairs = append(pairs, "Message", i.Message, "Id", i.ID)
	return i.Email, kit.Facts(pairs...)
}

func delivery(h host.Host, d models.Delivery) string {
	switch d.State {
	case models.DeliveryQueued:
		if d.Attempts > 0 {
			return "failed " + kit.Count(d.Attempts, "time", "times") + ", next try: " + d.Error
		}
		if d.At != nil {
			return "leaves " + kit.Moment(h, *d.At)
		}
		return "waiting to be sent"
	case models.DeliverySent:
		if d.At != nil {
			return "sent " + kit.Moment(h, *d.At)
		}
		return "sent"
	case models.DeliveryFailed:
		return "✗ failed: " + d.Error
	case models.DeliveryStopped:
		return "stopped before it was sent"
	}
	return "none: copy the join command"
}

// ---- bindings

func invitationBindings() []keys.Binding[host.Host] {
	chosen := func(why func(h host.Host, i models.Invitation) error) func(h host.Host) string {
		return func(h host.Host) string { return of(h).why(h, why) }
	}
	return []keys.Binding[host.Host]{
		{ID: "invitation.approve", Keys: []string{"a"}, Title: "approve", Scope: scopeInvitations, Allowed: kit.May(models.PermDecide), Foot: 90, Changes: true, Many: true,
			Help:    "Approves the request, or all marked ones. The mail is sent ten seconds later; until then it can be undone.",
			Enabled: chosen(canApprove), Run: func(h host.Host) tea.Cmd { return of(h).approve(h, of(h).Table.Chosen(), "") }},
		{ID: "invitation.reject", Keys: []string{"x"}, Title: "reject", Scope: scopeInvitations, Allowed: kit.May(models.PermDecide), Foot: 88, Changes: true, Many: true,
			Help:    "Rejects the request, or all marked ones. Can be undone for ten seconds.",
			Enabled: chosen(canReject), Run: func(h host.Host) tea.Cmd { return of(h).reject(h, of(h).Table.Chosen(), "") }},
		{ID: "invitation.approve_as", Keys: []string{"A"}, Title: "approve as …", Scope: scopeInvitations, Changes: true, Many: true,
			Help:    "Approves with a different role.",
			Enabled: chosen(canApprove), Run: func(h host.Host) tea.Cmd { return of(h).approveAs(h) }},
		{ID: "invitation.reject_because", Keys: []string{"X"}, Title: "reject because …", Scope: scopeInvitations, Changes: true, Many: true,
			Help:    "Rejects with a reason, shown to the proposer.",
			Enabled: chosen(canReject), Run: func(h host.Host) tea.Cmd { return of(h).rejectBecause(h) }},
		{ID: "invitation.new", Keys: []string{"n"}, Title: "invite", Scope: scopeInvitations, Allowed: kit.MayInvite, Foot: 75,
			Help:    "Invites somebody by address, or proposes it where admins decide.",
			Enabled: whyInvite, Run: inviteForm},
		{ID: "invitation.resend", Keys: []string{"r"}, Title: "resend", Scope: scopeInvitations, Foot: 60, Changes: true, Many: true,
			Help:    "Sends the same code again and restarts the expiry; renews an expired invitation.",
			Enabled: chosen(canResend), Run: func(h host.Host) tea.Cmd { return of(h).resend(h) }},
		{ID: "invitation.copy_join", Keys: []string{"Y"}, Title: "copy join command", Scope: scopeInvitations, Foot: 55,
			Help:    "Copies and shows the command with which the invitee joins.",
			Enabled: chosen(canShowCode), Run: func(h host.Host) tea.Cmd { return of(h).copyJoin(h) }},
		{ID: "invitation.regenerate", Keys: []string{"ctrl+r"}, Title: "new code", Scope: scopeInvitations, Changes: true, Many: true,
			Help:    "Creates a new code and sends it; the old one stops working.",
			Enabled: chosen(canResend), Run: func(h host.Host) tea.Cmd { return of(h).regenerate(h) }},
		{ID: "invitation.revoke", Keys: []string{"d"}, Title: "revoke", Scope: scopeInvitations, Foot: 50, Changes: true, Many: true,
			Help:    "Revokes a pending invitation, or withdraws a proposal of your own.",
			Enabled: chosen(canTakeBack), Run: func(h host.Host) tea.Cmd { return of(h).revoke(h) }},
		{ID: "invitation.delete", Keys: []string{"D"}, Title: "delete from the list", Scope: scopeInvitations, Changes: true, Many: true,
			Help:    "Takes a closed invitation, or all marked ones, off the list; the log keeps them, and all:yes shows them. Can be undone.",
			Enabled: chosen(canDelete), Run: func(h host.Host) tea.Cmd { return of(h).deleteClosed(h) }},
		{ID: "invitation.copy", Keys: []string{"y"}, Title: "copy email", Scope: scopeInvitations,
			Help:    "Copies the address to your own clipboard.",
			Enabled: chosen(func(host.Host, models.Invitation) error { return nil }),
			Run: func(h host.Host) tea.Cmd {
				i, _ := of(h).Table.Current()
				return h.Copy(i.Email, i.Email)
			}},
	}
}

// why says why the action cannot be done: with marks, whether any of the
// marked rows could be.
func (p *Pane) why(h host.Host, check func(host.Host, models.Invitation) error) string {
	if p.Table.Marked() > 0 {
		return "" // each row tells for itself
	}
	i, ok := p.Table.Current()
	if !ok {
		return "no invitation is selected"
	}
	return kit.Why(h, check(h, i))
}

func whyInvite(h host.Host) string {
	_, err := h.Access.CheckNewInvitation(h.Org.Settings, models.RoleViewer, h.Org.Seats)
	return kit.Why(h, err)
}

// The rules are those that the store asks.

func canApprove(h host.Host, i models.Invitation) error {
	return h.Access.CheckApprove(h.Org.Settings, i, i.Given())
}

func canReject(h host.Host, i models.Invitation) error {
	return h.Access.CheckReject(h.Org.Settings, i)
}

func canResend(h host.Host, i models.Invitation) error {
	return h.Access.CheckResend(h.Org.Settings, i)
}

func canShowCode(h host.Host, i models.Invitation) error {
	return h.Access.CheckShowCode(h.Org.Settings, i)
}

// canTakeBack is for revoking what is pending and withdrawing what waits.
func canTakeBack(h host.Host, i models.Invitation) error {
	if i.State == models.StateRequested {
		return h.Access.CheckWithdraw(i)
	}
	return h.Access.CheckRevoke(i)
}
