package tui

import (
	"fmt"
	"testing"

	"muster/models"
	"muster/tui/tuitest"
)

// link makes a join link of ACME and gives its code.
func (h *house) link(by models.Actor, n models.NewLink) (models.JoinLink, string) {
	h.t.Helper()
	l, err := h.st.CreateLink(h.ctx, by, h.acme.ID, n)
	h.must(err)
	code, err := h.st.LinkCode(h.ctx, by, h.acme.ID, l.ID)
	h.must(err)
	return l, code
}

func TestAStrangerJoinsByALink(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	_, code := h.link(ada, models.NewLink{Label: "spring course", Role: models.RoleViewer, MaxUses: 2})
	k := key("zoe")
	o := Options{Entry: EntryJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Term: "xterm-256color"}
	app := h.open(o)
	app.See("Join with a link", "Acme Corporation (ACME)", "viewer", "Ada Lovelace <ada@acme.dev>", k.Fingerprint, "This key is new here").Wait(tuitest.Finger)
	app.See("[ a join ]").Golden("80x24/join-link")
	app.Press("a").See("Who you are").Press("ctrl+enter").See("name is missing").Type("Zoë").Press("tab").Type("zoe").Press("ctrl+enter").See("not an email")
	app.Type("@acme.dev").Press("ctrl+enter").See("muster   1 Acme Corporation", "zoe@acme.dev · viewer", "2 Members 5")
	known := key("grace@acme.dev")
	h.open(Options{Entry: EntryJoin, Code: code, Key: &known, Actor: grace, Term: "xterm-256color"}).See("You are already a member", "joining changes nothing")
}

func TestALinkTellsWhichAddressesItTakes(t *testing.T) {
	h, ada, _, _ := peopled(t)
	_, err := h.st.UpdateSettings(h.ctx, ada, h.acme.ID, []models.SettingChange{{Key: models.SetDomains, Value: "acme.dev"}}, false)
	h.must(err)
	_, code := h.link(ada, models.NewLink{})
	k := key("zoe")
	app := h.open(Options{Entry: EntryJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Term: "xterm-256color", Name: "Zoë"})
	app.See("addresses of acme.dev").Wait(tuitest.Finger).Press("a").See("Who you are", "Zoë").Press("tab").Type("zoe@elsewhere.org").Press("ctrl+enter").See("✗")
	for range len("elsewhere.org") {
		app.Press("backspace")
	}
	app.Type("acme.dev").Press("ctrl+enter").See("zoe@acme.dev · member")
}

func TestALinkIsLeft(t *testing.T) {
	h, ada, _, _ := peopled(t)
	l, code := h.link(ada, models.NewLink{})
	k := key("zoe")
	app := h.open(Options{Entry: EntryJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Term: "xterm-256color"})
	app.See("Join with a link").Wait(tuitest.Finger).Press("q").Ends()
	l, err := h.st.Link(h.ctx, ada, h.acme.ID, l.ID)
	h.must(err)
	if l.Uses != 0 {
		t.Errorf("the link was used %d times", l.Uses)
	}
}

func TestRemovingTellsOfJoinLinks(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	h.link(grace, models.NewLink{})
	app := h.as(ada)
	app.Press("j", "j").SeeCursorOn("grace@acme.dev").Press("d").See("1 join link they created is revoked")
}

func TestJoinLinksAreMadeCopiedAndRevoked(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {140, 40}} {
		h, ada, _, _ := peopled(t)
		app := h.as(ada, size[0], size[1])
		frame := func(name string) { t.Helper(); app.Golden(fmt.Sprintf("%dx%d/%s", size[0], size[1], name)) }
		app.Press("3").See("●3").Press("L").See("Join links · one code for several people", "No join links yet", "press n to create one")
		frame("links-none")
		app.Press("n").See("New join link").Type("spring course").Press("tab", "tab", "ctrl+u").Type("0").Press("ctrl+enter").See("must be from 1 to 1000").Press("backspace").Type("3").Press("ctrl+enter")
		app.See("Join command of spring course", "ssh join+", "3 more people who have this line can join as member").Press("esc").SeeNot("Join command of")
		app.SeeLine("spring course", "○ open", "member", "0 of 3", "in 48h").Press("Y").See("Join command of spring course", "ssh join+").Press("esc").SeeNot("Join command of")
		h.link(ada, models.NewLink{Label: "talk in 京都", Role: models.RoleViewer})
		app.SeeLine("talk in 京都", "○ open", "viewer") // of somebody else, and at once
		frame("links")
		app.SeeCursorOn("spring course")
		if size[0] < detailFrom {
			app.Press("p").See("Ada Lovelace <ada@acme.dev>", "[ Y copy join command ]").Press("esc").SeeNot("[ Y copy")
		} else {
			app.See("Ada Lovelace <ada@acme.dev>")
		}
		app.Press("*").See("2 marked").Press("d").See("Revoke 2 join links?", "stay members").Press("y").See("2 join links are revoked").SeeLine("spring course", "✗ revoked")
		app.Press("d").See("was revoked").SeeNot("Revoke spring").Press("Y").See("was revoked")
		app.Press("f").See("Show only").Type("active").Press("enter").See("No matches").Press("esc").SeeLine("talk in", "✗ revoked").Press("/").Type("SPRING").See("/SPRING", "1 of 1").SeeNot("talk in").Press("esc").See("talk in")
		app.Press("esc").See("●3", "dee@acme.dev")
	}
}

func TestManyJoinLinksArePaged(t *testing.T) {
	h, ada, _, _ := peopled(t)
	for i := range 120 {
		l, err := h.st.CreateLink(h.ctx, ada, h.acme.ID, models.NewLink{Label: fmt.Sprintf("course %03d", i)})
		h.must(err)
		_, err = h.st.RevokeLink(h.ctx, ada, h.acme.ID, l.ID)
		h.must(err)
	}
	app := h.as(ada)
	app.Press("3").See("●3").Press("L").SeeCursorOn("course 119").Press("G").SeeCursorOn("course 000").Press("g").SeeCursorOn("course 119")
	for range 6 {
		app.Press("pgdown")
	}
	app.SeeCursorOn("course 029").See("91 of 120").Press("pgup", "pgup", "pgup", "pgup", "pgup", "pgup").SeeCursorOn("course 119")
}

func TestWhoMayNotMakeLinksIsToldWhy(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy)
	app.Press("3").See("dee@acme.dev").Press("L").See("No join links yet", "lets people join without approval").Press("n").SeeNot("New join link")
	app.Golden("80x24/links-denied")
}
