package kit

import (
	tea "charm.land/bubbletea/v2"

	"muster/tui/host"
	"muster/tui/ui"
)

// Row gives what the bindings of a list need for its selected row: on has a row say
// why not, where none says so, and with does something to it.
func Row[T any](table func(h host.Host) *ui.Table[T], none string) (on func(why func(h host.Host, v T) string) func(h host.Host) string, with func(do func(h host.Host, v T) tea.Cmd) func(h host.Host) tea.Cmd) {
	on = func(why func(h host.Host, v T) string) func(h host.Host) string {
		return func(h host.Host) string {
			v, ok := table(h).Current()
			if !ok {
				return none
			}
			return why(h, v)
		}
	}
	with = func(do func(h host.Host, v T) tea.Cmd) func(h host.Host) tea.Cmd {
		return func(h host.Host) tea.Cmd {
			v, _ := table(h).Current()
			return do(h, v)
		}
	}
	return on, with
}
