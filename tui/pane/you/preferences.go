package you

import (
	"maps"
	"slices"

	"muster/models"
	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/ui"
)

// preferenceRows are the lines of the You pane.
func preferenceRows(h host.Host) []youRow {
	var rows []youRow
	for _, p := range models.PreferenceList() {
		r := youRow{id: p.Name, what: p.Title, title: h.Me.Preferences.Get(p.Name), note: "your preference", prefers: p.Name}
		if r.title == "" {
			r.title, r.note = h.InForce(p.Name), "default · "+h.KeyOf("you.edit")+" to change"
		}
		rows = append(rows, r)
	}
	own := youRow{id: bindings, what: "Bindings", title: "default keys", note: h.KeyOf("you.edit") + " to choose your own"}
	if n := len(h.Me.Bindings); n > 0 {
		own.title, own.note = ui.Count(n, false)+" of your own", h.KeyOf("you.edit")+" to change"
	}
	return append(rows, own)
}

// bindings is the row of the person's own keys of the app, and the action that
// changes them.
const bindings = "bindings"

// ownKeys lists what the person has bound for themselves.
func ownKeys(h host.Host) []ui.Line {
	facts := []string{"Keys", "of the app, by what they do"}
	for _, action := range slices.Sorted(maps.Keys(h.Me.Bindings)) {
		title, _ := h.Action(action)
		if title == "" {
			title = action
		}
		keys := models.KeysText(h.Me.Bindings[action])
		if keys == "" {
			keys = "no key"
		}
		facts = append(facts, title, keys)
	}
	return kit.Facts(facts...)
}
