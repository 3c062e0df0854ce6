package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// order is one call that a worker process makes for the test.
type order struct {
	Op    string
	Actor string // user id
	Org   string
	Ref   string
	Role  models.Role
}

func (o order) run(ctx context.Context, s *store.Store) error {
	a := confirmed(models.Actor{UserID: o.Actor, Via: models.ViaSSH})
	var err error
	switch o.Op {
	case "role":
		_, err = s.ChangeRole(ctx, a, o.Org, o.Ref, o.Role)
	case "suspend":
		_, err = s.SuspendMember(ctx, a, o.Org, o.Ref, "")
	case "reactivate":
		_, err = s.ReactivateMember(ctx, a, o.Org, o.Ref)
	case "remove":
		_, err = s.RemoveMember(ctx, a, o.Org, o.Ref)
	case "leave":
		err = s.Leave(ctx, a, o.Org)
	case "restore":
		_, err = s.RestoreMember(ctx, a, o.Org, o.Ref)
	case "end":
		end := start.Add(time.Hour)
		_, err = s.SetMemberEnd(ctx, a, o.Org, o.Ref, &end)
	case "no end":
		_, err = s.SetMemberEnd(ctx, a, o.Org, o.Ref, nil)
	case "nominate":
		_, err = s.Nominate(ctx, a, o.Org, o.Ref)
	case "accept":
		_, err = s.AcceptTransfer(ctx, a, o.Org)
	case "decline":
		_, err = s.DeclineTransfer(ctx, a, o.Org)
	case "suspend user":
		_, err = s.SuspendUser(ctx, a, "", o.Ref, "")
	case "reactivate user":
		_, err = s.ReactivateUser(ctx, a, "", o.Ref)
	case "delete user":
		_, err = s.DeleteUser(ctx, a, "", o.Ref, o.Ref)
	case "delete org":
		_, err = s.DeleteOrganization(ctx, a, o.Org, "ACME")
	case "restore org":
		_, err = s.RestoreOrganization(ctx, a, o.Org)
	case "site admin off":
		_, err = s.EditUser(ctx, a, "", o.Ref, models.AccountChange{SiteAdmin: ptr(false)})
	default:
		err = fmt.Errorf("no operation %q", o.Op)
	}
	return err
}

// doOrders is another process: it answers each batch of orders with the codes
// of their errors. Its clock stands a minute after the start.
func doOrders() int {
	s, err := store.Open(context.Background(), store.Options{Dir: os.Getenv("STORE_TEST_DIR"), Now: func() time.Time { return start.Add(time.Minute) }})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer s.Close()
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var batch []order
		if err := in.Decode(&batch); err != nil {
			return 0
		}
		codes := make([]string, len(batch))
		for i, o := range batch {
			err := o.run(context.Background(), s)
			if codes[i] = string(models.CodeOf(err)); models.CodeOf(err) == models.CodeInternal {
				codes[i] = fmt.Sprintf("internal: %v: %+v", err, o)
			}
		}
		if err := out.Encode(codes); err != nil {
			return 1
		}
	}
}

// takers starts n processes that take orders.
func (x *team) takers(n int) []*process {
	x.t.Helper()
	list := make([]*process, n)
	for i := range list {
		list[i] = startChild(x.t.(*testing.T), "orders", x.dir)
	}
	return list
}

