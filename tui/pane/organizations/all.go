package organizations

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

const scopeAllOrgs keys.Scope = "all organizations"

// All is every shared organization of the installation, for site
// admins.
type All struct {
	list.List[models.OrgRow]
	deleted bool // the filter asks for those that can be restored
}

func NewAll(h host.Host) *All {
	p := &All{}
	p.Pane = host.AllOrganizations
	p.Filters = models.OrgFilter
	p.Matches = -1
	p.Fetch = func(h host.Host) func(context.Context, list.Query) (models.Page[models.OrgRow], error) {
		st, actor := h.Store, h.Actor
		p.deleted = models.OrgFilter().Value(p.Filter.Text(), "deleted") != ""
		return func(ctx context.Context, q list.Query) (models.Page[models.OrgRow], error) {
			oq, err := models.OrgQuery{Sort: models.OrgSort(q.Sort), Reverse: q.Reverse, Limit: q.Limit, After: q.After, Before: q.Before}.Filter(q.Search)
			if err != nil {
				return models.Page[models.OrgRow]{}, err
			}
			return st.AllOrganizations(ctx, actor, oq)
		}
	}
	p.Orders = []host.SortChoice{{Name: "code", Title: "code"}, {Name: "name", Title: "name"}, {Name: "members", Title: "members, most first"}, {Name: "created", Title: "created, newest first"}}
	p.Table.ID = func(o models.OrgRow) string { return o.ID }
	p.Table.Sort = string(models.OrgByCode)
	p.Table.Columns = []ui.Column[models.OrgRow]{
		{Title: "CODE", Sort: "code", Min: 8, Max: 16, Keep: -1, Cell: func(o models.OrgRow) (string, theme.Style) { return o.Code, theme.Text | theme.Bold }},
		{Title: "NAME", Sort: "name", Min: 18, Max: 36, Keep: -1, Cell: func(o models.OrgRow) (string, theme.Style) { return o.Name, theme.Text }},
		{Title: "PLAN", Min: 10, Max: 10, Keep: 8, Cell: func(o models.OrgRow) (string, theme.Style) { return o.Plan, theme.Muted }},
		{Title: "MEMBERS", Right: true, Sort: "members", Min: 8, Max: 8, Keep: 7, Cell: func(o models.OrgRow) (string, theme.Style) {
			return ui.Count(o.Members, false), theme.Text
		}},
		{Title: "CREATED", Right: true, Sort: "created", Min: 10, Max: 10, Keep: 3, Cell: func(o models.OrgRow) (string, theme.Style) {
			if o.DeletedAt != nil {
				return "✗ " + kit.Ago(h.Now, *o.DeletedAt) + " ago", theme.Warn
			}
			return kit.Date(h, o.CreatedAt), theme.Muted
		}},
		{Title: "OWNER", Min: 16, Max: 30, Keep: 2, Cell: func(o models.OrgRow) (string, theme.Style) { return o.PrimaryOwner, theme.Muted }},
		{Title: "DESCRIPTION", Min: 12, Max: 60, Keep: 0, Cell: func(o models.OrgRow) (string, theme.Style) {
			return models.SafeText(o.Description), theme.Muted
		}},
	}
	return p
}

// say tells what an empty list is for.
func (p *All) say() {
	p.Table.Empty, p.Table.Hint = "No shared organizations yet. People work together in one.", "press n to create one"
}

func (p *All) ID() host.PaneID { return host.AllOrganizations }

func (p *All) Title() string { return "All organizations" }

func (p *All) Scope() keys.Scope { return scopeAllOrgs }

func (p *All) Count(host.Host) string { return "" }

func (p *All) Fresh() {} // it is about no organization in particular

func (p *All) Load(h host.Host) tea.Cmd { return p.Refresh(h) }

func (p *All) Status(host.Host) string { return p.Position() }

func (p *All) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	if m, ok := msg.(list.Answer[models.OrgRow]); ok {
		return p.Got(h, m), true
	}
	return nil, false
}

func (p *All) Draw(h host.Host, r ui.Region, focused bool) {
	p.say()
	p.Table.Draw(r, focused, h.Now)
	r.Zone(host.TableZone(host.AllOrganizations))
}

func (p *All) Detail(h host.Host) (string, []ui.Line) {
	o, ok := p.Table.Current()
	if !ok {
		return "", nil
	}
	deleted := ""
	if o.DeletedAt != nil {
		deleted = kit.Moment(h, *o.DeletedAt) + " by " + kit.OrDeleted(o.DeletedBy)
	}
	owner := o.PrimaryOwner
	if owner == "" {
		owner = "nobody"
	}
	return o.Name, kit.Facts(
		"Code", o.Code,
		"Description", o.Description,
		"Plan", o.Plan,
		"Members", ui.Count(o.Members, false),
		"Primary owner", owner,
		"Deleted", deleted,
		"Can be restored", kit.MomentOr(h, o.RestorableUntil, ""),
		"Created", kit.Moment(h, o.CreatedAt),
		"Id", o.ID,
	)
}

