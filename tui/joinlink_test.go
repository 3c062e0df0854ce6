package tui

import (
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
	o := Options{Entry: EnterJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Term: "xterm-256color"}
	app := h.open(o)
	app.See("Join by a link", "Acme Corporation (ACME)", "viewer", "Ada Lovelace <ada@acme.dev>", k.Fingerprint, "This key is new here").Wait(tuitest.Finger)
	app.See("[ a join ]").Golden("80x24/join-link")
	app.Press("a").See("Who you are").Press("ctrl+enter").See("name is missing").Type("Zoë").Press("tab").Type("zoe").Press("ctrl+enter").See("not an email")
	app.Type("@acme.dev").Press("ctrl+enter").See("muster ▸ Acme Corporation", "zoe@acme.dev · viewer", "[2]Members 5")
	known := key("grace@acme.dev")
	h.open(Options{Entry: EnterJoin, Code: code, Key: &known, Actor: grace, Term: "xterm-256color"}).See("You are a member already", "uses nothing up")
}

func TestALinkTellsWhichAddressesItTakes(t *testing.T) {
	h, ada, _, _ := peopled(t)
	_, err := h.st.UpdateSettings(h.ctx, ada, h.acme.ID, []models.SettingChange{{Key: models.SetDomains, Value: "acme.dev"}}, false)
	h.must(err)
	_, code := h.link(ada, models.NewLink{})
	k := key("zoe")
	app := h.open(Options{Entry: EnterJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Term: "xterm-256color", Name: "Zoë"})
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
	app := h.open(Options{Entry: EnterJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Term: "xterm-256color"})
	app.See("Join by a link").Wait(tuitest.Finger).Press("q").Ends()
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
	app.Press("j", "j").SeeCursorOn("grace@acme.dev").Press("d").See("1 join link they made stops letting anybody in")
}

func TestJoinLinksAreMadeCopiedAndRevoked(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("3").See("3 waiting").Press("L").See("Join links of Acme Corporation", "new join link").Press("enter").See("New join link")
	app.Type("spring course").Press("tab", "tab", "ctrl+u").Type("0").Press("ctrl+enter").See("must be from 1 to 1000").Press("backspace").Type("3").Press("ctrl+enter")
	app.See("Join command of spring course", "ssh join+", "3 more people who have this line can join as member").Press("esc").SeeNot("Join command of")
	app.Press("L").See("Join links of").SeeLine("spring course", "member, 0 of 3 used", "○ open").Press("j", "enter")
	app.See("Ada Lovelace <ada@acme.dev>", "[ Y copy join command ]").Press("Y").See("Join command of spring course", "ssh join+").Press("esc").SeeNot("Join command of")
	app.Press("L").See("Join links of").Press("j", "enter").See("[ d revoke ]").Press("d").See("Revoke spring course?", "stay members").Press("y").See("spring course is revoked")
	app.Press("L").See("Join links of").SeeLine("spring course", "✗ revoked").Press("j", "enter").See("its code cannot be shown", "was revoked").SeeNot("d revoke")
}

func TestWhoMayNotMakeLinksIsToldWhy(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy)
	app.Press("3").See("dee@acme.dev").Press("L").See("Join links of").See("lets people in at once, and your invitations need").Press("enter").SeeNot("New join link")
}
