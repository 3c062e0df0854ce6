package tui

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"

	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/pane/members"
	"muster/tui/tuitest"
	"muster/tui/ui"
)

func TestAnAdminClearsTheQueue(t *testing.T) {
	h, _, grace, _ := peopled(t)
	app := h.as(grace)
	app.See("Acme Corporation", "2 Members 4", "3 Invites ●3", "1 of 4")
	app.Press("3").See("●3").SeeCursorOn("dee@acme.dev")
	app.Press("a").See("dee@acme.dev approved as member", "u undo", "●2").SeeCursorOn("eve@acme.dev")
	app.Press("u").See("undone: dee@acme.dev approved", "●3").SeeLine("dee@acme.dev", "waiting").SeeCursorOn("eve@acme.dev")
	app.Press("x").See("eve@acme.dev rejected", "●2")
	app.Press("g", "a").See("dee@acme.dev approved", "●1").SeeCursorOn("fay@acme.dev")
	app.Press("a").See("fay@acme.dev approved").SeeNot("waiting")
	app.Press("q").Ends()
}

func TestUndoIsOverAfterTenSeconds(t *testing.T) {
	h, _, grace, _ := peopled(t)
	app := h.as(grace)
	app.Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("a").See("approved", "u undo")
	app.Wait(11*time.Second).Press("u").See("Nothing to undo", "●2")
}

func TestApproveMarkedOnesInAnotherRole(t *testing.T) {
	h, _, grace, _ := peopled(t)
	app := h.as(grace)
	app.Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("*").See("3 marked")
	app.Press("A").See("Approve 3 requests as", "owner").Press("v", "enter").See("3 requests approved", "u undo").SeeNot("waiting")
	app.SeeLine("dee@acme.dev", "pending", "viewer")
	app.Press("u").See("●3")
}

func TestBulkTellsOfEachRow(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(grace)
	app.Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("*").See("3 marked")
	// Somebody else decides one of them before the key is pressed.
	page, err := h.st.ListInvitations(h.ctx, ada, h.acme.ID, models.InvitationQuery{Search: "eve@"})
	h.must(err)
	_, err = h.st.RejectInvitation(h.ctx, ada, h.acme.ID, page.Items[0].ID, "")
	h.must(err)
	app.See("3 Invites ●2", "3 marked").Press("a").See("Some items failed", "2 rows were approved, 1 was not", "✓ dee@acme.dev", "✗ eve@acme.dev", "already rejected by ada@acme.dev")
	app.Press("esc").SeeNot("Some items failed")
}

func TestTheSecondOneIsToldWhoDecided(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	first, second := h.as(ada), h.as(grace, 140, 40)
	first.Press("3").See("●3").SeeCursorOn("dee@acme.dev")
	second.Press("3").See("●3").SeeCursorOn("dee@acme.dev")
	first.Press("a").See("approved")
	second.See("●2").SeeCursorOn("dee@acme.dev")
	second.Press("a").See("already approved by ada@acme.dev")
}

func TestRejectWithAReason(t *testing.T) {
	h, _, grace, cy := peopled(t)
	app := h.as(grace)
	app.Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("X").See("Reject dee@acme.dev").Type("we hire nobody").Press("ctrl+enter")
	app.See("dee@acme.dev rejected", "●2")
	// The proposer hears of it first thing, and it stands beside the row.
	h.as(cy).See("Your proposal of dee@acme.dev for Acme Corporation was rejected, by Grace", "we hire nobody").Wait(ui.Guard).Press("esc").
		Press("3").SeeLine("dee@acme.dev", "✗ rejected").Press("G").SeeCursorOn("dee@acme.dev").Press("p").SeeLine("Reason", "we hire nobody")
}

func TestAMemberProposes(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy)
	app.See("cy@acme.dev · member").Press("3").See("dee@acme.dev").Press("a").See("may not see all invitations and decide them")
	app.Press("n").See("Propose somebody").Type("gil@acme.dev").Press("ctrl+enter").See("gil@acme.dev proposed as member")
	app.SeeLine("gil@acme.dev", "waiting")
	app.Press("G", "d").See("Withdraw").Press("y").See("is no longer invited")
}

