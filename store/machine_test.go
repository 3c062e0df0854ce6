package store_test

import (
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/internal/clock"
	"muster/models"
	"muster/store"
)

// machine does random things in random order as random people, and checks after
// each what must hold.
type machine struct {
	*world
	db      *sql.DB
	plans   models.Plans
	org     string
	people  []models.Actor // with an account, in or out of the organization
	mailbox map[string]string
	tally   map[string]int // how often each operation ended how
	n       int
}

// seatsOfMachine is small, so that sequences run into it.
const seatsOfMachine = 9

// member and invite are what the rows say, for comparing before and after.
type memberRow struct{ rank int }
type inviteRow struct {
	state   models.InvitationState
	rank    int
	expires int64
	inviter string
}

type snapshot struct {
	members map[string]memberRow
	invites map[string]inviteRow
	audit   int64
}

func (m *machine) snapshot() snapshot {
	s := snapshot{members: map[string]memberRow{}, invites: map[string]inviteRow{}}
	rows, err := m.db.Query("SELECT user_id, role_order FROM memberships WHERE org_id = $1", m.org)
	if err != nil {
		m.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var order int
		if err := rows.Scan(&id, &order); err != nil {
			m.t.Fatal(err)
		}
		s.members[id] = memberRow{5 - order}
	}
	inv, err := m.db.Query("SELECT id, state_order, role_order, expires_at, inviter_id FROM invitations WHERE org_id = $1", m.org)
	if err != nil {
		m.t.Fatal(err)
	}
	defer inv.Close()
	for inv.Next() {
		var id string
		var state, order int
		var r inviteRow
		if err := inv.Scan(&id, &state, &order, &r.expires, &r.inviter); err != nil {
			m.t.Fatal(err)
		}
		r.state, r.rank = models.InvitationStates()[state-1], 5-order
		s.invites[id] = r
	}
	if err := m.db.QueryRow("SELECT coalesce(max(rowid), 0) FROM audit").Scan(&s.audit); err != nil {
		m.t.Fatal(err)
	}
	return s
}

// rank is what an actor may grant at this moment: 4 for owners and site admins.
func (m *machine) rank(s snapshot, a models.Actor) int {
	if a.UserID == m.people[0].UserID {
		return 4
	}
	return s.members[a.UserID].rank
}

// do runs one operation and compares. joins names the invitation by which
// somebody joins; many is how many entries a success makes, -1 for any number.
func (m *machine) do(t *rapid.T, name string, a models.Actor, joins string, many int, fn func() error) error {
	now := m.clock.Now().UnixMicro()
	afresh(m.t, m.db)
	before := m.snapshot()
	err := fn()
	after := m.snapshot()
	code := models.CodeOf(err)
	t.Logf("%s as %s: %v", name, a.UserID, err)
	m.tally[name+" "+string(code)]++
	if code == models.CodeInternal {
		t.Fatalf("%s: a fault: %v", name, err)
	}
	rank := m.rank(before, a)

	// The log: one entry a change, or one of a refusal, and those of what ran out.
	var done, refused, expired int
	for _, e := range texts(m.t, m.db, "SELECT outcome || ' ' || action FROM audit WHERE rowid > $1", before.audit) {
		switch {
		case e == "done invitation.expire":
			expired++
		case e == "done organization.read" && a.UserID == m.people[0].UserID: // the site admin's
		case strings.HasPrefix(e, "done "):
			done++
		default:
			refused++
		}
	}
	switch code {
	case "":
		if many >= 0 && done != many || many < 0 && name != "request" && name != "settings" && done == 0 || refused != 0 {
			t.Fatalf("%s: %d entries done and %d refused, want %d and none", name, done, refused, many)
		}
	case models.CodeInvalid:
		if done+refused+expired != 0 {
			t.Fatalf("%s: entries for wrong input", name)
		}
	case models.CodeNotFound:
		if done+expired != 0 || refused > 1 {
			t.Fatalf("%s: %d entries done and %d refused for what is not there", name, done, refused)
		}
	default:
		if done+expired != 0 || refused != 1 {
			t.Fatalf("%s: %d entries done, %d refused, %d expired for a refusal", name, done, refused, expired)
		}
	}
	if code != "" && (!maps.Equal(before.members, after.members) || !maps.Equal(before.invites, after.invites)) {
		t.Fatalf("%s: refused, and something changed", name)
	}

	// Nobody hands out more than they have, and only owners touch owners.
	for id, r := range after.members {
		old, was := before.members[id]
		switch {
		case was && old.rank == r.rank:
		case !was && joins != "" && before.invites[joins].rank == r.rank:
		case id == a.UserID && was && r.rank < old.rank:
		case r.rank > rank, old.rank == 4 && rank != 4:
			t.Fatalf("%s: rank %d makes %s %d of %d", name, rank, id, r.rank, old.rank)
		}
	}
	for id, old := range before.members {
		if _, is := after.members[id]; !is && id != a.UserID && (rank < 3 || old.rank == 4 && rank != 4) {
			t.Fatalf("%s: rank %d removes %s of rank %d", name, rank, id, old.rank)
		}
	}
	for id, r := range after.invites {
		old, was := before.invites[id]
		if was && old.state == r.state && old.rank == r.rank {
			continue
		}
		late := old.state == models.StatePending && old.expires <= now
		if late && r.state == models.StateExpired {
			continue
		}
		if was && !old.state.CanBecome(r.state) && !(late && models.StateExpired.CanBecome(r.state)) && old.state != r.state {
			t.Fatalf("%s: an invitation goes from %s to %s", name, old.state, r.state)
		}
		if !was && r.state != models.StateRequested && r.state != models.StatePending {
			t.Fatalf("%s: an invitation begins as %s", name, r.state)
		}
		if r.state == models.StatePending && r.rank > rank {
			t.Fatalf("%s: rank %d lets in somebody of rank %d", name, rank, r.rank)
		}
		// With whoever sent it an open invitation goes, whatever its role.
		falls := name == "leave" || name == "remove"
		if max(r.rank, old.rank) == 4 && rank != 4 && joins == "" && name != "decline" && r.state != models.StateWithdrawn && !falls {
			t.Fatalf("%s: rank %d touches an owner's invitation", name, rank)
		}
	}
	if bad := flaws(m.t, m.db, m.clock.Now(), m.plans); len(bad) > 0 {
		t.Fatalf("%s: %s", name, strings.Join(bad, "\n"))
	}
	return err
}

