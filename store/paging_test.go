package store_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	crowds "muster/internal/tools/crowd"
	"muster/models"
	"muster/store"
)

// crowd is an organization of a few hundred, with every role, status and state.
func crowd(t *testing.T, rows int) (*world, *big) {
	t.Helper()
	g := &big{dir: filepath.Join(t.TempDir(), "data"), rows: rows}
	if err := g.fill(); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, ctx: t.Context(), dir: g.dir}
	s, err := store.Open(w.ctx, store.Options{Dir: g.dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w.s = s
	w.exec("UPDATE memberships SET last_seen_at = 0 WHERE rowid % 5 = 0")
	w.exec("UPDATE memberships SET status = 'suspended' WHERE rowid % 6 = 0 AND email <> 'ada@example.com'")
	w.exec("UPDATE memberships SET role_order = 1 + rowid % 4 WHERE email <> 'ada@example.com' AND org_id = $1", g.org)
	w.exec("UPDATE invitations SET state_order = 1 + num % 8, list_at = CASE WHEN num % 8 = 0 THEN created_at ELSE -created_at END, expires_at = 4102444800000000")
	w.exec("DELETE FROM member_counts WHERE org_id = $1", g.org)
	w.exec("INSERT INTO member_counts SELECT org_id, role_order, status, count(*) FROM memberships WHERE org_id = $1 GROUP BY 1, 2, 3", g.org)
	w.exec("DELETE FROM invitation_counts WHERE org_id = $1", g.org)
	w.exec("INSERT INTO invitation_counts SELECT org_id, state_order, count(*) FROM invitations WHERE org_id = $1 GROUP BY 1, 2", g.org)
	return w, g
}

// walkBoth reads a list to its end and back to its beginning.
func walkBoth[T any](t *testing.T, read func(after, before string) (models.Page[T], error), id func(T) string) (forward, back []string) {
	t.Helper()
	p := must[models.Page[T]](t)(read("", ""))
	if p.Prev != "" {
		t.Error("the first page has one before it")
	}
	for range 1000 {
		for _, x := range p.Items {
			forward = append(forward, id(x))
		}
		if p.Next == "" {
			break
		}
		p = must[models.Page[T]](t)(read(p.Next, ""))
	}
	var pages [][]string
	for range 1000 {
		var ids []string
		for _, x := range p.Items {
			ids = append(ids, id(x))
		}
		pages = append(pages, ids)
		if p.Prev == "" {
			break
		}
		p = must[models.Page[T]](t)(read("", p.Prev))
	}
	slices.Reverse(pages)
	return forward, slices.Concat(pages...)
}

func TestMemberPages(t *testing.T) {
	alone(t)
	t.Parallel()
	w, g := crowd(t, 150)
	all := must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, models.MemberQuery{Limit: models.MaxLimit})).Items
	if len(all) != 151 {
		t.Fatalf("%d members", len(all))
	}
	seen := func(m models.Member) int64 {
		if m.LastSeenAt == nil {
			return 0
		}
		return m.LastSeenAt.UnixMicro()
	}
	text := func(m models.Member) string {
		return models.NormEmail(m.Email) + "\n" + models.NormText(m.Name) + "\n" + m.Handle
	}
	by := map[models.MemberSort]func(a, b models.Member) int{
		models.SortEmail: func(a, b models.Member) int { return cmp.Compare(models.NormEmail(a.Email), models.NormEmail(b.Email)) },
		models.SortName:  func(a, b models.Member) int { return cmp.Compare(models.NormText(a.Name), models.NormText(b.Name)) },
		models.SortRole: func(a, b models.Member) int {
			return cmp.Or(b.Role.Rank()-a.Role.Rank(), cmp.Compare(a.Email, b.Email))
		},
		models.SortStatus: func(a, b models.Member) int {
			return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Email, b.Email))
		},
		models.SortJoined:   func(a, b models.Member) int { return cmp.Or(b.JoinedAt.Compare(a.JoinedAt), -cmp.Compare(a.ID, b.ID)) },
		models.SortLastSeen: func(a, b models.Member) int { return cmp.Or(cmp.Compare(seen(b), seen(a)), -cmp.Compare(a.ID, b.ID)) },
	}
	for sort, order := range by {
		for _, reverse := range []bool{false, true} {
			for _, f := range []models.MemberQuery{
				{}, {Role: models.RoleOwner}, {Role: models.RoleMember}, {Status: models.MemberSuspended}, {Status: models.MemberActive},
				{Role: models.RoleViewer, Status: models.MemberSuspended}, {Role: models.RoleAdmin, Status: models.MemberActive},
				{Search: "ADA"}, {Search: "a"}, {Search: "üß"}, {Search: "ñ"}, {Search: "o'b"}, {Search: "lovelace", Role: models.RoleMember}, {Search: "xley"}, {Search: "8@"}, {Search: `"`},
			} {
				f.Sort, f.Reverse = sort, reverse
				var want []models.Member
				for _, m := range all {
					if (f.Role == "" || m.Role == f.Role) && (f.Status == "" || m.Status == f.Status) && strings.Contains(text(m), models.NormText(f.Search)) {
						want = append(want, m)
					}
				}
				slices.SortFunc(want, func(a, b models.Member) int {
					n := cmp.Or(order(a, b), cmp.Compare(a.ID, b.ID))
					if reverse {
						n = -n
					}
					return n
				})
				var ids []string
				for _, m := range want {
					ids = append(ids, m.ID)
				}
				forward, back := walkBoth(t, func(after, before string) (models.Page[models.Member], error) {
					q := f
					q.Limit, q.After, q.Before = 7, after, before
					p, err := w.s.ListMembers(w.ctx, g.owner, g.org, q)
					if p.Total != len(all) || p.Matches != -1 && p.Matches != len(want) {
						t.Fatalf("%+v: %d of %d, want %d of %d", q, p.Matches, p.Total, len(want), len(all))
					}
					return p, err
				}, func(m models.Member) string { return m.ID })
				if !slices.Equal(forward, ids) || !slices.Equal(back, ids) {
					t.Fatalf("%+v: forward %d, back %d, want %d rows\n%v\n%v\n%v", f, len(forward), len(back), len(ids), forward, back, ids)
				}
			}
		}
	}
}

