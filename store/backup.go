package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"muster/models"
	"muster/store/internal/db"
	"muster/store/internal/db/sqlite"
)

// Backup writes a whole and consistent copy of the database into a new file,
// mode 0600, while others go on reading and writing. It is for whoever can open
// the data directory. The copy holds no secret: host key and code secret are
// files of their own.
func (s *Store) Backup(ctx context.Context, file string) error {
	return s.dataError(s.db.Backup(ctx, s.db, file))
}

// RestoreReport says what putting a backup back would do. The lists name what
// would have more power afterwards than now.
type RestoreReport struct {
	Chains      []models.ChainReport `json:"chains"`
	Current     bool                 `json:"current"`     // whether there is a database that would be replaced
	Users       []string             `json:"users"`       // accounts that were deleted, suspended, or are no site admins any more
	Keys        []string             `json:"keys"`        // keys that were removed
	Members     []string             `json:"members"`     // memberships that ended, were suspended, or have a lower role
	Invitations []string             `json:"invitations"` // invitations that were closed, or whose code was replaced
	// SecondFactors that were taken off or set up anew since, and recovery codes
	// that were used, by the start of their hashes.
	SecondFactors []string `json:"second_factors"`
}

// maxListed bounds each list of a RestoreReport.
const maxListed = 1000

// InspectBackup checks a backup file whole and says what it would bring back to
// life in the database of the directory. A file that fails is an error; a
// broken audit chain is in the report. It is for whoever can open the data
// directory.
func InspectBackup(ctx context.Context, dir, file string) (r RestoreReport, err error) {
	old, err := sqlite.OpenBackup(ctx, file)
	if err != nil {
		return r, fileError(err)
	}
	defer old.Close()
	if r.Chains, err = chainsOf(ctx, old); err != nil {
		return r, fileError(err)
	}
	path := filepath.Join(dir, DatabaseFile)
	if r.Current, err = sqlite.Usable(ctx, path); err != nil || !r.Current {
		return r, fileError(err)
	}
	now := sqlite.OpenToRead(path)
	defer now.Close()
	// What is compared, how little power it has, and how it is listed.
	for _, x := range []struct {
		into  *[]string
		query string
	}{
		{&r.Users, `SELECT id, CASE WHEN status <> 'active' THEN 2 WHEN site_admin = 1 THEN 0 ELSE 1 END,
				email || CASE WHEN site_admin = 1 THEN ' site admin' ELSE '' END FROM users ORDER BY email_norm`},
		{&r.Keys, "SELECT k.user_id || ' ' || k.fingerprint, 0, u.email || ' ' || k.fingerprint FROM user_keys k JOIN users u ON u.id = k.user_id ORDER BY 3"},
		{&r.Members, `SELECT m.org_id || ' ' || m.user_id, m.role_order + CASE m.status WHEN 'active' THEN 0 ELSE 10 END,
				o.code || ' ' || u.email || ' ' || ` + roleName("m.role_order") + `
			FROM memberships m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.org_id
			WHERE o.kind = 'shared' AND o.deleted_at = 0 ORDER BY 3`},
		{&r.Invitations, `SELECT i.id || ' ' || i.generation, 0, o.code || ' ' || i.email || ' ' || i.id
			FROM invitations i JOIN organizations o ON o.id = i.org_id WHERE i.state_order <= ` + lastOpenState + ` AND o.deleted_at = 0 ORDER BY 3`},
	} {
		if *x.into, err = stronger(ctx, old, now, x.query); err != nil {
			return r, fileError(err)
		}
	}
	r.SecondFactors, err = secondFactorsOnlyIn(ctx, old, now)
	return r, fileError(err)
}

// secondFactorsOnlyIn is stronger for second factors, which a backup may be too
// old to have.
func secondFactorsOnlyIn(ctx context.Context, a, b *db.DB) ([]string, error) {
	for _, d := range []*db.DB{a, b} {
		if there, err := d.HasTable(ctx, d, "second_factors"); err != nil || !there {
			return []string{}, err
		}
	}
	return stronger(ctx, a, b, `SELECT f.user_id || ' ' || f.created_at, 0, u.email || ' second factor'
			FROM second_factors f JOIN users u ON u.id = f.user_id WHERE f.confirmed_at > 0
		UNION ALL SELECT r.hash, 0, u.email || ' recovery code ' || substr(r.hash, 1, 8)
			FROM recovery_codes r JOIN users u ON u.id = r.user_id WHERE r.used_at = 0 ORDER BY 3`)
}

func chainsOf(ctx context.Context, d *db.DB) (reports []models.ChainReport, err error) {
	err = d.View(ctx, func(x *db.Tx) error {
		reports, err = (&tx{db: x}).verifyAll(ctx)
		return err
	})
	return reports, err
}

// fileError is dataError for a file that no store has open.
func fileError(err error) error { return sayFault(sqlite.Fault(err), err) }