func (m *machine) somebody(t *rapid.T) models.Actor {
	return rapid.Permutation(m.people).Draw(t, "actor")[0] // SampledFrom favours the first
}

func (m *machine) invitation(t *rapid.T) string {
	all := m.snapshot().invites
	ids := slices.Sorted(maps.Keys(all))
	if rapid.Bool().Draw(t, "open") {
		ids = slices.DeleteFunc(ids, func(id string) bool { return !all[id].state.Open() })
	}
	if len(ids) == 0 {
		return "inv_none"
	}
	return rapid.Permutation(ids).Draw(t, "invitation")[0]
}

func role(t *rapid.T) models.Role { return rapid.SampledFrom(models.Roles()).Draw(t, "role") }

func (m *machine) email(t *rapid.T) string {
	return fmt.Sprintf(rapid.SampledFrom([]string{"p%d@example.com", "P%d@Example.com", "p%d@acme.dev"}).Draw(t, "address"), rapid.IntRange(0, 5).Draw(t, "person"))
}

// steps are all operations.
func (m *machine) steps() map[string]func(*rapid.T) {
	byID := func(name string, fn func(a models.Actor, id string, t *rapid.T) error) func(*rapid.T) {
		return func(t *rapid.T) {
			a, id := m.somebody(t), m.invitation(t)
			// Often whoever sent or decided it, who may do more with it.
			who := rapid.SampledFrom([]string{"inviter_id", "decider_id", "''"}).Draw(t, "who")
			for _, user := range texts(m.t, m.db, "SELECT "+who+" FROM invitations WHERE id = $1", id) {
				if user != "" {
					a = confirmed(models.Actor{UserID: user, Via: models.ViaTUI})
				}
			}
			_ = m.do(t, name, a, "", 1, func() error { return fn(a, id, t) })
		}
	}
	steps := map[string]func(*rapid.T){
		"invite": func(t *rapid.T) {
			a := m.somebody(t)
			n := models.NewInvitation{Email: m.email(t), Role: role(t), TTL: rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour}).Draw(t, "ttl")}
			_ = m.do(t, "invite", a, "", 1, func() error { _, err := m.s.CreateInvitation(m.ctx, a, m.org, n); return err })
		},
		"approve": byID("approve", func(a models.Actor, id string, t *rapid.T) error {
			_, err := m.s.ApproveInvitation(m.ctx, a, m.org, id, rapid.SampledFrom(append(models.Roles(), "", "")).Draw(t, "as"))
			return err
		}),
		"reject": byID("reject", func(a models.Actor, id string, _ *rapid.T) error {
			_, err := m.s.RejectInvitation(m.ctx, a, m.org, id, "no")
			return err
		}),
		"undo": byID("undo", func(a models.Actor, id string, _ *rapid.T) error {
			_, err := m.s.UndoDecision(m.ctx, a, m.org, id)
			return err
		}),
		"resend": byID("resend", func(a models.Actor, id string, _ *rapid.T) error {
			_, err := m.s.ResendInvitation(m.ctx, a, "", id)
			return err
		}),
		"regenerate": byID("regenerate", func(a models.Actor, id string, _ *rapid.T) error {
			_, err := m.s.RegenerateInvitation(m.ctx, a, m.org, id)
			return err
		}),
		"revoke": byID("revoke", func(a models.Actor, id string, _ *rapid.T) error {
			_, err := m.s.RevokeInvitation(m.ctx, a, m.org, id)
			return err
		}),
		"withdraw": byID("withdraw", func(a models.Actor, id string, _ *rapid.T) error {
			_, err := m.s.WithdrawInvitation(m.ctx, a, m.org, id)
			return err
		}),
		"code": byID("code", func(a models.Actor, id string, _ *rapid.T) error {
			code, err := m.s.JoinCode(m.ctx, a, m.org, id)
			if err == nil {
				m.mailbox[id] = code
			}
			return err
		}),
		"join": func(t *rapid.T) {
			if len(m.mailbox) == 0 {
				return
			}
			id := rapid.SampledFrom(slices.Sorted(maps.Keys(m.mailbox))).Draw(t, "mail")
			a, k := models.Actor{Via: models.ViaSSH}, models.PublicKey{}
			if rapid.Bool().Draw(t, "known") {
				a = m.somebody(t)
				a.Key = texts(m.t, m.db, "SELECT fingerprint FROM user_keys WHERE user_id = $1 LIMIT 1", a.UserID)[0]
				k.Fingerprint = a.Key
			} else {
				m.n++
				k = key(fmt.Sprint("machine", m.n))
				a.Key = k.Fingerprint
			}
			many := 1
			if a.UserID == "" {
				many = 4 // the user, the key, the personal workspace, the joining
			}
			var u models.User
			err := m.do(t, "join", a, id, many, func() (err error) {
				u, _, err = m.s.AcceptCode(m.ctx, a, m.mailbox[id], "Some One", k)
				return err
			})
			if err == nil && a.UserID == "" {
				m.people = append(m.people, confirmed(models.Actor{UserID: u.ID, Via: models.ViaTUI}))
			}
		},
		"accept": func(t *rapid.T) {
			a, id := m.somebody(t), m.invitation(t)
			_ = m.do(t, "accept", a, id, 1, func() error { _, err := m.s.AcceptInvitation(m.ctx, a, id); return err })
		},
		"decline": func(t *rapid.T) {
			a, id := m.somebody(t), m.invitation(t)
			_ = m.do(t, "decline", a, "", 1, func() error { _, err := m.s.DeclineInvitation(m.ctx, a, id); return err })
		},
		"role": func(t *rapid.T) {
			a, b, r := m.somebody(t), m.somebody(t), role(t)
			same := m.snapshot().members[b.UserID].rank == r.Rank()
			many := -1 // a primary owner who steps down has a successor, with an entry of its own
			if same {
				many = 0
			}
			_ = m.do(t, "role", a, "", many, func() error { _, err := m.s.ChangeRole(m.ctx, a, m.org, b.UserID, r); return err })
		},
		"remove": func(t *rapid.T) {
			a, b := m.somebody(t), m.somebody(t)
			_ = m.do(t, "remove", a, "", -1, func() (err error) { _, err = m.s.RemoveMember(m.ctx, a, m.org, b.UserID); return err })
		},
		"leave": func(t *rapid.T) {
			a := m.somebody(t)
			_ = m.do(t, "leave", a, "", -1, func() error { return m.s.Leave(m.ctx, a, m.org) })
		},
		"settings": func(t *rapid.T) {
			a := m.somebody(t)
			c := rapid.SampledFrom([]models.SettingChange{
				{Key: models.SetInvite, Value: "members"}, {Key: models.SetInvite, Value: "approval"}, {Key: models.SetInvite, Value: "admins"}, {Key: models.SetInvite, Value: "owners"},
				{Key: models.SetSelfApproval, Value: "on"}, {Key: models.SetSelfApproval, Value: "off"}, {Key: models.SetDomains, Value: "acme.dev"}, {Key: models.SetDomains, Value: ""},
				{Key: models.SetJoinRequests, Value: "on"}, {Key: models.SetDefaultRole, Value: "admin"}, {Key: models.SetExpiry, Value: "60"},
			}).Draw(t, "setting")
			force := rapid.Bool().Draw(t, "force")
			_ = m.do(t, "settings", a, "", -1, func() error {
				_, err := m.s.UpdateSettings(m.ctx, a, m.org, []models.SettingChange{c}, force)
				return err
			})
		},
		"request": func(t *rapid.T) {
			a := m.somebody(t)
			_ = m.do(t, "request", a, "", -1, func() error {
				err := m.s.RequestToJoin(m.ctx, a, store.JoinRequest{OrgCode: "ACME"})
				if models.CodeOf(err) == models.CodeLimit {
					return nil // of tries, which are no change
				}
				return err
			})
		},
		"wait": func(t *rapid.T) {
			m.clock.Advance(rapid.SampledFrom([]time.Duration{time.Second, models.UndoTime, models.ResendPause, time.Hour, 48 * time.Hour}).Draw(t, "time"))
		},
		"look": func(t *rapid.T) {
			a := m.somebody(t)
			_ = m.do(t, "look", a, "", 0, func() error {
				_, err := m.s.ListInvitations(m.ctx, a, m.org, models.InvitationQuery{})
				return err
			})
		},
		"mail": func(t *rapid.T) {
			_ = m.do(t, "mail", m.people[0], "", 0, func() error {
				jobs, err := m.s.ClaimMail(m.ctx, 3, time.Minute)
				for _, j := range jobs {
					m.mailbox[j.ID] = j.Code
					if rapid.Bool().Draw(t, "taken") {
						err = m.s.MailSent(m.ctx, j)
					} else {
						err = m.s.MailFailed(m.ctx, j, "451", false)
					}
				}
				return err
			})
		},
	}
	return steps
}

