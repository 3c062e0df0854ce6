package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// organizationsPane is the switcher: it stands beside the other panes where
// there is room, else above them.
type organizationsPane struct {
	list[models.OrgEntry]
}

func newOrganizationsPane(a *App) *organizationsPane {
	p := &organizationsPane{}
	p.pane = paneOrgs
	p.table.ID = func(o models.OrgEntry) string { return o.ID + o.InvitationID }
	p.table.Empty, p.table.Hint = "no organization", "press n to create one"
	p.table.Columns = []ui.Column[models.OrgEntry]{
		{Title: "", Min: 10, Max: 44, Keep: -1, Cell: func(o models.OrgEntry) (string, theme.Style) {
			name := o.Name
			if o.Relation == models.RelPersonal {
				name = "Personal"
			}
			if o.ID == a.org.ID && o.Relation != models.RelInvited {
				return "● " + name, theme.Text | theme.Bold
			}
			return "○ " + name, theme.Text
		}},
		{Title: "", Min: 8, Max: 8, Keep: -1, Cell: func(o models.OrgEntry) (string, theme.Style) {
			switch {
			case o.Relation == models.RelInvited:
				return "invited!", theme.Warn
			case o.Barrier == models.NeedSecondFactor:
				return "code", theme.Warn
			case o.Barrier != "":
				return "closed", theme.Warn
			case o.NominationID != "":
				return "yours?", theme.Warn
			case o.Waiting > 0:
				return ui.Count(o.Waiting, false) + " wait", theme.Warn
			case o.Relation == models.RelPersonal:
				return "", theme.Muted
			}
			if o.CustomRole != "" {
				return o.CustomRole, theme.Muted
			}
			return string(o.Role), theme.Muted
		}},
	}
	return p
}

// set takes the entries in, which come with the session's context.
func (p *organizationsPane) set(a *App) {
	if !p.loaded {
		p.table.SetCursor(a.org.ID)
	}
	p.table.SetRows(a.orgs, false, false, !p.loaded, a.now)
	p.loaded, p.total, p.matches = true, len(a.orgs), len(a.orgs)
}

func (p *organizationsPane) id() paneID        { return paneOrgs }
func (p *organizationsPane) title() string     { return "Organizations" }
func (p *organizationsPane) scope() keys.Scope { return scopeOrgs }

func (p *organizationsPane) count(a *App) string {
	n := 0
	for _, o := range a.orgs {
		if o.Relation == models.RelInvited || o.NominationID != "" {
			n++
		}
	}
	if n > 0 {
		return ui.Count(n, false)
	}
	return ""
}

func (p *organizationsPane) fresh()                               {}
func (p *organizationsPane) load(*App) tea.Cmd                    { return nil }
func (p *organizationsPane) refresh(a *App) tea.Cmd               { return a.refresh() }
func (p *organizationsPane) answer(*App, tea.Msg) (tea.Cmd, bool) { return nil, false }
func (p *organizationsPane) status(*App) string                   { return "" }
func (p *organizationsPane) more(*App) tea.Cmd                    { return nil }
func (p *organizationsPane) mark()                                {}
func (p *organizationsPane) markRange()                           {}
func (p *organizationsPane) markAll()                             {}
func (p *organizationsPane) startSearch()                         {}
func (p *organizationsPane) first(*App) tea.Cmd                   { p.table.First(); return nil }
func (p *organizationsPane) last(*App) tea.Cmd                    { p.table.Last(); return nil }
func (p *organizationsPane) draw(a *App, r ui.Region, focused bool) {
	p.table.Draw(r, focused, a.now)
	r.Zone(tableZone{paneOrgs})
}

func (p *organizationsPane) detail(a *App) (string, []ui.Line) {
	o, ok := p.table.Current()
	if !ok {
		return "", nil
	}
	if o.Barrier != "" {
		return o.Name, facts("Code", o.Code, "Closed to this session", o.BarrierText, "Id", o.ID)
	}
	if o.Relation == models.RelPersonal {
		return "Personal", facts("What it is", "your own workspace, which nobody else sees", "Code", o.Code, "Id", o.ID)
	}
	role := o.CustomRole
	if role == "" {
		role = string(o.Role)
	}
	pairs := []string{"Code", o.Code, "You are", string(o.Relation), "Role", role}
	if o.ExpiresAt != nil {
		pairs = append(pairs, "Expires", a.moment(*o.ExpiresAt))
	}
	if o.NominationID != "" {
		pairs = append(pairs, "Nominated by", o.NominatedBy, "To become", "its owner; a accepts, x declines", "Answer until", a.momentOr(o.AnswerUntil, ""))
	}
	return o.Name, facts(append(pairs, "Id", o.ID)...)
}

