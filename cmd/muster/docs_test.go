package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDocs runs what the pages show in blocks of console and sh, each page with
// homes of its own, and compares what console blocks show as the answer. In it, …
// stands for any text in a line, and a line with nothing else for any lines.
//
// The word behind the language says more: a name is the person whose home and
// key it is (ada, who has the database, if there is none), and "system" is for
// blocks that want root or another machine, which are only looked at by bash -n.
// A toml block with file=PATH is written there. What stands in a comment
// "<!-- run NAME: … -->" runs and is not shown. CODE, inv_…, lnk_… and SHA256:… in a
// command are the last that an answer had. A command may fail if the next is echo $?.
func TestDocs(t *testing.T) {
	for _, program := range []string{"bash", "curl", "ssh", "ssh-keygen", "jq", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, file := range append(files, "../../README.md") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blocks := blocksOf(string(b))
		if len(blocks) == 0 || filepath.Base(file) == "commands.md" {
			continue // its examples are held by the test that makes the page
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			p := newReader(t)
			for _, bl := range blocks {
				p.follow(bl)
			}
		})
		ran++
	}
	if ran < 6 {
		t.Errorf("only %d pages have something to run", ran)
	}
}

// block is a piece of a page that is run.
type block struct {
	line       int
	lang, word string
	text       string
}

var fenced = regexp.MustCompile("(?ms)^```(console|sh|toml|ssh-config)(?: ([^\n]*))?\n(.*?)^```$|^<!-- run(?: ([a-z]+))?:\n(.*?)^-->$")

func blocksOf(page string) (all []block) {
	for _, m := range fenced.FindAllStringSubmatchIndex(page, -1) {
		part := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return page[m[2*i]:m[2*i+1]]
		}
		b := block{strings.Count(page[:m[0]], "\n") + 1, part(1), part(2), part(3)}
		if hidden := part(5); hidden != "" {
			b.lang, b.word, b.text = "sh", part(4), hidden
		}
		all = append(all, b)
	}
	return all
}

// reader does what a page says.
type reader struct {
	t      *testing.T
	dir    string
	port   string
	web    string            // where HTTP is served, for 127.0.0.1:8080 on a page
	status string            // of the last command
	seen   map[string]string // the last CODE, inv_…, lnk_… and SHA256:…
	stops  []func()
}

func newReader(t *testing.T) *reader {
	p := &reader{t: t, dir: t.TempDir(), status: "0", seen: map[string]string{}}
	for _, address := range []*string{&p.port, &p.web} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		*address = l.Addr().String()
		defer l.Close()
	}
	_, p.port, _ = net.SplitHostPort(p.port)
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatal(err)
	}
	// The command line goes before the file, and what comes first in it before what comes later.
	p.write("bin/ssh", fmt.Sprintf(`#!/bin/sh
exec %s -p %s -F "$HOME/.ssh/config" -o HostName=127.0.0.1 -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none -i "$HOME/.ssh/id_ed25519" \
  -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile="$HOME/.ssh/known_hosts" -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR -o ControlPath=none "$@"
`, ssh, p.port), 0o755)
	t.Cleanup(func() {
		for _, stop := range slices.Backward(p.stops) {
			stop()
		}
	})
	return p
}

func (p *reader) write(name, text string, mode os.FileMode) {
	p.t.Helper()
	file := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		p.t.Fatal(err)
	}
}

// home is the home directory of somebody, who has a key.
func (p *reader) home(who string) string {
	p.t.Helper()
	home := filepath.Join(p.dir, "home", who)
	key := filepath.Join(home, ".ssh", "id_ed25519")
	if _, err := os.Stat(key); err == nil {
		return home
	}
	p.write(filepath.Join("home", who, ".ssh", "config"), "", 0o600)
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who+"@laptop", "-f", key).CombinedOutput(); err != nil {
		p.t.Fatalf("ssh-keygen: %v %s", err, out)
	}
	return home
}

func (p *reader) follow(b block) {
	p.t.Helper()
	who := b.word
	switch {
	case b.lang == "toml":
		if file, ok := strings.CutPrefix(b.word, "file="); ok {
			p.home("ada")
			p.write(filepath.Join("home/ada", file), b.text, 0o600)
		}
		return
	case b.lang == "ssh-config":
		p.write(filepath.Join("home", p.whose(who), ".ssh", "config"), b.text, 0o600)
		if out, err := p.bash(p.whose(who), `ssh -G muster >/dev/null`); err != nil {
			p.t.Errorf("line %d: ssh does not take it: %s", b.line, out)
		}
		return
	case who == "system":
		check := exec.Command("bash", "-n")
		check.Stdin = strings.NewReader(commandsOf(b))
		if out, err := check.CombinedOutput(); err != nil {
			p.t.Errorf("line %d: %s", b.line, out)
		}
		return
	}
	for _, s := range stepsOf(b) {
		p.step(p.whose(who), s)
	}
}

func (p *reader) whose(who string) string {
	if who == "" {
		who = "ada"
	}
	p.home(who)
	return who
}

// step is one command and what it is to answer.
type step struct {
	line    int
	command string
	answer  []string
	shown   bool // the page shows an answer
	last    bool // no command follows that asks for the status
}

