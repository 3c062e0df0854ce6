package organizations

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeOrgs keys.Scope = "organizations"

// Switcher is the switcher: it stands beside the other panes where
// there is room, else above them.
type Switcher struct {
	list.List[models.OrgEntry]
	open string // the organization that was open last
}

func NewSwitcher(h host.Host) *Switcher {
	p := &Switcher{}
	p.Pane = host.Organizations
	p.Table.ID = func(o models.OrgEntry) string { return o.ID + o.InvitationID }
	p.Table.Empty, p.Table.Hint = "no organization", "press n to create one"
	p.Table.Columns = []ui.Column[models.OrgEntry]{
		{Title: "", Min: 10, Max: 44, Keep: -1, Cell: func(o models.OrgEntry) (string, theme.Style) {
			name := o.Name
			if o.Relation == models.RelPersonal {
				name = "Personal"
			}
			if o.ID == h.Org.ID && o.Relation != models.RelInvited {
				return "● " + name, theme.Text | theme.Bold
			}
			return "○ " + name, theme.Text
		}},
		{Title: "", Min: 8, Max: 17, Keep: -1, Cell: func(o models.OrgEntry) (string, theme.Style) {
			switch {
			case o.Relation == models.RelInvited:
				return "invited!", theme.Warn
			case o.Requirement == models.NeedSecondFactor:
				return "code", theme.Warn
			case o.Requirement != "":
				return "closed", theme.Warn
			case o.NominationID != "":
				return "ownership offered", theme.Warn
			case o.Waiting > 0:
				return ui.Count(o.Waiting, false) + " to review", theme.Warn
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

// Follow takes the entries in, which come with the session's context. The cursor
// goes to an organization that has just been opened.
func (p *Switcher) Follow(h host.Host) {
	if !p.Loaded {
		p.Table.SetCursor(h.Org.ID)
	}
	p.Table.SetRows(h.Orgs, false, false, !p.Loaded, h.Now)
	p.Loaded, p.Total, p.Matches = true, len(h.Orgs), len(h.Orgs)
	if h.Org.ID != p.open {
		p.open = h.Org.ID
		p.Table.Select(p.open)
	}
}

func (p *Switcher) ID() host.PaneID { return host.Organizations }

func (p *Switcher) Title() string { return "Organizations" }

func (p *Switcher) Scope() keys.Scope { return scopeOrgs }

func (p *Switcher) Count(h host.Host) string {
	n := 0
	for _, o := range h.Orgs {
		if o.Relation == models.RelInvited || o.NominationID != "" {
			n++
		}
	}
	if n > 0 {
		return ui.Count(n, false)
	}
	return ""
}

func (p *Switcher) Fresh() {}

func (p *Switcher) Load(host.Host) tea.Cmd { return nil }

func (p *Switcher) Refresh(h host.Host) tea.Cmd { return h.Refresh() }

func (p *Switcher) Answer(host.Host, tea.Msg) (tea.Cmd, bool) { return nil, false }

func (p *Switcher) Status(host.Host) string { return "" }

func (p *Switcher) More(host.Host) tea.Cmd { return nil }

func (p *Switcher) Mark() {}

func (p *Switcher) MarkRange() {}

func (p *Switcher) MarkAll(host.Host) {}

func (p *Switcher) StartSearch() {}

func (p *Switcher) First(host.Host) tea.Cmd { p.Table.First(); return nil }

func (p *Switcher) Last(host.Host) tea.Cmd { p.Table.Last(); return nil }

func (p *Switcher) Draw(h host.Host, r ui.Region, focused bool) {
	p.Table.Draw(r, focused, h.Now)
	r.Zone(host.TableZone(host.Organizations))
}

func (p *Switcher) Detail(h host.Host) (string, []ui.Line) {
	o, ok := p.Table.Current()
	if !ok {
		return "", nil
	}
	if o.Requirement != "" {
		return o.Name, kit.Facts("Code", o.Code, "Closed to this session", o.RequirementText, "Id", o.ID)
	}
	if o.Relation == models.RelPersonal {
		return "Personal", kit.Facts("What it is", "your own workspace; nobody else sees it", "Code", o.Code, "Id", o.ID)
	}
	role := o.CustomRole
	if role == "" {
		role = string(o.Role)
	}
	pairs := []string{"Code", o.Code, "You are", string(o.Relation), "Role", role}
	if o.ExpiresAt != nil {
		pairs = append(pairs, "Expires", kit.Moment(h, *o.ExpiresAt))
	}
	if o.NominationID != "" {
		pairs = append(pairs, "Nominated by", o.NominatedBy, "To become", "owner; a accepts, x declines", "Answer until", kit.MomentOr(h, o.AnswerUntil, ""))
	}
	return o.Name, kit.Facts(append(pairs, "Id", o.ID)...)
}

func organizationBindings() []keys.Binding[host.Host] {
	entry := func(h host.Host) (models.OrgEntry, bool) { return switcher(h).Table.Current() }
	invited := func(h host.Host) string {
		if o, ok := entry(h); !ok || o.Relation != models.RelInvited && o.NominationID == "" {
			return "this is neither an invitation nor a nomination"
		}
		return ""
	}
	return []keys.Binding[host.Host]{
		{ID: "organization.switch", Keys: []string{"enter"}, Title: "switch", Scope: scopeOrgs, Foot: 90,
			Help: "Switches to the organization.",
			Run: func(h host.Host) tea.Cmd {
				o, ok := entry(h)
				switch {
				case !ok:
					return nil
				case o.Relation == models.RelInvited:
					return askAccept(h, o)
				case o.Requirement != "" && o.Requirement != models.NeedSecondFactor:
					return whyBarred(h, o)
				}
				return h.SwitchTo(o.ID)
			}},
		{ID: "organization.accept", Keys: []string{"a"}, Title: "accept", Scope: scopeOrgs, Foot: 85, Changes: true,
			Help: "Accepts the invitation, or the ownership you are offered.", Enabled: invited,
			Present: func(h host.Host) bool { return switcher(h).Count(h) != "" },
			Run: func(h host.Host) tea.Cmd {
				o, _ := entry(h)
				if o.NominationID != "" {
					return acceptTransfer(h, o)
				}
				return kit.AcceptInvitation(h, o.InvitationID, o.Name)
			}},
		{ID: "organization.decline", Keys: []string{"x"}, Title: "decline", Scope: scopeOrgs, Foot: 84, Changes: true,
			Help: "Declines the invitation, or the ownership you are offered.", Enabled: invited,
			Present: func(h host.Host) bool { return switcher(h).Count(h) != "" },
			Run: func(h host.Host) tea.Cmd {
				o, _ := entry(h)
				if o.NominationID != "" {
					return declineTransfer(h, o)
				}
				return kit.DeclineInvitation(h, o.InvitationID, o.Name)
			}},
		{ID: "organization.new", Keys: []string{"n"}, Title: "new organization", Scope: scopeOrgs, Foot: 80,
			Help: "Creates a shared organization, with you as its owner.", Enabled: whyCreate, Run: createForm},
		{ID: "organization.copy_id", Keys: []string{"y"}, Title: "copy id", Scope: scopeOrgs, Foot: 30,
			Help: "Copies the organization's id, which never changes.",
			Run: func(h host.Host) tea.Cmd {
				o, ok := entry(h)
				if !ok {
					return nil
				}
				return h.Copy(o.ID, o.ID)
			}},
	}
}

// askAccept shows an invitation before it is accepted.
func askAccept(h host.Host, o models.OrgEntry) tea.Cmd {
	lines := []ui.Line{{Text: "You are invited as " + string(o.Role) + "."}}
	if o.ExpiresAt != nil {
		lines = append(lines, ui.Line{Text: "The invitation expires " + kit.Moment(h, *o.ExpiresAt) + ".", Style: theme.Muted})
	}
	h.Show(&ui.Notice{Title: "Invitation to " + o.Name, Lines: lines, Keys: []ui.NoticeKey{
		{Hint: ui.Hint{Key: "a", Title: "accept"}, Do: func() tea.Cmd { return kit.AcceptInvitation(h, o.InvitationID, o.Name) }},
		{Hint: ui.Hint{Key: "x", Title: "decline"}, Do: func() tea.Cmd { return kit.DeclineInvitation(h, o.InvitationID, o.Name) }},
	}})
	return nil
}

// whyCreate says why the person may not create organizations, "" if they may.
func whyCreate(h host.Host) string { return h.Me.NoCreate }

// createForm asks for a new organization.
func createForm(h host.Host) tea.Cmd {
	st := h.Store
	form := &ui.Form{Title: "New organization", Send: "Create", Fields: kit.OrganizationFields(h, ""),
		Submit: func(get func(string) string) tea.Cmd {
			n := store.NewOrganization{Name: get("name"), Code: get("code"), Description: get("description"), Plan: get("plan")}
			return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
				v, err := st.CreateOrganization(ctx, actor, n)
				return host.Outcome{Err: err, Then: func(h host.Host) tea.Cmd {
					return h.Open(host.Opening{Ref: v.ID, Word: v.Name + " is created, and you are its owner"})
				}}
			})
		}}
	h.Show(form.Prepare())
	return nil
}

// whyBarred shows the reason for which an entry of the switcher is closed, and
// nothing else of the organization.
func whyBarred(h host.Host, o models.OrgEntry) tea.Cmd {
	hint := "connect from an allowed network, or ask an owner or admin to add yours"
	if o.Requirement == models.NeedHardwareKey {
		hint = "make one with `ssh-keygen -t ed25519-sk`, add it under You, and sign in with it"
	}
	h.Show(&ui.Notice{Title: models.SafeText(o.Name), Lines: []ui.Line{{Text: o.RequirementText + ".", Style: theme.Warn}, {}, {Text: hint, Style: theme.Muted}}})
	return nil
}
