package store_test

import (
	"context"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"muster/models"
	"muster/store"
)

// big is a database with one large organization. The figures of the project are
// those at 100,000 members and as many invitations; MUSTER_BENCH_ROWS asks for
// another number. It is made once a run, or with MUSTER_BENCH_DIR once for many.
type big struct {
	dir   string
	org   string
	owner models.Actor
	rows  int
}

var makeBig = sync.OnceValues(func() (*big, error) {
	g := &big{rows: 100_000}
	if n, err := strconv.Atoi(os.Getenv("MUSTER_BENCH_ROWS")); err == nil {
		g.rows = n
	}
	dir := os.Getenv("MUSTER_BENCH_DIR")
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "muster-bench-"); err != nil {
			return nil, err
		}
		removeBig = func() { _ = os.RemoveAll(dir) }
	}
	g.dir = filepath.Join(dir, fmt.Sprintf("data-%d", g.rows))
	return g, g.fill()
})

// removeBig is set once there is a directory to remove at the end of the run.
var removeBig = func() {}

var (
	givenNames  = strings.Fields("Ada Grace Linus Alan Barbara Ken Dennis Edsger Donald Margaret Katherine Radia Tim Vint Frances Jean Betty Kathleen Marlyn Ruth José Zoë Łukasz Søren Chloé Jürgen Ngô Amélie Björn Nuño")
	familyNames = strings.Fields("Lovelace Hopper Torvalds Turing Liskov Thompson Ritchie Dijkstra Knuth Hamilton Johnson Perlman Berners-Lee Cerf Allen Bartik Holberton Antonelli Wescoff Teitelbaum Müller Ångström Kowalczyk Nguyễn O'Brien Smith García Ivanov Tanaka Okafor")
)

// fill writes the rows directly, which the store's own way would take minutes
// for, and leaves counters and text indexes as the store would.
func (g *big) fill() error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: g.dir, Create: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if u, err := s.UserByEmail(ctx, "ada@example.com"); err == nil {
		g.owner = models.Actor{UserID: u.ID, Via: models.ViaLocal}
		v, err := s.Organization(ctx, g.owner, "BIG")
		g.org = v.ID
		return err
	}
	k := key("ada")
	u, err := s.Init(ctx, store.NewUser{Name: "Ada Lovelace", Email: "ada@example.com", Key: &k})
	if err != nil {
		return err
	}
	g.owner = models.Actor{UserID: u.ID, Via: models.ViaLocal}
	v, err := s.CreateOrganization(ctx, g.owner, store.NewOrganization{Name: "Big", Code: "BIG"})
	if err != nil {
		return err
	}
	g.org = v.ID
	db, err := sql.Open("sqlite", filepath.Join(g.dir, store.DatabaseFile)+"?_pragma=busy_timeout(10000)&_pragma=synchronous(0)&_pragma=cache_size(-400000)")
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := g.insert(tx, "ada@example.com"); err != nil {
		return err
	}
	return tx.Commit()
}

