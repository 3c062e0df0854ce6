package cli

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/internal/tools/fresh"
	"muster/models"
	"muster/store"
	"muster/tui"
	"muster/tui/theme"
	"muster/tui/tuitest"
)

// TestFilm holds the animated picture that README begins with to what the app shows;
// `make docs` takes it.
func TestFilm(t *testing.T) {
	for _, look := range looks {
		t.Run(look.name, func(t *testing.T) {
			t.Parallel()
			svg := film(t, look.theme, look.ground)
			if len(svg) > 200_000 {
				t.Errorf("the film has %d bytes, which is long to load", len(svg))
			}
			keep(t, filepath.Join("..", "..", "docs", "pictures", "film-"+look.name+".svg"), svg)
		})
	}
}

// film is one story on two screens: a request arrives and is approved, the invitee
// joins, and a member is removed, whose screen says so.
func film(t *testing.T, mode theme.Mode, ground tuitest.Ground) string {
	s := newSet(t, mode)
	ada := s.actor(s.ada, "ada")
	_, err := s.st.CreateOrganization(s.ctx, ada, store.NewOrganization{Name: "Acme Corp", Code: "ACME"})
	must(t, err)
	s.join("Grace Hopper", "grace@acme.dev", models.RoleAdmin)
	cy := s.join("Cy Twombly", "cy@acme.dev", models.RoleMember)
	s.join("Hedy Lamarr", "hedy@acme.dev", models.RoleViewer)

	f := tuitest.NewFilm(t, "On two screens: a request arrives and is approved, the invitee joins, and a member is removed", ground)
	up := tuitest.Window{Title: "ada@acme.dev, owner", Terminal: s.open(tui.Options{Actor: ada, Org: "ACME"})}
	down := tuitest.Window{Title: "cy@acme.dev, member", Terminal: s.open(tui.Options{Actor: cy, Org: "ACME"})}
	up.Terminal.See("hedy@acme.dev", "1 other here")
	down.Terminal.See("hedy@acme.dev", "1 other here")
	shoot := func(d time.Duration, upKey, downKey string) {
		t.Helper()
		up.Key, down.Key = upKey, downKey
		f.Shoot(d, up, down)
	}
	const glance, look, read = 350 * time.Millisecond, 1400 * time.Millisecond, 2600 * time.Millisecond
	shoot(look, "", "")

	// Cy proposes somebody.
	down.Terminal.Press("n").See("Email")
	shoot(look, "", "n")
	for _, part := range []string{"mia", "@acme", ".dev"} {
		down.Terminal.Type(part)
		shoot(glance, "", "")
	}
	down.Terminal.Press("ctrl+enter").See("mia@acme.dev").SeeNot("Role  ")
	up.Terminal.See("●1")
	shoot(read, "", "ctrl+enter")

	// Ada approves.
	up.Terminal.Press("3").SeeCursorOn("mia@acme.dev")
	shoot(look, "3", "")
	up.Terminal.Press("a").See("approved as member", "u undo").SeeNot("●1")
	shoot(read, "a", "")
	f.Still()

	// Mia runs the command of the mail.
	left, code := down, s.mail("mia@acme.dev")
	k := filmKey("mia")
	down = tuitest.Window{Title: "ssh join+" + code[:6] + "…@muster.acme.dev", Terminal: s.open(tui.Options{Actor: models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, Entry: tui.EntryJoin, Code: code, Key: &k})}
	down.Terminal.See("You are invited").Wait(tuitest.Finger).See("[ a accept ]")
	shoot(read, "", "")
	down.Terminal.Press("a").See("Your name")
	shoot(look, "", "a")
	for _, part := range []string{"Mia", " Chen"} {
		down.Terminal.Type(part)
		shoot(glance, "", "")
	}
	down.Terminal.Press("ctrl+enter").See("welcome to Acme Corp", "2 others here")
	up.Terminal.SeeLine("mia@acme.dev", "accepted").See("2 others here")
	shoot(read, "", "ctrl+enter")

	// Cy leaves.
	down = left
	down.Terminal.Press("2").SeeLine("mia@acme.dev", "Mia Chen").See("2 others here")
	up.Terminal.Press("2").SeeLine("mia@acme.dev", "Mia Chen").See("2 others here")
	shoot(look, "2", "")
	up.Terminal.Press("j").SeeCursorOn("cy@acme.dev")
	shoot(glance, "j", "")
	up.Terminal.Press("d").See("Remove cy@acme.dev?").Wait(tuitest.Finger)
	shoot(read, "d", "")
	up.Terminal.Press("y").See("cy@acme.dev was removed", "1 other here")
	down.Terminal.See("You were removed from Acme Corp").Wait(tuitest.Finger).See("▸ Close ◂")
	shoot(2*read, "y", "")
	return f.SVG()
}

