package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// allOrgsPane is every shared organization of the installation, for site
// admins.
type allOrgsPane struct {
	list[models.OrgRow]
	deleted bool   // shows those that can be restored
	plan    string // only this one
}

func newAllOrgsPane(a *App) *allOrgsPane {
	p := &allOrgsPane{}
	p.pane = paneAllOrgs
	p.flips = true
	p.matches = -1
	p.fetch = func(a *App) func(context.Context, pageQuery) (models.Page[models.OrgRow], error) {
		st, actor, deleted, plan := a.sh.Store, a.actor, p.deleted, p.plan
		return func(ctx context.Context, q pageQuery) (models.Page[models.OrgRow], error) {
			return flip(q, func(reverse bool, after, before string) (models.Page[models.OrgRow], error) {
				return st.AllOrganizations(ctx, actor, models.OrgQuery{
					Search: q.search, Plan: plan, Deleted: deleted, Sort: models.OrgSort(q.sort), Reverse: reverse,
					Limit: q.limit, After: after, Before: before,
				})
			})
		}
	}
	p.orders = []sortChoice{{"code", "code"}, {"name", "name"}, {"members", "members, most first"}, {"created", "created, newest first"}}
	p.table.ID = func(o models.OrgRow) string { return o.ID }
	p.table.Sort = string(models.OrgByCode)
	p.table.Columns = []ui.Column[models.OrgRow]{
		{Title: "CODE", Sort: "code", Min: 10, Max: 16, Keep: -1, Cell: func(o models.OrgRow) (string, theme.Style) { return o.Code, theme.Text | theme.Bold }},
		{Title: "NAME", Sort: "name", Min: 26, Max: 36, Keep: -1, Cell: func(o models.OrgRow) (string, theme.Style) { return o.Name, theme.Text }},
		{Title: "PLAN", Min: 10, Max: 10, Keep: 8, Cell: func(o models.OrgRow) (string, theme.Style) { return o.Plan, theme.Muted }},
		{Title: "MEMBERS", Sort: "members", Min: 8, Max: 8, Keep: 7, Cell: func(o models.OrgRow) (string, theme.Style) {
			return ui.Count(o.Members, false), theme.Text
		}},
		{Title: "CREATED", Sort: "created", Min: 10, Max: 10, Keep: 3, Cell: func(o models.OrgRow) (string, theme.Style) {
			if o.DeletedAt != nil {
				return "✗ " + ago(a.now, *o.DeletedAt) + " ago", theme.Warn
			}
			return a.date(o.CreatedAt), theme.Muted
		}},
		{Title: "OWNER", Min: 20, Max: 30, Keep: 2, Cell: func(o models.OrgRow) (string, theme.Style) { return o.PrimaryOwner, theme.Muted }},
		{Title: "DESCRIPTION", Min: 20, Max: 60, Keep: 0, Cell: func(o models.OrgRow) (string, theme.Style) {
			return models.SafeText(o.Description), theme.Muted
		}},
	}
	return p
}

// say tells what an empty list is for.
func (p *allOrgsPane) say() {
	t := &p.table
	switch {
	case p.find.Text() != "" || p.plan != "":
		t.Empty, t.Hint = "no organization fits", "press esc to see all"
	case p.deleted:
		t.Empty, t.Hint = "nothing was deleted in the last 30 days", "press esc to see the organizations there are"
	default:
		t.Empty, t.Hint = "no shared organization yet: in one, people work together", "press n to create one"
	}
}

func (p *allOrgsPane) id() paneID          { return paneAllOrgs }
func (p *allOrgsPane) title() string       { return "All organizations" }
func (p *allOrgsPane) scope() keys.Scope   { return scopeAllOrgs }
func (p *allOrgsPane) count(*App) string   { return "" }
func (p *allOrgsPane) fresh()              {} // it is about no organization in particular
func (p *allOrgsPane) load(a *App) tea.Cmd { return p.refresh(a) }
func (p *allOrgsPane) status(*App) string  { return p.position() }

func (p *allOrgsPane) answer(a *App, msg tea.Msg) (tea.Cmd, bool) {
	if m, ok := msg.(pageMsg[models.OrgRow]); ok {
		return p.got(a, m), true
	}
	return nil, false
}

