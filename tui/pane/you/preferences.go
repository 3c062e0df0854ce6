package you

import (
	"muster/models"
	"muster/tui/host"
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
	return rows
}