func TestNothingTypedIsLostWhenSendingFails(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("n").See("Invite to").Type("cy@acme.dev").Press("tab", "tab", "tab", "tab").Type("hello").Press("ctrl+enter")
	app.See("is a member of", "cy@acme.dev", "hello", "[ Cancel ]")
	app.Press("esc").See("esc again").Press("esc").SeeNot("Invite to")
}

func TestJoinCommandIsCopiedAndShown(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 100, 30)
	app.Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("a").See("approved").Press("/").Type("dee").See("1/1").Press("enter", "Y")
	app.See("Join command for dee@acme.dev", "ssh join+")
	_, encoded, _ := strings.Cut(app.Copied(), ";c;")
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !strings.HasPrefix(string(text), "ssh join+") || !strings.Contains(app.Screen(), string(text)) {
		t.Errorf("copied %q (%v)", text, err)
	}
}

func TestPendingOnesAreResentRenewedRevoked(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("a").See("approved").Press("/").Type("dee").See("1/1").Press("enter")
	app.Wait(2 * time.Minute).Press("r").See("gets the invitation again")
	app.Press("ctrl+r").See("A new code for dee@acme.dev?").Press("y").See("has a new code")
	app.Press("d").See("Revoke").Press("enter").SeeNot("Revoke").SeeLine("dee@acme.dev", "pending")
	app.Press("d").See("Revoke").Press("y").See("no longer invited").SeeLine("dee@acme.dev", "revoked")
}

func TestRolesChangeAndComeBack(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("j").SeeCursorOn("cy@acme.dev").Press("e").See("Role of cy@acme.dev").Press("a", "enter")
	app.See("cy@acme.dev is now admin", "u undo").SeeLine("cy@acme.dev", "admin")
	app.Press("u").See("undone").SeeLine("cy@acme.dev", "member")
	app.Press("U").See("cy@acme.dev is now admin").SeeLine("cy@acme.dev", "admin")
	app.Press("g").SeeCursorOn("ada@acme.dev").Press("e").See("Role of ada").Press("m", "enter").See("at least one active owner")
}

func TestAnAdminMayNotTouchOwners(t *testing.T) {
	h, _, grace, _ := peopled(t)
	app := h.as(grace)
	app.SeeCursorOn("ada@acme.dev").Press("e").See("only an owner may change or remove an owner").Press("enter").See("Role of ada")
	app.Press("esc").SeeNot("Role of").Press("d").See("only an owner may change or remove an owner").Press("y").See("only an owner").Press("esc")
	app.SeeNot("Remove ada").See("2 Members 4")
}

func TestRemovedWhileTheAppIsOpen(t *testing.T) {
	h, ada, _, cy := peopled(t)
	theirs, mine := h.as(cy), h.as(ada)
	theirs.See("Acme Corporation", "cy@acme.dev · member").Press("n").See("Propose")
	mine.Press("j").SeeCursorOn("cy@acme.dev").Press("d").See("takes effect at once", "3 open proposals by them are withdrawn")
	mine.Wait(tuitest.Finger).See("▸ Cancel ◂").Press("y").See("cy@acme.dev was removed", "2Members 3")
	theirs.See("no longer a member of Acme Corporation", "Personal").SeeNot("Propose", "2 Members")
	mine.SeeNot("cy@acme.dev  ")
}

func TestDemotedWhileTheAppIsOpen(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(grace)
	app.Press("3").See("●3").SeeCursorOn("dee@acme.dev")
	_, err := h.st.ChangeRole(h.ctx, ada, h.acme.ID, grace.UserID, models.RoleViewer)
	h.must(err)
	app.See("your role in Acme Corporation is now viewer", "grace@acme.dev · viewer", "No invitations yet")
}

func TestTheSelectedRowNeverChangesUnderARefresh(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("j", "j").SeeCursorOn("grace@acme.dev")
	for _, name := range []string{"abe", "bea", "cal", "deb"} {
		h.join(ada, name, name+"@acme.dev", models.RoleViewer)
		app.See(name + "@acme.dev").SeeCursorOn("grace@acme.dev")
	}
	app.See("7 of 8")
}