func TestInvitationPages(t *testing.T) {
	alone(t)
	t.Parallel()
	w, g := crowd(t, 150)
	all := must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, g.owner, g.org, models.InvitationQuery{Limit: models.MaxLimit})).Items
	if len(all) != 150 {
		t.Fatalf("%d invitations", len(all))
	}
	order := func(a, b models.Invitation) int {
		at := b.CreatedAt.Compare(a.CreatedAt)
		if a.State == models.StateRequested {
			at = -at
		}
		return cmp.Or(a.State.Rank()-b.State.Rank(), at, cmp.Compare(a.ID, b.ID))
	}
	if !slices.IsSortedFunc(all, order) {
		t.Error("the list is not in its order")
	}
	sets := [][]models.InvitationState{nil, models.InvitationStates(), {models.StateRequested, models.StatePending}, {models.StateWithdrawn, models.StateRequested, models.StateRequested}}
	for _, s := range models.InvitationStates() {
		sets = append(sets, []models.InvitationState{s})
	}
	for _, states := range sets {
		for _, mine := range []bool{false, true} {
			for _, term := range []string{"", "ada", "i", "8@", "zz", "lovelace", "nowhere"} {
				var ids []string
				for _, inv := range all {
					if (states == nil || slices.Contains(states, inv.State)) && strings.Contains(inv.Email, term) {
						ids = append(ids, inv.ID)
					}
				}
				forward, back := walkBoth(t, func(after, before string) (models.Page[models.Invitation], error) {
					p, err := w.s.ListInvitations(w.ctx, g.owner, g.org, models.InvitationQuery{States: states, Own: mine, Search: term, Limit: 7, After: after, Before: before})
					if p.Total != len(all) || p.Matches != -1 && p.Matches != len(ids) {
						t.Fatalf("%v %q: %d of %d, want %d of %d", states, term, p.Matches, p.Total, len(ids), len(all))
					}
					return p, err
				}, func(inv models.Invitation) string { return inv.ID })
				if !slices.Equal(forward, ids) || !slices.Equal(back, ids) {
					t.Fatalf("%v %q mine %v: forward %d, back %d, want %d rows", states, term, mine, len(forward), len(back), len(ids))
				}
			}
		}
	}
	if p := must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, models.Actor{UserID: crowds.UserID(4)}, g.org, models.InvitationQuery{Own: true})); len(p.Items) != 0 {
		t.Errorf("somebody who sent none has %d", len(p.Items))
	}
	_, err := w.s.ListInvitations(w.ctx, g.owner, g.org, models.InvitationQuery{States: []models.InvitationState{"lost"}})
	wantCode(t, err, models.CodeInvalid)
}