// set is a small installation on which a film is made.
type set struct {
	t     *testing.T
	ctx   context.Context
	clock *tuitest.Clock
	st    *store.Store
	sh    *tui.Shared
	mode  theme.Mode
	ada   models.User
}

func newSet(t *testing.T, mode theme.Mode) *set {
	s := &set{t: t, ctx: context.Background(), mode: mode, clock: tuitest.NewClock(time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC))}
	dir := t.TempDir()
	fresh.Database(t, dir)
	var err error
	s.st, err = store.Open(s.ctx, store.Options{Dir: dir, Now: s.clock.Now, Rand: &chance{src: rand.NewChaCha8([32]byte{7})}})
	must(t, err)
	t.Cleanup(func() { _ = s.st.Close() })
	s.sh, err = tui.NewShared(tui.Config{Store: s.st, Now: s.clock.Now, Name: "muster.acme.dev",
		JoinCommand: func(code string) string { return "ssh join+" + code + "@muster.acme.dev" },
		HostKey:     func() (string, error) { return filmKey("host").Fingerprint, nil }})
	must(t, err)
	k := filmKey("ada")
	s.ada, err = s.st.Init(s.ctx, store.NewUser{Name: "Ada Lovelace", Email: "ada@acme.dev", Key: &k})
	must(t, err)
	s.clock.Advance(time.Hour)
	return s
}

func (s *set) actor(u models.User, key string) models.Actor {
	return models.Actor{UserID: u.ID, Via: models.ViaTUI, Address: "192.0.2.7", Key: filmKey(key).Fingerprint}
}

// join brings somebody into ACME.
func (s *set) join(name, email string, role models.Role) models.Actor {
	s.t.Helper()
	ada := s.actor(s.ada, "ada")
	inv, err := s.st.CreateInvitation(s.ctx, ada, "ACME", models.NewInvitation{Email: email, Role: role})
	must(s.t, err)
	code, err := s.st.JoinCode(s.ctx, ada, "ACME", inv.ID)
	must(s.t, err)
	k := filmKey(email)
	u, _, err := s.st.AcceptCode(s.ctx, models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, code, name, k)
	must(s.t, err)
	_, err = s.st.VerifyUser(s.ctx, models.Actor{UserID: s.ada.ID, Via: models.ViaLocal}, "", u.ID)
	must(s.t, err)
	s.clock.Advance(24 * time.Hour)
	return s.actor(u, email)
}

// mail delivers what waits to be sent, and gives the code that somebody got.
func (s *set) mail(to string) (code string) {
	s.t.Helper()
	s.clock.Advance(time.Minute)
	jobs, err := s.st.ClaimMail(s.ctx, 100, time.Minute)
	must(s.t, err)
	for _, j := range jobs {
		if j.To == to {
			code = j.Code
		}
		j.ByServer = true
		must(s.t, s.st.MailSent(s.ctx, j))
	}
	return code
}

// open runs the app for somebody.
func (s *set) open(o tui.Options) *tuitest.Terminal {
	o.Term, o.Theme, o.Width, o.Height = "xterm-256color", s.mode, 80, 17
	app := s.sh.Open(s.ctx, o)
	s.t.Cleanup(app.Close)
	return tuitest.Run(s.t, app, tuitest.Options{Width: o.Width, Height: o.Height, Clock: s.clock})
}

// filmKey makes a public key that nobody has.
func filmKey(name string) models.PublicKey {
	const letters = "4tq0Vw9mBz7LkXc2RyHs5NfJd8PgT3uAe6KvEoQxWiY"
	n := len(name) * 7 % len(letters)
	return models.PublicKey{Type: "ssh-ed25519", Label: name, Wire: []byte("wire of " + name),
		Fingerprint: "SHA256:" + strings.ToUpper(name[:1]) + letters[n+1:] + letters[:n]}
}
