package shell

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/theme"
	"muster/tui/ui"
)

// prefer makes the session as the person wants it, where that has changed.
func (a *App) prefer(before models.Preferences) {
	for _, p := range models.PreferenceList() {
		if v := a.Me.Preferences.Get(p.Name); v != before.Get(p.Name) && !slices.Contains(a.opt.Given, p.Name) {
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

// InForce is what a preference comes down to in this session.
func (a *App) InForce(name string) string {
	switch name {
	case "theme":
		return a.Theme.Mode.String()
	case "mouse":
		if a.mouse {
			return "on"
		}
		return "off"
	}
	return [...]string{Bell: "bell", Desktop: "desktop", Quiet: "off"}[a.attention]
}

// ChoosePreference offers the values of a preference.
func (a *App) ChoosePreference(name string) tea.Cmd {
	st := a.sh.Store
	defs := models.PreferenceList()
	def := defs[slices.IndexFunc(defs, func(p models.Preference) bool { return p.Name == name })]
	now := a.Me.Preferences.Get(name)
	pick := &ui.Picker{Title: def.Title, Choose: func(it ui.Item) tea.Cmd {
		return a.h.Act(0, func(ctx context.Context, actor models.Actor) host.Outcome {
			_, err := st.SetPreference(ctx, actor, name, it.ID)
			text := def.Title + ": " + it.Title
			set := func(value string) func(context.Context, models.Actor) error {
				return func(ctx context.Context, actor models.Actor) error {
					_, err := st.SetPreference(ctx, actor, name, value)
					return err
				}
			}
			return host.Outcome{Err: err, Text: text, Undo: &host.Step{Text: text, Undo: set(now), Redo: set(it.ID)},
				Then: func(host.Host) tea.Cmd {
					// Chosen now, it counts over what this session began with.
					a.opt.Given = slices.DeleteFunc(a.opt.Given, func(s string) bool { return s == name })
					a.apply(name, it.ID)
					return a.pane().Load(a.h)
				}}
		})
	}}
	for _, v := range def.Choices {
		pick.Items = append(pick.Items, ui.Item{ID: v, Title: v, Mark: v == now})
	}
	pick.Items = append(pick.Items, ui.Item{ID: "", Title: "default", Note: "server default", Mark: now == ""})
	a.Show(pick.Start(now))
	return nil
}
