package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestAnUnknownKeyIsToldWhatToDo(t *testing.T) {
	h := founded(t)
	h.key("eve")
	eve := h.ssh("eve", "acme", seat{})
	eve.See("muster does not know your key.", "SHA256:", "ssh join+CODE@HOST", "ssh request+CODE@HOST", "Permission denied")
	eve.leaves(255)

	// An organization and one that does not exist look the same.
	nowhere := h.ssh("eve", "nowhere", seat{})
	nowhere.See("Permission denied")
	nowhere.leaves(255)
	if a, b := strings.ReplaceAll(eve.Screen(), "acme", "ORG"), strings.ReplaceAll(nowhere.Screen(), "nowhere", "ORG"); a != b {
		t.Errorf("a stranger can tell them apart:\n%s\n\n%s", a, b)
	}
	wrong := h.ssh("eve", "join+nonsense", seat{})
	wrong.See("code")
	wrong.leaves(0)
	// What the terminal answers must not be left to the shell.
	if strings.Contains(wrong.Screen(), "^[") {
		t.Errorf("answers of the terminal came after the end:\n%s", wrong.Screen())
	}
}

func TestWithoutAnyKey(t *testing.T) {
	h := founded(t)
	for _, login := range []string{"acme", "join+ABCDEF"} {
		p := h.client("ada", seat{}, "-o", "PubkeyAuthentication=no", login+"@127.0.0.1")
		p.See("your client offered none", "1. Make one:", "ssh-keygen -t ed25519", "2. Run the same command again.", "Permission denied")
		p.leaves(255)
	}
}

func TestOfTwoKeysTheKnownOneCounts(t *testing.T) {
	h := founded(t)
	h.key("old")
	ada := h.ssh("ada", "acme", seat{keys: []string{"old"}})
	ada.See("ada@acme.dev · owner", "Member").Press("9").See("Key · here").Press("q")
	ada.leaves(0)

	// With a code, too, where a key that nobody knows would do.
	h.as("ada", "ada", "org", "create", "--name", "Beta", "--code", "BETA")
	h.join("bob", "Bob Kahn", "admin")
	h.post.letter(t, "bob@acme.dev") // the one of Acme
	h.as("ada", "beta", "invite", "create", "--email", "bob@acme.dev", "--role", "viewer")
	bob := h.mailed("bob", h.post.letter(t, "bob@acme.dev"), seat{keys: []string{"old"}})
	bob.See("You are invited", "You join as Bob Kahn <bob@acme.dev>.", "[ a accept ]")
	bob.Press("a").See("muster   1 Beta", "bob@acme.dev · viewer")
}

func TestLocalAndServedSeeEachOther(t *testing.T) {
	for _, s := range sizes() {
		t.Run(name(s), func(t *testing.T) {
			h := founded(t)
			h.join("cy", "Cy Twombly", "member")
			here, there := h.local(s), h.ssh("cy", "acme", s)
			here.See("ada@acme.dev · owner", "Member").Press("3").See("cy@acme.dev")
			there.See("cy@acme.dev · member", "Member").Press("3").See("cy@acme.dev")
			there.Press("n").See("Propose somebody").Type("dee@acme.dev")
			within(t, "what happens on the server is on the local screen", soon, func() {
				there.Press("ctrl+enter")
				here.SeeLine("dee@acme.dev", "● waiting", "Cy Twombly")
			})
			there.SeeLine("dee@acme.dev", "● waiting")
			within(t, "what happens locally is on a served screen", soon, func() {
				here.Press("g", "a")
				there.SeeLine("dee@acme.dev", "○ pending")
			})
			here.Press("2").See("1 of 2").Press("G").SeeCursorOn("cy@acme.dev").Press("e").See("Role of cy@acme.dev")
			within(t, "a new role counts on a served screen", soon, func() {
				here.Press("j", "enter").See("cy@acme.dev is now viewer")
				there.See("your role in Acme is now viewer", "cy@acme.dev · viewer")
			})
			here.Press("q")
			here.leaves(0)
			here.restored()
		})
	}
}

func TestNothingAcknowledgedIsLost(t *testing.T) {
	h := founded(t)
	h.join("cy", "Cy Twombly", "member")
	h.propose("cy", "dee@acme.dev")
	ada := h.ssh("ada", "acme", seat{})
	ada.See("●1").Press("3").SeeCursorOn("dee@acme.dev")
	ada.Press("a").See("dee@acme.dev approved as member")
	if err := h.end(syscall.SIGKILL); err == nil {
		t.Error("the server ended as scheduled")
	}
	// ssh gives the terminal its modes back.
	ada.leaves(255)

	h.serve()
	again := h.ssh("ada", "acme", seat{})
	again.See("Member").Press("3").SeeLine("dee@acme.dev", "○ pending")
	h.post.letter(t, "dee@acme.dev")
	again.Press("q")
	again.leaves(0)
	if report := h.muster("audit", "verify", "--org", "ACME"); !strings.Contains(report, "intact") {
		t.Errorf("audit verify: %s", report)
	}
}

func TestAStopIsAnnounced(t *testing.T) {
	h := founded(t)
	h.join("cy", "Cy Twombly", "member")
	people := []*person{h.ssh("ada", "acme", seat{}), h.ssh("cy", "acme", seat{w: 140, h: 40})}
	for _, p := range people {
		p.See("Member", "1 of 2")
	}
	start := time.Now()
	must(t, h.cmd.Process.Signal(syscall.SIGTERM))
	for _, p := range people {
		p.See("the server is stopping: this session ends in")
	}
	for _, p := range people {
		p.leaves(8) // gone
		p.See("the server is stopping")
		p.restored()
	}
	<-h.gone
	if h.err != nil {
		t.Errorf("the server ended with: %v\n%s", h.err, h.log)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("the stop took %s", took)
	}
}

func TestFirstRun(t *testing.T) {
	for _, s := range sizes() {
		t.Run(name(s), func(t *testing.T) {
			h := newHouse(t)
			h.key("ada")
			must(t, os.Mkdir(h.path("home/.ssh"), 0o700))
			key, err := os.ReadFile(h.path("ada.pub"))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(h.dir, "home", ".ssh", "id_ed25519.pub"), key, 0o600))
			h.env = append(h.env, "EMAIL=ada@acme.dev")
			app := h.local(s)
			app.See("Welcome to muster", "Your name", "Your email", "Organization", "ada@acme.dev")
			app.Press("ctrl+u").Type("Ada Lovelace").SeeLine("Your name", "Ada Lovelace").Press("enter", "enter")
			app.SeeLine("▌Organization", "Acme")
			app.Golden(name(s) + "/first-run").Press("ctrl+enter")
			app.See("muster   1 Acme", "Member", "ada@acme.dev · owner", "Press n to invite · to let others connect, run: muster serve").
				SeeCursorOn("Ada Lovelace").Golden(name(s) + "/first-members")
			app.Press("q")
			app.leaves(0)
			app.restored()

			// The key that was found opens the served app.
			h.serve()
			h.ssh("ada", "acme", s).See("ada@acme.dev · owner").Press("q").Ends()
		})
	}
}