func TestNoKeyActsOnARowThatSlidUnderTheCursor(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(ada)
	app.Press("j").SeeCursorOn("cy@acme.dev")
	page, err := h.st.ListMembers(h.ctx, ada, h.acme.ID, models.MemberQuery{Search: "cy@"})
	h.must(err)
	_, err = h.st.RemoveMember(h.ctx, grace, h.acme.ID, page.Items[0].ID)
	h.must(err)
	app.SeeCursorOn("grace@acme.dev").Press("d").See("has just changed under the cursor").SeeNot("Remove grace")
	app.Wait(time.Second).Press("d").See("Remove grace@acme.dev?")
}

func TestSwitchingAndCreatingOrganizations(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("o").See("1 Organizations", "Personal").Press("n").See("New organization").Type("Globex Inc").See("GLOBEX-INC")
	app.Press("ctrl+enter").See("muster   1 Globex Inc", "2Members")
	app.Press("n").See("Invite to Globex Inc").Press("esc", "o").See("Acme Corporation").Press("g", "j", "enter").See("muster   1 Acme Corporation", "3Invites ●3")
	app.Press("o", "g", "enter").See("muster   1 Personal").SeeNot("2 Members", "3 Inv")
	// The choice is remembered.
	h.as(ada).See("muster   1 Personal")
}

func TestWhoMayNotCreateOrganizationsIsToldWhy(t *testing.T) {
	h, _, grace, _ := peopled(t)
	dir := h.dir
	h.must(h.st.Close())
	var err error
	h.st, err = store.Open(h.ctx, store.Options{Dir: dir, Now: h.clock.Now, WhoMayCreate: store.CreateSiteAdmins})
	h.must(err)
	t.Cleanup(func() { _ = h.st.Close() })
	h.sh, err = NewShared(Config{Store: h.st, Now: h.clock.Now})
	h.must(err)
	app := h.as(grace)
	app.Press("o").See("Organizations").Press("n").See("only site admins may create organizations here · ask a site admin").SeeNot("New organization")
}

func TestTheSwitcherStandsOnTheOrganizationThatIsOpen(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 140, 40)
	app.Press("o").See("new organization").Press("g").SeeCursorOn("Personal").Press("n").See("New organization").Type("Globex Inc").Press("ctrl+enter").See("muster   1 Globex Inc")
	app.Press("o").SeeCursorOn("Globex Inc").Press("g", "enter").See("muster   1 Personal").Press("o").SeeCursorOn("Personal")
}

func TestInvitationsWaitInTheSwitcher(t *testing.T) {
	h, ada, _, cy := peopled(t)
	other, err := h.st.CreateOrganization(h.ctx, ada, store.NewOrganization{Name: "Globex", Code: "GLOBEX"})
	h.must(err)
	_, err = h.st.CreateInvitation(h.ctx, ada, other.ID, models.NewInvitation{Email: "cy@acme.dev", Role: models.RoleAdmin})
	h.must(err)
	app := h.as(cy)
	app.See("9 You ●1").Press("o").See("Globex", "invited!").Press("G", "enter").See("Invitation to Globex", "as admin")
	app.Press("a").See("muster   1 Globex", "cy@acme.dev · admin")
}

func TestSettings(t *testing.T) {
	h, ada, _, cy := peopled(t)
	app := h.as(ada, 80, 30)
	app.Press("4").See("Who may invite").Press("e").See("General settings").Press("tab", "tab").Type("We make everything").Press("ctrl+enter").See("settings saved", "We make everything")
	app.Press("u").See("undone").SeeNot("We make everything")
	app.Press("g")
	for range 11 {
		app.Press("j")
	}
	app.SeeCursorOn("Self-approval").Press("e").See("Members settings").Press("space", "ctrl+enter").See("settings saved").SeeLine("Self-approval", "off")
	h.as(cy).Press("4").See("read-only").Press("e").See("may not change settings")
}

