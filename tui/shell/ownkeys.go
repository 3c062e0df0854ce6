package shell

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/keys"
	"muster/tui/theme"
	"muster/tui/ui"
)

// over lays what somebody bound for themselves over the keys of the installation.
func over(installed map[string][]string, own models.Bindings) map[string][]string {
	all := maps.Clone(installed)
	if all == nil {
		all = map[string][]string{}
	}
	maps.Copy(all, own)
	return all
}

// KeyBindings lists all actions with the keys that they have for somebody who has
// bound some for themselves. Of those that no longer fit it says why, and lists the
// keys of the installation, as the app uses them.
func KeyBindings(installed map[string][]string, own models.Bindings) ([]models.KeyBinding, error) {
	base, err := Bindings(installed)
	if err != nil {
		return nil, err
	}
	t, left := fitting(installed, own)
	if t == nil {
		t = base
	}
	var list []models.KeyBinding
	for _, s := range Scopes() {
		for _, b := range t.In([]keys.Scope{s.Scope}) {
			_, bound := own[b.ID]
			list = append(list, models.KeyBinding{Action: b.ID, Title: b.Title, Where: s.Title, Keys: append([]string{}, b.Keys...),
				Default: append([]string{}, base.Get(b.ID).Keys...), Own: bound, Problem: left[b.ID]})
		}
	}
	return list, nil
}

// CheckBindings refuses what somebody cannot bind for themselves over the keys of the
// installation.
func CheckBindings(installed map[string][]string, own models.Bindings) error {
	_, err := Bindings(over(installed, own))
	return cannotBind(err, own)
}

// cannotBind says why keys cannot be bound, to who bound them.
func cannotBind(err error, own models.Bindings) error {
	var wrong *keys.Error
	if !errors.As(err, &wrong) {
		return err
	}
	e := models.Invalid("keys", "%s", wrong.Message)
	switch {
	case wrong.Other != "":
		other := wrong.Other
		if _, both := own[wrong.Action]; !both {
			other = wrong.Action
		}
		return e.WithHint("choose another key, or give %s another one first", other)
	case strings.HasPrefix(wrong.Message, "there is no action"):
		e.Field = "action"
		return e.WithHint("{user.bindings} lists the actions")
	}
	return e
}

// bindOwn makes the session's keys those that the person has bound, where that has
// changed. What no longer fits (the configuration has changed, or muster) keeps
// the keys of the installation, which is said.
func (a *App) bindOwn(before models.Bindings) tea.Cmd {
	own := a.Me.Bindings
	if len(own) == 0 && len(before) == 0 || reflect.DeepEqual(own, before) {
		return nil
	}
	t, left := fitting(a.sh.Keys, own)
	if t == nil {
		a.bindings = a.sh.bindings
		return nil
	}
	a.bindings = t
	if len(left) > 0 {
		return a.h.Say(ui.Caution, "your own keys of "+strings.Join(slices.Sorted(maps.Keys(left)), ", ")+" no longer fit; the default is used")
	}
	return nil
}

// fitting gives the table with as many of somebody's own bindings as fit, and why
// those of other actions do not. Where none fits it gives no table.
func fitting(installed map[string][]string, own models.Bindings) (t *keys.Table[host.Host], left map[string]string) {
	if len(own) == 0 {
		return nil, nil
	}
	if t, err := Bindings(over(installed, own)); err == nil {
		return t, nil
	}
	fits, left := models.Bindings{}, map[string]string{}
	for _, action := range slices.Sorted(maps.Keys(own)) {
		fits[action] = own[action]
		next, err := Bindings(over(installed, fits))
		if err != nil {
			delete(fits, action)
			left[action] = models.AsError(cannotBind(err, own)).Message
			continue
		}
		t = next
	}
	return t, left
}

// resetAll is the item that drops all of the person's own keys.
const resetAll = "*"