// Rows that stay are met once and in order while others come and go.
func TestPagesWhileRowsComeAndGo(t *testing.T) {
	alone(t)
	t.Parallel()
	w, g := crowd(t, 120)
	for _, sort := range models.MemberSorts() {
		stable := map[string]bool{}
		for _, m := range must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, models.MemberQuery{Limit: 500})).Items {
			stable[m.ID] = true
		}
		met := map[string]int{}
		q := models.MemberQuery{Sort: sort, Limit: 10}
		for page := 0; ; page++ {
			p := must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, q))
			for _, m := range p.Items {
				met[m.ID]++
			}
			if q.After = p.Next; q.After == "" {
				break
			}
			// The last row of the page, on which the cursor stands, leaves, and
			// another person comes.
			last := p.Items[len(p.Items)-1]
			if _, err := w.s.RemoveMember(w.ctx, g.owner, g.org, last.ID); err == nil {
				delete(stable, last.ID)
			}
			inv := must[models.Invitation](t)(w.s.CreateInvitation(w.ctx, g.owner, g.org, models.NewInvitation{Email: fmt.Sprintf("m%d-%s@example.com", page, sort)}))
			w.accept(g.owner, inv)
		}
		for id, n := range met {
			if n > 1 {
				t.Errorf("sorted by %s, %s is met %d times", sort, id, n)
			}
		}
		for id := range stable {
			if met[id] != 1 {
				t.Errorf("sorted by %s, %s is met %d times", sort, id, met[id])
			}
		}
	}
}

func TestForeignCursors(t *testing.T) {
	t.Parallel()
	w, g := crowd(t, 60)
	byEmail := must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, models.MemberQuery{}))
	// The default sort by its name goes on.
	must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, models.MemberQuery{Sort: models.SortEmail, After: byEmail.Next}))
	invites := must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, g.owner, g.org, models.InvitationQuery{}))
	enc := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for _, c := range []string{
		invites.Next, "x", "%%%", enc("{}"), enc("null"), enc("[]"), enc(`{"s":"namefalse","k":[]}`), enc(`{"s":"namefalse","k":[1,2]}`),
		enc(`{"s":"namefalse","k":["a",null]}`), enc(`{"s":"namefalse","k":["a",{"b":1}]}`), enc(`{"s":"namefalse","k":["a","b","c"]}`), byEmail.Next, strings.Repeat("A", 100_000),
	} {
		for _, q := range []models.MemberQuery{{After: c}, {Before: c}} {
			q.Sort = models.SortName
			_, err := w.s.ListMembers(w.ctx, g.owner, g.org, q)
			wantCode(t, err, models.CodeInvalid)
		}
	}
	for _, c := range []string{byEmail.Next, "x", enc(`{"s":"invitations","k":["a",1,"b"]}`), enc(`{"s":"invitations","k":[1e99,1,"b"]}`)} {
		_, err := w.s.ListInvitations(w.ctx, g.owner, g.org, models.InvitationQuery{After: c})
		wantCode(t, err, models.CodeInvalid)
		_, err = w.s.ListAudit(w.ctx, g.owner, g.org, models.AuditQuery{After: c})
		wantCode(t, err, models.CodeInvalid)
	}
	// A key that no row has is a place in the list like any other.
	p := must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, models.MemberQuery{Sort: models.SortName, After: enc(`{"s":"namefalse","k":["' OR 1=1 --","zz"]}`)}))
	if len(p.Items) == 0 {
		t.Error("nothing after a key that sorts before every name")
	}
	for _, q := range []models.MemberQuery{{Limit: -1}, {Limit: 501}, {Sort: "password"}, {Role: "root"}, {Status: "gone"}, {Search: strings.Repeat("x", 300)}} {
		_, err := w.s.ListMembers(w.ctx, g.owner, g.org, q)
		wantCode(t, err, models.CodeInvalid)
	}
	for _, term := range []string{"\x00", "\x00\x00\x00", `""" OR text:*`, "a\nb", "%_", "NEAR(a b)", "*", "\xff\xfe", strings.Repeat("é", 128)} {
		if _, err := w.s.ListMembers(w.ctx, g.owner, g.org, models.MemberQuery{Search: term}); err != nil {
			t.Errorf("search for %q: %v", term, err)
		}
		if _, err := w.s.ListInvitations(w.ctx, g.owner, g.org, models.InvitationQuery{Search: term}); err != nil {
			t.Errorf("search for %q: %v", term, err)
		}
	}
}

