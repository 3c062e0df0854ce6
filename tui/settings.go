package tui

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// settingsPane is how the organization is set up. Everybody sees it; who may
// change what, and why one may not, stands beside each setting.
type settingsPane struct {
	list[models.SettingValue]
}

type settingsMsg struct {
	request int
	values  []models.SettingValue
	err     error
}

func newSettingsPane() *settingsPane {
	p := &settingsPane{}
	p.pane = paneSettings
	p.table.ID = func(v models.SettingValue) string { return v.Key }
	p.table.Empty = "no settings"
	p.table.Columns = []ui.Column[models.SettingValue]{
		{Title: "SECTION", Min: 9, Max: 9, Keep: 3, Cell: func(v models.SettingValue) (string, theme.Style) { return section(v), theme.Muted }},
		{Title: "SETTING", Min: 16, Max: 24, Keep: -1, Cell: func(v models.SettingValue) (string, theme.Style) { return v.Title, theme.Text }},
		{Title: "VALUE", Min: 12, Max: 44, Keep: -1, Cell: func(v models.SettingValue) (string, theme.Style) {
			if v.Value == "" {
				return "–", theme.Muted
			}
			return models.SafeText(shownValue(v)), theme.Text | theme.Bold
		}},
		{Title: "", Min: 9, Max: 9, Keep: 2, Cell: func(v models.SettingValue) (string, theme.Style) {
			if v.ReadOnly != "" {
				return "read only", theme.Muted
			}
			return "", theme.Muted
		}},
	}
	return p
}

func section(v models.SettingValue) string {
	s, _, _ := strings.Cut(v.Key, ".")
	return strings.ToUpper(s[:1]) + s[1:]
}

// shownValue is a value as people say it.
func shownValue(v models.SettingValue) string {
	switch {
	case v.Key == models.SetSessionIdle && v.Value != "":
		return v.Value + " min"
	case v.Kind == models.KindList:
		return strings.ReplaceAll(v.Value, ",", ", ")
	case v.Key != models.SetInvite:
		return v.Value
	}
	for _, c := range policyChoices() {
		if c.Value == v.Value {
			return c.Title
		}
	}
	return v.Value
}

func policyChoices() []ui.Choice {
	return []ui.Choice{
		{Value: string(models.PolicyMembers), Title: "members, at once"},
		{Value: string(models.PolicyApproval), Title: "members, with approval"},
		{Value: string(models.PolicyAdmins), Title: "owners and admins"},
		{Value: string(models.PolicyOwners), Title: "owners"},
	}
}

func (p *settingsPane) id() paneID           { return paneSettings }
func (p *settingsPane) title() string        { return "Settings" }
func (p *settingsPane) scope() keys.Scope    { return scopeSettings }
func (p *settingsPane) count(*App) string    { return "" }
func (p *settingsPane) fresh()               { p.forget() }
func (p *settingsPane) more(*App) tea.Cmd    { return nil }
func (p *settingsPane) mark()                {}
func (p *settingsPane) markRange()           {}
func (p *settingsPane) markAll()             {}
func (p *settingsPane) startSearch()         {}
func (p *settingsPane) status(a *App) string { return a.planWords() }
func (p *settingsPane) first(*App) tea.Cmd   { p.table.First(); return nil }
func (p *settingsPane) last(*App) tea.Cmd    { p.table.Last(); return nil }
func (p *settingsPane) load(a *App) tea.Cmd  { return p.refresh(a) }

func (p *settingsPane) refresh(a *App) tea.Cmd {
	p.request++
	if !p.loaded {
		p.table.SetLoading(a.now)
	}
	msg := settingsMsg{request: p.request}
	st, actor, org, parent := a.sh.Store, a.actor, a.org.ID, a.ctx
	ask := func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, askTimeout)
		defer cancel()
		msg.values, msg.err = st.Settings(ctx, actor, org)
		return msg
	}
	if p.loaded {
		return ask
	}
	return tea.Batch(ask, a.wakeAt(a.now.Add(ui.LoadingAfter)))
}

func (p *settingsPane) answer(a *App, msg tea.Msg) (tea.Cmd, bool) {
	m, ok := msg.(settingsMsg)
	if !ok {
		return nil, false
	}
	if m.request != p.request {
		return nil, true
	}
	if m.err != nil {
		p.failed(a, m.err)
		return nil, true
	}
	values := m.values
	if a.access.Personal {
		// What only a shared organization has is absent here.
		values = nil
		for _, v := range m.values {
			if v.ReadOnly == "" {
				values = append(values, v)
			}
		}
	}
	p.table.SetRows(values, false, false, !p.loaded, a.now)
	p.loaded = true
	return nil, true
}

func (p *settingsPane) draw(a *App, r ui.Region, focused bool) {
	p.table.Draw(r, focused, a.now)
	r.Zone(tableZone{paneSettings})
}

func (p *settingsPane) detail(a *App) (string, []ui.Line) {
	v, ok := p.table.Current()
	if !ok {
		return "", nil
	}
	value := shownValue(v)
	if value == "" {
		value = "–"
	}
	pairs := []string{"Value", value, "What it does", v.Help, "Default", v.Default, "Who may change it", v.WhoMay}
	if v.ReadOnly != "" {
		pairs = append(pairs, "Read only", v.ReadOnly)
	}
	return v.Title, facts(append(pairs, "In commands", v.Key)...)
}

