// Command dist makes what a release consists of, in a directory: for each system an
// archive of the static binary with man pages, completions and the files of docs
// that are installed; packages for Debian; and SHA256SUMS. `make dist` runs it.
// What goes in is the same each time for the same revision.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"muster/internal/cli"
)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "dist", "directory to write into; what is in it is replaced")
	targets := flag.String("targets", "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64", "systems to build for")
	flag.Parse()
	if err := run(*out, strings.Split(*targets, ",")); err != nil {
		log.Fatal("dist: ", err)
	}
}

func run(out string, targets []string) error {
	r := release{version: described(), when: committed()}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	shared, err := r.shared()
	if err != nil {
		return err
	}
	for _, target := range targets {
		system, arch, ok := strings.Cut(target, "/")
		if !ok {
			return fmt.Errorf("%q is not like linux/amd64", target)
		}
		binary, err := build(system, arch)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("muster_%s_%s_%s", r.version, system, arch)
		files := append([]file{{"muster", 0o755, binary}}, shared...)
		archive, err := tarGz(name+"/", files, r.when)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, name+".tar.gz"), archive, 0o644); err != nil {
			return err
		}
		if system == "linux" {
			deb, err := r.deb(arch, binary, shared)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(out, fmt.Sprintf("muster_%s_%s.deb", r.debVersion(), arch)), deb, 0o644); err != nil {
				return err
			}
		}
		log.Print("built ", target)
	}
	return sums(out)
}

// release is what all files of a release have in common.
type release struct {
	version string
	when    time.Time
}

// described is the version by git: a tag, or how far from one, or a revision.
func described() string {
	out, err := exec.Command("git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return "dev"
	}
	return strings.TrimSpace(string(out))
}

// committed is when the revision was made, for times in archives.
func committed() time.Time {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		if out, err := exec.Command("git", "log", "-1", "--format=%ct").Output(); err == nil {
			text = strings.TrimSpace(string(out))
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return time.Unix(n, 0).UTC()
}

// build makes the static binary for a system.
func build(system, arch string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "muster-dist-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "muster")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", name, "./cmd/muster")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", cmd, err)
	}
	return os.ReadFile(name)
}

// file is one in an archive or a package.
type file struct {
	name string
	mode int64
	text []byte
}

// shared are the files beside the binary.
func (r release) shared() ([]file, error) {
	var files []file
	for name, from := range map[string]string{
		"README.md": "README.md", "LICENSE": "LICENSE", "CHANGELOG.md": "CHANGELOG.md",
		"config.example.toml": "docs/config.example.toml", "muster.service": "docs/deploy/muster.service",
	} {
		text, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, 0o644, text})
	}
	for _, make := range []func() ([]file, error){completions, r.manPages} {
		more, err := make()
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

func completions() (files []file, err error) {
	var bash, zsh, fish bytes.Buffer
	root := cli.Tree()
	for _, c := range []struct {
		name  string
		text  *bytes.Buffer
		write func() error
	}{
		{"completions/muster.bash", &bash, func() error { return root.GenBashCompletionV2(&bash, true) }},
		{"completions/_muster", &zsh, func() error { return root.GenZshCompletion(&zsh) }},
		{"completions/muster.fish", &fish, func() error { return root.GenFishCompletion(&fish, true) }},
	} {
		if err := c.write(); err != nil {
			return nil, err
		}
		files = append(files, file{c.name, 0o644, c.text.Bytes()})
	}
	return files, nil
}

// manPages has one page a command: man muster-invite-create.
func (r release) manPages() (files []file, err error) {
	root := cli.Tree()
	root.DisableAutoGenTag = true
	for _, cmd := range all(root) {
		var page bytes.Buffer
		if err := doc.GenMan(cmd, &doc.GenManHeader{Section: "1", Source: "muster " + r.version, Manual: "muster", Date: &r.when}, &page); err != nil {
			return nil, err
		}
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		files = append(files, file{"man/" + name + ".1", 0o644, page.Bytes()})
	}
	return files, nil
}

func all(cmd *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			list = append(list, all(sub)...)
		}
	}
	return list
}

// sums writes SHA256SUMS, for sha256sum -c.
func sums(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var list bytes.Buffer
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		fmt.Fprintf(&list, "%s  %s\n", hex.EncodeToString(sum[:]), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), list.Bytes(), 0o644)
}
