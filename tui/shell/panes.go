package shell

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"muster/models"
	"muster/tui/host"
	"muster/tui/pane/apikeys"
	"muster/tui/pane/audit"
	"muster/tui/pane/invitations"
	"muster/tui/pane/members"
	"muster/tui/pane/organizations"
	"muster/tui/pane/overview"
	"muster/tui/pane/settings"
	"muster/tui/pane/users"
	"muster/tui/pane/workspaces"
	"muster/tui/pane/you"
)

// registered are the panes in the order of their tabs. To add one, add its
// package here: docs/dev/panes.md says how.
var registered = []func() host.Registration{
	organizations.Register,
	members.Register,
	invitations.Register,
	settings.Register,
	workspaces.Register,
	apikeys.Register,
	overview.Register,
	audit.Register,
	users.Register,
	you.Register,
	organizations.RegisterAll,
}

// registrations makes them, once for all sessions.
func registrations() []host.Registration {
	all := make([]host.Registration, len(registered))
	for i, register := range registered {
		all[i] = register()
	}
	return all
}

func (a *App) makePanes() {
	a.all = make([]host.Pane, len(a.sh.panes))
	for i := range a.sh.panes {
		a.all[i] = a.sh.panes[i].New(a.h)
	}
	a.switcher = a.Pane(host.Organizations)
	a.At = host.You
	a.panes = []host.Pane{a.Pane(a.At)}
}

// Pane implements host.Shell.
func (a *App) Pane(id host.PaneID) host.Pane {
	for _, p := range a.all {
		if p.ID() == id {
			return p
		}
	}
	return nil
}

// registration is what a pane was registered as.
func (a *App) registration(id host.PaneID) int {
	return slices.IndexFunc(a.sh.panes, func(r host.Registration) bool { return r.ID == id })
}

// sign is the key that a pane's tab shows: the usual one as long as it goes there.
func (a *App) sign(id host.PaneID) string {
	r := &a.sh.panes[a.registration(id)]
	b := a.bindings.Get("pane." + string(id))
	if b == nil || slices.Contains(b.Keys, r.Sign) || slices.Equal(b.Keys, r.Keys) {
		return r.Sign
	}
	return b.Key()
}

// tabZone is where a tab can be clicked: the number of its registration, which
// costs a frame no memory as its name would.
type tabZone uint8

// arrangePanes gives the organization the panes it has.
func (a *App) arrangePanes() {
	a.panes = a.panes[:0:0]
	for i, p := range a.all {
		if r := &a.sh.panes[i]; p != a.switcher && (r.Present == nil || r.Present(a.h)) {
			a.panes = append(a.panes, p)
		}
	}
	for _, p := range a.panes {
		if p.ID() == a.At {
			return
		}
	}
	a.At = a.panes[0].ID()
	if a.Org.Kind == models.KindPersonal {
		a.At = host.You
	}
}

// pane is the one that is shown.
func (a *App) pane() host.Pane {
	for _, p := range a.panes {
		if p.ID() == a.At {
			return p
		}
	}
	return a.panes[0]
}

// list is the list that has the keys, nil if there is none.
func (a *App) list() host.Lister {
	if a.OnSwitcher {
		l, _ := a.switcher.(host.Lister)
		return l
	}
	return listOf(a.pane())
}

// listOf is the list that a pane shows, nil if it shows none.
func listOf(p host.Pane) host.Lister {
	if n, ok := p.(host.Nested); ok {
		return n.Inner()
	}
	if l, ok := p.(host.Lister); ok {
		return l
	}
	return nil
}

// GoTo implements host.Shell. Organizations stand beside it, or above it where room is
// short, and take the keys.
func (a *App) GoTo(id host.PaneID) tea.Cmd {
	if id == host.Organizations {
		a.OnSwitcher = true
		return a.switcher.Load(a.h)
	}
	for _, p := range a.panes {
		if p.ID() == id {
			a.OnSwitcher = false
			a.At = id
			a.subscribe()
			return p.Load(a.h)
		}
	}
	return nil
}

// step goes to the next or previous pane. Organizations take part where they
// stand beside the others.
func (a *App) step(by int) tea.Cmd {
	ids := make([]host.PaneID, 0, len(a.panes)+1)
	if a.columns().orgs > 0 {
		ids = append(ids, host.Organizations)
	}
	for _, p := range a.panes {
		ids = append(ids, p.ID())
	}
	now := 0
	for i, id := range ids {
		if a.OnSwitcher && id == host.Organizations || !a.OnSwitcher && id == a.At {
			now = i
		}
	}
	return a.GoTo(ids[(now+by+len(ids))%len(ids)])
}