func (p *allOrgsPane) draw(a *App, r ui.Region, focused bool) {
	p.say()
	p.table.Draw(r, focused, a.now)
	r.Zone(tableZone{paneAllOrgs})
}

func (p *allOrgsPane) view() string {
	var words []string
	if p.deleted {
		words = append(words, "deleted")
	}
	if p.plan != "" {
		words = append(words, "plan "+p.plan)
	}
	return strings.Join(words, " · ")
}

func (p *allOrgsPane) dropView(a *App) tea.Cmd {
	p.deleted, p.plan = false, ""
	p.table.ClearMarks()
	return p.narrow(a)
}

func (p *allOrgsPane) detail(a *App) (string, []ui.Line) {
	o, ok := p.table.Current()
	if !ok {
		return "", nil
	}
	deleted := ""
	if o.DeletedAt != nil {
		deleted = a.moment(*o.DeletedAt) + " by " + orFormer(o.DeletedBy)
	}
	owner := o.PrimaryOwner
	if owner == "" {
		owner = "nobody"
	}
	return o.Name, facts(
		"Code", o.Code,
		"Description", o.Description,
		"Plan", o.Plan,
		"Members", ui.Count(o.Members, false),
		"Primary owner", owner,
		"Deleted", deleted,
		"Can be restored", a.momentOr(o.RestorableUntil, ""),
		"Created", a.moment(o.CreatedAt),
		"Id", o.ID,
	)
}

func allOrgsBindings() []keys.Binding[*App] {
	with := func(do func(a *App, o models.OrgRow) tea.Cmd) func(a *App) tea.Cmd {
		return func(a *App) tea.Cmd {
			o, _ := a.allOrgs.table.Current()
			return do(a, o)
		}
	}
	there := func(a *App) bool { return !a.allOrgs.deleted }
	gone := func(a *App) bool { return a.allOrgs.deleted }
	return []keys.Binding[*App]{
		{ID: "site.open", Keys: []string{"w"}, Title: "go into", Scope: scopeAllOrgs, Foot: 90, Present: there, Enabled: oneOrganization,
			Help: "Opens the organization; all panes follow. Each use of a site admin's rights is in its audit log.",
			Run:  with(func(a *App, o models.OrgRow) tea.Cmd { return a.switchTo(o.ID) })},
		{ID: "site.create", Keys: []string{"n"}, Title: "new", Scope: scopeAllOrgs, Foot: 80, Present: there,
			Help: "Creates a shared organization, with you as its owner.", Enabled: whyCreate, Run: (*App).createForm},
		{ID: "site.edit", Keys: []string{"e"}, Title: "edit", Scope: scopeAllOrgs, Foot: 78, Changes: true, Present: there, Enabled: oneOrganization,
			Help: "Changes name, code, description and plan of the organization. Can be undone.", Run: with((*App).editOrganization)},
		{ID: "site.plan", Keys: []string{"P"}, Title: "plan", Scope: scopeAllOrgs, Foot: 60, Changes: true, Present: there, Enabled: someOrganization,
			Help: "Gives the organization, or all marked ones, another plan. Can be undone.", Run: func(a *App) tea.Cmd { return a.allOrgs.choosePlan(a) }},
		{ID: "site.delete", Keys: []string{"d"}, Title: "delete", Scope: scopeAllOrgs, Foot: 70, Changes: true, Present: there, Enabled: someOrganization,
			Help: "Makes the organization, or all marked ones, disappear for everybody, after showing what that means and typing which.",
			Run:  func(a *App) tea.Cmd { return a.allOrgs.remove(a) }},
		{ID: "site.restore", Keys: []string{"r"}, Title: "restore", Scope: scopeAllOrgs, Foot: 90, Changes: true, Present: gone, Enabled: someOrganization,
			Help: "Brings the deleted organization back, or all marked ones, with members and invitations.",
			Run:  func(a *App) tea.Cmd { return a.allOrgs.restore(a) }},
		{ID: "site.show", Keys: []string{"f"}, Title: "show only", Scope: scopeAllOrgs, Foot: 50,
			Help: "Shows what was deleted and can be restored, or the organizations of one plan. esc shows all again.",
			Run:  func(a *App) tea.Cmd { return a.allOrgs.chooseView(a) }},
		{ID: "site.copy_id", Keys: []string{"y"}, Title: "copy id", Scope: scopeAllOrgs, Enabled: someOrganization,
			Help: "Copies the organization's id, which never changes.",
			Run:  with(func(a *App, o models.OrgRow) tea.Cmd { return a.copy(o.ID, o.ID) })},
	}
}

