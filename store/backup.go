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

// Restore puts a backup in the place of the directory's database, in one
// transaction, so that a crash leaves the one or the other. A database that is
// damaged or missing is replaced by a new file, and the damaged one kept beside
// it. It is for whoever can open the data directory; InspectBackup says first
// what it will do.
func Restore(ctx context.Context, dir, file string) error {
	src, err := sqlite.OpenBackup(ctx, file, steps)
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
	if err == nil && s.opt.DSN == "" {
		err = sqlite.CheckSchema(ctx, s.db, steps)
	}
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