func TestYou(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 100, 30)
	app.Press("9").See("Ada Lovelace", "ada-laptop", "Key · here").Press("e").See("Your name").Press("ctrl+u").Type("Ada King").Press("ctrl+enter").See("you are Ada King now")
	app.Press("n").See("Paste the public key").Paste("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGGnzUzbQtsuBfbP+pBSTzGrDpiJC6Uw0YgGzBnoWqTS ada@desk\n")
	app.See("ada@desk").Press("ctrl+enter").See("counts once it has signed in").SeeLine("Key", "ada@desk", "unproven")
	app.See("Session").Press("G", "k").SeeCursorOn("ada@desk").Press("d").See("Remove the key ada@desk?").Press("y").See("is removed")
	app.SeeNot("ada@desk  ")
	app.Press("P").See("Pair another machine", "ssh join+", "It works once").Press("esc")
}

func TestTheLastKeyStays(t *testing.T) {
	h, ada := founded(t)
	app := h.as(ada)
	app.Press("9").See("ada-laptop").Press("G").SeeCursorOn("ada-laptop").Press("d").See("the last key cannot be removed").SeeNot("Remove the key")
	app.SeeLine("Key", "ada-laptop")
}

func TestLeaving(t *testing.T) {
	h, ada, _, cy := peopled(t)
	app := h.as(cy)
	app.Press(":").See("Command").Type("leave").See("leave the organization").Press("enter").See("Leave Acme Corporation?").Press("y")
	app.See("muster   1 Personal").SeeNot("removed you")
	app = h.as(ada)
	app.Press(":").See("Command").Type("leave").See("at least one active owner").Press("enter").SeeNot("Leave Acme")
}

func TestHelpRunsTheChosenRow(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("?").See("Help", "Members").Type("settings").Press("enter").See("Who may invite").SeeNot("Help")
}

func TestPaletteFindsMembersAndOrganizations(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("ctrl+p").See("Command").Type("misaki").See("高橋 美咲").Press("enter").See("/misaki@", "1/1 of 4").SeeCursorOn("misaki")
	app.Press(":").See("Command").Type("Personal").Press("enter").See("muster   1 Personal")
}

func TestFirstRun(t *testing.T) {
	h := newHouse(t)
	app := h.open(Options{Entry: EntryFirstRun, Actor: models.Actor{Via: models.ViaTUI}, Name: "Ada Lovelace", Email: "ada@acme.dev", Term: "xterm-256color"})
	app.See("Welcome to muster", "Ada Lovelace", "ada@acme.dev", "Acme").Golden("80x24/first-run")
	app.Press("esc").See("Welcome").Press("ctrl+enter").See("muster   1 Acme", "2Members", "Press n to invite", "muster serve lets others in")
	app.SeeCursorOn("ada@acme.dev").Press("n").See("Invite to Acme")
}

func TestJoiningWithANewKey(t *testing.T) {
	h, ada, _, _ := peopled(t)
	inv, err := h.st.CreateInvitation(h.ctx, ada, h.acme.ID, models.NewInvitation{Email: "zoe@acme.dev", Role: models.RoleMember, Message: "welcome on board"})
	h.must(err)
	code, err := h.st.JoinCode(h.ctx, ada, h.acme.ID, inv.ID)
	h.must(err)
	k := key("zoe")
	o := Options{Entry: EntryJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Term: "xterm-256color"}
	app := h.open(o)
	app.See("You are invited", "Acme Corporation (ACME)", "member", "Ada Lovelace <ada@acme.dev>", k.Fingerprint, "welcome on board", "This key is new here").Wait(tuitest.Finger)
	app.See("[ a accept ]").Golden("80x24/join")
	app.Press("a").See("Your name").Press("ctrl+enter").See("name is missing").Type("Zoë").Press("enter", "enter")
	app.See("muster   1 Acme Corporation", "zoe@acme.dev · member", "2 Members 5")
	// The session is known as hers from here on.
	app.Press("9").SeeLine("Session", "tui").Press("2")
	// The code is used now.
	again := h.open(o)
	again.Ends()
}

