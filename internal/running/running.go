// Package running tells the processes that share a data directory of each other:
// what the server serves with, and who else is at work there. What is told holds
// as long as the process lives that tells it, however that ends.
package running

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"muster/models"
)

// ServerFile is the name of the file in which a server says what it serves with.
const ServerFile = "serving.json"

// Server is what other processes need to know of a server: flags and the
// environment of one shell are not those of another.
type Server struct {
	PID     int    `json:"pid"`
	Listen  string `json:"listen"`    // with the port that it got
	Address string `json:"address"`   // host:port of join commands
	Mail    string `json:"mail_mode"` // smtp, folder or none
}

// Announce writes what a server serves with into its data directory, where
// FindServer reads it until the process ends or release is called. Of several
// servers on one directory the first one counts.
func Announce(dir string, s Server) (release func(), err error) {
	f, err := Lock(filepath.Join(dir, ServerFile))
	if errors.Is(err, ErrHeld) {
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	s.PID = os.Getpid()
	text, err := json.Marshal(s)
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(text, 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write %s: %w", ServerFile, err), f.Close())
	}
	return func() {
		// The file means nothing from here on; what cannot be removed is ignored.
		_ = os.Remove(f.Name())
		_ = f.Close()
	}, nil
}

// FindServer gives what the server on a data directory serves with, if there is
// one at work.
func FindServer(dir string) (Server, bool) {
	f, err := os.Open(filepath.Join(dir, ServerFile))
	if err != nil {
		return Server{}, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || !held(f) {
		return Server{}, false
	}
	var s Server
	text, err := io.ReadAll(io.LimitReader(f, maxServer))
	if err != nil || json.Unmarshal(text, &s) != nil || s.Address == "" {
		return Server{}, false // it is being written
	}
	return s, true
}

// maxServer is more than a Server takes.
const maxServer = 4096

// ErrHeld says that another process has locked a file.
var ErrHeld = errors.New("another process holds the file")

// Lock opens a file, which it makes if need be, and holds it until it is closed or
// the process ends. ErrHeld means that another process does.
func Lock(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, models.Errorf(models.CodeInternal, "%s is not a regular file", path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
