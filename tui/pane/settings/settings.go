package settings

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/kit"
	"muster/tui/list"
	"muster/tui/theme"
	"muster/tui/ui"
)

const scopeSettings keys.Scope = "settings"

// Pane is how the organization is set up. Everybody sees it; who may
// change what, and why one may not, stands beside each setting.
type Pane struct {
	list.List[models.SettingValue]
}

type settingsMsg struct {
	request int
	values  []models.SettingValue
	err     error
}

func New() *Pane {
	p := &Pane{}
	p.Pane = host.Settings
	p.Table.ID = func(v models.SettingValue) string { return v.Key }
	p.Table.Empty = "no settings"
	p.Table.Columns = []ui.Column[models.SettingValue]{
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
				return "read-only", theme.Muted
			}
			return "", theme.Muted
		}},
	}
	return p
}

func section(v models.SettingValue) string {
	s, _, _ := strings.Cut(v.Key, ".")
	if s == "api" {
		return "API"
	}
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
	for _, c := range kit.PolicyChoices() {
		if c.Value == v.Value {
			return c.Title
		}
	}
	return v.Value
}

func (p *Pane) ID() host.PaneID { return host.Settings }

func (p *Pane) Title() string { return "Settings" }

func (p *Pane) Scope() keys.Scope { return scopeSettings }

func (p *Pane) Count(host.Host) string { return "" }

func (p *Pane) Fresh() { p.Forget() }

func (p *Pane) More(host.Host) tea.Cmd { return nil }

func (p *Pane) Mark() {}

func (p *Pane) MarkRange() {}

func (p *Pane) MarkAll(host.Host) {}

func (p *Pane) StartSearch() {}

func (p *Pane) Status(h host.Host) string { return planWords(h) }

func (p *Pane) First(host.Host) tea.Cmd { p.Table.First(); return nil }

func (p *Pane) Last(host.Host) tea.Cmd { p.Table.Last(); return nil }

func (p *Pane) Load(h host.Host) tea.Cmd { return p.Refresh(h) }

func (p *Pane) Refresh(h host.Host) tea.Cmd {
	p.Request++
	if !p.Loaded {
		p.Table.SetLoading(h.Now)
	}
	msg := settingsMsg{request: p.Request}
	st, actor, org, parent := h.Store, h.Actor, h.Org.ID, h.Context
	ask := func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, host.AskTimeout)
		defer cancel()
		msg.values, msg.err = st.Settings(ctx, actor, org)
		return msg
	}
	if p.Loaded {
		return ask
	}
	return tea.Batch(ask, h.WakeAt(h.Now.Add(ui.LoadingAfter)))
}

func (p *Pane) Answer(h host.Host, msg tea.Msg) (tea.Cmd, bool) {
	m, ok := msg.(settingsMsg)
	if !ok {
		return nil, false
	}
	if m.request != p.Request {
		return nil, true
	}
	if m.err != nil {
		p.Failed(h, m.err)
		return nil, true
	}
	values := m.values
	if h.Access.Personal {
		// What only a shared organization has is absent here.
		values = nil
		for _, v := range m.values {
			if v.ReadOnly == "" {
				values = append(values, v)
			}
		}
	}
	p.Table.SetRows(values, false, false, !p.Loaded, h.Now)
	p.Loaded = true
	return nil, true
}

func (p *Pane) Draw(h host.Host, r ui.Region, focused bool) {
	p.Table.Draw(r, focused, h.Now)
	r.Zone(host.TableZone(host.Settings))
}

func (p *Pane) Detail(h host.Host) (string, []ui.Line) {
	v, ok := p.Table.Current()
	if !ok {
		return "", nil
	}
	value := shownValue(v)
	if value == "" {
		value = "–"
	}
	pairs := []string{"Value", value, "What it does", v.Help, "Default", v.Default, "Who may change it", v.WhoMay}
	if v.ReadOnly != "" {
		pairs = append(pairs, "Read-only", v.ReadOnly)
	}
	return v.Title, kit.Facts(append(pairs, "In commands", v.Key)...)
}

// Offer adds the settings that the organization has to the palette. A personal
// one has few, which the pane knows once it was shown.
func (p *Pane) Offer(h host.Host) []ui.Item {
	var items []ui.Item
	add := func(d models.SettingDef) {
		items = append(items, ui.Item{ID: d.Key, Title: d.Title, Note: "setting · " + strings.TrimSuffix(d.Help, "."), Extra: d.Key})
	}
	if !h.Access.Personal {
		for _, d := range models.Settings() {
			add(d)
		}
		return items
	}
	for _, v := range p.Table.Rows() {
		add(models.SettingDef{Key: v.Key, Title: v.Title, Help: v.Help})
	}
	return items
}

