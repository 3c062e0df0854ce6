package store_test

import (
	"context"
	"database/sql"
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

	crowds "muster/internal/tools/crowd"
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

// fill makes the database, unless it is there.
func (g *big) fill() error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: g.dir, Create: true})
	if err != nil {
		return err
	}
	defer s.Close()
	if u, err := s.UserByRef(ctx, "ada@example.com"); err == nil {
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
	if _, err := s.SetPlan(ctx, g.owner, g.org, models.PlanEnterprise); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	return g.crowd(u).Fill(ctx)
}

// crowd is who is in it.
func (g *big) crowd(owner models.User) crowds.Crowd {
	r := rand.New(rand.NewPCG(1, 2))
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	minutes := int(time.Since(from).Minutes())
	member := func(i int) crowds.Member {
		given, family := givenNames[r.IntN(len(givenNames))], familyNames[r.IntN(len(familyNames))]
		m := crowds.Member{Name: given + " " + family, Role: models.RoleMember, Status: models.MemberActive, Handle: fmt.Sprintf("user-%d", i)}
		if i%1000 == 7 {
			m.Name += " Quxley" // a rare term
		}
		local := strings.ToLower(strings.Map(func(r rune) rune {
			if r > 127 || r == '\'' {
				return -1
			}
			return r
		}, given+"."+family))
		m.Email = fmt.Sprintf("%s%d@%s", local, i, []string{"example.com", "acme.dev", "mail.example.org"}[r.IntN(3)])
		switch x := r.IntN(1000); {
		case x == 0:
			m.Role = models.RoleOwner
		case x < 10:
			m.Role = models.RoleAdmin
		case x < 200:
			m.Role = models.RoleViewer
		}
		if r.IntN(100) == 0 {
			m.Status = models.MemberSuspended
		}
		m.Joined = from.Add(time.Duration(r.IntN(minutes)) * time.Minute)
		m.Seen = m.Joined.Add(time.Duration(r.IntN(1e9)) * time.Microsecond)
		return m
	}
	invitation := func(i int) crowds.Invitation {
		v := crowds.Invitation{Email: fmt.Sprintf("i%s.%s%d@example.com", strings.ToLower(givenNames[r.IntN(20)]), strings.ToLower(familyNames[r.IntN(12)]), i), State: models.StateAccepted}
		v.At, v.Expires = from.Add(time.Duration(r.IntN(minutes))*time.Minute), time.Now().Add(24*time.Hour)
		switch x := r.IntN(1000); {
		case x < 5:
			v.State = models.StateRequested
		case x < 50:
			v.State = models.StatePending
		case x < 200:
			v.State = models.InvitationStates()[2]
		case x > 900:
			v.State = models.InvitationStates()[4+x%4]
		}
		return v
	}
	return crowds.Crowd{File: filepath.Join(g.dir, store.DatabaseFile), Org: g.org, Owner: owner,
		Members: g.rows, Member: member, Invitations: g.rows, Invitation: invitation}
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
		{Role: models.RoleOwner}, {Role: models.RoleMember}, {Search: "quxley"}, {Search: "ada"}, {Search: "a"}, {SiteAdmins: true, Sort: models.AccountByName}, {Org: g.org, SiteAdmins: true}, {Org: g.org, Search: "a"},
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
	queries := map[string]models.InvitationQuery{"all": {}, "mine": {Own: true}}
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
			_, err := s.ChangeRole(ctx, g.owner, g.org, crowds.UserID(n%g.rows), models.Roles()[1+n/g.rows%3])
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

// BenchmarkStoreImport measures a list of addresses that nobody has.
func BenchmarkStoreImport(b *testing.B) {
	g, err := makeBig()
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(context.Background(), store.Options{Dir: g.dir, Limits: &models.InviteLimits{}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	rows := make([]models.ImportRow, b.N)
	for i := range rows {
		rows[i] = models.ImportRow{Line: i + 1, Email: fmt.Sprintf("import%d-%d@example.org", time.Now().UnixNano(), i), Role: models.RoleViewer}
	}
	b.ResetTimer()
	if _, err := s.ImportInvitations(context.Background(), g.owner, g.org, rows, store.ImportOptions{}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkStoreExpire measures writing down what ran out.
func BenchmarkStoreExpire(b *testing.B) {
	g, s := openBig(b)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(g.dir, store.DatabaseFile)+"?_pragma=busy_timeout(10000)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for _, query := range []string{
		"UPDATE invitations SET state_order = 2, expires_at = 1, pending_at = 1 WHERE rowid IN (SELECT rowid FROM invitations WHERE state_order IN (3, 4) LIMIT $1)",
		"DELETE FROM invitation_counts",
		"INSERT INTO invitation_counts SELECT org_id, state_order, count(*) FROM invitations GROUP BY 1, 2",
		"INSERT INTO invitation_days SELECT org_id, 0, 2, count(*) FROM invitations WHERE pending_at > 0 GROUP BY 1 ON CONFLICT DO UPDATE SET n = excluded.n",
	} {
		args := []any{b.N}[:strings.Count(query, "$1")]
		if _, err := db.Exec(query, args...); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	if _, err := s.ListInvitations(context.Background(), g.owner, g.org, models.InvitationQuery{}); err != nil {
		b.Fatal(err)
	}
}
