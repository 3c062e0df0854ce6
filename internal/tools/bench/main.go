// Bench measures speed and memory and prints each figure with its bound. It
// fails on faults only, never on a figure: machines are noisy, and a person
// decides.
//
//	go run ./internal/tools/bench                all figures, at 100,000 members
//	go run ./internal/tools/bench -only search   those of some sections
//	go run ./internal/tools/bench -rows 1000000  with the bounds for a million
//
// It builds muster, serves a made-up organization on 127.0.0.1 from a temporary
// directory, and ends by itself. Memory and processor time of other processes
// are read from /proc, so those figures exist on Linux only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"muster/internal/memory"
)

func main() {
	var b bench
	var only string
	flag.IntVar(&b.rows, "rows", 100_000, "members, and invitations, of the organization")
	flag.IntVar(&b.sessions, "sessions", 1000, "sessions at once")
	flag.StringVar(&only, "only", "", "sections to measure, as a regular expression: "+strings.Join(sectionNames(), ", "))
	reference := flag.Bool("reference", false, "serve a bare SSH server to compare with; for the program itself")
	flag.Parse()
	if *reference {
		exit(serveReference(os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	pattern, err := regexp.Compile(only)
	if err == nil {
		err = b.run(ctx, pattern)
	}
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bench is one run.
type bench struct {
	rows, sessions int

	dir    string
	binary string
	world  *world
	report report
}

// section is one row of docs/dev/performance.md.
type section struct {
	name string
	run  func(*bench, context.Context) error
}

func sections() []section {
	return []section{
		{"start", (*bench).start},
		{"view", (*bench).views},
		{"page", (*bench).pages},
		{"search", (*bench).searches},
		{"change", (*bench).changes},
		{"key", (*bench).keys},
		{"frame", (*bench).firstFrames},
		{"seen", (*bench).seen},
		{"login", (*bench).logins},
		{"memory", (*bench).memory},
		{"load", (*bench).load},
	}
}

func sectionNames() []string {
	var names []string
	for _, s := range sections() {
		names = append(names, s.name)
	}
	return names
}

func (b *bench) run(ctx context.Context, only *regexp.Regexp) error {
	var err error
	if b.dir, err = os.MkdirTemp("", "muster-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.binary = filepath.Join(b.dir, "muster")
	build := exec.CommandContext(ctx, "go", "build", "-o", b.binary, "muster/cmd/muster")
	build.Stderr = os.Stderr
	if err = build.Run(); err != nil {
		return fmt.Errorf("cannot build muster: %w", err)
	}
	defer memory.Manage(ctx)() // of this process, which asks the store in place of a server
	begin := time.Now()
	if b.world, err = makeWorld(ctx, filepath.Join(b.dir, "data"), b.rows, b.sessions); err != nil {
		return err
	}
	fmt.Printf("muster on %s/%s, %d cores, %s; %s members and as many invitations (made in %s)\n\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), thousands(b.rows), time.Since(begin).Round(time.Second))
	b.report.head()
	for _, s := range sections() {
		if !only.MatchString(s.name) {
			continue
		}
		if err = s.run(b, ctx); err != nil {
			if errors.Is(err, errNoProc) {
				b.report.note(s.name + ": " + err.Error())
				continue
			}
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	fmt.Println("\nBounds are for two cores; compare ratios, since machines are noisy.")
	return nil
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