func TestJoiningWithAKnownKeyTakesOneKey(t *testing.T) {
	h, ada, _, cy := peopled(t)
	other, err := h.st.CreateOrganization(h.ctx, ada, store.NewOrganization{Name: "Globex", Code: "GLOBEX"})
	h.must(err)
	inv, err := h.st.CreateInvitation(h.ctx, ada, other.ID, models.NewInvitation{Email: "CY@acme.dev", Role: models.RoleViewer})
	h.must(err)
	code, err := h.st.JoinCode(h.ctx, ada, other.ID, inv.ID)
	h.must(err)
	k := key("cy@acme.dev")
	app := h.open(Options{Entry: EntryJoin, Code: code, Key: &k, Actor: cy, Term: "xterm-256color"})
	app.See("You join as Cy Twombly").Press("a").See("muster   1 Globex", "cy@acme.dev · viewer")
}

func TestDecliningACode(t *testing.T) {
	h, ada, _, _ := peopled(t)
	inv, err := h.st.CreateInvitation(h.ctx, ada, h.acme.ID, models.NewInvitation{Email: "zoe@acme.dev"})
	h.must(err)
	code, err := h.st.JoinCode(h.ctx, ada, h.acme.ID, inv.ID)
	h.must(err)
	k := key("zoe")
	app := h.open(Options{Entry: EntryJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Term: "xterm-256color"})
	app.See("You are invited").Press("x").See("Decline the invitation?").Press("y").Ends()
	after, err := h.st.Invitation(h.ctx, ada, h.acme.ID, inv.ID)
	h.must(err)
	if after.State != models.StateDeclined {
		t.Errorf("the invitation is %s", after.State)
	}
}

func TestAWrongCodeEndsWithAWord(t *testing.T) {
	h, _ := founded(t)
	k := key("zoe")
	app := h.sh.Open(h.ctx, Options{Entry: EntryJoin, Code: "NOPE", Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}})
	t.Cleanup(app.Close)
	tuitest.Run(t, app, tuitest.Options{Clock: h.clock}).Ends()
	if !strings.Contains(app.Farewell(), "this code is not valid") {
		t.Errorf("farewell %q", app.Farewell())
	}
}

func TestAskingToJoinAndSigningUp(t *testing.T) {
	h, ada, _, _ := peopled(t)
	_, err := h.st.UpdateSettings(h.ctx, ada, h.acme.ID, []models.SettingChange{{Key: models.SetJoinRequests, Value: models.On}}, false)
	h.must(err)
	k := key("zoe")
	stranger := models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}
	app := h.open(Options{Entry: EntryRequest, Org: "acme", Key: &k, Actor: stranger, Term: "xterm-256color"})
	app.See("Ask to join acme", k.Fingerprint).Golden("80x24/request")
	app.Type("Zoë").Press("tab").Type("zoe@acme.dev").Press("tab").Type("I make things").Press("ctrl+enter").Ends()
	h.as(ada).Press("3").See("●4").SeeLine("zoe@acme.dev", "waiting", "asks in").Press("j", "j", "j").SeeCursorOn("zoe@acme.dev").See("· I make things")

	app = h.open(Options{Entry: EntrySignUp, Key: &k, Actor: stranger, Term: "xterm-256color"})
	app.See("New account").Golden("80x24/sign-up")
	app.Type("Zoë").Press("tab").Type("zoe@elsewhere.dev").Press("ctrl+enter").See("muster   1 Personal", "zoe@elsewhere.dev")
}

// word is a notice.
type word string

func (w word) String() string { return string(w) }

func TestNoticesOfTheOwner(t *testing.T) {
	h, ada, _, _ := peopled(t)
	notices := make(chan fmt.Stringer)
	app := h.open(Options{Actor: ada, Notices: notices, Term: "xterm-256color"})
	app.See("1 of 4")
	notices <- word("this session ends in 5 minutes unless you press a key")
	app.See("! this session ends in 5 minutes")
	notices <- word("the server is stopping")
	app.See("! the server is stopping")
}