func organizationBindings() []keys.Binding[*App] {
	entry := func(a *App) (models.OrgEntry, bool) { return a.switcher.table.Current() }
	invited := func(a *App) string {
		if o, ok := entry(a); !ok || o.Relation != models.RelInvited && o.NominationID == "" {
			return "this is no invitation and no nomination"
		}
		return ""
	}
	return []keys.Binding[*App]{
		{ID: "organization.switch", Keys: []string{"enter"}, Title: "switch", Scope: scopeOrgs, Foot: 90,
			Help: "Opens the organization; all panes follow.",
			Run: func(a *App) tea.Cmd {
				o, ok := entry(a)
				switch {
				case !ok:
					return nil
				case o.Relation == models.RelInvited:
					return a.askAccept(o)
				case o.Barrier != "" && o.Barrier != models.NeedSecondFactor:
					return a.whyBarred(o)
				}
				return a.switchTo(o.ID)
			}},
		{ID: "organization.accept", Keys: []string{"a"}, Title: "accept", Scope: scopeOrgs, Foot: 85, Changes: true,
			Help: "Accepts the invitation that waits for you, or the ownership.", Enabled: invited,
			Present: func(a *App) bool { return a.switcher.count(a) != "" },
			Run: func(a *App) tea.Cmd {
				o, _ := entry(a)
				if o.NominationID != "" {
					return a.acceptTransfer(o)
				}
				return a.acceptInvitation(o.InvitationID, o.Name)
			}},
		{ID: "organization.decline", Keys: []string{"x"}, Title: "decline", Scope: scopeOrgs, Foot: 84, Changes: true,
			Help: "Declines the invitation that waits for you, or the ownership.", Enabled: invited,
			Present: func(a *App) bool { return a.switcher.count(a) != "" },
			Run: func(a *App) tea.Cmd {
				o, _ := entry(a)
				if o.NominationID != "" {
					return a.declineTransfer(o)
				}
				return a.declineInvitation(o.InvitationID, o.Name)
			}},
		{ID: "organization.new", Keys: []string{"n"}, Title: "new organization", Scope: scopeOrgs, Foot: 80,
			Help: "Creates a shared organization, with you as its owner.", Enabled: whyCreate, Run: (*App).createForm},
		{ID: "organization.copy_id", Keys: []string{"y"}, Title: "copy id", Scope: scopeOrgs, Foot: 30,
			Help: "Copies the organization's id, which never changes.",
			Run: func(a *App) tea.Cmd {
				o, ok := entry(a)
				if !ok {
					return nil
				}
				return a.copy(o.ID, o.ID)
			}},
	}
}

// switchTo opens another organization. Every pane follows at once.
func (a *App) switchTo(ref string) tea.Cmd {
	a.orgsFocus = false
	if ref == a.org.ID {
		return nil
	}
	return a.enter(ref)
}

// askAccept shows an invitation before it is accepted.
func (a *App) askAccept(o models.OrgEntry) tea.Cmd {
	lines := []ui.Line{{Text: "You are invited as " + string(o.Role) + "."}}
	if o.ExpiresAt != nil {
		lines = append(lines, ui.Line{Text: "The invitation expires " + a.moment(*o.ExpiresAt) + ".", Style: theme.Muted})
	}
	a.show(&ui.Notice{Title: "Invitation to " + o.Name, Lines: lines, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "a", Title: "accept"}, Do: func() tea.Cmd { return a.acceptInvitation(o.InvitationID, o.Name) }},
		{Hint: ui.Hint{Key: "x", Title: "decline"}, Do: func() tea.Cmd { return a.declineInvitation(o.InvitationID, o.Name) }},
	}})
	return nil
}

func (a *App) acceptInvitation(id, name string) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	return a.act(0, func(ctx context.Context) outcome {
		v, err := st.AcceptInvitation(ctx, actor, id)
		return outcome{err: err, text: "welcome to " + name, then: func(a *App) tea.Cmd { return a.switchTo(v.ID) }}
	})
}

func (a *App) declineInvitation(id, name string) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	a.show(&ui.Confirm{Title: "Decline the invitation to " + name + "?", Danger: true, Yes: "decline",
		Lines: []ui.Line{{Text: "To join later, somebody has to invite you again."}},
		Do: func() tea.Cmd {
			return a.actTop(func(ctx context.Context) outcome {
				_, err := st.DeclineInvitation(ctx, actor, id)
				return outcome{err: err, text: "the invitation to " + name + " is declined"}
			})
		}})
	return nil
}

// whyCreate says why the person may not create organizations, "" if they may.
func whyCreate(a *App) string { return a.me.NoCreate }

// createForm asks for a new organization.
func (a *App) createForm() tea.Cmd {
	st, actor := a.sh.Store, a.actor
	form := &ui.Form{Title: "New organization", Send: "Create", Fields: organizationFields(),
		Submit: func(get func(string) string) tea.Cmd {
			n := store.NewOrganization{Name: get("name"), Code: get("code"), Description: get("description")}
			return a.actTop(func(ctx context.Context) outcome {
				v, err := st.CreateOrganization(ctx, actor, n)
				return outcome{err: err, then: func(a *App) tea.Cmd {
					a.arrival = v.Name + " is created, and you are its owner"
					return a.switchTo(v.ID)
				}}
			})
		}}
	a.show(form.Prepare())
	return nil
}

func organizationFields() []ui.FormField {
	return []ui.FormField{
		ui.FormField{Name: "name", Label: "Name", Help: "what people read, like Acme Corporation", Check: name("name")}.With(""),
		ui.FormField{Name: "code", Label: "Code", Help: "short, like ACME; people write ssh acme@host", Check: func(v string) error {
			_, err := models.CheckCode("code", v)
			return err
		}, Follow: func(get func(string) string) string { return models.CodeFrom(get("name")) }}.With(""),
		ui.FormField{Name: "description", Label: "Description", Kind: ui.LinesField, Help: "may be left empty", Check: long("description")}.With(""),
	}
}

// name checks a name of a person, an organization or a key.
func name(field string) func(string) error {
	return func(v string) error { _, err := models.CheckName(field, v); return err }
}
