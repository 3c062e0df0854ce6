package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// patience is how long a test waits for something that must happen. It only
// matters to tests that fail.
const patience = 60 * time.Second

// soon is how long people may wait to see what somebody else did: one second
// (docs/rules.md, "Ways in"). A machine that builds other things meanwhile, or runs the race
// detector, gets slack times that; the time measured is logged.
const soon = time.Second

func slack() time.Duration {
	if race || os.Getenv("CI") != "" {
		return 5
	}
	return 2
}

// binary is the muster that all tests run, built once.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if _, err := exec.LookPath("ssh"); err != nil || runtime.GOOS == "windows" {
		fmt.Println("skipped: there is no OpenSSH client on this machine")
		return 0
	}
	dir, err := os.MkdirTemp("", "muster-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := watchSources("../../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(dir, "muster")
	args := []string{"build", "-o", binary}
	if race { // the served program is the one worth watching; for the flags see .ci/run
		args = append(args, "-race", "-gcflags=modernc.org/...=-race=false")
	}
	build := exec.Command("go", append(args, "muster/cmd/muster")...)
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "the binary cannot be built:", err)
		return 1
	}
	return m.Run()
}

// watchSources looks at every source file, so that go test, which remembers what
// a test has looked at, does not take the result of an older binary for this
// one's.
func watchSources(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (filepath.Ext(path) == ".go" || filepath.Ext(path) == ".sql") {
			_, err = os.Stat(path)
		}
		return err
	})
}