// ChooseBinding offers all actions, to bind one to other keys.
func (a *App) ChooseBinding() tea.Cmd {
	pick := &ui.Picker{Title: "Your keys", Find: true, Prompt: "an action or a key · enter changes its keys", Empty: "No matches"}
	if n := len(a.Me.Bindings); n > 0 {
		pick.Items = append(pick.Items, ui.Item{ID: resetAll, Title: "Reset all", Note: "back to the default keys", Right: ui.Count(n, false)})
	}
	for _, s := range Scopes() {
		for _, b := range a.bindings.In([]keys.Scope{s.Scope}) {
			it := ui.Item{ID: b.ID, Title: b.Title, Note: b.ID, Right: models.KeysText(b.Keys), Group: s.Title, Extra: b.Help}
			if _, own := a.Me.Bindings[b.ID]; own {
				it.Note += " · yours"
			}
			pick.Items = append(pick.Items, it)
		}
	}
	pick.Choose = func(it ui.Item) tea.Cmd {
		if it.ID == resetAll {
			return a.resetBindings()
		}
		return a.bindForm(it.ID)
	}
	a.Show(pick)
	return nil
}

// inherit is what one types, here and in commands, for the keys of the
// installation, and unbound for none.
const (
	inherit = "default"
	unbound = "none"
)

// typedKeys reads what somebody typed for the keys of an action.
func typedKeys(text string) []string {
	switch strings.TrimSpace(text) {
	case inherit:
		return nil
	case unbound, "":
		return []string{}
	}
	return models.ParseKeys(text)
}

func (a *App) bindForm(action string) tea.Cmd {
	b := a.bindings.Get(action)
	first := a.sh.bindings.Get(action)
	if b == nil || first == nil {
		return nil
	}
	check := func(next models.Bindings) error { return CheckBindings(a.sh.Keys, next) }
	st, own := a.sh.Store, a.Me.Bindings
	shown := "none"
	if len(first.Keys) > 0 {
		shown = models.KeysText(first.Keys)
	}
	field := ui.FormField{Name: "keys", Label: "Keys", Help: "with spaces between, such as: a G ctrl+p f5 space · none unbinds", Max: 160,
		Check: func(text string) error {
			next, err := own.With(action, typedKeys(text))
			if err == nil {
				err = check(next)
			}
			return err
		}}
	form := &ui.Form{Title: "Keys of " + b.Title, Send: "Save",
		Intro:  []ui.Line{{Text: b.Help}, {Text: "Default: " + shown + ". Type default to go back to it.", Style: theme.Muted}},
		Fields: []ui.FormField{field.With(models.KeysText(b.Keys))}}
	was, had := own[action]
	form.Submit = func(get func(string) string) tea.Cmd {
		to := typedKeys(get("keys"))
		set := func(k []string) func(context.Context, models.Actor) error {
			return func(ctx context.Context, actor models.Actor) error {
				_, err := st.SetBinding(ctx, actor, action, k, check)
				return err
			}
		}
		back := set(nil)
		if had {
			back = set(append([]string{}, was...))
		}
		text := b.Title + ": " + keysWords(to)
		return a.h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			return host.Reversible(ctx, actor, text, set(to), back)
		})
	}
	a.Show(form.Prepare())
	return nil
}

func keysWords(k []string) string {
	switch {
	case k == nil:
		return "default keys"
	case len(k) == 0:
		return "no key"
	}
	return models.KeysText(k)
}

func (a *App) resetBindings() tea.Cmd {
	st, n := a.sh.Store, len(a.Me.Bindings)
	a.Show(&ui.Confirm{Title: "Reset all of your keys?", Yes: "reset", Lines: []ui.Line{{Text: "Every action has its default keys again. Yours: " + ui.Count(n, false) + "."}}, Do: func() tea.Cmd {
		return a.h.ActTop(func(ctx context.Context, actor models.Actor) host.Outcome {
			return host.Outcome{Err: st.ResetBindings(ctx, actor), Text: "all keys are the default ones"}
		})
	}})
	return nil
}
