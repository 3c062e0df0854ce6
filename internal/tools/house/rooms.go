// Package house holds the source of muster to its rules: which room may import
// which, how long files and how involved functions may be, and the words that
// are out of use. Its tests are part of `make lint`.
package house

import (
	"fmt"
	"slices"
	"strings"
)

// Module is the path before each room.
const Module = "muster"

// Room is a package, or several of a kind.
type Room struct {
	// Path is that of the package below Module. "/*" at the end is each package
	// below it, a room of its own.
	Path string
	Does string
	// Imports are the rooms whose packages this one may import. A package may
	// import what its room names, and nothing else of muster.
	Imports []string
	// Libraries are those of the few that not everybody may import.
	Libraries []string
}

// Libraries that only the rooms which name them may import: a prefix of their
// packages' paths and what it is called.
var reserved = map[string]string{
	"charm.land/bubbletea": "Bubble Tea", "charm.land/bubbles": "bubbles",
	"charm.land/wish": "wish", "charm.land/ssh": "wish",
	"modernc.org/sqlite": "SQLite", "github.com/jackc/pgx": "pgx",
}

const (
	models = "models"
	store  = "store"
	leaves = "leaves" // any of the rooms in leafRooms
)

// leafRooms are small rooms that anybody may use.
var leafRooms = []Room{
	{Path: "internal/clock", Does: "time, and how long to wait after failures"},
	{Path: "internal/config", Does: "options from flags, environment and file"},
	{Path: "internal/id", Does: "ids of everything that is stored"},
	{Path: "internal/keyfile", Does: "files of keys for sshd and git, and snapshots of them"},
	{Path: "internal/mail", Does: "mails composed and sent"},
	{Path: "internal/logging", Does: "a log that never holds up who writes to it"},
	{Path: "internal/memory", Does: "memory given back when a server rests"},
	{Path: "internal/output", Does: "tables and JSON of commands"},
	{Path: "internal/orgfile", Does: "an organization as a file, and what has to change for it"},
	{Path: "internal/qr", Does: "QR codes in a terminal"},
	{Path: "internal/rate", Does: "how often something may happen, and what was used of it"},
	{Path: "internal/running", Does: "what the processes on one data directory know of each other"},
	{Path: "internal/secret", Does: "the installation's secret: codes derived, values sealed"},
	{Path: "internal/sshkey", Does: "SSH public keys read and checked"},
	{Path: "internal/webhook", Does: "events signed and sent to programs elsewhere"},
	{Path: "internal/totp", Does: "codes of authenticator apps"},
}

// Rooms is what exists and what it may import, from the ground up: an import
// that is not in it fails a test. The table of docs/dev/architecture.md is made
// from it.
var Rooms = slices.Concat([]Room{
	{Path: models, Does: "the domain, pure: types, roles and permissions, state machines, validation, coded errors"},
}, leaf(leafRooms), []Room{
	{Path: store, Does: "the only door to the data; it authorizes", Imports: []string{models, leaves, "store/internal/db", "store/internal/db/*"}, Libraries: []string{"SQLite"}},
	{Path: "store/internal/db", Does: "what differs between database engines, pages and conditions", Imports: []string{models, leaves, "store/internal/db/*"}},
	{Path: "store/internal/db/*", Does: "one database engine", Imports: []string{models, leaves, "store/internal/db"}, Libraries: []string{"SQLite", "pgx"}},

	{Path: "sshserver", Does: "the SSH front door: listener, limits, identity", Imports: []string{models, leaves}, Libraries: []string{"wish"}},

	{Path: "tui/theme", Does: "the look", Imports: nil},
	{Path: "tui/keys", Does: "names of keys, and the tables of bindings", Imports: nil, Libraries: charm},
	{Path: "tui/screen", Does: "draws on change and reads keys, locally and over SSH; knows nothing of muster", Imports: nil, Libraries: charm},
	{Path: "tui/ui", Does: "components: tables, forms, dialogs, pickers", Imports: []string{models, leaves, "tui/theme", "tui/keys"}, Libraries: charm},
	{Path: "tui/host", Does: "what a pane may ask of the shell", Imports: panes(), Libraries: charm},
	{Path: "tui/kit", Does: "what panes share", Imports: panes("tui/host"), Libraries: charm},
	{Path: "tui/list", Does: "the table over pages: marks, filter, bulk, selection", Imports: panes("tui/host", "tui/kit"), Libraries: charm},
	{Path: "tui/pane/*", Does: "one pane", Imports: panes("tui/host", "tui/kit", "tui/list"), Libraries: charm},
	{Path: "tui/shell", Does: "the frame, tabs, palette and history, and the one model", Imports: panes("tui/host", "tui/kit", "tui/list", "tui/pane/*", "tui/screen"), Libraries: charm},
	{Path: "tui", Does: "the terminal app", Imports: panes("tui/host", "tui/kit", "tui/list", "tui/pane/*", "tui/shell", "tui/screen"), Libraries: charm},
	{Path: "tui/tuitest", Does: "a terminal for tests", Imports: []string{"tui/screen", "tui/theme"}, Libraries: charm},

	{Path: "internal/jobs", Does: "what falls due by itself: mails, ends of memberships, purges", Imports: []string{models, leaves, store}},
	{Path: "internal/op", Does: "the table of operations", Imports: []string{models, leaves, store}},
	{Path: "internal/plain", Does: "the app in plain lines and questions", Imports: []string{models, leaves, store, "internal/op"}},
	{Path: "internal/api", Does: "HTTP made from the operations", Imports: []string{models, leaves, store, "internal/op"}},
	{Path: "internal/serve", Does: "one process that others use: front doors and jobs", Imports: []string{models, leaves, store, "sshserver", "tui", "tui/screen", "tui/theme", "internal/op", "internal/api", "internal/jobs"}},
	{Path: "internal/tools/demo", Does: "the people of `muster demo`", Imports: []string{models, leaves, store}},
	{Path: "internal/cli", Does: "the commands", Imports: []string{models, leaves, store, "sshserver", "tui", "tui/screen", "tui/theme", "internal/op", "internal/plain", "internal/api", "internal/jobs", "internal/serve", "internal/tools/demo"}},
	{Path: "cmd/muster", Does: "the binary", Imports: []string{models, leaves, store, "sshserver", "tui", "tui/screen", "tui/theme", "internal/cli", "internal/serve", "internal/jobs", "internal/tools/demo"}},

	{Path: "internal/tools/*", Does: "tools of developers", Imports: []string{"*"}, Libraries: []string{"*"}},
})