// at gives every process its batch at the same time, waits for all, and gives
// the codes.
func at(t testing.TB, list []*process, batch func(i int) []order) (codes [][]string) {
	t.Helper()
	for i, p := range list {
		if err := json.NewEncoder(p.in).Encode(batch(i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range list {
		var c []string
		if err := json.Unmarshal([]byte(p.line()), &c); err != nil {
			t.Fatal(err)
		}
		for _, code := range c {
			if strings.HasPrefix(code, "internal") {
				t.Fatal(code)
			}
		}
		codes = append(codes, c)
	}
	return codes
}

// owned fails unless the organization has an active owner whose membership has
// no end, and its primary owner is one of them. That there is only one primary
// owner is the shape of the table. A deleted one is looked at when it is back.
func owned(t testing.TB, dir, org string, round int) {
	t.Helper()
	db := raw(t, dir)
	defer db.Close()
	var owners, primary, deleted int
	const lasting = `FROM memberships m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.org_id
		WHERE o.id = $1 AND m.role_order = 1 AND m.status = 'active' AND m.ends_at = 0 AND u.status = 'active'`
	if err := db.QueryRow("SELECT (SELECT count(*) "+lasting+"), (SELECT count(*) "+lasting+" AND m.user_id = o.primary_owner), (SELECT deleted_at FROM organizations WHERE id = $1)", org).Scan(&owners, &primary, &deleted); err != nil {
		t.Fatal(err)
	}
	if deleted == 0 && (owners < 1 || primary != 1) {
		t.Fatalf("round %d: %d active owners, %d of them primary", round, owners, primary)
	}
}

// TestOwnershipUnderConcurrency lets three processes change owners of one
// organization by every path there is, and looks after each round. Before each
// there are three owners among a handful of people, and one site admin outside.
func TestOwnershipUnderConcurrency(t *testing.T) {
	x := newTeam(t)
	people := []models.Actor{x.olga, x.bob, x.cy, x.vera, x.join(x.ada, x.acme, "dee@example.com", models.RoleOwner)}
	if err := x.s.Leave(x.ctx, x.ada, x.acme); err != nil {
		t.Fatal(err)
	}
	ops := []string{"role", "role", "role", "suspend", "suspend", "remove", "leave", "end", "no end", "nominate", "nominate",
		"accept", "accept", "decline", "suspend user", "reactivate user", "delete org", "restore org"}
	workers := x.takers(3)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	done := map[string]int{}
	rounds := 50
	if underRace {
		rounds = 12
	}
	for round := range rounds {
		x.gather(people, r)
		var sent [3][]order
		codes := at(t, workers, func(i int) []order {
			for range 5 {
				o := order{Op: ops[r.IntN(len(ops))], Org: x.acme, Actor: people[r.IntN(len(people))].UserID, Ref: people[r.IntN(len(people))].UserID}
				o.Role = []models.Role{models.RoleOwner, models.RoleAdmin, models.RoleAdmin, models.RoleViewer}[r.IntN(4)]
				switch o.Op {
				case "suspend user", "reactivate user", "restore org":
					o.Actor = x.ada.UserID // as the site admin
				}
				sent[i] = append(sent[i], o)
			}
			return sent[i]
		})
		for i := range codes {
			for j, code := range codes[i] {
				if code == "" {
					done[sent[i][j].Op]++
				}
			}
		}
		owned(t, x.dir, x.acme, round)
		if err := (order{Op: "restore org", Org: x.acme, Actor: x.ada.UserID}).run(x.ctx, x.s); err == nil {
			owned(t, x.dir, x.acme, round)
		}
	}
	t.Logf("done: %v", done)
	for _, op := range []string{"role", "suspend", "remove", "leave", "end", "nominate", "suspend user"} {
		if done[op] == 0 {
			t.Errorf("nothing of %q was ever done, so the test proves nothing about it", op)
		}
	}
	x.sound()
}

// gather brings everybody back, three of them as owners and one nominated.
func (x *team) gather(people []models.Actor, r *rand.Rand) {
	x.t.Helper()
	x.clock.Advance(time.Since(x.clock.Now())) // the other processes have the machine's
	for _, a := range people {
		for _, back := range []order{
			{Op: "reactivate user", Ref: a.UserID}, {Op: "restore", Ref: a.UserID}, {Op: "reactivate", Ref: a.UserID}, {Op: "no end", Ref: a.UserID},
		} {
			back.Actor, back.Org = x.ada.UserID, x.acme
			if err := back.run(x.ctx, x.s); models.CodeOf(err) == models.CodeInternal {
				x.t.Fatal(err)
			}
		}
		if _, err := x.s.Member(x.ctx, x.ada, x.acme, a.UserID); err == nil {
			continue
		}
		// They left of their own accord, so they are invited.
		d := x.user(a.UserID)
		inv, err := x.s.CreateInvitation(x.ctx, x.ada, x.acme, models.NewInvitation{Email: d.Email})
		if err == nil {
			_, err = x.s.AcceptInvitation(x.ctx, a, inv.ID)
		}
		if err != nil {
			x.t.Fatal(err)
		}
	}
	for i, n := range r.Perm(len(people)) {
		role := models.RoleMember
		if i < 3 {
			role = models.RoleOwner
		}
		if _, err := x.s.ChangeRole(x.ctx, x.ada, x.acme, people[n].UserID, role); err != nil {
			x.t.Fatal(err)
		}
		if i == 3 {
			o := order{Op: "nominate", Actor: people[r.IntN(len(people))].UserID, Org: x.acme, Ref: people[n].UserID}
			if err := o.run(x.ctx, x.s); models.CodeOf(err) == models.CodeInternal {
				x.t.Fatal(err)
			}
		}
	}
}

// TestTwoOwnersAtOnce has both owners take the other's place away, by each path,
// at the same moment.
func TestTwoOwnersAtOnce(t *testing.T) {
	x := newTeam(t)
	workers := x.takers(2)
	pair := [2]string{x.ada.UserID, x.olga.UserID}
	for round := range 12 {
		op := []string{"role", "suspend", "remove", "end"}[round%4]
		codes := at(t, workers, func(i int) []order {
			return []order{{Op: op, Org: x.acme, Actor: pair[i], Ref: pair[1-i], Role: models.RoleMember}}
		})
		if (codes[0][0] == "") == (codes[1][0] == "") {
			t.Fatalf("round %d: %s by both gives %v, want one done", round, op, codes)
		}
		owned(t, x.dir, x.acme, round)
		// Put it back: whoever lost is an owner again. Ada can as a site admin.
		for _, back := range []order{
			{Op: "restore", Ref: x.olga.UserID}, {Op: "restore", Ref: x.ada.UserID},
			{Op: "reactivate", Ref: x.olga.UserID}, {Op: "reactivate", Ref: x.ada.UserID},
			{Op: "no end", Ref: x.olga.UserID}, {Op: "no end", Ref: x.ada.UserID},
			{Op: "role", Ref: x.olga.UserID, Role: models.RoleOwner}, {Op: "role", Ref: x.ada.UserID, Role: models.RoleOwner},
		} {
			back.Actor, back.Org = x.ada.UserID, x.acme
			if err := back.run(x.ctx, x.s); models.CodeOf(err) == models.CodeInternal {
				t.Fatal(err)
			}
		}
	}
}

// TestOneAcceptanceCounts has one nomination accepted, declined and cancelled
// by many at once.
func TestOneAcceptanceCounts(t *testing.T) {
	x := newTeam(t)
	workers := x.takers(3)
	owner, next := x.ada, x.cy
	for round := range 8 {
		x.nominate(owner, next)
		codes := at(t, workers, func(i int) []order {
			accept := order{Op: "accept", Org: x.acme, Actor: next.UserID}
			if i == 2 {
				accept.Op = []string{"accept", "decline"}[round%2]
			}
			return []order{accept, accept}
		})
		won := 0
		for _, c := range codes {
			for _, code := range c {
				if code == "" {
					won++
				} else if code != string(models.CodeNotFound) && code != string(models.CodeGone) {
					t.Fatalf("round %d: %v", round, codes)
				}
			}
		}
		if won != 1 {
			t.Fatalf("round %d: %d answers were taken: %v", round, won, codes)
		}
		owned(t, x.dir, x.acme, round)
		if x.view().PrimaryOwner == next.UserID {
			owner, next = next, owner
		}
	}
	x.sound()
}

// TestTheLastOfTheirKindUnderConcurrency has two site admins, each the last but
// the other, and two owners, take each other's account away at once.
func TestTheLastOfTheirKindUnderConcurrency(t *testing.T) {
	for _, op := range []string{"suspend user", "delete user", "site admin off"} {
		t.Run(op, func(t *testing.T) {
			x := newTeam(t)
			if _, err := x.s.EditUser(x.ctx, x.ada, "", x.olga.UserID, models.AccountChange{SiteAdmin: ptr(true)}); err != nil {
				t.Fatal(err)
			}
			ids, refs := [2]string{x.ada.UserID, x.olga.UserID}, [2]string{"olga@example.com", "ada@example.com"}
			codes := at(t, x.takers(2), func(i int) []order { return []order{{Op: op, Actor: ids[i], Ref: refs[i]}} })
			if (codes[0][0] == "") == (codes[1][0] == "") {
				t.Fatalf("%v, want one done", codes)
			}
			owned(t, x.dir, x.acme, 0)
			x.sound()
		})
	}
}
