package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// TestNumbersFollowAddresses lets people join in the orders that leave the least
// room between their numbers, change their addresses and leave.
func TestNumbersFollowAddresses(t *testing.T) {
	t.Parallel()
	orders := map[string]func(i, n int) int{
		"upwards":    func(i, n int) int { return i },
		"downwards":  func(i, n int) int { return n - 1 - i },
		"inwards":    func(i, n int) int { return cmp.Or(i%2*(n-i), i) },
		"into a gap": func(i, n int) int { return (i + n - 1) % n },
		"shuffled":   func(i, n int) int { return i * 7919 % n },
	}
	for name, at := range orders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var org models.Organization
			const n = 120
			if err := w.s.Seed(w.ctx, func(sd *store.Seeder) error {
				ada, err := sd.User(w.ctx, store.NewUser{Name: "Ada", Email: "m@example.com"}, true, w.clock.Now())
				if err != nil {
					return err
				}
				if org, err = sd.Organization(w.ctx, ada, store.NewOrganization{Name: "Acme", Code: "ACME"}, models.PlanEnterprise, "", w.clock.Now()); err != nil {
					return err
				}
				for i := range n {
					u, err := sd.User(w.ctx, store.NewUser{Name: "Bob", Email: fmt.Sprintf("m%04d@example.com", at(i, n))}, false, w.clock.Now())
					if err != nil {
						return err
					}
					if err := sd.Member(w.ctx, org.ID, u, models.RoleMember, ada, w.clock.Now()); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			ada := models.Actor{UserID: must[models.User](t)(w.s.UserByRef(w.ctx, "m@example.com")).ID, Via: models.ViaLocal}
			w.sound()
			w.exec("VACUUM") // where rows stand in the file has other numbers from now on
			r := rand.New(rand.NewPCG(1, 2))
			for i := range 60 {
				ref := fmt.Sprintf("m%04d@example.com", i)
				if i%3 == 0 {
					must[models.Consequences](t)(w.s.RemoveMember(w.ctx, ada, org.ID, ref))
					continue
				}
				must[models.AccountDetail](t)(w.s.EditUser(w.ctx, ada, "", ref, models.AccountChange{Email: new(fmt.Sprintf("m%04d.%d@example.com", r.IntN(n), i))}))
			}
			w.sound()
		})
	}
}

// TestSearchGoesOnWhereItStopped reads what a search finds page by page, while the
// member that the next page begins behind leaves.
func TestSearchGoesOnWhereItStopped(t *testing.T) {
	alone(t)
	t.Parallel()
	const rows = 2500 // more than a search sorts
	w, g := crowd(t, rows)
	ctx := context.Background()
	for _, term := range []string{"e", "exa", "example", "mail.example"} {
		for _, reverse := range []bool{false, true} {
			q := models.MemberQuery{Search: term, Sort: models.SortEmail, Reverse: reverse, Limit: 200}
			want := texts(t, w.raw(), "SELECT email_norm FROM memberships WHERE org_id = $1 AND instr(text, $2) > 0 ORDER BY email_norm", g.org, term)
			if reverse {
				slices.Reverse(want)
			}
			var got []string
			for page := 0; ; page++ {
				p := must[models.Page[models.Member]](t)(w.s.ListMembers(ctx, g.owner, g.org, q))
				if len(want) > models.MatchesCap && p.Matches >= 0 && p.Matches <= models.MatchesCap {
					t.Errorf("%q: %d matches of %d", term, p.Matches, len(want))
				}
				for _, m := range p.Items {
					got = append(got, strings.ToLower(m.Email))
				}
				if p.Next == "" {
					break
				}
				q.After = p.Next
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q, reverse %t: %d rows, want %d", term, reverse, len(got), len(want))
			}
		}
	}
}

// TestOldMembersAreNumbered opens a database in which the numbers of members are
// in the order in which they joined.
func TestOldMembersAreNumbered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	for _, name := range []string{"zoe", "bob", "mia", "abel"} {
		w.join(ada, acme.ID, name+"@example.com", models.RoleMember)
	}
	old := &world{t: t, ctx: w.ctx, clock: w.clock, dir: filepath.Join(t.TempDir(), "old")}
	makeOld(t, filepath.Join(w.dir, store.DatabaseFile), old.dir, "0007_numbers.sql")
	old.exec("UPDATE memberships SET num = -num")
	old.exec(`UPDATE memberships SET num = x.num FROM (SELECT m.user_id, m.org_id, (o.num << 32) + row_number() OVER (PARTITION BY o.num ORDER BY m.joined_at DESC, m.user_id DESC) AS num
		FROM memberships m JOIN organizations o ON o.id = m.org_id) x WHERE memberships.user_id = x.user_id AND memberships.org_id = x.org_id`)
	old.s = old.open()
	old.sound()
	w.s = old.s
	w.join(ada, acme.ID, "carl@example.com", models.RoleMember)
	old.sound()
	p := must[models.Page[models.Member]](t)(old.s.ListMembers(w.ctx, ada, acme.ID, models.MemberQuery{Search: "ZO"}))
	if len(p.Items) != 1 || p.Matches != 1 || p.Items[0].Email != "zoe@example.com" {
		t.Errorf("%+v", p)
	}
}
