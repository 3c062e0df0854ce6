package tui

import (
	"fmt"
	"testing"

	"muster/models"
	"muster/store"
	"muster/tui/tuitest"
)

// The dialogs of a code that somebody uses who is signed in: to enter it, and what it
// offers, of an invitation and of a join link.
func TestJoinCodeFrames(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		h, ada, _, cy := peopled(t)
		globex, err := h.st.CreateOrganization(h.ctx, ada, store.NewOrganization{Name: "Globex", Code: "GLOBEX"})
		h.must(err)
		inv, err := h.st.CreateInvitation(h.ctx, ada, globex.ID, models.NewInvitation{Email: "cy@acme.dev", Role: models.RoleAdmin, Message: "we need a painter"})
		h.must(err)
		code, err := h.st.JoinCode(h.ctx, ada, globex.ID, inv.ID)
		h.must(err)
		link, err := h.st.CreateLink(h.ctx, ada, globex.ID, models.NewLink{Label: "open day", Role: models.RoleViewer})
		h.must(err)
		shared, err := h.st.LinkCode(h.ctx, ada, globex.ID, link.ID)
		h.must(err)

		k := key("cy@acme.dev")
		app := h.open(Options{Actor: cy, Key: &k, Term: "xterm-256color"}, size[0], size[1]).See("● live")
		frame := func(name string) { t.Helper(); app.Golden(fmt.Sprintf("%dx%d/%s", size[0], size[1], name)) }
		enter := func() *tuitest.Terminal {
			return app.Press(":").See("Command").Type("join with a code").SeeCursorOn("join with a code").Press("enter").See("the whole line from the mail")
		}
		enter()
		frame("code-enter")
		app.Type("nothing").Press("ctrl+enter").See("✗")
		frame("code-wrong")
		app.Press("esc", "esc").SeeNot("Join with a code")
		enter().Paste("ssh join+" + shared + "@muster.acme.dev")
		app.Press("ctrl+enter").See("Globex (GLOBEX)", "viewer").Wait(tuitest.Finger).See("accept")
		frame("code-link")
		app.Press("esc").SeeNot("Globex (GLOBEX)")
		enter().Paste("ssh join+" + code + "@muster.acme.dev")
		app.Press("ctrl+enter").See("Globex (GLOBEX)", "admin", "we need a painter").Wait(tuitest.Finger).See("decline")
		frame("code-invitation")
		app.Press("a").See("welcome to Globex")
	}
}
