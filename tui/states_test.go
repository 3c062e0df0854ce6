package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"muster/store"
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
	app.me.SiteAdmin = true
	app.arrangePanes()
	return stage{app, t}
}

// shown is the screen as text.
func (s stage) shown() string {
	return ansi.Strip(s.sh.pool.Draw(s.th, s.w, s.h, s.draw).Content)
}

// bring does what a command does, and gives the app what comes of it.
func (s stage) bring(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil, wakeMsg:
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
		for _, id := range []paneID{paneMembers, paneInvitations, paneSettings, paneWorkspaces, paneOverview, paneAudit, paneYou, paneUsers, paneAllOrgs} {
			t.Run(fmt.Sprintf("%dx%d/%d", size[0], size[1], id), func(t *testing.T) {
				s := staged(t, size[0], size[1])
				open := func() tea.Cmd {
					for _, p := range s.everyPane() {
						p.fresh()
					}
					s.allOrgs.forget() // it outlives a switch
					return s.goTo(id)
				}
				open()
				s.now = s.now.Add(ui.LoadingAfter - time.Millisecond)
				if strings.Contains(s.shown(), "loading …") {
					t.Errorf("it flickers:\n%s", s.shown())
				}
				s.now = s.now.Add(time.Millisecond)
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
		for name, open := range map[string]func(a *App) tea.Cmd{
			"roles":      (*App).showRoles,
			"plans":      (*App).choosePlan,
			"former":     func(a *App) tea.Cmd { return a.members.former(a) },
			"nominees":   (*App).chooseNominee,
			"workspaces": (*App).pickWorkspace,
		} {
			t.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], name), func(t *testing.T) {
				s := staged(t, size[0], size[1])
				cmd := open(s.App)
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

// What is empty says what it is for and which key starts.
func TestWhatIsEmptySaysWhichKeyStarts(t *testing.T) {
	h := newHouse(t)
	k := key("ada-laptop")
	u, err := h.st.Init(h.ctx, store.NewUser{Name: "Ada Lovelace", Email: "ada@acme.dev", Key: &k})
	h.must(err)
	ada := h.actor(u, k)
	app := h.as(ada)
	app.Press("0").See("no shared organization yet", "press n to create one").Golden("80x24/all-organizations-empty")
	app.Press("/").Type("x").See("no organization fits", "press esc to see all").Press("esc").See("press n to create one")
	app.Press("n").See("New organization").Type("Acme").Press("ctrl+enter").See("Acme is created, and you are its owner")
	app.Press("3").See("nobody is on the way in", "press n to invite somebody").Press("L").See("no join links yet", "press n to make one")
	app.Press("2", "F").See("Former members", "nobody went in the last 30 days").Press("esc").SeeNot("Former members")
	app.Press("5").See("General").Press("enter").See("▸ Members").Press("t").See("there is none yet", "press n to create one")
}
