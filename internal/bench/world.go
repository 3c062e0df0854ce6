package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"muster/internal/sshkey"
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
	s, err := store.Open(ctx, store.Options{Dir: dir, Create: true})
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir}
	if err = s.Seed(ctx, func(sd *store.Seeder) error { return w.fill(ctx, sd, rows, keyed) }); err != nil {
		_ = s.Close()
		return nil, err
	}
	return w, s.Close()
}

var (
	given  = [...]string{"Ada", "Grace", "Linus", "Barbara", "Edsger", "Radia", "Ken", "Frances", "Niklaus", "Hedy", "Zoë", "Łukasz"}
	family = [...]string{"Lovelace", "Hopper", "Liskov", "Dijkstra", "Perlman", "Thompson", "Allen", "Wirth", "Lamarr", "Yáñez", "Østergård"}
)

func (w *world) fill(ctx context.Context, sd *store.Seeder, rows, keyed int) error {
	at := time.Now().AddDate(-1, 0, 0)
	step := 300 * 24 * time.Hour / time.Duration(rows)
	for i := range rows {
		at = at.Add(step)
		n := store.NewUser{
			Name:  given[i*7%len(given)] + " " + family[i*5%len(family)],
			Email: fmt.Sprintf("%s%06d@%s.example.com", [...]string{"ada", "grace", "linus", "zoe"}[i%4], i*7919%rows, [...]string{"dev", "ops", "art"}[i%3]),
		}
		if i <= keyed {
			p, key, err := newPerson()
			if err != nil {
				return err
			}
			n.Key, p.email = &key, n.Email
			w.people = append(w.people, p)
		}
		u, err := sd.User(ctx, n, i == 0, at)
		if err != nil {
			return err
		}
		if i <= keyed {
			w.people[i].id = u.ID
		}
		if i == 0 {
			w.owner = u
			org, err := sd.Organization(ctx, u, store.NewOrganization{Name: "Acme", Code: "ACME"}, models.PlanEnterprise, "blue", at)
			if err != nil {
				return err
			}
			w.org = org.ID
			continue
		}
		role := [...]models.Role{models.RoleMember, models.RoleViewer, models.RoleMember, models.RoleMember, models.RoleAdmin}[i%5]
		if err := sd.Member(ctx, w.org, u, role, w.owner, at); err != nil {
			return err
		}
	}
	return w.invite(ctx, sd, rows, at)
}

// invite leaves declined, expired and pending invitations, and requests.
func (w *world) invite(ctx context.Context, sd *store.Seeder, rows int, at time.Time) error {
	step := 60 * 24 * time.Hour / time.Duration(rows)
	for i := range rows - requests {
		at = at.Add(step)
		n := models.NewInvitation{Email: fmt.Sprintf("guest%06d@%s.example.org", i*7919%rows, [...]string{"dev", "ops", "art"}[i%3]), Role: models.RoleViewer, TTL: 30 * 24 * time.Hour}
		if _, err := sd.Invitation(ctx, w.org, w.owner, n, at); err != nil {
			return err
		}
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
