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
	db, err := openPool(s.path, write, 1)
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
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
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
	db, err := openBackup(ctx, file)
	if err != nil {
		return r, err
	}
	defer db.Close()
	if r.Chains, err = chainsOf(ctx, db); err != nil {
		return r, dataError(err)
	}
	path := filepath.Join(dir, DatabaseFile)
	if r.Current, err = usable(ctx, path); err != nil || !r.Current {
		return r, err
	}
	now, err := openPool(path, read, 1)
	if err != nil {
		return r, err
	}
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
				o.code || ' ' || u.email || ' ' || CASE m.role_order WHEN 1 THEN 'owner' WHEN 2 THEN 'admin' WHEN 3 THEN 'member' ELSE 'viewer' END
			FROM memberships m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.org_id
			WHERE o.kind = 'shared' AND o.deleted_at = 0 ORDER BY 3`},
		{&r.Invitations, `SELECT i.id || ' ' || i.generation, 0, o.code || ' ' || i.email || ' ' || i.id
			FROM invitations i JOIN organizations o ON o.id = i.org_id WHERE i.state_order <= 2 AND o.deleted_at = 0 ORDER BY 3`},
	} {
		if *x.into, err = stronger(ctx, db, now, x.query); err != nil {
			return r, dataError(err)
		}
	}
	r.SecondFactors, err = secondFactorsOnlyIn(ctx, db, now)
	return r, dataError(err)
}

// secondFactorsOnlyIn is stronger for second factors, which a backup may be too
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
	return stronger(ctx, a, b, `SELECT f.user_id || ' ' || f.created_at, 0, u.email || ' second factor'
			FROM second_factors f JOIN users u ON u.id = f.user_id WHERE f.confirmed_at > 0
		UNION ALL SELECT r.hash, 0, u.email || ' recovery code ' || substr(r.hash, 1, 8)
			FROM recovery_codes r JOIN users u ON u.id = r.user_id WHERE r.used_at = 0 ORDER BY 3`)
}

// usable tells whether there is a database that can be worked on, as against
// none or one that is damaged. Any other reason why it cannot is an error.
func usable(ctx context.Context, path string) (bool, error) {
	err := checkFile(path)
	if err == nil {
		err = inspect(ctx, path)
	}
	if err != nil {
		if errors.Is(err, errNotOurs) || models.CodeOf(err) == models.CodeNotFound {
			return false, nil
		}
		return false, err
	}
	return true, nil
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
	if err := inspect(ctx, file); err != nil {
		return nil, err
	}
	db, err := openPool(file, look, 1)
	if err != nil {
		return nil, err
	}
	wrong, err := integrity(ctx, db)
	if err == nil && wrong != "" {
		err = models.Errorf(models.CodeInvalid, "the backup %s is damaged: %s", file, models.SafeText(wrong)).WithHint("use another backup")
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

// stronger gives the lines of what a query finds in one database and not, or
// only with less power, in another.
func stronger(ctx context.Context, a, b *sql.DB, query string) ([]string, error) {
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

func things(ctx context.Context, db *sql.DB, query string) ([]thing, error) {
	rows, err := db.QueryContext(ctx, query)
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
	src, err := openBackup(ctx, file)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return models.Errorf(models.CodeInternal, "cannot make the data directory: %v", err)
	}
	path := filepath.Join(dir, DatabaseFile)
	whole, err := usable(ctx, path)
	if err != nil {
		return err
	}
	var mark int64
	if whole {
		if whole, mark, err = sound(ctx, path); err != nil {
			return err
		}
	}
	if !whole {
		if err := setAside(path); err != nil {
			return err
		}
		if err := create(ctx, dir, path); err != nil {
			return err
		}
	}
	if err := copyOver(ctx, src, path); err != nil {
		return dataError(err)
	}
	return dataError(announce(ctx, path, mark))
}

// announce readies a database that was put in the place of another for those
// who have it open: they must not meet an old schema, and have to query again.
// mark is the newest that they can have seen.
func announce(ctx context.Context, path string, mark int64) error {
	db, err := openPool(path, write, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := migrate(ctx, db); err != nil {
		return err
	}
	var newest int64
	if err := db.QueryRowContext(ctx, newestMark).Scan(&newest); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "INSERT INTO changes (topic, seq) VALUES ($1, $2) ON CONFLICT (topic) DO UPDATE SET seq = excluded.seq",
		restoredTopic, max(mark, newest)+1)
	return err
}

// sound tells whether a database is free of damage, and its newest mark.
func sound(ctx context.Context, path string) (ok bool, mark int64, err error) {
	db, err := openPool(path, read, 1)
	if err != nil {
		return false, 0, err
	}
	defer db.Close()
	wrong, err := integrity(ctx, db)
	if err == nil && wrong == "" {
		err = db.QueryRowContext(ctx, newestMark).Scan(&mark)
	}
	if err = openError(path, err); errors.Is(err, errNotOurs) {
		return false, 0, nil
	}
	return wrong == "", mark, err
}

// copyOver replaces the content of a database by that of another in one
// transaction.
func copyOver(ctx context.Context, src *sql.DB, path string) error {
	conn, err := src.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(c any) error {
		b, ok := c.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		})
		if !ok {
			return fmt.Errorf("the SQLite driver %T has no backup", c.(driver.Conn))
		}
		work, err := b.NewBackup(dsn(path, write))
		if err != nil {
			return err
		}
		_, err = work.Step(-1)
		return errors.Join(err, work.Finish())
	})
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
