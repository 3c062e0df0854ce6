package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	gossh "golang.org/x/crypto/ssh"

	"muster/internal/cli"
	"muster/internal/clock"
	"muster/internal/totp"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"muster": scriptMuster, "as": scriptSSH})
}

// TestScripts runs testdata/*.txtar against the built binary, and those that
// serve against a listening server with OpenSSH's client. Beside testscript's
// own commands there are:
//
//	exec as WHO LOGIN WORD…   runs ssh with the key of WHO; LOGIN - sends none,
//	                          and -tt before WHO asks for a terminal
//	key WHO…                  makes an SSH key pair WHO and WHO.pub
//	status N COMMAND…         runs a command that must end with exit status N
//	json PATH NAME            sets $NAME from the JSON on the last stdout
//	json PATH == VALUE        compares; a path is like items.0.id or items.len
//	smtp                      starts a mail server and points muster to it
//	letter ADDRESS            waits for the next mail there, of any kind; file mail
//	mail ADDRESS              waits for the next mail there; sets $CODE, file mail
//	serve FLAG…               starts muster serve; stops it at the end
//	stop                      stops it now
//	host                      makes $HOST, a directory that sshd trusts, with muster in it
//	sshd FILE                 starts OpenSSH's server with that configuration; sets $SSHD,
//	                          and as host logs in to it: exec as host KEY ACCOUNT WORD…
//	failed                    waits for it to end by itself with status 1
//	limit BYTES               bounds the size of the files that it writes
//	freeport NAME             sets $NAME to a port that nobody listens on
//	nginx FILE                starts nginx with what FILE says of a server, and as $PROXY its port
//	web [-within T] STATUS [KEY [WHO]]
//	                          asks it for a page with an API key, and expects that
//	                          status, soon, and that it tells who it is
//	advance DURATION          moves the clock of every muster in the script
//	totp SECRET NAME          moves that clock to its next step and sets $NAME
//	                          to the code of an authenticator app
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			if err := os.MkdirAll(home, 0o700); err != nil {
				return err
			}
			e.Vars = append(e.Vars, "HOME="+home, "USERPROFILE="+home, "MUSTER_DATA="+filepath.Join(e.WorkDir, "data"),
				"SCRIPT_CLOCK="+filepath.Join(e.WorkDir, ".clock"), "SCRIPT_DIR="+e.WorkDir, "TZ=UTC")
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "host":
				return canHost(), nil
			case "nginx":
				return nginxPath() != "", nil
			}
			if name != "medium" {
				return false, fmt.Errorf("no condition %q", name)
			}
			return exec.Command("unshare", "-rm", "true").Run() == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"write": cmdWrite,
			"key":   cmdKey, "status": cmdStatus, "json": cmdJSON, "smtp": cmdSMTP, "mail": cmdMail, "letter": cmdLetter,
			"serve": cmdServe, "stop": cmdStop, "failed": cmdFailed, "limit": cmdLimit, "advance": cmdAdvance, "sshd": cmdSSHD, "host": cmdHost, "totp": cmdTOTP,
			"freeport": cmdFreePort, "nginx": cmdNginx, "web": cmdWeb,
		},
	})
}

// scriptMuster is the binary with a clock that scripts move.
func scriptMuster() {
	env := system()
	file := os.Getenv("SCRIPT_CLOCK")
	shift := func() time.Duration {
		b, err := os.ReadFile(file)
		if err != nil {
			return 0
		}
		d, err := time.ParseDuration(string(b))
		if err != nil {
			panic(err)
		}
		return d
	}
	env.Now = func() time.Time { return clock.System().Add(shift()) }
	env.After = func(d time.Duration) <-chan time.Time {
		at := env.Now().Add(d)
		c := make(chan time.Time, 1)
		go func() {
			for env.Now().Before(at) {
				time.Sleep(5 * time.Millisecond) // the clock file has no signal
			}
			c <- env.Now()
		}()
		return c
	}
	os.Exit(cli.Run(context.Background(), env))
}