// stepsOf takes a block apart. One of sh is a single command.
func stepsOf(b block) (steps []step) {
	if b.lang == "sh" {
		return []step{{line: b.line, command: b.text, last: true}}
	}
	for i, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
		n := len(steps) - 1
		switch command, ok := strings.CutPrefix(line, "$ "); {
		case ok:
			steps = append(steps, step{line: b.line + 1 + i, command: command})
		case n >= 0 && !steps[n].shown && strings.HasPrefix(line, "> "):
			steps[n].command += "\n" + line[2:]
		case n >= 0:
			steps[n].answer, steps[n].shown = append(steps[n].answer, line), true
		}
	}
	for i := range steps {
		steps[i].last = i == len(steps)-1 || !strings.HasPrefix(steps[i+1].command, "echo $?")
	}
	return steps
}

func commandsOf(b block) string {
	var text []string
	for _, s := range stepsOf(b) {
		text = append(text, s.command)
	}
	return strings.Join(text, "\n")
}

// words are what a page writes where everybody has another value.
var words = map[string]*regexp.Regexp{
	"CODE": regexp.MustCompile(`join\+([a-z2-7]{26})@`), "inv_…": regexp.MustCompile(`\b(inv_[0-9a-v]{20,})`),
	"lnk_…": regexp.MustCompile(`\b(lnk_[0-9a-v]{20,})`), "SHA256:…": regexp.MustCompile(`(SHA256:[A-Za-z0-9+/]{43})`),
}

func (p *reader) step(who string, s step) {
	p.t.Helper()
	command := strings.ReplaceAll(s.command, "127.0.0.1:8080", p.web)
	for word, value := range p.seen {
		command = strings.ReplaceAll(command, word, value)
	}
	if strings.HasPrefix(command, "muster serve") {
		p.serve(who, command)
		return
	}
	out, err := p.bash(who, "(exit "+p.status+")\n"+command)
	p.status = "0"
	if err != nil {
		var exit *exec.ExitError
		if !asExit(err, &exit) || s.last {
			p.t.Fatalf("line %d: %s: %v\n%s", s.line, command, err, out)
		}
		p.status = fmt.Sprint(exit.ExitCode())
	}
	for word, re := range words {
		if m := re.FindAllStringSubmatch(out, -1); m != nil {
			p.seen[word] = m[len(m)-1][1]
		}
	}
	if s.shown && !matches(s.answer, strings.Split(strings.TrimRight(out, "\n"), "\n")) {
		p.t.Errorf("line %d: %s answers\n%s\nand the page has\n%s", s.line, command, out, strings.Join(s.answer, "\n"))
	}
}

func asExit(err error, exit **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*exit = e
	return ok
}

func (p *reader) command(who, line string) *exec.Cmd {
	home := p.home(who)
	cmd := exec.Command("bash", "-c", line)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "USERPROFILE="+home, "XDG_DATA_HOME=", "XDG_CONFIG_HOME=", "TZ=UTC", "LC_ALL=C.UTF-8",
		"PATH="+filepath.Join(p.dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	return cmd
}

func (p *reader) bash(who, line string) (string, error) {
	cmd := p.command(who, line)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	err := cmd.Run()
	return out.String(), err
}

var listenFlag = regexp.MustCompile(`--listen[ =]\S+`)

// serve starts the server on a port of the test's, and waits until it listens.
func (p *reader) serve(who, command string) {
	p.t.Helper()
	cmd := p.command(who, "exec "+listenFlag.ReplaceAllString(command, ""))
	cmd.Env = append(cmd.Env, "MUSTER_LISTEN=127.0.0.1:"+p.port)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.stops = append(p.stops, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	doors := []string{"127.0.0.1:" + p.port}
	if strings.Contains(command, "--http ") {
		doors = append(doors, p.web)
	}
	for _, door := range doors {
		for deadline := time.Now().Add(20 * time.Second); ; {
			conn, err := net.Dial("tcp", door)
			if err == nil {
				conn.Close()
				break
			}
			if time.Now().After(deadline) {
				p.t.Fatalf("%s does not listen on %s: %v\n%s", command, door, err, log.String())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// matches compares lines with those of a page.
func matches(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0 || len(got) == 1 && got[0] == ""
	}
	if strings.TrimSpace(want[0]) == "…" {
		for i := 0; i <= len(got); i++ {
			if matches(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && likeLine(want[0], got[0]) && matches(want[1:], got[1:])
}

// likeLine takes … and CODE for any text, and any number of spaces for one.
func likeLine(want, got string) bool {
	want = strings.ReplaceAll(want, "CODE", "…")
	parts := strings.Split(strings.Join(strings.Fields(want), " "), "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(strings.Join(strings.Fields(got), " "))
}

func TestLikeLine(t *testing.T) {
	for _, tt := range []struct {
		want, got string
		same      bool
	}{
		{"joined Acme as member", "joined  Acme as member", true}, {"inv_… pending", "inv_06h pending", true},
		{"a", "ab", false}, {"… b", "x a", false}, {"…", "", true},
	} {
		if likeLine(tt.want, tt.got) != tt.same {
			t.Errorf("%q, %q: not %v", tt.want, tt.got, tt.same)
		}
	}
	if !matches([]string{"a", "…", "d"}, []string{"a", "b", "c", "d"}) || matches([]string{"a"}, []string{"a", "b"}) {
		t.Error("lines are compared wrongly")
	}
}
