// Package secret keeps the few files that nobody but muster may read: the
// secret that codes are derived from, the host key.
package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"muster/models"
)

// Size is the length of a secret made by LoadOrCreate, in bytes.
const Size = 32

// LoadOrCreate gives the secret kept in the file path, and makes it from rand
// the first time. When several processes start at once, all get the same one.
//
// A file that is empty, of another length, or open to other users is an error
// and stays as it is: a new secret would void every code given out.
func LoadOrCreate(path string, rand io.Reader) ([]byte, error) {
	b, err := load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	fresh := make([]byte, Size)
	if _, err := io.ReadFull(rand, fresh); err != nil {
		return nil, fmt.Errorf("no randomness for %s: %w", path, err)
	}
	if err := Create(path, fresh); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return load(path)
}

func load(path string) ([]byte, error) {
	b, err := Read(path, Size)
	if err != nil {
		return nil, err
	}
	if len(b) != Size {
		return nil, damaged(path, fmt.Sprintf("has %d bytes and should have %d", len(b), Size))
	}
	return b, nil
}

// Read gives the content of the secret file path. The error is fs.ErrNotExist
// when there is none, and a models.Error when it is not a regular file, is
// empty, holds more than limit bytes, or can be read or written by anybody but
// its owner.
func Read(path string, limit int64) ([]byte, error) {
	// Before opening, because opening a named pipe would wait for a writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, damaged(path, "is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, unreadable(path, err)
	}
	// Windows has no such permission bits.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, models.Errorf(models.CodeInternal,
			"the secret file %s is open to other users (mode %04o)", path, mode).
			WithHint("if nobody else can have read it, run: chmod 600 %s", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, unreadable(path, err)
	case len(b) == 0:
		return nil, damaged(path, "is empty")
	case int64(len(b)) > limit:
		return nil, damaged(path, fmt.Sprintf("has more than %d bytes", limit))
	}
	return b, nil
}

// Create makes the secret file path with mode 0600 and this content. It
// appears complete and on disk, or not at all. The error is fs.ErrExist when
// there is something already, which stays as it is.
func Create(path string, content []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*") // mode 0600, O_EXCL
	if err != nil {
		return unwritable(path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return unwritable(path, err)
	}
	// A link, unlike a rename, fails when somebody else was first.
	if err := os.Link(f.Name(), path); err != nil {
		return unwritable(path, err)
	}
	return syncDir(dir)
}

// syncDir makes the name of a new file as durable as its content.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // cannot sync a directory
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return unwritable(dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return unwritable(dir, err)
	}
	return nil
}

func damaged(path, what string) error {
	return models.Errorf(models.CodeInternal, "the secret file %s %s", path, what).
		WithHint("put the file back from a backup; a new one is never made in its place")
}

func unreadable(path string, err error) error {
	return fileError("read", path, err)
}

func unwritable(path string, err error) error {
	return fileError("create", path, err)
}

func fileError(verb, path string, err error) error {
	// The operating system's word for it, without the name of a temporary file.
	cause := err
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		cause = pathErr.Err
	case errors.As(err, &linkErr):
		cause = linkErr.Err
	}
	e := models.Errorf(models.CodeInternal, "cannot %s the secret file %s: %v", verb, path, cause).
		WithHint("check that the directory exists and belongs to the user muster runs as")
	e.Err = err
	return e
}
