package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var sample = release{version: "v1.2.3-4-gabcdef0", when: time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC)}

func TestDebVersion(t *testing.T) {
	for _, tt := range []struct{ version, deb string }{
		{"v1.2.3", "1.2.3"}, {"v1.2.3-4-gabcdef0", "1.2.3+4+gabcdef0"}, {"v1.2.0-rc.1", "1.2.0+rc.1"},
		{"abcdef0-dirty", "0~20260814093000+abcdef0+dirty"}, {"1234567", "0~20260814093000+1234567"}, {"dev", "0~20260814093000+dev"},
	} {
		if got := (release{tt.version, sample.when}).debVersion(); got != tt.deb {
			t.Errorf("%s is %s, not %s", tt.version, got, tt.deb)
		}
	}
}

func sharedFiles(t *testing.T) []file {
	t.Helper()
	t.Chdir("../../..")
	shared, err := sample.shared()
	if err != nil {
		t.Fatal(err)
	}
	return shared
}

// TestManPagesAndCompletions: there is a page for every command, and what shells
// complete with.
func TestManPagesAndCompletions(t *testing.T) {
	texts := map[string]string{}
	for _, f := range sharedFiles(t) {
		texts[f.name] = string(f.text)
	}
	for name, words := range map[string]string{
		"man/muster.1": "muster - manage organizations", "man/muster-invite-create.1": `\-\-expires-in`, "man/muster-serve.1": "SIGTERM",
		"completions/muster.bash": "__start_muster", "completions/_muster": "#compdef muster", "completions/muster.fish": "complete -c muster",
		"config.example.toml": "[mail.smtp]", "muster.service": "ExecStart=/usr/bin/muster serve",
	} {
		if !strings.Contains(texts[name], words) && !strings.Contains(texts[name], strings.ReplaceAll(words, " - ", ` \- `)) && !strings.Contains(texts[name], strings.ReplaceAll(words, `\-`, "-")) {
			t.Errorf("%s does not have %q:\n%.600s", name, words, texts[name])
		}
	}
	if man, err := exec.LookPath("man"); err == nil {
		page := filepath.Join(t.TempDir(), "muster.1")
		if err := os.WriteFile(page, []byte(texts["man/muster.1"]), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(man, "--warnings", "-E", "UTF-8", "-l", "-Z", page).CombinedOutput()
		if err != nil || strings.Contains(string(out), "warning:") {
			t.Errorf("man: %v\n%.600s", err, out)
		}
	}
}

// TestPackage takes the package apart, with dpkg-deb where that is.
func TestPackage(t *testing.T) {
	deb, err := sample.deb("amd64", []byte("binary"), sharedFiles(t))
	if err != nil {
		t.Fatal(err)
	}
	second, err := sample.deb("amd64", []byte("binary"), filesOfRelease(t))
	if err != nil || !bytes.Equal(deb, second) {
		t.Errorf("the same release is packed differently (%v)", err)
	}
	dpkg, err := exec.LookPath("dpkg-deb")
	if err != nil {
		t.Skip(err)
	}
	name := filepath.Join(t.TempDir(), "muster.deb")
	if err := os.WriteFile(name, deb, 0o644); err != nil {
		t.Fatal(err)
	}
	ask := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(dpkg, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("dpkg-deb %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	info := ask("--info", name)
	for _, words := range []string{"Package: muster", "Version: 1.2.3+4+gabcdef0", "Architecture: amd64", "postinst", "prerm"} {
		if !strings.Contains(info, words) {
			t.Errorf("the package does not say %q:\n%s", words, info)
		}
	}
	contents := ask("--contents", name)
	for _, words := range []string{"-rwxr-xr-x root/root", "./usr/bin/muster\n", "./usr/lib/systemd/system/muster.service", "./usr/share/man/man1/muster.1.gz", "drwxr-xr-x root/root", "./usr/share/bash-completion/completions/muster"} {
		if !strings.Contains(strings.ReplaceAll(contents, "0/0", "root/root"), words) {
			t.Errorf("the package does not hold %q:\n%.2000s", words, contents)
		}
	}
	dir := t.TempDir()
	ask("--raw-extract", name, dir)
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		if out, err := exec.Command("sh", "-n", filepath.Join(dir, "DEBIAN", script)).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", script, out)
		}
	}
}

func filesOfRelease(t *testing.T) []file {
	t.Helper()
	shared, err := sample.shared()
	if err != nil {
		t.Fatal(err)
	}
	return shared
}

// TestUnit asks systemd about the unit, where systemd is.
func TestUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip(err)
	}
	text, err := os.ReadFile("../../../docs/deploy/muster.service")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "muster")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(dir, "muster.service")
	// Neither the binary nor its man page is installed here.
	changed := strings.NewReplacer("/usr/bin/muster", binary, "Documentation=man:muster(1)\n", "").Replace(string(text))
	if err := os.WriteFile(unit, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", unit).CombinedOutput(); err != nil || strings.Contains(string(out), "muster.service:") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTarGz(t *testing.T) {
	b, err := tarGz("top/", []file{{"a", 0o755, []byte("x")}, {"man/b", 0o644, []byte("y")}}, sample.when)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "top/ top/a top/man/ top/man/b" {
		t.Error(got)
	}
}
