package keyfile

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"muster/models"
)

// SnapshotFile is the part of a snapshot that all others are made from.
const SnapshotFile = "keys.json"

// StaleAfter is how old a snapshot may be that still lets people in.
const StaleAfter = 72 * time.Hour

// maxSnapshot bounds what is read, in bytes: some 100,000 keys.
const maxSnapshot = 256 << 20

// Snapshot is what another machine keeps of an organization's keys.
type Snapshot struct {
	From      string           `json:"from"`       // where it was pulled from
	CheckedAt time.Time        `json:"checked_at"` // when that last said that this is so
	Export    models.KeyExport `json:"export"`
}

// Save writes a snapshot into a directory: each file complete or not at all, and
// keys.json, which tells how fresh it is, last. What revokes comes first, so that a
// machine that stops halfway is too strict and not too lax.
func Save(dir string, s Snapshot) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := checkSafe(dir); err != nil {
		return err
	}
	for _, format := range []string{models.KeysKRL, models.KeysAuthorized, models.KeysAllowedSigners, models.KeysAuthorities} {
		b, err := Write(s.Export, format)
		if err != nil {
			return err
		}
		if err := replace(filepath.Join(dir, format), b); err != nil {
			return err
		}
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return replace(filepath.Join(dir, SnapshotFile), append(b, '\n'))
}

// replace puts a file in the place of one, on disk before it is seen.
func replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(0o644) // sshd's AuthorizedKeysCommandUser reads it
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // cannot sync a directory
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Load reads a snapshot, however old it is. The error is fs.ErrNotExist when there
// is none.
func Load(dir string) (s Snapshot, err error) {
	b, err := readSafe(filepath.Join(dir, SnapshotFile), maxSnapshot)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil || s.Export.ID == "" || s.CheckedAt.IsZero() {
		return Snapshot{}, models.Errorf(models.CodeInternal, "the snapshot in %s is damaged", dir).WithHint("pull it anew")
	}
	return s, nil
}

// Fresh refuses a snapshot that is too old to let anybody in, or from a time that
// has not come.
func (s Snapshot) Fresh(now time.Time, stale time.Duration) error {
	switch age := now.Sub(s.CheckedAt); {
	case age > stale:
		return models.Errorf(models.CodeGone, "the snapshot of %s is %s old, and %s is the most", s.Export.Code, age.Round(time.Minute), stale).
			WithHint("look after muster pull; the server was last asked at %s", s.CheckedAt.UTC().Format(time.RFC3339))
	case age < -time.Hour:
		return models.Errorf(models.CodeGone, "the snapshot of %s is from the future: %s", s.Export.Code, s.CheckedAt.UTC().Format(time.RFC3339)).
			WithHint("set the clock of this machine")
	}
	return nil
}

// CheckFollows refuses an export that must not take the place of the snapshot
// before: of another organization, or without anybody who could log in where there
// was somebody.
func (s Snapshot) CheckFollows(x models.KeyExport, now time.Time, allowEmpty bool) error {
	opens := func(k models.HeldKey) bool { return k.OpensAt(now) }
	switch {
	case s.Export.ID == "":
		return nil
	case s.Export.ID != x.ID:
		return models.Errorf(models.CodeConflict, "the snapshot is of %s (%s), and this is %s (%s)", s.Export.Code, s.Export.ID, x.Code, x.ID).
			WithHint("use a directory for each organization")
	case !allowEmpty && slices.ContainsFunc(s.Export.Keys, opens) && !slices.ContainsFunc(x.Keys, opens):
		return models.Errorf(models.CodeConflict, "nobody of %s could log in any more; the snapshot before stays", x.Code).
			WithHint("if that is meant, add --allow-empty")
	}
	return nil
}

// readSafe reads a file that nobody else can have changed.
func readSafe(path string, limit int64) ([]byte, error) {
	for _, p := range []string{path, filepath.Dir(path)} {
		if err := checkSafe(p); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = models.Errorf(models.CodeInternal, "%s has more than %d bytes", path, limit)
	}
	return b, err
}

// checkSafe refuses a file or directory that others can write to: whoever does
// decides who logs in.
func checkSafe(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSticky == 0 && info.Mode().Perm()&0o022 != 0 && runtime.GOOS != "windows" || !info.IsDir() && !info.Mode().IsRegular() {
		return models.Errorf(models.CodeInternal, "others can write to %s (mode %04o)", path, info.Mode().Perm()).
			WithHint("run: chmod go-w %s", strings.TrimSpace(path))
	}
	return nil
}
