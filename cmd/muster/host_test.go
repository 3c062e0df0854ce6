package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// hostBase is where a directory can be that sshd trusts: all above it belong to root,
// and nobody else can write there.
const hostBase = "/var/lib"

// canHost tells whether a script can run OpenSSH's server, which wants root.
func canHost() bool {
	for _, program := range []string{"/usr/sbin/sshd", "ssh", "ssh-keygen", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			return false
		}
	}
	info, err := os.Stat(hostBase)
	return os.Geteuid() == 0 && err == nil && info.Mode().Perm()&0o022 == 0
}

func cmdHost(ts *testscript.TestScript, _ bool, _ []string) {
	dir, err := os.MkdirTemp(hostBase, "muster-test-")
	ts.Check(err)
	ts.Defer(func() { _ = os.RemoveAll(dir) })
	ts.Check(os.Chmod(dir, 0o755))
	self, err := os.Executable()
	ts.Check(err)
	from, err := os.Open(self)
	ts.Check(err)
	defer from.Close()
	to, err := os.OpenFile(filepath.Join(dir, "muster"), os.O_CREATE|os.O_WRONLY, 0o755)
	ts.Check(err)
	_, err = io.Copy(to, from)
	ts.Check(err)
	ts.Check(to.Close())
	ts.Setenv("HOST", dir)
}

func cmdSSHD(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Check(l.Close())
	ts.Check(os.MkdirAll("/run/sshd", 0o755)) // it will not start without
	dir := ts.Getenv("HOST")
	hostKey := filepath.Join(dir, "host_key")
	if _, err := os.Stat(hostKey); err != nil {
		ts.Check(ts.Exec("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", hostKey))
	}
	config := strings.NewReplacer("$HOST", dir, "$PORT", ts.Getenv("PORT"), "$WORK", ts.Getenv("WORK")).Replace(ts.ReadFile(args[0])) +
		"\nListenAddress 127.0.0.1\nPort " + port + "\nHostKey " + hostKey + "\nPidFile none\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nLogLevel VERBOSE\n"
	file := filepath.Join(dir, "sshd_config")
	ts.Check(os.WriteFile(file, []byte(config), 0o600))
	cmd := exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", file)
	var log bytes.Buffer
	cmd.Stderr = &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		ts.Logf("sshd %s:\n%s", args[0], log.String())
	})
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(end) {
			ts.Fatalf("sshd does not listen: %v", err)
		}
	}
	ts.Setenv("SSHD", port)
}
