package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"muster/models"
)

// Backup writes a whole and consistent copy of the database into a new file,
// mode 0600, while others go on reading and writing. It is for whoever can open
// the data directory. The copy holds no secret: host key and code secret are
// files of their own.
func (s *Store) Backup(ctx context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return models.Errorf(models.CodeConflict, "there is a file %s already", file).WithHint("name a new file")
	case err != nil:
		return models.Errorf(models.CodeInvalid, "cannot write the backup: %v", err)
	}
	if err = f.Close(); err == nil {
		err = s.copyInto(ctx, file)
	}
	if err != nil {
		return errors.Join(dataError(err), os.Remove(file))
	}
	return nil
}

func (s *Store) copyInto(ctx context.Context, file string) error {
	db, err := openPool(s.path, true, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := copyTo(ctx, db, file); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// RestoreReport says what putting a backup back would do.
type RestoreReport struct {
	Chains      []models.ChainReport `json:"chains"`
	Current     bool                 `json:"current"`     // whether there is a database that would be replaced
	Keys        []string             `json:"keys"`        // come back to life: keys that were removed since
	Members     []string             `json:"members"`     // and memberships that ended or had a lower role
	Invitations []string             `json:"invitations"` // and invitations that were closed
	// SecondFactors that were taken off or set up anew since, and recovery codes
	// that were used, by the start of their hashes.
	SecondFactors []string `json:"second_factors"`
}

// maxListed bounds each list of a RestoreReport.
const maxListed = 1000

// InspectBackup checks a backup file whole, its audit chains with it, and says
// what it would bring back to life in the database of the directory. A file
// that fails is an error. It is for whoever can open the data directory.
func InspectBackup(ctx context.Context, dir, file string) (r RestoreReport, err error) {
	db, err := openBackup(ctx, file)
	if err != nil {
		return r, err
	}
	defer db.Close()
	if r.Chains, err = chainsOf(ctx, db); err != nil {
		return r, dataError(err)
	}
	path := filepath.Join(dir, DatabaseFile)
	if checkFile(path) != nil {
		return r, nil
	}
	now, err := openPool(path, false, 1)
	if err != nil {
		return r, err
	}
	defer now.Close()
	if checkDatabase(ctx, now, path) != nil {
		return r, nil
	}
	r.Current = true
	for _, x := range []struct {
		into  *[]string
		query string
	}{
		{&r.Keys, "SELECT u.email || ' ' || k.fingerprint FROM user_keys k JOIN users u ON u.id = k.user_id ORDER BY 1"},
		{&r.Members, `SELECT o.code || ' ' || u.email || ' ' || CASE m.role_order WHEN 1 THEN 'owner' WHEN 2 THEN 'admin' WHEN 3 THEN 'member' ELSE 'viewer' END
			FROM memberships m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.org_id WHERE o.kind = 'shared' ORDER BY 1`},
		{&r.Invitations, `SELECT o.code || ' ' || i.email || ' ' || i.id FROM invitations i JOIN organizations o ON o.id = i.org_id WHERE i.state_order <= 2 ORDER BY 1`},
	} {
		if *x.into, err = onlyIn(ctx, db, now, x.query); err != nil {
			return r, dataError(err)
		}
	}
	r.SecondFactors, err = secondFactorsOnlyIn(ctx, db, now)
	return r, dataError(err)
}

// secondFactorsOnlyIn is onlyIn for second factors, which a backup may be too
// old to have.
func secondFactorsOnlyIn(ctx context.Context, a, b *sql.DB) ([]string, error) {
	for _, db := range []*sql.DB{a, b} {
		var name string
		err := db.QueryRowContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'second_factors'").Scan(&name)
		if errors.Is(err, sql.ErrNoRows) {
			return []string{}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return onlyIn(ctx, a, b, `SELECT u.email || ' set up ' || datetime(f.created_at / 1000000, 'unixepoch')
			FROM second_factors f JOIN users u ON u.id = f.user_id WHERE f.confirmed_at > 0
		UNION ALL SELECT u.email || ' recovery code ' || substr(r.hash, 1, 8)
			FROM recovery_codes r JOIN users u ON u.id = r.user_id WHERE r.used_at = 0 ORDER BY 1`)
}

// openBackup opens a backup for reading, after checking that it is a whole
// database of muster's.
func openBackup(ctx context.Context, file string) (*sql.DB, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, models.Errorf(models.CodeNotFound, "there is no backup %s", file)
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, models.Errorf(models.CodeInvalid, "%s is not a backup: it is empty or not a regular file", file)
	}
	db, err := openPool(file, false, 1)
	if err != nil {
		return nil, err
	}
	err = checkDatabase(ctx, db, file)
	if err == nil {
		var wrong string
		if wrong, err = integrity(ctx, db); err == nil && wrong != "" {
			err = models.Errorf(models.CodeInvalid, "the backup %s is damaged: %s", file, models.SafeText(wrong)).WithHint("use another backup")
		}
	}
	if err == nil {
		var v int
		if v, err = schemaVersion(ctx, db); err == nil && v > schemaNewest() {
			err = newerSchema(v)
		}
	}
	if err != nil {
		return nil, errors.Join(openError(file, err), db.Close())
	}
	return db, nil
}

func chainsOf(ctx context.Context, db *sql.DB) ([]models.ChainReport, error) {
	sqlTx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sqlTx.Rollback() }()
	return (&tx{sql: sqlTx}).verifyAll(ctx)
}

// onlyIn gives the lines that a query has in one database and not in another.
func onlyIn(ctx context.Context, a, b *sql.DB, query string) ([]string, error) {
	there, err := lines(ctx, b, query)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(there))
	for _, l := range there {
		known[l] = true
	}
	all, err := lines(ctx, a, query)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, l := range all {
		if !known[l] && len(out) < maxListed {
			out = append(out, l)
		}
	}
	return out, nil
}

func lines(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		s, err := scanString(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// Restore puts a backup in the place of the directory's database, in one
// transaction, so that a crash leaves the one or the other. A database that is
// damaged or missing is replaced by a new file, and the damaged one kept beside
// it. It is for whoever can open the data directory; InspectBackup says first
// what it will do.
func Restore(ctx context.Context, dir, file string) error {
	src, err := openBackup(ctx, file)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return models.Errorf(models.CodeInternal, "cannot make the data directory: %v", err)
	}
	path := filepath.Join(dir, DatabaseFile)
	whole := checkFile(path) == nil
	if whole {
		db, err := openPool(path, false, 1)
		if err != nil {
			return err
		}
		whole = checkDatabase(ctx, db, path) == nil
		_ = db.Close()
	}
	if !whole {
		if err := setAside(path); err != nil {
			return err
		}
		if err := create(ctx, dir, path); err != nil {
			return err
		}
	}
	conn, err := src.Conn(ctx)
	if err != nil {
		return dataError(err)
	}
	defer conn.Close()
	return dataError(conn.Raw(func(c any) error {
		b, ok := c.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		})
		if !ok {
			return fmt.Errorf("the SQLite driver %T has no backup", c.(driver.Conn))
		}
		work, err := b.NewBackup(dsn(path, true))
		if err != nil {
			return err
		}
		_, err = work.Step(-1)
		return errors.Join(err, work.Finish())
	}))
}

// setAside keeps a damaged database under another name.
func setAside(path string) error {
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Rename(path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return models.Errorf(models.CodeInternal, "cannot set the damaged database aside: %v", err)
			}
		}
		return nil
	}
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
			c.Note = models.AsError(dataError(err)).Message
		}
		list = append(list, c)
	}
	add("permissions", s.permissions(), "the data directory is closed to other users")
	wrong, err := integrity(ctx, s.reader)
	if err == nil && wrong != "" {
		err = models.Errorf(models.CodeInternal, "%s", models.SafeText(wrong))
	}
	add("integrity", err, "pages, indexes and references fit")
	v, err := schemaVersion(ctx, s.reader)
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
	for path, want := range map[string]os.FileMode{s.opt.Dir: 0o700, s.path: 0o600, filepath.Join(s.opt.Dir, SecretFile): 0o600} {
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
