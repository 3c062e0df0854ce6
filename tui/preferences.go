package tui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/theme"
	"muster/tui/ui"
)

// prefer makes the session as the person wants it, where that has changed.
func (a *App) prefer(before models.Preferences) {
	for _, p := range models.PreferenceList() {
		if v := a.me.Preferences.Get(p.Name); v != before.Get(p.Name) && !slices.Contains(a.opt.Given, p.Name) {
			a.apply(p.Name, v)
		}
	}
}

// apply makes one preference count; "" is as the installation says.
func (a *App) apply(name, value string) {
	switch name {
	case "theme":
		mode, _ := theme.ParseMode(value)
		if value == "" {
			mode = a.opt.Theme
		}
		a.setTheme(mode)
	case "mouse":
		a.mouse = value == "on" || value == "" && !a.opt.NoMouse
	case "notifications":
		a.attention = ParseAttention(value)
		if value == "" {
			a.attention = a.opt.Attention
		}
	}
}

// ParseAttention gives the way of a word of the configuration; any other is the
// bell.
func ParseAttention(s string) Attention {
	switch s {
	case "desktop":
		return Desktop
	case "off":
		return Quiet
	}
	return Bell
}

// preferenceRows are the lines of the You pane.
func (a *App) preferenceRows() []youRow {
	var rows []youRow
	for _, p := range models.PreferenceList() {
		r := youRow{id: p.Name, what: p.Title, title: a.me.Preferences.Get(p.Name), note: "yours, everywhere", prefers: p.Name}
		if r.title == "" {
			r.title, r.note = a.inForce(p.Name), "default, "+a.keyOf("you.edit")+" changes"
		}
		rows = append(rows, r)
	}
	return rows
}

// inForce is what a preference comes down to in this session.
func (a *App) inForce(name string) string {
	switch name {
	case "theme":
		return a.th.Mode.String()
	case "mouse":
		if a.mouse {
			return "on"
		}
		return "off"
	}
	return [...]string{Bell: "bell", Desktop: "desktop", Quiet: "off"}[a.attention]
}

// choosePreference offers the values of a preference.
func (a *App) choosePreference(name string) tea.Cmd {
	st, actor := a.sh.Store, a.actor
	defs := models.PreferenceList()
	def := defs[slices.IndexFunc(defs, func(p models.Preference) bool { return p.Name == name })]
	now := a.me.Preferences.Get(name)
	pick := &ui.Picker{Title: def.Title, Choose: func(it ui.Item) tea.Cmd {
		return a.act(0, func(ctx context.Context) outcome {
			_, err := st.SetPreference(ctx, actor, name, it.ID)
			text := def.Title + ": " + it.Title
			set := func(value string) func(context.Context) error {
				return func(ctx context.Context) error {
					_, err := st.SetPreference(ctx, actor, name, value)
					return err
				}
			}
			return outcome{err: err, text: text, undo: &step{text: text, back: set(now), again: set(it.ID)},
				then: func(a *App) tea.Cmd {
					// Chosen now, it counts over what this session began with.
					a.opt.Given = slices.DeleteFunc(a.opt.Given, func(s string) bool { return s == name })
					a.apply(name, it.ID)
					return a.pane().load(a)
				}}
		})
	}}
	for _, v := range def.Choices {
		pick.Items = append(pick.Items, ui.Item{ID: v, Title: v, Mark: v == now})
	}
	pick.Items = append(pick.Items, ui.Item{ID: "", Title: "default", Note: "as the installation says", Mark: now == ""})
	a.show(pick.Start(now))
	return nil
}