// charm are the libraries that rooms of the app may import.
var charm = []string{"Bubble Tea", "bubbles"}

// panes are the rooms that everything in the app stands on, and more.
func panes(more ...string) []string {
	return append([]string{models, leaves, store, "tui/ui", "tui/keys", "tui/theme", "tui/screen"}, more...)
}

// leaf lets rooms import models and each other.
func leaf(rooms []Room) []Room {
	for i := range rooms {
		rooms[i].Imports = []string{models, leaves}
	}
	return rooms
}

// RoomOf finds the room of a package by its import path.
func RoomOf(pkg string) (Room, bool) {
	path := strings.TrimPrefix(pkg, Module+"/")
	for _, r := range Rooms {
		if r.holds(path) {
			return r, true
		}
	}
	return Room{}, false
}

// holds tells whether a path below Module belongs to the room. A name of its own
// goes before a "/*".
func (r Room) holds(path string) bool {
	above, each := strings.CutSuffix(r.Path, "/*")
	if !each {
		return path == r.Path
	}
	named := slices.ContainsFunc(Rooms, func(o Room) bool { return o.Path == path })
	return strings.HasPrefix(path, above+"/") && !named
}

// Allows says why a package of the room may not import another package, or "".
// A package may import those of its own path, so that a pane can have packages
// of its own.
func (r Room) Allows(from, imported string) string {
	for prefix, library := range reserved {
		if strings.HasPrefix(imported, prefix) && !slices.Contains(r.Libraries, library) && !slices.Contains(r.Libraries, "*") {
			return fmt.Sprintf("%s may not import %s", r.Path, library)
		}
	}
	path, ours := strings.CutPrefix(imported, Module+"/")
	if !ours || strings.HasPrefix(path, strings.TrimPrefix(from, Module+"/")+"/") && strings.HasSuffix(r.Path, "/*") {
		return ""
	}
	to, ok := RoomOf(imported)
	if !ok {
		return path + " is in no room"
	}
	isLeaf := slices.ContainsFunc(leafRooms, func(l Room) bool { return l.Path == to.Path })
	for _, allowed := range r.Imports {
		if allowed == to.Path || allowed == path || allowed == "*" || allowed == leaves && isLeaf {
			return ""
		}
	}
	return fmt.Sprintf("%s may not import %s", r.Path, to.Path)
}

// Table is the table of rooms in Markdown, of those that exist tells of.
func Table(exists func(Room) bool) string {
	var b strings.Builder
	b.WriteString("| room | what it holds | may import |\n|---|---|---|\n")
	for _, r := range Rooms {
		if !exists(r) {
			continue
		}
		var imports []string
		for _, i := range r.Imports {
			switch {
			case i == "*":
				imports = append(imports, "everything")
			case i == leaves:
				imports = append(imports, "leaves")
			case slices.ContainsFunc(Rooms, func(o Room) bool { return o.Path == i && exists(o) }):
				imports = append(imports, "`"+i+"`")
			}
		}
		for _, l := range r.Libraries {
			if l != "*" {
				imports = append(imports, l)
			}
		}
		if len(imports) == 0 {
			imports = []string{"nothing of muster"}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Path, r.Does, strings.Join(imports, ", "))
	}
	return b.String()
}
