package members

import (
	tea "charm.land/bubbletea/v2"

	"muster/tui/host"
	"muster/tui/kit"
	"muster/tui/ui"
)

// removeBecause asks for the reason, then goes on as remove does.
func (p *Pane) removeBecause(h host.Host) tea.Cmd {
	chosen := p.Table.Chosen()
	if len(chosen) == 1 && chosen[0].ID == h.Actor.Subject() {
		return leave(h)
	}
	var id int
	form := &ui.Form{Title: "Remove " + whom(chosen), Send: "Continue", Fields: []ui.FormField{
		ui.FormField{Name: "reason", Label: "Reason", Help: "they are told (optional)", Check: kit.Long("reason")}.With(""),
	}, Submit: func(get func(string) string) tea.Cmd {
		why := get("reason")
		h.Dismiss(id)
		return p.remove(h, chosen, why)
	}}
	id = h.Show(form.Prepare())
	return nil
}
