package tui

import (
	"encoding/base32"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"

	"muster/internal/totp"
	"muster/models"
	"muster/tui/tuitest"
)

// code is what an authenticator app with this secret shows now. A code counts
// once, so the clock moves on first.
func (h *house) code(secret string) string {
	h.t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	h.must(err)
	h.clock.Advance(totp.Step)
	return totp.Code(key, totp.StepAt(h.clock.Now()))
}

// set changes a setting of ACME, come what may.
func (h *house) set(by models.Actor, key, value string) {
	h.t.Helper()
	_, err := h.st.UpdateSettings(h.ctx, by, h.acme.ID, []models.SettingChange{{Key: key, Value: value}}, true)
	h.must(err)
}

// enrol sets two-factor up on the screen and gives its secret.
func (h *house) enrol(app *tuitest.Terminal) (secret string) {
	h.t.Helper()
	app.See("Set up two-factor", "▄", "First code").Press("y").See("copied: the secret")
	_, encoded, _ := strings.Cut(app.Copied(), ";c;")
	copied, err := base64.StdEncoding.DecodeString(encoded)
	h.must(err)
	secret = string(copied)
	app.Type("00000").Press("enter").SeeNot("✗").Type("0").Press("enter").See("✗ this code is wrong")
	app.Type(h.code(secret)).Press("enter").See("Your recovery codes", "never shown again")
	return secret
}

func TestTwoFactorUnderYou(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada)
	app.Press("9").SeeLine("Two-factor", "off", "t to set it up").Press("t").See("set up two-factor").Press("enter")
	secret := h.enrol(app)
	app.Press("esc").See("Your recovery codes").Press("y").See("copied the recovery codes")
	codes := regexp.MustCompile(`[a-z2-7]{4}(-[a-z2-7]{4}){3}`).FindAllString(app.Screen(), -1)
	if len(codes) != models.RecoveryCodes {
		t.Fatalf("%d recovery codes are shown", len(codes))
	}
	app.Press("k").SeeNot("Your recovery codes").SeeLine("Two-factor", "on", "10 codes left")

	app.Press("t").See("enter a two-factor code").Press("j", "enter").See("6 digits from your authenticator app").Type(codes[0]).Press("ctrl+enter").See("the code is right: valid until")
	app.SeeLine("Two-factor", "9 codes left")
	app.Press("t").See("new recovery codes").Press("j", "j", "enter").See("The old ones stop working").Type(codes[0]).Press("ctrl+enter").See("wrong or was used")
	app.Press("ctrl+u").Type(h.code(secret)).Press("ctrl+enter").See("Your recovery codes").SeeNot(codes[1]).Press("k").SeeLine("Two-factor", "10 codes left")
	app.Press("t").See("turn off two-factor").Press("G", "enter").See("Your recovery codes stop working as well").Type(h.code(secret)).Press("ctrl+enter")
	app.See("two-factor is off").SeeLine("Two-factor", "off")
}

// TestACodeOpensAnOrganization switches the requirement on while Grace looks,
// who has no second factor yet, and later comes from another place.
func TestACodeOpensAnOrganization(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(grace)
	app.See("cy@acme.dev")
	h.set(ada, models.SetTwoFactor, models.TwoFactorRequired)
	app.See("muster   1 Personal", "ACME requires a second factor, and you have none", "t set it up").SeeNot("cy@acme.dev")
	// What was meant for the list does nothing: the dialog opened by itself.
	app.Wait(tuitest.Finger).Press("t")
	secret := h.enrol(app)
	app.Press("k").See("muster   1 Acme Corporation", "cy@acme.dev")
	app.Press("q").Ends()

	grace.Address = "198.51.100.4"
	app = h.open(Options{Actor: grace, Term: "xterm-256color", Org: "ACME"})
	app.See("ACME requires your second factor", "Code").SeeNot("cy@acme.dev")
	app.Press("esc").SeeNot("or a recovery code").Press("o").SeeLine("Acme Corporation", "code").Press("j", "enter").See("ACME requires your second factor")
	app.Wait(tuitest.Finger).Type("123456").Press("ctrl+enter").See("this code is wrong")
	app.Press("ctrl+u").Type(h.code(secret)).Press("ctrl+enter").See("muster   1 Acme Corporation", "cy@acme.dev")

	// It holds for 12 hours, and then the session is sent away.
	h.clock.Advance(models.SecondFactorTime + time.Minute)
	app.Press("R").See("muster   1 Personal", "ACME requires your second factor").SeeNot("cy@acme.dev")
}