func allOrgsBindings() []keys.Binding[host.Host] {
	with := func(do func(h host.Host, o models.OrgRow) tea.Cmd) func(h host.Host) tea.Cmd {
		return func(h host.Host) tea.Cmd {
			o, _ := all(h).Table.Current()
			return do(h, o)
		}
	}
	there := func(h host.Host) bool { return !all(h).deleted }
	gone := func(h host.Host) bool { return all(h).deleted }
	return []keys.Binding[host.Host]{
		{ID: "site.open", Keys: []string{"w"}, Title: "switch to", Scope: scopeAllOrgs, Foot: 90, Present: there, Enabled: oneOrganization,
			Help: "Switches to the organization. Each use of a site admin's rights is in its audit log.",
			Run:  with(func(h host.Host, o models.OrgRow) tea.Cmd { return h.SwitchTo(o.ID) })},
		{ID: "site.create", Keys: []string{"n"}, Title: "new", Scope: scopeAllOrgs, Foot: 80, Present: there,
			Help: "Creates a shared organization, with you as its owner.", Enabled: whyCreate, Run: createForm},
		{ID: "site.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeAllOrgs, Foot: 78, Changes: true, Present: there, Enabled: oneOrganization,
			Help: "Changes name, code, description and plan of the organization. Can be undone.", Run: with(editOrganization)},
		{ID: "site.plan", Keys: []string{"P"}, Title: "plan", Scope: scopeAllOrgs, Foot: 60, Changes: true, Many: true, Present: there, Enabled: someOrganization,
			Help: "Gives the organization, or all marked ones, another plan. Can be undone.", Run: func(h host.Host) tea.Cmd { return all(h).choosePlan(h) }},
		{ID: "site.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeAllOrgs, Foot: 70, Changes: true, Many: true, Present: there, Enabled: someOrganization,
			Help: "Deletes the organization, or all marked ones, after a preview. Asks for the code.",
			Run:  func(h host.Host) tea.Cmd { return all(h).remove(h) }},
		{ID: "site.restore", Keys: []string{"r"}, Title: "restore", Scope: scopeAllOrgs, Foot: 90, Changes: true, Many: true, Present: gone, Enabled: someOrganization,
			Help: "Restores the deleted organization, or all marked ones, with members and invitations.",
			Run:  func(h host.Host) tea.Cmd { return all(h).restore(h) }},
		{ID: "site.purge", Keys: []string{"D"}, Title: "purge", Scope: scopeAllOrgs, Foot: 70, Changes: true, Present: gone, Enabled: oneOrganization,
			Help: "Purges the deleted organization permanently. Asks for its code.", Run: with(purge)},
		{ID: "site.copy_id", Keys: []string{"y"}, Title: "copy id", Scope: scopeAllOrgs, Enabled: someOrganization,
			Help: "Copies the organization's id, which never changes.",
			Run:  with(func(h host.Host, o models.OrgRow) tea.Cmd { return h.Copy(o.ID, o.ID) })},
	}
}

// someOrganization says that there is nothing to act on, "" if there is.
func someOrganization(h host.Host) string {
	if _, ok := all(h).Table.Current(); !ok && all(h).Table.Marked() == 0 {
		return "no organization is selected"
	}
	return ""
}

// oneOrganization is someOrganization for what is done with one at a time.
func oneOrganization(h host.Host) string {
	if all(h).Table.Marked() > 1 {
		return "this works on one organization at a time · esc clears the marks"
	}
	return someOrganization(h)
}

// editOrganization opens the form of what describes an organization, with its
// plan. Each field remembers the value it showed, so that a save over somebody
// else's is a conflict.
func editOrganization(h host.Host, o models.OrgRow) tea.Cmd {
	st := h.Store
	return h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
		values, err := st.Settings(ctx, actor, o.ID)
		if err != nil {
			return host.Outcome{Err: err}
		}
		return host.Outcome{Then: func(h host.Host) tea.Cmd { return organizationForm(h, o, values) }}
	})
}

func organizationForm(h host.Host, o models.OrgRow, values []models.SettingValue) tea.Cmd {
	if h.Top() != nil {
		return nil // something else was opened meanwhile
	}
	st := h.Store
	defs := map[string]models.SettingDef{}
	for _, d := range models.Settings() {
		defs[d.Key] = d
	}
	form := &ui.Form{Title: "Organization " + o.Code, Send: "Save"}
	for _, v := range values {
		switch v.Key {
		case models.SetName, models.SetCode, models.SetDescription, models.SetPlan:
			form.Fields = append(form.Fields, kit.SettingField(v, defs[v.Key]))
		}
	}
	form.Submit = func(func(string) string) tea.Cmd {
		to, back := kit.SettingChanges(form)
		save := func(changes []models.SettingChange) func(ctx context.Context, actor models.Actor) error {
			return func(ctx context.Context, actor models.Actor) error {
				_, err := st.UpdateSettings(ctx, actor, o.ID, changes, false)
				return err
			}
		}
		return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			if len(to) == 0 {
				return host.Outcome{}
			}
			if err := save(to)(ctx, actor); err != nil {
				return host.Outcome{Err: err}
			}
			text := o.Code + " is changed"
			return host.Outcome{Text: text, Undo: &host.Step{Text: text, Undo: save(back), Redo: save(to)},
				Then: func(h host.Host) tea.Cmd { all(h).Own = true; return nil }}
		})
	}
	h.Show(form.Prepare())
	return nil
}
