package store_test

import (
	"database/sql"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/clock"
	"muster/models"
	"muster/store"
	"muster/store/internal/db/sqlite"
)

// raw opens the database file beside the store, as an attacker or an operator
// with sqlite3 would.
func raw(t testing.TB, dir string) *sql.DB {
	t.Helper()
	driver, address := "sqlite", filepath.Join(dir, store.DatabaseFile)+"?_pragma=busy_timeout(10000)"
	if postgresDSN != "" {
		driver, address = "pgx", database(t, dir, "")
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if postgresDSN != "" {
		db.SetConnMaxIdleTime(time.Second) // a server has only so many connections for all tests
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (w *world) raw() *sql.DB { return raw(w.t, w.dir) }

// exec changes the database behind the store's back.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	db := w.raw()
	defer db.Close()
	if _, err := db.Exec(query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

// number asks for one number.
func (w *world) number(query string, args ...any) (n int64) {
	w.t.Helper()
	db := w.raw()
	defer db.Close()
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func texts(t testing.TB, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// dump is every row of every table of the schema, as text, by table.
func dump(t testing.TB, db *sql.DB) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	tables := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_text%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'"
	if postgresDSN != "" {
		tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	for _, table := range texts(t, db, tables) {
		query := "SELECT * FROM " + table
		if table == "changes" { // whoever follows a log is told of every entry in it
			query += " WHERE topic NOT LIKE 'log %'"
		}
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		cols, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		lines := []string{}
		for rows.Next() {
			values, dest := make([]any, len(cols)), make([]any, len(cols))
			for i := range values {
				dest[i] = &values[i]
			}
			if err := rows.Scan(dest...); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprint(values...))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		slices.Sort(lines)
		out[table] = lines
	}
	return out
}

// changed lists the tables whose rows differ.
func changed(before, after map[string][]string) []string {
	var out []string
	for _, table := range slices.Sorted(maps.Keys(after)) {
		if !slices.Equal(before[table], after[table]) {
			out = append(out, table)
		}
	}
	return out
}

// template is a data directory that tests copy, since making one takes longer.
type template struct {
	dir   string
	clock *clock.Manual
}

// freeze closes the world's store and keeps its directory as a template.
func (w *world) freeze() template {
	w.t.Helper()
	if err := w.s.Close(); err != nil {
		w.t.Fatal(err)
	}
	return template{w.dir, w.clock}
}

// thaw gives a world of its own on a copy of the template.
func (f template) thaw(t testing.TB, options ...func(*store.Options)) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), dir: filepath.Join(t.TempDir(), "data"), clock: clock.NewManual(f.clock.Now())}
	copyDir(t, f.dir, w.dir)
	database(t, w.dir, f.dir)
	w.s = w.open(options...)
	return w
}

func copyDir(t testing.TB, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		src, err := os.Open(filepath.Join(from, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		dst, err := os.OpenFile(filepath.Join(to, f.Name()), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(dst, src); err != nil {
			t.Fatal(err)
		}
		_ = src.Close()
		if err := dst.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// sound checks what must hold in every database at every moment.
func sound(t testing.TB, db *sql.DB, now time.Time, plans models.Plans) {
	t.Helper()
	for _, bad := range flaws(t, db, now, plans) {
		t.Error(bad)
	}
	if postgresDSN != "" {
		return // the server holds references, and the text indexes are its own
	}
	for what, query := range map[string]string{
		"damage":            `SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'`,
		"broken references": `SELECT "table" || rowid FROM pragma_foreign_key_check`,
	} {
		if bad := texts(t, db, query); len(bad) > 0 {
			t.Errorf("%s: %v", what, bad)
		}
	}
	for index, rows := range map[string]string{"member_text": "memberships", "invitation_text": "invitations", "user_text": "users", "organization_text": "organizations WHERE kind = 'shared'"} {
		indexed := map[string][]string{} // the runs of each row, by number
		for _, line := range texts(t, db, fmt.Sprintf("SELECT DISTINCT doc || ' ' || term FROM %s_words", index)) {
			num, run, _ := strings.Cut(line, " ")
			indexed[num] = append(indexed[num], run)
		}
		for _, line := range texts(t, db, "SELECT num || ' ' || text FROM "+rows) {
			num, text, _ := strings.Cut(line, " ")
			chars := []rune(text + sqlite.TextEnd)
			var want []string
			for i := 0; i+3 <= len(chars); i++ {
				want = append(want, string(chars[i:i+3]))
			}
			slices.Sort(want)
			slices.Sort(indexed[num])
			if want = slices.Compact(want); !slices.Equal(indexed[num], want) {
				t.Errorf("%s of %q: %q, want %q", index, text, indexed[num], want)
			}
		}
	}
}

// flaws lists what must not be.
func flaws(t testing.TB, db *sql.DB, now time.Time, plans models.Plans) (list []string) {
	t.Helper()
	for what, query := range map[string]string{
		"member counters that differ from a recount": `SELECT coalesce(c.org_id, m.org_id) || ' ' || coalesce(c.role_order, m.role_order) || ' ' || coalesce(c.n, 0) || ' counted ' || coalesce(m.n, 0)
			FROM (SELECT org_id, role_order, status, n FROM member_counts WHERE n > 0) c
			FULL JOIN (SELECT org_id, role_order, status, count(*) AS n FROM memberships GROUP BY 1, 2, 3) m
			ON c.org_id = m.org_id AND c.role_order = m.role_order AND c.status = m.status WHERE coalesce(c.n, 0) <> coalesce(m.n, 0)`,
		"invitation counters that differ from a recount": `SELECT coalesce(c.org_id, i.org_id) || ' ' || coalesce(c.state_order, i.state_order) || ' ' || coalesce(c.n, 0) || ' counted ' || coalesce(i.n, 0)
			FROM (SELECT org_id, state_order, n FROM invitation_counts WHERE n > 0) c
			FULL JOIN (SELECT org_id, state_order, count(*) AS n FROM invitations WHERE deleted_at = 0 GROUP BY 1, 2) i
			ON c.org_id = i.org_id AND c.state_order = i.state_order WHERE coalesce(c.n, 0) <> coalesce(i.n, 0)`,
		"organizations without an active owner": `SELECT code FROM organizations o WHERE o.kind = 'shared' AND o.deleted_at = 0 AND NOT EXISTS (SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id
			WHERE m.org_id = o.id AND m.role_order = 1 AND m.status = 'active' AND m.ends_at = 0 AND u.status = 'active')`,
		"primary owners who keep nothing alive": `SELECT code FROM organizations o WHERE o.kind = 'shared' AND o.deleted_at = 0 AND NOT EXISTS (SELECT 1 FROM memberships m JOIN users u ON u.id = m.user_id
			WHERE m.org_id = o.id AND m.user_id = o.primary_owner AND m.role_order = 1 AND m.status = 'active' AND m.ends_at = 0 AND u.status = 'active')`,
		"nominations whose parties changed": `SELECT x.id FROM transfers x JOIN organizations o ON o.id = x.org_id WHERE x.status = 'pending' AND o.deleted_at = 0
			AND (NOT EXISTS (SELECT 1 FROM memberships m WHERE m.org_id = x.org_id AND m.user_id = x.from_id AND m.role_order = 1 AND m.status = 'active')
				OR NOT EXISTS (SELECT 1 FROM memberships m WHERE m.org_id = x.org_id AND m.user_id = x.nominee_id AND m.status = 'active'))`,
		"organizations whose members differ from a recount": `SELECT code FROM organizations o WHERE members <> (SELECT count(*) FROM memberships m WHERE m.org_id = o.id)`,
		"installation counters that differ from a recount": `SELECT name || ' ' || n FROM installation_counts WHERE n <> CASE name WHEN 'users' THEN (SELECT count(*) FROM users)
			WHEN 'organizations' THEN (SELECT count(*) FROM organizations WHERE kind = 'shared' AND deleted_at = 0)
			ELSE (SELECT count(*) FROM organizations WHERE kind = 'shared' AND deleted_at > 0) END`,
		"users the text index lacks":               `SELECT num FROM users WHERE num NOT IN (SELECT id FROM user_text_docsize)`,
		"text of users that are gone":              `SELECT id FROM user_text_docsize WHERE id NOT IN (SELECT num FROM users)`,
		"organizations the text index lacks":       `SELECT code FROM organizations WHERE kind = 'shared' AND num NOT IN (SELECT id FROM organization_text_docsize)`,
		"text of organizations that are gone":      `SELECT id FROM organization_text_docsize WHERE id NOT IN (SELECT num FROM organizations WHERE kind = 'shared')`,
		"addresses with two open invitations":      `SELECT org_id || ' ' || email_norm FROM invitations WHERE state_order <= 2 GROUP BY org_id, email_norm HAVING count(*) > 1`,
		"addresses that two have verified":         `SELECT email_norm FROM users WHERE email_verified = 1 GROUP BY email_norm HAVING count(*) > 1`,
		"what is unique of an address":             `SELECT id FROM users WHERE email_key <> CASE email_verified WHEN 1 THEN email_norm ELSE id END`,
		"memberships with another address or mark": `SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.email_verified <> u.email_verified OR m.email <> u.email`,
		"open invitations of members":              `SELECT i.id FROM invitations i JOIN memberships m ON m.org_id = i.org_id AND m.email_norm = i.email_norm AND m.email_verified = 1 WHERE i.state_order <= 2 AND i.origin <> 'join_request'`,
		"users without a personal workspace":       `SELECT id FROM users u WHERE (SELECT count(*) FROM memberships m JOIN organizations o ON o.id = m.org_id WHERE m.user_id = u.id AND o.kind = 'personal') <> 1`,
		"personal workspaces with two":             `SELECT o.id FROM organizations o JOIN memberships m ON m.org_id = o.id WHERE o.kind = 'personal' GROUP BY o.id HAVING count(*) > 1`,
		"memberships that repeat the user wrongly": `SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id
			WHERE m.email <> u.email OR m.email_norm <> u.email_norm OR m.name <> u.name OR m.handle <> u.handle
			OR m.name_norm <> u.name_norm OR m.text <> u.text OR m.account <> u.status`,
		"memberships that repeat the organization wrongly": `SELECT m.user_id FROM memberships m JOIN organizations o ON o.id = m.org_id WHERE (m.shared = 1) <> (o.kind = 'shared')`,
		"codes without a pending or expired invitation":    `SELECT id FROM invitations WHERE state_order = 1 AND returned_at = 0 AND code_hash IS NOT NULL OR state_order = 2 AND (code_hash IS NULL OR expires_at = 0)`,
		"pending invitations that nobody stands behind":    `SELECT id FROM invitations WHERE (state_order = 2) <> (sponsor_id <> '') AND state_order <= 2`,
		"closed invitations with a mail waiting":           `SELECT i.id FROM invitations i JOIN outbox x ON x.invitation_id = i.id WHERE x.state = 'queued' AND i.state_order <> 2`,
		"chains whose head is not the last entry":          `SELECT h.org_id FROM audit_heads h WHERE NOT EXISTS (SELECT 1 FROM audit a WHERE a.org_id = h.org_id AND a.seq = h.seq AND a.hash = h.hash)`,
		"members whose numbers are not in the order of their addresses": `SELECT m.email_norm || ' ' || m.num FROM memberships m JOIN memberships n ON n.org_id = m.org_id
			AND ((n.email_norm, n.user_id) < (m.email_norm, m.user_id)) <> (n.num < m.num)`,
		"users whose numbers are not in the order of their addresses": `SELECT u.email_norm || ' ' || u.num FROM users u JOIN users n ON ((n.email_norm, n.id) < (u.email_norm, u.id)) <> (n.num < u.num)`,
		"numbers outside of the organization's":                       `SELECT m.num FROM memberships m JOIN organizations o ON o.id = m.org_id WHERE m.num >> 32 <> o.num UNION ALL SELECT num FROM users WHERE num >> 62 <> 1`,
		"members the text index lacks":                                `SELECT num FROM memberships WHERE num NOT IN (SELECT id FROM member_text_docsize)`,
		"text of members that are gone":                               `SELECT id FROM member_text_docsize WHERE id NOT IN (SELECT num FROM memberships)`,
		"invitations the text index lacks":                            `SELECT num FROM invitations WHERE num NOT IN (SELECT id FROM invitation_text_docsize)`,
		"text of invitations that are gone":                           `SELECT id FROM invitation_text_docsize WHERE id NOT IN (SELECT num FROM invitations)`,
	} {
		if postgresDSN != "" && strings.Contains(query, "_text_docsize") {
			continue // a text index is part of its table
		}
		if bad := texts(t, db, query); len(bad) > 0 {
			list = append(list, fmt.Sprintf("%s: %v", what, bad))
		}
	}
	for plan, p := range plans {
		if p.Seats == 0 {
			continue
		}
		if bad := texts(t, db, `SELECT code || ' ' || (m + i) FROM (SELECT code, (SELECT count(*) FROM memberships m WHERE m.org_id = o.id AND m.status = 'active') AS m,
			(SELECT count(*) FROM invitations i WHERE i.org_id = o.id AND i.state_order = 2 AND i.expires_at > $3) AS i FROM organizations o WHERE o.plan = $1) AS taken WHERE m + i > $2`, plan, p.Seats, now.UnixMicro()); len(bad) > 0 {
			list = append(list, fmt.Sprintf("more seats taken than the %d of plan %s: %v", p.Seats, plan, bad))
		}
	}
	return list
}

func (w *world) sound() {
	w.t.Helper()
	db := w.raw()
	defer db.Close()
	sound(w.t, db, w.clock.Now(), models.DefaultPlans())
	w.verified()
}

// alone marks a test in which no two goroutines meet.
func alone(t *testing.T) {
	t.Helper()
	if underRace {
		t.Skip("the race detector has nothing to find here")
	}
}

// must fails the test on an error, and passes the value on.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", strings.TrimSpace(fmt.Sprintf("%T", v)), err)
		}
		return v
	}
}

// mailed has the code of an invitation as good as when the mail server has taken it
// and nobody else has shown it.
func (w *world) mailed(id string) {
	w.t.Helper()
	w.exec("UPDATE invitations SET code_mailed = 1, code_read = 0 WHERE id = $1", id)
}

// taken says that a mail server took a mail.
func (w *world) taken(j store.MailJob) {
	w.t.Helper()
	j.ByServer = true
	if err := w.s.MailSent(w.ctx, j); err != nil {
		w.t.Fatal(err)
	}
}