func settingsBindings() []keys.Binding[*App] {
	return []keys.Binding[*App]{
		{ID: "settings.edit", Keys: []string{"e", "enter"}, Title: "edit", Scope: scopeSettings, Foot: 90,
			Help: "Opens the section's form at this setting.",
			Enabled: func(a *App) string {
				v, ok := a.settings.table.Current()
				if !ok {
					return "no setting is selected"
				}
				if v.ReadOnly == "" {
					return ""
				}
				return v.ReadOnly + " · " + v.WhoMay + " may change it"
			},
			Run: func(a *App) tea.Cmd { return a.settings.edit(a) }},
		{ID: "settings.copy_id", Keys: []string{"y"}, Title: "copy the organization's id", Scope: scopeSettings,
			Help: "Copies the id that never changes, to quote to support.",
			Run:  func(a *App) tea.Cmd { return a.copy(a.org.ID, a.org.ID) }},
	}
}

// edit opens the form of the selected setting's section. Each field remembers
// the value it showed, so that a save over somebody else's is a conflict.
func (p *settingsPane) edit(a *App) tea.Cmd {
	at, _ := p.table.Current()
	if at.Key == models.SetPlan {
		return a.choosePlan() // which shows first what another one brings
	}
	defs := map[string]models.SettingDef{}
	for _, d := range models.Settings() {
		defs[d.Key] = d
	}
	shown := map[string]string{}
	form := &ui.Form{Title: section(at) + " settings of " + a.orgName(), Send: "Save"}
	for _, v := range p.table.Rows() {
		if section(v) != section(at) {
			continue
		}
		shown[v.Key] = v.Value
		if v.Key == models.SetPlan {
			v.ReadOnly = "e on its own row shows what another one brings, and sets it"
		}
		form.Fields = append(form.Fields, settingField(v, defs[v.Key]))
	}
	form.Submit = func(get func(string) string) tea.Cmd { return p.save(a, shown, get) }
	a.show(form.Prepare().Focus(at.Key))
	return nil
}

func settingField(v models.SettingValue, d models.SettingDef) ui.FormField {
	f := ui.FormField{Name: v.Key, Label: v.Title, Help: v.Help, ReadOnly: v.ReadOnly}
	if d.Check != nil {
		f.Check = func(value string) error { _, err := d.Check(strings.ToLower(v.Title), value); return err }
	}
	switch v.Kind {
	case models.KindLongText:
		f.Kind = ui.LinesField
	case models.KindList:
		f.Kind = ui.LinesField
		return f.With(strings.ReplaceAll(v.Value, ",", "\n"))
	case models.KindSwitch:
		f.Kind = ui.SwitchField
	case models.KindChoice:
		f.Kind = ui.ChoiceField
		for _, c := range v.Choices {
			title := c
			if c == "" {
				title = "none"
			}
			f.Choices = append(f.Choices, ui.Choice{Value: c, Title: title})
		}
		if v.Key == models.SetInvite {
			f.Choices = policyChoices()
		}
	}
	return f.With(v.Value)
}

// save sends what differs from what the form showed. Where that would lock the
// person out, it asks whether to save it anyway.
func (p *settingsPane) save(a *App, shown map[string]string, get func(string) string) tea.Cmd {
	var changes, back []models.SettingChange
	what := ""
	for _, d := range models.Settings() {
		base, ok := shown[d.Key]
		if !ok {
			continue
		}
		value := get(d.Key)
		if v, err := d.Check(d.Key, value); err == nil {
			value = v // a list has one form, however it was typed
		}
		if value != base {
			what = d.Title + " changed"
			changes = append(changes, models.SettingChange{Key: d.Key, Value: value, Base: &base})
			back = append(back, models.SettingChange{Key: d.Key, Value: base})
		}
	}
	st, actor, org := a.sh.Store, a.actor, a.org.ID
	if len(changes) > 1 {
		what = count(len(changes), "setting", "settings") + " changed"
	}
	save := func(ctx context.Context, force bool) outcome {
		if len(changes) == 0 {
			return outcome{}
		}
		if _, err := st.UpdateSettings(ctx, actor, org, changes, force); err != nil {
			return outcome{err: err}
		}
		o := outcome{text: "settings saved"}
		o.undo = &step{text: what,
			back: func(ctx context.Context) error {
				_, err := st.UpdateSettings(ctx, actor, org, back, force)
				return err
			},
			again: func(ctx context.Context) error {
				_, err := st.UpdateSettings(ctx, actor, org, changes, force)
				return err
			}}
		return o
	}
	form := a.dialogs.TopID()
	return a.actTop(func(ctx context.Context) outcome {
		o := save(ctx, false)
		if errors.Is(o.err, models.LockOut{}) {
			e := models.AsError(o.err)
			o.refused = func(a *App) tea.Cmd { return a.saveAnyway(e.Message, form, save) }
		}
		return o
	})
}

// saveAnyway asks about settings that would lock the person out. The form stays
// below until they are saved.
func (a *App) saveAnyway(why string, form int, save func(ctx context.Context, force bool) outcome) tea.Cmd {
	a.show((&ui.Confirm{Title: "Save anyway?", Danger: true, Yes: "save anyway", No: "Back to the form",
		Lines: []ui.Line{{Text: "! " + why + ".", Style: theme.Warn}, {}, {Text: "Somebody else, or a shell on the machine of the database, would have to let you in again."}},
		Do: func() tea.Cmd {
			return a.actTop(func(ctx context.Context) outcome {
				o := save(ctx, true)
				o.then = func(a *App) tea.Cmd { a.dialogs.Close(form); return nil }
				return o
			})
		}}).ByItself(a.now))
	return a.guarded()
}
