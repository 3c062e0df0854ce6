package e2e

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// waiting runs a command over SSH that waits for its input, and gives what ends
// it and what it said.
func (h *house) waiting(who string, args ...string) (ended func() (status int, said string)) {
	h.t.Helper()
	cmd := exec.Command("ssh", append(h.options(who), append([]string{"-T", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-l", "acme", "127.0.0.1"}, args...)...)...)
	in, err := cmd.StdinPipe()
	must(h.t, err)
	var out bytes.Buffer
	cmd.Stdout = &out
	said, err := cmd.StderrPipe()
	must(h.t, err)
	must(h.t, cmd.Start())
	h.t.Cleanup(func() { _ = in.Close() })
	// The command says on its own that it waits.
	var text bytes.Buffer
	for b := make([]byte, 1); !strings.Contains(text.String(), "enter"); {
		if _, err := said.Read(b); err != nil {
			h.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, text.String())
		}
		text.Write(b)
	}
	return func() (int, string) {
		done := make(chan error, 1)
		go func() {
			_, _ = io.Copy(&text, said)
			done <- cmd.Wait()
		}()
		select {
		case err := <-done:
			return exitCode(err), text.String()
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-done
			h.t.Fatalf("the command goes on\n%s", text.String())
		}
		return 0, ""
	}
}

// TestARemovedKeyEndsItsSessions takes a key off an account while an app and a
// command run that came in with it: both end, and say why. The other key's go on.
func TestARemovedKeyEndsItsSessions(t *testing.T) {
	h := founded(t)
	h.join("bob", "Bob Kahn", "member")
	h.key("spare")
	spare, err := os.ReadFile(h.path("spare.pub"))
	must(t, err)
	id := h.field(h.as("bob", "acme", "key", "add", string(spare), "--json"), "id")
	app, stays := h.ssh("spare", "acme", seat{}), h.ssh("bob", "acme", seat{})
	app.See("bob@acme.dev · member", "Member")
	stays.See("bob@acme.dev · member", "Member")
	ended := h.waiting("spare", "two-factor", "verify")
	const why = "the key of this session was removed from your account"
	within(t, "the sessions of a removed key end", time.Second, func() {
		h.as("bob", "acme", "key", "remove", id, "--yes")
		if status, said := ended(); status != 8 || !strings.Contains(said, why) {
			t.Errorf("the command ended with %d and %q", status, said)
		}
		app.leaves(8)
	})
	app.See(why)
	app.restored()
	stays.Press("9").See("Key · here").Press("q")
	stays.leaves(0)
}

// TestASuspendedUserIsOutAtOnce suspends somebody, and deletes somebody, from
// another process than the one that serves them.
func TestASuspendedUserIsOutAtOnce(t *testing.T) {
	h := founded(t)
	h.join("bob", "Bob Kahn", "member")
	h.join("cy", "Cy Twombly", "member")
	bob, cy := h.ssh("bob", "acme", seat{}), h.ssh("cy", "acme", seat{})
	bob.See("bob@acme.dev · member")
	cy.See("cy@acme.dev · member")
	within(t, "a suspended user is out", time.Second, func() {
		h.muster("user", "suspend", "bob@acme.dev", "--reason", "lost laptop")
		bob.leaves(0, 8)
	})
	bob.See("your account is suspended: lost laptop")
	h.muster("user", "delete", "cy@acme.dev", "--confirm", "cy@acme.dev")
	cy.leaves(0, 8)
	cy.See("your account no longer exists")
}

// TestAPlaceOpensOverSSH begins at a pane of an organization, whatever the login
// says.
func TestAPlaceOpensOverSSH(t *testing.T) {
	h := founded(t)
	h.as("ada", "acme", "invite", "create", "--email", "dee@acme.dev")
	ada := h.client("ada", seat{}, "-t", "ada@127.0.0.1", "open", "acme/invitations")
	ada.See("muster   1 Acme", "dee@acme.dev", "○ pending").Press("2").See("ada@acme.dev").Press("q")
	ada.leaves(0)
	ada.restored()
	ada = h.client("ada", seat{}, "-t", "ada@127.0.0.1", "open", "acme/nothing")
	ada.See(`there is no pane "nothing"`)
	ada.leaves(2)
	here := h.local(seat{}, "open", "acme/settings")
	here.See("Who may invite").Press("q")
	here.leaves(0)
}

// TestAClientThatLeavesIsNoFault kills clients in the middle; that the log has
// no error is looked at when the house is closed.
func TestAClientThatLeavesIsNoFault(t *testing.T) {
	h := founded(t)
	for range 3 {
		cmd := exec.Command("ssh", append(h.options("ada"), "-tt", "-o", "BatchMode=yes", "-l", "acme", "127.0.0.1")...)
		cmd.Env = append(os.Environ(), "TERM=xterm-256color")
		out, err := cmd.StdoutPipe()
		must(t, err)
		in, err := cmd.StdinPipe() // which stays open: the client goes, not its input
		must(t, err)
		must(t, cmd.Start())
		_, err = io.ReadFull(out, make([]byte, 500))
		must(t, err)
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		_ = in.Close()
	}
	eventually(t, "the server notices", func() bool { return strings.Count(h.log.String(), `command=(app)`) == 3 })
}
