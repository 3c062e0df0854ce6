package e2e

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// house is one installation: a data directory, people with keys, a mail server,
// and a muster that serves.
type house struct {
	t    *testing.T
	dir  string
	port string
	env  []string // of muster
	post *post

	cmd  *exec.Cmd
	log  *journal
	gone chan struct{} // closed when the server has ended
	err  error         // how; read after gone
}

// newHouse makes an installation that nobody uses yet.
func newHouse(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	h := &house{t: t, dir: t.TempDir(), log: &journal{}}
	must(t, os.MkdirAll(h.path("home"), 0o700))
	h.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.path("home"), "MUSTER_DATA=" + h.path("data"), "TZ=UTC",
		"GORACE=" + os.Getenv("GORACE")}
	return h
}

// founded has Ada, the site admin, as owner of Acme, and serves.
func founded(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.post = openPost(t, h.dir)
	h.key("ada")
	h.muster("init", "--name", "Ada Lovelace", "--email", "ada@acme.dev", "--key", h.path("ada.pub"))
	h.muster("org", "create", "--name", "Acme", "--code", "ACME")
	h.serve()
	return h
}

// path is a file of the house.
func (h *house) path(name string) string { return filepath.Join(h.dir, name) }

// muster runs a command on this machine and gives its output.
func (h *house) muster(args ...string) string {
	h.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = h.env
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		h.t.Fatalf("muster %s: %v\n%s", strings.Join(args, " "), err, errOut.String())
	}
	return out.String()
}

// as runs a command over SSH with somebody's key.
func (h *house) as(who, login string, args ...string) string {
	h.t.Helper()
	cmd := exec.Command("ssh", append(h.options(who), append([]string{"-T", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-l", login, "127.0.0.1"}, quoted(args)...)...)...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		h.t.Fatalf("%s: ssh %s: %v\n%s", who, strings.Join(args, " "), err, errOut.String())
	}
	return out.String()
}

func quoted(words []string) []string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	return q
}

// field reads one field of a JSON object.
func (h *house) field(text, name string) string {
	h.t.Helper()
	var v map[string]any
	must(h.t, json.Unmarshal([]byte(text), &v))
	s, _ := v[name].(string)
	if s == "" {
		h.t.Fatalf("no %s in %s", name, text)
	}
	return s
}

// join brings somebody with a new key into Acme, quickly.
func (h *house) join(who, name, role string) {
	h.t.Helper()
	h.key(who)
	inv := h.field(h.as("ada", "acme", "invite", "create", "--email", who+"@acme.dev", "--role", role, "--json"), "id")
	code := h.field(h.as("ada", "acme", "invite", "code", inv, "--json"), "code")
	h.as(who, "join+"+code, "accept", "--name", name)
	h.as("ada", "acme", "user", "verify", who+"@acme.dev", "--yes")
}

// propose makes a request by somebody that waits for a decision.
func (h *house) propose(who, email string, more ...string) (id string) {
	h.t.Helper()
	return h.field(h.as(who, "acme", append([]string{"invite", "create", "--email", email, "--json"}, more...)...), "id")
}

// key makes an SSH key pair for somebody.
func (h *house) key(who string) {
	h.t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	must(h.t, err)
	block, err := gossh.MarshalPrivateKey(private, who+"@laptop")
	must(h.t, err)
	public, err := gossh.NewPublicKey(pub)
	must(h.t, err)
	line := strings.TrimSpace(string(gossh.MarshalAuthorizedKey(public))) + " " + who + "@laptop\n"
	must(h.t, os.WriteFile(h.path(who), pem.EncodeToMemory(block), 0o600))
	must(h.t, os.WriteFile(h.path(who+".pub"), []byte(line), 0o600))
}

// serve starts the server, on the same port each time, and waits until it
// listens.
func (h *house) serve() {
	h.t.Helper()
	if h.port == "" {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		must(h.t, err)
		_, h.port, err = net.SplitHostPort(free.Addr().String())
		must(h.t, err)
		must(h.t, free.Close())
	}
	address := "127.0.0.1:" + h.port
	h.cmd = exec.Command(binary, "serve", "--listen", address, "--address", address)
	h.cmd.Env = h.env
	if h.post != nil {
		h.cmd.Env = append(h.cmd.Env, h.post.env()...)
	}
	pipe, err := h.cmd.StderrPipe()
	must(h.t, err)
	must(h.t, h.cmd.Start())
	ready, gone := make(chan struct{}), make(chan struct{})
	h.gone = gone
	cmd := h.cmd
	go func() {
		defer close(gone)
		lines := bufio.NewScanner(pipe)
		for seen := false; lines.Scan(); {
			_, _ = h.log.Write(append(lines.Bytes(), '\n'))
			if !seen && strings.Contains(lines.Text(), "msg=listening") {
				seen = true
				close(ready)
			}
		}
		h.err = cmd.Wait()
	}()
	h.t.Cleanup(h.close)
	select {
	case <-ready:
	case <-gone:
		h.t.Fatalf("the server ended: %v\n%s", h.err, h.log)
	case <-time.After(patience):
		h.t.Fatalf("the server does not listen\n%s", h.log)
	}
	text, err := os.ReadFile(h.path("data/host_key"))
	must(h.t, err)
	host, err := gossh.ParsePrivateKey(text)
	must(h.t, err)
	line := fmt.Sprintf("[127.0.0.1]:%s %s", h.port, gossh.MarshalAuthorizedKey(host.PublicKey()))
	must(h.t, os.WriteFile(h.path("known_hosts"), []byte(line), 0o600))
}

// end sends the server a signal and waits until it is gone.
func (h *house) end(s syscall.Signal) error {
	h.t.Helper()
	must(h.t, h.cmd.Process.Signal(s))
	select {
	case <-h.gone:
	case <-time.After(patience):
		h.t.Fatalf("the server does not end\n%s", h.log)
	}
	return h.err
}

func (h *house) close() {
	select {
	case <-h.gone:
	default:
		if err := h.end(syscall.SIGTERM); err != nil {
			h.t.Errorf("the server ended with: %v", err)
		}
	}
	if log := h.log.String(); strings.Contains(log, "DATA RACE") || strings.Contains(log, "panic") || strings.Contains(log, "level=ERROR") {
		h.t.Errorf("the server's log:\n%s", log)
	}
}

// options are those of ssh for somebody, whose keys lie in the house.
func (h *house) options(who string) []string {
	return []string{
		"-F", "none", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "StrictHostKeyChecking=yes",
		"-o", "UserKnownHostsFile=" + h.path("known_hosts"), "-o", "GlobalKnownHostsFile=/dev/null",
		"-i", h.path(who), "-p", h.port,
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition that nothing signals.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); !ok(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never happened: %s", what)
		}
	}
}

// journal is text that is written while it is looked at.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// exitCode is that of a program that has ended.
func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}