func TestRandomSequences(t *testing.T) {
	alone(t)
	w := newWorld(t)
	ada := w.ada()
	home := must[models.OrgView](t)(w.s.CreateOrganization(w.ctx, ada, store.NewOrganization{Name: "Home", Code: "HOME"}))
	owner := w.join(ada, home.ID, "p0@example.com", models.RoleMember)
	out := w.join(ada, home.ID, "p1@example.com", models.RoleMember)
	owner.Key, out.Key = "", ""
	acme := w.acme(owner)
	w.set(owner, acme.ID, models.SetJoinRequests, "on")
	people := []models.Actor{ada, owner, out}
	for _, r := range []models.Role{models.RoleOwner, models.RoleAdmin, models.RoleMember, models.RoleMember} {
		a := w.join(owner, acme.ID, fmt.Sprintf("m%d@example.com", len(people)), r)
		a.Key = ""
		people = append(people, a)
	}
	frozen := w.freeze()
	plans := models.DefaultPlans()
	team := plans[models.PlanTeam]
	team.Seats = seatsOfMachine
	plans[models.PlanTeam] = team

	// A modest number of sequences by default; -rapid.checks asks for more. With
	// -short, rapid runs a fifth of what it is told, which is too few for every
	// operation to come up.
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() == checks.DefValue {
		n := "25"
		if testing.Short() {
			n = "125"
		}
		if err := flag.Set("rapid.checks", n); err != nil {
			t.Fatal(err)
		}
	}
	// And the same ones each time, so that a run tells of the change it tests.
	if seed := flag.Lookup("rapid.seed"); seed.Value.String() == seed.DefValue {
		if err := flag.Set("rapid.seed", "1"); err != nil {
			t.Fatal(err)
		}
	}
	n, tally := 0, map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		n++
		m := &machine{world: &world{t: t, ctx: t.Context(), dir: filepath.Join(t.TempDir(), fmt.Sprint("data", n)), clock: clock.NewManual(frozen.clock.Now())},
			plans: plans, org: acme.ID, people: slices.Clone(people), mailbox: map[string]string{}, tally: tally}
		copyDir(t, frozen.dir, m.dir)
		s, err := store.Open(m.ctx, store.Options{Dir: m.dir, Now: m.clock.Now, Plans: plans, Rand: rand.NewChaCha8([32]byte{})})
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		m.world.s = s
		m.db = raw(t, m.dir)
		defer m.db.Close()
		steps := m.steps()
		names := slices.Sorted(maps.Keys(steps))
		often := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "leave" || n == "remove" || n == "wait" })
		for _, name := range rapid.Permutation(slices.Concat(names, often, often, often)).Draw(rt, "operations") {
			steps[name](rt)
		}
		for _, r := range must[[]models.ChainReport](t)(m.s.VerifyAll(m.ctx)) {
			if !r.OK {
				rt.Fatalf("%+v", r)
			}
		}
		sound(t, m.db, m.clock.Now(), plans)
	})
	// A sequence that does nothing proves nothing.
	for _, name := range []string{"invite", "approve", "reject", "regenerate", "revoke", "withdraw", "code", "join", "role", "remove", "leave", "settings"} {
		if tally[name+" "] == 0 {
			t.Errorf("%s was never done: %v", name, tally)
		}
	}
	t.Log(tally)
}