func TestABarrierIsShownInTheSwitcher(t *testing.T) {
	h, ada, grace, _ := peopled(t)
	app := h.as(grace, 140, 40)
	app.See("cy@acme.dev")
	h.set(ada, models.SetHardwareKeyRequired, models.On)
	app.See("muster   1 Personal", "requires a hardware key").SeeNot("cy@acme.dev")
	app.Press("o").SeeLine("Acme Corp", "closed").Press("j").See("Closed to this session").SeeNot("admin")
	app.Press("enter").See("Close ◂").SeeNot("cy@acme.dev").Press("esc").SeeNot("Close ◂")
	h.set(models.Actor{UserID: ada.UserID, Via: models.ViaLocal}, models.SetHardwareKeyRequired, models.Off)
	app.SeeLine("Acme Corp", "3 to rev").Press("enter").See("cy@acme.dev")
}

func TestSavingWhatLocksOut(t *testing.T) {
	h, ada, _, _ := peopled(t)
	app := h.as(ada, 140, 40)
	app.Press("4").See("IP allowlist").Press("G").SeeCursorOn("API addresses").Press("k", "k", "k", "k", "k").SeeCursorOn("Session idle time").Press("k", "e").See("Security settings")
	app.Type("198.51.100.0/24").Press("enter").Type("2001:db8::/32").Press("ctrl+enter").See("Save anyway?", "your own address 192.0.2.7 is not in").Wait(tuitest.Finger)
	app.Press("n").SeeNot("Save anyway?").See("2001:db8::/32", "✗ your own address")
	app.Press("enter").Type("192.0.2.7").Press("ctrl+enter").See("settings saved").SeeLine("IP allowlist", "198.51.100.0/24, 2").See("192.0.2.7")
	app.Press("j", "e").See("Security settings").Type("90").Press("ctrl+enter").See("✗ session idle time", "whole minutes from 1").Press("ctrl+u").Type("15m").Press("ctrl+enter").SeeLine("Session idle time", "15 min")
	app.Press("k", "e").See("Security settings").Press("ctrl+u").Press("ctrl+enter").See("Save anyway?").Wait(tuitest.Finger).Press("y")
	app.See("muster   1 Personal", "ACME allows only certain networks").SeeNot("Save anyway?")
}

func TestWhyASettingIsReadOnly(t *testing.T) {
	h, _, _, cy := peopled(t)
	app := h.as(cy, 140, 40)
	app.Press("4").See("IP allowlist", "read-only").Press("G").See("Read-only", "Who may change it", "owners and admins")
}

// TestANewcomerSetsTwoFactorUpBeforeJoining has no account yet: nothing of the
// organization opens, and the invitation is not used up, before the first code.
func TestANewcomerSetsTwoFactorUpBeforeJoining(t *testing.T) {
	h, ada, _, _ := peopled(t)
	inv, err := h.st.CreateInvitation(h.ctx, ada, h.acme.ID, models.NewInvitation{Email: "zoe@acme.dev", Role: models.RoleMember})
	h.must(err)
	code, err := h.st.JoinCode(h.ctx, ada, h.acme.ID, inv.ID)
	h.must(err)
	h.set(ada, models.SetTwoFactor, models.TwoFactorRequired)
	k := key("zoe")
	o := Options{Entry: EntryJoin, Code: code, Key: &k, Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint, Address: "198.51.100.4"}, Term: "xterm-256color"}
	app := h.open(o)
	app.See("You are invited", "requires a second factor").Wait(tuitest.Finger).Press("a").See("Your name").Type("Zoë").Press("ctrl+enter")
	h.enrol(app)
	app.Press("k").See("muster   1 Acme Corporation", "zoe@acme.dev · member", "2 Members 5")
	app.Press("9").SeeLine("Two-factor", "on", "10 codes left")
}
