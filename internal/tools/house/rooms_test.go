package house

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
}

// packages are all of the module.
var packages = sync.OnceValues(func() (all []pkg, err error) {
	list := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	list.Dir, list.Stderr = root, os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func eachPackage(t *testing.T) []pkg {
	t.Helper()
	eachFile(t, func(file) {}, ".go") // what go list reads
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("go list tells of %d packages", len(all))
	}
	return all
}

// TestImportsFollowTheTable looks at the program; tests may import everything.
func TestImportsFollowTheTable(t *testing.T) {
	for _, p := range eachPackage(t) {
		room, ok := RoomOf(p.ImportPath)
		if !ok {
			t.Errorf("%s is in no room: give it a row in internal/tools/house/rooms.go", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if why := room.Allows(p.ImportPath, imported); why != "" {
				t.Errorf("%s imports %s: %s (docs/dev/architecture.md)", p.ImportPath, imported, why)
			}
		}
	}
}

func TestArrowsThatPointTheWrongWay(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		refused  bool
	}{
		{"muster/models", "muster/store", true},
		{"muster/models", "muster/internal/clock", true},
		{"muster/models", "strings", false},
		{"muster/internal/mail", "muster/models", false},
		{"muster/internal/mail", "muster/internal/secret", false},
		{"muster/internal/mail", "muster/store", true},
		{"muster/internal/clock", "muster/internal/jobs", true},
		{"muster/store", "muster/models", false},
		{"muster/store", "muster/tui/ui", true},
		{"muster/store", "muster/internal/op", true},
		{"muster/store", "modernc.org/sqlite", false},
		{"muster/tui", "modernc.org/sqlite", true},
		{"muster/store/internal/db", "muster/store", true},
		{"muster/store/internal/db", "modernc.org/sqlite", true},
		{"muster/store/internal/db/sqlite", "muster/store/internal/db", false},
		{"muster/store/internal/db/sqlite", "modernc.org/sqlite/lib", false},
		{"muster/store/internal/db/sqlite", "muster/store/internal/db/postgres", true},
		{"muster/sshserver", "muster/tui", true},
		{"muster/sshserver", "muster/store", true},
		{"muster/sshserver", "charm.land/wish/v2", false},
		{"muster/sshserver", "charm.land/bubbletea/v2", true},
		{"muster/tui", "muster/sshserver", true},
		{"muster/tui", "muster/internal/api", true},
		{"muster/tui/shell", "muster/tui/pane/members", false},
		{"muster/tui/pane/members", "muster/tui/host", false},
		{"muster/tui/pane/members", "muster/tui/shell", true},
		{"muster/tui/pane/members", "muster/tui/pane/users", true},
		{"muster/tui/pane/members", "muster/tui/pane/members/roles", false},
		{"muster/tui/host", "muster/tui/shell", true},
		{"muster/tui/screen", "muster/models", true},
		{"muster/internal/api", "muster/tui", true},
		{"muster/internal/api", "muster/sshserver", true},
		{"muster/internal/api", "charm.land/bubbletea/v2", true},
		{"muster/internal/op", "muster/internal/cli", true},
		{"muster/internal/cli", "muster/internal/tools/demo", false},
		{"muster/internal/cli", "muster/internal/tools/bench", true},
		{"muster/internal/cli", "charm.land/bubbletea/v2", true},
		{"muster/internal/serve", "muster/internal/tools/demo", true},
		{"muster/internal/serve", "muster/internal/cli", true},
		{"muster/internal/tools/demo", "muster/tui", true},
		{"muster/internal/tools/bench", "muster/tui", false},
		{"muster/internal/tools/bench", "charm.land/bubbletea/v2", false},
		{"muster/models", "muster/nowhere", true},
	} {
		room, ok := RoomOf(tt.from)
		if !ok {
			t.Errorf("%s is in no room", tt.from)
			continue
		}
		if why := room.Allows(tt.from, tt.to); (why != "") != tt.refused {
			t.Errorf("%s → %s: %q, want refused %t", tt.from, tt.to, why, tt.refused)
		}
	}
}

// TestArrowsPointDown: a room comes after those that it may import, but for
// rooms of the same kind that stand together.
func TestArrowsPointDown(t *testing.T) {
	for i, r := range Rooms {
		for _, name := range r.Imports {
			if name == leaves || name == "*" {
				continue
			}
			at := slices.IndexFunc(Rooms, func(o Room) bool { return o.Path == name })
			sameKind := strings.HasPrefix(name, r.Path+"/") || name == r.Path
			if at < 0 || at > i && !sameKind {
				t.Errorf("%s may import %s, which is in no row above it", r.Path, name)
			}
		}
	}
}

const (
	tableBegin = "<!-- The table is made from internal/tools/house/rooms.go by `make docs`. -->\n"
	tableEnd   = "<!-- Here the table ends. -->\n"
)

// TestRoomsPage holds the table in docs/dev/architecture.md to Rooms; `make docs`
// writes it.
func TestRoomsPage(t *testing.T) {
	exists := map[string]bool{}
	for _, p := range eachPackage(t) {
		if r, ok := RoomOf(p.ImportPath); ok {
			exists[r.Path] = true
		}
	}
	name := filepath.Join(root, "docs", "dev", "architecture.md")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(b), tableBegin)
	got, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatal("docs/dev/architecture.md has no place for the table")
	}
	want := "\n" + Table(func(r Room) bool { return exists[r.Path] }) + "\n"
	if got == want {
		return
	}
	if !*update {
		t.Fatal("the table of docs/dev/architecture.md is out of date: run make docs")
	}
	if err := os.WriteFile(name, []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