func (g *big) insert(tx *sql.Tx, inviter string) error {
	var num int64
	if err := tx.QueryRow("UPDATE organizations SET plan = 'enterprise' WHERE id = $1 RETURNING num", g.org).Scan(&num); err != nil {
		return err
	}
	prepared := map[string]*sql.Stmt{}
	exec := func(query string, args ...any) error {
		st := prepared[query]
		if st == nil {
			var err error
			if st, err = tx.Prepare(query); err != nil {
				return err
			}
			prepared[query] = st
		}
		_, err := st.Exec(args...)
		return err
	}
	marks := func(n int) string { return "?" + strings.Repeat(", ?", n-1) }
	r := rand.New(rand.NewPCG(1, 2))
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	minutes := int(time.Since(from).Minutes())
	members, invites := map[[2]any]int{}, map[int]int{}
	row := int64(1 << 20)
	for i := range g.rows {
		given, family := givenNames[r.IntN(len(givenNames))], familyNames[r.IntN(len(familyNames))]
		name := given + " " + family
		if i%1000 == 7 {
			name += " Quxley" // a rare term
		}
		local := strings.ToLower(strings.Map(func(r rune) rune {
			if r > 127 || r == '\'' {
				return -1
			}
			return r
		}, given+"."+family))
		email := fmt.Sprintf("%s%d@%s", local, i, []string{"example.com", "acme.dev", "mail.example.org"}[r.IntN(3)])
		role, status := 3, "active"
		switch x := r.IntN(1000); {
		case x == 0:
			role = 1
		case x < 10:
			role = 2
		case x < 200:
			role = 4
		}
		if r.IntN(100) == 0 {
			status = "suspended"
		}
		id := userID(i)
		handle := fmt.Sprintf("user-%d", i)
		joined := from.Add(time.Duration(r.IntN(minutes)) * time.Minute).UnixMicro()
		seen := joined + int64(r.IntN(1e9))
		text := email + "\n" + models.NormText(name) + "\n" + handle
		if err := exec("INSERT INTO users (num, id, email, email_norm, email_verified, name, handle, site_admin, status, current_org, created_at, last_seen_at, name_norm, text) VALUES ("+marks(14)+")",
			i+10, id, email, email, 1, name, handle, 0, "active", "", joined, seen, models.NormText(name), text); err != nil {
			return err
		}
		if err := exec("INSERT INTO user_text (rowid, text) VALUES (?, ?)", i+10, text+store.TextEnd); err != nil {
			return err
		}
		row++
		if err := exec("INSERT INTO memberships (num, org_id, user_id, role_order, status, joined_at, last_seen_at, invited_by, email, email_norm, name, name_norm, handle, text) VALUES ("+marks(14)+")",
			num<<32|row, g.org, id, role, status, joined, seen, inviter, email, email, name, models.NormText(name), handle, text); err != nil {
			return err
		}
		if err := exec("INSERT INTO member_text (rowid, text) VALUES (?, ?)", num<<32|row, text+store.TextEnd); err != nil {
			return err
		}
		members[[2]any{role, status}]++

		state := 4 // accepted
		switch x := r.IntN(1000); {
		case x < 5:
			state = 1
		case x < 50:
			state = 2
		case x < 200:
			state = 3
		case x > 900:
			state = 5 + x%4
		}
		invites[state]++
		row++
		at, expires, list := joined, int64(0), -joined
		if state == 1 {
			list = joined
		}
		if state == 2 {
			expires = time.Now().Add(24 * time.Hour).UnixMicro()
		}
		text = "i" + email + "\n"
		if err := exec("INSERT INTO invitations (id, num, org_id, email, email_norm, name, role_order, asked_role, state_order, list_at, origin, message, inviter_id, inviter_name, inviter_email, applicant_key, decider_id, decided_by, decided_at, undo_until, reason, ttl, generation, code_hash, code_read, created_at, expires_at, closed_at, accepted_by, text) VALUES ("+marks(30)+")",
			fmt.Sprintf("inv_%026d", i), num<<32|row, g.org, "i"+email, "i"+email, "", 3, 3, state, list, "invite", "", g.owner.UserID, "Ada", inviter, "", "", "", 0, 0, "", 0, 1, nil, 0, at, expires, 0, "", text); err != nil {
			return err
		}
		if err := exec("INSERT INTO invitation_text (rowid, text) VALUES (?, ?)", num<<32|row, text+store.TextEnd); err != nil {
			return err
		}
		if err := exec("INSERT INTO outbox (org_id, invitation_id, state, due_at, claim, attempts, error, asked_at, sent_at) VALUES ("+marks(9)+")",
			g.org, fmt.Sprintf("inv_%026d", i), "sent", 0, 1, 1, "", at, at); err != nil {
			return err
		}
	}
	if err := exec("UPDATE installation_counts SET n = n + ? WHERE name = 'users'", g.rows); err != nil {
		return err
	}
	for k, n := range members {
		if err := exec("UPDATE organizations SET members = members + ? WHERE id = ?", n, g.org); err != nil {
			return err
		}
		if err := exec("INSERT INTO member_counts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n", g.org, k[0], k[1], n); err != nil {
			return err
		}
	}
	for state, n := range invites {
		if err := exec("INSERT INTO invitation_counts VALUES (?, ?, ?)", g.org, state, n); err != nil {
			return err
		}
	}
	if err := exec("UPDATE organizations SET next_row = ? WHERE id = ?", row+1, g.org); err != nil {
		return err
	}
	return exec("INSERT INTO member_text (member_text) VALUES ('optimize')")
}

