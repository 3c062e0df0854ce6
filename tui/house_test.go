package tui

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/tools/fresh"
	"muster/models"
	"muster/store"
	"muster/tui/tuitest"
)

// house is an installation with its people, on a real database.
type house struct {
	t     *testing.T
	clock *tuitest.Clock
	st    *store.Store
	sh    *Shared
	ctx   context.Context
	acme  models.OrgView
	dir   string // of the database
}

type lockedRand struct {
	mu  sync.Mutex
	src *rand.ChaCha8
}

func (r *lockedRand) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.src.Read(p)
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, ctx: context.Background(), clock: tuitest.NewClock(time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC))}
	var err error
	h.dir = t.TempDir()
	fresh.Database(t, h.dir)
	h.st, err = store.Open(h.ctx, store.Options{Dir: h.dir, Now: h.clock.Now,
		Rand: &lockedRand{src: rand.NewChaCha8([32]byte{1})}, SignUp: true})
	h.must(err)
	t.Cleanup(func() { _ = h.st.Close() })
	h.sh, err = NewShared(Config{Store: h.st, Now: h.clock.Now,
		JoinCommand: func(code string) string { return "ssh join+" + code + "@muster.acme.dev" },
		HostKey:     func() (string, error) { return "SHA256:the host key", nil },
		Name:        "muster.acme.dev",
		ServeHint:   "muster serve lets others in"})
	h.must(err)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// actor makes somebody who has confirmed all that makes owners; the app asks.
func (h *house) actor(u models.User, key models.PublicKey) models.Actor {
	return models.Actor{UserID: u.ID, Via: models.ViaTUI, OwnerConfirmed: true, Address: "192.0.2.7", Key: key.Fingerprint}
}

// key makes a public key that nobody has.
func key(name string) models.PublicKey {
	return models.PublicKey{Type: "ssh-ed25519", Label: name, Wire: []byte("wire of " + name),
		Fingerprint: "SHA256:" + (name + strings.Repeat("x", 43))[:43]}
}

// founded has Ada, the site admin, as owner of ACME.
func founded(t *testing.T) (*house, models.Actor) {
	h := newHouse(t)
	k := key("ada-laptop")
	u, err := h.st.Init(h.ctx, store.NewUser{Name: "Ada Lovelace", Email: "ada@acme.dev", Key: &k})
	h.must(err)
	ada := h.actor(u, k)
	h.clock.Advance(time.Hour)
	h.acme, err = h.st.CreateOrganization(h.ctx, ada, store.NewOrganization{Name: "Acme Corporation", Code: "ACME"})
	h.must(err)
	_, err = h.st.SwitchOrganization(h.ctx, ada, h.acme.ID)
	h.must(err)
	return h, ada
}

// join brings somebody into ACME.
func (h *house) join(by models.Actor, name, email string, role models.Role) models.Actor {
	h.t.Helper()
	inv, err := h.st.CreateInvitation(h.ctx, by, h.acme.ID, models.NewInvitation{Email: email, Role: role})
	h.must(err)
	code, err := h.st.JoinCode(h.ctx, by, h.acme.ID, inv.ID)
	h.must(err)
	k := key(email)
	u, _, err := h.st.AcceptCode(h.ctx, models.Actor{Via: models.ViaTUI, Key: k.Fingerprint}, code, name, k)
	h.must(err)
	admin, err := h.st.FirstAdmin(h.ctx)
	h.must(err)
	_, err = h.st.VerifyUser(h.ctx, models.Actor{UserID: admin.ID, Via: models.ViaLocal}, "", u.ID)
	h.must(err)
	h.clock.Advance(time.Minute)
	return h.actor(u, k)
}

// propose makes a request that waits for a decision.
func (h *house) propose(by models.Actor, email, why string) models.Invitation {
	h.t.Helper()
	inv, err := h.st.CreateInvitation(h.ctx, by, h.acme.ID, models.NewInvitation{Email: email, Message: why})
	h.must(err)
	h.clock.Advance(time.Minute)
	return inv
}

// peopled has a few members and a queue.
func peopled(t *testing.T) (h *house, ada, grace, cy models.Actor) {
	h, ada = founded(t)
	grace = h.join(ada, "Grace Hopper", "grace@acme.dev", models.RoleAdmin)
	cy = h.join(ada, "Cy Twombly", "cy@acme.dev", models.RoleMember)
	h.join(ada, "高橋 美咲", "misaki@acme.dev", models.RoleViewer)
	for i, why := range []string{"joins the compiler team on Monday", "our new\ndesigner", ""} {
		h.propose(cy, []string{"dee@acme.dev", "eve@acme.dev", "fay@acme.dev"}[i], why)
	}
	h.clock.Advance(3 * time.Hour)
	return h, ada, grace, cy
}

// open runs the app for somebody.
func (h *house) open(o Options, size ...int) *tuitest.Terminal {
	h.t.Helper()
	to := tuitest.Options{Clock: h.clock}
	if len(size) == 2 {
		to.Width, to.Height = size[0], size[1]
		o.Width, o.Height = size[0], size[1]
	}
	o.Actor.OwnerConfirmed = false // the app asks
	app := h.sh.Open(context.Background(), o)
	o.Term = "xterm-256color"
	h.t.Cleanup(app.Close)
	return tuitest.Run(h.t, app, to)
}

func (h *house) as(actor models.Actor, size ...int) *tuitest.Terminal {
	h.t.Helper()
	return h.open(Options{Actor: actor, Term: "xterm-256color"}, size...).See("● live")
}
