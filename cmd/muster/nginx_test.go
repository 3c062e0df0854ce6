package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// nginxPath is where nginx is, empty for nowhere. Debian keeps it where only root looks.
func nginxPath() string {
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func cmdFreePort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Check(l.Close())
	ts.Setenv(args[0], port)
}

func cmdNginx(ts *testscript.TestScript, _ bool, args []string) {
	cmdFreePort(ts, false, []string{"PROXY"})
	dir := ts.MkAbs("nginx")
	ts.Check(os.MkdirAll(filepath.Join(dir, "pages"), 0o755))
	ts.Check(os.WriteFile(filepath.Join(dir, "pages", "page"), []byte("for members\n"), 0o644))
	server := strings.ReplaceAll(ts.ReadFile(args[0]), "$WEB", ts.Getenv("WEB"))
	var temp strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp.WriteString(kind + "_temp_path " + filepath.Join(dir, kind) + ";\n")
	}
	as := ""
	if os.Geteuid() == 0 {
		as = "user root root;\n" // whose directory it is
	}
	config := as + "daemon off;\nworker_processes 1;\npid " + filepath.Join(dir, "pid") + ";\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n" + temp.String() +
		"server {\nlisten 127.0.0.1:" + ts.Getenv("PROXY") + ";\nroot " + filepath.Join(dir, "pages") + ";\n" + server + "}\n}\n"
	file := filepath.Join(dir, "nginx.conf")
	ts.Check(os.WriteFile(file, []byte(config), 0o644))
	cmd := exec.Command(nginxPath(), "-p", dir, "-e", "stderr", "-c", file)
	var log bytes.Buffer
	cmd.Stderr = &log
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT)
		_ = cmd.Wait()
		ts.Logf("nginx:\n%s", log.String())
	})
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+ts.Getenv("PROXY"))
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("nginx does not listen: %v", err)
		}
	}
}

func cmdWeb(ts *testscript.TestScript, _ bool, args []string) {
	var within time.Duration
	if args[0] == "-within" {
		var err error
		within, err = time.ParseDuration(args[1])
		ts.Check(err)
		args = args[2:]
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	// Not from where nginx itself comes, which muster takes for a proxy.
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	client := &http.Client{Transport: &http.Transport{DialContext: from.DialContext, DisableKeepAlives: true}}
	for end := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://127.0.0.1:"+ts.Getenv("PROXY")+"/", nil)
		ts.Check(err)
		if len(args) > 1 {
			r.Header.Set("Authorization", "Bearer "+args[1])
		}
		answer, err := client.Do(r)
		ts.Check(err)
		ts.Check(answer.Body.Close())
		switch who := answer.Header.Get("X-Who"); {
		case answer.StatusCode == want && (len(args) < 3 || who == args[2]):
			return
		case time.Now().After(end):
			ts.Fatalf("nginx answers %d (%s), want %d", answer.StatusCode, who, want)
		}
	}
}