// userID is the id of the i-th member, in the form of the others.
func userID(i int) string {
	var b [16]byte
	binary.BigEndian.PutUint32(b[2:], uint32(i))
	b[6], b[8] = 0x70, 0x80 // a UUID of version 7
	return "usr_" + base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding).EncodeToString(b[:])
}

// openBig opens the large database.
func openBig(b *testing.B) (*big, *store.Store) {
	b.Helper()
	g, err := makeBig()
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(context.Background(), store.Options{Dir: g.dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return g, s
}

// percentiles runs fn b.N times and reports how long it took at p50 and p95.
func percentiles(b *testing.B, fn func(i int) error) {
	b.Helper()
	times := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for i := range b.N {
		from := time.Now()
		if err := fn(i); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(from))
	}
	b.StopTimer()
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(0, "ns/op")
}

// walk pages through a list of members, from wherever it stands.
func memberWalk(b *testing.B, g *big, s *store.Store, q models.MemberQuery) {
	ctx := context.Background()
	percentiles(b, func(int) error {
		p, err := s.ListMembers(ctx, g.owner, g.org, q)
		if err == nil && len(p.Items) == 0 {
			err = fmt.Errorf("%+v finds nothing", q)
		}
		q.After = p.Next
		return err
	})
}

func BenchmarkStoreMemberPage(b *testing.B) {
	g, s := openBig(b)
	for _, sort := range models.MemberSorts() {
		for _, reverse := range []bool{false, true} {
			b.Run(fmt.Sprintf("sort=%s/reverse=%v", sort, reverse), func(b *testing.B) {
				memberWalk(b, g, s, models.MemberQuery{Sort: sort, Reverse: reverse})
			})
		}
	}
}

func BenchmarkStoreMemberInactive(b *testing.B) {
	g, s := openBig(b)
	for _, days := range []int{1, 300, 980} { // nearly all, most, few
		for _, sort := range models.MemberSorts() {
			b.Run(fmt.Sprintf("days=%d/sort=%s", days, sort), func(b *testing.B) {
				memberWalk(b, g, s, models.MemberQuery{InactiveSince: time.Now().AddDate(0, 0, -days), Sort: sort})
			})
		}
	}
}

func BenchmarkStoreUserPage(b *testing.B) {
	g, s := openBig(b)
	ctx := context.Background()
	for _, q := range []models.AccountQuery{
		{}, {Sort: models.AccountByName}, {Sort: models.AccountByCreated}, {Sort: models.AccountByLastSeen}, {Org: g.org, Sort: models.AccountByName},
		{Role: models.RoleOwner}, {Role: models.RoleMember}, {Search: "quxley"}, {Search: "ada"}, {Search: "a"}, {SiteAdmins: true, Sort: models.AccountByName},
	} {
		name := fmt.Sprintf("org=%v/sort=%s/role=%s/search=%s/admins=%v", q.Org != "", q.Sort, q.Role, q.Search, q.SiteAdmins)
		b.Run(name, func(b *testing.B) {
			percentiles(b, func(int) error {
				p, err := s.Users(ctx, g.owner, q)
				if err == nil && len(p.Items) == 0 {
					err = fmt.Errorf("%+v finds nothing", q)
				}
				q.After = p.Next
				return err
			})
		})
	}
}

func BenchmarkStoreMemberFilter(b *testing.B) {
	g, s := openBig(b)
	for _, f := range []models.MemberQuery{
		{Role: models.RoleOwner}, {Role: models.RoleAdmin}, {Role: models.RoleMember}, {Role: models.RoleViewer},
		{Status: models.MemberSuspended}, {Role: models.RoleAdmin, Status: models.MemberSuspended},
	} {
		for _, sort := range models.MemberSorts() {
			f.Sort = sort
			b.Run(fmt.Sprintf("role=%s/status=%s/sort=%s", f.Role, f.Status, sort), func(b *testing.B) {
				memberWalk(b, g, s, f)
			})
		}
	}
}

// Terms as one types them: from one letter to a whole word, common, rare, and
// found nowhere.
func terms() []string {
	return []string{"a", "q", "é", "ñ", "字", "ad", "qu", "ux", "zz", "ö", "łu", "ada", "qux", "xyz", "4242", "ada.lovelace", "quxley", "o'brien", "lovelace1234", "nobody-at-all"}
}

func BenchmarkStoreMemberSearch(b *testing.B) {
	g, s := openBig(b)
	ctx := context.Background()
	for _, sort := range []models.MemberSort{models.SortEmail, models.SortLastSeen} {
		for _, term := range terms() {
			b.Run(fmt.Sprintf("sort=%s/term=%s", sort, term), func(b *testing.B) {
				percentiles(b, func(int) error {
					_, err := s.ListMembers(ctx, g.owner, g.org, models.MemberQuery{Sort: sort, Search: term})
					return err
				})
			})
		}
	}
}

func BenchmarkStoreInvitationPage(b *testing.B) {
	g, s := openBig(b)
	ctx := context.Background()
	queries := map[string]models.InvitationQuery{"all": {}, "mine": {Mine: true}}
	for _, st := range models.InvitationStates() {
		queries[string(st)] = models.InvitationQuery{States: []models.InvitationState{st}}
	}
	for name, q := range queries {
		b.Run("state="+name, func(b *testing.B) {
			percentiles(b, func(int) error {
				p, err := s.ListInvitations(ctx, g.owner, g.org, q)
				q.After = p.Next
				return err
			})
		})
	}
}

func BenchmarkStoreInvitationSearch(b *testing.B) {
	g, s := openBig(b)
	ctx := context.Background()
	for _, states := range [][]models.InvitationState{nil, {models.StateRequested, models.StatePending}} {
		for _, term := range terms() {
			b.Run(fmt.Sprintf("states=%d/term=%s", len(states), term), func(b *testing.B) {
				percentiles(b, func(int) error {
					_, err := s.ListInvitations(ctx, g.owner, g.org, models.InvitationQuery{States: states, Search: term})
					return err
				})
			})
		}
	}
}

func BenchmarkStoreOpenPage(b *testing.B) {
	g, _ := openBig(b)
	ctx := context.Background()
	percentiles(b, func(int) error {
		s, err := store.Open(ctx, store.Options{Dir: g.dir})
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = s.ListMembers(ctx, g.owner, g.org, models.MemberQuery{})
		return err
	})
}

func BenchmarkStoreOrganization(b *testing.B) {
	g, s := openBig(b)
	ctx := context.Background()
	percentiles(b, func(int) error { _, err := s.Organization(ctx, g.owner, g.org); return err })
}

// BenchmarkStoreChange compares durable changes, each with its audit and outbox
// rows, with empty transactions on the same disk.
func BenchmarkStoreChange(b *testing.B) {
	g, s := openBig(b)
	ctx := context.Background()
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "empty.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)"); err != nil {
		b.Fatal(err)
	}
	empty := func() error {
		tx, err := db.Begin()
		if err == nil {
			_, err = tx.Exec("UPDATE t SET n = n + 1")
		}
		if err == nil {
			err = tx.Commit()
		}
		return err
	}
	n := 0
	var ids []string
	changes := map[string]func() error{
		"invite": func() error {
			n++
			inv, err := s.CreateInvitation(ctx, g.owner, g.org, models.NewInvitation{Email: fmt.Sprintf("new%d-%d@example.com", n, time.Now().UnixNano()), Role: models.RoleMember})
			ids = append(ids, inv.ID)
			return err
		},
		"revoke": func() error {
			id := ids[0]
			ids = ids[1:]
			_, err := s.RevokeInvitation(ctx, g.owner, g.org, id)
			return err
		},
		"role": func() error {
			n++
			_, err := s.ChangeRole(ctx, g.owner, g.org, userID(n%g.rows), models.Roles()[1+n/g.rows%3])
			return err
		},
	}
	for _, name := range []string{"invite", "revoke", "role"} {
		b.Run(name, func(b *testing.B) {
			var mine, theirs time.Duration
			for name == "revoke" && len(ids) < b.N {
				if err := changes["invite"](); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for range b.N { // in turns, since the disk's mood changes
				t0 := time.Now()
				if err := empty(); err != nil {
					b.Fatal(err)
				}
				t1 := time.Now()
				if err := changes[name](); err != nil {
					b.Fatal(err)
				}
				theirs += t1.Sub(t0)
				mine += time.Since(t1)
			}
			b.ReportMetric(float64(b.N)/mine.Seconds(), "changes/s")
			b.ReportMetric(float64(b.N)/theirs.Seconds(), "empty/s")
			b.ReportMetric(100*theirs.Seconds()/mine.Seconds(), "%-of-empty")
			b.ReportMetric(0, "ns/op")
		})
	}
}
