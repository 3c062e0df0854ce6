package sshserver

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// patience is how long a test waits for what has to happen.
const patience = 20 * time.Second

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
		runtime.Gosched()
		<-time.After(time.Millisecond)
	}
}

// soon waits for a channel to be closed or to give something.
func soon[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("never happened: %s", what)
		panic("unreachable")
	}
}

// directory is a Directory of known keys.
type directory struct {
	mu    sync.Mutex
	users map[string]string
	err   error
	ask   func() // called on every question
}

func (d *directory) KeyUser(_ context.Context, fingerprint string, _ bool) (string, bool, error) {
	if d.ask != nil {
		d.ask()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	u, ok := d.users[fingerprint]
	return u, ok, d.err
}

func (d *directory) add(user string, key gossh.Signer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users[gossh.FingerprintSHA256(key.PublicKey())] = user
}

// journal is a log that can be searched.
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

func (j *journal) has(text string) bool { return strings.Contains(j.String(), text) }

// house is a server on a loopback port with everything a test looks at.
type house struct {
	*Server
	t    *testing.T
	dir  *directory
	log  *journal
	addr string
	stop func() error

	stubborn bool // the test has apps that do not return
}

// open starts a server. The default app echoes until its input or its context
// ends; the default command prints its words one a line.
func open(t *testing.T, change func(*Config)) *house {
	t.Helper()
	h := &house{t: t, dir: &directory{users: map[string]string{}}, log: &journal{}}
	cfg := Config{
		HostKeyPath: filepath.Join(t.TempDir(), "host_key"),
		Directory:   h.dir,
		Log:         slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		App:         echo,
		Command: func(_ context.Context, s *Session) int {
			for _, a := range s.Args {
				_, _ = io.WriteString(s.Out, a+"\n")
			}
			return 0
		},
	}
	if change != nil {
		change(&cfg)
	}
	orDefault(&cfg.Limits.StopNotice, 10*time.Millisecond)
	var err error
	if h.Server, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx, ln) }()
	h.stop = sync.OnceValue(func() error {
		cancel()
		return soon(t, "the server stops", served)
	})
	t.Cleanup(func() {
		if err := h.stop(); err != nil && !h.stubborn {
			t.Errorf("serve: %v", err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", h.log)
		}
	})
	eventually(t, "the ready line", func() bool { return h.log.has("msg=listening") })
	return h
}

// echo is an app that writes back what it reads.
func echo(ctx context.Context, s *Session) int {
	input := make(chan []byte)
	go func() {
		defer close(input)
		for {
			b := make([]byte, 256)
			n, err := s.In.Read(b)
			if err != nil {
				return
			}
			select {
			case input <- b[:n]:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return 0
		case b, ok := <-input:
			if !ok || bytes.ContainsRune(b, 'q') {
				return 0
			}
			s.Activity()
			if _, err := s.Out.Write(b); err != nil {
				return 0
			}
		}
	}
}

// newKey makes an ed25519 key.
func newKey(t testing.TB) gossh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// known makes a key and a user that has it.
func (h *house) known(user string) gossh.Signer {
	key := newKey(h.t)
	h.dir.add(user, key)
	return key
}

// dial connects as a user name with keys, with x/crypto's client.
func (h *house) dial(login string, keys ...gossh.Signer) (*gossh.Client, error) {
	return gossh.Dial("tcp", h.addr, clientConfig(login, keys...))
}

func clientConfig(login string, keys ...gossh.Signer) *gossh.ClientConfig {
	return &gossh.ClientConfig{
		User:            login,
		Auth:            []gossh.AuthMethod{gossh.PublicKeys(keys...)},
		HostKeyCallback: gossh.InsecureIgnoreHostKey(),
		Timeout:         patience,
	}
}

// client is dial for a connection that has to succeed.
func (h *house) client(login string, keys ...gossh.Signer) *gossh.Client {
	h.t.Helper()
	c, err := h.dial(login, keys...)
	if err != nil {
		h.t.Fatalf("dial: %v", err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	return c
}

// session opens a session channel.
func session(t *testing.T, c *gossh.Client) *gossh.Session {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatalf("session: %v", err)
	}
	return s
}

// result is how a command ended.
type result struct {
	out, errOut string
	status      int // -1 without one
}

// run runs a command line on a connection.
func run(t *testing.T, c *gossh.Client, line string) result {
	t.Helper()
	s := session(t, c)
	defer s.Close()
	var out, errOut bytes.Buffer
	s.Stdout, s.Stderr = &out, &errOut
	return result{status: status(s.Run(line)), out: out.String(), errOut: errOut.String()}
}

func status(err error) int {
	var exit *gossh.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitStatus()
	}
	return -1
}

// terminal is an app session with its ends.
type terminal struct {
	*gossh.Session
	in     io.WriteCloser
	out    *journal
	errOut *journal
}

// startApp opens a terminal and starts the app in it.
func startApp(t *testing.T, c *gossh.Client) *terminal {
	t.Helper()
	s := session(t, c)
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{Session: s, in: in, out: &journal{}, errOut: &journal{}}
	s.Stdout, s.Stderr = term.out, term.errOut
	if err := s.RequestPty("xterm-256color", 24, 80, gossh.TerminalModes{}); err != nil {
		t.Fatalf("pty: %v", err)
	}
	if err := s.Shell(); err != nil {
		t.Fatalf("shell: %v", err)
	}
	return term
}

// press sends keys and waits for their echo.
func (x *terminal) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(x.in, keys); err != nil {
		t.Fatalf("press: %v", err)
	}
	eventually(t, "the echo of "+keys, func() bool { return x.out.has(keys) })
}

// writeKey writes a private key as ssh wants it.
func writeKey(t *testing.T, private any) string {
	t.Helper()
	block, err := gossh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fileKey is a new key in a file.
func fileKey(t *testing.T) (string, gossh.Signer) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return writeKey(t, private), signer
}

// openSSH runs the real client. Options come first, then what follows the host.
func (h *house) openSSH(options []string, login string, command ...string) result {
	h.t.Helper()
	path, err := exec.LookPath("ssh")
	if err != nil {
		h.t.Skip("no OpenSSH client on this machine")
	}
	host, port, err := net.SplitHostPort(h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	// The first value of an option counts.
	args := append(options,
		"-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"-o", "LogLevel=ERROR", "-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes", "-p", port,
		login+"@"+host)
	args = append(args, command...)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.t.Fatalf("ssh: %v", err)
	}
	return result{out: out.String(), errOut: errOut.String(), status: cmd.ProcessState.ExitCode()}
}

// base remembers goroutines and file descriptors; the answer waits until they
// are back.
func base(t *testing.T) (back func()) {
	t.Helper()
	goroutines, fds := runtime.NumGoroutine(), openFiles(t)
	return func() {
		t.Helper()
		end := time.Now().Add(patience)
		for runtime.NumGoroutine() > goroutines || openFiles(t) > fds {
			if time.Now().After(end) {
				stacks := make([]byte, 1<<20)
				stacks = stacks[:runtime.Stack(stacks, true)]
				t.Fatalf("goroutines %d, were %d; files %d, were %d\n%s",
					runtime.NumGoroutine(), goroutines, openFiles(t), fds, stacks)
			}
			<-time.After(2 * time.Millisecond)
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil { // no Linux
		return 0
	}
	return len(entries)
}
