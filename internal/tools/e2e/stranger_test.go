package e2e

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"muster/models"
	"muster/store"
)

// from runs a command over SSH as a stranger with a new key, from an address of
// this machine.
func (h *house) from(address, login string, args ...string) (status int, said string) {
	h.t.Helper()
	h.key("stranger")
	options := append(h.options("stranger"), "-b", address, "-T", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-l", login, "127.0.0.1")
	cmd := exec.Command("ssh", append(options, quoted(args)...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return exitCode(cmd.Run()), out.String()
}

// TestAnHonestRequestComesThroughAFlood fills the queue of an organization from
// eight networks; whoever asks from another is in it afterwards, and has been told
// no more than anybody else.
func TestAnHonestRequestComesThroughAFlood(t *testing.T) {
	h := founded(t)
	h.as("ada", "acme", "settings", "set", models.SetJoinRequests+"=on")
	s, err := store.Open(t.Context(), store.Options{Dir: h.path("data")})
	must(t, err)
	for i := range 200 {
		name := fmt.Sprintf("flood%d", i)
		must(t, s.RequestToJoin(t.Context(), models.Actor{Via: models.ViaSSH, Key: "SHA256:" + name, Address: fmt.Sprintf("198.51.100.%d", i%8)},
			store.JoinRequest{OrgCode: "ACME", Email: name + "@example.com", Name: name}))
	}
	must(t, s.Close())
	status, said := h.from("127.0.0.2", "request+acme", "request", "--email", "honest@example.com", "--name", "Hon Est")
	if status != 0 {
		t.Errorf("exit %d: %s", status, said)
	}
	none, sayNone := h.from("127.0.0.3", "request+nowhere", "request", "--email", "honest@example.com", "--name", "Hon Est")
	if none != status || strings.ReplaceAll(strings.ToLower(sayNone), "nowhere", "acme") != strings.ToLower(said) {
		t.Errorf("a stranger can tell what exists: %d %q, and %d %q", status, said, none, sayNone)
	}
	if list := h.as("ada", "acme", "invite", "list", "--search", "honest@", "--json"); !strings.Contains(list, "honest@example.com") {
		t.Errorf("it does not wait: %s", list)
	}
}

// TestWhoSignsUpTooOftenIsToldSo floods the sign-up from one network: it is refused
// in words, and another network is not.
func TestWhoSignsUpTooOftenIsToldSo(t *testing.T) {
	h := newHouse(t)
	h.key("ada")
	h.muster("init", "--name", "Ada Lovelace", "--email", "ada@acme.dev", "--key", h.path("ada.pub"))
	h.env = append(h.env, "MUSTER_SIGN_UP=open")
	h.serve()
	status, said, n := 0, "", 0
	for ; status == 0 && n < 15; n++ {
		status, said = h.from("127.0.0.2", "new", "create", "--email", fmt.Sprintf("flood%d@example.com", n), "--name", "Flood")
	}
	if status != 7 || n < 10 || !strings.Contains(said, "too many attempts from your address") || !strings.Contains(said, "try again in") {
		t.Errorf("try %d: exit %d, %q", n, status, said)
	}
	if status, said := h.from("127.0.0.3", "new", "create", "--email", "honest@example.com", "--name", "Hon Est"); status != 0 {
		t.Errorf("somebody else: exit %d, %q", status, said)
	}
}