// scriptSSH is OpenSSH's client with the key of somebody in the script.
func scriptSSH() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: as WHO LOGIN WORD…")
		os.Exit(2)
	}
	var args []string
	if os.Args[1] == "-tt" {
		args = os.Args[1:2]
		os.Args = os.Args[1:]
	}
	dir, who, login := os.Getenv("SCRIPT_DIR"), os.Args[1], os.Args[2]
	port, hosts := os.Getenv("PORT"), filepath.Join(dir, "known_hosts")
	checking := "yes"
	if who == "host" && len(os.Args) > 3 { // of the script's sshd
		who, login, port, hosts, checking = login, os.Args[3], os.Getenv("SSHD"), "/dev/null", "no"
		os.Args = os.Args[1:]
	}
	args = append(args, "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
		"-o", "StrictHostKeyChecking="+checking, "-o", "UserKnownHostsFile="+hosts,
		"-o", "GlobalKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-i", filepath.Join(dir, who), "-p", port)
	if login != "-" {
		args = append(args, "-l", login)
	}
	args = append(args, "127.0.0.1")
	for _, word := range os.Args[3:] {
		args = append(args, "'"+strings.ReplaceAll(word, "'", `'\''`)+"'")
	}
	ssh, err := exec.LookPath("ssh")
	if err == nil {
		err = syscall.Exec(ssh, append([]string{"ssh"}, args...), os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(255)
}

func cmdKey(ts *testscript.TestScript, _ bool, args []string) {
	for _, who := range args {
		pub, priv, err := ed25519.GenerateKey(rand.Reader)
		ts.Check(err)
		block, err := gossh.MarshalPrivateKey(priv, who+"@laptop")
		ts.Check(err)
		key, err := gossh.NewPublicKey(pub)
		ts.Check(err)
		line := strings.TrimSpace(string(gossh.MarshalAuthorizedKey(key))) + " " + who + "@laptop\n"
		ts.Check(os.WriteFile(ts.MkAbs(who), pem.EncodeToMemory(block), 0o600))
		ts.Check(os.WriteFile(ts.MkAbs(who)+".pub", []byte(line), 0o600))
	}
}

// cmdWrite writes words into a file, for what a script has in a variable.
func cmdWrite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: write FILE WORD…")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(args[1:], " ")+"\n"), 0o600))
}

func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var exit *exec.ExitError
	got := 0
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if (got == want) == neg {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: json PATH NAME, json PATH == VALUE")
	}
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	var v any
	ts.Check(dec.Decode(&v))
	if _, err := dec.Token(); err != io.EOF {
		ts.Fatalf("there is more than one JSON value on stdout")
	}
	for step := range strings.SplitSeq(args[0], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			if step == "len" {
				v = json.Number(strconv.Itoa(len(x)))
				continue
			}
			i, err := strconv.Atoi(step)
			ts.Check(err)
			if i >= len(x) {
				ts.Fatalf("%s: there are only %d", args[0], len(x))
			}
			v = x[i]
		default:
			ts.Fatalf("%s: nothing at %s", args[0], step)
		}
	}
	text := fmt.Sprint(v)
	if args[1] != "==" {
		if v == nil || text == "" {
			ts.Fatalf("%s is empty", args[0])
		}
		ts.Setenv(args[1], text)
		return
	}
	if want := strings.Join(args[2:], " "); (text == want) == neg {
		ts.Fatalf("%s is %q, want %q", args[0], text, want)
	}
}

func cmdAdvance(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	file := ts.Getenv("SCRIPT_CLOCK")
	if b, err := os.ReadFile(file); err == nil {
		before, err := time.ParseDuration(string(b))
		ts.Check(err)
		d += before
	}
	// Renamed, so that nobody reads half of it.
	ts.Check(os.WriteFile(file+".new", []byte(d.String()), 0o600))
	ts.Check(os.Rename(file+".new", file))
}

// cmdTOTP moves the clock to the next step first, whose code nobody has used.
func cmdTOTP(ts *testscript.TestScript, neg bool, args []string) {
	secret, err := base32.StdEncoding.DecodeString(args[0])
	ts.Check(err)
	cmdAdvance(ts, neg, []string{totp.Step.String()})
	shift, err := os.ReadFile(ts.Getenv("SCRIPT_CLOCK"))
	ts.Check(err)
	d, err := time.ParseDuration(string(shift))
	ts.Check(err)
	ts.Setenv(args[1], totp.Code(secret, totp.StepAt(clock.System().Add(d))))
}

