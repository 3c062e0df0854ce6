package shell

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"muster/tui/host"
	"muster/tui/pane/organizations"
	"muster/tui/ui"
)

// stage is an app that nobody runs: what it asks for is brought by hand.
type stage struct {
	*App
	t *testing.T
}

// staged is an app on a store for an owner who is a site admin, at a size.
func staged(t *testing.T, w, h int) stage {
	app := sized(t, benchShared(t), w, h)
	app.Me.SiteAdmin = true
	app.arrangePanes()
	return stage{app, t}
}

// shown is the screen as text.
func (s stage) shown() string {
	return ansi.Strip(s.sh.pool.Draw(s.Theme, s.Width, s.Height, s.draw).Content)
}

// bring does what a command does, and gives the app what comes of it.
func (s stage) bring(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, host.WakeMsg:
	case tea.BatchMsg:
		for _, c := range msg {
			s.bring(c)
		}
	default:
		s.bring(s.update(msg))
	}
}

func (s stage) must(texts ...string) {
	s.t.Helper()
	shown := s.shown()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			s.t.Errorf("there is no %q in\n%s", text, shown)
		}
	}
}

// Every pane says that it waits, but not before it has waited a moment; why it
// has nothing to show, and what to do about it.
func TestWhatPanesShowWithoutRows(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		for _, id := range []host.PaneID{host.Members, host.Invitations, host.Settings, host.Workspaces, host.Overview, host.Audit, host.You, host.Users, host.AllOrganizations} {
			t.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], id), func(t *testing.T) {
				s := staged(t, size[0], size[1])
				open := func() tea.Cmd {
					for _, p := range s.all {
						p.Fresh()
					}
					s.Pane(host.AllOrganizations).(*organizations.All).Forget() // it outlives a switch
					return s.GoTo(id)
				}
				open()
				s.Now = s.Now.Add(ui.LoadingAfter - time.Millisecond)
				if strings.Contains(s.shown(), "loading …") {
					t.Errorf("it flickers:\n%s", s.shown())
				}
				s.Now = s.Now.Add(time.Millisecond)
				s.must("loading …")
				s.bring(open()) // nobody is signed in
				s.must("– this needs an account · join with a code")
				if err := s.sh.Store.Close(); err != nil {
					t.Fatal(err)
				}
				s.bring(open())
				s.must("✗ ", "press R to try again")
			})
		}
	}
}

// A list in a dialog says that it looks, and why nothing comes.
func TestWhatListsInDialogsShowWithoutRows(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		for name, action := range map[string]string{
			"roles": "role.list", "plans": "plan.choose", "former": "member.former", "nominees": "organization.transfer", "workspaces": "workspace.switch",
		} {
			t.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], name), func(t *testing.T) {
				s := staged(t, size[0], size[1])
				cmd := s.bindings.Get(action).Run(s.h)
				s.must("looking …")
				s.bring(cmd)
				s.must("✗ this needs an account")
				if strings.Contains(s.shown(), "looking …") {
					t.Errorf("it still looks:\n%s", s.shown())
				}
			})
		}
	}
}
