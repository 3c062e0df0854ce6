package store_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// A directory in which others can put files in the place of muster's is refused,
// and nothing is made in it.
func TestDataDirectoryThatOthersCanWriteTo(t *testing.T) {
	for mode, refused := range map[fs.FileMode]bool{
		0o777: true, 0o770: true, 0o702: true, 0o1777: true, 0o755: false, 0o750: false, 0o700: false,
	} {
		for _, create := range []bool{true, false} { // the second finds what the first has made
			dir := t.TempDir()
			if create == false {
				s, err := store.Open(t.Context(), store.Options{Dir: dir, Create: true})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			before := content(t, dir)
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			s, err := store.Open(t.Context(), store.Options{Dir: dir, Create: create})
			if !refused {
				if err != nil {
					t.Errorf("%04o, create %v: %v", mode, create, err)
					continue
				}
				_ = s.Close()
				continue
			}
			if err == nil {
				_ = s.Close()
				t.Errorf("%04o, create %v: it was opened", mode, create)
				continue
			}
			e := models.AsError(err)
			if !strings.Contains(e.Message, "others can write to the data directory") || !strings.Contains(e.Hint, "chmod 700") {
				t.Errorf("%04o, create %v: %v (%s)", mode, create, err, e.Hint)
			}
			if after := content(t, dir); len(after) != len(before) {
				t.Errorf("%04o, create %v: %d files became %d", mode, create, len(before), len(after))
			}
		}
	}
}