// patience is how long a script waits for something that must happen.
const patience = 20 * time.Second

// servers holds the running server of each script.
var servers sync.Map

type server struct {
	cmd  *exec.Cmd
	log  *bytes.Buffer
	done chan struct{}
}

func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	addr := free.Addr().String()
	ts.Check(free.Close())
	_, port, err := net.SplitHostPort(addr)
	ts.Check(err)

	muster, err := lookPath(ts.Getenv("PATH"), "muster")
	ts.Check(err)
	cmd := exec.Command(muster, append([]string{"serve", "--listen", addr, "--address", "127.0.0.1:" + port}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	for _, k := range []string{"PATH", "HOME", "MUSTER_DATA", "MUSTER_CONFIG", "SCRIPT_CLOCK", "TZ", "GORACE",
		"MUSTER_MAIL_SMTP_HOST", "MUSTER_MAIL_SMTP_PORT", "MUSTER_MAIL_SMTP_TLS", "MUSTER_MAIL_FROM", "MUSTER_MAIL_FOLDER"} {
		if v := ts.Getenv(k); v != "" {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
	}
	pipe, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	s := &server{cmd: cmd, log: &bytes.Buffer{}, done: make(chan struct{})}
	ready := make(chan struct{})
	go func() {
		defer close(s.done)
		lines := bufio.NewScanner(io.TeeReader(pipe, s.log))
		for seen := false; lines.Scan(); {
			if !seen && strings.Contains(lines.Text(), "msg=listening") {
				seen = true
				close(ready)
			}
		}
	}()
	servers.Store(ts, s)
	ts.Defer(func() { cmdStop(ts, false, nil) })
	select {
	case <-ready:
	case <-s.done:
		ts.Fatalf("the server ended:\n%s", s.log)
	case <-time.After(patience):
		ts.Fatalf("the server is not ready")
	}
	ts.Setenv("PORT", port)

	text, err := os.ReadFile(filepath.Join(ts.Getenv("MUSTER_DATA"), "host_key"))
	ts.Check(err)
	host, err := gossh.ParsePrivateKey(text)
	ts.Check(err)
	ts.Setenv("FINGERPRINT", gossh.FingerprintSHA256(host.PublicKey()))
	line := fmt.Sprintf("[127.0.0.1]:%s %s", port, gossh.MarshalAuthorizedKey(host.PublicKey()))
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("SCRIPT_DIR"), "known_hosts"), []byte(line), 0o600))
}

// cmdStop ends the server the way a service manager does. It must go cleanly.
func cmdStop(ts *testscript.TestScript, _ bool, _ []string) {
	v, ok := servers.LoadAndDelete(ts)
	if !ok {
		return
	}
	s := v.(*server)
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.done:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		<-s.done
		ts.Logf("the server did not stop:\n%s", s.log)
	}
	err := s.cmd.Wait()
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("SCRIPT_DIR"), "server.log"), s.log.Bytes(), 0o600))
	if err != nil {
		ts.Logf("the server's log:\n%s", s.log)
		ts.Check(err)
	}
}

// cmdFailed waits for a server that ends by itself.
func cmdFailed(ts *testscript.TestScript, _ bool, _ []string) {
	v, ok := servers.LoadAndDelete(ts)
	if !ok {
		ts.Fatalf("no server runs")
	}
	s := v.(*server)
	select {
	case <-s.done:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		<-s.done
		ts.Fatalf("the server did not end:\n%s", s.log)
	}
	err := s.cmd.Wait()
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("SCRIPT_DIR"), "server.log"), s.log.Bytes(), 0o600))
	if s.cmd.ProcessState.ExitCode() != 1 {
		ts.Fatalf("the server ended with %v:\n%s", err, s.log)
	}
}

// cmdLimit has writing fail as it does on a disk that is broken.
func cmdLimit(ts *testscript.TestScript, _ bool, args []string) {
	v, ok := servers.Load(ts)
	if !ok {
		ts.Fatalf("no server runs")
	}
	ts.Check(ts.Exec("prlimit", "--pid", strconv.Itoa(v.(*server).cmd.Process.Pid), "--fsize="+args[0]+":unlimited"))
}

func lookPath(path, name string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("no %s in %s", name, path)
}
