package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"muster/internal/sshkey"
	"muster/internal/tools/crowd"
	"muster/models"
	"muster/store"
)

// world is an organization with many members and invitations. Some people have
// keys, so that no limit on one user's connections stands in the way.
type world struct {
	dir    string
	org    string // id
	owner  models.User
	people []person // the owner first
}

type person struct {
	id     string
	email  string
	signer gossh.Signer
}

// requests is how many proposals wait for a decision.
const requests = 60

func makeWorld(ctx context.Context, dir string, rows, keyed int) (*world, error) {
	s, err := store.Open(ctx, store.Options{Dir: dir, Create: true, Limits: &models.InviteLimits{}})
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir}
	keyed = min(keyed+1, rows) // and the owner
	err = s.Seed(ctx, func(sd *store.Seeder) error { return w.fill(ctx, sd, rows, keyed) })
	if err = errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	now := time.Now()
	return w, crowd.Crowd{
		File: filepath.Join(dir, store.DatabaseFile), Org: w.org, Owner: w.owner,
		Members: rows - keyed,
		Member: func(i int) crowd.Member {
			m := madeUp(keyed+i, rows)
			m.Handle = fmt.Sprintf("user-%d", keyed+i)
			m.Joined = now.AddDate(-1, 0, 0).Add(300 * 24 * time.Hour / time.Duration(rows) * time.Duration(keyed+i))
			m.Seen = m.Joined
			return m
		},
		// Half of the invitations were declined. None has run out: who lists first
		// would write them all down.
		Invitations: max(0, rows-requests),
		Invitation: func(i int) crowd.Invitation {
			v := crowd.Invitation{Email: fmt.Sprintf("guest%06d@%s.example.org", i*7919%rows, subdomains[i%3]), State: models.StatePending}
			if i%2 == 0 {
				v.State = models.StateDeclined
			}
			v.At = now.Add(-20*24*time.Hour + 20*24*time.Hour/time.Duration(rows)*time.Duration(i))
			v.Expires = v.At.Add(30 * 24 * time.Hour)
			return v
		},
	}.Fill(ctx)
}

var (
	given  = [...]string{"Ada", "Grace", "Linus", "Barbara", "Edsger", "Radia", "Ken", "Frances", "Niklaus", "Hedy", "Zoë", "Łukasz"}
	family = [...]string{"Lovelace", "Hopper", "Liskov", "Dijkstra", "Perlman", "Thompson", "Allen", "Wirth", "Lamarr", "Yáñez", "Østergård"}
)

var subdomains = [...]string{"dev", "ops", "art"}

// madeUp is the i-th of so many people.
func madeUp(i, rows int) crowd.Member {
	return crowd.Member{
		Name:  given[i*7%len(given)] + " " + family[i*5%len(family)],
		Email: fmt.Sprintf("%s%06d@%s.example.com", [...]string{"ada", "grace", "linus", "zoe"}[i%4], i*7919%rows, subdomains[i%3]),
		Role:  [...]models.Role{models.RoleMember, models.RoleViewer, models.RoleMember, models.RoleMember, models.RoleAdmin}[i%5], Status: models.MemberActive,
	}
}

// fill makes the organization, with those who have keys and the requests of one
// of them.
func (w *world) fill(ctx context.Context, sd *store.Seeder, rows, keyed int) error {
	at := time.Now().AddDate(-1, 0, 0)
	for i := range keyed {
		p, key, err := newPerson()
		if err != nil {
			return err
		}
		m := madeUp(i, rows)
		u, err := sd.User(ctx, store.NewUser{Name: m.Name, Email: m.Email, Key: &key}, i == 0, at)
		if err != nil {
			return err
		}
		p.id, p.email = u.ID, u.Email
		w.people = append(w.people, p)
		if i > 0 {
			if err := sd.Member(ctx, w.org, u, m.Role, w.owner, at); err != nil {
				return err
			}
			continue
		}
		w.owner = u
		org, err := sd.Organization(ctx, u, store.NewOrganization{Name: "Acme", Code: "ACME"}, models.PlanEnterprise, "blue", at)
		if err != nil {
			return err
		}
		w.org = org.ID
	}
	by := models.User{ID: w.people[2].id, Email: w.people[2].email} // a member
	for i := range requests {
		if _, err := sd.Invitation(ctx, w.org, by, models.NewInvitation{Email: fmt.Sprintf("proposed%02d@example.org", i), Role: models.RoleViewer}, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

func newPerson() (person, models.PublicKey, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return person{}, models.PublicKey{}, err
	}
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		return person{}, models.PublicKey{}, err
	}
	key, err := sshkey.Check(signer.PublicKey(), "bench")
	return person{signer: signer}, key, err
}

// actor is the owner at this machine.
func (w *world) actor() models.Actor {
	return models.Actor{UserID: w.owner.ID, Via: models.ViaTUI, Address: "127.0.0.1"}
}
