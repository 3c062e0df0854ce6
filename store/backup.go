package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"

	"muster/internal/clock"
	"muster/models"
	"muster/store/internal/db"
	"muster/store/internal/db/sqlite"
)

// ErrUnlogged is in the error of a backup that was written whole, while the audit
// log could not be: the disk is full, or the medium read-only.
var ErrUnlogged = errors.New("the audit log could not be written")

// Backup writes a whole and consistent copy of the database into a new file,
// mode 0600, while others go on reading and writing, and an entry into the
// installation's log. It is for whoever can open the data directory. The copy
// holds no secret: host key and code secret are files of their own.
func (s *Store) Backup(ctx context.Context, file string) error {
	if err := s.db.Backup(ctx, s.db, file); err != nil {
		return s.dataError(err)
	}
	return s.logBackup(ctx, file, file)
}

// BackupTo is Backup into a stream. The copy is made first, in a file that nobody
// else can read, so that a slow reader holds nothing up.
func (s *Store) BackupTo(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp(s.opt.Dir, ".backup-*")
	if err != nil { // it may be read-only
		if dir, err = os.MkdirTemp("", "muster-backup-*"); err != nil {
			return models.Errorf(models.CodeInternal, "cannot write the backup: %v", err)
		}
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, DatabaseFile)
	if err := s.db.Backup(ctx, s.db, file); err != nil {
		return s.dataError(err)
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return s.logBackup(ctx, "standard output", file)
}

// logBackup writes the entry of a backup, with the end of the chain that it holds.
func (s *Store) logBackup(ctx context.Context, name, file string) error {
	d, err := sqlite.OpenBackup(ctx, file, steps)
	if err != nil {
		return fileError(err)
	}
	defer d.Close()
	head, err := chainHead(ctx, d)
	if err != nil {
		return fileError(err)
	}
	err = s.changeAnyone(ctx, models.Actor{Via: models.ViaLocal}, event{action: "installation.backup"}, func(t *tx) error {
		return t.log(ctx, care("installation.backup", name, head, nil))
	})
	if err != nil {
		err = models.AsError(err)
		return &models.Error{Code: models.CodeOf(err), Message: fmt.Sprintf("the backup is whole, but the audit log could not be written: %v", err), Err: errors.Join(ErrUnlogged, err)}
	}
	return nil
}

// care is an entry of what somebody at the machine did with the whole database.
// Their account is that of the operating system.
func care(action, file string, before, after fields) entry {
	if u, err := user.Current(); err == nil {
		before["os_user"] = u.Username
	}
	return entry{event: event{action, "file", "", file}, as: models.AsSelf, before: before, after: after}
}

// chainHead is where the installation's chain ends in a database.
func chainHead(ctx context.Context, q db.Queryer) (fields, error) {
	var seq int64
	var hash string
	err := q.Row(ctx, "SELECT seq, hash FROM audit_heads WHERE org_id = ''").Scan(&seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return fields{"seq": seq, "hash": hash}, err
}

// Restore puts a backup in the place of the directory's database, in one
// transaction, so that a crash leaves the one or the other. A database that is
// damaged or missing is replaced by a new file, and the damaged one kept beside
// it. An entry in the log that came back says so, with the end of the chain that
// was replaced. It is for whoever can open the data directory; InspectBackup says first
// what it will do.
func Restore(ctx context.Context, dir, file string) error {
	src, err := sqlite.OpenBackup(ctx, file, steps)
	if err != nil {
		return fileError(err)
	}
	defer src.Close()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return models.Errorf(models.CodeInternal, "cannot create the data directory: %v", err)
	}
	path := filepath.Join(dir, DatabaseFile)
	whole, err := sqlite.Usable(ctx, path)
	if err != nil {
		return fileError(err)
	}
	var mark int64
	replaced := fields{}
	if whole {
		if whole, err = sqlite.Sound(ctx, path, func(d *db.DB) (err error) {
			if replaced, err = chainHead(ctx, d); err != nil {
				return err
			}
			return d.Row(ctx, newestMark).Scan(&mark)
		}); err != nil {
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
	return fileError(announce(ctx, path, file, replaced, mark))
}

// announce readies a database that was put in the place of another for those
// who have it open: they must not meet an old schema, and have to query anew.
// mark is the newest that they can have seen, replaced the end of the chain that
// was there.
func announce(ctx context.Context, path, file string, replaced fields, mark int64) error {
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
		if err != nil {
			return err
		}
		head, err := chainHead(ctx, x)
		if err != nil {
			return err
		}
		t := &tx{db: x, now: clock.System(), actor: models.Actor{Via: models.ViaLocal}, tally: &tally{}}
		return t.write(ctx, care("installation.restore", file, replaced, head))
	})
}