// stronger gives the lines of what a query finds in one database and not, or
// only with less power, in another.
func stronger(ctx context.Context, a, b *db.DB, query string) ([]string, error) {
	there, err := things(ctx, b, query)
	if err != nil {
		return nil, err
	}
	weakness := make(map[string]int, len(there))
	for _, x := range there {
		weakness[x.key] = x.weak
	}
	all, err := things(ctx, a, query)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, x := range all {
		if now, ok := weakness[x.key]; (!ok || now > x.weak) && len(out) < maxListed {
			out = append(out, x.line)
		}
	}
	return out, nil
}

type thing struct {
	key  string
	weak int
	line string
}

func things(ctx context.Context, d *db.DB, query string) ([]thing, error) {
	rows, err := d.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []thing
	for rows.Next() {
		var x thing
		if err := rows.Scan(&x.key, &x.weak, &x.line); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// Restore puts a backup in the place of the directory's database, in one
// transaction, so that a crash leaves the one or the other. A database that is
// damaged or missing is replaced by a new file, and the damaged one kept beside
// it. It is for whoever can open the data directory; InspectBackup says first
// what it will do.
func Restore(ctx context.Context, dir, file string) error {
	src, err := sqlite.OpenBackup(ctx, file)
	if err != nil {
		return fileError(err)
	}
	defer src.Close()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return models.Errorf(models.CodeInternal, "cannot make the data directory: %v", err)
	}
	path := filepath.Join(dir, DatabaseFile)
	whole, err := sqlite.Usable(ctx, path)
	if err != nil {
		return fileError(err)
	}
	var mark int64
	if whole {
		if whole, err = sqlite.Sound(ctx, path, func(d *db.DB) error { return d.Row(ctx, newestMark).Scan(&mark) }); err != nil {
			return fileError(err)
		}
	}
	if !whole {
		if err := sqlite.SetAside(path); err != nil {
			return err
		}
		if err := sqlite.Create(ctx, path, steps); err != nil {
			return fileError(err)
		}
	}
	if err := sqlite.CopyOver(ctx, src, path); err != nil {
		return fileError(err)
	}
	return fileError(announce(ctx, path, mark))
}

// announce readies a database that was put in the place of another for those
// who have it open: they must not meet an old schema, and have to query anew.
// mark is the newest that they can have seen.
func announce(ctx context.Context, path string, mark int64) error {
	d := sqlite.OpenToWrite(path)
	defer d.Close()
	if err := d.Migrate(ctx, steps); err != nil {
		return err
	}
	return d.Change(ctx, func(x *db.Tx) error {
		var newest int64
		if err := x.Row(ctx, newestMark).Scan(&newest); err != nil {
			return err
		}
		_, err := x.Exec(ctx, "INSERT INTO changes (topic, seq) VALUES ($1, $2) ON CONFLICT (topic) DO UPDATE SET seq = excluded.seq",
			restoredTopic, max(mark, newest)+1)
		return err
	})
}

// Check is one line of what doctor finds.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Note string `json:"note"`
}

// Health checks the database: its files' permissions, its pages and
// references, its schema, and every audit chain. It is for whoever can open the
// data directory.
func (s *Store) Health(ctx context.Context) []Check {
	var list []Check
	add := func(name string, err error, good string) {
		c := Check{Name: name, OK: err == nil, Note: good}
		if err != nil {
			c.Note = models.AsError(s.dataError(err)).Message
		}
		list = append(list, c)
	}
	add("permissions", s.permissions(), "the data directory is closed to other users")
	wrong, err := s.db.Integrity(ctx, s.db)
	if err == nil && wrong != "" {
		err = models.Errorf(models.CodeInternal, "%s", models.SafeText(wrong))
	}
	add("integrity", err, "pages, indexes and references fit")
	v, err := s.db.SchemaVersion(ctx, s.db)
	add("schema", err, fmt.Sprintf("version %d", v))
	reports, err := s.VerifyAll(ctx)
	var entries int64
	for _, r := range reports {
		entries += r.Entries
		if !r.OK && err == nil {
			err = models.Errorf(models.CodeInternal, "chain %q: entry %d: %s", r.OrgID, r.Broken, r.Why)
		}
	}
	add("audit", err, fmt.Sprintf("%d chains with %d entries verified", len(reports), entries))
	return list
}

func (s *Store) permissions() error {
	modes := map[string]os.FileMode{s.opt.Dir: 0o700, filepath.Join(s.opt.Dir, SecretFile): 0o600}
	for _, path := range s.db.Files() {
		modes[path] = 0o600
	}
	for path, want := range modes {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&^want != 0 {
			return models.Errorf(models.CodeInternal, "%s has mode %04o and should have %04o", path, info.Mode().Perm(), want)
		}
	}
	return nil
}