// Every page is a range of an index, without a sort.
func TestPagesUseTheirIndex(t *testing.T) {
	alone(t)
	t.Parallel()
	w, g := crowd(t, 60)
	for _, sort := range models.MemberSorts() {
		for _, role := range []models.Role{"", models.RoleMember} {
			for _, status := range []models.MemberStatus{"", models.MemberSuspended, models.MemberActive} {
				q := models.MemberQuery{Sort: sort, Role: role, Status: status, Limit: 5}
				p := must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, q))
				q.After = p.Next
				p = must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, q))
				if q.After, q.Before = "", p.Prev; q.Before != "" {
					must[models.Page[models.Member]](t)(w.s.ListMembers(w.ctx, g.owner, g.org, q))
				}
			}
		}
	}
	for _, q := range []models.InvitationQuery{{}, {Own: true}, {States: []models.InvitationState{models.StatePending}}, {Own: true, States: []models.InvitationState{models.StateRequested, models.StateExpired}}} {
		q.Limit = 5
		p := must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, g.owner, g.org, q))
		q.After = p.Next
		must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, g.owner, g.org, q))
	}
	members, invites := 0, 0
	for _, query := range must[[]string](t)(w.s.Statements(context.Background())) {
		isMembers, isInvites := strings.Contains(query, "FROM memberships m WHERE") && strings.Contains(query, "ORDER BY"), strings.Contains(query, "FROM invitations i WHERE") && strings.Contains(query, "ORDER BY")
		if !isMembers && !isInvites {
			continue
		}
		plan := explain(t, w, query)
		switch {
		case isMembers:
			members++
			if len(plan) != 1 || !strings.Contains(plan[0], "SEARCH m USING INDEX") {
				t.Errorf("%s\n%s", query, strings.Join(plan, "\n"))
			}
		case isInvites:
			invites++
			if !strings.Contains(strings.Join(plan, "\n"), "SEARCH i USING INDEX invitations_") || strings.Contains(plan[1], "TEMP") || strings.Contains(strings.Join(plan[:2], ""), "TEMP") {
				t.Errorf("%s\n%s", query, strings.Join(plan, "\n"))
			}
		}
	}
	if members < 50 || invites < 6 {
		t.Errorf("only %d queries of members and %d of invitations were looked at", members, invites)
	}
}

func explain(t *testing.T, w *world, query string) (plan []string) {
	t.Helper()
	db := w.raw()
	defer db.Close()
	args := make([]any, strings.Count(query, "$"))
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	return plan
}