// Seek goes to a setting.
func (p *Pane) Seek(h host.Host, key string) tea.Cmd {
	p.Table.SetCursor(key)
	return p.Load(h)
}

func settingsBindings() []keys.Binding[host.Host] {
	return []keys.Binding[host.Host]{
		{ID: "settings.edit", Keys: []string{"e", "enter"}, Title: "edit", Scope: scopeSettings, Allowed: kit.May(models.PermSettings, models.PermBilling), Foot: 90,
			Help: "Edits the section, starting at this setting.",
			Enabled: func(h host.Host) string {
				v, ok := of(h).Table.Current()
				if !ok {
					return "no setting is selected"
				}
				if v.ReadOnly == "" {
					return ""
				}
				return v.ReadOnly + " · " + v.WhoMay + " may change it"
			},
			Run: func(h host.Host) tea.Cmd { return of(h).edit(h) }},
		{ID: "settings.copy_id", Keys: []string{"y"}, Title: "copy the organization's id", Scope: scopeSettings,
			Help: "Copies the id, for support requests. It never changes.",
			Run:  func(h host.Host) tea.Cmd { return h.Copy(h.Org.ID, h.Org.ID) }},
	}
}

// edit opens the form of the selected setting's section.
func (p *Pane) edit(h host.Host) tea.Cmd {
	at, _ := p.Table.Current()
	if at.Key == models.SetPlan {
		return choosePlan(h) // which shows first what another one brings
	}
	defs := map[string]models.SettingDef{}
	for _, d := range models.Settings() {
		defs[d.Key] = d
	}
	form := &ui.Form{Title: section(at) + " settings of " + h.OrgName(), Send: "Save"}
	for _, v := range p.Table.Rows() {
		if section(v) != section(at) {
			continue
		}
		if v.Key == models.SetPlan {
			v.ReadOnly = "change it with e on its own row"
		}
		form.Fields = append(form.Fields, kit.SettingField(v, defs[v.Key]))
	}
	form.Submit = func(func(string) string) tea.Cmd { return save(h, form) }
	h.Show(form.Prepare().Focus(at.Key))
	return nil
}

// save sends what differs from what the form showed. Where that would lock the
// person out, it asks whether to save it anyway.
func save(h host.Host, form *ui.Form) tea.Cmd {
	changes, back := kit.SettingChanges(form)
	st, org := h.Store, h.Org.ID
	what := ""
	if len(changes) == 1 {
		d, _ := models.FindSetting(changes[0].Key) // the form was made of them
		what = d.Title + " changed"
	} else {
		what = kit.Count(len(changes), "setting", "settings") + " changed"
	}
	send := func(ctx context.Context, actor models.Actor, force bool) host.Outcome {
		if len(changes) == 0 {
			return host.Outcome{}
		}
		if _, err := st.UpdateSettings(ctx, actor, org, changes, force); err != nil {
			return host.Outcome{Err: err}
		}
		o := host.Outcome{Text: "settings saved"}
		o.Undo = &host.Step{Text: what,
			Undo: func(ctx context.Context, actor models.Actor) error {
				_, err := st.UpdateSettings(ctx, actor, org, back, force)
				return err
			},
			Redo: func(ctx context.Context, actor models.Actor) error {
				_, err := st.UpdateSettings(ctx, actor, org, changes, force)
				return err
			}}
		return o
	}
	dialog := h.TopID()
	return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
		o := send(ctx, actor, false)
		if errors.Is(o.Err, models.LockOut{}) {
			e := models.AsError(o.Err)
			o.Refused = func(h host.Host) tea.Cmd { return saveAnyway(h, e.Message, dialog, send) }
		}
		return o
	})
}

// saveAnyway asks about settings that would lock the person out. The form stays
// below until they are saved.
func saveAnyway(h host.Host, why string, form int, save func(ctx context.Context, actor models.Actor, force bool) host.Outcome) tea.Cmd {
	h.Show((&ui.Confirm{Title: "Save anyway?", Danger: true, Yes: "save anyway", No: "Back to the form",
		Lines: []ui.Line{{Text: "! " + why + ".", Style: theme.Warn}, {}, {Text: "Only somebody else, or a shell on the database's machine, could then let you in."}},
		Do: func() tea.Cmd {
			return h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
				o := save(ctx, actor, true)
				o.Then = func(h host.Host) tea.Cmd { h.Dismiss(form); return nil }
				return o
			})
		}}).ByItself(h.Now))
	return h.Guarded()
}