func TestTextFromAnOldDatabaseCannotAct(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.sh.Open(h.ctx, Options{Actor: ada})
	t.Cleanup(app.Close)
	app.Now = h.clock.Now()
	app.Org.Name = "Evil\x1b]0;owned\x07\u202eName"
	app.Pane(host.Members).(*members.Pane).Table.SetRows([]models.Member{{ID: "1", Email: "a\x1b[2Jb@x", Name: "n\u202eame\nnext", Role: "owner"}}, false, false, true, app.Now)
	app.Width, app.Height = 140, 40
	v := app.View()
	for _, bad := range []string{"\x1b]", "\x07", "\x1b[2J", "\u202e"} {
		if strings.Contains(v.Content, bad) || strings.Contains(v.WindowTitle, bad) {
			t.Errorf("the frame holds %q", bad)
		}
	}
	if n := strings.Count(v.Content, "\n"); n != 39 {
		t.Errorf("%d lines", n+1)
	}
}

func TestMouse(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 140, 40)
	app.See("1 of 4").Click("Invitations").SeeCursorOn("dee").Click("eve@acme.dev").SeeCursorOn("eve@acme.dev")
	app.Click("x reject").See("eve@acme.dev rejected").Click("Members").See("EMAIL↑", "Last seen").Click("grace@acme.dev").SeeCursorOn("grace@acme.dev")
	app.Press("d").See("Remove grace@acme.dev?", "takes effect").Wait(tuitest.Finger).See("[ y remove ]").Click("▸ Cancel ◂").SeeNot("Remove grace")
}

func TestResizing(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.See("1 of 4").Resize(140, 40).See("Invited by").Resize(30, 8).See("needs 40×10").Resize(40, 10).See("ada@acme.dev")
	app.Resize(200, 50).See("1 Organizations", "Invited by").Press("+").SeeNot("Invited by").Press("+").See("Invited by").Press("p").SeeNot("Invited by")
}

// Every screen draws at every size, and every line fits.
func TestEveryScreenAtEverySize(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.sh.Open(h.ctx, Options{Actor: ada, Term: "xterm"})
	t.Cleanup(app.Close)
	d := &direct{t: t, app: app}
	d.run(app.Init())
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	screens := [][]string{{"2"}, {"3"}, {"4"}, {"9"}, {"o"}, {"?"}, {":"}, {"2", "n"}, {"2", "e"}, {"2", "d"}, {"4", "e"}, {"3", "X"}, {"2", "enter"}, {"2", "/", "x"}, {"2", "s"}, {"9", "P"}}
	rapid.Check(t, func(rt *rapid.T) {
		for range 4 {
			d.send(tea.KeyPressMsg{Code: tea.KeyEscape})
		}
		d.send(tea.WindowSizeMsg{Width: rapid.OneOf(rapid.IntRange(1, 60), rapid.IntRange(1, 500)).Draw(rt, "w"), Height: rapid.OneOf(rapid.IntRange(1, 30), rapid.IntRange(1, 200)).Draw(rt, "h")})
		for _, k := range rapid.SampledFrom(screens).Draw(rt, "screen") {
			h.clock.Advance(tuitest.Finger)
			r := []rune(k)[0]
			m := tea.KeyPressMsg{Code: r, Text: k}
			if k == "enter" {
				m = tea.KeyPressMsg{Code: tea.KeyEnter}
			}
			d.send(m)
		}
		content := app.View().Content
		if got := strings.Count(content, "\n") + 1; got != app.Height {
			rt.Fatalf("%d lines at %d×%d", got, app.Width, app.Height)
		}
	})
}

// What comes back by one's own undo is no news that would take the place of
// the word about it.
func TestAnUndoIsNoNews(t *testing.T) {
	h, _, grace, _ := peopled(t)
	app := h.as(grace)
	app.See("1 of 4").Press("3").See("●3").SeeCursorOn("dee@acme.dev").Press("a").See("●2").Wait(3 * time.Second)
	app.Press("u").See("undone: dee@acme.dev approved", "3 Invites ●3", "●3")
	app.Press("q").Ends()
}