// What ran out is shown and counted as expired, by id and by code of the
// organization, from the very moment on.
func TestExpiredInLists(t *testing.T) {
	alone(t)
	t.Parallel()
	w := newWorld(t)
	ada := w.ada()
	acme := w.acme(ada)
	bob := w.join(ada, acme.ID, "bob@example.com", models.RoleViewer)
	w.exec("UPDATE organizations SET plan = 'enterprise' WHERE id = $1", acme.ID)
	for i := range 250 { // more than one batch
		if _, err := w.s.CreateInvitation(w.ctx, ada, acme.ID, models.NewInvitation{Email: fmt.Sprintf("p%d@example.com", i), TTL: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.Advance(time.Minute - time.Microsecond)
	if v := must[models.OrgView](t)(w.s.Organization(w.ctx, ada, "acme")); v.Invites[models.StatePending] != 250 || v.Seats.Used != 252 {
		t.Errorf("just before: %+v", v.Invites)
	}
	w.clock.Advance(time.Microsecond)
	if v := must[models.OrgView](t)(w.s.Organization(w.ctx, ada, "acme")); v.Invites[models.StatePending] != 0 || v.Invites[models.StateExpired] != 250 || v.Seats.Used != 2 {
		t.Errorf("at the moment: %+v", v.Invites)
	}
	p := must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, bob, "acme", models.InvitationQuery{}))
	if len(p.Items) != 0 {
		t.Errorf("a viewer sees %d", len(p.Items))
	}
	p = must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, ada, "acme", models.InvitationQuery{States: []models.InvitationState{models.StatePending}}))
	if len(p.Items) != 0 || p.Matches != 0 {
		t.Errorf("%d are still pending", len(p.Items))
	}
	expired := models.InvitationQuery{States: []models.InvitationState{models.StateExpired}, Limit: 100}
	ids := func(q models.InvitationQuery) (list []string) {
		t.Helper()
		for {
			p := must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, ada, "acme", q))
			for _, v := range p.Items {
				if v.State != models.StateExpired {
					t.Fatalf("%s is %s", v.Email, v.State)
				}
				list = append(list, v.Email)
			}
			if q.After = p.Next; q.After == "" {
				if p.Matches != len(list) {
					t.Errorf("%d match, and %d are listed", p.Matches, len(list))
				}
				return list
			}
		}
	}
	search := expired
	search.Search = "p12"
	for _, written := range []int64{0, 250} {
		if list := ids(expired); len(list) != 250 || list[0] == list[249] {
			t.Errorf("%d are expired", len(list))
		}
		if list := ids(search); len(list) != 11 {
			t.Errorf("a search finds %v", list)
		}
		search.States = []models.InvitationState{models.StatePending}
		if p := must[models.Page[models.Invitation]](t)(w.s.ListInvitations(w.ctx, ada, "acme", search)); len(p.Items) != 0 || p.Matches != 0 {
			t.Errorf("a search finds %d pending ones", p.Matches)
		}
		search.States = expired.States
		// In a list of all states they stand where expired ones do, both ways.
		forward, back := walkBoth(t, func(after, before string) (models.Page[models.Invitation], error) {
			return w.s.ListInvitations(w.ctx, ada, "acme", models.InvitationQuery{Limit: 40, After: after, Before: before})
		}, func(v models.Invitation) string { return string(v.State) + " " + v.Email })
		if len(forward) != 251 || !slices.Equal(forward, back) || !strings.HasPrefix(forward[0], "expired") || !strings.HasPrefix(forward[250], "accepted") {
			t.Errorf("%d and %d of all, from %s to %s", len(forward), len(back), forward[0], forward[len(forward)-1])
		}
		// Nobody who only reads writes them down; the janitor does.
		if n := w.number("SELECT count(*) FROM audit WHERE action = 'invitation.expire' AND acting_as = 'system'"); n != written {
			t.Errorf("%d entries", n)
		}
		if err := w.s.Sweep(w.ctx); err != nil {
			t.Fatal(err)
		}
	}
	w.sound()
}
