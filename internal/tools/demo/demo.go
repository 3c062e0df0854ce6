// Package demo makes up organizations and people to look around in. The
// addresses are under example.com and example.org (RFC 2606), so that no mail
// can reach anybody.
package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"muster/models"
	"muster/store"
)

// Fill puts several organizations with thousands of members and a full queue of
// requests into an empty database. The first user, a site admin, owns the
// largest organization, and every number is divided by scale. The same seed
// makes the same people. They came in the months before now; what they made in
// the organizations is as new as the database.
func Fill(ctx context.Context, s *store.Store, you store.NewUser, now time.Time, seed uint64, scale int) error {
	var first models.User
	err := s.Seed(ctx, func(sd *store.Seeder) error {
		f := &filler{ctx: ctx, sd: sd, rand: rand.New(rand.NewPCG(seed, seed)), now: now, at: now.AddDate(0, -6, 0), taken: map[string]bool{}}
		you, err := sd.User(ctx, you, true, f.at)
		if err != nil {
			return err
		}
		first = you
		f.taken[models.NormEmail(you.Email)] = true
		for _, o := range organizations {
			o.members, o.requests, o.pending = o.members/scale, o.requests/scale, o.pending/scale
			if err := f.organization(you, o); err != nil {
				return fmt.Errorf("%s: %w", o.code, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return furnish(ctx, s, models.Actor{UserID: first.ID, Via: models.ViaTUI, Door: models.DoorLocal})
}

type organization struct {
	code, name, description, plan, accent string
	members, requests, pending            int
	yours                                 bool // the first user owns it; else is a member
}

var organizations = []organization{
	{"NORTHWIND", "Northwind Traders", "Import and export of groceries since the first sample database", models.PlanVisionary, "green", 48, 4, 6, false},
	{"INITECH", "Initech", "Software that reports on reports", models.PlanTeam, "yellow", 23, 0, 2, true},
	{"ACME", "Acme Corp", "Everything a coyote needs", models.PlanEnterprise, "blue", 2000, 34, 60, true},
}

// Given and family names of people who shaped computing, mixed at random.
var (
	given = strings.Fields(`Ada Alan Barbara Claude Dennis Donald Edsger Frances Grace Hedy Jean Joan John Katherine
		Ken Leslie Linus Margaret Mary Niklaus Radia Robin Shafi Sophie Tim Tony Whitfield Yukihiro Zoë José Łukasz Søren`)
	family = strings.Fields(`Allen Bartik Berners-Lee Clarke Dijkstra Diffie Goldwasser Hamilton Hoare Hopper Johnson Kernighan
		Knuth Lamarr Lamport Liskov Lovelace Matsumoto McCarthy Milner Perlman Ritchie Shannon Thompson Torvalds Turing Wilson Wirth Yáñez Østergård`)
)

type filler struct {
	ctx   context.Context
	sd    *store.Seeder
	rand  *rand.Rand
	now   time.Time
	at    time.Time // of the next deed; only ever goes forward
	taken map[string]bool
}

// step lets a little of the time until now pass, so that n deeds more fit.
func (f *filler) step(n int) time.Time {
	left := f.now.Sub(f.at) - time.Hour
	if left > 0 {
		f.at = f.at.Add(time.Duration(f.rand.Int64N(int64(left)/int64(n) + 1)))
	}
	return f.at
}

func (f *filler) organization(you models.User, o organization) error {
	owner := you
	var err error
	f.at = f.now.AddDate(0, -5, 0)
	if !o.yours {
		if owner, err = f.user(f.at); err != nil {
			return err
		}
	}
	org, err := f.sd.Organization(f.ctx, owner, store.NewOrganization{Name: o.name, Code: o.code, Description: o.description}, o.plan, o.accent, f.at)
	if err != nil {
		return err
	}
	people := []models.User{owner}
	if !o.yours {
		if err := f.member(org.ID, owner, you, models.RoleAdmin, o.members); err != nil {
			return err
		}
	}
	for len(people) < o.members {
		u, err := f.user(f.at)
		if err != nil {
			return err
		}
		if err := f.member(org.ID, owner, u, f.role(), o.members-len(people)); err != nil {
			return err
		}
		people = append(people, u)
	}
	return f.queue(org.ID, owner, people, o)
}

// member invites somebody and lets them accept soon after. Now and then
// somebody else declines instead.
func (f *filler) member(orgID string, by, u models.User, role models.Role, left int) error {
	at := f.step(left)
	if f.rand.IntN(12) == 0 {
		inv, err := f.sd.Invitation(f.ctx, orgID, by, models.NewInvitation{Email: f.email(f.name()), Role: role}, at)
		if err == nil {
			err = f.sd.Decline(f.ctx, inv, at.Add(time.Minute))
		}
		if err != nil {
			return err
		}
	}
	inv, err := f.sd.Invitation(f.ctx, orgID, by, models.NewInvitation{Email: u.Email, Role: role}, at)
	if err != nil {
		return err
	}
	seen := f.now.Add(-time.Duration(f.rand.Int64N(int64(30 * 24 * time.Hour))))
	return f.sd.Join(f.ctx, u, inv, at.Add(time.Duration(f.rand.Int64N(int64(time.Hour)))), seen)
}

// queue leaves requests to decide and invitations that wait.
func (f *filler) queue(orgID string, owner models.User, people []models.User, o organization) error {
	f.at = f.now.Add(-47 * time.Hour)
	for range o.pending {
		n := models.NewInvitation{Email: f.email(f.name()), Role: f.role(), TTL: 7 * 24 * time.Hour}
		if f.rand.IntN(3) == 0 {
			n.TTL = time.Hour // run out by now
		}
		if _, err := f.sd.Invitation(f.ctx, orgID, owner, n, f.step(o.pending+o.requests)); err != nil {
			return err
		}
	}
	reasons := []string{"", "", "joins the data team on Monday", "helps with the audit until March", "external reviewer", "moved here from the Lisbon office"}
	for range o.requests {
		by := people[1+f.rand.IntN(len(people)-1)]
		n := models.NewInvitation{Email: f.email(f.name()), Role: models.RoleViewer, Message: reasons[f.rand.IntN(len(reasons))]}
		if _, err := f.sd.Invitation(f.ctx, orgID, by, n, f.step(o.requests)); models.CodeOf(err) != models.CodeDenied && err != nil {
			return err
		}
	}
	return nil
}

// role is drawn as roles are spread in a large organization.
func (f *filler) role() models.Role {
	switch n := f.rand.IntN(100); {
	case n < 5:
		return models.RoleAdmin
	case n < 80:
		return models.RoleMember
	}
	return models.RoleViewer
}

func (f *filler) user(at time.Time) (models.User, error) {
	name := f.name()
	return f.sd.User(f.ctx, store.NewUser{Name: name, Email: f.email(name)}, false, at)
}

func (f *filler) name() string {
	return given[f.rand.IntN(len(given))] + " " + family[f.rand.IntN(len(family))]
}

// email makes an address that nobody here has.
func (f *filler) email(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r == '-':
			return r
		case r == ' ':
			return '.'
		case strings.ContainsRune("áàâã", r):
			return 'a'
		case strings.ContainsRune("éèêë", r):
			return 'e'
		case strings.ContainsRune("óòôøö", r):
			return 'o'
		case r == 'ł':
			return 'l'
		case r == 'ñ':
			return 'n'
		case r == 'å':
			return 'a'
		}
		return -1
	}, strings.ToLower(name))
	domain := []string{"example.com", "example.org"}[f.rand.IntN(2)]
	for n := 1; ; n++ {
		e := plain + "@" + domain
		if n > 1 {
			e = fmt.Sprintf("%s%d@%s", plain, n, domain)
		}
		if !f.taken[e] {
			f.taken[e] = true
			return e
		}
	}
}
