package running

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestMain is also the other process of the tests, which announces a server and
// waits.
func TestMain(m *testing.M) {
	if dir := os.Getenv("ANNOUNCE"); dir != "" {
		if _, err := Announce(dir, Server{Listen: "127.0.0.1:2222", Address: "host:2222", Mail: "folder"}); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("ready\n")
		_, _ = io.ReadAll(os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestAServerIsKnownWhileItLives holds that what a server said is found by others,
// and not once it was killed.
func TestAServerIsKnownWhileItLives(t *testing.T) {
	dir := t.TempDir()
	if s, ok := FindServer(dir); ok {
		t.Errorf("nobody serves: %+v", s)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "ANNOUNCE="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if s, ok := FindServer(dir); !ok || s != (Server{PID: cmd.Process.Pid, Listen: "127.0.0.1:2222", Address: "host:2222", Mail: "folder"}) {
		t.Errorf("found %v, %+v", ok, s)
	}
	path := filepath.Join(dir, ServerFile)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	// Of two servers the first one counts.
	if _, err := Lock(path); !errors.Is(err, ErrHeld) {
		t.Errorf("a second lock: %v", err)
	}
	if release, err := Announce(dir, Server{Address: "other:1"}); err != nil {
		t.Error(err)
	} else {
		release()
	}
	if s, ok := FindServer(dir); !ok || s.Address != "host:2222" {
		t.Errorf("found %v, %+v", ok, s)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if s, ok := FindServer(dir); ok {
		t.Errorf("it was killed: %+v", s)
	}
	if err := os.Remove(path); err != nil { // it is left behind, and means nothing
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), path); err != nil {
		t.Fatal(err)
	}
	if _, err := Announce(dir, Server{Address: "x:1"}); err == nil {
		t.Error("a link was followed")
	}
}
