package store_test

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// child makes this test binary another process of muster on a data directory:
// its value names what to do, see children.
const child = "STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(child); what != "" {
		os.Exit(children[what]())
	}
	flag.Parse()
	// Tests wait for the disk more than for anything else, and none of them
	// pulls the plug; benchmarks measure it.
	memory := ""
	if os.Getenv("TMPDIR") == "" && flag.Lookup("test.bench").Value.String() == "" {
		if dir, err := os.MkdirTemp("/dev/shm", "muster-test-"); err == nil {
			memory = dir
			_ = os.Setenv("TMPDIR", dir)
		}
	}
	code := m.Run()
	removeBig()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println("goroutines are left: " + err.Error())
			code = 1
		}
	}
	if memory != "" {
		_ = os.RemoveAll(memory)
	}
	os.Exit(code)
}