// someOrganization says that there is nothing to act on, "" if there is.
func someOrganization(a *App) string {
	if _, ok := a.allOrgs.table.Current(); !ok && a.allOrgs.table.Marked() == 0 {
		return "no organization is selected"
	}
	return ""
}

// oneOrganization is someOrganization for what is done with one at a time.
func oneOrganization(a *App) string {
	if a.allOrgs.table.Marked() > 1 {
		return "this is done with one organization at a time · esc takes the marks off"
	}
	return someOrganization(a)
}

// chooseView asks which organizations to show.
func (p *allOrgsPane) chooseView(a *App) tea.Cmd {
	pick := &ui.Picker{Title: "Show only", Items: []ui.Item{
		{ID: "all:", Title: "all there are", Mark: p.view() == ""},
		{ID: "deleted:", Title: "deleted ones", Note: "that can be restored", Mark: p.deleted},
	}, Choose: func(it ui.Item) tea.Cmd {
		switch kind, id, _ := strings.Cut(it.ID, ":"); kind {
		case "all":
			p.deleted, p.plan = false, ""
		case "deleted":
			p.deleted = true
		case "plan":
			p.plan = id
		}
		p.table.ClearMarks()
		return p.narrow(a)
	}}
	st, actor, org, now := a.sh.Store, a.actor, a.org.ID, p.plan
	return a.pickFrom(pick, func(ctx context.Context, _ string) ([]ui.Item, error) {
		plans, err := st.Plans(ctx, actor, org)
		var items []ui.Item
		for _, v := range plans {
			if !v.Personal {
				items = append(items, ui.Item{ID: "plan:" + v.Name, Title: v.Name, Group: "Plan", Mark: now == v.Name})
			}
		}
		return items, err
	})
}

// editOrganization opens the form of what describes an organization, with its
// plan. Each field remembers the value it showed, so that a save over somebody
// else's is a conflict.
func (a *App) editOrganization(o models.OrgRow) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	return a.act(0, func(ctx context.Context) outcome {
		values, err := st.Settings(ctx, actor, o.ID)
		if err != nil {
			return outcome{err: err}
		}
		return outcome{then: func(a *App) tea.Cmd { return a.organizationForm(o, values) }}
	})
}

func (a *App) organizationForm(o models.OrgRow, values []models.SettingValue) tea.Cmd {
	if a.dialogs.Top() != nil {
		return nil // something else was opened meanwhile
	}
	st, actor := a.sh.Store, a.actor
	defs := map[string]models.SettingDef{}
	for _, d := range models.Settings() {
		defs[d.Key] = d
	}
	form := &ui.Form{Title: "Organization " + o.Code, Send: "Save"}
	var shown []models.SettingValue
	for _, v := range values {
		switch v.Key {
		case models.SetName, models.SetCode, models.SetDescription, models.SetPlan:
			shown = append(shown, v)
			form.Fields = append(form.Fields, settingField(v, defs[v.Key]))
		}
	}
	form.Submit = func(get func(string) string) tea.Cmd {
		var to, back []models.SettingChange
		for _, v := range shown {
			if value := get(v.Key); value != v.Value {
				to = append(to, models.SettingChange{Key: v.Key, Value: value, Base: &v.Value})
				back = append(back, models.SettingChange{Key: v.Key, Value: v.Value})
			}
		}
		save := func(changes []models.SettingChange) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				_, err := st.UpdateSettings(ctx, actor, o.ID, changes, false)
				return err
			}
		}
		return a.actTop(func(ctx context.Context) outcome {
			if len(to) == 0 {
				return outcome{}
			}
			if err := save(to)(ctx); err != nil {
				return outcome{err: err}
			}
			text := o.Code + " is changed"
			return outcome{text: text, undo: &step{text: text, back: save(back), again: save(to)},
				then: func(a *App) tea.Cmd { a.allOrgs.own = true; return nil }}
		})
	}
	a.show(form.Prepare())
	return nil
}
