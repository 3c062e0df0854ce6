package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/models"
	"muster/store"
)

// TestTheLogMovesBesideChanges holds that what an import writes reaches the
// database file while the store is open, and that nothing is wrong with it.
func TestTheLogMovesBesideChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, limited(models.InviteLimits{}))
	ada := w.ada()
	acme := w.acme(ada)
	size := func() int64 {
		info, err := os.Stat(filepath.Join(w.dir, store.DatabaseFile))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	var list strings.Builder
	for i := range 300 {
		list.WriteString("someone" + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + "@example.com\n")
	}
	w.imports(ada, acme.ID, list.String(), store.ImportOptions{})
	for deadline := time.Now().Add(10 * time.Second); size() == before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("all is still in the log")
		}
	}
	w.verified()
}
